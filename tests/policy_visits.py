"""Visits to policy hosts on loopback that answer with given bytes, or do anything else."""

from dataclasses import replace

from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.ports import PolicyAnswer
from checker.observation import Failed, Observation
from sandbox.policy_host import PolicyHost, PolicyScript
from tests.peers import ADDRESS, AUTHORITY, Peer, Play, network_to, server_context, stage

NAME = DomainName("mta-sts.example.test")
BODY = b"version: STSv1\r\nmode: enforce\r\nmx: mx.example.test\r\nmax_age: 604800\r\n"
SCRIPT = PolicyScript(host=NAME, issued=AUTHORITY.issue([NAME]), body=BODY)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BOUNDS = Bounds()

_CONTEXT = server_context()


async def answer_to(raw: bytes, bounds: Bounds = BOUNDS) -> PolicyAnswer:
    """What comes of these bytes inside TLS, and an orderly end behind them."""
    async with PolicyHost(replace(SCRIPT, raw=raw)) as host:
        return await network_to(host.port, bounds).policy_client.fetch(NAME, ADDRESS)


async def answer_of(play: Play, bounds: Bounds = BOUNDS) -> PolicyAnswer:
    """What comes of a peer that does this. It is asked once."""
    async with stage(play) as opened:
        answer = await network_to(opened.port, bounds).policy_client.fetch(NAME, ADDRESS)
        assert len(opened.peers) == 1
    return answer


async def after_request(peer: Peer, *answer: bytes) -> None:
    """Behave until the answer, and send this."""
    await peer.start_tls(_CONTEXT)
    await peer.take()
    await peer.send_pieces(*answer)


def cut_off(raw: bytes) -> Play:
    """Answer with these bytes, and close TCP without a word in TLS."""

    async def play(peer: Peer) -> None:
        await after_request(peer, raw)

    return play


def failure(observation: Observation[object]) -> Failed:
    """The failure that this must be, told in text that is safe to show."""
    assert isinstance(observation, Failed), observation
    assert observation.detail
    assert observation.detail.isprintable()
    return observation
