"""What must hold of Mailseal's questions to real servers: each a sentence with its figure, and whether it does.

The one rule of this file: a difference from another tool counts against us unless its reason stands here.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping

from benchmarks.tls_findings import contradictions, differences, of_inventory, openssl_groups
from benchmarks.tls_lab import PORT, Lab, Server
from benchmarks.tls_tools import Relays, Run, address_of
from benchmarks.tls_visit import UNCAPPED, Visited, network_of, steps, visit
from checker.facts import Depth
from checker.network.bounds import Bounds, Caps
from checker.outcome import outcome
from checker.tls.facts import Inventory

VERDICTS = 50
ROUND_TRIP_S = 0.05
FIRST_ROUND_TRIPS, STEP_ROUND_TRIPS = 7, 5  # the whole handshake with EHLO inside and QUIT; and a question
CONNECTIONS = {"strict": 8, "default": 14, "legacy": 17}  # at most, for a verdict
WALL_RATIO = 1.3
CPU_MS = 15.0
# Servers that limit us or make us wait, each with one of the same answers that doesn't.
LIMITED = {"anvil": "default", "postscreen": "default", "exim": "exim"}
EXPLAINED: Mapping[tuple[str, str], str] = {}
"""By server and line of difference."""

type Figure = tuple[str, bool]


def figures(lab: Lab, relays: Relays, runs: Mapping[tuple[str, str], Run]) -> Iterator[Figure]:
    """One after the other, as they are measured. ``runs`` are those of other tools, by server and tool."""
    deep = {name: _seen(lab, server, "deep") for name, server in lab.servers.items() if name not in LIMITED}
    deep |= {"exim": _seen(lab, lab.servers["exim"], "deep")} if "exim" in lab.servers else {}
    yield from _costs(lab, relays)
    for (name, tool), run in runs.items():
        if tool == "testssl" and name in deep:
            yield _explained(
                name, f"deep against {tool}", differences(of_inventory(deep[name].inventory), run.findings)
            )
    for name, visited in deep.items():
        yield _groups(lab.servers[name], visited)
        verdict = _seen(lab, lab.servers[name], "verdict")
        yield _none(f"{name}: verdict against deep", contradictions(verdict.inventory, visited.inventory))
        yield from _within_caps(name, verdict, visited)
    for name, like in LIMITED.items():
        if name in lab.servers and like in deep:
            yield _limited(lab, lab.servers[name], deep[like].inventory)


def _costs(lab: Lab, relays: Relays) -> Iterator[Figure]:
    for name, most in CONNECTIONS.items():
        server = lab.servers[name]
        before = relays.count(server, "0 ms")
        visited = asyncio.run(visit(server, network_of(lab), "verdict", address_of(server, "0 ms")))
        connections = relays.count(server, "0 ms") - before
        yield f"{name}: {connections} connections for a verdict, at most {most}", connections <= most
        yield _wall(lab, server, visited)
        cpu_ms = asyncio.run(_cpu_ms(lab, server))
        yield f"{name}: {cpu_ms:.1f} ms of CPU for each of {VERDICTS} verdicts, at most {CPU_MS:g}", cpu_ms <= CPU_MS


def _wall(lab: Lab, server: Server, visited: Visited) -> Figure:
    needed = asyncio.run(steps(server, network_of(lab), visited))
    round_trips = FIRST_ROUND_TRIPS + STEP_ROUND_TRIPS * needed
    began = time.monotonic()
    asyncio.run(visit(server, network_of(lab), "verdict", address_of(server, "50 ms")))
    wall = time.monotonic() - began
    ratio = wall / (round_trips * ROUND_TRIP_S)
    text = f"{wall:.2f} s through 50 ms, {ratio:.2f} times its {round_trips} round trips, at most {WALL_RATIO}"
    return f"{server.name}: {text}", ratio <= WALL_RATIO


async def _cpu_ms(lab: Lab, server: Server) -> float:
    network = network_of(lab)
    await visit(server, network, "verdict")  # what is loaded once is loaded by then
    used = time.process_time()
    for _ in range(VERDICTS):
        await visit(server, network, "verdict")
    return (time.process_time() - used) * 1000 / VERDICTS


def _groups(server: Server, visited: Visited) -> Figure:
    found, theirs = of_inventory(visited.inventory).groups, openssl_groups(str(server.address), PORT)
    if found is None:
        return f"{server.name}: not every group was asked", False
    differ = sorted(found ^ theirs)
    lines = [f"groups {'+' if name in theirs else '-'}{name}" for name in differ]
    return _explained(server.name, "groups against openssl", iter(lines))


def _within_caps(name: str, verdict: Visited, deep: Visited) -> Iterator[Figure]:
    """Nothing holds us here: what we would have been held to is counted."""
    caps = Caps()
    for what, visited, cap in (("verdict", verdict, caps.ten_minutes), ("deep look", deep, caps.deep)):
        count = visited.endpoint.connections
        yield f"{name}: {count} connections for a {what}, where the cap is {cap}", count <= cap


def _limited(lab: Lab, server: Server, true: Inventory) -> Figure:
    """With the product's own caps and pauses."""
    began = time.monotonic()
    visited = _seen(lab, server, "verdict", Bounds())
    what, _, detail = outcome(visited.endpoint)
    seen = visited.inventory
    wrong = list(contradictions(seen, true))
    ends = "complete" if not seen.missing else f"missing: {' '.join(seen.missing)}"
    holds = what == "tls" and not wrong and (bool(seen.missing) or seen.are_versions_known)
    text = f"{what}{f' ({detail})' if detail else ''}, {visited.endpoint.connections} connections, {ends}"
    return (
        f"{server.name}: {text} after {time.monotonic() - began:.0f} s{''.join(f'; {line}' for line in wrong)}",
        holds,
    )


def _seen(lab: Lab, server: Server, depth: Depth, bounds: Bounds = UNCAPPED) -> Visited:
    return asyncio.run(visit(server, network_of(lab, bounds), depth))


def _explained(server: str, what: str, lines: Iterator[str]) -> Figure:
    found = {line: EXPLAINED.get((server, line)) for line in lines}
    told = "; ".join(f"{line} ({why or 'unexplained'})" for line, why in found.items())
    return f"{server}: {what}: {told or 'identical'}", all(found.values())


def _none(what: str, lines: Iterator[str]) -> Figure:
    found = list(lines)
    return f"{what}: {'; '.join(found) or 'no contradiction'}", not found
