"""The map leads to loopback and nowhere else, and the address guard stands before it."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

import sandbox
from checker.network.address_guard import forbidden
from checker.network.bounds import Bounds
from checker.network.ports import AddressBlocked, StreamFailure
from checker.network.streams import TcpDialer
from checker.observation import FailureKind
from sandbox.dialler import HOST, ClosedPort, mapped
from sandbox.domains import DEMO_DOMAINS

PATIENCE_S = 5.0


def test_every_address_of_the_demo_domains_passes_the_guard() -> None:
    """With nothing allowed, and no address stands for two servers."""
    listening = [each for domain in DEMO_DOMAINS for each in (*domain.servers, domain.policy_host) if each]
    texts = [text for each in listening for text in (*each.ipv4, *each.ipv6)]
    assert [reason for text in texts if (reason := forbidden(ip_address(text)))] == []
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("address", ["192.52.193.250", "3ffe::250", "8.8.8.8"])
async def test_what_is_not_on_the_map_is_unreachable(
    box: sandbox.Sandbox, dialled: list[tuple[str, int]], address: str
) -> None:
    with pytest.raises(StreamFailure) as failure:
        await box.network.dialer.dial(ip_address(address), PATIENCE_S)
    assert (failure.value.failed.failure, dialled) == (FailureKind.UNREACHABLE, [])


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_the_guard_is_on_even_for_what_is_mapped(dialled: list[tuple[str, int]], address: str) -> None:
    with ClosedPort() as port:
        dialer = TcpDialer(25, bounds=Bounds(), route=mapped({ip_address(address): port.number}))
        with pytest.raises(AddressBlocked):
            await dialer.dial(ip_address(address), PATIENCE_S)
    assert dialled == []


async def test_a_closed_port_refuses(dialled: list[tuple[str, int]]) -> None:
    public = ip_address("192.52.193.1")
    with ClosedPort() as port:
        dialer = TcpDialer(25, bounds=Bounds(), route=mapped({public: port.number}))
        with pytest.raises(StreamFailure) as failure:
            await dialer.dial(public, PATIENCE_S)
    assert (failure.value.failed.failure, dialled) == (FailureKind.REFUSED, [(HOST, port.number)])


async def test_a_stopped_box_leaves_no_listener() -> None:
    """Ports are free again when the box is left, though a client is still there."""
    async with sandbox.running() as box:
        address, server = next(iter(box.servers.items()))
        stream = await box.network.dialer.dial(address, PATIENCE_S)
        await stream.read(1, PATIENCE_S)
    dialer = TcpDialer(25, bounds=replace(Bounds(), let_go_s=0.1), route=mapped({address: server.port}))
    with pytest.raises(StreamFailure) as failure:
        await dialer.dial(address, PATIENCE_S)
    assert failure.value.failed.failure is FailureKind.REFUSED
    await stream.close()
