"""Completes a handshake, or asks one question by a hello of our own, over the stream port (RFC 8446, RFC 5246).

The one rule of this file: nothing is verified here. Who calls decides what to offer, and what a failure means.
"""

import hashlib
import os
from dataclasses import replace

from checker.certificates.facts import chain_id
from checker.names import DomainName
from checker.network.ports import Network, OneSuite, Stream, StreamFailure, TlsOffer, TlsSession
from checker.observation import Failed, FailureKind, Seen
from checker.tls.answer import Accepted, Answer, Hearing, Incomplete, Renegotiated, Sslv2Hearing, Unclear
from checker.tls.facts import Handshake
from checker.tls.handshake import ClientHello, ServerHello, push_client_hello, push_sslv2_hello
from checker.tls.offer import Offer, keeps_to
from checker.tls.record_layer import push_alert
from checker.tls.registry import (
    SIGNATURE_SCHEMES,
    group_name,
    is_sha1_signature,
    shows_a_nist_suite,
    suite_name,
)

_HANDSHAKE_FAILURE = 40  # alert 90, user_canceled, is ignored by servers of TLS 1.3
_SCHEMES = tuple(SIGNATURE_SCHEMES)
_SHA1_SCHEMES = tuple(code for code in SIGNATURE_SCHEMES if is_sha1_signature(code))
_UNKNOWN_NAME = DomainName("unknown.invalid")  # nobody can have it (RFC 6761 section 6.4)
_NO_NAME = DomainName("")
_NOT_OFFERED = Failed(FailureKind.HANDSHAKE, "The server chose what was not offered, so clients break off.")


async def shake_hands(
    stream: Stream, host: DomainName, offer: TlsOffer, timeout: float
) -> tuple[Seen[Handshake] | Failed, tuple[bytes, ...]]:
    """The handshake within ``timeout`` seconds, with ``host`` as SNI, and the chain as sent (DER, the leaf first)."""
    try:
        session = await stream.start_tls(offer, host, timeout)
    except StreamFailure as failure:
        return failure.failed, ()
    handshake = Handshake(
        version=session.version,
        suite=suite_name(session.suite),
        nist=shows_a_nist_suite(session.suite, session.version),
        certificate=hashlib.sha256(session.chain[0]).hexdigest() if session.chain else None,
        chain=chain_id(session.chain) if session.chain else None,
        group=_group(session),
    )
    return Seen(handshake), session.chain


async def ask(stream: Stream, host: DomainName, offer: Offer, network: Network, timeout: float) -> Answer:
    """What the server says to one offer within ``timeout`` seconds, as the server named ``host``. Never raises."""
    name = {"host": host, "unknown": _UNKNOWN_NAME, "none": _NO_NAME}[offer.sni]
    if offer.completes:
        return await _complete(stream, name, OneSuite(offer.version, offer.suites[0]), timeout)
    if offer.act == "renegotiate":
        return await _renegotiate(stream, name, timeout)
    answer = await _hear(stream, _hello(offer, name), offer, network, timeout)
    if isinstance(answer, Accepted):
        if not keeps_to(offer, answer):
            return Unclear(_NOT_OFFERED, in_tls=True)
        return replace(answer, chain=answer.chain[: network.bounds.chain_certificates] if answer.chain else None)
    return replace(answer, in_tls=True) if isinstance(answer, Unclear) else answer


async def _hear(stream: Stream, hello: bytes, offer: Offer, network: Network, timeout: float) -> Answer:
    hearing = Sslv2Hearing() if offer.version == 0x0002 else Hearing()
    ends = network.clock.monotonic() + timeout
    try:
        await stream.write(hello, timeout)
        left = network.bounds.handshake_bytes
        while hearing.answer is None and left > 0:
            data = await stream.read(min(left, network.bounds.read_bytes), max(0.0, ends - network.clock.monotonic()))
            if data:
                left -= len(data)
                hearing.receive(data)
            else:
                hearing.end(Failed(FailureKind.CLOSED, "The server closed the connection during TLS."))
        hearing.end(Failed(FailureKind.HANDSHAKE, "The server sent more data than TLS has use for."))
        await stream.write(push_alert(min(offer.version, 0x0303), _HANDSHAKE_FAILURE), network.bounds.quit_s)
    except StreamFailure as failure:
        hearing.end(failure.failed)
    assert hearing.answer is not None
    return hearing.answer


async def _complete(stream: Stream, host: DomainName, suite: OneSuite, timeout: float) -> Answer:
    try:
        session = await stream.start_tls(suite, host, timeout)
    except StreamFailure as failure:
        is_told = failure.failed.failure in (FailureKind.ALERT, FailureKind.CHOICE, FailureKind.HANDSHAKE)
        return Incomplete(failure.failed) if is_told else Unclear(failure.failed, in_tls=True)
    hello = ServerHello(version=suite.version, suite=session.suite, compression=0)
    return Accepted(hello=hello, chain=session.chain or None)


async def _renegotiate(stream: Stream, host: DomainName, timeout: float) -> Answer:
    try:
        return Renegotiated(await stream.renegotiate(host, timeout))
    except StreamFailure as failure:
        return Unclear(failure.failed, in_tls=True)


def _hello(offer: Offer, name: DomainName) -> bytes:
    if offer.version == 0x0002:
        return push_sslv2_hello(offer.suites, os.urandom(16))
    hello = ClientHello(
        version=offer.version,
        suites=offer.suites,
        random=os.urandom(32),
        server_name=name,
        groups=offer.groups,
        signature_schemes=_SHA1_SCHEMES if offer.signs_sha1 else _SCHEMES,
        offers_deflate=offer.version < 0x0304,
        session_id=os.urandom(32) if offer.version == 0x0304 else b"",
        extra_bytes=offer.padding,
    )
    return push_client_hello(hello)


def _group(session: TlsSession) -> str | None:
    """The group of a handshake, from what the server said in clear. Null: it used none, or can't be read."""
    hearing = Hearing()
    hearing.receive(session.begins)
    hearing.end(Failed(FailureKind.CLOSED))
    match hearing.answer:
        case Accepted(hello=ServerHello(group=int(group))):
            return group_name(group)
        case Accepted(key_exchange=exchange) if exchange is not None and exchange.group is not None:
            return group_name(exchange.group)
        case _:
            return None
