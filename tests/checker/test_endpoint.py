"""One address, visited: what it shows, memory, courtesy, deadlines, and our own mistakes."""

import asyncio
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest

from checker.endpoint import probe_endpoint, worth
from checker.names import DomainName
from checker.network.bounds import Caps
from checker.network.ports import Stream, TlsOffer, TlsSession
from checker.network.streams import TcpDialer
from checker.observation import Failed, FailureKind, Reason, Seen
from checker.outcome import outcome
from tests.peers import (
    ADDRESS,
    GREETING,
    HOST,
    Peer,
    network_to,
    server_context,
    stage,
)
from tests.plays import (
    BOUNDS,
    NOW,
    PATIENCE_S,
    alert,
    busy,
    finish,
    good,
    hangs_up,
    mute,
    no_starttls,
    probe,
)


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
    assert outcome(short)[0] == "not-tried"
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
        network = network_to(opened.port, replace(BOUNDS, caps=Caps(at_once=2)))
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
