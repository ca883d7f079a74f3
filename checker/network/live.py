"""The real network, built from settings (environment variables, see the README).

The one rule of this file: a setting that can't be followed stops the start with a sentence that says what to write
instead; nothing is guessed around it.
"""

import logging
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal, get_args

import certifi

from checker.certificates.trust import TrustedRoots
from checker.names import DomainName, InvalidDomain, IPAddress, parse_domain
from checker.network.address_guard import IPNetwork, forbidden
from checker.network.bounds import Bounds
from checker.network.clock import SystemClock
from checker.network.courtesy import InProcessCourtesy
from checker.network.do_not_probe import DoNotProbe, parse_do_not_probe
from checker.network.memory import InProcessMemory
from checker.network.policy_client import HttpsPolicyClient
from checker.network.ports import Network
from checker.network.resolver import StubResolver
from checker.network.standing import InProcessStanding
from checker.network.streams import TcpDialer, source_address
from checker.network.upstreams import AnyUpstream, Upstream, parse_upstreams, system_upstreams

_LOG = logging.getLogger(__name__)

_SMTP_PORT, _HTTPS_PORT = 25, 443
_PORT = re.compile(r"[0-9]{1,5}")
# Somewhere on the Internet, to ask the routing table about. Nothing is sent there: root name servers A and J.
_FAR_AWAY = {4: ip_address("198.41.0.4"), 6: ip_address("2001:503:ba3e::2:30")}


# Servers of large providers that answer anyone: one greeting among them, and port 25 is open from here.
CONTROL_HOSTS = tuple(
    map(
        DomainName,
        ("gmail-smtp-in.l.google.com", "mx-aol.mail.gm0.yahoodns.net", "mx01.mail.icloud.com", "mx00.gmx.net"),
    )
)


TrustAd = Literal["named", "always", "never"]
"""Whose AD bit is believed: that of resolvers that the operator named, of the system's own too, or of none."""


class SettingsError(ValueError):
    """A setting can't be followed. Its text is a sentence for the operator that names the variable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """What an operator may choose about the network. ``resolvers`` empty: the system's; ``ca_pem`` null: certifi's."""

    resolvers: tuple[AnyUpstream, ...] = ()
    trust_ad: TrustAd = "named"
    ca_pem: bytes | None = field(default=None, repr=False)
    allow_networks: tuple[IPNetwork, ...] = ()
    helo_name: str = "localhost"
    smtp_port: int = _SMTP_PORT
    https_port: int = _HTTPS_PORT
    control_hosts: tuple[DomainName, ...] = CONTROL_HOSTS
    do_not_probe: DoNotProbe = DoNotProbe()

    @property
    def takes_word(self) -> bool:
        """Is the AD bit of the resolvers that are asked believed?"""
        return self.trust_ad == "always" or (self.trust_ad == "named" and bool(self.resolvers))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "NetworkSettings":
        """Read MAILSEAL_RESOLVERS, _TRUST_AD, _CA_FILE, _ALLOW_NETWORKS, _HELO_NAME, _SMTP_PORT, _HTTPS_PORT,
        _CONTROL_HOSTS and _DO_NOT_PROBE.

        Raises SettingsError.
        """
        return cls(
            resolvers=_resolvers(environment.get("MAILSEAL_RESOLVERS", "")),
            trust_ad=_trust_ad(environment.get("MAILSEAL_TRUST_AD", "")),
            ca_pem=_ca_pem(environment.get("MAILSEAL_CA_FILE", "")),
            allow_networks=_networks(environment.get("MAILSEAL_ALLOW_NETWORKS", "")),
            helo_name=_helo_name(environment.get("MAILSEAL_HELO_NAME", "")),
            smtp_port=_port(environment, "MAILSEAL_SMTP_PORT", _SMTP_PORT),
            https_port=_port(environment, "MAILSEAL_HTTPS_PORT", _HTTPS_PORT),
            control_hosts=_control_hosts(environment.get("MAILSEAL_CONTROL_HOSTS")),
            do_not_probe=_do_not_probe(environment.get("MAILSEAL_DO_NOT_PROBE", "")),
        )


def build(settings: NetworkSettings, bounds: Bounds | None = None) -> Network:
    """The network that these settings describe. ``bounds`` null: the product's own.

    Looks at this machine's routes, and reads a file; sends nothing.
    """
    bounds = bounds or Bounds()
    clock = SystemClock()
    ca_pem = settings.ca_pem or Path(certifi.where()).read_bytes()
    roots = TrustedRoots.load(ca_pem)
    for warning in roots.warnings:
        _LOG.warning("%s", warning)
    if "." not in settings.helo_name:
        _LOG.warning(
            "Mailseal introduces itself as %r, which is no full name, and some servers refuse that. "
            "Set MAILSEAL_HELO_NAME to a name that resolves to this machine and back.",
            settings.helo_name,
        )

    upstreams = settings.resolvers or system_upstreams()
    for upstream in upstreams if settings.takes_word else ():
        if isinstance(upstream, Upstream) and upstream.address.is_global:
            _LOG.warning(
                "What the resolver %s says of DNSSEC is believed, and anybody on the way to it can forge that. "
                "Name one on this machine or an https URL in MAILSEAL_RESOLVERS, or set MAILSEAL_TRUST_AD=never.",
                upstream,
            )

    def dialer(port: int) -> TcpDialer:
        return TcpDialer(
            port, allow_networks=settings.allow_networks, do_not_probe=settings.do_not_probe, bounds=bounds
        )

    return Network(
        resolver=StubResolver(
            upstreams,
            bounds,
            trust_ad=settings.takes_word,
            roots=ca_pem,
            clock=clock,
        ),
        dialer=dialer(settings.smtp_port),
        policy_client=HttpsPolicyClient(dialer(settings.https_port), clock, bounds),
        courtesy=InProcessCourtesy(clock, bounds, settings.allow_networks),
        memory=InProcessMemory(clock, bounds),
        clock=clock,
        roots=roots,
        helo_name=settings.helo_name,
        ipv4=_has_route(4, settings.allow_networks),
        ipv6=_has_route(6, settings.allow_networks),
        control_hosts=settings.control_hosts,
        standing=InProcessStanding(clock, bounds),
        do_not_probe=settings.do_not_probe,
        bounds=bounds,
    )


def _has_route(version: int, allowed: tuple[IPNetwork, ...]) -> bool:
    """Is there a way out in this version of IP, or to a network that the operator named?"""
    named = [network.network_address for network in allowed if network.version == version]
    return leads_outside(source_address(_FAR_AWAY[version])) or any(map(source_address, named))


def leads_outside(source: IPAddress | None) -> bool:
    """Can packets from this address of ours be answered from the Internet?

    A private IPv4 address is translated on its way out. A private IPv6 one has a route and gets no answer: taken for
    IPv6, it would make every server's IPv6 address look dead.
    """
    return source is not None and (source.version == 4 or forbidden(source, ()) is None)


def _trust_ad(text: str) -> TrustAd:
    words: tuple[TrustAd, ...] = get_args(TrustAd)
    found = next((word for word in words if word == (text.strip().lower() or "named")), None)
    if found is None:
        raise SettingsError(
            f"MAILSEAL_TRUST_AD: “{text}” is none of its words. Write named, always or never, or nothing for named."
        )
    return found


def _resolvers(text: str) -> tuple[AnyUpstream, ...]:
    try:
        return parse_upstreams(text)
    except ValueError as error:
        raise SettingsError(f"MAILSEAL_RESOLVERS: {error}") from None


def _ca_pem(path: str) -> bytes | None:
    if not path:
        return None
    try:
        pem = Path(path).read_bytes()
    except OSError as error:
        raise SettingsError(f"MAILSEAL_CA_FILE: {path} can't be read: {error.strerror}.") from None
    if not TrustedRoots.load(pem).certificates:
        raise SettingsError(f"MAILSEAL_CA_FILE: {path} holds no certificate in PEM form.")
    return pem


def _networks(text: str) -> tuple[IPNetwork, ...]:
    return tuple(_network(item.strip()) for item in text.split(",") if item.strip())


def _network(text: str) -> IPNetwork:
    try:
        return ip_network(text)
    except ValueError:
        raise SettingsError(
            f"MAILSEAL_ALLOW_NETWORKS: “{text}” is no network. Write networks like 10.1.0.0/16 or fd00::/8, "
            "separated by commas, with zeros behind the prefix."
        ) from None


def _control_hosts(text: str | None) -> tuple[DomainName, ...]:
    """Those named; the usual ones where nothing is said, none where that is what is said."""
    if text is None:
        return CONTROL_HOSTS
    return tuple(_control_host(item.strip()) for item in text.split(",") if item.strip())


def _control_host(text: str) -> DomainName:
    try:
        return parse_domain(text)
    except InvalidDomain as error:
        raise SettingsError(f"MAILSEAL_CONTROL_HOSTS: {text!r} is no host name. {error.message}") from None


def _do_not_probe(text: str) -> DoNotProbe:
    try:
        return parse_do_not_probe(text)
    except ValueError as error:
        raise SettingsError(f"MAILSEAL_DO_NOT_PROBE: {error}") from None


def _helo_name(text: str) -> str:
    """The name to say in EHLO: the one given, or else this machine's."""
    try:
        return parse_domain(text or socket.gethostname())
    except InvalidDomain as error:
        if text:
            raise SettingsError(f"MAILSEAL_HELO_NAME: {text!r} is no host name. {error.message}") from None
        return "localhost"


def _port(environment: Mapping[str, str], variable: str, usual: int) -> int:
    text = environment.get(variable, "")
    if not text:
        return usual
    if not _PORT.fullmatch(text) or not 0 < int(text) < 2**16:
        raise SettingsError(f"{variable}: “{text}” is no port. Write a number from 1 to 65535, or nothing for {usual}.")
    return int(text)
