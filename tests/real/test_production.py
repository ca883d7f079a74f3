"""Each service's own command from docker-compose.yml, against Debian's PostgreSQL, Redis and unbound."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from benchmarks.servers import postgresql, redis_server
from tests.real.processes import LabError, connects, process

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))["services"]
ADDRESS, PORT, RESOLVER_PORT = "127.0.0.1", 18080, 25353
PASSWORD = "a-password-of-the-lab"
NOT_OURS = {  # what the containers' network and the machine around them give
    "MAILSEAL_HELO_NAME": "probe.lab.test",
    "MAILSEAL_HOSTS": "127.0.0.1",
    "MAILSEAL_PROXIES": "",
    "MAILSEAL_RESOLVERS": f"{ADDRESS}:{RESOLVER_PORT}",
    "MAILSEAL_SANDBOX": "on",
}
PATIENCE_S = 90  # for a scan on a busy machine


def command_of(name: str) -> list[str]:
    """A service's command, with this Python and a port of loopback."""
    words = [str(word) for word in SERVICES[name]["command"]]
    here = {"python": sys.executable, "0.0.0.0": ADDRESS, "8000": str(PORT)}
    return [here.get(word, word) for word in words]


def environment_of(name: str, folder: Path, database_url: str, redis_url: str) -> dict[str, str]:
    """A service's settings, with the secrets in files as containers have them."""
    given = SERVICES[name]["environment"].items()
    own = {key: re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", str(value)) for key, value in given}  # nobody set it: the default
    for secret, text in {"SECRET_KEY": "a-key-of-the-lab-" * 4, "DATABASE_PASSWORD": PASSWORD}.items():
        file = folder / secret.lower()
        file.write_text(text)
        assert f"{secret}_FILE" in own
        own[f"{secret}_FILE"] = str(file)
    var = folder / f"var-{name}"
    own |= {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "MAILSEAL_VAR": str(var), **NOT_OURS}
    return {**os.environ, "MAILSEAL_NO_BOOTSTRAP": "1", "PYTHONPATH": str(ROOT), **own}


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    """The whole composition, up to its web server's address."""
    place = folder / "production"
    place.mkdir()
    place.chmod(0o711)
    with ExitStack() as stack:
        database_url, _ = stack.enter_context(postgresql(place / "postgresql", PASSWORD))
        redis_url, _ = stack.enter_context(redis_server(place / "redis"))
        stack.enter_context(unbound(place / "unbound"))

        def started(name: str) -> subprocess.Popen[bytes]:
            settings = environment_of(name, place, database_url, redis_url)
            log = stack.enter_context((place / f"{name}.log").open("wb"))
            return subprocess.Popen(command_of(name), cwd=ROOT, env=settings, stdout=log, stderr=log)

        assert started("migrate").wait(120) == 0, (place / "migrate.log").read_text()
        for name in ("interactive", "background", "beat", "web"):
            running = started(name)
            stack.callback(stopped, running)
        wait_for(lambda: connects(ADDRESS, PORT), place / "web.log")
        yield f"http://{ADDRESS}:{PORT}"


def unbound(folder: Path) -> Any:
    """The resolver with its own file: another address, and Debian's name for the root's key where it has it."""
    folder.mkdir()
    text = (ROOT / "deploy" / "unbound.conf").read_text("utf-8")
    text = text.replace("interface: 0.0.0.0@5300", f"interface: {ADDRESS}@{RESOLVER_PORT}")
    if not Path("/usr/share/dns/root.key").exists():  # the image installs dns-root-data
        text = re.sub(r"\n.*trust-anchor-file.*", "", text)
    (folder / "unbound.conf").write_text(text)
    program = shutil.which("unbound", path="/usr/sbin:/usr/bin") or "unbound"
    command = [program, "-d", "-p", "-c", str(folder / "unbound.conf")]
    return process(command, folder / "log", lambda: connects(ADDRESS, RESOLVER_PORT))


def stopped(running: subprocess.Popen[bytes]) -> None:
    """As ``docker compose down`` does it: every part ends by itself when it is asked to."""
    running.send_signal(signal.SIGTERM)
    running.wait(60)


def wait_for(is_so: Any, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            raise LabError(log.read_text())
        time.sleep(0.1)


def test_a_scan_goes_through_every_part(site: str, folder: Path) -> None:
    """From the form over PostgreSQL, Redis and the worker to the finished report; the timer's sweeps run beside it."""
    with httpx.Client(base_url=site, headers={"Origin": site}, trust_env=False, timeout=30) as browser:
        sent = browser.post("/scan", data={"domain": "all-good.demo.test"})
        assert sent.status_code == 303, sent.text
        document = f"{sent.headers['Location']}.json"
        log = folder / "production" / "interactive.log"
        wait_for(lambda: browser.get(document).json()["state"] != "running", log)
        report = browser.get(document).json()
    assert (report["state"], report["verdict"]["level"]) == ("complete", "ready")
    wait_for(lambda: f"scan {report['id']}: attempt 1 finished" in log.read_text(), log)
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert {line["scan"] for line in lines if line["logger"] == "webui.scans.runs"} == {report["id"]}


@pytest.mark.parametrize("name", ["interactive", "background", "beat"])
def test_who_answers_no_requests_gives_a_sign(site: str, folder: Path, name: str) -> None:
    """Healthy while it works, and not any more when the sign grows old: the clock is put forward."""
    var = folder / "production" / f"var-{name}"
    command = [word.replace("/data", str(var)) for word in SERVICES[name]["healthcheck"]["test"][1:]]
    wait_for((var / "alive").exists, folder / "production" / f"{name}.log")
    for words, status in ((command, 0), ([word.replace("time.time()", "1 + 30 + time.time()") for word in command], 1)):
        assert subprocess.run(words, capture_output=True, check=False).returncode == status


def test_the_resolver_is_well(site: str) -> None:
    """As its image asks: a port that nobody listens on is not."""
    check = re.search(r"HEALTHCHECK.*\n +CMD (\[.*\])", (ROOT / "deploy" / "unbound.Dockerfile").read_text("utf-8"))
    assert check
    for port, status in ((RESOLVER_PORT, 0), (1, 1)):
        command = [word.replace("5300", str(port)) for word in json.loads(check[1])]
        assert subprocess.run(command, capture_output=True, check=False).returncode == status


def test_the_parts_report_no_fault(site: str, folder: Path) -> None:
    """Nothing but what is expected stands in any log."""
    for name in ("web", "interactive", "background", "beat", "migrate"):
        text = (folder / "production" / f"{name}.log").read_text()
        assert "Traceback" not in text, text
