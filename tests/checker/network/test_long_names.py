"""A prefix before a long domain makes a name that DNS has no room for: it is absent, and not even asked for."""

import pytest

from checker.names import DomainName, host_name
from checker.network.bounds import Bounds
from checker.network.resolver import StubResolver
from checker.network.upstreams import parse_upstreams
from checker.observation import Failed, Seen

NOBODY = parse_upstreams("127.0.0.1:9")
BOUNDS = Bounds(dns_query_s=0.05, dns_total_s=0.1)
LONGEST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])  # 253 characters, 255 octets on the wire


@pytest.mark.parametrize("name", [f"x{LONGEST}", f"_mta-sts.{LONGEST}"])
async def test_too_long(name: str) -> None:
    resolver = StubResolver(NOBODY, BOUNDS)
    for found in (
        await resolver.look_up_txt(DomainName(name)),
        await resolver.look_up_mx(DomainName(name)),
        await resolver.look_up_addresses(DomainName(name), 6),
    ):
        assert isinstance(found, Seen)
        assert (found.value.rcode, found.value.records) == ("nxdomain", ())


@pytest.mark.parametrize("name", [DomainName(LONGEST), host_name([b"\x00" * 63, b"\xff" * 63])])
async def test_not_too_long(name: DomainName) -> None:
    """It is asked for, and nobody is there to answer; escapes count as the octets that they stand for."""
    assert isinstance(await StubResolver(NOBODY, BOUNDS).look_up_txt(name), Failed)
