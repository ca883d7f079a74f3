"""What is asked for a policy, and what becomes of it, against real policy hosts on loopback."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import pytest

from checker.certificates.trust import TrustedRoots
from checker.mta_sts.facts import MtaStsFacts, PolicyResponse, PolicyVisit
from checker.mta_sts.probe import look_up_parent, look_up_record, visit_policy_host, with_policy
from checker.names import DomainName, IPAddress
from checker.network.bounds import Bounds
from checker.network.clock import SystemClock
from checker.network.courtesy import InProcessCourtesy
from checker.network.policy_client import HttpsPolicyClient
from checker.network.ports import Network
from checker.network.streams import TcpDialer
from checker.observation import NOT_REACHED, Failed, FailureKind, NotTried, Reason, Seen
from sandbox.authority import Authority
from sandbox.dialler import ClosedPort, mapped
from sandbox.policy_host import PolicyHost, PolicyScript
from sandbox.resolver import Entry, TableResolver

DOMAIN = DomainName("d.test")
ADDRESS = ip_address("192.52.193.1")
NOW = datetime.now(UTC)
AUTHORITY = Authority(NOW)
GOOD = AUTHORITY.issue(["mta-sts.d.test"])
BODY = b"version: STSv1\r\nmode: enforce\r\nmx: mx.d.test\r\nmax_age: 604800\r\n"
RECORD = "v=STSv1; id=1;"
BOUNDS = Bounds(retry_pause_s=0.0, let_go_s=0.1)


def network(
    table: Mapping[str, Entry], ports: Mapping[IPAddress, int] = {}, bounds: Bounds = BOUNDS, **more: Any
) -> Network:
    clock, missing = SystemClock(), None
    dialer = TcpDialer(443, bounds=bounds, route=mapped(ports))
    parts: dict[str, Any] = {
        "resolver": TableResolver(table),
        "dialer": missing,
        "policy_client": HttpsPolicyClient(dialer, clock, bounds),
        "courtesy": InProcessCourtesy(SystemClock(), bounds),
        "memory": missing,
        "clock": clock,
        "roots": TrustedRoots.load(AUTHORITY.root_pem),
        "helo_name": "probe.test",
        "bounds": bounds,
    }
    return Network(**parts | more)


RECORDS: list[tuple[dict[str, Entry], str, str]] = [
    ({"_mta-sts.d.test TXT": [RECORD]}, "valid", "a record"),
    ({"_mta-sts.d.test TXT": [["v=STS", "v1; id=1;"]]}, "valid", "strings joined"),
    ({"_mta-sts.d.test CNAME": "p.test", "p.test TXT": [RECORD]}, "valid", "an alias"),
    ({"_mta-sts.d.test TXT": ["v=spf1 -all", RECORD]}, "valid", "beside a stranger"),
    ({"_mta-sts.d.test TXT": ["v=STSv1; id=a-b;"]}, "invalid", "outside the grammar"),
    ({"_mta-sts.d.test TXT": [RECORD, RECORD]}, "invalid", "two of them"),
    ({"_mta-sts.d.test TXT": [RECORD + "a=" + "b" * 9000]}, "invalid", "longer than is kept"),
    ({"_mta-sts.d.test TXT": [RECORD, "x" * 9000]}, "valid", "beside a long stranger"),
    ({"_mta-sts.d.test TXT": "NODATA"}, "absent", "no TXT"),
    ({"d.test TXT": [RECORD]}, "absent", "only the domain itself has one"),
    ({}, "absent", "no such name"),
    ({"_mta-sts.d.test TXT": "SERVFAIL"}, "failed", "the resolver failed"),
    ({"_mta-sts.d.test TXT": "BOGUS"}, "failed", "DNSSEC fails"),
]


@pytest.mark.parametrize(("table", "status", "why"), RECORDS, ids=[why for *_, why in RECORDS])
async def test_record(table: dict[str, Entry], status: str, why: str) -> None:
    facts = await look_up_record(DOMAIN, network(table))
    assert (facts.status, facts.record is not None) == (status, status == "valid")
    assert isinstance(facts.answer, Failed) == (status == "failed")
    assert any(defect.is_fatal for defect in facts.defects) == (status == "invalid")


@pytest.mark.parametrize(
    ("domain", "is_asked"), [("a.b.test", True), ("x.a.b.test", False), ("b.test", False), ("test", False)]
)
async def test_parent(domain: str, is_asked: bool) -> None:
    """Exactly one label up is asked, and never a top-level domain."""
    found = await look_up_parent(DomainName(domain), network({"_mta-sts.b.test TXT": [RECORD]}))
    records = found.value.records if isinstance(found, Seen) else ()
    assert bool(records) == is_asked
    assert (found == NOT_REACHED) == (domain.count(".") < 2)


@asynccontextmanager
async def policy_host(host: PolicyHost, **more: Any) -> AsyncIterator[Network]:
    """A network in which this host stands at ADDRESS."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(host)
        yield network({}, {ADDRESS: host.port}, **more)


def script(**more: Any) -> PolicyScript:
    fields: dict[str, Any] = {"host": "mta-sts.d.test", "issued": GOOD, "body": BODY}
    return PolicyScript(**fields | more)


async def test_a_visit() -> None:
    """The response, one character an octet, the certificate judged as a server's is, and where to find it."""
    host = PolicyHost(
        script(body=BODY + b"x: \xff\xc3\xa9\r\n", headers={"Content-Type": "text/plain", "Location": "/"})
    )
    async with policy_host(host) as net:
        visit, [certificate] = await visit_policy_host(DOMAIN, ADDRESS, net, NOW)
    assert isinstance(visit.response, Seen)
    response = visit.response.value
    assert response.body.encode("iso-8859-1") == BODY + b"x: \xff\xc3\xa9\r\n"
    assert (response.status, response.content_type, response.location) == (200, "text/plain", "/")
    assert (visit.handshake, visit.chain, visit.tries) == (Seen("TLSv1.3"), certificate.chain_id, 1)
    assert (certificate.presented_for, certificate.matches, certificate.trusted) == (
        ("mta-sts.d.test",),
        ("mta-sts.d.test",),
        True,
    )
    assert [(heard.target, heard.sni) for heard in host.requests] == [("/.well-known/mta-sts.txt", "mta-sts.d.test")]


async def test_a_certificate_for_another_name_covers_nothing() -> None:
    """The file comes all the same: what it is worth is judged later."""
    async with policy_host(PolicyHost(script(issued=AUTHORITY.issue(["d.test"])))) as net:
        visit, [certificate] = await visit_policy_host(DOMAIN, ADDRESS, net, NOW)
    assert (certificate.presented_for, certificate.matches) == (("mta-sts.d.test",), ())
    assert isinstance(visit.response, Seen)


class Moody(PolicyHost):
    """Each connection goes its own way, those behind the last go the last: ``drop``, ``shake`` and drop, ``well``."""

    def __init__(self, *ways: str) -> None:
        super().__init__(script())
        self._ways = ways

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match self._ways[min(self.connections, len(self._ways)) - 1]:
            case "drop":
                writer.transport.abort()
            case "silence":
                await reader.read()
                await asyncio.get_running_loop().create_future()
            case "shake":
                self.script = script(raw=b"")
                await super().play(reader, writer)
            case _:
                self.script = script()
                await super().play(reader, writer)


@pytest.mark.parametrize(
    ("ways", "got_a_response", "connections", "shook_hands"),
    [
        (("well",), True, 1, True),
        (("drop", "well"), True, 2, True),
        (("shake", "well"), True, 2, True),
        (("shake", "drop"), False, 2, True),
        (("drop", "shake"), False, 2, True),
        (("drop",), False, 2, False),
    ],
)
async def test_what_breaks_off_is_tried_again(
    ways: tuple[str, ...], got_a_response: bool, connections: int, shook_hands: bool
) -> None:
    """Once, and the try that got further counts (requirements GEN-3)."""
    host = Moody(*ways)
    async with policy_host(host) as net:
        visit, certificates = await visit_policy_host(DOMAIN, ADDRESS, net, NOW)
    assert isinstance(visit.response, Seen) == got_a_response
    assert (host.connections, visit.tries) == (connections, connections)
    assert isinstance(visit.handshake, Seen) == shook_hands == bool(certificates)
    assert visit.not_tried is None


async def test_a_silence_is_tried_again() -> None:
    host = Moody("silence")
    async with policy_host(host, bounds=Bounds(retry_pause_s=0.0, let_go_s=0.1, policy_s=0.1)) as net:
        visit, _ = await visit_policy_host(DOMAIN, ADDRESS, net, NOW)
    assert isinstance(visit.handshake, Failed)
    assert (visit.handshake.failure, visit.tries, host.connections) == (FailureKind.TIMEOUT, 2, 2)


@pytest.mark.parametrize("answer", [{"status": 500}, {"status": 301}, {"issued": None}])
async def test_an_answer_is_not_asked_for_twice(answer: dict[str, Any]) -> None:
    """A status is one, and so is something else than TLS."""
    host = PolicyHost(script(**answer))
    async with policy_host(host) as net:
        visit, _ = await visit_policy_host(DOMAIN, ADDRESS, net, NOW)
    assert (host.connections, visit.tries) == (1, 1)


async def test_a_closed_port() -> None:
    with ClosedPort() as port:
        net = network({}, {ADDRESS: port.number})
        visit, certificates = await visit_policy_host(DOMAIN, ADDRESS, net, NOW)
    assert isinstance(visit.connect, Failed)
    assert (visit.connect.failure, visit.handshake, certificates) == (FailureKind.REFUSED, NOT_REACHED, ())


@pytest.mark.parametrize("text", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:10.0.0.1"])
async def test_the_guard_forbids(text: str) -> None:
    """Nothing is dialled, and the visit says that nothing was tried, and why."""
    visit, _ = await visit_policy_host(DOMAIN, ip_address(text), network({}), NOW)
    assert isinstance(visit.not_tried, NotTried)
    assert visit.not_tried.reason is Reason.BLOCKED_ADDRESS
    assert visit.connect == visit.not_tried


class Doorman:
    """A courtesy that notes who is let in, and who is inside when."""

    def __init__(self) -> None:
        self.admitted: list[IPAddress] = []
        self.inside = 0

    @asynccontextmanager
    async def slot(self, address: IPAddress, purpose: str) -> AsyncIterator[None]:
        assert purpose == "policy"
        self.admitted.append(address)
        self.inside += 1
        yield
        self.inside -= 1


async def test_every_connection_waits_for_its_place() -> None:
    doorman = Doorman()
    async with policy_host(Moody("drop", "well"), courtesy=doorman) as net:
        await visit_policy_host(DOMAIN, ADDRESS, net, NOW)
    assert (doorman.admitted, doorman.inside) == ([ADDRESS, ADDRESS], 0)


def answered(status: int = 200, body: str = BODY.decode(), **more: Any) -> PolicyVisit:
    response = PolicyResponse(status=status, body=body, **more)
    return PolicyVisit(address=ADDRESS, connect=Seen(1), handshake=Seen("TLSv1.3"), response=Seen(response))


def test_the_file_is_read_from_the_visit_that_brought_one() -> None:
    """Of several the first with status 200. What has another status, or no end, is no file."""
    other = BODY.decode().replace("enforce", "testing")
    modes = [
        ((answered(),), "enforce"),
        ((answered(404), answered(body=other)), "testing"),
        ((answered(body=other), answered()), "testing"),
        ((answered(404),), None),
        ((answered(204),), None),
        ((answered(is_cut=True),), None),
        ((PolicyVisit(address=ADDRESS),), None),
        ((), None),
    ]
    for visits, mode in modes:
        facts = with_policy(MtaStsFacts(visits=visits))
        assert (facts.policy and facts.policy.mode) == mode
        assert facts.lenient_policy == facts.policy
        assert facts.defects == ()


def test_a_file_with_faults_keeps_them() -> None:
    facts = with_policy(MtaStsFacts(visits=(answered(body="<html>"),)))
    assert (facts.policy, bool(facts.defects)) == (None, True)
