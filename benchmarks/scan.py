"""What one scan costs: wall and CPU of the engine alone, in one process, against the sandbox."""

import asyncio
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import sandbox
from checker.facts import ScanRequest
from checker.names import parse_domain
from checker.scan import scan

SCANS = 50
DOMAIN = parse_domain("all-good.demo.test")


def bench_scan(say: Callable[[str], object]) -> None:
    """Wall and CPU of a scan of the healthy demo domain (servers in the same process, CPU counts theirs too)."""
    wall, cpu = asyncio.run(_measure())
    say(f"{SCANS} scans of {DOMAIN}, each 3 endpoints over loopback, memory emptied before each")
    for name, values in (("wall", wall), ("CPU", cpu)):
        least, middle, most = min(values), statistics.median(values), max(values)
        say(f"{name}: median {middle * 1000:.1f} ms, least {least * 1000:.1f}, most {most * 1000:.1f}")


async def _measure() -> tuple[list[float], list[float]]:
    wall, cpu = [], []
    for _ in range(SCANS):
        # A sandbox of its own for each: the endpoint memory would answer the second one.
        async with sandbox.running() as box:
            began, used = time.perf_counter(), time.process_time()
            async for last in scan(ScanRequest(domain=DOMAIN), box.network, datetime.now(UTC)):
                assert last.report["domain"] == DOMAIN
            wall.append(time.perf_counter() - began)
            cpu.append(time.process_time() - used)
    return wall, cpu
