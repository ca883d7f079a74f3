"""What a demo domain is made of, and what it publishes in DNS.

Addresses look public, so the address guard stays on, and are never dialled: the sandbox's diallers map them to loopback
and call every other address unreachable. They lie where no one's server can be, should that ever fail:
192.52.193.0/24 is set aside for multicast relays (RFC 7450), 3ffe::/16 is the 6bone's, returned (RFC 3701).
"""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Literal

from checker.assessment.dane_state import Dane
from checker.assessment.level import Level
from checker.assessment.policy import MtaSts
from checker.dane.facts import tlsa_name
from checker.mta_sts import facts as mta_sts
from checker.names import DomainName
from checker.network.ports import Security
from checker.tls_rpt import facts as tls_rpt
from sandbox.authority import Issued
from sandbox.listener import BY_THE_BOOK, Takes
from sandbox.pins import Pin
from sandbox.resolver import Entry, Told

ZONE = DomainName("demo.test")
HOSTING = DomainName(f"hosting.{ZONE}")  # who runs the policy of a domain that delegates it

type Group = Literal[
    "To begin with",
    "Certificates pinned in DNS",
    "More policies",
    "Policies and servers at odds",
    "Policies that nobody can use",
]


class Shows(Enum):
    """The certificate that a server shows."""

    VALID = auto()
    EXPIRED = auto()
    WRONG_NAME = auto()
    SELF_SIGNED = auto()
    NONE = auto()  # it offers no TLS
    RSA = auto()  # valid, for an RSA key, which all suites of old need


WEAK = Takes(oldest=ssl.TLSVersion.TLSv1, suites="ALL:@SECLEVEL=0", is_client_first=True)
"""Whatever the library still has, as servers did that were set up to please everybody."""
OLD = Takes(oldest=ssl.TLSVersion.TLSv1, newest=ssl.TLSVersion.TLSv1_1, suites="ECDHE+AES:@SECLEVEL=0")
"""Nothing that was not withdrawn in 2021."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoServer:
    """One MX host. ``label`` stands before the domain. A dead one refuses connections, a silent one lets them
    time out; a slow one greets late.

    ``alias_of``: the label of the name that it is an alias of, which has the addresses and the TLSA records then.
    """

    label: str
    preference: int
    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...] = ()
    shows: Shows = Shows.VALID
    takes: Takes = BY_THE_BOOK
    alias_of: str | None = None
    tlsa: tuple[Pin, ...] | Told = ()
    is_dead: bool = False
    is_silent: bool = False
    is_slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPolicyHost:
    """The web server of a domain's policy file. A slow one answers late. Without ``body`` it has no page to show."""

    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...] = ()
    body: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "text/plain"})
    shows: Shows = Shows.VALID
    is_slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDomain:
    """A domain with its words for the home page. Without servers it publishes a null MX (RFC 7505).

    ``records`` and ``reporting`` are its TXT records for MTA-STS and for TLS reporting. ``is_delegated``: the names of
    the first, and of its policy host, are aliases of names at HOSTING. ``security`` is that of its zone, and ``caa``
    are its CAA records, each with flags, tag and value.
    """

    name: DomainName
    title: str
    note: str
    level: Level  # what a scan finds
    mta_sts: MtaSts | None = "absent"  # likewise
    dane: Dane | None = "absent"
    group: Group = "To begin with"
    servers: tuple[DemoServer, ...] = ()
    records: tuple[str, ...] = ()
    policy_host: DemoPolicyHost | None = None
    reporting: tuple[str, ...] = ()
    is_delegated: bool = False
    security: Security = "insecure"
    caa: tuple[tuple[int, str, str], ...] = ()

    def host(self, server: DemoServer) -> DomainName:
        """The MX host name of one of its servers."""
        return DomainName(f"{server.label}.{self.name}")


def dns_table(domains: Sequence[DemoDomain], shown: Mapping[DomainName, Issued]) -> dict[str, Entry]:
    """What these domains publish, for a TableResolver. ``shown`` is the chain of each MX host that has one."""
    return dict(entry for domain in domains for entry in (*_mail(domain, shown), *_promises(domain)))


def zone_security(domains: Sequence[DemoDomain]) -> dict[str, Security]:
    """How each zone is signed, for a TableResolver. What isn't named here lies below a zone that isn't signed."""
    return {ZONE: "insecure", **{domain.name: domain.security for domain in domains}}


def _mail(domain: DemoDomain, shown: Mapping[DomainName, Issued]) -> Iterator[tuple[str, Entry]]:
    mx = [(server.preference, domain.host(server)) for server in domain.servers]
    yield f"{domain.name} MX", mx or [(0, ".")]
    if domain.caa:
        yield f"{domain.name} CAA", domain.caa
    for server in domain.servers:
        owner = domain.host(server)
        if server.alias_of is not None:
            owner = DomainName(f"{server.alias_of}.{domain.name}")
            yield f"{domain.host(server)} CNAME", owner
        yield from _addresses(owner, server)
        if isinstance(server.tlsa, Told):
            yield f"{tlsa_name(owner)} TLSA", server.tlsa
        elif server.tlsa:
            yield f"{tlsa_name(owner)} TLSA", [pin.record(shown[domain.host(server)]) for pin in server.tlsa]


def _promises(domain: DemoDomain) -> Iterator[tuple[str, Entry]]:
    record, host = mta_sts.record_name(domain.name), mta_sts.policy_host(domain.name)
    if domain.is_delegated:
        alias = DomainName(f"{domain.name.partition('.')[0]}.{HOSTING}")
        yield f"{record} CNAME", mta_sts.record_name(alias)
        yield f"{host} CNAME", mta_sts.policy_host(alias)
        record, host = mta_sts.record_name(alias), mta_sts.policy_host(alias)
    if domain.records:
        yield f"{record} TXT", domain.records
    if domain.policy_host is not None:
        yield from _addresses(host, domain.policy_host)
    if domain.reporting:
        yield f"{tls_rpt.record_name(domain.name)} TXT", domain.reporting


def _addresses(host: DomainName, server: DemoServer | DemoPolicyHost) -> Iterator[tuple[str, Entry]]:
    yield f"{host} A", server.ipv4
    if server.ipv6:
        yield f"{host} AAAA", server.ipv6
