"""Real nginx as a policy host, real DNS and real mail servers: what the whole engine makes of a published policy."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.real.mail_lab import Lab
from tests.real.policy_lab import SITES, ZONE_NAME

pytestmark = pytest.mark.real

# name, status of the file, flag, level, codes that must be there
CASES: list[tuple[str, str, str, str, set[str]]] = [
    ("enforced", "valid", "enforce", "enforced", {"mta-sts-enforced", "mta-sts-host-good", "tls-rpt-valid"}),
    ("testing", "valid", "testing", "testing", {"mta-sts-policy-valid"}),
    ("none", "valid", "none", "ready", {"mta-sts-none"}),
    ("wildcard", "valid", "enforce", "enforced", {"mta-sts-enforced"}),
    ("unix-lines", "valid", "enforce", "enforced", {"mta-sts-policy-line-ends"}),
    ("no-record", "valid", "absent", "ready", {"mta-sts-record-missing"}),
    ("uncovered", "valid", "enforce", "losing-mail", {"mta-sts-no-mx-covered"}),
    ("half-covered", "valid", "enforce", "partly-enforced", {"mta-sts-mx-not-covered"}),
    ("promise-broken", "valid", "enforce", "losing-mail", {"mta-sts-no-server-passes"}),
    ("one-fails", "valid", "enforce", "partly-enforced", {"mta-sts-server-fails-policy"}),
    ("cert-expired", "unfetchable", "invalid", "ready", {"mta-sts-host-certificate-expired"}),
    ("cert-wrong-name", "unfetchable", "invalid", "ready", {"mta-sts-host-certificate-wrong-name"}),
    ("cert-self-signed", "unfetchable", "invalid", "ready", {"mta-sts-host-certificate-self-signed"}),
    ("cert-incomplete", "unfetchable", "invalid", "ready", {"mta-sts-host-certificate-chain-incomplete"}),
    ("no-host", "unfetchable", "invalid", "ready", {"mta-sts-host-missing"}),
    ("not-found", "unfetchable", "invalid", "ready", {"mta-sts-host-not-found"}),
    ("error", "unfetchable", "invalid", "ready", {"mta-sts-host-server-error"}),
    ("redirect", "unfetchable", "invalid", "ready", {"mta-sts-host-redirects"}),
    ("html-type", "invalid", "invalid", "ready", {"mta-sts-host-media-type-html"}),
    ("no-type", "valid", "enforce", "enforced", {"mta-sts-host-media-type-missing"}),
    ("html-page", "invalid", "invalid", "ready", {"mta-sts-policy-is-html"}),
    ("gzip-on", "valid", "enforce", "enforced", {"mta-sts-policy-valid"}),
    ("gzip-always", "valid", "enforce", "enforced", {"mta-sts-host-compressed"}),
    ("two-records", "valid", "invalid", "ready", {"mta-sts-record-several"}),
    ("reports-wrong", "valid", "enforce", "enforced", {"tls-rpt-rua-unusable"}),
]


@pytest.fixture(scope="module")
def reports(lab: Lab) -> dict[str, dict[str, Any]]:
    """One run of the command line over all sites."""
    command = [sys.executable, "-m", "checker", "--json", *(f"{name}.{ZONE_NAME}" for name in SITES)]
    done = subprocess.run(
        command, env=os.environ | lab.environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 1, done.stderr
    parsed = [json.loads(line) for line in done.stdout.splitlines()]
    return {report["domain"].removesuffix(f".{ZONE_NAME}"): report for report in parsed}


def test_every_site_is_judged() -> None:
    """No site of the lab is without an expectation."""
    assert [name for name, *_ in CASES] == list(SITES)


@pytest.mark.parametrize(("name", "status", "flag", "level", "codes"), CASES)
def test_what_a_site_comes_to(
    reports: dict[str, dict[str, Any]], name: str, status: str, flag: str, level: str, codes: set[str]
) -> None:
    """The file's status, the flag, the level, and what is said about it."""
    report = reports[name]
    assert report["state"] == "complete"
    found = {finding["code"] for finding in report["findings"]}
    assert codes <= found, sorted(found)
    assert (report["mta_sts"]["policy"]["status"], report["verdict"]["mta_sts"], report["verdict"]["level"]) == (
        status,
        flag,
        level,
    )


@pytest.mark.parametrize(("name", "status"), [("enforced", 200), ("not-found", 404), ("error", 500), ("redirect", 301)])
def test_the_status_is_shown(reports: dict[str, dict[str, Any]], name: str, status: int) -> None:
    """The report shows what the policy host answered."""
    assert reports[name]["mta_sts"]["policy"]["http_status"] == status


def test_a_redirect_is_not_followed(reports: dict[str, dict[str, Any]]) -> None:
    """It leads to a good policy of another domain, which must not be taken."""
    assert reports["redirect"]["mta_sts"]["policy"]["mode"] is None


def test_reports_have_their_addresses(reports: dict[str, dict[str, Any]]) -> None:
    """The TLS reporting record is read beside the policy."""
    assert reports["enforced"]["tls_rpt"]["rua"] == ["mailto:tls@reports.test"]
    assert reports["enforced"]["tls_rpt"]["status"] == "valid"
