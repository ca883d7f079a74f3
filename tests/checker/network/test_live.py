"""The real network from settings: each variable read, and each that can't be followed refused with a sentence."""

import logging
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from checker.network.bounds import Bounds
from checker.network.live import NetworkSettings, SettingsError, build, leads_outside
from checker.network.ports import AddressBlocked
from checker.network.upstreams import HttpsUpstream, Upstream
from tests.peers import AUTHORITY, Peer, stage


def settings(**variables: str) -> NetworkSettings:
    return NetworkSettings.from_environment({f"MAILSEAL_{name}": value for name, value in variables.items()})


def test_nothing_set_is_a_working_default() -> None:
    plain = settings()
    assert (plain.resolvers, plain.ca_pem, plain.allow_networks) == ((), None, ())
    assert (plain.smtp_port, plain.https_port) == (25, 443)
    assert plain.helo_name


def test_an_empty_variable_is_the_default_too() -> None:
    empty = settings(
        RESOLVERS="", TRUST_AD="", CA_FILE="", ALLOW_NETWORKS=" , ", HELO_NAME="", SMTP_PORT="", HTTPS_PORT=""
    )
    assert empty == settings()


def test_what_is_set_is_read(tmp_path: Path) -> None:
    roots = tmp_path / "roots.pem"
    roots.write_bytes(AUTHORITY.root_pem)
    read = settings(
        RESOLVERS="127.0.0.1:5300, [::1]:53,https://dns.test/dns-query",
        TRUST_AD="Always",
        CA_FILE=str(roots),
        ALLOW_NETWORKS="10.1.0.0/16,fd00::/8, 127.0.25.1",
        HELO_NAME="Probe.Example.NET.",
        SMTP_PORT="2525",
        HTTPS_PORT="8443",
    )
    assert read.resolvers == (
        Upstream(ip_address("127.0.0.1"), 5300),
        Upstream(ip_address("::1"), 53),
        HttpsUpstream("https://dns.test/dns-query"),
    )
    assert read.trust_ad == "always"
    assert read.ca_pem == AUTHORITY.root_pem
    assert read.allow_networks == tuple(map(ip_network, ("10.1.0.0/16", "fd00::/8", "127.0.25.1/32")))
    assert (read.helo_name, read.smtp_port, read.https_port) == ("probe.example.net", 2525, 8443)


@pytest.mark.parametrize(
    "variables",
    [
        {"RESOLVERS": "dns.example"},
        {"RESOLVERS": "https://dns.example"},
        {"TRUST_AD": "yes"},
        {"CA_FILE": "/nowhere/roots.pem"},
        {"CA_FILE": "/"},
        {"CA_FILE": __file__},
        {"ALLOW_NETWORKS": "10.0.0.0/33"},
        {"ALLOW_NETWORKS": "10.0.0.1/8"},
        {"ALLOW_NETWORKS": "everything"},
        {"HELO_NAME": "not a name"},
        {"HELO_NAME": "x\r\nMAIL FROM:<>"},
        {"HELO_NAME": "192.0.2.1"},
        {"HTTPS_PORT": "https"},
        {"SMTP_PORT": "smtp"},
        {"SMTP_PORT": "0"},
        {"SMTP_PORT": "65536"},
        {"SMTP_PORT": "-25"},
        {"SMTP_PORT": "２５"},
    ],
)
def test_what_cannot_be_followed_is_refused_with_a_sentence_that_names_it(variables: Mapping[str, str]) -> None:
    (name,) = variables
    with pytest.raises(SettingsError, match=rf"MAILSEAL_{name}: .+\.$"):
        settings(**variables)


@pytest.mark.parametrize(
    ("resolvers", "trust_ad", "believed"),
    [
        ("", "", False),
        ("127.0.0.1", "", True),
        ("127.0.0.1", "named", True),
        ("", "always", True),
        ("127.0.0.1", "never", False),
    ],
)
def test_whose_word_on_dnssec_is_taken(resolvers: str, trust_ad: str, believed: bool) -> None:
    """That of resolvers which the operator named; of the system's only where the operator says so."""
    assert settings(RESOLVERS=resolvers, TRUST_AD=trust_ad).takes_word is believed


def test_a_secretive_repr_keeps_logs_short(tmp_path: Path) -> None:
    assert "BEGIN CERTIFICATE" not in repr(NetworkSettings(ca_pem=AUTHORITY.root_pem))


async def test_the_built_network_dials_what_is_allowed_on_the_port_that_is_set() -> None:
    async def greets(peer: Peer) -> None:
        await peer.send(b"220 hello\r\n")
        await peer.silence()

    async with stage(greets) as opened:
        network = build(settings(ALLOW_NETWORKS="127.0.0.0/8", SMTP_PORT=str(opened.port), HELO_NAME="p.example.net"))
        stream = await network.dialer.dial(ip_address("127.0.0.1"), 5)
        assert await stream.read(100, 5) == b"220 hello\r\n"
        await stream.close()
        with pytest.raises(AddressBlocked):
            await build(settings(SMTP_PORT=str(opened.port))).dialer.dial(ip_address("127.0.0.1"), 5)
    assert len(opened.peers) == 1


def test_the_roots_are_those_of_the_file_or_else_the_ones_that_everybody_trusts() -> None:
    assert len(build(NetworkSettings(ca_pem=AUTHORITY.root_pem)).roots.certificates) == 1
    assert len(build(NetworkSettings()).roots.certificates) > 50


def test_a_named_network_counts_as_a_route() -> None:
    """A laboratory without a way out is still a place to look from."""
    assert build(NetworkSettings(allow_networks=(ip_network("127.0.0.0/8"),))).ipv4


def test_bounds_are_passed_on() -> None:
    bounds = Bounds(connect_s=1)
    assert build(NetworkSettings(), bounds).bounds == bounds


@pytest.mark.parametrize(
    ("resolvers", "trust_ad", "warned"),
    [
        ("9.9.9.9", "named", True),
        ("127.0.0.1,[2620:fe::fe]", "named", True),
        ("9.9.9.9", "never", False),
        ("127.0.0.1,10.1.0.53", "named", False),
        ("https://dns.test/dns-query", "named", False),
    ],
)
def test_a_resolver_that_anybody_on_the_way_could_play_is_warned_about(
    resolvers: str, trust_ad: str, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Where its word on DNSSEC is taken."""
    caplog.set_level(logging.WARNING)
    build(settings(RESOLVERS=resolvers, TRUST_AD=trust_ad, HELO_NAME="probe.example.net"))
    assert ("MAILSEAL_TRUST_AD" in caplog.text) is warned


@pytest.mark.parametrize(("name", "warned"), [("localhost", True), ("probe.example.net", False)])
def test_a_name_that_is_no_full_one_is_warned_about(name: str, warned: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    build(NetworkSettings(helo_name=name))
    assert ("MAILSEAL_HELO_NAME" in caplog.text) is warned


@pytest.mark.parametrize(
    ("source", "leads"),
    [
        pytest.param(None, False, id="no route"),
        pytest.param("10.0.0.2", True, id="private IPv4 is translated"),
        pytest.param("2a00:1450::1", True, id="public IPv6"),
        pytest.param("fd00::2", False, id="private IPv6 gets no answer"),
        pytest.param("fe80::1", False, id="link-local IPv6"),
    ],
)
def test_an_address_that_leads_outside(source: str | None, leads: bool) -> None:
    """Whether this vantage has IPv6 is told by the address that it would speak from."""
    assert leads_outside(ip_address(source) if source else None) is leads
