"""The tools that ``bench tls`` sets side by side: Mailseal in both depths, testssl.sh, and sslyze if it is given.

The one rule of this file: a tool is run as its manual says, and is asked for no more than what is compared.
"""

import asyncio
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from benchmarks.debian import unpack
from benchmarks.tls_findings import Findings, of_inventory, of_sslyze, of_testssl
from benchmarks.tls_lab import PORT, Lab, Server
from benchmarks.tls_visit import network_of, visit
from checker.facts import Depth
from tests.real.processes import connects, process

TOOLS = ("verdict", "deep", "testssl", "sslyze")
TOOL_S = 1200  # that one run may take
ONE_WAY_MS = {"0 ms": 0.0, "50 ms": 25.0}
_FIRST_HOST = {"0 ms": 64, "50 ms": 128}  # of the relays' addresses

type Tool = Callable[[Lab, Server, IPv4Address], Findings]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a tool on one server. Times are in seconds."""

    findings: Findings
    connections: int
    wall: float
    cpu: float


class Relays:
    """Relays to every server, one a distance. They count."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def running(self, lab: Lab) -> Iterator["Relays"]:
        """Relay while the context is entered."""
        with _relay(self._folder, lab, "0 ms"), _relay(self._folder, lab, "50 ms"):
            yield self

    def count(self, server: Server, distance: str) -> int:
        """Connections to a server so far, by this way."""
        listens = f"{address_of(server, distance)}:{PORT}"
        return (self._folder / f"{distance}.connections").read_text().splitlines().count(listens)

    def run(self, tool: Tool, lab: Lab, server: Server, distance: str) -> Run:
        """Run a tool and take its measure."""
        before, began, used = self.count(server, distance), time.monotonic(), _cpu_s()
        findings = tool(lab, server, address_of(server, distance))
        wall, cpu = time.monotonic() - began, _cpu_s() - used
        return Run(findings, self.count(server, distance) - before, wall, cpu)


def address_of(server: Server, distance: str) -> IPv4Address:
    """Where the relay to a server listens."""
    return server.address + _FIRST_HOST[distance]


def tools(folder: Path, sslyze: str | None, names: Sequence[str]) -> Mapping[str, Tool]:
    """Those of these names that can be had. Raises NotObtainable where testssl.sh can't."""
    found: dict[str, Tool] = {"verdict": _mailseal("verdict"), "deep": _mailseal("deep")}
    if "testssl" in names:
        root = unpack(folder / "testssl", "testssl.sh")
        found["testssl"] = _testssl(root, folder)
    if sslyze is not None:
        found["sslyze"] = _sslyze(sslyze, folder)
    return {name: tool for name, tool in found.items() if name in names}


@contextmanager
def _relay(folder: Path, lab: Lab, distance: str) -> Iterator[None]:
    log = folder / f"{distance}.connections"
    log.touch()
    routes = {server: address_of(server, distance) for server in lab.servers.values()}
    own = IPv4Address("127.0.27.250") + list(ONE_WAY_MS).index(distance)
    command = [sys.executable, "-m", "benchmarks.relay", str(log), str(ONE_WAY_MS[distance])]
    command += [f"{listens}:{PORT}={server.address}:{PORT}" for server, listens in routes.items()]
    command.append(f"{own}:{PORT}={own}:1")  # to nowhere, and the last to listen: it tells that all do
    with process(command, folder / f"{distance}.log", lambda: connects(str(own), PORT)):
        yield


def _mailseal(depth: Depth) -> Tool:
    def run(lab: Lab, server: Server, address: IPv4Address) -> Findings:
        return of_inventory(asyncio.run(visit(server, network_of(lab), depth, address)).inventory)

    return run


def _testssl(root: Path, folder: Path) -> Tool:
    def run(_: Lab, __: Server, address: IPv4Address) -> Findings:
        printed = folder / "testssl.json"
        printed.unlink(missing_ok=True)
        command = [str(root / "usr/bin/testssl"), "-t", "smtp", "-p", "-E", "--quiet", "--color", "0"]
        command += ["--warnings", "off", "--jsonfile", str(printed), f"{address}:{PORT}"]
        _execute(command, TESTSSL_INSTALL_DIR=str(root / "etc/testssl"))
        return of_testssl(printed)

    return run


def _sslyze(program: str, folder: Path) -> Tool:
    asks = ["sslv2", "sslv3", "tlsv1", "tlsv1_1", "tlsv1_2", "tlsv1_3", "elliptic_curves"]

    def run(_: Lab, __: Server, address: IPv4Address) -> Findings:
        printed = folder / "sslyze.json"
        printed.unlink(missing_ok=True)
        command = [program, "--starttls", "smtp", *(f"--{ask}" for ask in asks), "--json_out", str(printed)]
        _execute([*command, f"{address}:{PORT}"])
        return of_sslyze(printed)

    return run


def _execute(command: list[str], **environment: str) -> None:
    subprocess.run(
        command,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        timeout=TOOL_S,
        stdin=subprocess.DEVNULL,
    )


def _cpu_s() -> float:
    """CPU of this process and of all children that have ended: the servers and relays haven't."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
