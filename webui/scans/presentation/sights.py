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
    "servers": "Servers",
    "mta_sts": "MTA-STS",
    "mta_sts.record": "Record for MTA-STS",
    "mta_sts.policy": "Policy file",
    "tls_rpt": "Record for TLS reports",
}
_NOT_ASKED = "Not looked at: "


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
        servers = len(report["servers"])
        text = f"{counted(servers, 'server')} found." if servers else "asked and answered: none takes mail."
        yield Sight(mark=Mark("ok", "Mail servers in DNS"), text=text)
    endpoints = [e for server in report["servers"] for e in server["endpoints"]]
    flags = [works(e) for e in endpoints]
    told = sum(1 for flag in flags if flag is not None)
    if told:
        whole = f"all {told}" if told == len(flags) and told > 1 else f"{told} of {len(flags)}"
        reused = sum(1 for e in endpoints if e["reused"])
        share = "all" if reused == told and told > 1 else str(reused)
        text = f"{whole}; {share} of them for an earlier check, some minutes before." if reused else f"{whole}."
        yield Sight(mark=Mark("ok", "Addresses looked at"), text=text)


def _unseen(report: Report) -> Iterator[Sight]:
    """One line for each reason, naming all that it covers; then all that nobody asked for."""
    reasons: dict[str, list[str]] = {}
    for limit in report["limits"]:
        if limit["code"] == "dnssec-not-determined" and report["vantage"]["dnssec"] is False:
            continue  # the part on signed DNS says so, and how that can be changed
        subject = "Not looked at" if limit["detail"].startswith(_NOT_ASKED) else _subject(limit["path"], report)
        reasons.setdefault(limit["detail"].removeprefix(_NOT_ASKED), []).append(subject)
    for detail, subjects in reasons.items():
        yield Sight(mark=Mark("unk", "; ".join(dict.fromkeys(subjects))), text=detail)


def _subject(path: str, report: Report) -> str:
    for server in report["servers"]:
        if path.endswith(".tls") and path.startswith(f"servers.{server['host']}."):
            address = path.removeprefix(f"servers.{server['host']}.").removesuffix(".tls")
            return f"TLS of {server['host']} at {address}"
    return _SUBJECTS.get(path, path.removeprefix("servers."))
