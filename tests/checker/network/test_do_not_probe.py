"""Who asked to be left alone: the list is read strictly, and a network on it gets no packet."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.do_not_probe import parse_do_not_probe
from checker.network.live import CONTROL_HOSTS, NetworkSettings, SettingsError
from checker.network.ports import AddressBlocked
from checker.network.streams import TcpDialer
from checker.observation import Reason

SETTING = "Example.org, mx.bücher.example,192.0.2.0/24, 2001:db8::1 , 198.51.100.7/24,"

COVERED = [
    ("example.org", True),
    ("a.b.example.org", True),
    ("xn--bcher-kva.example", False),
    ("mx.xn--bcher-kva.example", True),
    ("notexample.org", False),
    ("org", False),
    ("", False),
]
HELD = [
    ("192.0.2.255", True),
    ("192.0.3.0", False),
    ("198.51.100.200", True),
    ("2001:db8::1", True),
    ("2001:db8::2", False),
    ("::ffff:192.0.2.1", True),
    ("64:ff9b::c000:201", True),
    ("2002:c000:201::", True),
]


@pytest.mark.parametrize(("name", "want"), COVERED, ids=str)
def test_a_name_covers_all_below_it(name: str, want: bool) -> None:
    assert parse_do_not_probe(SETTING).covers(DomainName(name)) is want


@pytest.mark.parametrize(("address", "want"), HELD, ids=str)
def test_a_network_holds_its_addresses_however_they_are_reached(address: str, want: bool) -> None:
    """Inside an IPv6 address that leads to it, too."""
    assert (parse_do_not_probe(SETTING).holds(ip_address(address)) is not None) is want


def test_a_file_has_one_a_line(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_text("# asked in May\nexample.org  # by telephone\n\n192.0.2.0/24\n")
    assert parse_do_not_probe(str(file)) == parse_do_not_probe("192.0.2.0/24,example.org")


@pytest.mark.parametrize("text", ["", " , ", "\n"])
def test_nothing_is_nobody(text: str) -> None:
    listed = parse_do_not_probe(text)
    assert not listed.covers(DomainName("example.org"))
    assert listed.holds(ip_address("192.0.2.1")) is None


@pytest.mark.parametrize(
    "text", ["exa mple.org", "*.example.org", "a@example.org", "192.0.2.0/33", "/no/such/file", "./nor-this"]
)
def test_what_cannot_be_understood_stops_the_start(text: str) -> None:
    """A typing mistake must not probe somebody who asked to be left alone."""
    with pytest.raises(SettingsError, match=r"MAILSEAL_DO_NOT_PROBE: .*\.$"):
        NetworkSettings.from_environment({"MAILSEAL_DO_NOT_PROBE": text})


async def test_a_listed_address_gets_no_packet() -> None:
    """Public though it is, and though it is in a network that may be dialled."""
    asked: list[object] = []

    def route(*address: object) -> tuple[str, int]:
        asked.append(address)
        raise AssertionError

    listed = parse_do_not_probe("192.52.193.0/24")
    dialer = TcpDialer(25, allow_networks=listed.networks, do_not_probe=listed, bounds=Bounds(), route=route)
    with pytest.raises(AddressBlocked, match="asked not to be probed") as blocked:
        await dialer.dial(ip_address("192.52.193.1"), 1.0)
    assert (blocked.value.reason, asked) == (Reason.DO_NOT_PROBE, [])


@pytest.mark.parametrize(
    ("environment", "want"),
    [
        ({}, CONTROL_HOSTS),
        ({"MAILSEAL_CONTROL_HOSTS": ""}, ()),
        ({"MAILSEAL_CONTROL_HOSTS": "MX.example.org., b.example"}, ("mx.example.org", "b.example")),
    ],
    ids=str,
)
def test_control_hosts(environment: dict[str, str], want: tuple[str, ...]) -> None:
    """The usual ones, none, or those named."""
    assert NetworkSettings.from_environment(environment).control_hosts == want


def test_a_control_host_that_is_no_name_is_refused() -> None:
    with pytest.raises(SettingsError, match="MAILSEAL_CONTROL_HOSTS"):
        NetworkSettings.from_environment({"MAILSEAL_CONTROL_HOSTS": "192.0.2.1"})
