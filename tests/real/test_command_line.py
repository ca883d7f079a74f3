"""``python -m checker`` against real Postfix, nsd and unbound."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.real.mail_lab import Lab

pytestmark = pytest.mark.real


def run(lab: Lab, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "checker", *arguments]
    environment = os.environ | lab.environment
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def reports(lab: Lab) -> dict[str, dict[str, Any]]:
    names = ["good", "expired", "plain", "three", "nomail", "empty", "nosuch"]
    done = run(lab, "--json", *(f"{name}.lab.test" for name in names))
    assert done.returncode == 1, done.stderr
    parsed = [json.loads(line) for line in done.stdout.splitlines()]
    return {report["domain"].removesuffix(".lab.test"): report for report in parsed}


@pytest.mark.parametrize(
    ("name", "level", "sufficient", "sts_ready"),
    [
        ("good", "ready", True, True),
        ("expired", "encrypted", True, False),
        ("plain", "exposed", False, False),
        ("three", "exposed", False, False),
        ("nomail", "no-mail", None, None),
        ("empty", "no-mail", None, None),
        ("nosuch", "no-mail", None, None),
    ],
)
def test_level_and_flags(
    reports: dict[str, dict[str, Any]], name: str, level: str, sufficient: bool | None, sts_ready: bool | None
) -> None:
    """Each domain of the lab gets the level and the flags that its servers earn."""
    verdict = reports[name]["verdict"]
    assert (verdict["level"], verdict["minimally_sufficient"], verdict["sts_ready"]) == (level, sufficient, sts_ready)
    assert reports[name]["state"] == "complete"


def test_a_real_postfix_is_read_right(reports: dict[str, dict[str, Any]]) -> None:
    """Stages, suite, certificate and transcript of Debian's Postfix stand in the report as it sent them."""
    (server,) = reports["good"]["servers"]
    (endpoint,) = server["endpoints"]
    assert (endpoint["outcome"], endpoint["stage"], endpoint["starttls"]) == ("tls", "ehlo-tls", True)
    assert endpoint["greeting"].startswith("220 mx-good.lab.test ESMTP")
    assert endpoint["tls"]["negotiated"]["version"] == "TLSv1.3"
    assert endpoint["tls"]["negotiated"]["cipher"].startswith("TLS_AES_")
    assert endpoint["connections"] <= 14  # the handshake, and the questions to its TLS
    certificate = reports["good"]["certificates"][endpoint["certificates"][0]]
    assert certificate["trusted"]
    assert certificate["in_dates"]
    assert certificate["name_match"] == {"mx-good.lab.test": True}


def test_expired_is_not_untrusted(reports: dict[str, dict[str, Any]]) -> None:
    """An expired certificate is out of its dates, and still has its path to a trusted root."""
    (certificate,) = reports["expired"]["certificates"].values()
    assert certificate["trusted"]
    assert not certificate["in_dates"]


def test_three_servers_in_order(reports: dict[str, dict[str, Any]]) -> None:
    """Three servers stand by preference; the one without TLS offers no STARTTLS and is not called dead."""
    servers = reports["three"]["servers"]
    assert [server["host"] for server in servers] == ["mx-good.lab.test", "mx-expired.lab.test", "mx-plain.lab.test"]
    assert [server["endpoints"][0]["outcome"] for server in servers] == ["tls", "tls", "no-starttls"]


def test_readable_report_and_exit_status(lab: Lab) -> None:
    """Without --json a person can read it; a domain that is ready exits with 0."""
    done = run(lab, "good.lab.test")
    assert done.returncode == 0, done.stderr
    assert "good.lab.test" in done.stdout
    assert "Ready" in done.stdout


def test_no_resolver_is_inconclusive(lab: Lab) -> None:
    """With a resolver that does not answer the report says "could not look", and the exit status is 3."""
    dead = {"MAILSEAL_RESOLVERS": "127.0.25.99:5399"}
    done = subprocess.run(
        [sys.executable, "-m", "checker", "--json", "good.lab.test"],
        env=os.environ | lab.environment | dead,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    report = json.loads(done.stdout)
    assert (report["verdict"]["level"], report["mx"]["status"], done.returncode) == ("inconclusive", "failed", 3)
