"""Each demo domain shows what it is there to show, to the real engine, and nothing leaves the box."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

import sandbox
from checker.assessment.level import Level
from checker.certificates.facts import CertificateFacts
from checker.facts import DomainFacts, ScanRequest
from checker.gather import gather
from checker.names import DomainName
from checker.observation import Seen
from checker.outcome import Outcome, outcome
from sandbox.domains import DEMO_DOMAINS, ZONE

NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Want:
    """What a scan of one demo domain finds: outcomes by address in the report's order, and of its certificates
    trusted, in dates, self-signed and whether the host's name matches.
    """

    outcomes: Sequence[tuple[str, Outcome]]
    certificate: tuple[bool, bool, bool, bool] | None
    mx: str = "explicit"


GOOD = (True, True, False, True)
WANTED = {
    "all-good": Want([("192.52.193.11", "tls"), ("3ffe::11", "tls"), ("192.52.193.12", "tls")], GOOD),
    "expired": Want([("192.52.193.21", "tls")], (True, False, False, True)),
    "wrong-name": Want([("192.52.193.31", "tls")], (True, True, False, False)),
    "self-signed": Want([("192.52.193.41", "tls")], (False, True, True, True)),
    "no-starttls": Want([("192.52.193.51", "no-starttls")], None),
    "one-dead": Want([("192.52.193.61", "refused"), ("192.52.193.62", "tls")], GOOD),
    "slow": Want([("192.52.193.71", "tls")], GOOD),
    "null-mx": Want([], None, mx="null-mx"),
}


async def facts_of(box: sandbox.Sandbox, domain: str) -> DomainFacts:
    async for facts in gather(ScanRequest(domain=DomainName(domain)), box.network, NOW):
        last = facts
    return last


def shown(certificate: CertificateFacts) -> tuple[bool | None, bool, bool | None, bool]:
    assert certificate.not_after is not None
    name_matches = certificate.matches == certificate.presented_for
    return certificate.trusted, certificate.not_after > NOW, certificate.self_signed, name_matches


@pytest.mark.parametrize("name", WANTED)
async def test_it_shows_what_it_says(box: sandbox.Sandbox, dialled: list[tuple[str, int]], name: str) -> None:
    facts = await facts_of(box, f"{name}.{ZONE}")
    want = WANTED[name]
    assert (facts.state, facts.mx.status, facts.limits) == ("complete", want.mx, ())
    endpoints = [endpoint for server in facts.servers for endpoint in server.endpoints]
    assert [(str(endpoint.address), outcome(endpoint)[0]) for endpoint in endpoints] == want.outcomes
    assert {shown(certificate) for certificate in facts.certificates} == ({want.certificate} - {None})
    asked = {address: server.connections for address, server in box.servers.items() if server.connections}
    assert asked == {endpoint.address: 1 for endpoint in endpoints if outcome(endpoint)[0] != "refused"}
    ports = {server.port for address, server in box.servers.items() if address in asked}
    refused = [endpoint for endpoint in endpoints if outcome(endpoint)[0] == "refused"]
    assert {host for host, _ in dialled} <= {"127.0.0.1"}
    assert len(dialled) == sum(endpoint.connections for endpoint in endpoints)
    assert len({port for _, port in dialled} - ports) == len(refused)


def test_every_domain_is_wanted() -> None:
    """And each has words for the home page: a title, and one sentence."""
    assert [domain.name for domain in DEMO_DOMAINS] == [f"{name}.{ZONE}" for name in WANTED]
    assert all(domain.title and domain.note.endswith(".") for domain in DEMO_DOMAINS)


def test_levels_are_all_kinds() -> None:
    levels: set[Level] = {domain.level for domain in DEMO_DOMAINS}
    assert levels == {"ready", "encrypted", "exposed", "degraded", "no-mail"}


async def test_slow_is_slow(box: sandbox.Sandbox) -> None:
    """It greets later than the bound from which the report says so, and the others do not wait."""
    slow = (await facts_of(box, f"slow.{ZONE}")).servers[0].endpoints[0].smtp.stages_ms.greeting
    quick = (await facts_of(box, f"expired.{ZONE}")).servers[0].endpoints[0].smtp.stages_ms.greeting
    assert slow is not None
    assert quick is not None
    assert slow >= box.network.bounds.slow_greeting_s * 1000 > 0
    assert quick < slow


async def test_two_families_are_two_servers(box: sandbox.Sandbox) -> None:
    """The IPv6 address of mx1 leads to a listener of its own, so connections are counted apart."""
    facts = await facts_of(box, f"all-good.{ZONE}")
    first = facts.servers[0]
    assert [endpoint.address.version for endpoint in first.endpoints] == [4, 6]
    assert all(isinstance(endpoint.smtp.ehlo_tls, Seen) for endpoint in first.endpoints)


@pytest.mark.parametrize(
    ("name", "status"), [("nobody.demo.test", "nxdomain"), ("demo.test", "none"), ("example.org", "nxdomain")]
)
async def test_other_names(box: sandbox.Sandbox, dialled: list[tuple[str, int]], name: str, status: str) -> None:
    """The box knows its own names, and asks nobody about others."""
    facts = await facts_of(box, name)
    assert (facts.state, facts.mx.status, facts.servers, dialled) == ("complete", status, (), [])
