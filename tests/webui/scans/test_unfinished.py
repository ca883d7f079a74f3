"""The documents of scans that nobody carried through keep the format, and blame nobody."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from checker.facts import DomainFacts, ScanRequest, to_json
from checker.names import parse_domain
from checker.observation import PENDING
from checker.report.document import json_schema
from webui.scans import services
from webui.scans.engine import Engine
from webui.scans.models import Scan
from webui.scans.unfinished import give_up, waiting_report

from .conftest import NOW

SLOW = parse_domain("slow.demo.test")
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.stop()


@pytest.fixture
def seen(engine: Engine, settings: Settings) -> DomainFacts:
    """What is known of the slow domain while its server is awaited."""
    settings.MAILSEAL_SANDBOX = True
    settings.MAILSEAL_SANDBOX_GREETING_S = 60.0
    running = engine.start(ScanRequest(domain=SLOW), "an id")
    snapshot = running.newest(timeout=10)
    while snapshot is None or not (snapshot.facts.servers and snapshot.facts.servers[0].endpoints):
        snapshot = running.newest(timeout=10)
    running.outcome.cancel()
    return snapshot.facts


def test_a_scan_that_is_given_up_keeps_the_format(make_scan: Callable[..., Scan], seen: DomainFacts) -> None:
    """Whatever was known, the report has every key, ends in no judgement of the domain, and names the limit first."""
    unresolved = tuple(replace(host, ipv4=PENDING, ipv6=PENDING) for host in seen.mx.hosts)
    earlier = replace(seen, mx=replace(seen.mx, hosts=unresolved), servers=())
    for facts in ("", to_json(seen), to_json(earlier), "{"):
        ended = give_up(make_scan(domain=SLOW, facts=facts), (), NOW)
        VALIDATOR.validate(ended.report)
        assert ended.report["state"] == "partial"
        assert ended.report["verdict"] is not None
        assert ended.report["verdict"]["level"] == "inconclusive"
        assert ended.report["limits"][0]["code"] == "gave-up"
        assert '"pending"' not in to_json(ended.facts)


def test_what_was_seen_is_kept(make_scan: Callable[..., Scan], seen: DomainFacts) -> None:
    """The server that was awaited stands in the report, with the failure as ours."""
    report = give_up(make_scan(domain=SLOW, facts=to_json(seen)), (), NOW).report
    [server] = report["servers"]
    assert server["host"] == "mx.slow.demo.test"
    assert [limit["code"] for limit in report["limits"] if limit["path"] == f"servers.{server['host']}"] == ["internal"]


def test_a_scan_that_waits_keeps_the_format(make_scan: Callable[..., Scan]) -> None:
    """Nothing is known yet, and it says no more than that."""
    report = waiting_report(make_scan())
    VALIDATOR.validate(report)
    assert (report["state"], report["verdict"], report["servers"], report["findings"]) == ("running", None, [], [])


def test_the_page_of_a_scan_that_is_given_up(make_scan: Callable[..., Scan], client: Client, broker: Any) -> None:
    """It is final, and says whose fault it was."""
    scan = make_scan(attempts=services.ATTEMPTS, state="running", lease_until=NOW)
    link = services.add_link(scan, NOW).link
    services.sweep(NOW)
    answer = client.get(f"/r/{link.token}")
    assert answer.status_code == 200
    assert 'http-equiv="refresh"' not in answer.content.decode()
    first_screen = answer.content.decode().partition("</section>")[0]
    assert "We could not look: Mailseal itself broke down" in first_screen
    assert "Mailseal failed several times" in first_screen
