"""All evidence of one server, on a page of its own and as text."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from checker.report.document import Report
from checker.report.document_findings import FindingEntry
from webui.scans.presentation.chains import Chain, chains
from webui.scans.presentation.encryption import Encryption, encryptions
from webui.scans.presentation.evidence import Evidence, evidence
from webui.scans.presentation.findings import FindingCard, counts_of, finding_card
from webui.scans.presentation.first_screen import Age, age
from webui.scans.presentation.issuers import IssuerRow, issuer_rows_of
from webui.scans.presentation.pins import Pins, pins_of
from webui.scans.presentation.senders import SenderRow, rows_at
from webui.scans.presentation.servers import ServerBlock, columns, server_block
from webui.scans.presentation.signatures import Signatures, signatures_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another server of the domain."""

    number: int
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPage:
    """What the page of one server prints."""

    domain: str
    block: ServerBlock
    place: str  # "Server 2 of 3"
    age: Age
    columns: tuple[str, ...]
    addresses: tuple[Evidence, ...]
    encryption: tuple[Encryption, ...]
    chains: tuple[Chain, ...]
    senders: tuple[SenderRow, ...]
    findings: tuple[FindingCard, ...]
    findings_note: str
    signatures: Signatures | None
    pins: Pins | None
    issuers: tuple[IssuerRow, ...]
    before: Neighbour | None
    after: Neighbour | None
    software: str
    is_running: bool

    @property
    def servers(self) -> tuple[ServerBlock, ...]:
        """For the matrix."""
        return (self.block,)


def present_server(report: Report, number: int, now: datetime) -> ServerPage | None:
    """The page of the server with this number, counted from 1. None: there is no such server."""
    if not 1 <= number <= len(report["servers"]):
        return None
    server = report["servers"][number - 1]
    found = findings_of(report, server["host"])
    software = report["software"]
    return ServerPage(
        domain=report["domain_unicode"],
        block=server_block(report, number),
        place=f"Server {number} of {len(report['servers'])}",
        age=age(report, now),
        columns=columns(report),
        addresses=tuple(evidence(endpoint, report) for endpoint in server["endpoints"]),
        encryption=encryptions(server["endpoints"], server["host"], report),
        chains=chains(server, report),
        senders=rows_at(server["host"], report),
        findings=tuple(finding_card(finding, report, is_first=at == 0) for at, finding in enumerate(found)),
        findings_note=counts_of(found),
        signatures=signatures_of(server, report),
        pins=pins_of(server, report),
        issuers=issuer_rows_of(server),
        before=_neighbour(report, number - 1),
        after=_neighbour(report, number + 1),
        software=f"Mailseal {software['version']}, scoring version {software['scoring_version']}",
        is_running=report["state"] == "running",
    )


def findings_of(report: Report, host: str) -> list[FindingEntry]:
    """What is said of this server, worst first."""
    return sorted(_about(report, host), key=lambda finding: _RANK.get(finding["severity"], len(_RANK)))


_RANK = {severity: at for at, severity in enumerate(("critical", "serious", "advice", "note", "good", "unknown"))}


def _about(report: Report, host: str) -> Iterator[FindingEntry]:
    """Also where several servers are named at once, as by a fault of the policy."""
    for finding in report["findings"]:
        named = finding["params"].get("hosts")
        if finding["subject"]["host"] == host or (isinstance(named, list) and host in named):
            yield finding


def _neighbour(report: Report, number: int) -> Neighbour | None:
    if not 1 <= number <= len(report["servers"]):
        return None
    return Neighbour(number=number, host=report["servers"][number - 1]["host"])
