"""One server of the TLS lab as Mailseal sees it: the handshake, then the questions, on a network without caps."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import IPv4Address

from benchmarks.tls_lab import NETWORK, PORT, Lab, Server
from checker.allowance import Allowance
from checker.certificates.facts import CertificateFacts
from checker.connection import Connection, Errand
from checker.endpoint import probe_endpoint
from checker.facts import Depth, EndpointFacts
from checker.interview import first_of, take_inventory
from checker.network.bounds import NO_CAPS, Bounds
from checker.network.live import NetworkSettings, build
from checker.network.ports import Network, Stream
from checker.observation import Failed, FailureKind
from checker.smtp.probe import Dialogue
from checker.smtp.transcript import Transcript
from checker.tls.answer import Answer, Unclear
from checker.tls.facts import Inventory
from checker.tls.known import Asked, Known
from checker.tls.offer import Offer
from checker.tls.plan import next_questions
from checker.tls.probe import ask
from checker.waiting import nobody

UNCAPPED = Bounds(caps=NO_CAPS, connections_per_scan=2**31)


@dataclass(frozen=True, slots=True)
class Visited:
    """What was found, and the certificates that were shown."""

    endpoint: EndpointFacts
    certificates: tuple[CertificateFacts, ...]

    @property
    def inventory(self) -> Inventory:
        """What the questions and the handshake brought out."""
        return self.endpoint.tls.shown


def network_of(lab: Lab, bounds: Bounds = UNCAPPED) -> Network:
    """The network of the product, new and without memory, that takes the lab for the world."""
    settings = NetworkSettings(
        ca_pem=lab.ca_pem, allow_networks=(NETWORK,), helo_name="probe.lab.test", smtp_port=PORT, control_hosts=()
    )
    return build(settings, bounds)


async def visit(server: Server, network: Network, depth: Depth, address: IPv4Address | None = None) -> Visited:
    """Shake hands and ask. ``address``: of a relay to the server."""
    errand = errand_to(server, network, address)
    endpoint, shown = await probe_endpoint(
        server.host, errand.address, network, errand.now, errand.deadline, fresh=True
    )
    if endpoint.tls.completed is None:
        return Visited(endpoint, shown)
    tls, more = await take_inventory(errand, endpoint, shown[0] if shown else None, depth, fresh=True)
    asked = tls.inventory.connections if tls.inventory else 0
    return Visited(replace(endpoint, tls=tls, connections=endpoint.connections + asked), (*shown, *more))


def errand_to(server: Server, network: Network, address: IPv4Address | None = None) -> Errand:
    """What one visit may use."""
    deadline = network.clock.monotonic() + network.bounds.scan_hard_s
    allowance = Allowance(network.bounds.connections_per_scan)
    return Errand(server.host, address or server.address, network, datetime.now(UTC), deadline, allowance, nobody)


async def steps(server: Server, network: Network, visited: Visited, at_once: int = 4) -> int:
    """How many steps the plan needs where ``at_once`` questions take one, all in the same time."""
    errand, done = errand_to(server, network), visited.endpoint.tls.completed
    known = Known(first_of(done, visited.certificates[0] if visited.certificates else None) if done else None)
    count = 0
    while rows := list(next_questions(known, "verdict"))[:at_once]:
        answers = await asyncio.gather(*(_answer(errand, offer) for _, offer in rows))
        for (row, offer), answer in zip(rows, answers, strict=True):
            known = known.after(Asked(row.name, offer, answer))
        count += 1
    return count


async def _answer(errand: Errand, offer: Offer) -> Answer:
    answers: list[Answer] = [Unclear(Failed(FailureKind.CLOSED))]

    async def in_tls(stream: Stream, _: Dialogue) -> None:
        answers.append(await ask(stream, errand.host, offer, errand.network, errand.network.bounds.handshake_s))

    await Connection(errand, Transcript(errand.network.clock, 0)).make(in_tls)
    return answers[-1]
