"""What a scan learns of DNSSEC: whether anything can be said, and how the zones are signed."""

from dataclasses import replace

from checker.facts import DomainFacts
from checker.names import DomainName
from checker.network.ports import Network
from checker.observation import Failed, FailureKind, Seen
from sandbox.resolver import TableResolver
from tests.gathering import DOMAIN, box, facts_of

TABLE = {f"{DOMAIN} MX": [(10, "mx.post.test")], "mx.post.test A": ["192.52.193.9"]}


class Broken(TableResolver):
    """One that validates, and breaks over a zone."""

    async def look_up_zone(self, name: DomainName) -> Failed:
        raise ZeroDivisionError(name)


async def gathered(network: Network, resolver: TableResolver) -> DomainFacts:
    return await facts_of(replace(network, resolver=resolver))


async def test_the_zones_of_the_domain_and_its_servers() -> None:
    """Each once, the domain's first."""
    async with box() as running:
        facts = await gathered(running.network, TableResolver(TABLE, {DOMAIN: "secure", "post.test": "insecure"}))
    assert facts.vantage.dnssec is True
    assert [zone.names for zone in facts.dnssec.zones] == [(DOMAIN,), ("mx.post.test",)]
    assert all(isinstance(zone.signing, Seen) for zone in facts.dnssec.zones)


async def test_nothing_is_asked_where_nothing_could_be_believed() -> None:
    async with box() as running:
        facts = await gathered(running.network, TableResolver(TABLE))
    assert (facts.vantage.dnssec, facts.dnssec.zones) == (False, ())


async def test_a_domain_that_does_not_exist_has_no_zone() -> None:
    """That of the denial is another's."""
    async with box() as running:
        facts = await gathered(running.network, TableResolver({"other.test A": []}, {"": "secure"}))
    assert (facts.vantage.dnssec, facts.mx.status, facts.dnssec.zones) == (True, "nxdomain", ())


async def test_a_mistake_of_ours_costs_the_zones_alone() -> None:
    async with box() as running:
        facts = await gathered(running.network, Broken(TABLE, {"": "secure"}))
    assert (facts.state, facts.vantage.dnssec, facts.dnssec.zones) == ("complete", True, ())
    assert isinstance(facts.mx.answer, Seen)
    assert FailureKind.INTERNAL not in {limit.code for limit in facts.limits}
