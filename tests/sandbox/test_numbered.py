"""A numbered demo domain answers like the domain itself: the same servers, a policy of its own, the same verdict."""

from datetime import UTC, datetime

import pytest

import sandbox
from checker.facts import ScanRequest
from checker.names import DomainName
from checker.report.document import Report
from checker.scan import scan
from sandbox.domains import DEMO_DOMAINS, ZONE
from sandbox.numbered import without_number

from .conftest import BOUNDS, GREETING_DELAY_S

NAMES = [
    ("7.all-good.demo.test", "all-good.demo.test"),
    ("mta-sts.12.enforced.demo.test", "mta-sts.enforced.demo.test"),
    ("_smtp._tls.0.enforced.demo.test", "_smtp._tls.enforced.demo.test"),
    ("mta-sts.enforced.demo.test", "mta-sts.enforced.demo.test"),
    ("7.demo.test", "7.demo.test"),
    ("7.all-good.demo.test.example", "7.all-good.demo.test.example"),
    ("seven.all-good.demo.test", "seven.all-good.demo.test"),
]


@pytest.mark.parametrize(("name", "plain"), NAMES)
def test_one_number_before_a_demo_domain_is_taken_out(name: str, plain: str) -> None:
    assert without_number(DomainName(name)) == plain


@pytest.mark.parametrize("label", ["all-good", "null-mx", "enforced", "delegated", "uncovered", "enforced-expired"])
async def test_the_verdict_is_that_of_the_domain(label: str) -> None:
    domain = next(each for each in DEMO_DOMAINS if each.name == f"{label}.{ZONE}")
    async with sandbox.running(GREETING_DELAY_S, BOUNDS, (domain,)) as box:
        numbered, plain = [await scanned(name, box) for name in (f"7.{domain.name}", domain.name)]
    assert numbered["verdict"]
    assert plain["verdict"]
    assert (numbered["state"], numbered["verdict"]["level"]) == ("complete", domain.level)
    assert numbered["verdict"]["mta_sts"] == domain.mta_sts
    assert numbered["verdict"]["score"] == plain["verdict"]["score"]


@pytest.mark.parametrize("label", ["policy-wrong-name", "policy-expired"])
async def test_a_bad_certificate_is_as_bad_for_a_numbered_name(label: str) -> None:
    domain = next(each for each in DEMO_DOMAINS if each.name == f"{label}.{ZONE}")
    async with sandbox.running(GREETING_DELAY_S, BOUNDS, (domain,)) as box:
        numbered, plain = [await scanned(name, box) for name in (f"7.{domain.name}", domain.name)]
    assert codes(numbered) == codes(plain)


async def scanned(name: str, box: sandbox.Sandbox) -> Report:
    """The finished report of a scan."""
    request = ScanRequest(domain=DomainName(name))
    return [each async for each in scan(request, box.network, datetime.now(UTC))][-1].report


def codes(report: Report) -> list[str]:
    """What was found, in order."""
    return [finding["code"] for finding in report["findings"]]
