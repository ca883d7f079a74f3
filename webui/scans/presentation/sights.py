"""What we could and could not see. The one rule: a reader never takes what nobody looked at for a pass or a fail."""

from collections.abc import Iterator
from dataclasses import dataclass

from checker.report.document import Report
from webui.scans.presentation.marks import Mark
from webui.scans.presentation.stages import works
from webui.scans.presentation.times import counted

_SUBJECTS = {
    "": "The whole check",
    "mx": "Mail servers in DNS",
    "vantage": "This place",
    "vantage.smtp": "Port 25 from here",
    "mta_sts": "MTA-STS, the domain’s policy for encryption",
    "tls_rpt": "TLS reports",
    "dane": "DANE, certificates pinned in signed DNS",
    "deliveries": "Senders",
    "threats": "Threats",
    "servers": "Servers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One thing that was seen or not. ``mark.words`` names it, ``text`` says what came of it."""

    mark: Mark
    text: str


def sights(report: Report) -> tuple[Sight, ...]:
    """First what was seen, then what was not and why."""
    return (*_seen(report), *_unseen(report))


def _seen(report: Report) -> Iterator[Sight]:
    if report["mx"]["status"] not in (None, "failed"):
        servers = lenreport["servers"]
        text = f"{counted(servers, 'server')} found." if servers else "asked and answered: none takes mail."
        yield Sight(mark=Mark("ok", "Mail servers in DNS"), text=text)
    flags = [works(e) for server in report["servers"] for e in server["endpoints"]]
    told = sum(1 for flag in flags if flag is not None)
    if told:
        whole = f"all {told}" if told == len(flags) and told > 1 else f"{told} of {len(flags)}"
        yield Sight(mark=Mark("ok", "Addresses looked at"), text=f"{whole}.")


def _unseen(report: Report) -> Iterator[Sight]:
    """One line for each reason, naming all that it covers."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for limit in report["limits"]:
        reasons.setdefault((limit["code"], limit["detail"]), []).append(_subject(limit["path"]))
    for (_, detail), subjects in reasons.items():
        yield Sight(mark=Mark("unk", "; ".join(dict.fromkeys(subjects))), text=detail)


def _subject(path: str) -> str:
    return _SUBJECTS.get(path, path.removeprefix("servers."))
