"""One leaf on two servers, of which one forgets the issuer's certificate, over real connections."""

from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_address

import sandbox
from checker.assessment.verdict import assess
from checker.certificates.trust import TrustedRoots
from checker.facts import ScanRequest
from checker.gather import gather
from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.streams import TcpDialer
from sandbox.authority import Authority
from sandbox.box import SMTP_PORT
from sandbox.dialler import mapped
from sandbox.domains import DemoDomain, DemoServer
from sandbox.smtp_server import Script, SmtpServer

DOMAIN = DomainName("mail.demo.test")
BOUNDS = Bounds(retry_pause_s=0.0, let_go_s=0.1)
SERVERS = tuple(DemoServer(label=f"mx{n}", preference=n, ipv4=(f"192.52.193.{n}",)) for n in (1, 2))


async def test_a_server_is_not_blamed_for_the_chain_of_another() -> None:
    """Facts keep both chains, and each server is judged by its own (CERT-14)."""
    authority = Authority(datetime.now(UTC))
    whole = authority.issue([f"*.{DOMAIN}"])
    bare = replace(whole, chain=whole.chain[:1])
    domain = DemoDomain(name=DOMAIN, title="", note="", level="encrypted", servers=SERVERS)
    async with AsyncExitStack() as stack:
        box = await stack.enter_async_context(sandbox.running(0.0, BOUNDS, (domain,)))
        ports = {}
        for server, issued in zip(SERVERS, (whole, bare), strict=True):
            script = Script(host=domain.host(server), issued=issued)
            ports[ip_address(server.ipv4[0])] = (await stack.enter_async_context(SmtpServer(script))).port
        dialer = TcpDialer(SMTP_PORT, bounds=BOUNDS, route=mapped(ports))
        network = replace(box.network, dialer=dialer, roots=TrustedRoots.load(authority.root_pem))
        snapshots = [facts async for facts in gather(ScanRequest(domain=DOMAIN), network, datetime.now(UTC))]
    facts = snapshots[-1]
    assert {(c.presented_for, c.trusted) for c in facts.certificates} == {
        (("mx1.mail.demo.test",), True),
        (("mx2.mail.demo.test",), False),
    }
    assert len({certificate.sha256 for certificate in facts.certificates}) == 1
    verdict = assess(facts, (), facts.started_at)
    assert [ticks.met["trusted"] for ticks in verdict.ticks.values()] == [True, False]
    incomplete = [f.subject.host for f in verdict.findings if f.code == "certificate-chain-incomplete"]
    assert incomplete == ["mx2.mail.demo.test"]
