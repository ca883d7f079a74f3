"""What the questions to the demo servers bring out: nothing against those in order, and what the weak ones show."""

from datetime import UTC, datetime

import pytest

import sandbox
from checker.facts import ScanRequest
from checker.report.document import Report
from checker.scan import scan
from sandbox.domains import DEMO_DOMAINS

from .conftest import BOUNDS

DOMAINS = {domain.name.partition(".")[0]: domain for domain in DEMO_DOMAINS}
FAULTS = ("critical", "serious", "advice")


async def report_of(name: str) -> Report:
    domain = DOMAINS[name]
    async with sandbox.running(0.0, BOUNDS, (domain,)) as box:
        async for scanned in scan(ScanRequest(domain=domain.name), box.network, datetime.now(UTC)):
            report = scanned.report
    return report


def faults(report: Report) -> set[str]:
    return {f["code"] for f in report["findings"] if f["severity"] in FAULTS and f["code"].startswith("tls-")}


async def test_a_server_in_order() -> None:
    """Eight connections, each version settled, and nothing to be found against it; addresses alike are asked once."""
    report = await report_of("all-good")
    assert not faults(report)
    assert "tls-nothing-weak" in {finding["code"] for finding in report["findings"]}
    first, second = report["servers"][0]["endpoints"]
    assert first["tls"] is not None
    assert second["tls"] is not None
    assert first["tls"]["versions"]["TLSv1.2"] is True
    assert first["tls"]["versions"]["TLSv1.0"] is False
    assert not any(first["tls"]["weaknesses"].values())
    assert (first["connections"], second["connections"]) == (8, 1)
    assert second["tls"]["asked"] is None
    path = f"servers.{report['servers'][0]['host']}.{second['address']}.tls"
    [limit] = [limit for limit in report["limits"] if limit["path"] == path]
    assert first["address"] in limit["detail"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("weak-tls", {"tls-old-versions-accepted", "tls-static-keys-accepted", "tls-client-order"}),
        ("old-tls", {"tls-version-old"}),
    ],
)
async def test_what_the_weak_ones_show(name: str, expected: set[str]) -> None:
    """Old versions and static keys beside good ones are advice, as their best a serious fault; anonymous a note."""
    report = await report_of(name)
    assert faults(report) - {"tls-recommended-suites-missing"} == expected
    notes = {finding["code"] for finding in report["findings"] if finding["severity"] == "note"}
    assert ("tls-anonymous-accepted" in notes) is (name == "weak-tls")
    [endpoint] = report["servers"][0]["endpoints"]
    assert endpoint["tls"] is not None
    assert endpoint["tls"]["profiles"] is not None
    assert {one["passes"] for one in endpoint["tls"]["profiles"] if one["code"] != "nist-sp-800-52r2"} == {False}
