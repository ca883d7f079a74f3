"""A scan from end to end over the sandbox: snapshots, a last one with a verdict, and the same again from JSON."""

import asyncio
import json
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest

import sandbox
from checker.assessment.verdict import assess
from checker.facts import ScanRequest, from_json, to_json
from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.report.build import build
from checker.report.document import json_schema
from checker.report.text import render
from checker.scan import Scanned, scan
from sandbox.domains import DEMO_DOMAINS, ZONE

PATIENCE_S = 20.0
VALIDATOR = jsonschema.Draft202012Validator(json_schema())
DOMAINS = {domain.name.removesuffix(f".{ZONE}"): domain for domain in DEMO_DOMAINS}
BOUNDS = Bounds(retry_pause_s=0.0, let_go_s=0.1)


async def scanned(name: str, now: datetime, identity: str | None = None) -> list[Scanned]:
    """The snapshots of a demo domain in a box of its own, with no time lost."""
    domain = DOMAINS[name]
    async with asyncio.timeout(PATIENCE_S), sandbox.running(0.05, BOUNDS, (domain,)) as box:
        request = ScanRequest(domain=domain.name)
        return [snapshot async for snapshot in scan(request, box.network, now, identity=identity)]


@pytest.mark.parametrize("name", DOMAINS)
async def test_snapshots_and_a_verdict(name: str) -> None:
    """Every snapshot is a report of format 1; only the last is judged, and it can be read in a terminal."""
    *running, last = await scanned(name, datetime.now(UTC), "some-id")
    for snapshot in (*running, last):
        VALIDATOR.validate(snapshot.report)
        assert snapshot.report["id"] == "some-id"
        assert snapshot.report["state"] == snapshot.facts.state
    assert all((s.report["state"], s.report["verdict"]) == ("running", None) for s in running)
    assert last.report["state"] == "complete"
    verdict = last.report["verdict"]
    assert verdict is not None
    assert " ".join(verdict["headline"].split()) in " ".join(render(last.report).split())


@pytest.mark.parametrize("name", DOMAINS)
async def test_stored_facts_give_the_same_verdict(name: str) -> None:
    """Facts that went through JSON are judged as they were, to the last word of the document."""
    now = datetime.now(UTC)
    *_, last = await scanned(name, now)
    again = from_json(to_json(last.facts))
    assert again == last.facts
    assert assess(again, (), now) == assess(last.facts, (), now)
    rebuilt = build(again, assess(again, (), now), None)
    assert json.dumps(rebuilt) == json.dumps(last.report)


async def test_the_day_is_an_argument() -> None:
    """The same facts on a later day: the certificates have run out, and the verdict says so. No clock is read."""
    now = datetime.now(UTC)
    *_, last = await scanned("all-good", now)
    later = assess(last.facts, (), now + timedelta(days=4000))
    assert assess(last.facts, (), now).level == "ready"
    assert later.level == "encrypted"
    assert later.sts_ready is False
    assert "certificate-expired" in {finding.code for finding in later.findings}


async def test_closing_stops_the_probes() -> None:
    """Who loses interest closes the generator, and no task goes on behind its back."""
    request = ScanRequest(domain=DomainName(f"slow.{ZONE}"))
    async with sandbox.running(PATIENCE_S * 10) as box, asyncio.timeout(PATIENCE_S):
        async with aclosing(scan(request, box.network, datetime.now(UTC))) as snapshots:
            before = asyncio.all_tasks()
            async for snapshot in snapshots:
                if snapshot.report["servers"] and snapshot.report["servers"][0]["endpoints"]:
                    break
            assert asyncio.all_tasks() - before
        while {task for task in asyncio.all_tasks() - before if "Listener" not in repr(task)}:  # noqa: ASYNC110
            await asyncio.sleep(0)  # a connection that is being closed needs a few turns
