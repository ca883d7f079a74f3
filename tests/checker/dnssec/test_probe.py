"""Which zones are looked at."""

from dataclasses import replace

from checker.dnssec.probe import look_at_zones
from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.ports import Network
from checker.network.zone_signing import ZoneSigning
from checker.observation import Failed, FailureKind, Seen
from sandbox.resolver import TableResolver
from tests.gathering import box


class Counting(TableResolver):
    """Counts the zones that it is asked about; one of them it can't tell."""

    def __init__(self) -> None:
        super().__init__({}, security={"d.test": "secure", "mail.test": "insecure"})
        self.asked: list[str] = []

    async def look_up_zone(self, name: DomainName) -> Seen[DomainName] | Failed:
        if name.endswith("broken.test"):
            return Failed(FailureKind.SERVFAIL, "No answer.")
        if name.endswith("nowhere"):
            return Seen(DomainName("nowhere"))
        return await super().look_up_zone(name)

    async def look_up_signing(self, zone: DomainName) -> Seen[ZoneSigning] | Failed:
        self.asked.append(zone)
        return await super().look_up_signing(zone)


async def network_of(resolver: Counting, zones: int = 8) -> Network:
    async with box() as running:
        return replace(running.network, resolver=resolver, bounds=Bounds(zones=zones))


async def test_each_zone_once() -> None:
    """With the names that it holds; the domain's comes first, and one that failed has its failure."""
    resolver = Counting()
    names = [*map(DomainName, ("d.test", "mx.d.test", "a.mail.test", "b.mail.test", "mx.broken.test"))]
    facts = await look_at_zones(names, await network_of(resolver))
    assert [zone.names for zone in facts.zones] == [
        ("d.test", "mx.d.test"),
        ("a.mail.test", "b.mail.test"),
        ("mx.broken.test",),
    ]
    assert resolver.asked == ["d.test", "mail.test"]
    assert isinstance(facts.zones[2].signing, Failed)


async def test_a_name_that_does_not_exist_leads_to_no_top_level_domain() -> None:
    resolver = Counting()
    facts = await look_at_zones([DomainName("d.test"), DomainName("mx.nowhere")], await network_of(resolver))
    assert [zone.names for zone in facts.zones] == [("d.test",)]


async def test_there_is_a_limit() -> None:
    resolver = Counting()
    names = [DomainName("d.test"), *(DomainName(f"mx.z{n}.test") for n in range(20))]
    assert len((await look_at_zones(names, await network_of(resolver, zones=3))).zones) == 3
