"""One page from one report: the only thing that a template of a report is given."""

from dataclasses import dataclass
from datetime import datetime

from checker.report.document import Report
from webui.scans.presentation.certificates import CertificateCard, RecordLine, certificate_cards
from webui.scans.presentation.conditions import (
    CONDITIONS,
    POLICY_CONDITIONS,
    ConditionRow,
    condition_rows,
    policy_cells,
)
from webui.scans.presentation.findings import FindingCard, ScoreRow, counts, finding_cards, score_rows
from webui.scans.presentation.first_screen import Hero, Rung, Step, first_step, hero, ladder, next_steps
from webui.scans.presentation.issuers import IssuerRow, issuer_rows
from webui.scans.presentation.pins import Pins, pins
from webui.scans.presentation.policies import Promise, promise
from webui.scans.presentation.records import Transcript, published, transcripts
from webui.scans.presentation.running import SHOWN, Progress, Wait, ends_by, progress, running_hero, waits
from webui.scans.presentation.senders import BestDown, SenderRow, best_down, sender_rows
from webui.scans.presentation.servers import Cell, ServerBlock, columns, server_blocks
from webui.scans.presentation.sights import Sight, sights
from webui.scans.presentation.signatures import Signatures, signatures
from webui.scans.presentation.slots import Slot, slots
from webui.scans.presentation.threats import threats
from webui.scans.presentation.ticket import summary_text
from webui.scans.presentation.times import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section that this page has, for the list of contents."""

    anchor: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """All that a report's page prints, section by section. An empty section isn't shown."""

    hero: Hero
    is_running: bool = False
    cut_short: str = ""  # why the report is partial
    progress: Progress | None = None
    waits: tuple[Wait, ...] = ()  # the longest, and how many more
    more_waits: int = 0
    ends_by: datetime | None = None  # at the latest
    step: Step | None = None
    ladder: tuple[Rung, ...] = ()
    next_steps: tuple[str, ...] = ()
    threats: tuple[Sight, ...] = ()
    summary: str = ""  # for a ticket
    senders: tuple[SenderRow, ...] = ()
    best_down: BestDown | None = None
    promise: Promise | None = None
    signatures: Signatures | None = None
    pins: Pins | None = None
    issuers: tuple[IssuerRow, ...] = ()
    conditions: tuple[ConditionRow, ...] = ()
    policy_conditions: tuple[Cell, ...] = ()
    servers: tuple[ServerBlock, ...] = ()
    servers_note: str = ""
    findings: tuple[FindingCard, ...] = ()
    findings_note: str = ""
    records: tuple[RecordLine, ...] = ()
    certificates: tuple[CertificateCard, ...] = ()
    transcripts: tuple[Transcript, ...] = ()
    score: tuple[ScoreRow, ...] = ()
    sights: tuple[Sight, ...] = ()
    leads_with_sights: bool = False  # where what we could not see is the report
    software: str = ""

    condition_names: tuple[str, ...] = CONDITIONS
    policy_condition_names: tuple[str, ...] = tuple(POLICY_CONDITIONS.values())
    columns: tuple[str, ...] = ()  # of the servers' matrix

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The places of the page, those included where nothing is to be shown."""
        return slots(self)

    @property
    def sections(self) -> tuple[Section, ...]:
        """The list of contents: only what is there."""
        there = (
            ("senders", "Senders", self.senders),
            ("best-down", "Best server down", self.best_down),
            ("conditions", "Conditions", self.conditions),
            ("policy", "Promise", self.promise),
            ("dns", "Signed DNS", self.signatures or self.pins or self.issuers),
            ("servers", "Servers", self.servers),
            ("findings", "Findings", self.findings),
            ("threats", "Threats", self.threats),
            ("records", "Records", self.records),
            ("transcripts", "Transcripts", self.transcripts),
            ("score", "Scoring", self.score),
            ("sights", "What we saw", self.sights),
        )
        shown = [Section(anchor=anchor, name=name) for anchor, name, content in there if content]
        return (*shown[-1:], *shown[:-1]) if self.leads_with_sights and self.sights else tuple(shown)


def present(report: Report, now: datetime) -> ReportPage:
    """The page of a report, running or ended. ``now`` is only for ages and dates."""
    return _running(report, now) if report["state"] == "running" else _ended(report, now)


def _ended(report: Report, now: datetime) -> ReportPage:
    return ReportPage(
        hero=hero(report, now),
        cut_short=_cut_short(report),
        step=first_step(report, now),
        ladder=ladder(report),
        next_steps=next_steps(report),
        threats=threats(report),
        summary=summary_text(report, now),
        senders=sender_rows(report),
        best_down=best_down(report),
        promise=promise(report),
        signatures=signatures(report),
        pins=pins(report),
        issuers=issuer_rows(report),
        conditions=condition_rows(report),
        policy_conditions=policy_cells(report),
        servers=server_blocks(report),
        columns=columns(report),
        servers_note=_servers_note(report),
        findings=finding_cards(report),
        findings_note=counts(report),
        records=published(report),
        certificates=certificate_cards(report),
        transcripts=transcripts(report),
        score=score_rows(report),
        sights=sights(report),
        leads_with_sights=_could_not_look(report),
        software=_software(report),
    )


def _running(report: Report, now: datetime) -> ReportPage:
    waiting = waits(report, now)
    return ReportPage(
        hero=running_hero(report, now),
        is_running=True,
        progress=progress(report),
        waits=waiting[:SHOWN],
        more_waits=len(waiting[SHOWN:]),
        ends_by=ends_by(report),
        promise=promise(report),
        signatures=signatures(report),
        pins=pins(report),
        servers=server_blocks(report),
        columns=columns(report),
        servers_note="Facts stay; the grade comes when all is in.",
        records=published(report) if report["mx"]["status"] else (),
        certificates=certificate_cards(report),
        transcripts=transcripts(report),
        software=_software(report),
    )


def _could_not_look(report: Report) -> bool:
    return report["verdict"] is None or report["verdict"]["level"] == "inconclusive"


def _cut_short(report: Report) -> str:
    """What ended the whole check before its time, in the words of the limit that says so."""
    if report["state"] != "partial":
        return ""
    whole = (limit["detail"] for limit in report["limits"] if not limit["path"])
    return next(whole, "The check was cut short: this is what was seen until then.")


def _servers_note(report: Report) -> str:
    sizes = [len(server["endpoints"]) for server in report["servers"]]
    note = f"{counted(len(sizes), 'server')}, {counted(sum(sizes), 'address', 'addresses')}."
    if max(sizes, default=0) < 2:
        return note
    return f"{note} Addresses that behave alike share a row; the odd one comes first."


def _software(report: Report) -> str:
    software = report["software"]
    return f"Mailseal {software['version']}, scoring version {software['scoring_version']}"
