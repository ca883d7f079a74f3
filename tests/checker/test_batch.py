"""A run over many domains: the exit status as a table, lines from any bytes, and a real run over the sandbox."""

import asyncio
import io
import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sandbox
from checker.batch import AT_ONCE, INPUT_BYTES, Batch, Standing, exit_status, progress, split_lines, standing
from checker.network.bounds import Bounds
from checker.network.ports import Network
from sandbox.domains import DEMO_DOMAINS
from tests.report_examples import EXAMPLES
from tests.report_parts import report, verdict

PATIENCE_S = 20.0
GOOD, WORSE, INCONCLUSIVE, NO_REPORT = Standing


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        (set(), 0),
        ({GOOD}, 0),
        ({WORSE}, 1),
        ({INCONCLUSIVE}, 3),
        ({NO_REPORT}, 1),
        ({GOOD, WORSE}, 1),
        ({GOOD, INCONCLUSIVE}, 1),
        ({GOOD, NO_REPORT}, 1),
        ({WORSE, INCONCLUSIVE}, 1),
        ({WORSE, NO_REPORT}, 1),
        ({INCONCLUSIVE, NO_REPORT}, 3),  # a line that is no domain is none of "every domain"
        ({GOOD, WORSE, INCONCLUSIVE}, 1),
        ({GOOD, WORSE, NO_REPORT}, 1),
        ({GOOD, INCONCLUSIVE, NO_REPORT}, 1),
        ({WORSE, INCONCLUSIVE, NO_REPORT}, 1),
        ({GOOD, WORSE, INCONCLUSIVE, NO_REPORT}, 1),
    ],
)
def test_exit_status(seen: set[Standing], status: int) -> None:
    """The highest that applies, for every set of standings."""
    assert exit_status(seen) == status


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ("enforced", GOOD),
        ("testing", GOOD),
        ("ready", GOOD),
        ("provisional", GOOD),
        ("partly-enforced", WORSE),
        ("encrypted-expired", WORSE),
        ("degraded", WORSE),
        ("exposed", WORSE),
        ("losing-mail", WORSE),
        ("null-mx", GOOD),
        ("nxdomain", WORSE),
        ("none", WORSE),
        ("inconclusive", INCONCLUSIVE),
        ("cut-short", INCONCLUSIVE),
    ],
)
def test_standing(example: str, expected: Standing) -> None:
    """What each kind of report comes to. Taking no mail is good only where the domain says so."""
    assert standing(EXAMPLES[example]) is expected


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"a.example\nb.example\n", ["a.example", "b.example"], id="line ends"),
        pytest.param(b"a.example\r\nb.example", ["a.example", "b.example"], id="CRLF, and no end at the end"),
        pytest.param(b"\n  \n\na.example\n\n", ["a.example"], id="blank lines"),
        pytest.param(b" a.example\t\n", ["a.example"], id="white space around"),
        pytest.param("\ufeffa.example\n".encode(), ["a.example"], id="a byte order mark"),
        pytest.param("bücher.example\n".encode(), ["bücher.example"], id="UTF-8"),
        pytest.param(b"b\xfccher\n", ["b\\xfccher"], id="not UTF-8"),
        pytest.param(b"x" * 3 * INPUT_BYTES + b"\na.example\n", ["x" * INPUT_BYTES, "a.example"], id="a line too long"),
    ],
)
def test_lines(data: bytes, lines: list[str]) -> None:
    """The same lines, whether the bytes come at once, one by one or in pieces that no line needs."""
    assert list(split_lines([data])) == lines
    assert list(split_lines(data[at : at + 1] for at in range(len(data)))) == lines
    assert list(split_lines(data[at : at + 1000] for at in range(0, len(data), 1000))) == lines


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_lines_of_any_bytes(chunks: list[bytes]) -> None:
    """Any bytes in any pieces give the lines that they give at once, none blank and none longer than allowed."""
    lines = list(split_lines(chunks))
    assert lines == list(split_lines([b"".join(chunks)]))
    assert all(line.strip() == line != "" for line in lines)


@pytest.mark.parametrize(
    ("example", "expected"),
    [("running-start", "looking up its mail servers"), ("running", "2 of 4 addresses looked at")],
)
def test_progress(example: str, expected: str) -> None:
    """How far a running scan is, in addresses."""
    assert progress(EXAMPLES[example]) == expected


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    """The sandbox, with no time lost."""
    async with sandbox.running(0.0, Bounds(retry_pause_s=0.0, let_go_s=0.1)) as box:
        yield box.network


async def checked(network: Network, *lines: str, as_json: bool = True) -> tuple[list[str], str, set[Standing]]:
    """What a run over these lines prints, line by line, what it says meanwhile, and what was seen."""
    out, said = io.StringIO(), io.StringIO()
    batch = Batch(network=network, out=out, progress=said, as_json=as_json)
    async with asyncio.timeout(PATIENCE_S):
        await batch.check(lines)
    return out.getvalue().splitlines(), said.getvalue(), batch.seen


async def test_every_demo_domain_gets_its_level(network: Network) -> None:
    """One JSON report a line, more domains than run at once, each with the level that it was made for."""
    names = [str(domain.name) for domain in DEMO_DOMAINS]
    lines, said, seen = await checked(network, *names, "all-good.demo.test")
    levels = {found["domain"]: found["verdict"]["level"] for found in map(json.loads, lines)}
    assert len(lines) == len(names) + 1 > AT_ONCE
    assert levels == {str(domain.name): domain.level for domain in DEMO_DOMAINS}
    assert "all-good.demo.test: looking up its mail servers" in said
    assert seen == {GOOD, WORSE}


async def test_a_bad_line_is_answered_too(network: Network) -> None:
    """It gets its own line of output, with what was typed and what to do, and the others go on."""
    lines, _, seen = await checked(network, "a..b", "null-mx.demo.test", "https://x.example/")
    entries = {entry.get("input", entry.get("domain")): entry for entry in map(json.loads, lines)}
    assert set(entries) == {"a..b", "null-mx.demo.test", "https://x.example/"}
    assert set(entries["a..b"]) == {"format", "input", "error"}
    assert entries["a..b"]["format"] == 1
    assert entries["a..b"]["error"].endswith(".")
    assert seen == {GOOD, NO_REPORT}


async def test_readable_reports_and_complaints_apart(network: Network) -> None:
    """Without JSON, what is no domain is told on standard error, in characters that can't move the cursor."""
    lines, said, _ = await checked(network, "null-mx.demo.test", "\x1b[2Jx", as_json=False)
    assert lines[0] == "null-mx.demo.test"
    assert "\x1b" not in said
    assert "'\\x1b[2Jx': " in said


async def test_a_mistake_of_ours_costs_one_domain(network: Network, caplog: pytest.LogCaptureFixture) -> None:
    """Where the engine breaks down over one domain, that one gets an error, and the run goes on."""

    class BrokenClock:
        def monotonic(self) -> NoReturn:
            raise AssertionError("a clock that stands still")

    broken: Any = replace(network, clock=BrokenClock())  # type: ignore[arg-type]
    lines, _, seen = await checked(broken, "all-good.demo.test", "null-mx.demo.test")
    assert {json.loads(line)["input"] for line in lines} == {"all-good.demo.test", "null-mx.demo.test"}
    assert all("says nothing about the domain" in json.loads(line)["error"] for line in lines)
    assert "a clock that stands still" in caplog.text
    assert seen == {NO_REPORT}


async def test_reports_come_while_lines_are_still_awaited(network: Network) -> None:
    """A pipe that stays open holds nothing back: the first report is out before the second line comes."""
    out = Signalling()
    second_may_come = threading.Event()

    def slow_lines() -> Iterator[str]:
        yield "null-mx.demo.test"
        assert second_may_come.wait(PATIENCE_S)
        yield "all-good.demo.test"

    batch = Batch(network=network, out=out, progress=io.StringIO(), as_json=True)
    run = asyncio.create_task(batch.check(slow_lines()))
    async with asyncio.timeout(PATIENCE_S):
        await out.flushed.wait()
        assert json.loads(out.getvalue())["domain"] == "null-mx.demo.test"
        second_may_come.set()
        await run
    assert len(out.getvalue().splitlines()) == 2


class Signalling(io.StringIO):
    """Says when something was flushed."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed = asyncio.Event()

    def flush(self) -> None:
        super().flush()
        self.flushed.set()


async def test_lines_are_read_no_faster_than_they_are_used() -> None:
    """A list of a million is not read ahead: only so many lines are taken as are worked on or wait next in line."""
    taken = 0
    enough = threading.Event()

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            if taken > 2 * AT_ONCE:
                enough.set()
            yield "slow.demo.test"

    async with sandbox.running(PATIENCE_S * 10) as box:
        batch = Batch(network=box.network, out=io.StringIO(), progress=io.StringIO())
        run = asyncio.create_task(batch.check(endless()))
        assert await asyncio.to_thread(enough.wait, PATIENCE_S)
        # Workers hold AT_ONCE lines, the queue as many, and one is in hand. A reader that doesn't wait is far ahead.
        await asyncio.sleep(0.1)
        run.cancel()
        await asyncio.wait([run])
    assert taken <= 2 * AT_ONCE + 2


async def test_a_list_that_cannot_be_read_stops_the_run(network: Network) -> None:
    """An error while reading is raised to who called, never taken for the end of the list."""

    def broken() -> Iterator[str]:
        yield "null-mx.demo.test"
        raise IsADirectoryError(21, "Is a directory")

    batch = Batch(network=network, out=io.StringIO(), progress=io.StringIO())
    with pytest.RaisesGroup(IsADirectoryError):
        await batch.check(broken())


def test_null_verdicts_are_inconclusive() -> None:
    """A report without a verdict says nothing about a domain."""
    assert standing(report("a.example", None, state="partial")) is INCONCLUSIVE
    assert standing(report("a.example", verdict("ready", 84, "B", "Fine."))) is GOOD
