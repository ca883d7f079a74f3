"""Puts the mail internet together: servers on loopback, DNS, an authority, and the ``Network`` that leads there.

The one rule of this file: above the ports everything is the real thing, the dialler with its address guard included.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from checker.certificates.trust import TrustedRoots
from checker.endpoint import worth
from checker.names import DomainName, IPAddress
from checker.network.bounds import Bounds
from checker.network.clock import SystemClock
from checker.network.courtesy import InProcessCourtesy
from checker.network.memory import InProcessMemory
from checker.network.policy_client import HttpsPolicyClient
from checker.network.ports import Network
from checker.network.streams import TcpDialer
from sandbox.authority import Authority, Issued
from sandbox.dialler import ClosedPort, mapped
from sandbox.domains import DEMO_DOMAINS, DemoDomain, DemoServer, Shows, dns_table
from sandbox.resolver import TableResolver
from sandbox.smtp_server import Script, SmtpServer

HELO_NAME = "probe.mailseal.test"
SMTP_PORT, HTTPS_PORT = 25, 443
LAPSED = timedelta(days=-3)  # how long ago the expired certificate's time was up


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running box. ``servers`` are those that listen, by the address that leads to them."""

    network: Network
    servers: Mapping[IPAddress, SmtpServer]


@asynccontextmanager
async def running(
    greeting_delay_s: float = 4.0,
    bounds: Bounds | None = None,
    domains: Sequence[DemoDomain] = DEMO_DOMAINS,
) -> AsyncIterator[Sandbox]:
    """Start the box, and stop it on leaving. ``greeting_delay_s`` is how late the slow servers greet, in seconds."""
    authority = Authority(datetime.now(UTC))
    bounds = bounds or Bounds()
    ports: dict[IPAddress, int] = {}
    servers: dict[IPAddress, SmtpServer] = {}
    async with AsyncExitStack() as stack:
        for domain in domains:
            for server in domain.servers:
                script = _script(domain.host(server), server, authority, greeting_delay_s)
                for address in map(ip_address, (*server.ipv4, *server.ipv6)):
                    if server.is_dead:
                        ports[address] = stack.enter_context(ClosedPort()).number
                    else:
                        servers[address] = await stack.enter_async_context(SmtpServer(script))
                        ports[address] = servers[address].port
        yield Sandbox(_network(TableResolver(dns_table(domains)), ports, authority, bounds), servers)


def _script(host: DomainName, server: DemoServer, authority: Authority, delay_s: float) -> Script:
    issued = _issued(host, server.shows, authority)
    return Script(host=host, issued=issued, greeting_delay_s=delay_s if server.is_slow else 0.0)


def _issued(host: DomainName, shows: Shows, authority: Authority) -> Issued | None:
    match shows:
        case Shows.VALID:
            return authority.issue([host])
        case Shows.EXPIRED:
            return authority.issue([host], ends=LAPSED)
        case Shows.WRONG_NAME:
            return authority.issue([f"web.{host.partition('.')[2]}"])
        case Shows.SELF_SIGNED:
            return authority.self_signed([host])
        case Shows.NONE:
            return None


def _network(resolver: TableResolver, ports: Mapping[IPAddress, int], authority: Authority, bounds: Bounds) -> Network:
    clock = SystemClock()
    return Network(
        resolver=resolver,
        dialer=TcpDialer(SMTP_PORT, bounds=bounds, route=mapped(ports)),
        policy_client=HttpsPolicyClient(TcpDialer(HTTPS_PORT, bounds=bounds, route=mapped({})), clock, bounds),
        courtesy=InProcessCourtesy(bounds.connections_per_address),
        memory=InProcessMemory(clock, bounds, worth),
        clock=clock,
        roots=TrustedRoots.load(authority.root_pem),
        helo_name=HELO_NAME,
        vantage_name="sandbox",
        bounds=bounds,
    )
