"""The worker's event loop: one thread in which every scan of this process runs, over one set of live ports.

The one rule of this file: the loop never touches the database, and who waits for the loop waits in a plain thread.
"""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

import sandbox
from checker.facts import DomainFacts, ScanRequest
from checker.names import DomainName, IPAddress
from checker.network import live
from checker.network.bounds import DEEP
from checker.network.ports import AddressBlocked, Dialer, Network, Stream, StreamFailure
from checker.scan import Scanned, scan
from sandbox.domains import ZONE
from webui import tally
from webui.courtesy import SharedCourtesy
from webui.endpoint_memory import SharedMemory
from webui.vantage import SharedStanding

LAST_RESORT_S = 30.0  # gather keeps its own deadlines; so much later a scan is stopped, whatever it hangs on
CLOSING_S = 10.0


class EngineStopped(Exception):
    """The worker is going: nothing is started any more."""


class Running:
    """A scan that runs in the loop, seen from the thread that waits for it.

    ``outcome`` is the last report, or what stopped the scan; cancelling it stops the scan.
    """

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._newest: Scanned | None = None
        self.outcome: Future[Scanned] = Future()

    def show(self, snapshot: Scanned | None) -> None:
        """A fuller snapshot replaces one that nobody took. None: there will be no more."""
        with self._news:
            self._newest = snapshot
            self._news.notify()

    def newest(self, timeout: float) -> Scanned | None:
        """Wait for a snapshot that wasn't taken yet. None after ``timeout`` seconds, or when the scan has ended."""
        with self._news:
            self._news.wait_for(lambda: self._newest or self.outcome.done(), timeout)
            newest, self._newest = self._newest, None
            return newest


class Engine:
    """Runs scans in one loop, which starts with the first of them. Methods are for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._home: _Home | None = None
        self.is_stopped = False

    def start(self, request: ScanRequest, identity: str, past: Sequence[DomainFacts] = ()) -> Running:
        """Begin a scan. ``past`` are facts of earlier ones of the same domain.

        Raises EngineStopped, or what kept the live ports or the sandbox from starting.
        """
        with self._lock:
            if self.is_stopped:
                raise EngineStopped
            self._home = self._home or _Home()
            return self._home.start(request, identity, past)

    def stop(self) -> None:
        """Cancel what runs, close the ports, start nothing more."""
        with self._lock:
            self.is_stopped = True
            if self._home:
                self._home.close()


def _shared(network: Network) -> Network:
    """What is found out of servers and of our own network is for all workers, and so are the caps that we keep."""
    bounds, name = network.bounds, network.vantage_name
    return replace(
        network,
        standing=network.standing and SharedStanding(network.standing, name, bounds),
        courtesy=SharedCourtesy(network.courtesy, bounds, settings.NETWORK.allow_networks),
        memory=SharedMemory(network.memory, bounds, name),
    )


class _CountingDialer:
    """A dialler whose connections are counted for ``/metrics``, those too that came to nothing."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer

    async def dial(self, address: IPAddress, timeout: float) -> Stream:
        try:
            stream = await self._dialer.dial(address, timeout)
        except AddressBlocked:  # no packet left
            raise
        except StreamFailure:
            tally.count(tally.CONNECTIONS)
            raise
        tally.count(tally.CONNECTIONS)
        return stream


def _counted(network: Network) -> Network:
    return replace(network, dialer=_CountingDialer(network.dialer))


class _Home:
    """The thread and its loop, open from the start."""

    def __init__(self) -> None:
        self._ready: Future[asyncio.AbstractEventLoop] = Future()
        self._scans: set[asyncio.Task[Any]] = set()
        self._live: Network
        self._sandbox: Network | None = None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()
        self._loop = self._ready.result()

    def start(self, request: ScanRequest, identity: str, past: Sequence[DomainFacts]) -> Running:
        running = Running()
        work = self._scan(request, identity, past, running)
        running.outcome = asyncio.run_coroutine_threadsafe(work, self._loop)
        running.outcome.add_done_callback(lambda _: running.show(None))
        return running

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(CLOSING_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._stay_open())
        except BaseException as failure:
            if self._ready.done():
                raise
            self._ready.set_exception(failure)

    async def _stay_open(self) -> None:
        self._closing = asyncio.Event()
        async with AsyncExitStack() as stack:
            self._live = _counted(_shared(live.build(settings.NETWORK)))
            if settings.MAILSEAL_SANDBOX:
                box = await stack.enter_async_context(sandbox.running(settings.MAILSEAL_SANDBOX_GREETING_S))
                self._sandbox = replace(_counted(box.network), do_not_probe=settings.NETWORK.do_not_probe)
            self._ready.set_result(asyncio.get_running_loop())
            await self._closing.wait()
            for each in self._scans:
                each.cancel()
            await asyncio.gather(*self._scans, return_exceptions=True)

    async def _scan(
        self, request: ScanRequest, identity: str, past: Sequence[DomainFacts], running: Running
    ) -> Scanned:
        if task := asyncio.current_task():
            self._scans.add(task)
            task.add_done_callback(self._scans.discard)
        network = self._network_for(request.domain)
        if request.depth == "deep":
            network = replace(network, bounds=DEEP)
        last = None
        async with asyncio.timeout(network.bounds.scan_hard_s + LAST_RESORT_S):
            async for last in scan(request, network, datetime.now(UTC), past, identity):
                if last.facts.state == "running":
                    running.show(last)
        assert last is not None
        return last

    def _network_for(self, domain: DomainName) -> Network:
        """The sandbox answers for its zone entirely, the world for everything else."""
        if self._sandbox and (domain == ZONE or domain.endswith(f".{ZONE}")):
            return self._sandbox
        return self._live
