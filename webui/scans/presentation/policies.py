"""What the domain promises: its policy and records as published, with what is wrong marked in place.

The one rule of this file: line numbers are those of the file, so that a reader finds each fault where it stands.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checker.assessment.conditions import PolicyCondition
from checker.report.document import DefectEntry, Report
from webui.scans.presentation.certificates import RecordLine
from webui.scans.presentation.marks import COULD_NOT_TELL, Mark

_LINES_SHOWN = 200  # of a file; a policy has five
_CONDITIONS: dict[PolicyCondition, tuple[str, str]] = {
    "txt-record": ("TXT record", "announces the policy in DNS"),
    "secure-site": ("Secure web site", "answers over HTTPS with a good certificate"),
    "policy-file": ("Policy file", "is well formed"),
    "servers-listed": ("Servers listed", "every mail server has its mx line"),
}
_MARKS = {True: Mark("ok", "yes"), False: Mark("bad", "no")}
_STATUS = {
    "valid": Mark("ok", "valid"),
    "invalid": Mark("bad", "invalid"),
    "unfetchable": Mark("bad", "can’t be fetched"),
    "absent": Mark("na", "none published"),
    "failed": Mark("unk", "could not tell"),
    "not-tried": Mark("na", "not asked"),
}
_WAITING = Mark("not", "waiting")


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTick:
    """A condition of the policy: its name, what it means, and its mark."""

    name: str
    meaning: str
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Something published: its place, its state, and its lines; ``where`` says how it came."""

    title: str
    where: str
    status: Mark
    lines: tuple[RecordLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The section: tick list, policy file, and both records."""

    ticks: tuple[PolicyTick, ...]
    policy: Published
    records: tuple[Published, ...]


def promise(report: Report) -> Promise | None:
    """Null where nothing of it was asked yet, or there is no such domain."""
    section, reporting = report["mta_sts"], report["tls_rpt"]
    if section["record"]["status"] is None and reporting["status"] is None:
        return None
    is_tried = section["record"]["status"] != "absent" or section["policy"]["status"] not in ("absent", "not-tried")
    return Promise(
        ticks=tuple(_ticks(report)) if is_tried and report["state"] != "running" else (),
        policy=_policy(report),
        records=(
            Published(
                title="Record for MTA-STS",
                where=f"_mta-sts.{report['domain']}",
                status=_status(section["record"]["status"], report),
                lines=_record(section["record"]["txt"], section["record"]["defects"]),
            ),
            Published(
                title="Record for TLS reports",
                where=f"_smtp._tls.{report['domain']}",
                status=_status(reporting["status"], report),
                lines=_record(reporting["txt"], reporting["defects"]),
            ),
        ),
    )


def _ticks(report: Report) -> Iterator[PolicyTick]:
    conditions = report["mta_sts"]["conditions"]
    for code, (name, meaning) in _CONDITIONS.items():
        if code in conditions:
            met = conditions[code]
            yield PolicyTick(name=name, meaning=meaning, mark=_untold(code, report) if met is None else _MARKS[met])


def _untold(code: PolicyCondition, report: Report) -> Mark:
    """Null: it is not reached behind a condition that fails, it does not apply, or it could not be told."""
    before = list(_CONDITIONS)[: list(_CONDITIONS).index(code)]
    conditions = report["mta_sts"]["conditions"]
    if any(conditions.get(earlier) is False for earlier in before if earlier != "txt-record"):
        return Mark("not", "not reached")
    is_off = code == "servers-listed" and report["mta_sts"]["policy"]["mode"] == "none"
    return Mark("na", "switched off") if is_off else COULD_NOT_TELL


def _status(status: str | None, report: Report) -> Mark:
    return _STATUS.get(status or "", _WAITING if report["state"] == "running" else COULD_NOT_TELL)


def _policy(report: Report) -> Published:
    policy = report["mta_sts"]["policy"]
    status = policy["status"]
    came = [str(policy["http_status"] or ""), policy["content_type"] or "", _site(report)]
    where = ", ".join(part for part in (policy["url"] or "", *came) if part)
    is_shown = policy["body"] is not None and status != "absent"
    lines = tuple(_file(report)) if is_shown else (_nothing(status, policy["error"], report),)
    return Published(title="Policy file", where=where, status=_status(status, report), lines=lines)


def _site(report: Report) -> str:
    leaf = report["certificates"].get(report["mta_sts"]["policy"]["certificate"] or "")
    if leaf is None:
        return ""
    name = f"mta-sts.{report['domain']}"
    flags = (leaf["trusted"], leaf["in_dates"], leaf["name_match"].get(name))
    words = "certificate not valid" if False in flags else "certificate valid"
    return "" if None in flags and False not in flags else words


def _nothing(status: str | None, error: str | None, report: Report) -> RecordLine:
    words = {"absent": "none published", "not-tried": "not asked for"}
    note = Mark("bad", error) if error and status in ("invalid", "unfetchable") else None
    waiting = "still being asked for" if report["state"] == "running" else "could not tell"
    text = "no file" if status in ("invalid", "unfetchable") else words.get(status or "", waiting)
    return RecordLine(gutter="", lines=(text,), note=note, soft=True)


def _file(report: Report) -> Iterator[RecordLine]:
    """The file as it came, each fault under its line, and what is missing at the end."""
    policy = report["mta_sts"]["policy"]
    defects = _by_line(policy["defects"] or ())
    error = policy["error"]
    if error:
        yield RecordLine(gutter="", lines=(), note=Mark("bad", error))
    yield from _notes(defects.pop(0, []))
    lines = (policy["body"] or "").removesuffix("\n").split("\n")
    for number, line in enumerate(lines[:_LINES_SHOWN], 1):
        text = line.removesuffix("\r").replace("\r", "\\r")
        first, *rest = [*_wrong(defects.pop(number, [])), *_coverage(number, report)] or [None]
        yield RecordLine(gutter=str(number), lines=(text or " ",), note=first)
        yield from (RecordLine(gutter="", lines=(), note=note) for note in rest)
    if len(lines) > _LINES_SHOWN:
        yield RecordLine(gutter="…", lines=(f"{len(lines) - _LINES_SHOWN} more lines",), soft=True)
    yield from _missing(report)


def _by_line(defects: Iterable[DefectEntry]) -> defaultdict[int, list[DefectEntry]]:
    found: defaultdict[int, list[DefectEntry]] = defaultdict(list)
    for defect in defects:
        found[defect["line"]].append(defect)
    return found


def _notes(defects: list[DefectEntry]) -> Iterator[RecordLine]:
    for note in _wrong(defects):
        yield RecordLine(gutter="", lines=(), note=note)


def _wrong(defects: list[DefectEntry]) -> list[Mark]:
    return [Mark("bad" if defect["fatal"] else "warn", _placed(defect)) for defect in defects]


def _placed(defect: DefectEntry) -> str:
    return f"{defect['detail']} (Column {defect['column']}.)" if defect["column"] > 1 else defect["detail"]


def _coverage(number: int, report: Report) -> Iterator[Mark]:
    """Which servers a line covers."""
    for line in report["mta_sts"]["mx_lines"] or ():
        if line["line"] != number:
            continue
        if line["covers"]:
            yield Mark("ok", f"Covers {', '.join(line['covers'])}.")
        else:
            yield Mark("warn", "Covers no server that DNS names. Harmless; remove it once nothing points there.")


def _missing(report: Report) -> Iterator[RecordLine]:
    policy = report["mta_sts"]["policy"]
    if policy["mode"] == "none":
        return
    for host in report["mta_sts"]["uncovered"] or ():
        said = f"{host} is missing here: no mx line covers it."
        tone = Mark("warn" if policy["mode"] == "testing" else "bad", said)
        yield RecordLine(gutter="", lines=(), note=tone)


def _record(texts: list[str] | None, defects: list[DefectEntry] | None) -> tuple[RecordLine, ...]:
    if texts is None:
        return ()
    by_line = _by_line(defects or ())
    lines: list[RecordLine] = []
    for number, text in enumerate(texts, 1):
        first, *rest = _wrong(by_line.pop(number, [])) or [None]
        lines.append(RecordLine(gutter="TXT", lines=(text or " ",), note=first))
        lines.extend(RecordLine(gutter="", lines=(), note=note) for note in rest)
    whole = [RecordLine(gutter="", lines=(), note=note) for note in _wrong(by_line.pop(0, []))]
    return (*(lines or [RecordLine(gutter="TXT", lines=("none published",), soft=True)]), *whole)
