"""What the simulation lets senders print is recognised when it is pasted, and the same report says: reproduced."""

import asyncio
import re
from datetime import UTC, datetime

import pytest

import sandbox
from checker.facts import ScanRequest
from checker.names import DomainName
from checker.pasted.conclusion import conclude
from checker.pasted.known import entries
from checker.pasted.match import Match, match_of
from checker.pasted.recognised import recognise
from checker.report.document import Report
from checker.scan import scan
from sandbox.domains import DEMO_DOMAINS, ZONE, DemoDomain

from .conftest import BOUNDS, GREETING_DELAY_S


async def report_of(domain: DemoDomain) -> Report:
    async with sandbox.running(GREETING_DELAY_S, BOUNDS, (domain,)) as box:
        async for scanned in scan(ScanRequest(domain=domain.name), box.network, datetime.now(UTC)):
            report = scanned.report
    return report


@pytest.fixture(scope="module")
def well() -> Report:
    (domain,) = (domain for domain in DEMO_DOMAINS if domain.name == f"dane-and-sts.{ZONE}")
    return asyncio.run(report_of(domain))


@pytest.mark.parametrize("domain", DEMO_DOMAINS, ids=lambda domain: domain.name.removesuffix(f".{ZONE}"))
async def test_what_is_printed_is_reproduced(domain: DemoDomain) -> None:
    """Every message of every sender, in a line that names the recipient; with the best server up."""
    report = await report_of(domain)
    said = {
        (message["software"], re.sub(r"<[a-zA-Z]+>", "x", message["text"]))
        for delivery in report["deliveries"]
        for message in delivery["messages"]
        if delivery["variant"] is None
    }
    for software, text in said:
        found = recognise(f"to=<bob@{domain.name}>: {text}")
        assert (found.domain, found.software) == (domain.name, software)
        conclusion = conclude(match_of(found), report)
        assert (conclusion.state, text) == ("reproduced", text), conclusion.why


@pytest.mark.parametrize("key", entries())
def test_where_all_is_well_it_is_no_longer_so(key: str, well: Report) -> None:
    """With DANE and an enforced policy that both hold, no text about the recipient's side is true any more."""
    entry = entries()[key]
    conclusion = conclude(Match(key=key, server=DomainName(well["servers"][0]["host"])), well)
    wanted = {"sender": "not-here", "not-tested": "unknown", None: "no-longer"}[entry.aside]
    assert conclusion.state == wanted, conclusion.why
