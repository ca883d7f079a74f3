"""One scan from end to end: gather facts, and write a report of each snapshot.

The one rule of this file: only the last snapshot is judged. Until all is in there is no verdict, so that a page never
takes back a grade.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from checker.assessment.verdict import assess
from checker.facts import DomainFacts, ScanRequest
from checker.gather import gather
from checker.network.ports import Network
from checker.report.build import build
from checker.report.document import Report


@dataclass(frozen=True, slots=True)
class Scanned:
    """A snapshot: what is known, and the report of it. The last one is complete or partial and has a verdict."""

    facts: DomainFacts
    report: Report


async def scan(
    request: ScanRequest,
    network: Network,
    now: datetime,
    past: Sequence[DomainFacts] = (),
    identity: str | None = None,
) -> AsyncGenerator[Scanned, None]:
    """Ever fuller snapshots of a domain. ``past`` are facts of its earlier scans, ``identity`` the scan's id.

    Closing the generator stops every probe.
    """
    async with aclosing(gather(request, network, now)) as snapshots:
        async for facts in snapshots:
            verdict = None if facts.state == "running" else assess(facts, past, now)
            yield Scanned(facts, build(facts, verdict, identity))
