"""Facts go to JSON and come back as they were, whatever was observed. Another version, or no facts, is refused."""

import json
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from checker.facts import DomainFacts, EndpointFacts, ServerFacts, Vantage, from_json, to_json
from checker.names import DomainName
from tests import fact_strategies


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(fact_strategies.facts)
def test_there_and_back(whole: DomainFacts) -> None:
    """Every observation keeps its type: seen, absent, failed and not tried stay four things."""
    assert from_json(to_json(whole)) == whole


PLAIN = DomainFacts(
    domain=DomainName("a.example"),
    depth="verdict",
    started_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
    duration_ms=1840,
    state="complete",
    vantage=Vantage(name="default", smtp="open", ipv4=True, ipv6=False, dnssec=None, helo="probe.example"),
    servers=(
        ServerFacts(
            host=DomainName("mx.a.example"),
            endpoints=(
                EndpointFacts(address=IPv4Address("192.0.2.1")),
                EndpointFacts(address=IPv6Address("2001:db8::1")),
            ),
        ),
    ),
)


def test_the_text_says_its_version() -> None:
    """Versioned JSON, with addresses as text and times in UTC."""
    written = json.loads(to_json(PLAIN))
    assert written["version"] == 1
    assert written["started_at"] == "2026-11-24T12:00:00Z"
    assert [e["address"] for e in written["servers"][0]["endpoints"]] == ["192.0.2.1", "2001:db8::1"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"version": 2}, id="another version"),
        pytest.param({"state": "finished"}, id="an unknown state"),
        pytest.param({"mx": {"answer": {"kind": "guessed"}}}, id="an unknown kind of observation"),
        pytest.param({"servers": "none"}, id="no list"),
    ],
)
def test_other_versions_are_refused(change: dict[str, Any]) -> None:
    """What this version can't read raises ValueError, and is never read halfway."""
    with pytest.raises(ValueError, match="validation error"):
        from_json(json.dumps(json.loads(to_json(PLAIN)) | change))


@pytest.mark.parametrize("text", ["", "{", "null", "[]", '{"version": 1}'])
def test_what_is_no_facts_is_refused(text: str) -> None:
    """Broken or foreign text raises ValueError."""
    with pytest.raises(ValueError, match="validation error"):
        from_json(text)
