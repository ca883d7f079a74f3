"""The conditions that servers and the policy must meet, as tick lists: servers that do alike share a row.

The one rule of this file: the ticks are the report's own; here they get their marks.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from checker.assessment.conditions import CONDITIONS as CODES
from checker.assessment.conditions import PolicyCondition
from checker.report.document import Report
from checker.report.document_servers import ServerSection
from webui.scans.presentation.marks import COULD_NOT_TELL, NOT_REACHED, Mark
from webui.scans.presentation.servers import Cell, merged

POLICY_CONDITIONS: dict[PolicyCondition, str] = {
    "txt-record": "TXT record",
    "secure-site": "Secure web site",
    "policy-file": "Policy file",
    "servers-listed": "Servers listed",
}
CONDITIONS = ("Works", "STARTTLS", "TLS 1.2 or newer", "In date", "Name matches", "Trusted")  # in the order of CODES

_MARKS = {True: Mark("ok", "yes"), False: Mark("bad", "no"), None: COULD_NOT_TELL}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRow:
    """A server, or several that do alike, with a mark for each condition."""

    host: str
    note: str
    cells: tuple[Cell, ...]


def condition_rows(report: Report) -> tuple[ConditionRow, ...]:
    """The tick list, in the order that senders try the servers."""
    alike: dict[tuple[Mark, ...], list[str]] = {}
    for server in report["servers"]:
        alike.setdefault(tuple(_marks(server)), []).append(server["host"])
    return tuple(
        ConditionRow(
            host=hosts[0],
            note=f"and {', '.join(hosts[1:])}, alike" if hosts[1:] else "",
            cells=tuple(merged(CONDITIONS, marks)),
        )
        for marks, hosts in alike.items()
    )


def _marks(server: ServerSection) -> Iterator[Mark]:
    for code in CODES:
        yield NOT_REACHED if code in server["not_reached"] else _MARKS[server["conditions"][code]]


def policy_cells(report: Report) -> tuple[Cell, ...]:
    """The tick list of the policy, a cell for each condition; empty where it wasn't judged."""
    if not report["mta_sts"]["conditions"]:
        return ()
    is_absent = report["mta_sts"]["policy"]["status"] == "absent"
    marks = tuple(Mark("na", "none") if is_absent else _policy_mark(code, report) for code in POLICY_CONDITIONS)
    return tuple(merged(tuple(POLICY_CONDITIONS.values()), marks))


def _policy_mark(code: PolicyCondition, report: Report) -> Mark:
    """Null: a site or file that it needs fails, the domain switched it off, or it could not be told."""
    met = report["mta_sts"]["conditions"]
    if met[code] is not None:
        return _MARKS[met[code]]
    needed: tuple[PolicyCondition, ...] = ("secure-site", "policy-file")
    if code in ("policy-file", "servers-listed") and any(met[earlier] is False for earlier in needed):
        return NOT_REACHED
    is_off = code == "servers-listed" and report["mta_sts"]["policy"]["mode"] == "none"
    return Mark("na", "switched off") if is_off else COULD_NOT_TELL
