"""Asks whether this vantage's own network is at fault: is port 25 blocked here, is the resolver away (SMTP-1)?

The one rule of this file: control hosts are strangers too. They are asked seldom (``VantageStanding``), one
connection to each, and get QUIT right after their greeting.
"""

import asyncio
from typing import Literal

from checker.names import ROOT, DomainName, IPAddress
from checker.network.bounds import Bounds
from checker.network.ports import AddressBlocked, Network, Standing, Stream, StreamFailure, Subsystem
from checker.observation import Failed, Seen
from checker.silence import NO_RESOLVER
from checker.smtp.facts import Reply
from checker.smtp.reply import ReplyParser, ServerLine

_TELLING: tuple[Standing, ...] = ("works", "away")
_FAMILIES: tuple[Literal[4, 6], ...] = (4, 6)


async def standing_of(part: Subsystem, network: Network, deadline: float) -> Standing:
    """What a part of this vantage's network is doing, by the memory of it or by asking.

    ``deadline`` is in seconds of the network's clock. Unknown where nothing may be asked, or there was no time.
    """
    if network.standing is None:
        return "unknown"
    ask = port_25 if part == "port-25" else resolver
    try:
        async with asyncio.timeout(max(0.0, deadline - network.clock.monotonic())):
            return await network.standing.of(part, lambda: ask(network))
    except TimeoutError:
        return "unknown"


async def was_seen_working(part: Subsystem, network: Network) -> None:
    """A scan shows that it works."""
    if network.standing is not None:
        await network.standing.was_seen_working(part)


async def port_25(network: Network) -> Standing:
    """Works: some control host greets. Away: none of those that could be dialled does. Unknown: none could be."""
    asked = [asyncio.ensure_future(_asked(host, network)) for host in network.control_hosts]
    answers: list[Standing] = []
    try:
        for answer in asyncio.as_completed(asked):
            answers.append(await answer)
            if answers[-1] == "works":
                break
    finally:
        for each in asked:
            each.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    return next((standing for standing in _TELLING if standing in answers), "unknown")


async def resolver(network: Network) -> Standing:
    """Works: it answers something about the root or a control host. Away: it answers nothing."""
    looked_up = await asyncio.gather(
        network.resolver.look_up_mx(ROOT), *(network.resolver.look_up_addresses(h, 4) for h in network.control_hosts)
    )
    is_silent = all(isinstance(found, Failed) and found.failure in NO_RESOLVER for found in looked_up)
    return "away" if is_silent else "works"


async def _asked(host: DomainName, network: Network) -> Standing:
    """One control host, at one address of it."""
    if network.do_not_probe.covers(host):
        return "unknown"
    address = await _address(host, network)
    if address is None:
        return "unknown"
    try:
        async with asyncio.timeout(network.bounds.control_s):
            return "works" if await _greets(address, network) else "away"
    except AddressBlocked:
        return "unknown"
    except TimeoutError:
        return "away"


async def _address(host: DomainName, network: Network) -> IPAddress | None:
    """The first that can be tried from here."""
    answers = await asyncio.gather(*(network.resolver.look_up_addresses(host, family) for family in _FAMILIES))
    found = (address for answer in answers if isinstance(answer, Seen) for address in answer.value.records)
    return next((address for address in found if network.no_route(address) is None), None)


async def _greets(address: IPAddress, network: Network) -> bool:
    """Any reply, even one that turns us away, came through port 25."""
    async with network.courtesy.slot(address, "control"):
        try:
            stream = await network.dialer.dial(address, network.bounds.connect_s)
        except StreamFailure:
            return False
        has_greeted = False
        try:
            has_greeted = await _reads_greeting(stream, network.bounds)
            if has_greeted:
                await stream.write(b"QUIT\r\n", network.bounds.quit_s)
        except StreamFailure:
            pass
        finally:
            await stream.close()
    return has_greeted


async def _reads_greeting(stream: Stream, bounds: Bounds) -> bool:
    parser = ReplyParser(bounds)
    while data := await stream.read(bounds.read_bytes, bounds.greeting_s):
        parser.receive(data)
        for parsed in parser.parse():
            if not isinstance(parsed, ServerLine):
                return isinstance(parsed, Reply)
    return False
