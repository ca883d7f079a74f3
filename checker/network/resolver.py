"""The Resolver port over the network: asks recursive resolvers as a stub does (RFC 1034 section 5.3.1).

The one rule of this file: nothing that a resolver does or sends is raised, and no failure becomes an absence. A
question goes out without the CD bit; a SERVFAIL that turns into an answer with it, and stays SERVFAIL without it, is a
bogus answer (RFC 4035 section 5.5). Whatever else fails is the resolver's fault, never the domain's.
"""

import asyncio
import re
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.flags
import dns.inet
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from checker.names import DomainName, IPAddress, host_name, wire_labels
from checker.network.bounds import Bounds
from checker.network.ports import Answer, CaaRecord, LookUp, MxRecord, TlsaRecord, TxtRecord
from checker.observation import Failed, FailureKind, Seen

_WIRE_OCTETS = 255  # of a name, lengths and root included
_UDP_PAYLOAD = 1232  # bytes: fits every path without fragments (DNS flag day 2020)
_WITH_PORT = re.compile(r"(?:\[(?P<v6>[^]]+)\]|(?P<v4>[0-9.]+))(?::(?P<port>[0-9]{1,5}))?")
_SYSTEM_RESOLVERS = 3  # resolv.conf(5): libc asks no more of them

_ASYNCIO: Any = dns.asyncbackend.get_backend("asyncio")


@dataclass(frozen=True, slots=True)
class Upstream:
    """A recursive resolver that is asked over UDP, and over TCP where an answer doesn't fit."""

    address: IPAddress
    port: int = 53

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if self.address.version == 6 else f"{self.address}:{self.port}"


def parse_upstreams(text: str) -> tuple[Upstream, ...]:
    """The resolvers of a setting: addresses with or without a port, separated by commas.

    ``192.0.2.1, 127.0.0.1:5300, [::1]:53``. Raises ValueError with a sentence for people.
    """
    return tuple(_parse_upstream(item.strip()) for item in text.split(",") if item.strip())


def system_upstreams(resolv_conf: Path = Path("/etc/resolv.conf")) -> tuple[Upstream, ...]:
    """The resolvers that the system uses. None where the file is missing or names none: each look-up then says so."""
    try:
        lines = resolv_conf.read_text(errors="replace").splitlines()
    except OSError:
        return ()
    words = [line.split() for line in lines]
    named = [word[1] for word in words if len(word) > 1 and word[0] == "nameserver"]
    addresses = (_address(text) for text in named)
    return tuple(Upstream(address) for address in addresses if address is not None)[:_SYSTEM_RESOLVERS]


@dataclass(frozen=True, slots=True)
class _RecordType[R]:
    """A record type, and what its data is to us. Looking up another type takes another of these."""

    rdtype: dns.rdatatype.RdataType
    value: Callable[[Any], R]


_MX = _RecordType(dns.rdatatype.MX, lambda rdata: MxRecord(rdata.preference, _from_dns(rdata.exchange)))
_TXT = _RecordType(
    dns.rdatatype.TXT, lambda rdata: TxtRecord(tuple(string.decode("iso-8859-1") for string in rdata.strings))
)
_TLSA = _RecordType(
    dns.rdatatype.TLSA, lambda rdata: TlsaRecord(rdata.usage, rdata.selector, rdata.mtype, rdata.cert.hex())
)
_CAA = _RecordType(
    dns.rdatatype.CAA,
    lambda rdata: CaaRecord(rdata.flags, *(text.decode("iso-8859-1") for text in (rdata.tag, rdata.value))),
)
_CNAME = _RecordType(dns.rdatatype.CNAME, lambda rdata: _from_dns(rdata.target))
_ADDRESSES: dict[int, _RecordType[IPAddress]] = {
    4: _RecordType(dns.rdatatype.A, lambda rdata: ip_address(rdata.address)),
    6: _RecordType(dns.rdatatype.AAAA, lambda rdata: ip_address(rdata.address)),
}

_NO_UPSTREAM = Failed(
    FailureKind.RESOLVER_REFUSED,
    "No DNS resolver is known here. Name one in MAILSEAL_RESOLVERS, or in /etc/resolv.conf.",
)
_NOT_IN_TIME = Failed(FailureKind.RESOLVER_TIMEOUT, "No resolver answered in the time that one look-up may take.")
# Of several resolvers' failures the one that says most is reported.
_TELLING = (FailureKind.RESOLVER_TIMEOUT, FailureKind.RESOLVER_REFUSED, FailureKind.SERVFAIL)


@dataclass(frozen=True, slots=True)
class _Question:
    name: DomainName
    rdtype: dns.rdatatype.RdataType

    def query(self, checking_disabled: bool = False) -> dns.message.Message:
        flags = dns.flags.RD | (dns.flags.CD if checking_disabled else 0)
        return dns.message.make_query(_to_dns(self.name), self.rdtype, payload=_UDP_PAYLOAD, flags=flags)


class StubResolver:
    """Asks each upstream in turn, twice around if need be: ``dns_query_s`` a query, ``dns_total_s`` in all."""

    def __init__(self, upstreams: Sequence[Upstream], bounds: Bounds) -> None:
        self._upstreams = tuple(upstreams)
        self._bounds = bounds

    async def look_up_mx(self, name: DomainName) -> LookUp[MxRecord]:
        """The MX RRset of a name, through aliases."""
        return await self._look_up(name, _MX)

    async def look_up_addresses(self, name: DomainName, family: Literal[4, 6]) -> LookUp[IPAddress]:
        """The A (4) or AAAA (6) RRset of a name, through aliases."""
        return await self._look_up(name, _ADDRESSES[family])

    async def look_up_txt(self, name: DomainName) -> LookUp[TxtRecord]:
        """The TXT RRset of a name, through aliases."""
        return await self._look_up(name, _TXT)

    async def look_up_tlsa(self, name: DomainName) -> LookUp[TlsaRecord]:
        """The TLSA RRset of a name, through aliases."""
        return await self._look_up(name, _TLSA)

    async def look_up_caa(self, name: DomainName) -> LookUp[CaaRecord]:
        """The CAA RRset of a name, through aliases."""
        return await self._look_up(name, _CAA)

    async def look_up_alias(self, name: DomainName) -> LookUp[DomainName]:
        """The target of the name's own CNAME record."""
        return await self._look_up(name, _CNAME)

    async def validates(self) -> bool | None:
        """Nobody's word is taken for it yet."""
        return False

    async def _look_up[R](self, name: DomainName, kind: _RecordType[R]) -> LookUp[R]:
        if not self._upstreams:
            return _NO_UPSTREAM
        if _is_too_long(name):
            return Seen(Answer(rcode="nxdomain"))  # it can't even be asked for, so nobody has it
        response: dns.message.Message | Failed = _NOT_IN_TIME
        with suppress(TimeoutError):  # leaves what was known by then
            async with asyncio.timeout(self._bounds.dns_total_s):
                response = await self._ask_all(_Question(name, kind.rdtype))
                if _is_servfail(response) and await self._has_endless_aliases(name):
                    return _endless(name)
        return response if isinstance(response, Failed) else _read(response, name, kind, self._bounds.cname_depth)

    async def _has_endless_aliases(self, name: DomainName) -> bool:
        """Some resolvers say SERVFAIL to a circle of aliases as they do to dead servers: ask alias by alias."""
        chain = [name]
        while len(chain) <= self._bounds.cname_depth:
            response = await self._ask_all(_Question(chain[-1], _CNAME.rdtype))
            alias = response if isinstance(response, Failed) else _read(response, chain[-1], _CNAME, 0)
            if isinstance(alias, Failed) or not alias.value.records:
                return False
            if alias.value.records[0] in chain:
                return True
            chain.append(alias.value.records[0])
        return True

    async def _ask_all(self, question: _Question) -> dns.message.Message | Failed:
        """The first response that is an answer. Bogus is one: the next resolver may not validate, and hide it."""
        failures: list[Failed] = []
        for upstream in self._upstreams * self._bounds.tries:
            response = await self._ask(upstream, question)
            if not isinstance(response, Failed) or response.failure is FailureKind.BOGUS:
                return response
            failures.append(response)
        return max(failures, key=lambda failed: _TELLING.index(failed.failure))

    async def _ask(self, upstream: Upstream, question: _Question) -> dns.message.Message | Failed:
        """One resolver's answer, with a dead name server and a bogus answer told apart."""
        response = await self._exchange(upstream, question.query())
        if not _is_servfail(response):
            return response
        unchecked = await self._exchange(upstream, question.query(checking_disabled=True))
        if isinstance(unchecked, Failed):
            return response
        # Name servers that were down for a moment look the same: only a second refusal tells.
        again = await self._exchange(upstream, question.query())
        if not _is_servfail(again):
            return again
        return Failed(
            FailureKind.BOGUS,
            f"{question.name} has an answer that fails DNSSEC validation at the resolver {upstream}.",
        )

    async def _exchange(self, upstream: Upstream, query: dns.message.Message) -> dns.message.Message | Failed:
        """One question to one resolver. Every exception of the library and the network ends here."""
        try:
            async with asyncio.timeout(self._bounds.dns_query_s):
                return _judged(await _send(upstream, query), upstream)
        except (TimeoutError, dns.exception.Timeout):
            return Failed(FailureKind.RESOLVER_TIMEOUT, f"The resolver {upstream} did not answer in time.")
        except OSError:
            return Failed(FailureKind.RESOLVER_REFUSED, f"The resolver {upstream} cannot be reached.")
        except (dns.exception.DNSException, EOFError):
            return Failed(FailureKind.SERVFAIL, f"The resolver {upstream} sent something that is no DNS answer.")


async def _send(upstream: Upstream, query: dns.message.Message) -> dns.message.Message:
    """Over UDP, and over TCP if the answer was cut short (RFC 7766 section 5)."""
    where, port = str(upstream.address), upstream.port
    family = dns.inet.af_for_address(where)
    # A connected socket: the system drops what others send, and tells us when nobody listens there.
    udp = await _ASYNCIO.make_socket(family, socket.SOCK_DGRAM, destination=(where, port))
    async with udp:
        try:
            # ignore_errors: what doesn't match the question may be a forgery, and the answer still under way.
            return await dns.asyncquery.udp(
                query, where, port=port, sock=udp, raise_on_truncation=True, ignore_errors=True
            )
        except dns.message.Truncated:
            return await dns.asyncquery.tcp(query, where, port=port, backend=_ASYNCIO)


def _judged(response: dns.message.Message, upstream: Upstream) -> dns.message.Message | Failed:
    """The response if it is an answer: NOERROR or NXDOMAIN."""
    match response.rcode():
        case dns.rcode.NOERROR | dns.rcode.NXDOMAIN:
            return response
        case dns.rcode.SERVFAIL:
            return Failed(FailureKind.SERVFAIL, f"The resolver {upstream} could not get an answer (SERVFAIL).")
        case dns.rcode.REFUSED:
            return Failed(FailureKind.RESOLVER_REFUSED, f"The resolver {upstream} refuses to answer us (REFUSED).")
        case other:
            told = dns.rcode.to_text(other)
            return Failed(FailureKind.SERVFAIL, f"The resolver {upstream} could not answer the question ({told}).")


def _is_servfail(response: dns.message.Message | Failed) -> bool:
    return isinstance(response, Failed) and response.failure is FailureKind.SERVFAIL


def _read[R](response: dns.message.Message, name: DomainName, kind: _RecordType[R], depth: int) -> LookUp[R]:
    """The answer section, whatever its order: the alias chain from the name that was asked, then the records."""
    rrsets = {(rrset.name, rrset.rdtype): rrset for rrset in response.answer if rrset.rdclass == dns.rdataclass.IN}
    chain = [_to_dns(name)]
    ttls: list[int] = []
    while (chain[-1], kind.rdtype) not in rrsets and (chain[-1], dns.rdatatype.CNAME) in rrsets:
        alias = rrsets[chain[-1], dns.rdatatype.CNAME]
        if alias[0].target in chain or len(chain) > depth:
            return _endless(name)
        chain.append(alias[0].target)
        ttls.append(alias.ttl)
    found = rrsets.get((chain[-1], kind.rdtype))
    return Seen(
        Answer(
            rcode="nxdomain" if response.rcode() == dns.rcode.NXDOMAIN else "noerror",
            records=tuple(kind.value(rdata) for rdata in found or ()),
            aliases=tuple(_from_dns(target) for target in chain[1:]),
            ttl=min([found.ttl, *ttls]) if found else None,
        )
    )


def _endless(name: DomainName) -> Failed:
    return Failed(FailureKind.ALIAS_CHAIN, f"The aliases of {name} never end, or are too many to follow.")


def _is_too_long(name: DomainName) -> bool:
    """A prefix can make it so: ``_mta-sts.`` before a domain of 250 characters (RFC 1035 section 2.3.4)."""
    return sum(len(label) + 1 for label in wire_labels(name)) + 1 > _WIRE_OCTETS


def _to_dns(name: DomainName) -> dns.name.Name:
    return dns.name.Name((*wire_labels(name), b""))


def _from_dns(name: dns.name.Name) -> DomainName:
    return host_name(name.labels[:-1])


def _parse_upstream(text: str) -> Upstream:
    if text.lower().startswith("https://"):
        raise ValueError(f"{text}: DNS over HTTPS isn't supported yet. Name a resolver by its address: 192.0.2.1.")
    parts = _WITH_PORT.fullmatch(text)
    address = _address((parts["v6"] or parts["v4"]) if parts else text)
    port = int((parts and parts["port"]) or 53)
    if address is None or not 0 < port < 65536:
        raise ValueError(f"{text}: a resolver is an address, with or without a port: 192.0.2.1, [::1]:5300.")
    return Upstream(address, port)


def _address(text: str) -> IPAddress | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
