"""What one scan learns by its questions and another may have: how long, how much of it, and what it asks instead."""

from dataclasses import replace

import pytest

from checker.allowance import Allowance
from checker.connection import ALL_SPENT, Errand
from checker.facts import Depth, EndpointFacts
from checker.interview import Interviewed, interview, take_inventory, worth
from checker.names import DomainName
from checker.network.memory import InProcessMemory
from checker.observation import Seen
from checker.smtp.facts import SmtpFacts
from checker.tls.facts import Handshake, Inventory, TlsFacts
from checker.waiting import nobody
from tests.fact_builders import certificate
from tests.interviews import ALL, ALL_IN_TURN, LONG, OLD, played, refuses
from tests.peers import ADDRESS, HOST, Peer
from tests.plays import BOUNDS, NOW


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


async def test_a_second_deep_scan_within_the_hour_has_the_answers_of_a_verdict() -> None:
    """Those that are remembered, if any are, and what it didn't ask is named; a whole deep scan stays remembered."""
    handshake = Handshake(version="TLSv1.2", suite="TLS_RSA_WITH_AES_128_CBC_SHA", nist=True, certificate=None)
    endpoint = EndpointFacts(address=ADDRESS, smtp=SmtpFacts(), tls=TlsFacts(nist=Seen(handshake)))
    async with played(refuses) as (opened, clock, peers):
        network = replace(opened, memory=InProcessMemory(clock, LONG))

        async def asked_for(depth: Depth, *, fresh: bool = False) -> tuple[Inventory, bool, int]:
            before = len(peers)
            errand = Errand(HOST, ADDRESS, network, NOW, clock.monotonic() + 60, Allowance(200), nobody)
            tls, _ = await take_inventory(errand, endpoint, None, depth, fresh=fresh)
            assert tls.inventory is not None
            return tls.inventory, tls.inventory_reused is not None, len(peers) - before

        verdict, _, _ = await asked_for("verdict")
        deep, _, _ = await asked_for("deep")
        assert (await asked_for("deep"))[1:] == (True, 0)
        anew, is_reused, connections = await asked_for("deep", fresh=True)
        assert (is_reused, connections) == (False, ALL)
        assert "less than an hour ago" in anew.missing[-1]
        assert set(anew.asked) == set(verdict.asked) < set(deep.asked)
        assert (await asked_for("deep"))[0] == replace(deep, connections=0)
        clock.slept.append(BOUNDS.memory_s)
        assert (await asked_for("verdict"))[1:] == (False, ALL)
        later, is_reused, connections = await asked_for("deep")
        assert (is_reused, connections, later.connections) == (True, 0, 0)
        assert "less than an hour ago" in later.missing[-1]


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
