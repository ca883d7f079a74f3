"""Reading scans."""

from typing import cast
from uuid import UUID

from checker.facts import Depth, ScanRequest
from checker.names import DomainName
from checker.report.document import Report
from webui.scans.models import Scan
from webui.scans.unfinished import waiting_report


def report_by_token(token: str) -> Report | None:
    """The report under a link: the finished one, the last snapshot, or one without facts. None: no such link."""
    scan = Scan.objects.defer("facts").filter(links__token=token).first()
    if scan is None:
        return None
    return cast("Report", scan.report) if scan.report else waiting_report(scan)


def request_of(scan_id: UUID) -> ScanRequest:
    """What was asked of a scan. Raises Scan.DoesNotExist if it was deleted meanwhile."""
    scan = Scan.objects.only("domain", "depth").get(pk=scan_id)
    return ScanRequest(domain=DomainName(scan.domain), depth=cast("Depth", scan.depth))
