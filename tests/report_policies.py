"""Reports of what a domain promises, made by the engine itself from small facts: one for each state of a policy."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from checker.assessment.verdict import assess
from checker.facts import DomainFacts
from checker.observation import Failed, FailureKind
from checker.report.build import build
from checker.report.document import Report
from tests.fact_builders import NOW, certificate, domain, expired, server, working
from tests.policy_builders import promising, served, without_promise
from tests.sts_builders import DOMAIN, HOST, response, stopped

MX1, MX2 = f"mx1.{DOMAIN}", f"mx2.{DOMAIN}"
BROKEN = "version: STSv1\r\nmode: Enforce\r\nmx: *.*.d.test\r\n\r\n# our servers\r\nmax_age: 1 week\r\n"


def two_servers() -> DomainFacts:
    """Both in good order, and no promise yet."""
    return domain(
        server(MX1, working("192.52.193.1")),
        server(MX2, working("192.52.193.2"), preference=20),
        certificates=(certificate(MX1, MX2),),
    )


def told(facts: DomainFacts, past: tuple[DomainFacts, ...] = ()) -> Report:
    """The report of these facts."""
    whole = replace(facts, domain=DOMAIN, started_at=NOW)
    return build(whole, assess(whole, past, NOW), None)


def hostile_promise(text: str) -> DomainFacts:
    """A record and a file that hold this text, whatever it is."""
    body = f"version: STSv1\r\nmode: enforce\r\n{text}\r\nmx: {text}\r\nmax_age: 86400\r\n"
    return promising(two_servers(), host=served(body), record=f"v=STSv1; id={text};")


def running_promise() -> Report:
    """The record is in, and the file is still asked for."""
    facts = replace(two_servers(), domain=DOMAIN, started_at=NOW, state="running")
    made = promising(facts, MX1, MX2).mta_sts
    return build(replace(facts, mta_sts=replace(made, visits=(), policy=None, lenient_policy=None)), None, None)


HELD = replace(promising(two_servers(), MX1), domain=DOMAIN, started_at=NOW - timedelta(days=1))
SERVFAIL: Any = Failed(FailureKind.SERVFAIL, "The name servers of the domain give no answer.")

POLICY_EXAMPLES: dict[str, Report] = {
    "policy-enforced": told(promising(two_servers(), MX1, MX2)),
    "policy-uncovered": told(promising(two_servers(), "old.d.test", MX2)),
    "policy-no-server": told(promising(two_servers(), "old.d.test"), (HELD,)),
    "policy-testing": told(promising(two_servers(), MX1, mode="testing")),
    "policy-none": told(promising(two_servers(), mode="none")),
    "policy-invalid": told(promising(two_servers(), host=served(BROKEN))),
    "policy-absent": told(without_promise(two_servers())),
    "policy-unfetchable": told(promising(two_servers(), host=stopped("connect", Failed(FailureKind.REFUSED, "No.")))),
    "policy-404": told(promising(two_servers(), host=served("", response=response("", status=404)))),
    "policy-expired-site": told(promising(two_servers(), MX1, MX2, web=expired(HOST, sha256="web"))),
    "policy-record-failed": told(promising(two_servers(), MX1, MX2, record=SERVFAIL)),
    "policy-record-invalid": told(promising(two_servers(), MX1, MX2, record="v=STSv1; id=2026-06-01;")),
    "policy-running": running_promise(),
}
