"""One address, visited: tries and pauses, both offers, memory, courtesy, deadlines, and our own mistakes."""

import asyncio
import errno
import ssl
import time
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest

from checker.endpoint import Visited, probe_endpoint, worth
from checker.names import DomainName, IPAddress
from checker.network.bounds import Bounds
from checker.network.ports import Network, Stream, StreamFailure, TlsOffer, TlsSession
from checker.network.streams import TcpDialer
from checker.observation import Failed, FailureKind, NotTried, Reason, Seen
from checker.outcome import outcome
from checker.smtp.facts import Reply
from tests.peers import (
    ADDRESS,
    AUTHORITY,
    BYE,
    EHLO,
    EHLO_IN_TLS,
    GREETING,
    HOST,
    Peer,
    network_to,
    server_context,
    stage,
)

PATIENCE_S = 10.0
NOW = datetime.now(UTC)
BOUNDS = Bounds(
    greeting_s=2.0, reply_s=2.0, handshake_s=2.0, quit_s=0.5, let_go_s=0.05, retry_pause_s=0.01, busy_pause_s=0.01
)
ALERT_40 = b"\x15\x03\x03\x00\x02\x02\x28"
HANDSHAKE_FAILURE = Failed(FailureKind.ALERT, "TLS alert 40 (handshake_failure)")


async def probe(network: Network, deadline: float | None = None) -> Visited:
    async with asyncio.timeout(PATIENCE_S):
        return await probe_endpoint(HOST, ADDRESS, network, NOW, deadline)


async def good(peer: Peer) -> None:
    """Does everything right."""
    await peer.until_go_ahead()
    await peer.start_tls()
    await finish(peer)


async def finish(peer: Peer) -> None:
    """From inside TLS to the end."""
    await peer.hear(b"EHLO ")
    await peer.send(EHLO_IN_TLS)
    await peer.hear(b"QUIT")
    await peer.send(BYE)


async def busy(peer: Peer) -> None:
    await peer.send(b"421 too many connections\r\n")
    await peer.hear(b"QUIT")


async def no_starttls(peer: Peer) -> None:
    await peer.send(GREETING)
    await peer.hear(b"EHLO ")
    await peer.send(EHLO_IN_TLS)
    await peer.hear(b"QUIT")
    await peer.send(BYE)


async def tls_not_now(peer: Peer) -> None:
    await peer.send(GREETING)
    await peer.hear(b"EHLO ")
    await peer.send(EHLO)
    await peer.hear(b"STARTTLS")
    await peer.send(b"454 no TLS now\r\n")
    await peer.hear(b"QUIT")


async def alert(peer: Peer) -> None:
    await peer.until_go_ahead()
    await peer.client_hello()
    await peer.send(ALERT_40)


async def mute(peer: Peer) -> None:
    await peer.silence()


async def hangs_up(peer: Peer) -> None:
    pass


async def test_a_good_server_costs_one_connection_and_shows_everything() -> None:
    async with stage(good) as opened:
        endpoint, certificates = await probe(network_to(opened.port, BOUNDS))
    assert outcome(endpoint) == ("tls", "ehlo-tls", None)
    assert endpoint.connections == len(opened.peers) == 1
    assert isinstance(endpoint.smtp.quit, Seen)
    assert endpoint.earlier_try is None
    times = endpoint.smtp.stages_ms
    assert None not in (times.connect, times.greeting, times.ehlo, times.starttls, times.handshake, times.ehlo_tls)
    handshake = endpoint.tls.nist
    assert isinstance(handshake, Seen)
    assert handshake.value.version == "TLSv1.3"
    (certificate,) = certificates
    assert certificate.sha256 == handshake.value.certificate
    assert (certificate.presented_for, certificate.matches) == ((HOST,), (HOST,))
    assert certificate.trusted
    assert len(certificate.chain) == 2


async def test_the_transcript_tells_who_said_what_in_order() -> None:
    async with stage(good) as opened:
        endpoint, _ = await probe(network_to(opened.port, BOUNDS))
    said = [(line.sender, line.line) for line in endpoint.transcript]
    assert said[:5] == [
        ("note", f"Connecting to {ADDRESS}."),
        ("server", "220 mx.example.test ESMTP"),
        ("client", "EHLO probe.example.test"),
        ("server", "250-mx.example.test"),
        ("server", "250-SIZE 1000"),
    ]
    assert said[-2:] == [("client", "QUIT"), ("server", "221 bye")]
    times = [line.at_ms for line in endpoint.transcript]
    assert times == sorted(times)


async def test_the_name_said_is_ours_and_sni_is_the_host() -> None:
    names: list[str | None] = []

    async def play(peer: Peer) -> None:
        context = server_context()
        context.sni_callback = lambda _tls, name, _context: names.append(name)
        await peer.until_go_ahead()
        await peer.start_tls(context)
        await finish(peer)

    async with stage(play) as opened:
        await probe(network_to(opened.port, BOUNDS))
    assert names == [HOST]
    assert opened.peers[0].heard == [b"EHLO probe.example.test", b"STARTTLS", b"EHLO probe.example.test", b"QUIT"]


# Tries (requirements GEN-3)


async def test_a_server_without_starttls_is_not_asked_again() -> None:
    async with stage(no_starttls) as opened:
        endpoint, certificates = await probe(network_to(opened.port, BOUNDS))
    assert outcome(endpoint)[:2] == ("no-starttls", "ehlo")
    assert (len(opened.peers), certificates) == (1, ())


@pytest.mark.parametrize("play", [busy, tls_not_now, hangs_up])
async def test_a_failure_counts_when_a_second_connection_ends_alike(play: Any) -> None:
    async with stage(play) as opened:
        endpoint, _ = await probe(network_to(opened.port, BOUNDS))
    assert len(opened.peers) == endpoint.connections == 2
    assert endpoint.smtp.tries == 2
    assert endpoint.earlier_try is None


async def test_a_first_failure_is_forgiven_and_kept() -> None:
    async with stage(busy, good) as opened:
        endpoint, certificates = await probe(network_to(opened.port, BOUNDS))
    assert outcome(endpoint)[0] == "tls"
    assert endpoint.smtp.tries == 1
    assert endpoint.earlier_try is not None
    assert endpoint.earlier_try.greeting == Seen(Reply(code=421, lines=("too many connections",)))
    assert len(certificates) == 1
    assert [line.line for line in endpoint.transcript].count(f"Connecting to {ADDRESS}.") == 2


async def test_of_two_failures_the_one_that_got_further_counts() -> None:
    async with stage(tls_not_now, busy) as opened:
        endpoint, _ = await probe(network_to(opened.port, BOUNDS))
    assert outcome(endpoint)[:2] == ("starttls-refused", "starttls")
    assert endpoint.smtp.tries == 1
    assert endpoint.earlier_try is not None
    assert isinstance(endpoint.earlier_try.greeting, Seen)


async def test_there_is_a_pause_between_tries() -> None:
    async with stage(hangs_up) as opened:
        network = network_to(opened.port, replace(BOUNDS, retry_pause_s=0.2))
        endpoint, _ = await probe(network)
    second = next(line for line in reversed(endpoint.transcript) if line.line.startswith("Connecting"))
    assert second.at_ms >= 200


class NotedSleep:
    """Real time that leaps where it is told to sleep, and keeps for how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return time.monotonic() + sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def later_to_ehlo(peer: Peer) -> None:
    await peer.send(GREETING)
    await peer.hear(b"EHLO ")
    await peer.send(b"451 come back\r\n")
    await peer.hear(b"QUIT")


async def later_in_tls(peer: Peer) -> None:
    await peer.until_go_ahead()
    await peer.start_tls()
    await peer.hear(b"EHLO ")
    await peer.send(b"421 closing\r\n")
    await peer.hear(b"QUIT")


async def no_mail(peer: Peer) -> None:
    await peer.send(b"554 no mail\r\n")
    await peer.hear(b"QUIT")


PRODUCT = replace(BOUNDS, retry_pause_s=Bounds().retry_pause_s, busy_pause_s=Bounds().busy_pause_s)


@pytest.mark.parametrize(
    ("plays", "slept", "connections"),
    [
        ([busy], [60.0], 2),
        ([later_to_ehlo], [60.0], 2),
        ([tls_not_now], [60.0], 2),
        ([later_in_tls], [60.0], 2),
        ([alert, busy], [60.0], 3),  # it was the second offer's connection that was told to wait
        ([no_mail], [1.0], 2),
        ([hangs_up], [1.0], 2),
        ([busy, good], [60.0], 2),
        ([good], [], 1),
    ],
)
async def test_a_busy_server_is_not_hammered(plays: Any, slept: list[float], connections: int) -> None:
    """After a 421 or another 4xx the address is left alone for a minute, tried once more, and that is all."""
    async with stage(*plays) as opened:
        clock = NotedSleep()
        await probe(replace(network_to(opened.port, PRODUCT), clock=clock))
    assert (clock.slept, len(opened.peers)) == (slept, connections)


async def test_a_busy_server_is_not_tried_again_where_there_is_no_time_to_wait() -> None:
    """It was seen once, which settles nothing."""
    async with stage(busy) as opened:
        clock = NotedSleep()
        network = replace(network_to(opened.port, PRODUCT), clock=clock)
        endpoint, _ = await probe(network, clock.monotonic() + 60)
    assert (clock.slept, len(opened.peers), endpoint.smtp.tries) == ([], 1, 1)


class NotedStream:
    """A server that says nothing, and how long each read would have waited for it."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def read(self, limit: int, timeout: float) -> bytes:
        self.waits.append(timeout)
        raise StreamFailure(Failed(FailureKind.TIMEOUT))

    async def write(self, data: bytes, timeout: float) -> None:
        raise AssertionError("nothing may be said before the greeting")

    async def start_tls(self, offer: TlsOffer, server_name: DomainName, timeout: float) -> TlsSession:
        raise AssertionError("nothing may be said before the greeting")

    async def close(self) -> None:
        pass


async def test_a_greeting_is_waited_for_as_long_as_the_bounds_say() -> None:
    """The product's own, which are a minute and more: a slow greeting is no missing one (SMTP-2)."""
    streams: list[NotedStream] = []

    class Opener:
        async def dial(self, address: IPAddress, timeout: float) -> Stream:
            streams.append(NotedStream())
            return streams[-1]

    endpoint, _ = await probe(replace(network_to(0, Bounds()), dialer=Opener(), clock=NotedSleep()))
    assert [wait for stream in streams for wait in stream.waits] == pytest.approx([Bounds().greeting_s] * 2, abs=1)
    assert isinstance(endpoint.smtp.greeting, Failed)
    assert endpoint.smtp.greeting.detail == "The server did not send a greeting within 60 s."


@pytest.mark.parametrize("error", [errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ETIMEDOUT, None])
async def test_no_other_port_is_ever_dialled(error: int | None) -> None:
    """Mail for a domain goes to port 25: a server that is dead there is dead, whatever 465 or 587 would say."""
    asked: list[int] = []

    async with stage(hangs_up) as opened:

        def route(_address: IPAddress, port: int) -> tuple[str, int]:
            asked.append(port)
            if error is not None:
                raise OSError(error, "no")
            return "127.0.0.1", opened.port

        endpoint, _ = await probe(
            replace(network_to(opened.port, BOUNDS), dialer=TcpDialer(25, bounds=BOUNDS, route=route))
        )
    assert asked == [25, 25]
    assert endpoint.smtp.tries == 2


# Both offers


async def test_where_the_nist_suites_fail_every_suite_is_tried_once() -> None:
    async def only_chacha(peer: Peer) -> None:
        context = server_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE-ECDSA-CHACHA20-POLY1305")
        await peer.until_go_ahead()
        await peer.start_tls(context)
        await finish(peer)

    async with stage(only_chacha) as opened:
        endpoint, certificates = await probe(network_to(opened.port, BOUNDS))
    assert endpoint.tls.nist == HANDSHAKE_FAILURE
    assert isinstance(endpoint.tls.every, Seen)
    assert not endpoint.tls.every.value.nist
    assert outcome(endpoint)[0] == "tls"
    assert isinstance(endpoint.smtp.ehlo_tls, Seen)
    assert (len(opened.peers), len(certificates)) == (2, 1)


def answering_hello(answer: bytes) -> Any:
    async def play(peer: Peer) -> None:
        await peer.until_go_ahead()
        await peer.client_hello()
        await peer.send(answer)

    return play


@pytest.mark.parametrize(
    ("answer", "kind", "slept"),
    [
        (ALERT_40, FailureKind.ALERT, []),
        (b"\x15\x03\x03\x00\x02\x02\x50", FailureKind.HANDSHAKE, [1.0]),  # internal_error
        (b"\x15\x03\x03\x00\x02\x02\xee", FailureKind.HANDSHAKE, [1.0]),  # an alert that nobody knows
        (b"500 what?\r\n", FailureKind.HANDSHAKE, [1.0]),
        (bytes(range(20, 256)) * 4, FailureKind.HANDSHAKE, [1.0]),
        (b"", FailureKind.CLOSED, [1.0]),
    ],
    ids=["alert 40", "alert 80", "alert 238", "text", "junk", "end"],
)
async def test_two_handshakes_that_fail_are_two_tries(answer: bytes, kind: FailureKind, slept: list[float]) -> None:
    """A rejection is an answer: there is nothing to wait for. Anything else may pass, so a pause lies between."""
    async with stage(answering_hello(answer)) as opened:
        clock = NotedSleep()
        endpoint, _ = await probe(replace(network_to(opened.port, PRODUCT), clock=clock))
    assert isinstance(endpoint.tls.nist, Failed)
    assert isinstance(endpoint.tls.every, Failed)
    assert (endpoint.tls.nist.failure, endpoint.tls.every.failure) == (kind, kind)
    assert outcome(endpoint)[:2] == ("closed" if kind is FailureKind.CLOSED else "handshake-failed", "handshake")
    assert (len(opened.peers), endpoint.smtp.tries, clock.slept) == (2, 2, slept)


async def test_a_second_connection_that_ends_before_tls_says_nothing_of_the_suites() -> None:
    async with stage(alert, busy, good) as opened:
        endpoint, _ = await probe(network_to(opened.port, BOUNDS))
    assert outcome(endpoint)[0] == "tls"
    assert isinstance(endpoint.tls.every, NotTried)
    assert endpoint.earlier_try is not None
    assert len(opened.peers) == 3


async def test_an_old_version_is_agreed_on() -> None:
    async def tls_1_0(peer: Peer) -> None:
        context = server_context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
        await peer.until_go_ahead()
        await peer.start_tls(context)
        await finish(peer)

    async with stage(tls_1_0) as opened:
        endpoint, _ = await probe(network_to(opened.port, BOUNDS))
    assert isinstance(endpoint.tls.nist, Seen)
    assert endpoint.tls.nist.value.version == "TLSv1.0"


@pytest.mark.parametrize(
    "issued",
    [AUTHORITY.self_signed([HOST]), AUTHORITY.issue(["other.example.test"])],
    ids=["self-signed", "wrong name"],
)
async def test_a_bad_certificate_is_a_fact_and_no_failure(issued: Any) -> None:
    """Verification is a judgement on facts, never part of connecting."""

    async def play(peer: Peer) -> None:
        await peer.until_go_ahead()
        await peer.start_tls(server_context(issued))
        await finish(peer)

    async with stage(play) as opened:
        endpoint, (certificate,) = await probe(network_to(opened.port, BOUNDS))
    assert outcome(endpoint)[0] == "tls"
    assert not certificate.trusted or certificate.matches == ()


async def test_a_host_name_that_sni_cannot_carry_is_probed_all_the_same() -> None:
    odd = DomainName("a" * 70 + ".example.test")
    async with stage(good) as opened:
        endpoint, _ = await probe_endpoint(odd, ADDRESS, network_to(opened.port, BOUNDS), NOW)
    assert outcome(endpoint)[0] == "tls"


# What is not tried


@pytest.mark.parametrize(
    ("address", "changes", "reason"),
    [
        (IPv4Address("127.0.0.1"), {}, Reason.BLOCKED_ADDRESS),
        (IPv6Address("::1"), {}, Reason.BLOCKED_ADDRESS),
        (ADDRESS, {"ipv4": False}, Reason.NO_ADDRESS_FAMILY),
        (IPv6Address("2a00::1"), {"ipv6": False}, Reason.NO_ADDRESS_FAMILY),
    ],
)
async def test_what_may_or_can_not_be_dialled_is_not_tried(address: Any, changes: Any, reason: Reason) -> None:
    async with stage(good) as opened:
        network = replace(network_to(opened.port, BOUNDS), **changes)
        endpoint, _ = await probe_endpoint(HOST, address, network, NOW)
    assert endpoint.not_tried is not None
    assert (endpoint.not_tried.reason, endpoint.connections, opened.peers) == (reason, 0, [])
    assert endpoint.not_tried.detail.endswith(".")


# Deadlines


async def test_the_deadline_ends_a_visit_as_our_fault_and_keeps_what_was_known() -> None:
    async def slow(peer: Peer) -> None:
        await peer.send(GREETING)
        await peer.silence()

    async with stage(slow) as opened:
        network = network_to(opened.port, BOUNDS)
        endpoint, _ = await probe(network, network.clock.monotonic() + 0.2)
    assert isinstance(endpoint.smtp.greeting, Seen)
    assert isinstance(endpoint.smtp.ehlo, Failed)
    assert endpoint.smtp.ehlo.failure is FailureKind.DEADLINE
    assert outcome(endpoint)[:2] == ("not-tried", "ehlo")
    assert len(opened.peers) == 1


async def test_a_handshake_cut_short_by_the_deadline_is_our_fault() -> None:
    async def slow(peer: Peer) -> None:
        await peer.until_go_ahead()
        await peer.silence()

    async with stage(slow) as opened:
        network = network_to(opened.port, BOUNDS)
        endpoint, _ = await probe(network, network.clock.monotonic() + 0.3)
    assert isinstance(endpoint.tls.nist, Failed)
    assert endpoint.tls.nist.failure is FailureKind.DEADLINE


async def test_a_second_try_that_our_deadline_cuts_short_does_not_hide_the_first() -> None:
    async with stage(hangs_up, mute) as opened:
        network = network_to(opened.port, BOUNDS)
        endpoint, _ = await probe(network, network.clock.monotonic() + 0.3)
    assert outcome(endpoint)[:2] in (("closed", "greeting"), ("reset", "greeting"))
    assert endpoint.smtp.tries == 1


async def test_without_time_nothing_is_dialled_in_vain() -> None:
    async with stage(mute) as opened:
        network = network_to(opened.port, BOUNDS)
        endpoint, _ = await probe(network, network.clock.monotonic() - 1)
    assert outcome(endpoint)[:2] == ("not-tried", "connect")


# Memory and courtesy


async def test_an_address_is_asked_once_for_many_and_the_second_time_from_memory() -> None:
    async with stage(good) as opened:
        network = network_to(opened.port, BOUNDS)
        visits = await asyncio.gather(*(probe(network) for _ in range(5)))
        later, _ = await probe(network)
    assert len(opened.peers) == 1
    assert {replace(visit[0], connections=0) for visit in visits} == {replace(visits[0][0], connections=0)}
    assert sorted(visit[0].connections for visit in visits) == [0, 0, 0, 0, 1]
    assert visits[0][0].reused is None
    assert later.reused is not None
    assert (later.connections, later.smtp) == (0, visits[0][0].smtp)


async def test_fresh_visits_anew_and_is_remembered() -> None:
    async with stage(busy, busy, good) as opened:
        network = network_to(opened.port, BOUNDS)
        before, _ = await probe(network)
        async with asyncio.timeout(PATIENCE_S):
            anew, _ = await probe_endpoint(HOST, ADDRESS, network, NOW, fresh=True)
        after, _ = await probe(network)
    assert [outcome(visited)[0] for visited in (before, anew, after)] == ["greeting-4xx", "tls", "tls"]
    assert (len(opened.peers), anew.connections, anew.reused) == (3, 1, None)
    assert after.reused is not None


async def test_another_scans_deadline_is_not_ours() -> None:
    """Two scans want one address; the first has 0.2 s left. The second asks for itself, and that is remembered."""

    async def too_slow(peer: Peer) -> None:
        await peer.send(GREETING)
        await peer.silence()

    async with stage(too_slow, good) as opened:
        network = network_to(opened.port, BOUNDS)
        (short, _), (ample, _) = await asyncio.gather(probe(network, network.clock.monotonic() + 0.2), probe(network))
        later, _ = await probe(network)
    assert outcome(short)[:2] == ("not-tried", "ehlo")
    assert [outcome(visited)[0] for visited in (ample, later)] == ["tls", "tls"]
    assert (len(opened.peers), short.connections, ample.connections, ample.reused) == (2, 1, 1, None)
    assert later.reused is not None


async def test_a_first_try_that_our_deadline_left_alone_is_not_remembered() -> None:
    """It settles nothing (requirements GEN-3), and who has time can try twice."""
    async with stage(hangs_up) as opened:
        network = network_to(opened.port, replace(BOUNDS, retry_pause_s=1.0))
        once, _ = await probe(network, network.clock.monotonic() + 0.5)
        twice, _ = await probe(replace(network, bounds=BOUNDS))
    assert (once.smtp.tries, twice.smtp.tries, twice.reused) == (1, 2, None)


async def test_another_host_of_the_same_address_is_another_question() -> None:
    """SNI decides which certificate is shown."""
    async with stage(good) as opened:
        network = network_to(opened.port, BOUNDS)
        await probe(network)
        await probe_endpoint(DomainName("other.example.test"), ADDRESS, network, NOW)
    assert len(opened.peers) == 2


async def test_an_address_gets_no_more_connections_at_once_than_courtesy_allows() -> None:
    open_now, most = 0, 0

    async def counting(peer: Peer) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        try:
            await asyncio.sleep(0.02)
            await no_starttls(peer)
        finally:
            open_now -= 1

    async with stage(counting) as opened:
        network = network_to(opened.port, replace(BOUNDS, connections_per_address=2))
        hosts = [DomainName(f"mx{i}.example.test") for i in range(6)]
        await asyncio.gather(*(probe_endpoint(host, ADDRESS, network, NOW) for host in hosts))
    assert len(opened.peers) == 6
    assert most == 2


@pytest.mark.parametrize(
    ("play", "want"),
    [(good, "lasting"), (no_starttls, "lasting"), (busy, "passing"), (hangs_up, "passing"), (alert, "passing")],
)
async def test_failures_are_remembered_for_a_short_while_only(play: Any, want: str) -> None:
    async with stage(play) as opened:
        assert worth(await probe(network_to(opened.port, BOUNDS))) == want


# Our own mistakes


class _BrokenStream:
    """A stream with a bug: it fails in a way that no stream may, when it is written to for the nth time."""

    def __init__(self, stream: Stream, writes: int) -> None:
        self._stream = stream
        self._writes = writes

    async def read(self, limit: int, timeout: float) -> bytes:
        return await self._stream.read(limit, timeout)

    async def write(self, data: bytes, timeout: float) -> None:
        self._writes -= 1
        if self._writes < 0:
            raise ZeroDivisionError("said by \x1b[2J a " + "peer")
        await self._stream.write(data, timeout)

    async def start_tls(self, offer: TlsOffer, server_name: DomainName, timeout: float) -> TlsSession:
        return await self._stream.start_tls(offer, server_name, timeout)

    async def close(self) -> None:
        await self._stream.close()


class _BrokenDialer:
    def __init__(self, dialer: TcpDialer, writes: int) -> None:
        self._dialer = dialer
        self._writes = writes

    async def dial(self, address: IPv4Address | IPv6Address, timeout: float) -> Stream:
        return _BrokenStream(await self._dialer.dial(address, timeout), self._writes)


@pytest.mark.parametrize(("writes", "stage_name"), [(0, "ehlo"), (1, "starttls"), (2, "ehlo_tls")])
async def test_a_mistake_of_ours_costs_one_fact(writes: int, stage_name: str, caplog: pytest.LogCaptureFixture) -> None:
    async with stage(good) as opened:
        network = network_to(opened.port, BOUNDS)
        assert isinstance(network.dialer, TcpDialer)
        network = replace(network, dialer=_BrokenDialer(network.dialer, writes))
        endpoint, _ = await probe(network)
    failed = getattr(endpoint.smtp, stage_name)
    assert isinstance(failed, Failed)
    assert failed.failure is FailureKind.INTERNAL
    assert isinstance(endpoint.smtp.greeting, Seen)
    assert outcome(endpoint)[0] == "not-tried"
    assert "ZeroDivisionError" in caplog.text
    assert "a peer" not in caplog.text
    assert len(opened.peers) == 1


async def test_cancelling_a_visit_lets_go_of_the_connection() -> None:
    came, gone = asyncio.Event(), asyncio.Event()

    async def play(peer: Peer) -> None:
        came.set()
        try:
            await peer.silence()
        finally:
            gone.set()

    async with stage(play) as opened:
        network = network_to(opened.port, BOUNDS)
        task = asyncio.create_task(probe(network))
        async with asyncio.timeout(PATIENCE_S):
            await came.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await gone.wait()
