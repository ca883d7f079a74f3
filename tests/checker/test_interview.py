"""The questions of the plan, put to servers on loopback: in what order, how many, and when they end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_address
from typing import cast

import pytest

from checker.allowance import Allowance
from checker.connection import ALL_SPENT, Errand
from checker.facts import Depth, EndpointFacts
from checker.interview import Interviewed, _injected, interview, take_inventory, worth
from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.courtesy import InProcessCourtesy
from checker.network.ports import Courtesy, Network, Purpose, Stream, StreamFailure
from checker.observation import Failed, FailureKind, Seen
from checker.smtp.facts import SmtpFacts, StageTimes
from checker.tls.answer import Replied, Unclear
from checker.tls.facts import Handshake, Inventory, TlsFacts
from checker.tls.known import First
from checker.waiting import nobody
from tests.fact_builders import certificate
from tests.peers import ADDRESS, BYE, EHLO, EHLO_IN_TLS, GREETING, HOST, Peer, Play, network_to, server_context, stage
from tests.plays import ALERT_40, BOUNDS, NOW, NotedSleep, busy, hangs_up

LONG = replace(BOUNDS, busy_pause_s=60.0)
OLD = First(version="TLSv1.2", suite=0xC02F, proof="RSA")
ALL = 7  # questions that a server gets that refuses everything, as a verdict
ALL_IN_TURN = 6  # one at a time: by then an answer has spoken for two


async def refuses(peer: Peer) -> None:
    """Grants STARTTLS and takes no offer."""
    await peer.until_go_ahead()
    await peer.take()
    await peer.send(ALERT_40)


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


async def asked(
    network: Network,
    *,
    depth: Depth = "verdict",
    first: First = OLD,
    at_once: int = 4,
    left: float = 300,
    spend: int = 200,
) -> Inventory:
    errand = Errand(HOST, ADDRESS, network, NOW, network.clock.monotonic() + left, Allowance(spend), nobody)
    async with asyncio.timeout(20):
        return (await interview(errand, first, depth, at_once=at_once)).inventory


@asynccontextmanager
async def played(*plays: Play, bounds: Bounds = LONG) -> AsyncIterator[tuple[Network, NotedSleep, list[Peer]]]:
    clock = NotedSleep()
    async with stage(*plays) as opened:
        network = replace(network_to(opened.port, bounds), clock=clock, courtesy=InProcessCourtesy(clock, bounds))
        yield network, clock, opened.peers


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


# A command behind STARTTLS


def injected(ends: Play) -> Play:
    """Takes no offer; what it does about a command behind STARTTLS is ``ends``."""

    async def play(peer: Peer) -> None:
        await peer.send(GREETING)
        await peer.hear(b"EHLO ")
        await peer.send(EHLO)
        await peer.hear(b"STARTTLS")
        if peer.behind:
            assert peer.behind == b"NOOP\r\n"
            await ends(peer)
        else:
            await peer.send(b"220 go ahead\r\n")
            await peer.take()
            await peer.send(ALERT_40)

    return play


def in_tls(*before_ehlo: bytes) -> Play:
    async def play(peer: Peer) -> None:
        peer.forget()
        await peer.send(b"220 go ahead\r\n")
        await peer.start_tls()
        for reply in before_ehlo:
            await peer.send(reply)
        await peer.hear(b"EHLO ")
        await peer.send(EHLO_IN_TLS)
        await peer.hear(b"QUIT")
        await peer.send(BYE)

    return play


async def says_no(peer: Peer) -> None:
    await peer.send(b"500 improper pipelining\r\n")


async def says_later(peer: Peer) -> None:
    await peer.send(b"421 improper pipelining\r\n")


async def leaves(peer: Peer) -> None:
    peer.reset()


async def takes_it_for_tls(peer: Peer) -> None:
    await peer.send(b"220 go ahead\r\n")
    await peer.send(b"\x15\x03\x03\x00\x02\x02\x0a")


async def goes_silent(peer: Peer) -> None:
    peer.forget()
    await peer.send(b"220 go ahead\r\n")
    await peer.start_tls()
    await peer.hear(b"EHLO ")
    await peer.send(EHLO_IN_TLS)


@pytest.mark.parametrize(
    ("ends", "obeys"),
    [
        (in_tls(), False),
        (in_tls(b"250 ok\r\n"), True),
        (says_no, False),
        (leaves, False),
        (takes_it_for_tls, False),
        (goes_silent, None),
    ],
    ids=["forgets it", "obeys it", "500", "leaves", "takes it for TLS", "no answer to QUIT"],
)
async def test_a_command_behind_starttls(ends: Play, obeys: bool | None) -> None:
    """Inside TLS nothing may be obeyed that was sent before (RFC 3207 section 4.2); it is asked last."""
    async with played(injected(ends)) as (network, clock, _):
        found = await asked(network, depth="deep")

    assert found.plaintext_injection is obeys
    assert 60.0 not in clock.slept
    assert found.asked[-1].asks == "A command sent in clear behind STARTTLS"
    assert any("STARTTLS" in why for why in found.missing) is (obeys is None)


async def test_later_is_no_answer_to_a_command_behind_starttls() -> None:
    """It may have nothing to do with the command: asked once more after the pause, then not determined."""
    async with played(injected(says_later)) as (network, clock, _):
        found = await asked(network, depth="deep")
    assert found.plaintext_injection is None
    assert clock.slept.count(60.0) == 1
    assert "The server asked us to come back later, twice." in found.missing


async def test_what_depends_on_the_name_is_not_told_of_another() -> None:
    """A thousand domains share the answers of one address, but not its certificates for one of them."""
    asked = Interviewed(
        host=HOST,
        inventory=Inventory(accepted_versions=("TLSv1.2",), chains=("c1",), unknown_name="same", no_name="other"),
        certificates=(certificate(str(HOST)),),
    )
    assert asked.known_for(HOST) == asked
    other = asked.known_for(DomainName("elsewhere.test"))
    assert (other.host, other.certificates) == ("elsewhere.test", ())
    assert other.inventory.missing
    assert replace(other.inventory, missing=()) == Inventory(accepted_versions=("TLSv1.2",))


@pytest.mark.parametrize(
    ("missing", "is_cut_short", "want"),
    [((), False, "lasting"), (("The server asked us to come back later.",), False, "passing"), (("x",), True, "ours")],
)
def test_what_an_interview_is_worth(missing: tuple[str, ...], is_cut_short: bool, want: str) -> None:
    """What one scan had no time or no connections left for is no other scan's answer."""
    told = Interviewed(host=HOST, inventory=Inventory(missing=missing), is_cut_short=is_cut_short)
    assert worth(told) == want


async def test_an_interview_without_connections_left_is_no_other_scans_answer() -> None:
    async with played(refuses) as (network, _, _):
        errand = Errand(HOST, ADDRESS, network, NOW, network.clock.monotonic() + 300, Allowance(2), nobody)
        told = await interview(errand, OLD, "verdict", at_once=4)
    assert (told.is_cut_short, told.inventory.missing) == (True, (ALL_SPENT.detail,))


async def test_an_interview_whose_last_question_was_cut_off_is_no_other_scans_answer() -> None:
    """The first try of it is unclear by itself; the second is still under way when the time is up."""

    async def mumbles(peer: Peer) -> None:
        await peer.until_go_ahead()
        await peer.take()
        await peer.send(b"\x15\x03\x03\x00\x02\x02\x50")

    async def silent(peer: Peer) -> None:
        await peer.until_go_ahead()
        await peer.silence()

    plays = [refuses] * (ALL_IN_TURN - 1) + [mumbles, silent]
    async with played(*plays, bounds=replace(LONG, handshake_s=30.0)) as (network, _, _):
        deadline = network.clock.monotonic() + LONG.retry_pause_s + 2
        errand = Errand(HOST, ADDRESS, network, NOW, deadline, Allowance(50), nobody)
        told = await interview(errand, OLD, "verdict", at_once=1)
    assert told.is_cut_short
    assert len(told.inventory.missing) == 1


@pytest.mark.parametrize(
    ("kind", "is_answer"),
    [
        (FailureKind.CLOSED, True),  # it would have nothing to do with what was pushed
        (FailureKind.HANDSHAKE, True),
        (FailureKind.TIMEOUT, False),
        (FailureKind.INTERNAL, False),
        (FailureKind.DEADLINE, False),
    ],
)
async def test_only_the_servers_own_end_tells_that_it_is_safe_from_injection(
    kind: FailureKind, is_answer: bool
) -> None:
    """A silence, or a mistake of ours, says nothing about it."""

    class Fails:
        async def start_tls(self, *_: object) -> None:
            raise StreamFailure(Failed(kind))

    network = network_to(1, BOUNDS)
    errand = Errand(HOST, ADDRESS, network, NOW, network.clock.monotonic() + 60, Allowance(1), nobody)
    answer = await _injected(cast("Stream", Fails()), errand, 5)
    assert isinstance(answer, Replied if is_answer else Unclear)
