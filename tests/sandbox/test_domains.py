"""Each demo domain shows what it is there to show, to the real engine, and nothing leaves the box."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

import pytest

import sandbox
from checker.assessment.level import LEVELS, Level
from checker.certificates.facts import CertificateFacts
from checker.facts import DomainFacts, ScanRequest
from checker.gather import gather
from checker.mta_sts.facts import policy_host
from checker.names import DomainName
from checker.observation import Seen
from checker.outcome import Outcome, outcome
from sandbox.demo import HOSTING, ZONE, DemoDomain
from sandbox.demo_dane import DANE
from sandbox.domains import DEMO_DOMAINS

from .conftest import BOUNDS, GREETING_DELAY_S

NOW = datetime.now(UTC)

type Shown = tuple[bool | None, bool, bool | None, bool]


@dataclass(frozen=True)
class Want:
    """What a scan of one demo domain finds: outcomes by address in the report's order, and of its servers' certificates
    trusted, in dates, self-signed and whether the host's name matches.
    """

    outcomes: Sequence[tuple[str, Outcome]]
    certificate: Shown | None
    mx: str = "explicit"


GOOD = (True, True, False, True)
EXPIRED, WRONG_NAME = (True, False, False, True), (True, True, False, False)
WANTED = {
    "all-good": Want([("192.52.193.11", "tls"), ("3ffe::11", "tls"), ("192.52.193.12", "tls")], GOOD),
    "expired": Want([("192.52.193.21", "tls")], EXPIRED),
    "wrong-name": Want([("192.52.193.31", "tls")], WRONG_NAME),
    "self-signed": Want([("192.52.193.41", "tls")], (False, True, True, True)),
    "no-starttls": Want([("192.52.193.51", "no-starttls")], None),
    "one-dead": Want([("192.52.193.61", "refused"), ("192.52.193.62", "tls")], GOOD),
    "slow": Want([("192.52.193.71", "tls")], GOOD),
    "weak-tls": Want([("192.52.193.72", "tls")], GOOD),
    "old-tls": Want([("192.52.193.73", "tls")], GOOD),
    "null-mx": Want([], None, mx="null-mx"),
    "enforced-expired": Want([("192.52.193.102", "tls")], EXPIRED),
    "dane-self-signed": Want([("192.52.193.152", "tls")], (False, True, True, True)),
    "dane-against-sts": Want([("192.52.193.162", "tls")], (False, True, True, True)),
    "dnssec-bogus": Want([], None, mx="failed"),
}


def want_of(domain: DemoDomain) -> Want:
    """Domains that are about a policy have servers in order, unless they are named above."""
    addresses = [address for server in domain.servers for address in (*server.ipv4, *server.ipv6)]
    return WANTED.get(short(domain), Want([(address, "tls") for address in addresses], GOOD))


@dataclass(frozen=True)
class Promise:
    """What is seen of a domain's MTA-STS and its TLS reporting: statuses of the records, the status that the policy
    host answers, its certificate as above, and the mode in the file.
    """

    record: str = "valid"
    reporting: str = "valid"
    status: int | None = 200
    certificate: Shown | None = GOOD
    mode: str | None = "enforce"


NOTHING = Promise("absent", "absent", None, None, None)
PINNED = {domain.name.removesuffix(f".{ZONE}") for domain in DANE}
PROMISED = {
    "dane-and-sts": Promise(),
    "dane-against-sts": Promise(),
    "dnssec-bogus": Promise("failed", "failed", None, None, None),
    "enforced": Promise(),
    "testing": Promise(mode="testing"),
    "mode-none": Promise(mode="none"),
    "delegated": Promise(),
    "lf-only": Promise(),
    "short-max-age": Promise(),
    "duplicate-keys": Promise(),
    "slow-policy-host": Promise(),
    "broken-tls-rpt": Promise(reporting="invalid"),
    "uncovered": Promise(),
    "partly-covered": Promise(),
    "enforced-expired": Promise(),
    "testing-would-fail": Promise(mode="testing"),
    "two-records": Promise(record="invalid"),
    "text-without-file": Promise(status=None, certificate=None, mode=None),
    "file-without-text": Promise(record="absent"),
    "policy-expired": Promise(certificate=EXPIRED),
    "policy-wrong-name": Promise(certificate=WRONG_NAME),
    "policy-404": Promise(status=404, mode=None),
    "policy-500": Promise(status=500, mode=None),
    "policy-redirect": Promise(status=301, mode=None),
    "policy-html": Promise(mode=None),
    "policy-huge": Promise(mode=None),
}


def short(domain: DemoDomain) -> str:
    return domain.name.removesuffix(f".{ZONE}")


async def facts_of(box: sandbox.Sandbox, domain: str) -> DomainFacts:
    async for facts in gather(ScanRequest(domain=DomainName(domain)), box.network, NOW):
        last = facts
    return last


def shown(certificate: CertificateFacts) -> Shown:
    assert certificate.not_after is not None
    name_matches = certificate.matches == certificate.presented_for
    return certificate.trusted, certificate.not_after > NOW, certificate.self_signed, name_matches


@pytest.mark.parametrize("domain", DEMO_DOMAINS, ids=short)
async def test_it_shows_what_it_says(dialled: list[tuple[str, int]], domain: DemoDomain) -> None:
    """In a box of its own: where it led elsewhere, that would be unreachable."""
    async with sandbox.running(GREETING_DELAY_S, BOUNDS, (domain,)) as box:
        facts = await facts_of(box, domain.name)
    want = want_of(domain)
    assert (facts.state, facts.mx.status, facts.limits) == ("complete", want.mx, ())
    endpoints = [endpoint for server in facts.servers for endpoint in server.endpoints]
    assert [(str(endpoint.address), outcome(endpoint)[0]) for endpoint in endpoints] == want.outcomes
    of_servers = [chain for chain in facts.certificates if policy_host(domain.name) not in chain.presented_for]
    assert {shown(certificate) for certificate in of_servers} == ({want.certificate} - {None})
    asked = {address: server.connections for address, server in box.servers.items() if server.connections}
    assert asked == {e.address: e.connections for e in endpoints if outcome(e)[0] != "refused"}
    assert all(e.connections == 1 for e in endpoints if outcome(e)[0] != "refused" and e.tls.inventory is None)
    ports = {server.port for address, server in box.servers.items() if address in asked}
    ports |= {host.port for host in box.policy_hosts.values() if host.connections}
    refused = [endpoint for endpoint in endpoints if outcome(endpoint)[0] == "refused"]
    assert {host for host, _ in dialled} <= {"127.0.0.1"}
    visits = len(facts.mta_sts.visits)
    assert len(dialled) == sum(endpoint.connections for endpoint in endpoints) + visits
    assert len({port for _, port in dialled} - ports) == len(refused)


@pytest.mark.parametrize("domain", DEMO_DOMAINS, ids=short)
async def test_it_promises_what_it_says(domain: DemoDomain) -> None:
    """With one request to each address of its policy host."""
    async with sandbox.running(GREETING_DELAY_S, BOUNDS, (domain,)) as box:
        facts = await facts_of(box, domain.name)
    responses = [visit.response.value for visit in facts.mta_sts.visits if isinstance(visit.response, Seen)]
    of_host = [chain for chain in facts.certificates if policy_host(domain.name) in chain.presented_for]
    policy = facts.mta_sts.policy
    assert PROMISED.get(short(domain), NOTHING) == Promise(
        record=str(facts.mta_sts.record.status),
        reporting=str(facts.tls_rpt.status),
        status=next((response.status for response in responses), None),
        certificate=next(map(shown, of_host), None),
        mode=policy.mode if policy is not None else None,
    )
    host = domain.policy_host
    asked = {str(address): each.connections for address, each in box.policy_hosts.items() if each.connections}
    assert asked == dict.fromkeys((*host.ipv4, *host.ipv6) if host else (), 1)


async def test_a_delegated_domain_is_delegated(box: sandbox.Sandbox) -> None:
    """Record and policy host stand at the provider, and the certificate is for the domain's own name all the same."""
    facts = (await facts_of(box, f"delegated.{ZONE}")).mta_sts
    for answer in (facts.record.answer, facts.ipv4):
        assert isinstance(answer, Seen)
        assert [alias.endswith(f".{HOSTING}") for alias in answer.value.aliases] == [True]


def test_every_domain_is_wanted() -> None:
    """At least two dozen, each with words for the home page (a title, and one sentence), and none twice."""
    names = [short(domain) for domain in DEMO_DOMAINS]
    assert len(names) == len(set(names)) >= 24
    assert {*WANTED, *PROMISED, *PINNED} == set(names)
    assert all(domain.title and domain.note.endswith(".") for domain in DEMO_DOMAINS)


def test_groups_stand_together() -> None:
    """The home page shows one after the other."""
    groups = [group for group, _ in groupby(domain.group for domain in DEMO_DOMAINS)]
    assert len(groups) == len(set(groups)) == 5


def test_levels_are_all_kinds() -> None:
    levels: set[Level] = {domain.level for domain in DEMO_DOMAINS}
    assert levels == {*LEVELS} - {"inconclusive"}
    assert {domain.mta_sts for domain in DEMO_DOMAINS} == {"absent", "invalid", "none", "testing", "enforce", None}
    flags = {"absent", "insecure", "unusable", "broken", "partial", "valid", None}
    assert {domain.dane for domain in DEMO_DOMAINS} == flags


async def test_a_slow_policy_host_is_slow(box: sandbox.Sandbox) -> None:
    """Twice as late as a slow server, so that it is slow for a policy host too."""
    [slow] = (await facts_of(box, f"slow-policy-host.{ZONE}")).mta_sts.visits
    [quick] = (await facts_of(box, f"testing.{ZONE}")).mta_sts.visits
    assert slow.duration_ms >= 2000 * GREETING_DELAY_S
    assert quick.duration_ms < slow.duration_ms


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
