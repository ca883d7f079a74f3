"""One address, tried again: when and how soon, with which suites, and what counts (requirements GEN-3)."""

import errno
import ssl
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest

from checker.endpoint import probe_endpoint
from checker.names import DomainName, IPAddress
from checker.network.bounds import Bounds
from checker.network.courtesy import InProcessCourtesy
from checker.network.ports import Stream, StreamFailure, TlsOffer, TlsSession
from checker.network.streams import TcpDialer
from checker.observation import Failed, FailureKind, NotTried, Seen
from checker.outcome import outcome
from checker.smtp.facts import Reply
from tests.peers import (
    ADDRESS,
    AUTHORITY,
    HOST,
    Peer,
    network_to,
    server_context,
    stage,
)
from tests.plays import (
    ALERT_40,
    BOUNDS,
    HANDSHAKE_FAILURE,
    NOW,
    PRODUCT,
    NotedSleep,
    alert,
    answering_hello,
    busy,
    finish,
    good,
    hangs_up,
    later_in_tls,
    later_to_ehlo,
    no_mail,
    no_starttls,
    probe,
    tls_not_now,
)


async def test_a_server_without_starttls_is_not_asked_again() -> None:
    async with stage(no_starttls) as opened:
        endpoint, certificates = await probe(network_to(opened.port, BOUNDS))
    assert outcome(endpoint)[:2] == ("no-starttls", "ehlo")
    assert (len(opened.peers), certificates) == (1, ())


@pytest.mark.parametrize(
    ("play", "heard"),
    [
        (good, ["connect", "greeting", "ehlo", "starttls", "handshake", "ehlo-tls", None]),
        (hangs_up, ["connect", "greeting", "pause", "connect", "greeting"]),
    ],
)
async def test_who_watches_hears_each_stage_that_is_waited_for(play: Any, heard: list[str | None]) -> None:
    """In order, each once; and the pause between two tries."""
    stages: list[str | None] = []
    async with stage(play) as opened:
        await probe_endpoint(HOST, ADDRESS, network_to(opened.port, BOUNDS), NOW, watch=stages.append)
    assert [each for each, _ in groupby(stages)] == heard


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
        courtesy = InProcessCourtesy(clock, PRODUCT)
        await probe(replace(network_to(opened.port, PRODUCT), clock=clock, courtesy=courtesy))
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
