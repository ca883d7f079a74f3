"""The API against all of Mailseal, as ``up`` starts it: the commands of its page as they stand, and waiting."""

import asyncio
import html
import json
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from checker.report.document import json_schema
from tests.webui.test_up import Up, read
from webui.problems import MEDIA_TYPE

pytestmark = pytest.mark.xdist_group("up")  # what they are given to store in is one for all of them

SLOW, SLOWER = "slow.demo.test", "slow-policy-host.demo.test"  # scans of them take some seconds
JSON = {"Content-Type": "application/json"}
POOL = 8  # threads that all who wait share for their looks at the database, at most, on a small machine


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    """Mailseal on a port of its own."""
    with tempfile.TemporaryDirectory(prefix="ms") as folder, socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
        probe.close()
        up = Up(Path(folder), port)
        try:
            up.wait_for(f"http://127.0.0.1:{port}/")
            yield up
        finally:
            up.process.kill()
            up.process.wait()
            up.close()


@pytest.fixture
def http(up: Up) -> Iterator[httpx.Client]:
    """A program that calls it."""
    with httpx.Client(base_url=f"http://127.0.0.1:{up.port}", timeout=90) as client:
        yield client


def pasted(page: str) -> dict[str, str]:
    """The commands on the page, by their labels."""
    found = re.findall(r"<dt>([^<]+)</dt><dd data-text>([^<]+)</dd>", page)
    return {label: html.unescape(command) for label, command in found}


def shell(*commands: str) -> list[str]:
    """What one shell prints for each of several commands that are pasted into it."""
    mark = "-- next --"
    script = f"\necho\necho '{mark}'\n".join(commands)
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert done.stderr == ""
    return [part.strip() for part in done.stdout.split(mark)]


@pytest.mark.skipif(not shutil.which("curl"), reason="the page's commands are for curl")
def test_the_commands_of_the_page(http: httpx.Client) -> None:
    """Pasted one after the other: an order, the report, a judgement, a deletion, and an error."""
    commands = pasted(http.get("/api").text)
    assert len(commands) == 5
    ordered, report, judged, deleted, failed = shell(*commands.values())
    assert json.loads(ordered)["domain"] == "all-good.demo.test"
    document = json.loads(report)
    jsonschema.Draft202012Validator(json_schema()).validate(document)
    assert (document["state"], document["verdict"]["level"]) == ("complete", "ready")
    assert judged == "0"
    assert deleted.startswith("HTTP/1.1 204")
    assert failed.startswith("HTTP/1.1 422")
    assert MEDIA_TYPE in failed

    kind = json.loads(failed.splitlines()[-1])["type"]
    page, _, anchor = kind.partition("#")
    assert f'id="{anchor}"' in http.get(page).text


def order(http: httpx.Client, domain: str) -> dict[str, Any]:
    answer = http.post("/api/v1/scans", json={"domain": domain})
    assert answer.status_code == 202, answer.text
    return {"location": answer.headers["Location"], **answer.json()}


def test_an_answer_that_waits(http: httpx.Client) -> None:
    """It comes with the end of the scan, neither at once nor when the time is over."""
    location = order(http, SLOW)["location"]
    assert http.get(location).json()["state"] == "running"
    assert http.get(location, params={"wait": 1}).json()["state"] == "running"
    began = time.monotonic()
    document = http.get(location, params={"wait": 60}).json()
    assert document["state"] == "complete"
    assert time.monotonic() - began < 55
    began = time.monotonic()
    assert http.get(location, params={"wait": 60}).json() == document
    assert time.monotonic() - began < 10


def test_a_body_whose_size_nobody_tells(http: httpx.Client) -> None:
    """It is read so far and no further."""
    answer = http.post("/api/v1/scans", content=(b" " * 1024 for _ in range(200)), headers=JSON)
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, MEDIA_TYPE)
    pieces = iter([b'{"domain"', b': "192.0.2.1"}'])
    assert http.post("/api/v1/scans", content=pieces, headers=JSON).json()["code"] == "ip-address"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts threads in /proc")
def test_who_waits_holds_no_thread(up: Up, http: httpx.Client) -> None:
    """Fifty wait for a slow server at once: the web server has no more threads than before."""
    location = order(http, SLOWER)["location"]
    before = threads(up)
    most: list[int] = []
    answers = asyncio.run(waiting(location, 50, lambda: most.append(threads(up))))
    assert {answer["state"] for answer in answers} == {"complete"}
    assert max(most) - before <= POOL


async def waiting(location: str, count: int, look: Callable[[], None]) -> list[dict[str, Any]]:
    """So many who wait for one scan; we look while all of them do."""
    async with httpx.AsyncClient(timeout=90, limits=httpx.Limits(max_connections=count)) as client:
        waits = [asyncio.create_task(client.get(location, params={"wait": 60})) for _ in range(count)]
        for _ in range(20):
            await asyncio.sleep(0.1)
            look()
        assert not any(wait.done() for wait in waits)
        return [(await wait).json() for wait in waits]


def threads(up: Up) -> int:
    """Of the web server."""
    [web] = [pid for pid in up.processes() if b"uvicorn" in read(Path(f"/proc/{pid}/cmdline"))]
    return len(list(Path(f"/proc/{web}/task").iterdir()))
