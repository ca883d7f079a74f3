"""The questions of the plan, put to servers on loopback: in what order, how many, and when they end."""

import asyncio
from dataclasses import replace
from ipaddress import ip_address

import pytest

from checker.allowance import Allowance
from checker.connection import ALL_SPENT, Errand
from checker.facts import EndpointFacts
from checker.interview import interview, take_inventory
from checker.network.bounds import Bounds
from checker.network.ports import Courtesy, Purpose
from checker.observation import Seen
from checker.smtp.facts import SmtpFacts, StageTimes
from checker.tls.facts import Handshake, TlsFacts
from checker.tls.known import First
from checker.waiting import nobody
from tests.interviews import ALL, ALL_IN_TURN, LONG, OLD, asked, played, refuses
from tests.peers import ADDRESS, HOST, Peer, Play, server_context
from tests.plays import NOW, busy, hangs_up


class Counter:
    """Plays, and counts how many play at once."""

    def __init__(self) -> None:
        self.now = 0
        self.seen: list[int] = []

    def __call__(self, play: Play) -> Play:
        async def counted(peer: Peer) -> None:
            self.now += 1
            self.seen.append(self.now)
            try:
                await play(peer)
            finally:
                self.now -= 1

        return counted


async def test_a_server_of_the_library() -> None:
    """TLS 1.2 and 1.3 with an ECDSA certificate: complete, in as many connections as were counted."""
    context = server_context()

    async def play(peer: Peer) -> None:
        await peer.until_go_ahead()
        await peer.start_tls(context)

    first = First(version="TLSv1.3", suite=0x1302, proof="ECDSA", group=29, curve=23)
    async with played(play) as (network, _, peers):
        found = await asked(network, first=first)
        assert found.connections == len(peers) <= 8
    assert found.missing == ()
    assert {"TLSv1.2", "TLSv1.3"} <= {*found.accepted_versions}
    assert found.secure_renegotiation is True
    assert found.heartbeat is False
    assert "null" in found.rejected_kinds
    assert len(found.chains) == 1


async def test_four_at_a_time() -> None:
    count = Counter()
    async with played(count(refuses)) as (network, clock, peers):
        found = await asked(network)
        assert len(peers) == found.connections == ALL
    assert max(count.seen) == 4
    assert clock.slept == []
    assert found.missing == ()


async def test_one_at_a_time_what_tells_most_comes_first() -> None:
    count = Counter()
    async with played(count(refuses)) as (network, _, _):
        found = await asked(network, at_once=1)
    assert max(count.seen) == 1
    assert len(found.asked) == ALL_IN_TURN
    assert found.asked[0].asks == "Versions below TLS 1.2"


async def test_later_ends_those_under_way_then_a_pause_then_one_at_a_time() -> None:
    """RFC 5321 section 3.8: 421 means that the server is closing the channel, not that the answer is no."""
    count = Counter()
    plays = [count(refuses), count(refuses), busy, *[count(refuses)] * 20]
    async with played(*plays) as (network, clock, _):
        found = await asked(network)
    assert clock.slept == [60.0]
    assert found.missing == ()
    assert found.connections == len(found.asked) + 1
    assert set(count.seen[4:]) == {1}


async def test_several_at_once_say_later_and_it_counts_once() -> None:
    async with played(refuses, busy, busy, busy, refuses) as (network, clock, _):
        found = await asked(network)
    assert clock.slept == [60.0]
    assert found.missing == ()


async def test_later_a_second_time_ends_it_and_what_is_known_stays() -> None:
    async with played(*[refuses] * 3, busy, busy) as (network, clock, peers):
        found = await asked(network)
        assert len(peers) == 5
    assert clock.slept == [60.0]
    assert found.missing == ("The server asked us to come back later, twice.",)
    assert len(found.asked) == 3


async def test_later_with_no_time_for_the_pause_ends_it() -> None:
    async with played(busy) as (network, clock, _):
        found = await asked(network, left=30)
    assert (clock.slept, found.missing) == ([], ("The scan’s time was up.",))
    assert found.rejected_versions == ("TLSv1.3",)


async def test_a_server_that_stops_answering_is_left_alone_too() -> None:
    """Not hammered with two tries of every question."""
    async with played(hangs_up) as (network, clock, peers):
        found = await asked(network)
        assert len(peers) <= 2 * 4 + 2
    assert clock.slept.count(60.0) == 1
    assert "The server stopped answering, twice." in found.missing
    assert found.rejected_kinds == ()


async def test_a_reset_now_and_then_is_tried_again() -> None:
    async def resets(peer: Peer) -> None:
        await peer.until_go_ahead()
        await peer.take()
        peer.reset()

    async with played(refuses, resets, refuses) as (network, clock, peers):
        found = await asked(network)
        assert len(peers) == found.connections == len(found.asked)
    assert clock.slept == [LONG.retry_pause_s]
    assert sum("reset" in one.answer for one in found.asked) == 1
    assert found.missing == ()


async def test_an_unclear_answer_is_named_and_no_no() -> None:
    async def mumbles(peer: Peer) -> None:
        await peer.until_go_ahead()
        await peer.take()
        await peer.send(b"\x15\x03\x03\x00\x02\x02\x50")

    async with played(mumbles) as (network, _, _):
        found = await asked(network)
    assert found.rejected_kinds == ()
    assert found.rejected_versions == ("TLSv1.3",)  # the handshake that came first shows it
    assert any("alert 80" in why for why in found.missing)


async def test_the_deadline_ends_it() -> None:
    async def silent(peer: Peer) -> None:
        await peer.until_go_ahead()
        await peer.silence()

    async with played(refuses, silent, bounds=replace(LONG, handshake_s=30.0)) as (network, _, peers):
        found = await asked(network, left=0.5)
        assert len(peers) <= 5
    assert "The scan’s time was up." in found.missing


@pytest.mark.parametrize("spend", [1, 3, 5])
async def test_no_more_connections_than_the_scan_has(spend: int) -> None:
    async with played(refuses) as (network, _, peers):
        found = await asked(network, spend=spend)
        assert len(peers) == found.connections == spend
    assert found.missing.count(ALL_SPENT.detail) == 1


async def test_two_interviews_of_one_scan_share_what_it_has() -> None:
    async with played(refuses) as (network, _, peers):
        allowance = Allowance(6)
        errand = Errand(HOST, ADDRESS, network, NOW, network.clock.monotonic() + 60, allowance, nobody)
        other = replace(errand, address=ip_address("192.52.193.2"))
        await asyncio.gather(*(interview(one, OLD, "verdict", at_once=4) for one in (errand, other)))
        assert len(peers) == 6


class BreaksDown:
    """Courtesy with a mistake of ours in it, from the third place on."""

    def __init__(self, inner: Courtesy) -> None:
        self._inner, self._places = inner, 0

    def slot(self, address, purpose: Purpose = "mail"):  # type: ignore[no-untyped-def]
        self._places += 1
        if self._places > 2:
            raise ZeroDivisionError
        return self._inner.slot(address, purpose)

    async def note_slow(self, address) -> None:  # type: ignore[no-untyped-def]
        raise AssertionError

    async def note_busy(self, address) -> None:  # type: ignore[no-untyped-def]
        raise AssertionError


async def test_a_mistake_of_ours_costs_the_rest_and_nothing_of_what_is_known(caplog: pytest.LogCaptureFixture) -> None:
    async with played(refuses) as (network, _, _):
        broken = replace(network, courtesy=BreaksDown(network.courtesy))  # type: ignore[arg-type]
        found = await asked(broken, at_once=1)
    assert found.missing == ("Mailseal made a mistake here. It says nothing about this server.",)
    assert len(found.asked) == 2
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(("greeting_ms", "most"), [(100, 4), (2500, 1)])
async def test_a_slow_greeting_means_one_at_a_time(greeting_ms: int, most: int) -> None:
    count = Counter()
    handshake = Handshake(version="TLSv1.2", suite="TLS_RSA_WITH_AES_128_CBC_SHA", nist=True, certificate=None)
    endpoint = EndpointFacts(
        address=ADDRESS,
        smtp=SmtpFacts(stages_ms=StageTimes(greeting=greeting_ms)),
        tls=TlsFacts(nist=Seen(handshake)),
    )
    async with played(count(refuses)) as (network, _, _):
        errand = Errand(HOST, ADDRESS, network, NOW, network.clock.monotonic() + 60, Allowance(50), nobody)
        await take_inventory(errand, endpoint, None, "verdict", fresh=True)
    assert max(count.seen) == most


@pytest.mark.parametrize(
    ("greeted_in_ms", "seconds"), [(None, 60.0), (0, 10.0), (1000, 13.0), (6000, 28.0), (20000, 60.0)]
)
async def test_only_the_first_greeting_is_waited_for_a_minute(greeted_in_ms: int | None, seconds: float) -> None:
    """A postscreen that took its six seconds gets them again; who greeted at once and then doesn't is no such one."""
    async with played(refuses, bounds=Bounds()) as (network, _, _):
        errand = Errand(HOST, ADDRESS, network, NOW, 600.0, Allowance(50), nobody, greeted_in_ms)
        assert errand.greeting_s == seconds


async def test_who_stops_greeting_holds_an_interview_no_longer_than_was_measured() -> None:
    async def mute(peer: Peer) -> None:
        await peer.silence()

    smtp = SmtpFacts(stages_ms=StageTimes(greeting=0))
    handshake = Handshake(version="TLSv1.2", suite="TLS_RSA_WITH_AES_128_CBC_SHA", nist=True, certificate=None)
    endpoint = EndpointFacts(address=ADDRESS, smtp=smtp, tls=TlsFacts(nist=Seen(handshake)))
    bounds = replace(LONG, greeting_s=60.0, greeting_again_s=0.05)
    async with played(mute, bounds=bounds) as (network, _, _), asyncio.timeout(20):
        errand = Errand(HOST, ADDRESS, network, NOW, network.clock.monotonic() + 600, Allowance(50), nobody)
        tls, _ = await take_inventory(errand, endpoint, None, "verdict", fresh=True)
    assert tls.inventory is not None
    assert "The server stopped answering, twice." in tls.inventory.missing
    assert all("within 0.05 s" in one.answer for one in tls.inventory.asked)
