"""What demo servers pin fits what they show, by the engine’s own rules, and stands where it should."""

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest

import sandbox
from checker.dane.facts import tlsa_name
from checker.dane.matching import match
from checker.dane.tlsa import why_unusable
from checker.names import DomainName
from checker.network.ports import TlsaRecord
from checker.observation import Failed, FailureKind, Seen
from sandbox.authority import Authority
from sandbox.demo import ZONE
from sandbox.demo_dane import DANE
from sandbox.pins import Of, Pin

NOW = datetime.now(UTC)
HOST = DomainName("mx.example.test")

PINS = [
    (Pin(3, 1, 1), 32, True),
    (Pin(3, 1, 2), 64, True),
    (Pin(3, 0, 1), 32, True),
    (Pin(3, 0, 0), None, True),
    (Pin(2, 0, 1, Of.ISSUER), 32, True),
    (Pin(2, 1, 1, Of.ISSUER), 32, True),
    (Pin(3, 1, 1, Of.ANOTHER), 32, False),
    (Pin(2, 0, 1), 32, False),
]
# The security of MX, addresses and TLSA records of the first server, and how many records it has.
ZONES = {
    "dane-valid": ("secure", 1),
    "dane-insecure": ("insecure", 1),
    "dane-unusable": ("secure", 3),
    "dane-roll-over": ("secure", 2),
    "dane-and-sts": ("secure", 1),
}


@pytest.mark.parametrize(("pin", "octets", "fits"), PINS)
def test_a_pin_names_what_it_says(pin: Pin, octets: int | None, fits: bool) -> None:
    """A record of the issuer fits as usage 2, of the server as usage 3, and of another as neither."""
    issued = Authority(NOW).issue([HOST])
    record = TlsaRecord(*pin.record(issued))
    assert octets in (len(record.data) // 2, None)
    assert why_unusable(record) is None
    assert (match([record], issued.der, [HOST], NOW).failure is None) is fits


def test_a_cut_pin_is_unusable() -> None:
    record = TlsaRecord(*Pin(3, 1, 1, is_cut=True).record(Authority(NOW).issue([HOST])))
    assert why_unusable(record) == "Its digest has 31 octets, not 32."


@pytest.mark.parametrize("label", ZONES)
async def test_a_zone_is_signed_as_it_says(box: sandbox.Sandbox, label: str) -> None:
    """The domain's records, its server's addresses and what it pins alike."""
    resolver, domain = box.network.resolver, DomainName(f"{label}.{ZONE}")
    mx = await resolver.look_up_mx(domain)
    assert isinstance(mx, Seen)
    host = min(mx.value.records, key=lambda record: record.preference).exchange
    addresses, pins = await resolver.look_up_addresses(host, 4), await resolver.look_up_tlsa(tlsa_name(host))
    assert isinstance(addresses, Seen)
    assert isinstance(pins, Seen)
    security, number = ZONES[label]
    assert {mx.value.security, addresses.value.security, pins.value.security} == {security}
    assert len(pins.value.records) == number


async def test_an_alias_has_its_pin_at_the_name_behind_it(box: sandbox.Sandbox) -> None:
    resolver, host = box.network.resolver, DomainName(f"mx.dane-alias.{ZONE}")
    alias = await resolver.look_up_alias(host)
    assert isinstance(alias, Seen)
    assert alias.value.records == (f"server.dane-alias.{ZONE}",)
    own, behind = [await resolver.look_up_tlsa(tlsa_name(name)) for name in (host, alias.value.records[0])]
    assert isinstance(own, Seen)
    assert isinstance(behind, Seen)
    assert (len(own.value.records), len(behind.value.records)) == (0, 1)
    assert ip_address("192.52.193.154") in box.servers


async def test_what_fails_fails(box: sandbox.Sandbox) -> None:
    """A look-up of pins that gets no answer, and a zone in which nothing can be believed."""
    resolver = box.network.resolver
    failures = [
        await resolver.look_up_tlsa(tlsa_name(DomainName(f"mx.dane-look-up-fails.{ZONE}"))),
        await resolver.look_up_mx(DomainName(f"dnssec-bogus.{ZONE}")),
    ]
    kinds = [failure.failure for failure in failures if isinstance(failure, Failed)]
    assert kinds == [FailureKind.SERVFAIL, FailureKind.BOGUS]


async def test_who_may_issue_is_said_of_one(box: sandbox.Sandbox) -> None:
    found = await box.network.resolver.look_up_caa(DomainName(f"dane-and-sts.{ZONE}"))
    assert isinstance(found, Seen)
    assert [(record.tag, record.value) for record in found.value.records] == [("issue", f"ca.{ZONE}")]


def test_every_group_of_words_is_about_one_domain() -> None:
    """No two have the same title or note."""
    words = [words for domain in DANE for words in (domain.title, domain.note)]
    assert len(words) == len(set(words))
