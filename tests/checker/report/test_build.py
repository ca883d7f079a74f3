"""The document as a whole: what was seen stands in it, at any time of the scan and whatever the facts."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from checker.facts import DomainFacts
from checker.mx.facts import MxFacts
from checker.names import DomainName
from checker.report.build import build
from tests import fact_strategies
from tests.report_facts import FACTS, SERVFAIL, VERDICT, document


def test_the_frame() -> None:
    """Names, times and versions, as report format 1 spells them."""
    report = build(FACTS, VERDICT, "some-id")
    assert (report["format"], report["id"], report["domain"]) == (1, "some-id", "a.example")
    assert (report["started_at"], report["duration_ms"], report["state"]) == ("2026-11-24T12:00:00Z", 1840, "complete")
    assert report["software"]["name"] == "mailseal"
    assert report["vantage"]["helo"] == "probe.example"
    assert report["mx"] == {
        "status": "explicit",
        "error": None,
        "dnssec": "secure",
        "ttl": 600,
        "hosts": ["mx1.a.example", "mx2.a.example"],
    }


def test_names_for_people() -> None:
    """The domain as its owner writes it stands beside its A-labels."""
    report = document(replace(FACTS, domain=DomainName("xn--bcher-kva.example")))
    assert report["domain_unicode"] == "bücher.example"


def test_the_verdict() -> None:
    """Verdict, findings, deliveries and threats are written down as they were judged."""
    report = document()
    assert report["verdict"] is not None
    assert (report["verdict"]["level"], report["verdict"]["score"]) == ("degraded", 45)
    (finding,) = report["findings"]
    assert (finding["severity"], finding["who"], finding["cost"]) == ("serious", "dns", 4)
    assert finding["subject"] == {"host": "mx2.a.example", "address": "2001:db8::1"}
    assert finding["params"] == {"host": "mx2.a.example", "count": 2, "addresses": ["192.0.2.1"]}
    (delivery,) = report["deliveries"]
    assert (delivery["outcome"], delivery["status_code"], delivery["via"]) == ("deferred", "4.4.1", None)
    assert delivery["steps"] == [{"host": "mx1.a.example", "address": "192.0.2.1", "action": "fail", "why": "No."}]
    assert report["threats"] == [{"code": "starttls-stripping", "exposed": None, "why": "Not known."}]


def test_failed_look_up() -> None:
    """No hosts, and the reason in words."""
    failed = MxFacts(answer=SERVFAIL, status="failed")
    mx = document(replace(FACTS, mx=failed, servers=(), certificates=()))["mx"]
    assert (mx["status"], mx["error"], mx["hosts"]) == ("failed", "The resolver could not tell.", [])


def test_while_it_runs() -> None:
    """No verdict, no findings, and null for what is not yet known: also before DNS has answered."""
    nothing = replace(FACTS, state="running", mx=MxFacts(), servers=(), certificates=(), limits=())
    report = document(nothing, None)
    assert report["verdict"] is None
    assert (report["mx"]["status"], report["mx"]["hosts"]) == (None, None)
    assert not any((report["findings"], report["deliveries"], report["limits"], report["servers"]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(fact_strategies.facts)
def test_any_facts_make_a_report(facts: DomainFacts) -> None:
    """Whatever was observed, the document follows the format, running and finished."""
    document(facts, None)
    document(facts, VERDICT)
