"""The first lines of a page while its check runs: how far it is, and what is wrong so far.

An address whose outcome is null has not been looked at yet.
"""

from dataclasses import dataclass
from datetime import datetime

from checker.report.document import Report
from webui.scans.presentation.first_screen import Hero, age, ascii_name
from webui.scans.presentation.marks import Mark, Seal
from webui.scans.presentation.stages import ENDED, UNSEEN
from webui.scans.presentation.times import counted

CHECKING = Seal("seal-running", "unk", "No grade yet: being checked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a running check is, in addresses."""

    done: int
    total: int

    @property
    def words(self) -> str:
        """For those who cannot see the bar."""
        return f"{self.done} of {counted(self.total, 'address', 'addresses')} looked at"


def progress(report: Report) -> Progress | None:
    """Null until it is known how many addresses there are."""
    endpoints = [e for server in report["servers"] for e in server["endpoints"]]
    done = sum(1 for e in endpoints if e["outcome"])
    return Progress(done=done, total=len(endpoints)) if endpoints else None


def running_hero(report: Report, now: datetime) -> Hero:
    """The first lines while the check runs."""
    servers = report["servers"]
    done = sum(1 for s in servers if s["endpoints"] and all(e["outcome"] for e in s["endpoints"]))
    grade = f"{done} of {counted(len(servers), 'server')} looked at" if servers else "asking DNS for its mail servers"
    return Hero(
        domain=report["domain_unicode"],
        ascii_name=ascii_name(report["domain"], report["domain_unicode"]),
        seal=CHECKING,
        level=Mark("run", "Checking"),
        grade=grade,
        headline=_so_far(report),
        age=age(report, now),
    )


def _so_far(report: Report) -> str:
    endpoints = [e for server in report["servers"] for e in server["endpoints"]]
    wrong = [e for e in endpoints if e["outcome"] not in (None, "tls", *UNSEEN)]
    if wrong:
        ended = ENDED.get(wrong[0]["outcome"] or "", "it did not answer as it should")
        return f"{counted(len(wrong), 'problem')} so far. At {wrong[0]['address']}: {ended}."
    return "Nothing wrong so far." if endpoints else "Looking for its mail servers."


def said(report: Report) -> str:
    """Progress in one sentence, for who hears the page instead of seeing it. It holds no grade."""
    if report["state"] != "running":
        return "The check has ended. The whole report is here."
    so_far = progress(report)
    return f"{so_far.words}. {_so_far(report)}" if so_far else _so_far(report)
