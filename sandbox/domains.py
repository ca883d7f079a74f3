"""The demo domains, as data: what each publishes in DNS, what its servers show, and the level that follows.

Addresses look public, so the address guard stays on, and are never dialled: the sandbox's dialler maps them to loopback
and calls every other address unreachable. They lie where no one's mail server can be, should that ever fail:
192.52.193.0/24 is set aside for multicast relays (RFC 7450), 3ffe::/16 is the 6bone's, returned (RFC 3701).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from checker.assessment.level import Level
from checker.names import DomainName, parse_domain
from sandbox.resolver import Entry

ZONE = DomainName("demo.test")


class Shows(Enum):
    """The certificate that a server shows."""

    VALID = auto()
    EXPIRED = auto()
    WRONG_NAME = auto()
    SELF_SIGNED = auto()
    NONE = auto()  # it offers no STARTTLS


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoServer:
    """One MX host. ``label`` stands before the domain. A dead one refuses connections; a slow one greets late."""

    label: str
    preference: int
    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...] = ()
    shows: Shows = Shows.VALID
    is_dead: bool = False
    is_slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDomain:
    """A domain with its words for the home page. Without servers it publishes a null MX (RFC 7505)."""

    name: DomainName
    title: str
    note: str
    level: Level  # what a scan finds
    servers: tuple[DemoServer, ...] = ()

    def host(self, server: DemoServer) -> DomainName:
        """The MX host name of one of its servers."""
        return DomainName(f"{server.label}.{self.name}")


def dns_table(domains: Sequence[DemoDomain]) -> dict[str, Entry]:
    """What these domains publish, for a TableResolver."""
    table: dict[str, Entry] = {}
    for domain in domains:
        mx = [(server.preference, domain.host(server)) for server in domain.servers]
        table[f"{domain.name} MX"] = mx or [(0, ".")]
        for server in domain.servers:
            table[f"{domain.host(server)} A"] = server.ipv4
            if server.ipv6:
                table[f"{domain.host(server)} AAAA"] = server.ipv6
    return table


def _demo(name: str, level: Level, title: str, note: str, *servers: DemoServer) -> DemoDomain:
    return DemoDomain(name=parse_domain(f"{name}.{ZONE}"), title=title, note=note, level=level, servers=servers)


DEMO_DOMAINS = (
    _demo(
        "all-good",
        "ready",
        "Everything in order",
        "Two servers, each with encryption and a valid certificate.",
        DemoServer(label="mx1", preference=10, ipv4=("192.52.193.11",), ipv6=("3ffe::11",)),
        DemoServer(label="mx2", preference=20, ipv4=("192.52.193.12",)),
    ),
    _demo(
        "expired",
        "encrypted",
        "An expired certificate",
        "Mail travels encrypted, but a sender that checks certificates turns away.",
        DemoServer(label="mx", preference=10, ipv4=("192.52.193.21",), shows=Shows.EXPIRED),
    ),
    _demo(
        "wrong-name",
        "encrypted",
        "A certificate for another name",
        "The server shows a certificate that was made for a different server.",
        DemoServer(label="mx", preference=10, ipv4=("192.52.193.31",), shows=Shows.WRONG_NAME),
    ),
    _demo(
        "self-signed",
        "encrypted",
        "A self-signed certificate",
        "The server vouches for itself, and nobody else does.",
        DemoServer(label="mx", preference=10, ipv4=("192.52.193.41",), shows=Shows.SELF_SIGNED),
    ),
    _demo(
        "no-starttls",
        "exposed",
        "No encryption",
        "The server takes mail, but only in clear text.",
        DemoServer(label="mx", preference=10, ipv4=("192.52.193.51",), shows=Shows.NONE),
    ),
    _demo(
        "one-dead",
        "degraded",
        "One dead server of two",
        "The first server refuses connections; the second takes the mail.",
        DemoServer(label="mx1", preference=10, ipv4=("192.52.193.61",), is_dead=True),
        DemoServer(label="mx2", preference=20, ipv4=("192.52.193.62",)),
    ),
    _demo(
        "slow",
        "ready",
        "A slow greeting",
        "The server is in order, but lets senders wait before it says a word.",
        DemoServer(label="mx", preference=10, ipv4=("192.52.193.71",), is_slow=True),
    ),
    _demo(
        "null-mx",
        "no-mail",
        "No mail wanted",
        "The domain says in DNS that it takes no mail.",
    ),
)
