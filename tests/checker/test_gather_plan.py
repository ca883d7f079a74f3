"""Which addresses are tried of many, and what becomes of a certificate that several servers show."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

import sandbox
from checker.certificates.facts import CertificateFacts, ChainLink
from checker.gather import plan, united
from checker.mx.facts import HostAddresses
from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.ports import Answer
from checker.observation import Reason, Seen

V4 = ["192.52.193.1", "192.52.193.2", "192.52.193.3"]
V6 = ["3ffe::1", "3ffe::2", "3ffe::3"]


@pytest.mark.parametrize(
    ("addresses", "cap", "families", "tried"),
    [
        (V4[:2] + V6[:1], 4, "46", V4[:2] + V6[:1]),
        (V4 + V6, 4, "46", V4[:2] + V6[:2]),
        (V4 + V6[:1], 3, "46", V4[:2] + V6[:1]),
        (V4[:1] + V6, 3, "46", V4[:1] + V6[:2]),
        (V4 + V6, 2, "4", V4[:2]),
        (V4 + V6, 2, "6", V6[:2]),
        (V6 + V6, 4, "46", V6),
        (V4, 0, "46", []),
    ],
    ids=["all", "take turns", "one IPv6", "one IPv4", "no IPv6 here", "no IPv4 here", "twice the same", "none"],
)
async def test_which_addresses_are_tried(addresses: list[str], cap: int, families: str, tried: list[str]) -> None:
    """Both families get their share of the cap; one that this vantage lacks takes no place of the other."""
    parsed = [ip_address(address) for address in addresses]
    host = HostAddresses(
        host=DomainName("mx.test"),
        preference=10,
        ipv4=Seen(Answer(rcode="noerror", records=tuple(a for a in parsed if isinstance(a, IPv4Address)))),
        ipv6=Seen(Answer(rcode="noerror", records=tuple(a for a in parsed if isinstance(a, IPv6Address)))),
    )
    async with sandbox.running(bounds=Bounds(addresses_per_server=cap), domains=()) as running:
        network = replace(running.network, ipv4="4" in families, ipv6="6" in families)
    planned = plan(host, network)
    assert {str(each.address) for each in planned} == set(addresses)
    assert len(planned) == len(set(addresses))
    assert [each.address.version for each in planned] == sorted(each.address.version for each in planned)
    assert [str(each.address) for each in planned if each.not_tried is None] == tried
    for each in planned:
        if each.not_tried is not None:
            lacking = str(each.address.version) not in families
            assert each.not_tried.reason is (Reason.NO_ADDRESS_FAMILY if lacking else Reason.BEYOND_CAP)


LINK = ChainLink(sha256="aa", pem="", subject=None, issuer=None, not_after=None)
LEAF = CertificateFacts(
    sha256="aa",
    subject=None,
    names=(),
    issuer=None,
    not_before=None,
    not_after=None,
    key=None,
    signature=None,
    trusted=True,
    self_signed=False,
    chain_complete=True,
    error=None,
    chain=(LINK, replace(LINK, sha256="bb")),
    presented_for=(DomainName("mx2.test"),),
    matches=(DomainName("mx2.test"),),
)


def test_a_chain_seen_twice_is_one() -> None:
    """The hosts that sent it are united, whichever came first."""
    other = replace(LEAF, presented_for=(DomainName("mx1.test"),), matches=())
    want = replace(LEAF, presented_for=(*other.presented_for, *LEAF.presented_for))
    assert united(LEAF, other) == united(other, LEAF) == want
    assert united(LEAF, LEAF) == LEAF
