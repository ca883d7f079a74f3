"""What the engine asks of the world, as small protocols.

Probes see these and ``bounds``, never live sockets. A port reports failure in our own words: look-ups return
``Failed``, streams raise ``StreamFailure``; no exception of a library passes through a port.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from checker.certificates.trust import TrustedRoots
from checker.names import DomainName, IPAddress
from checker.network.bounds import Bounds
from checker.network.do_not_probe import DoNotProbe
from checker.network.zone_signing import ZoneSigning
from checker.observation import Failed, NotTried, Observation, Reason, Seen

type Security = Literal["secure", "insecure", "bogus"]


@dataclass(frozen=True, slots=True)
class MxRecord:
    """One MX record. ``exchange`` is ``""`` for the root (``.``), as a null MX has it (RFC 7505 section 3)."""

    preference: int
    exchange: DomainName


@dataclass(frozen=True, slots=True)
class TxtRecord:
    """One TXT record as published: its character-strings, each with one character per octet (ISO 8859-1).

    Any octets survive so, through JSON too. They are joined with nothing between them (RFC 8461 section 3.1).
    ``is_cut``: there was more than is kept, so it can't be read as anything.
    """

    strings: tuple[str, ...]
    is_cut: bool = False

    @property
    def text(self) -> str:
        """The whole, one character per octet."""
        return "".join(self.strings)


@dataclass(frozen=True, slots=True)
class TlsaRecord:
    """One TLSA record as published, sensible or not: usage, selector and matching type (RFC 6698 section 2.1).

    ``data`` is the certificate association data in lower-case hex.
    """

    usage: int
    selector: int
    matching: int
    data: str


@dataclass(frozen=True, slots=True)
class CaaRecord:
    """One CAA record as published (RFC 8659 section 4.1): the tag as sent, the value with one character per octet."""

    flags: int
    tag: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer[R]:
    """What DNS says of one name and type.

    No records with ``noerror`` is NODATA. ``aliases`` are the CNAME targets followed, in order: the last one owns
    the records. ``ttl`` is in seconds, null without records. ``security`` is that of the whole chain, which is as
    secure as its weakest link, and of a denial too; null where this vantage can't tell.
    ``left_out`` counts records that came too, and were too many to keep.
    """

    rcode: Literal["noerror", "nxdomain"]
    records: tuple[R, ...] = ()
    aliases: tuple[DomainName, ...] = ()
    ttl: int | None = None
    security: Security | None = None
    left_out: int = 0


type LookUp[R] = Seen[Answer[R]] | Failed


class Resolver(Protocol):
    """DNS. Never raises for what the network or a name server does."""

    async def look_up_mx(self, name: DomainName) -> LookUp[MxRecord]:
        """The MX RRset of a name, through aliases (RFC 5321 section 5.1), in no particular order."""

    async def look_up_addresses(self, name: DomainName, family: Literal[4, 6]) -> LookUp[IPAddress]:
        """The A (4) or AAAA (6) RRset of a name, through aliases, in the resolver's order."""

    async def look_up_txt(self, name: DomainName) -> LookUp[TxtRecord]:
        """The TXT RRset of a name, through aliases, in no particular order."""

    async def look_up_tlsa(self, name: DomainName) -> LookUp[TlsaRecord]:
        """The TLSA RRset of a name such as ``_25._tcp.mx.example.com``, through aliases, in no particular order."""

    async def look_up_caa(self, name: DomainName) -> LookUp[CaaRecord]:
        """The CAA RRset of this very name, through aliases, in no particular order. Nothing climbs to a parent."""

    async def look_up_alias(self, name: DomainName) -> LookUp[DomainName]:
        """The first link alone: the target of the name's own CNAME record, none where it is no alias."""

    async def look_up_zone(self, name: DomainName) -> Seen[DomainName] | Failed:
        """The zone that holds the name, by its SOA record. Signatures are not checked for that."""

    async def look_up_signing(self, zone: DomainName) -> Seen[ZoneSigning] | Failed:
        """How a zone is signed, whether that holds or not: signatures are not checked for that."""

    async def validates(self) -> bool | None:
        """Does a validating resolver answer, whose word is taken for it? Tried on the signed root.

        False: none does, so no ``security`` is known. Null: none answered.
        """


class StreamFailure(Exception):
    """A stream could not do what was asked, and this is why."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.detail or failed.failure)
        self.failed = failed


class TlsOffer(StrEnum):
    """What our ClientHello offers. Both: TLS 1.0 or newer, OpenSSL's SECLEVEL 0, nothing verified."""

    NIST = "nist"  # the suites of NIST SP 800-52 revisions 1 and 2
    EVERY = "every"  # every suite that the library has, for mail servers and policy hosts


@dataclass(frozen=True, slots=True)
class OneSuite:
    """A ClientHello that offers one suite in one version, both as on the wire: 0x0303, 0xC02F."""

    version: int
    suite: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSession:
    """What a completed handshake settled. Certificates are DER, as sent, the leaf first; empty if anonymous.

    ``begins`` are the first bytes that the server sent: its hello, in clear in every version.
    """

    version: str  # as the report spells it: TLSv1.0 … TLSv1.3
    suite: int  # the IANA code, 0xC02F
    chain: tuple[bytes, ...]
    begins: bytes = field(default=b"", repr=False)


class Stream(Protocol):
    """One TCP connection, in clear or inside TLS. Time-outs are in seconds."""

    async def read(self, limit: int, timeout: float) -> bytes:
        """At least one and at most ``limit`` bytes, ``b""`` at an orderly end. Raises StreamFailure."""

    async def write(self, data: bytes, timeout: float) -> None:
        """Send all of ``data``. Raises StreamFailure."""

    async def start_tls(self, offer: TlsOffer | OneSuite, server_name: DomainName, timeout: float) -> TlsSession:
        """Complete a TLS handshake with this SNI, verifying nothing. Bytes that came before it are dropped,
        never fed to the layer above (RFC 3207 section 4.2). Raises StreamFailure; the stream is useless then. It is a
        failure of ours where our own library doesn't have that one suite.
        """

    async def renegotiate(self, server_name: DomainName, timeout: float) -> Failed | None:
        """Complete a handshake of TLS 1.2 or below with this SNI, verifying nothing, and ask for another inside it.

        Null: the server completed that too. Else how it refused: by an alert, in clear, or by closing.
        Raises StreamFailure where the first was not completed, or nothing came. The stream is useless afterwards.
        """

    @property
    def is_cut_off(self) -> bool:
        """``read`` has met the end inside TLS without a close_notify, as anyone on the way can bring it about
        (RFC 8446 section 6.1). What has no length of its own may then be incomplete.
        """

    async def close(self) -> None:
        """Let go of the connection. Never raises, never waits long."""


class Dialer(Protocol):
    """Opens connections to one port of any address."""

    async def dial(self, address: IPAddress, timeout: float) -> Stream:
        """Connect. Raises StreamFailure, and AddressBlocked before any packet if the guard forbids the address."""


class AddressBlocked(Exception):
    """The address guard forbids this address; the text says which block it lies in, or that its operator asked so."""

    def __init__(self, text: str, reason: Reason = Reason.BLOCKED_ADDRESS) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """What came over HTTPS. ``body`` is decoded and holds at most ``policy_bytes``; ``is_cut``: there was more.

    Only the body of a 200 is read: with any other ``status`` it is empty. A coding that is unknown, or more than one,
    leaves it as it came. The named header fields are as sent, printable and cut short, null where they are missing.
    """

    status: int
    body: bytes
    is_cut: bool = False
    content_type: str | None = None
    content_encoding: str | None = None
    cache_control: str | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAnswer:
    """One visit to one address of a policy host, stage by stage. ``connect`` and ``duration_ms`` in milliseconds.

    ``connect`` is NotTried where the guard forbids the address; a stage behind one that failed is NOT_REACHED.
    The response was asked for whatever the certificate says: that is judged later.
    """

    connect: Observation[int]
    session: Observation[TlsSession]
    response: Observation[HttpResponse]
    duration_ms: int


class PolicyClient(Protocol):
    """Fetches the MTA-STS policy file (RFC 8461 section 3.3). No redirects, no proxies, no cache, a bounded body."""

    async def fetch(self, host: DomainName, address: IPAddress) -> PolicyAnswer:
        """GET https://<host>/.well-known/mta-sts.txt from this very address. Never raises."""


type Purpose = Literal["mail", "deep", "policy", "control"]
"""What a connection is for: a mail server's verdict; all that a deep scan asks of one; the file of a policy host; to
learn from a control host whether port 25 is open, which has a limit of its own."""


class CapReached(Exception):
    """The address, or its network, has had as many connections as it gets from us for now; the text says so."""


class Courtesy(Protocol):
    """Keeps us a gentle guest: how many connections an address gets at once and over time, whoever asks."""

    def slot(self, address: IPAddress, purpose: Purpose = "mail") -> AbstractAsyncContextManager[None]:
        """Wait for a place at this address and hold it while the connection lasts. Raises CapReached."""

    async def note_slow(self, address: IPAddress) -> None:
        """It greets slowly: for a while it gets one connection at a time."""

    async def note_busy(self, address: IPAddress) -> None:
        """It said "come back later": nobody connects for a while, then one at a time. Who has a place keeps it."""

    async def grant_deep(self, address: IPAddress) -> bool:
        """May a deep scan ask this address all that it asks? Once in an hour."""


@dataclass(frozen=True, slots=True)
class Remembered[T]:
    """A fact, and when it was observed if that was an earlier scan.

    ``is_shared``: another scan asked at this moment, and its answer is ours too.
    """

    value: T
    observed_at: datetime | None = None
    is_shared: bool = False


type Worth = Literal["lasting", "passing", "ours"]
"""What an observation is good for: it may be kept; for a short while; or it says nothing, for the fault is ours."""


@dataclass(frozen=True, slots=True)
class Memorable[T]:
    """A sort of observation: what one is good for, and how one is written down and read again.

    ``from_json`` raises ValueError for what it can't read, as an older version may have written it. ``keeps_whole``: a
    lasting one that still lives is not given up for a passing one, which only knows less.
    """

    worth: Callable[[T], Worth]
    to_json: Callable[[T], bytes]
    from_json: Callable[[bytes], T]
    keeps_whole: bool = False

    def gives_way(self, kept: T, value: T) -> bool:
        """May what is kept, and still lives, be replaced by this?"""
        return not (self.keeps_whole and self.worth(kept) == "lasting" and self.worth(value) == "passing")


class EndpointMemory(Protocol):
    """Earlier observations, so that a thousand domains on one server ask it once."""

    async def observe[T](
        self, key: str, probe: Callable[[], Awaitable[T]], sort: Memorable[T], *, fresh: bool = False
    ) -> Remembered[T]:
        """The fact under ``key``: remembered, awaited from whoever is asking it now, or asked with ``probe``.

        ``fresh``: what is remembered won't do.
        """


type Subsystem = Literal["port-25", "resolver"]
type Standing = Literal["works", "away", "unknown"]
"""What was found out about a part of this vantage's own network."""


class VantageStanding(Protocol):
    """What is known of this vantage's own network, so that strangers are seldom asked about it.

    Whoever shows it to people reads it where an implementation keeps it.
    """

    async def of(self, part: Subsystem, ask: Callable[[], Awaitable[Standing]]) -> Standing:
        """What was found out in the last minutes, is being found out now, or ``ask`` finds out."""

    async def was_seen_working(self, part: Subsystem) -> None:
        """A scan went through: people needn't be told any more that it is away. What was found out stays."""


class Clock(Protocol):
    """Monotonic time, in seconds."""

    def monotonic(self) -> float:
        """Seconds since some fixed point."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Everything a scan may use of the world, and what it is allowed to use of it."""

    resolver: Resolver
    dialer: Dialer
    policy_client: PolicyClient
    courtesy: Courtesy
    memory: EndpointMemory
    clock: Clock
    roots: TrustedRoots
    helo_name: str
    vantage_name: str = "default"
    ipv4: bool = True  # has this vantage a route for IPv4
    ipv6: bool = True
    control_hosts: tuple[DomainName, ...] = ()  # mail servers known to answer, which tell whether port 25 is open
    standing: VantageStanding | None = None  # null: nothing is asked about this vantage itself
    do_not_probe: DoNotProbe = DoNotProbe()
    bounds: Bounds = Bounds()

    def no_route(self, address: IPAddress) -> NotTried | None:
        """Why this address can't be tried from here; null where it can."""
        if self.ipv4 if address.version == 4 else self.ipv6:
            return None
        return NotTried(Reason.NO_ADDRESS_FAMILY, f"There is no IPv{address.version} here to try it with.")
