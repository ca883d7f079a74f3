"""Each demo domain, scanned end to end, ends at the level that the home page promises, with the senders to match."""

from datetime import UTC, datetime

import pytest

import sandbox
from checker.facts import ScanRequest
from checker.scan import scan
from sandbox.domains import DEMO_DOMAINS, ZONE, DemoDomain

SENDERS = ("opportunistic", "mandatory-tls", "forced-tls", "verified-tls")

# The flags, and how mail of each of the senders ends. The others need records that these domains don't publish yet.
WANTED = {
    "all-good": ((True, True), ("encrypted", "encrypted", "encrypted", "authenticated")),
    "expired": ((True, False), ("encrypted", "encrypted", "encrypted", "deferred")),
    "wrong-name": ((True, False), ("encrypted", "encrypted", "encrypted", "deferred")),
    "self-signed": ((True, False), ("encrypted", "encrypted", "encrypted", "deferred")),
    "no-starttls": ((False, False), ("plaintext", "deferred", "deferred", "deferred")),
    "one-dead": ((False, False), ("encrypted", "encrypted", "deferred", "authenticated")),
    "slow": ((True, True), ("encrypted", "encrypted", "encrypted", "authenticated")),
    "null-mx": ((None, None), ("refused", "refused", "refused", "refused")),
}


@pytest.mark.parametrize("domain", DEMO_DOMAINS, ids=lambda domain: domain.name.removesuffix(f".{ZONE}"))
async def test_level_flags_and_senders(box: sandbox.Sandbox, domain: DemoDomain) -> None:
    async for scanned in scan(ScanRequest(domain=domain.name), box.network, datetime.now(UTC)):
        report = scanned.report
    verdict = report["verdict"]
    assert verdict is not None
    flags, outcomes = WANTED[domain.name.removesuffix(f".{ZONE}")]
    assert (report["state"], verdict["level"], verdict["provisional"]) == ("complete", domain.level, False)
    assert (verdict["minimally_sufficient"], verdict["sts_ready"]) == flags
    deliveries = {each["sender"]: each["outcome"] for each in report["deliveries"] if each["variant"] is None}
    assert tuple(deliveries[sender] for sender in SENDERS) == outcomes
