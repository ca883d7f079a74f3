"""One server of the TLS lab as Mailseal sees it: the handshake, then the questions, on a network without caps."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import IPv4Address

from benchmarks.tls_lab import NETWORK, PORT, Lab, Server
from checker.allowance import Allowance
from checker.certificates.facts import CertificateFacts
from checker.connection import Errand
from checker.endpoint import probe_endpoint
from checker.facts import Depth, EndpointFacts
from checker.interview import take_inventory
from checker.network.bounds import NO_CAPS, Bounds
from checker.network.live import NetworkSettings, build
from checker.network.ports import Network
from checker.tls.facts import Inventory
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
    endpoint, shown = await probe_endpoint(server.host, errand.address, network, errand.now, errand.deadline)
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
