"""What a domain promises: the policy file and both records as published, with what is wrong marked in place.

The one rule of this file: line numbers are those of the file, so that a reader finds each fault where it stands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checker.network.ports import Security
from checker.report.document import Report
from checker.report.document_policies import DefectEntry
from webui.scans.presentation.certificates import RecordLine, certificate_mark, name_mark
from webui.scans.presentation.listing import BOTTOM, defect_notes, listed
from webui.scans.presentation.marks import COULD_NOT_TELL, WAITING, Mark
from webui.scans.presentation.times import counted, lasting, parse_time

_NAMED = 3  # servers that a line names; a wildcard may cover many
_NO_MAIL = {"null-mx", "nxdomain", "none"}
_THERE = {"valid", "invalid", "unfetchable"}
_NONE = Mark("na", "none")
_WRONGLY_SIGNED = Mark("bad", "signature wrong")
_STATUS = {
    "valid": Mark("ok", "valid"),
    "invalid": Mark("bad", "invalid"),
    "unfetchable": Mark("bad", "fetch fails"),
    "absent": _NONE,
}
_MODES = {
    "enforce": "Mode enforce: a sender that honours it delivers only to listed servers with a good certificate.",
    "testing": "Mode testing: a sender that honours it reports what would fail, and delivers all the same.",
    "none": "Mode none: the domain takes its promise back.",
}
_RECORD_WORDS = {
    "valid": "It announces the policy. When the id changes, senders fetch the file anew.",
    "invalid": "To senders this is no record, so none of them asks for the file.",
    "absent": "Nothing announces a policy, so no sender asks for the file.",
}
_REPORTS_WORDS = {
    "valid": "Senders are asked to report each day where TLS worked, and where it failed.",
    "invalid": "To senders this is no record, so they report to nobody.",
    "absent": "Nobody is asked to tell the domain when encryption fails.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Something published: its place, how it came, its state, what that means, and its lines."""

    title: str
    place: str
    came: str = ""
    status: Mark
    meaning: str
    lines: tuple[RecordLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The section: the policy file, and both records."""

    policy: Published
    records: tuple[Published, ...]


def promise(report: Report) -> Promise | None:
    """Null where nothing of it is known yet, nobody asked, or a domain without mail publishes nothing."""
    section, reporting = report["mta_sts"], report["tls_rpt"]
    states = {section["record"]["status"], section["policy"]["status"], reporting["status"]}
    if states == {None} or (report["mx"]["status"] in _NO_MAIL and not states & _THERE):
        return None
    return Promise(policy=_policy(report), records=(_record(report), _reports(report)))


def has_policy(report: Report) -> bool:
    """There is a record or a file, or something in their place."""
    section = report["mta_sts"]
    return not {section["record"]["status"], section["policy"]["status"]} <= {None, "absent", "not-tried"}


def _policy(report: Report) -> Published:
    policy = report["mta_sts"]["policy"]
    has_place = policy["url"] is not None and policy["status"] not in ("absent", "not-tried")
    return Published(
        title="Policy file",
        place=(policy["url"] or "") if has_place else "",
        came=", ".join(_how_it_came(report)) if has_place else "",
        status=_policy_status(report),
        meaning=_policy_meaning(report),
        lines=tuple(_file(report)) if has_place else (),
    )


def _policy_status(report: Report) -> Mark:
    policy = report["mta_sts"]["policy"]
    return Mark("na", "switched off") if policy["mode"] == "none" else _status(policy["status"], report)


def _policy_meaning(report: Report) -> str:
    policy = report["mta_sts"]["policy"]
    status = policy["status"]
    if policy["mode"] is not None:
        kept = f" Senders may keep it for {lasting(policy['max_age'])}." if policy["max_age"] is not None else ""
        return f"{_MODES[policy['mode']]}{kept}"
    if status == "absent":
        return "No promise is made here. Senders encrypt where they can, and nothing in MTA-STS tells them to insist."
    return policy["error"] or _why_unseen("mta_sts.policy", report)


def _how_it_came(report: Report) -> Iterator[str]:
    policy = report["mta_sts"]["policy"]
    if policy["address"] is not None:
        yield f"from {policy['address']}"
    if policy["http_status"] is not None:
        yield f"status {policy['http_status']}"
    if policy["http_status"] == 200:
        yield policy["content_type"] or "no media type"
    leaf = report["certificates"].get(policy["certificate"] or "")
    if leaf is not None:
        marks = certificate_mark(leaf, parse_time(report["started_at"])), name_mark(leaf, _policy_host(report))
        worst = next((mark for mark in marks if mark.tone == "bad"), marks[0])
        yield f"certificate: {worst.words}"


def _policy_host(report: Report) -> str:
    return f"mta-sts.{report['domain']}"


def _file(report: Report) -> Iterator[RecordLine]:
    """The file as it came. A line ends with LF; what is left of a CR is shown, since senders stumble over it."""
    policy = report["mta_sts"]["policy"]
    if policy["body"] is None:
        return
    lines = [line.removesuffix("\r").replace("\r", "\\x0d") for line in policy["body"].split("\n")]
    if not lines[-1]:
        lines.pop()
    notes = defect_notes(policy["defects"])
    for number, note in _coverage(report):
        notes.setdefault(number, []).append(note)
    yield from listed(lines, notes)


def _coverage(report: Report) -> Iterator[tuple[int, Mark]]:
    """Which servers each line covers, and behind the last of them those that none does."""
    section = report["mta_sts"]
    mode, lines = section["policy"]["mode"], section["mx_lines"] or []
    if mode == "none":
        return
    for line in lines:
        yield line["line"], _covers(line["covers"])
    last = max((line["line"] for line in lines), default=BOTTOM)
    for host in section["uncovered"] or ():
        yield last, Mark("warn" if mode == "testing" else "bad", f"{host} is missing here: no line covers it.")


def _covers(hosts: Sequence[str]) -> Mark:
    if not hosts:
        return Mark("warn", "No server has this name. Harmless; remove the line once nothing points there.")
    more = f" and {counted(len(hosts) - _NAMED, 'more', 'more')}" if len(hosts) > _NAMED else ""
    return Mark("ok", f"Covers {', '.join(hosts[:_NAMED])}{more}.")


def _record(report: Report) -> Published:
    record, security = report["mta_sts"]["record"], report["mta_sts"]["dnssec"]["record"]
    ttl = f"resolvers keep it for {lasting(record['ttl'])}" if record["ttl"] is not None else ""
    aliases = f"through {', '.join(record['cname'])}" if record["cname"] else ""
    is_missed = record["status"] == "absent" and report["mta_sts"]["policy"]["status"] in ("valid", "invalid")
    return Published(
        title="Record for MTA-STS",
        place=f"_mta-sts.{report['domain']}",
        came=", ".join(filter(None, (aliases, ttl))),
        status=Mark("bad", "none") if is_missed else _record_status(record["status"], security, report),
        meaning=_RECORD_WORDS.get(record["status"] or "") or _why_unread("mta_sts.record", security, report),
        lines=_texts(record["txt"], record["defects"]),
    )


def _reports(report: Report) -> Published:
    record = report["tls_rpt"]
    meaning = _REPORTS_WORDS.get(record["status"] or "") or _why_unread("tls_rpt", record["dnssec"], report)
    return Published(
        title="Record for TLS reports",
        place=f"_smtp._tls.{report['domain']}",
        came=f"reports go to {', '.join(record['rua'])}" if record["rua"] else "",
        status=_record_status(record["status"], record["dnssec"], report),
        meaning=meaning,
        lines=_texts(record["txt"], record["defects"]),
    )


def _texts(texts: list[str] | None, defects: list[DefectEntry] | None) -> tuple[RecordLine, ...]:
    """Each record is one line, and its number is the defects' line."""
    numbered = len(texts or ()) > 1
    return tuple(listed(texts or (), defect_notes(defects), lambda number: f"TXT {number}" if numbered else "TXT"))


def _record_status(status: str | None, security: Security | None, report: Report) -> Mark:
    return _WRONGLY_SIGNED if security == "bogus" else _status(status, report)


def _why_unread(path: str, security: Security | None, report: Report) -> str:
    if security == "bogus":
        return "The answer is refused by resolvers that check signatures, so senders behind them find no record."
    return _why_unseen(path, report)


def _status(status: str | None, report: Report) -> Mark:
    waiting = WAITING if status is None and report["state"] == "running" else COULD_NOT_TELL
    return _STATUS.get(status or "", waiting)


def _why_unseen(path: str, report: Report) -> str:
    """Why nothing is known of this. A running check will tell."""
    if report["state"] == "running":
        return "Still being asked for."
    found = (limit["detail"] for limit in report["limits"] if limit["path"] in (path, path.partition(".")[0]))
    return next(found, "It was not seen, so it counts neither for the domain nor against it.")
