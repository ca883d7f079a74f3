"""A report, and one server of it, as text for a ticket: what is wrong, who must act, and the evidence.

The one rule of this file: every line passes through ``printable`` last, since peers wrote half of it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from checker.printable import printable
from checker.report.document import Report
from checker.report.document_findings import FindingEntry
from webui.scans.presentation.certificates import RecordLine
from webui.scans.presentation.chains import lines_of
from webui.scans.presentation.encryption import lines_of as encryption_lines
from webui.scans.presentation.findings import SEVERITIES, who_must_act
from webui.scans.presentation.first_screen import hero
from webui.scans.presentation.remedies import plain
from webui.scans.presentation.server_page import ServerPage, findings_of, present_server

LINE_CHARACTERS = 2000
_TOLD = {"critical", "serious", "advice"}


def summary_text(report: Report, now: datetime) -> str:
    """The verdict, the first step and what else is wrong. Empty while the check runs."""
    if report["state"] == "running":
        return ""
    return _clean(_summary(report, now))


def server_text(report: Report, number: int, link_url: str, now: datetime) -> str:
    """All that was seen of one server. Empty if there is no such server."""
    page = present_server(report, number, now)
    return _clean(_server(page, report, link_url)) if page else ""


def _clean(lines: Iterable[str]) -> str:
    return "".join(f"{printable(line.encode('utf-8', 'surrogatepass'), LINE_CHARACTERS)}\n" for line in lines)


def _summary(report: Report, now: datetime) -> Iterator[str]:
    top = hero(report, now)
    yield f"{report['domain']}: {top.level.words}. {top.grade}."
    yield top.headline
    yield f"{top.age.verb} {top.age.moment}{f' {top.age.vantage}' if top.age.vantage else ''}."
    verdict = report["verdict"]
    if verdict and verdict["first_step"]:
        yield ""
        yield f"First step: {plain(verdict['first_step'])}"
    told = [finding for finding in report["findings"] if finding["severity"] in _TOLD]
    if told:
        yield ""
    for finding in told:
        yield from _finding(finding, report)


def _finding(finding: FindingEntry, report: Report) -> Iterator[str]:
    address = finding["subject"]["address"] or ""
    where = f" [{address}]" if address and address not in finding["title"] else ""
    yield f"{SEVERITIES[finding['severity']][0].words}: {finding['title']}{where}"
    if who := who_must_act(finding, report):
        yield f"  {who}"


def _server(page: ServerPage, report: Report, link_url: str) -> Iterator[str]:
    yield f"{page.block.host}, a mail server of {report['domain']}. {page.block.note}."
    yield f"{page.age.verb} {page.age.moment}."
    for finding in findings_of(report, page.block.host):
        if finding["severity"] in _TOLD:
            yield ""
            yield from _finding(finding, report)
            yield f"  {finding['detail']}"
            if finding["remedy"]:
                yield f"  Remedy: {plain(finding['remedy'])}"
    for row in page.senders:
        yield ""
        yield f"{row.name} ({row.kind}): {' '.join(row.does)}"
    for seen in page.addresses:
        yield ""
        yield f"{seen.address}: {seen.ended}"
        yield from _record(seen.seen)
        yield from _record(seen.said)
    yield from _signed_dns(page)
    for tls in page.encryption:
        yield ""
        yield f"Encryption at {tls.address}"
        yield from (f"  {line}" for line in encryption_lines(tls))
    for chain in page.chains:
        yield ""
        yield f"Certificate, presented by {chain.addresses}"
        yield from _record(chain.card.lines)
        yield from (f"  {line}" for line in lines_of(chain.tree))
    yield ""
    yield f"Evidence: {link_url}"


def _signed_dns(page: ServerPage) -> Iterator[str]:
    """Signatures, pinned certificates and who may issue others."""
    if page.signatures or page.pins or page.issuers:
        yield ""
    for row in page.signatures.rows if page.signatures else ():
        yield f"{row.name}, {row.about}: {row.mark.words}. {row.meaning}"
    for pinned in page.pins.servers if page.pins else ():
        yield f"Pinned at {pinned.place}: {pinned.status.words}. {pinned.meaning}"
        yield from _record(pinned.lines)
    for issuer in page.issuers:
        yield f"Certificates for {issuer.name}: {issuer.mark.words}. {issuer.meaning}"


def _record(lines: Iterable[RecordLine]) -> Iterator[str]:
    for line in lines:
        for text in line.lines:
            yield f"  {line.gutter:>9}  {text}"
        if line.note:
            yield f"  {'!':>9}  {line.note.words}"
