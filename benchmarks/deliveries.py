"""What Mailseal says that senders do, beside what a real Postfix did: every domain of the lab at every level.

The one rule of this file: both sides are read as they stand, the report's deliveries and Postfix's log. Why they may
differ is data in ``tests.real.delivery_differences``; a difference without a reason there is a mistake on one side.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from checker.facts import DomainFacts, ScanRequest
from checker.names import parse_domain
from checker.network.bounds import Bounds
from checker.network.live import NetworkSettings, build
from checker.network.ports import Network
from checker.report.document import DeliveryEntry, Report
from checker.scan import Scanned, scan
from tests.real import delivery_lab
from tests.real.delivery_cases import DOMAINS, name_of
from tests.real.delivery_differences import DIFFERENCES, ON_SECOND_TRY
from tests.real.delivery_lab import Lab, cases
from tests.real.delivery_servers import SIGNED
from tests.real.postfix_log import Attempt

SENDERS = {"may": "opportunistic", "encrypt": "mandatory-tls", "secure": "verified-tls", "dane": "dane"}
"""The kind of sender that each level of Postfix is; the others have the sender's name themselves."""

SOFTWARE = ("postfix-mta-sts-resolver", "Postfix")  # the report has a row for it where it does otherwise
KEPT = "mta-sts-cached"  # in the place of the level, where the sender had the policy already
AT_ONCE = 8
BUSY_PAUSE_S = 2.0  # in the place of a minute, after a server says "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a mail ended. ``code`` where it was not delivered, else ``via``, the server that took it."""

    outcome: str
    code: str | None = None
    via: str | None = None

    def __str__(self) -> str:
        via = self.via and f"via {self.via.removesuffix(f'.{SIGNED}')}"
        return " ".join(filter(None, (self.outcome, self.code, via)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One domain at one level. ``first`` is how Postfix's first attempt ended, ``real`` the last one, with what it
    ``said``. ``words`` are those of Postfix in the report.
    """

    domain: str
    level: str
    simulated: End
    first: End
    real: End
    said: str
    words: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Do the two sides end alike?"""
        return self.simulated == self.real


def bench_deliveries(say: Callable[[str], object], arguments: Sequence[str] = ()) -> None:
    """What senders do by our report, beside what a real Postfix did. Arguments: domains of the lab."""
    parser = argparse.ArgumentParser(prog="manage.py bench deliveries", description=bench_deliveries.__doc__)
    parser.add_argument("domains", nargs="*", metavar="DOMAIN", help=f"all, or some of: {', '.join(DOMAINS)}")
    domains = parser.parse_args(arguments).domains
    if unknown := [domain for domain in domains if domain not in DOMAINS]:
        parser.error(f"there is no domain {unknown[0]} in the lab")
    with tempfile.TemporaryDirectory(prefix="mailseal-lab-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # users postfix and nobody go through it
        with delivery_lab.running(folder / "deliveries") as lab:
            rows = compare(lab, domains or tuple(DOMAINS))
    for row in rows:
        say(in_words(row))
    say(f"{sum(row.agrees for row in rows)} of {len(rows)} deliveries ended as simulated")


def compare(lab: Lab, domains: Sequence[str]) -> list[Row]:
    """Send to these domains, scan them, and put the two side by side."""
    sent = lab.send(cases(domains))
    seen = asyncio.run(_scans(lab, domains))
    rows = [_row(*case, seen[case[0]].report, attempts) for case, attempts in sent.items()]
    changing = [domain for domain in domains if DOMAINS[domain].later is not None]
    return [*rows, *_second_time(lab, changing, seen)] if changing else rows


def _second_time(lab: Lab, domains: Sequence[str], before: Mapping[str, Scanned]) -> Iterator[Row]:
    """Once more to domains whose policy file changes: the sender keeps the policy, and we what an earlier scan saw."""
    for domain in domains:
        lab.go_on(domain)
    sent = lab.send(((domain, "mta-sts") for domain in domains), "again")
    seen = asyncio.run(_scans(lab, domains, before))
    for (domain, _), attempts in sent.items():
        yield _row(domain, KEPT, seen[domain].report, attempts)


def in_words(row: Row) -> str:
    """One line of the table."""
    real = str(row.real) if row.first == row.real else f"{row.first}, then {row.real}"
    why = DIFFERENCES.get((row.domain, row.level)) or ON_SECOND_TRY.get((row.domain, row.level))
    told = "agrees" if row.agrees else "differs"
    return f"{row.domain:20} {row.level:14} {row.simulated!s:35} | {real:35} {told}  {why or row.said}"


def _row(domain: str, level: str, report: Report, attempts: Sequence[Attempt]) -> Row:
    sender = SENDERS.get(level, level)
    readings = {each["variant"]: each for each in report["deliveries"] if each["sender"] == sender}
    simulated = next((readings[software] for software in SOFTWARE if software in readings), readings[None])
    return Row(
        domain=domain,
        level=level,
        simulated=_of_report(simulated),
        first=_of_log(attempts[0]),
        real=_of_log(attempts[-1]),
        said=attempts[-1].said,
        words=tuple(m["text"] for m in simulated["messages"] if m["software"].startswith("Postfix")),
    )


def _of_report(delivery: DeliveryEntry) -> End:
    return End(outcome=delivery["outcome"], code=delivery["status_code"], via=delivery["via"])


def _of_log(attempt: Attempt) -> End:
    """Postfix says "Verified" where it proved the server, by certificate or TLSA record, as the level asks."""
    if attempt.status == "sent":
        outcome = {"Verified": "authenticated", None: "plaintext"}.get(attempt.tls, "encrypted")
        return End(outcome=outcome, via=attempt.relay)
    return End(outcome="deferred" if attempt.status == "deferred" else "refused", code=attempt.dsn)


async def _scans(
    lab: Lab, domains: Sequence[str], before: Mapping[str, Scanned] | None = None
) -> Mapping[str, Scanned]:
    """The end of a scan of each domain, by the engine as the command line runs it, but with a shorter pause."""
    bounds = replace(Bounds(), busy_pause_s=BUSY_PAUSE_S)
    network, free = build(NetworkSettings.from_environment(lab.environment), bounds), asyncio.Semaphore(AT_ONCE)
    past = {domain: [before[domain].facts] if before else [] for domain in domains}
    found = await asyncio.gather(*(_scan(domain, past[domain], network, free) for domain in domains))
    return dict(zip(domains, found, strict=True))


async def _scan(domain: str, past: Sequence[DomainFacts], network: Network, free: asyncio.Semaphore) -> Scanned:
    async with free:
        request = ScanRequest(domain=parse_domain(name_of(domain)))
        return [each async for each in scan(request, network, datetime.now(UTC), past)][-1]
