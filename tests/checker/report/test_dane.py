"""Where nothing is known of DNSSEC, the report says so: once where that is so of all, else of each name."""

from dataclasses import replace

from checker.facts import DomainFacts
from checker.network.ports import Security
from checker.observation import Seen
from checker.report.dane import unseen_dane
from tests.dane_builders import NOBODYS, records, signed_domain, with_dane
from tests.fact_builders import working

HOST, OTHER = "mx.d.test", "mx2.d.test"


def looked_up(mx: Security | None, **servers: Security | None) -> DomainFacts:
    """A domain with two servers, whose answers have these securities."""
    built = []
    for host, security in zip((HOST, OTHER), servers.values(), strict=True):
        addresses, server = with_dane(host, records(NOBODYS, security=security, addresses=security), working())
        families = (Seen(replace(family.value, security=security)) for family in (addresses.ipv4, addresses.ipv6))
        ipv4, ipv6 = families
        built.append((replace(addresses, ipv4=ipv4, ipv6=ipv6), server))
    return signed_domain(*built, mx=mx)


def paths(facts: DomainFacts) -> list[str]:
    return [limit["path"] for limit in unseen_dane(facts)]


def test_one_that_could_not_be_told_is_named() -> None:
    """Where one resolver validates and another answers for it, some of a report is null."""
    assert paths(looked_up("secure", first="secure", second=None)) == [f"servers.{OTHER}.dnssec"]
    assert paths(looked_up(None, first="secure", second="insecure")) == ["mx.dnssec"]
    assert paths(looked_up("secure", first="secure", second="insecure")) == []


def test_a_resolver_that_checks_nothing_is_told_of_once() -> None:
    """One sentence for all that is null."""
    assert paths(looked_up(None, first=None, second=None)) == ["servers.dnssec"]
