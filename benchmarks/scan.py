"""What one scan costs: wall and CPU of the engine alone, in one process, against the sandbox."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sandbox
from checker.facts import ScanRequest
from checker.names import parse_domain
from checker.scan import scan

SCANS = 50
DOMAIN = parse_domain("all-good.demo.test")


@dataclass
class Figures:
    """Seconds, one for each scan."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    addresses: int = 0


def bench_scan(say: Callable[[str], object], _: Sequence[str] = ()) -> None:
    """Wall and CPU of one scan of the healthy demo domain; the CPU is that of its servers too."""
    figures = asyncio.run(_measure())
    say(f"{SCANS} scans of {DOMAIN}, one after the other: {figures.addresses} addresses each, nothing remembered")
    for name, values in (("wall", figures.wall), ("CPU", figures.cpu)):
        least, middle, most = min(values), statistics.median(values), max(values)
        say(f"{name}: median {middle * 1000:.1f} ms, least {least * 1000:.1f}, most {most * 1000:.1f}")


async def _measure() -> Figures:
    figures = Figures()
    for number in range(SCANS + 1):
        # A sandbox of its own for each: its endpoint memory would answer the second scan.
        async with sandbox.running() as box:
            began, used = time.perf_counter(), time.process_time()
            snapshots = [each async for each in scan(ScanRequest(domain=DOMAIN), box.network, datetime.now(UTC))]
            wall, cpu = time.perf_counter() - began, time.process_time() - used
        last = snapshots[-1]
        if last.report["state"] != "complete":
            raise RuntimeError(f"the scan ended {last.report['state']}: its figures say nothing")
        figures.addresses = sum(len(server.endpoints) for server in last.facts.servers)
        if number:  # the first one also loads what is loaded once
            figures.wall.append(wall)
            figures.cpu.append(cpu)
    return figures
