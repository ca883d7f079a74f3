"""Each demo domain, scanned end to end, ends at the level that the home page promises, with the senders to match."""

from datetime import UTC, datetime

import pytest

import sandbox
from checker.facts import ScanRequest
from checker.scan import scan
from sandbox.domains import DEMO_DOMAINS, ZONE, DemoDomain

from .conftest import BOUNDS, GREETING_DELAY_S

SENDERS = ("opportunistic", "mandatory-tls", "forced-tls", "verified-tls", "mta-sts", "mta-sts-cached")

E, A, P, D, R = "encrypted", "authenticated", "plaintext", "deferred", "refused"
SOUND = ((True, True), (E, E, E, A, E, E))  # servers in order, and no promise in force
KEPT = ((True, True), (E, E, A, A, A, A))

# The flags, and how mail of each of the senders ends. What is not named here has good servers and no promise in force.
WANTED = {
    "expired": ((True, False), (E, E, E, D, E, E)),
    "wrong-name": ((True, False), (E, E, E, D, E, E)),
    "self-signed": ((True, False), (E, E, E, D, E, E)),
    "old-tls": ((True, False), (E, E, E, D, E, E)),
    "no-starttls": ((False, False), (P, D, D, D, P, P)),
    "one-dead": ((False, False), (E, E, D, A, E, E)),
    "null-mx": ((None, None), (R, R, R, R, R, R)),
    "enforced": KEPT,
    "delegated": KEPT,
    "lf-only": KEPT,
    "short-max-age": KEPT,
    "duplicate-keys": KEPT,
    "slow-policy-host": KEPT,
    "broken-tls-rpt": KEPT,
    "partly-covered": KEPT,  # by the server that is listed
    "uncovered": ((True, True), (E, E, A, A, D, D)),
    "enforced-expired": ((True, False), (E, E, D, D, D, D)),
    "dane-self-signed": ((True, False), (E, E, E, D, E, E)),
    "dane-against-sts": ((True, False), (E, E, D, D, D, D)),
    "dane-and-sts": KEPT,
    "dnssec-bogus": ((None, None), (D, D, D, D, D, D)),
}


@pytest.mark.parametrize("domain", DEMO_DOMAINS, ids=lambda domain: domain.name.removesuffix(f".{ZONE}"))
async def test_level_flags_and_senders(domain: DemoDomain) -> None:
    async with sandbox.running(GREETING_DELAY_S, BOUNDS, (domain,)) as box:
        async for scanned in scan(ScanRequest(domain=domain.name), box.network, datetime.now(UTC)):
            report = scanned.report
    verdict = report["verdict"]
    assert verdict is not None
    flags, outcomes = WANTED.get(domain.name.removesuffix(f".{ZONE}"), SOUND)
    assert (report["state"], verdict["level"], verdict["provisional"]) == ("complete", domain.level, False)
    assert (verdict["mta_sts"], verdict["dane"]) == (domain.mta_sts, domain.dane)
    assert (verdict["minimally_sufficient"], verdict["sts_ready"]) == flags
    deliveries = {each["sender"]: each["outcome"] for each in report["deliveries"] if each["variant"] is None}
    assert tuple(deliveries[sender] for sender in SENDERS) == outcomes
