"""The first lines of a page while its check runs: how far it is, and what is wrong so far.

An address whose outcome is null has not been looked at yet.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from checker.network.bounds import DEEP, Bounds
from checker.report.document import Report
from webui.scans.presentation.first_screen import Hero, age, ascii_name
from webui.scans.presentation.marks import Mark, Seal
from webui.scans.presentation.stages import ENDED, UNSEEN
from webui.scans.presentation.times import counted, parse_time

SHOWN = 3  # of those that keep us waiting, the longest first
_NOT_YET = {
    "connect": "has not taken our connection",
    "greeting": "has not greeted",
    "ehlo": "has not answered our EHLO",
    "starttls": "has not answered STARTTLS",
    "handshake": "has not finished the TLS handshake",
    "ehlo-tls": "has not answered our EHLO inside TLS",
    "pause": "is asked once more after a pause, and has not been asked",
}
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Whom we wait for: ``mx2.example (192.0.2.7) has not greeted``, since this moment, so many seconds ago."""

    words: str
    since: str
    seconds: int


def waits(report: Report, now: datetime) -> tuple[Wait, ...]:
    """Those that keep us waiting, the longest first."""
    found = [
        (waiting["since_ms"], f"{server['host']} ({endpoint['address']}) {_NOT_YET[waiting['stage']]}")
        for server in report["servers"]
        for endpoint in server["endpoints"]
        if (waiting := endpoint.get("waiting"))
    ]
    return tuple(_wait(report, now, since_ms, words) for since_ms, words in sorted(found))


def _wait(report: Report, now: datetime, since_ms: int, words: str) -> Wait:
    since = parse_time(report["started_at"]) + timedelta(milliseconds=since_ms)
    seconds = max(0, int((now - since).total_seconds()))
    return Wait(words=words, since=since.isoformat(timespec="milliseconds").replace("+00:00", "Z"), seconds=seconds)


def ends_by(report: Report) -> datetime | None:
    """When the check ends at the latest. None while it waits for its turn."""
    if report["mx"]["status"] is None:
        return None
    bounds = DEEP if report["depth"] == "deep" else Bounds()
    return parse_time(report["started_at"]) + timedelta(seconds=bounds.scan_hard_s)


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


def said(report: Report, now: datetime) -> str:
    """Progress in one sentence, for who hears the page instead of seeing it. It holds no grade."""
    if report["state"] != "running":
        return "The check has ended. The whole report is here."
    so_far = progress(report)
    words = f"{so_far.words}. {_so_far(report)}" if so_far else _so_far(report)
    longest = waits(report, now)[:1]
    return " ".join((words, *(f"{wait.words} yet." for wait in longest)))
