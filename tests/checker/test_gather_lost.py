"""A server that has nothing but what TLS libraries have given up: it is asked all the same, and that is told."""

from dataclasses import replace

import pytest

from checker.assessment.verdict import assess
from checker.facts import ScanRequest
from checker.gather import gather
from checker.names import parse_domain
from checker.outcome import outcome
from checker.report.build import build
from checker.tls.record_layer import ContentType, push_record
from sandbox.resolver import TableResolver
from tests.peers import Peer, Play, network_to, stage
from tests.plays import ALERT_40, BOUNDS, NOW

SSLV3, RC4_SHA, AES_SHA = 0x0300, bytes((0x00, 0x05)), bytes((0x00, 0x2F))
SUITES_AT = 44  # in a hello without a session id: behind headers, version, random and two lengths


async def only_sslv3(peer: Peer) -> None:
    """Where it is offered RC4 it chooses that, in SSLv3 as any old server would, and otherwise sends an alert."""
    await peer.until_go_ahead()
    hello = await peer.take()
    offered = {hello[at : at + 2] for at in range(SUITES_AT + 2, len(hello), 2)}
    if hello[SUITES_AT - 1] or RC4_SHA not in offered:
        await peer.send(ALERT_40)
    else:
        await choose(peer, RC4_SHA)


async def pushes_down(peer: Peer) -> None:
    """It chooses SSLv3 from whatever has the suite that every library has."""
    await peer.until_go_ahead()
    hello = await peer.take()
    begins = SUITES_AT + 2 + hello[SUITES_AT - 1]
    is_offered = hello[0] == ContentType.HANDSHAKE and AES_SHA in {
        hello[at : at + 2] for at in range(begins, len(hello), 2)
    }
    await (choose(peer, AES_SHA) if is_offered else peer.send(ALERT_40))


async def choose(peer: Peer, suite: bytes) -> None:
    chosen = SSLV3.to_bytes(2) + bytes(32) + b"\x00" + suite + b"\x00"
    messages = b"\x02" + len(chosen).to_bytes(3) + chosen + b"\x0e\x00\x00\x00"
    await peer.send(push_record(ContentType.HANDSHAKE, SSLV3, messages))
    await peer.take()


@pytest.mark.parametrize(
    ("play", "suite", "codes"),
    [
        (only_sslv3, "TLS_RSA_WITH_RC4_128_SHA", {"tls-broken-suites-accepted"}),
        (pushes_down, "TLS_RSA_WITH_AES_128_CBC_SHA", set()),
    ],
)
async def test_a_server_of_sslv3_alone(play: Play, suite: str, codes: set[str]) -> None:
    """No handshake can be completed, so the mail is lost or in clear; but what it has is known."""
    async with stage(play) as opened:
        network = network_to(opened.port, BOUNDS)
        table = {"d.test MX": [(10, "mx.d.test")], "mx.d.test A": ["192.52.193.1"]}
        network = replace(network, resolver=TableResolver(table), ipv6=False)
        facts = [each async for each in gather(ScanRequest(domain=parse_domain("d.test")), network, NOW)][-1]
    [endpoint] = facts.servers[0].endpoints
    assert outcome(endpoint)[0] == "handshake-failed"
    assert endpoint.tls.inventory is not None
    assert endpoint.tls.inventory.accepted_versions == ("SSLv3",)
    verdict = assess(facts, (), NOW)
    [told] = build(facts, verdict, None)["servers"][0]["endpoints"]
    assert told["tls"] is not None
    assert (told["tls"]["negotiated"], told["tls"]["versions"]["SSLv3"]) == (None, True)
    assert told["tls"]["ciphers"] == {"SSLv3": [suite]}
    found = {finding.code for finding in verdict.findings}
    assert {"tls-handshake-failed", "tls-sslv3-accepted", *codes} <= found
    assert (verdict.level, verdict.minimally_sufficient) == ("exposed", False)
