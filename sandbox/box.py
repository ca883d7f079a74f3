"""Puts the mail internet together: servers on loopback, DNS, an authority, and the ``Network`` that leads there.

The one rule of this file: above the ports everything is the real thing, the dialler with its address guard included.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address

from checker.certificates.trust import TrustedRoots
from checker.mta_sts.facts import policy_host
from checker.names import DomainName, IPAddress
from checker.network.bounds import NO_CAPS, Bounds
from checker.network.clock import SystemClock
from checker.network.courtesy import InProcessCourtesy
from checker.network.memory import InProcessMemory
from checker.network.policy_client import HttpsPolicyClient
from checker.network.ports import Network
from checker.network.standing import InProcessStanding
from checker.network.streams import TcpDialer
from sandbox.authority import Authority, Issued, rsa_key
from sandbox.demo import DemoDomain, DemoPolicyHost, DemoServer, Shows, dns_table, zone_security
from sandbox.dialler import ClosedPort, mapped
from sandbox.domains import CONTROL, DEMO_DOMAINS
from sandbox.numbered import NumberedResolver, without_number
from sandbox.policy_host import PolicyHost, PolicyScript
from sandbox.smtp_server import Script, SmtpServer

HELO_NAME = "probe.mailseal.test"
SMTP_PORT, HTTPS_PORT = 25, 443
RSA_BITS = 2048
LAPSED = timedelta(days=-3)  # how long ago the expired certificate's time was up


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running box. ``servers`` and ``policy_hosts`` are those that listen, by the address that leads to them;
    ``controls`` are the control hosts.
    """

    network: Network
    servers: Mapping[IPAddress, SmtpServer]
    policy_hosts: Mapping[IPAddress, PolicyHost]
    controls: Mapping[IPAddress, SmtpServer]


@asynccontextmanager
async def running(
    greeting_delay_s: float = 4.0,
    bounds: Bounds | None = None,
    domains: Sequence[DemoDomain] = DEMO_DOMAINS,
    control: DemoDomain = CONTROL,
) -> AsyncIterator[Sandbox]:
    """Start the box, and stop it on leaving.

    ``greeting_delay_s`` is how late the slow servers greet, in seconds; slow policy hosts take twice as long.
    The servers of ``control`` are the control hosts. Servers marked silent take no connection and refuse none.
    """
    authority = Authority(datetime.now(UTC))
    bounds = bounds or Bounds()
    async with AsyncExitStack() as stack:
        opening = _Opening(stack, authority, greeting_delay_s)
        for domain in domains:
            for server in domain.servers:
                await opening.serve_mail(domain.host(server), server)
            if domain.policy_host is not None:
                await opening.serve_policy(policy_host(domain.name), domain.policy_host)
        servers = dict(opening.servers)
        for server in control.servers:
            await opening.serve_mail(control.host(server), server)
        everybody = (*domains, control)
        resolver = NumberedResolver(dns_table(everybody, opening.shown), zone_security(everybody))
        control_hosts = tuple(control.host(server) for server in control.servers)
        controls = {address: server for address, server in opening.servers.items() if address not in servers}
        network = _network(resolver, opening, authority, bounds, control_hosts)
        yield Sandbox(network, servers, opening.policy_hosts, controls)


class _Opening:
    """Starts servers one after the other, and keeps which port of loopback each address leads to, and what each MX
    host shows."""

    def __init__(self, stack: AsyncExitStack, authority: Authority, delay_s: float) -> None:
        self.servers: dict[IPAddress, SmtpServer] = {}
        self.policy_hosts: dict[IPAddress, PolicyHost] = {}
        self.silent: set[IPAddress] = set()
        self.shown: dict[DomainName, Issued] = {}
        self.smtp_ports: dict[IPAddress, int] = {}
        self.https_ports: dict[IPAddress, int] = {}
        self._stack = stack
        self._authority = authority
        self._delay_s = delay_s

    async def serve_mail(self, host: DomainName, server: DemoServer) -> None:
        """A listener for each address, or a closed port."""
        issued = _issued(host, server.shows, self._authority)
        if issued is not None:
            self.shown[host] = issued
        delay_s = self._delay_s if server.is_slow else 0.0
        script = Script(host=host, issued=issued, takes=server.takes, greeting_delay_s=delay_s)
        for address in map(ip_address, (*server.ipv4, *server.ipv6)):
            if server.is_silent:
                self.silent.add(address)
            elif server.is_dead:
                self.smtp_ports[address] = self._stack.enter_context(ClosedPort()).number
            else:
                self.servers[address] = await self._stack.enter_async_context(SmtpServer(script))
                self.smtp_ports[address] = self.servers[address].port

    async def serve_policy(self, host: DomainName, demo: DemoPolicyHost) -> None:
        """A listener for each address."""
        script = PolicyScript(
            host=host,
            issued=_issued(host, demo.shows, self._authority),
            issue=None if demo.shows is Shows.NONE else partial(_issued_anew, host, demo.shows, self._authority),
            body=demo.body.encode(),
            status=demo.status,
            headers=demo.headers,
            delay_s=2 * self._delay_s if demo.is_slow else 0.0,
        )
        for address in map(ip_address, (*demo.ipv4, *demo.ipv6)):
            self.policy_hosts[address] = await self._stack.enter_async_context(PolicyHost(script))
            self.https_ports[address] = self.policy_hosts[address].port


def _issued(host: DomainName, shows: Shows, authority: Authority) -> Issued | None:
    match shows:
        case Shows.VALID:
            return authority.issue([host])
        case Shows.RSA:
            return authority.issue([host], key=rsa_key(RSA_BITS))
        case Shows.EXPIRED:
            return authority.issue([host], ends=LAPSED)
        case Shows.WRONG_NAME:
            return authority.issue([f"web.{host.partition('.')[2]}"])
        case Shows.SELF_SIGNED:
            return authority.self_signed([host])
        case Shows.NONE:
            return None


def _issued_anew(host: DomainName, shows: Shows, authority: Authority, asked_for: str) -> Issued:
    """For a numbered name of the host; whoever asks for another name is shown the host's own."""
    is_numbered = without_number(DomainName(asked_for)) == host
    issued = _issued(DomainName(asked_for) if is_numbered else host, shows, authority)
    assert issued is not None  # it shows one, or nobody would ask
    return issued


def _network(
    resolver: NumberedResolver,
    opened: _Opening,
    authority: Authority,
    bounds: Bounds,
    control_hosts: tuple[DomainName, ...],
) -> Network:
    clock = SystemClock()
    uncapped = replace(bounds, caps=replace(NO_CAPS, at_once=bounds.caps.at_once))  # the servers are our own
    https = TcpDialer(HTTPS_PORT, bounds=bounds, route=mapped(opened.https_ports))
    return Network(
        resolver=resolver,
        dialer=TcpDialer(SMTP_PORT, bounds=bounds, route=mapped(opened.smtp_ports, opened.silent)),
        policy_client=HttpsPolicyClient(https, clock, bounds),
        courtesy=InProcessCourtesy(clock, uncapped),
        memory=InProcessMemory(clock, bounds),
        clock=clock,
        roots=TrustedRoots.load(authority.root_pem),
        helo_name=HELO_NAME,
        vantage_name="sandbox",
        control_hosts=control_hosts,
        standing=InProcessStanding(clock, bounds),
        bounds=bounds,
    )
