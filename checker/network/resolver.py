"""The Resolver port over the network: asks recursive resolvers as a stub does (RFC 1034 section 5.3.1).

The one rule of this file: nothing that a resolver does or sends is raised, and no failure becomes an absence. A
question goes out without the CD bit; a SERVFAIL that turns into an answer with it, and stays SERVFAIL without it, is a
bogus answer (RFC 4035 section 5.5) where the resolver validates. Whatever else fails is the resolver's fault, never the
domain's. "Secure" is the AD bit of a resolver that validates and whose word is taken for it (section 4.9.3).
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Literal

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from checker.names import DomainName, IPAddress, wire_labels
from checker.network import extended_errors, signing
from checker.network.bounds import Bounds
from checker.network.clock import SystemClock
from checker.network.dns_names import from_dns, to_dns
from checker.network.exchange import Exchange, judged, why
from checker.network.opaque import caa_fields, read_as, tlsa_fields
from checker.network.ports import Answer, CaaRecord, Clock, LookUp, MxRecord, Security, TlsaRecord, TxtRecord
from checker.network.root_test import RootTest
from checker.network.upstreams import AnyUpstream
from checker.network.zone_signing import ZoneSigning
from checker.observation import Failed, FailureKind, Seen

_WIRE_OCTETS = 255  # of a name, lengths and root included
_UDP_PAYLOAD = 1232  # bytes: fits every path without fragments (DNS flag day 2020)


@dataclass(frozen=True, slots=True)
class _RecordType[R]:
    """A record type, and what its data is to us, null where it can't be that. Looking up another type takes another."""

    rdtype: dns.rdatatype.RdataType
    value: Callable[[Any], R | None]


_MX = _RecordType(dns.rdatatype.MX, lambda rdata: MxRecord(rdata.preference, from_dns(rdata.exchange)))
_TXT = _RecordType(
    dns.rdatatype.TXT, lambda rdata: TxtRecord(tuple(string.decode("iso-8859-1") for string in rdata.strings))
)
_TLSA = _RecordType(dns.rdatatype.TLSA, lambda rdata: _tlsa(rdata.data))
_CAA = _RecordType(dns.rdatatype.CAA, lambda rdata: _caa(rdata.data))
_CNAME = _RecordType(dns.rdatatype.CNAME, lambda rdata: from_dns(rdata.target))
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

    def query(self, *, with_security: bool, checking_disabled: bool = False) -> dns.message.Message:
        flags = dns.flags.RD | (dns.flags.CD if checking_disabled else 0)
        return dns.message.make_query(
            to_dns(self.name), self.rdtype, payload=_UDP_PAYLOAD, flags=flags, want_dnssec=with_security
        )


@dataclass(frozen=True, slots=True)
class _Response:
    """An answer, and whether DNSSEC protects it: null where nobody can tell."""

    message: dns.message.Message
    security: Security | None


class StubResolver:
    """Asks each upstream in turn, twice around if need be: ``dns_query_s`` a query, ``dns_total_s`` in all.

    ``trust_ad``: take their word for what DNSSEC protects; then those that validate are asked first. ``roots``: the
    trusted roots in PEM, for resolvers over HTTPS.
    """

    def __init__(
        self,
        upstreams: Sequence[AnyUpstream],
        bounds: Bounds,
        *,
        trust_ad: bool = False,
        roots: bytes = b"",
        clock: Clock | None = None,
    ) -> None:
        self._upstreams = tuple(upstreams)
        self._bounds = bounds
        self._trust_ad = trust_ad
        self._exchange = Exchange(bounds, roots)
        self._root_test = RootTest(self._exchange, clock or SystemClock(), bounds)

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

    async def look_up_zone(self, name: DomainName) -> Seen[DomainName] | Failed:
        """The zone that holds the name, by its SOA record."""
        return await self._in_time(signing.zone_of(name, self._ask_unchecked))

    async def look_up_signing(self, zone: DomainName) -> Seen[ZoneSigning] | Failed:
        """How a zone is signed, whether that holds or not."""
        return await self._in_time(signing.signing_of(zone, self._ask_unchecked, self._bounds))

    async def validates(self) -> bool | None:
        """Tried on the signed root; once in a while."""
        if not self._trust_ad:
            return False
        told = await asyncio.gather(*map(self._root_test.validates, self._upstreams))
        return True if True in told else (False if False in told else None)

    async def _look_up[R](self, name: DomainName, kind: _RecordType[R]) -> LookUp[R]:
        if not self._upstreams:
            return _NO_UPSTREAM
        if _is_too_long(name):
            # It can't even be asked for, so nobody has it, and nobody could forge that it is there.
            return Seen(Answer(rcode="nxdomain", security="secure" if await self.validates() else None))
        response: _Response | Failed = _NOT_IN_TIME
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

    async def _ask_all(self, question: _Question) -> _Response | Failed:
        """The first response that is an answer. Bogus is one: the next resolver may not validate, and hide it."""
        failures: list[Failed] = []
        for upstream in await self._in_order() * self._bounds.tries:
            response = await self._ask(upstream, question)
            if not isinstance(response, Failed) or response.failure is FailureKind.BOGUS:
                return response
            failures.append(response)
        return max(failures, key=lambda failed: _TELLING.index(failed.failure))

    async def _in_time[T](self, work: Coroutine[Any, Any, T]) -> T | Failed:
        try:
            async with asyncio.timeout(self._bounds.dns_total_s):
                return await work
        except TimeoutError:
            return _NOT_IN_TIME

    async def _ask_unchecked(self, name: DomainName, rdtype: dns.rdatatype.RdataType) -> dns.message.Message | Failed:
        """The first answer, with its signatures, whether they hold or not."""
        response: dns.message.Message | Failed = _NO_UPSTREAM
        for upstream in await self._in_order():
            query = _Question(name, rdtype).query(with_security=True, checking_disabled=True)
            response = judged(await self._exchange.ask(upstream, query), upstream)
            if not isinstance(response, Failed):
                break
        return response

    async def _in_order(self) -> tuple[AnyUpstream, ...]:
        """Those that validate first, and those last that can't even answer for the root. As soon as one is known to
        validate, nobody waits for the others.
        """
        if not self._trust_ad or len(self._upstreams) == 1:
            return self._upstreams
        tests = {upstream: asyncio.ensure_future(self._root_test.validates(upstream)) for upstream in self._upstreams}
        try:
            for told in asyncio.as_completed(tests.values()):
                if await told:
                    break
        finally:
            for test in tests.values():
                test.cancel()
        known = {upstream: test.result() for upstream, test in tests.items() if test.done() and not test.cancelled()}
        return tuple(sorted(self._upstreams, key=lambda upstream: (True, False, None).index(known.get(upstream))))

    async def _ask(self, upstream: AnyUpstream, question: _Question) -> _Response | Failed:
        """One resolver's answer, with a dead name server and a bogus answer told apart."""
        first = await self._send(upstream, question)
        response = judged(first, upstream)
        if not isinstance(first, Failed) and _is_servfail(response):
            response = await self._second_thoughts(upstream, question, first)
        if isinstance(response, Failed):
            return response
        return _Response(response, await self._security_of(response, upstream))

    async def _second_thoughts(
        self, upstream: AnyUpstream, question: _Question, refusal: dns.message.Message
    ) -> dns.message.Message | Failed:
        """What a SERVFAIL means: an answer after all, bogus, or what it says."""
        if isinstance(judged(await self._send(upstream, question, checking_disabled=True), upstream), Failed):
            return judged(refusal, upstream)
        # Name servers that were down for a moment look the same: only a second refusal tells.
        again = judged(await self._send(upstream, question), upstream)
        if _is_servfail(again) and await self._can_tell_bogus(upstream, refusal):
            said = f"{question.name} has an answer that fails DNSSEC validation at the resolver {upstream}."
            return Failed(FailureKind.BOGUS, said + why(refusal))
        return again

    async def _can_tell_bogus(self, upstream: AnyUpstream, refusal: dns.message.Message) -> bool:
        """It validates the root. One that passes questions on may hide that, and still say what failed."""
        validates = await self._root_test.validates(upstream)
        return validates or (validates is False and extended_errors.speaks_of_validation(refusal))

    async def _security_of(self, response: dns.message.Message, upstream: AnyUpstream) -> Security | None:
        if not self._trust_ad or not await self._root_test.validates(upstream):
            return None
        return "secure" if response.flags & dns.flags.AD else "insecure"

    async def _send(
        self, upstream: AnyUpstream, question: _Question, *, checking_disabled: bool = False
    ) -> dns.message.Message | Failed:
        query = question.query(with_security=self._trust_ad, checking_disabled=checking_disabled)
        return await self._exchange.ask(upstream, query)


def _is_servfail(response: object) -> bool:
    return isinstance(response, Failed) and response.failure is FailureKind.SERVFAIL


def _read[R](response: _Response, name: DomainName, kind: _RecordType[R], depth: int) -> LookUp[R]:
    """The answer section, whatever its order: the alias chain from the name that was asked, then the records."""
    answer = response.message.answer
    rrsets = {(rrset.name, rrset.rdtype): rrset for rrset in answer if rrset.rdclass == dns.rdataclass.IN}
    rdtype = read_as(kind.rdtype)
    chain = [to_dns(name)]
    ttls: list[int] = []
    while (chain[-1], rdtype) not in rrsets and (chain[-1], dns.rdatatype.CNAME) in rrsets:
        alias = rrsets[chain[-1], dns.rdatatype.CNAME]
        if alias[0].target in chain or len(chain) > depth:
            return _endless(name)
        chain.append(alias[0].target)
        ttls.append(alias.ttl)
    found = rrsets.get((chain[-1], rdtype))
    records = tuple(value for value in map(kind.value, found or ()) if value is not None)
    if len(records) < len(found or ()):
        said = f"A {kind.rdtype.name} record of {name} is too short to be one."
        return Failed(FailureKind.BAD_REPLY, said)
    return Seen(
        Answer(
            rcode="nxdomain" if response.message.rcode() == dns.rcode.NXDOMAIN else "noerror",
            records=records,
            aliases=tuple(from_dns(target) for target in chain[1:]),
            ttl=min([found.ttl, *ttls]) if found else None,
            security=response.security,
        )
    )


def _tlsa(data: bytes) -> TlsaRecord | None:
    fields = tlsa_fields(data)
    return TlsaRecord(*fields[:3], fields[3].hex()) if fields else None


def _caa(data: bytes) -> CaaRecord | None:
    fields = caa_fields(data)
    return CaaRecord(fields[0], *(text.decode("iso-8859-1") for text in fields[1:])) if fields else None


def _endless(name: DomainName) -> Failed:
    return Failed(FailureKind.ALIAS_CHAIN, f"The aliases of {name} never end, or are too many to follow.")


def _is_too_long(name: DomainName) -> bool:
    """A prefix can make it so: ``_mta-sts.`` before a domain of 250 characters (RFC 1035 section 2.3.4)."""
    return sum(len(label) + 1 for label in wire_labels(name)) + 1 > _WIRE_OCTETS
