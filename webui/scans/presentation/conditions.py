"""The conditions that a server must meet, as a tick list: one row a server, servers that do alike together.

The one rule of this file: the ticks are the report's own; here they get their marks.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from checker.assessment.conditions import CONDITIONS as CODES
from checker.report.document import Report, ServerSection
from webui.scans.presentation.marks import COULD_NOT_TELL, NOT_REACHED, Mark
from webui.scans.presentation.servers import Cell, merged

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
