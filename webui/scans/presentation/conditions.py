"""The conditions that a server must meet, as a tick list: one row a server, servers that do alike together.

A server works where one of its addresses works; everything else must hold on every address that works.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from checker.report.document import CertificateSection, EndpointSection, Report, ServerSection
from webui.scans.presentation.certificates import date_mark, name_mark, trust_mark
from webui.scans.presentation.marks import COULD_NOT_TELL, NOT_REACHED, WAITING, Mark
from webui.scans.presentation.servers import Cell, merged
from webui.scans.presentation.stages import completes_starttls, works
from webui.scans.presentation.times import parse_time
from webui.scans.presentation.tls import supports_tls_1_2

CONDITIONS = ("Works", "STARTTLS", "TLS 1.2 or newer", "In date", "Name matches", "Trusted")

_YES = Mark("ok", "yes")
_NO = Mark("bad", "no")
_UNREADABLE = Mark("bad", "unreadable")
_NONE_SENT = Mark("bad", "none sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRow:
    """A server, or several that do alike, with a mark for each condition."""

    host: str
    note: str
    cells: tuple[Cell, ...]


def condition_rows(report: Report) -> tuple[ConditionRow, ...]:
    """The tick list, in the order that senders try the servers."""
    at = parse_time(report["started_at"])
    alike: dict[tuple[Mark, ...], list[str]] = {}
    for server in report["servers"]:
        alike.setdefault(tuple(_marks(server, report, at)), []).append(server["host"])
    return tuple(
        ConditionRow(
            host=hosts[0],
            note=f"and {', '.join(hosts[1:])}, alike" if hosts[1:] else "",
            cells=tuple(merged(CONDITIONS, marks)),
        )
        for marks, hosts in alike.items()
    )


def _marks(server: ServerSection, report: Report, at: datetime) -> Iterator[Mark]:
    unknown = WAITING if report["state"] == "running" else COULD_NOT_TELL
    working = [e for e in server["endpoints"] if works(e)]
    encrypting = [e for e in working if completes_starttls(e)]
    yield _works(server, unknown)
    yield _over(working, lambda e: _flag(completes_starttls(e), unknown), _instead(_works(server, unknown), unknown))
    behind = (
        NOT_REACHED
        if any(completes_starttls(e) is False for e in working)
        else _instead(_works(server, unknown), unknown)
    )
    yield _over(encrypting, lambda e: _flag(supports_tls_1_2(e["tls"]), unknown), behind)

    def judged(judge: Callable[[CertificateSection], Mark]) -> Mark:
        return _over(encrypting, lambda e: _certificate(e, report, judge), behind)

    yield judged(lambda certificate: _plain(date_mark(certificate, at)))
    yield judged(lambda certificate: _plain(name_mark(certificate, server["host"])))
    yield judged(trust_mark)


def _works(server: ServerSection, unknown: Mark) -> Mark:
    if server["address_status"] in ("none", "nxdomain"):
        return Mark("bad", "no address")
    flags = [works(e) for e in server["endpoints"]]
    if True in flags:
        return _YES
    return unknown if None in flags or not flags else _NO


def _instead(before: Mark, unknown: Mark) -> Mark:
    """What stands where nothing could be asked: it ended before, or we do not know."""
    return NOT_REACHED if before.tone == "bad" else unknown


def _flag(flag: bool | None, unknown: Mark) -> Mark:
    return unknown if flag is None else _YES if flag else _NO


def _certificate(endpoint: EndpointSection, report: Report, judge: Callable[[CertificateSection], Mark]) -> Mark:
    if not endpoint["certificates"]:
        return _NONE_SENT if endpoint["tls"] else COULD_NOT_TELL
    certificate = report["certificates"].get(endpoint["certificates"][0])
    if certificate is None:
        return COULD_NOT_TELL
    return _UNREADABLE if certificate["error"] else judge(certificate)


def _plain(mark: Mark) -> Mark:
    """Servers are alike whatever the very day on which their certificates end."""
    return (
        _YES
        if mark.tone == "ok"
        else Mark("ok", "yes", "ends soon")
        if mark.tone == "warn"
        else Mark(mark.tone, mark.words)
    )


def _over(endpoints: Iterable[EndpointSection], judge: Callable[[EndpointSection], Mark], nothing: Mark) -> Mark:
    """The worst mark over these addresses: false beats null beats true."""
    marks = [judge(endpoint) for endpoint in endpoints]
    for tone in ("bad", "unk", "not"):
        for mark in marks:
            if mark.tone == tone:
                return mark
    return marks[0] if marks else nothing
