"""``bench tls``: Mailseal's questions to real servers beside other tools', and the figures that must hold.

The one rule of this file: all figures of a run are of the same servers on the same machine, and one that isn't held
ends the bench with an error.
"""

import os
import shutil
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import tls_lab
from benchmarks.debian import NotObtainable
from benchmarks.tls_figures import figures
from benchmarks.tls_findings import differences
from benchmarks.tls_lab import Lab, Server
from benchmarks.tls_tools import ONE_WAY_MS, TOOLS, Relays, Run, Tool, tools

COMPARED = ("strict", "default", "legacy", "two-keys", "exim", "old")

type Say = Callable[[str], object]


def bench_tls(say: Say, arguments: Sequence[str] = ()) -> None:
    """What a look at one server's TLS costs and shows, beside testssl.sh and sslyze, and the figures that must hold."""
    parser = ArgumentParser(prog="bench tls")
    parser.add_argument("--tools", default=",".join(TOOLS), help="default: %(default)s")
    parser.add_argument("--servers", default=",".join(COMPARED), help="default: %(default)s")
    parser.add_argument("--sslyze", default=shutil.which("sslyze"), help="the program, in an environment of its own")
    options = parser.parse_args(list(arguments))
    say(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before it")
    with tempfile.TemporaryDirectory(prefix="mailseal-tls-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # Postfix's daemons go through it, which don't run as root
        with tls_lab.running(folder) as lab, Relays(folder).running(lab) as relays:
            for server, why in lab.missing.items():
                say(f"{server} is left out: {why}")
            compared = [lab.servers[name] for name in options.servers.split(",") if name in lab.servers]
            found = _found(say, folder, options.tools.split(","), options.sslyze)
            runs = _side_by_side(say, found, relays, lab, compared)
            failed = []
            for text, holds in figures(lab, relays, runs):
                say(f"{'holds' if holds else 'FAILS'}  {text}")
                failed += [] if holds else [text]
    if failed:
        raise RuntimeError(f"{len(failed)} figures are not held: {'; '.join(failed)}")


def _found(say: Say, folder: Path, names: Sequence[str], sslyze: str | None) -> Mapping[str, Tool]:
    try:
        found = tools(folder, sslyze, names)
    except NotObtainable as why:
        say(f"testssl is left out: {why}")
        found = tools(folder, sslyze, [name for name in names if name != "testssl"])
    for name in set(names) - set(found):
        say(f"{name} is left out: it is not here")
    return found


def _side_by_side(
    say: Say, found: Mapping[str, Tool], relays: Relays, lab: Lab, servers: Sequence[Server]
) -> Mapping[tuple[str, str], Run]:
    """A line for each server and tool; then where the tool says something else than Mailseal's deep look."""
    runs: dict[tuple[str, str], Run] = {}
    for server in servers:
        for name, tool in found.items():
            near, far = (relays.run(tool, lab, server, distance) for distance in ONE_WAY_MS)
            runs[server.name, name] = near
            cost = f"{near.connections:4} connections, {near.wall:6.2f} s, through 50 ms {far.wall:6.2f} s"
            say(f"{server.name:9} {name:8} {cost}, CPU {near.cpu:6.2f} s")
            deep = runs.get((server.name, "deep"))
            for line in differences(deep.findings, near.findings) if deep and name != "deep" else ():
                say(f"{'':18}  {line}")
    return runs
