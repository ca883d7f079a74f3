"""Reading scans."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db.models.fields.json import KeyTextTransform

from checker.facts import Depth, DomainFacts, ScanRequest, from_json
from checker.names import DomainName
from checker.report.document import Report
from checker.report.earlier import completed
from webui.scans.models import Link, Scan
from webui.scans.unfinished import waiting_report

EARLIER_SCANS = 20  # of a domain, the newest: what its senders may still have cached was seen in one of them

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """What there is under a link, without the report. ``finished_at`` is None while the scan runs.

    ``started_at`` is the report's (RFC 3339), long after it was asked for where it stood behind others.
    """

    token: str
    secret_hash: str
    scan_id: UUID
    domain: str
    started_at: str | None
    finished_at: datetime | None


def entry_by_token(token: str) -> Entry | None:
    """What there is under a link. None: no such link."""
    columns = ("token", "secret_hash", "scan_id", "scan__domain", "started_at", "scan__finished_at")
    links = Link.objects.filter(token=token).annotate(started_at=KeyTextTransform("started_at", "scan__report"))
    row = links.values_list(*columns).first()
    return Entry(*row) if row else None


def report_by_token(token: str) -> Report | None:
    """The report under a link: the finished one, the last snapshot, or one without facts. None: no such link."""
    scan = Scan.objects.defer("facts").filter(links__token=token).first()
    if scan is None:
        return None
    return shown_report(scan)


def shown_report(scan: Scan) -> Report:
    """What is stored of this scan's report, whichever version stored it, or one without facts."""
    return completed(cast("Report", scan.report)) if scan.report else waiting_report(scan)


def unfinished(tokens: Collection[str]) -> frozenset[str]:
    """Which of these links lead to a scan that hasn't finished."""
    links = Link.objects.filter(token__in=tokens).exclude(scan__state=Scan.State.FINISHED)
    return frozenset(links.values_list("token", flat=True))


def request_of(scan_id: UUID) -> ScanRequest:
    """What was asked of a scan. Raises Scan.DoesNotExist if it was deleted meanwhile."""
    scan = Scan.objects.only("domain", "depth", "fresh").get(pk=scan_id)
    return ScanRequest(domain=DomainName(scan.domain), depth=cast("Depth", scan.depth), fresh=scan.fresh)


def earlier_facts(domain: DomainName, before: datetime) -> tuple[DomainFacts, ...]:
    """What the finished scans of this very domain saw that were over by then, the newest first.

    Facts that this version can't read are left out, and named in the log.
    """
    finished = Scan.objects.filter(domain=domain, state=Scan.State.FINISHED, finished_at__lt=before)
    rows = finished.order_by("-finished_at").values_list("pk", "facts")[:EARLIER_SCANS]
    return tuple(facts for pk, text in rows if (facts := _facts(pk, text)) is not None)


def _facts(scan_id: UUID, text: str) -> DomainFacts | None:
    try:
        return from_json(text)
    except ValueError as failure:  # its words are a peer's
        logger.warning("scan %s: its facts can't be read any more (%s)", scan_id, type(failure).__name__)
        return None
