"""TLS through ``ssl.MemoryBIO``: OpenSSL does the cryptography, we move the bytes and count them.

Nothing is verified: version, suite and chain are facts, and whether they are good enough is judged elsewhere. The one
rule of this file: a peer's alert is reported by its name and number (RFC 8446 section 6), even where the connection
broke right behind it.
"""

import _ssl
import contextlib
import re
import ssl
import warnings
from collections.abc import Awaitable, Callable
from functools import cache, lru_cache
from typing import Any

from checker.data import nist_suites
from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.ports import OneSuite, StreamFailure, TlsOffer, TlsSession
from checker.observation import Failed, FailureKind
from checker.printable import printable

EVERY_SUITE = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"

_ALERTS = {
    name: number
    for number, name in (
        # IANA registry "TLS Alerts"
        (10, "unexpected_message"),
        (20, "bad_record_mac"),
        (21, "decryption_failed"),
        (22, "record_overflow"),
        (30, "decompression_failure"),
        (40, "handshake_failure"),
        (41, "no_certificate"),
        (42, "bad_certificate"),
        (43, "unsupported_certificate"),
        (44, "certificate_revoked"),
        (45, "certificate_expired"),
        (46, "certificate_unknown"),
        (47, "illegal_parameter"),
        (48, "unknown_ca"),
        (49, "access_denied"),
        (50, "decode_error"),
        (51, "decrypt_error"),
        (60, "export_restriction"),
        (70, "protocol_version"),
        (71, "insufficient_security"),
        (80, "internal_error"),
        (86, "inappropriate_fallback"),
        (90, "user_cancelled"),
        (100, "no_renegotiation"),
        (109, "missing_extension"),
        (110, "unsupported_extension"),
        (111, "certificate_unobtainable"),
        (112, "unrecognized_name"),
        (113, "bad_certificate_status_response"),
        (114, "bad_certificate_hash_value"),
        (115, "unknown_psk_identity"),
        (116, "certificate_required"),
        (120, "no_application_protocol"),
    )
}
_REJECTIONS = (40, 47, 70, 71, 86)  # about what was offered; any other alert is trouble, and may pass
_VERSIONS = {
    0x0301: ssl.TLSVersion.TLSv1,
    0x0302: ssl.TLSVersion.TLSv1_1,
    0x0303: ssl.TLSVersion.TLSv1_2,
    0x0304: ssl.TLSVersion.TLSv1_3,
}
_ALERT_REASON = re.compile(r"(?:SSLV3|TLSV1|TLSV13)_(?:ALERT_)?(\w+)")
_SERVER_HELLO = b"\x16\x02"  # the type of its record, and of the message five bytes behind
_RECORD_TYPES = range(20, 25)  # change_cipher_spec to heartbeat: what a TLS record begins with
_KEPT_CONTEXTS = 32  # that offer one suite alone
_SHOWN_CHARACTERS = 100  # of clear text where TLS was due


def alert_text(number: int) -> str:
    """An alert by its number, and its name if the registry has one."""
    name = next((name for name, code in _ALERTS.items() if code == number), None)
    return f"TLS alert {number} ({name})" if name else f"TLS alert {number}"


def clear_text(begins: bytes) -> Failed | None:
    """What is told of a server that sent this where a TLS record was due; null: it is one, or nothing."""
    if not begins or begins[0] in _RECORD_TYPES:
        return None
    text = printable(begins.partition(b"\n")[0].rstrip(b"\r"), _SHOWN_CHARACTERS)
    return Failed(FailureKind.HANDSHAKE, f"The server did not speak TLS but sent: {text}")


class TlsContexts:
    """One client context per offer, made once: TLS 1.0 or newer, nothing verified, no session resumed.

    Of those with one suite alone the latest are kept.
    """

    def __init__(self) -> None:
        every = _context(EVERY_SUITE)
        nist = [suite["name"] for suite in every.get_ciphers() if suite["id"] & 0xFFFF in nist_suites()]
        # OpenSSL always offers its TLS 1.3 suites too, ChaCha20 among them: which was taken is for the rules to see.
        self._contexts = {TlsOffer.EVERY: every, TlsOffer.NIST: _context(":".join(nist) + ":@SECLEVEL=0")}
        self._of_one_suite = lru_cache(_KEPT_CONTEXTS)(_context_of_one)

    def __getitem__(self, offer: TlsOffer | OneSuite) -> ssl.SSLContext:
        """The context for an offer. Raises StreamFailure, ours, for a suite that OpenSSL here doesn't have."""
        return self._contexts[offer] if isinstance(offer, TlsOffer) else self._of_one_suite(offer)


def _context_of_one(offer: OneSuite) -> ssl.SSLContext:
    name = next((name for name, code in _codes().items() if code == offer.suite), None)
    if name is None or offer.version not in _VERSIONS:
        raise StreamFailure(Failed(FailureKind.INTERNAL, "The TLS library here doesn’t have what this asks for."))
    # OpenSSL's TLS 1.3 suites can't be chosen here: all of them are offered then.
    context = _context(EVERY_SUITE if offer.version == 0x0304 else f"{name}:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that a version is old is the point
        context.minimum_version = context.maximum_version = _VERSIONS[offer.version]
    return context


@cache
def _codes() -> dict[str, int]:
    """The IANA code of each suite that OpenSSL has, by its name there."""
    return {suite["name"]: suite["id"] & 0xFFFF for suite in _context(EVERY_SUITE).get_ciphers()}


def _context(suites: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.verify_flags = ssl.VERIFY_DEFAULT  # Python 3.13 adds flags, and facts must not depend on it
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED  # SSLv3 stays off by option
    context.options |= ssl.OP_LEGACY_SERVER_CONNECT  # servers without RFC 5746 are looked at too
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
    context.set_ciphers(suites)
    return context


class TlsLayer:
    """TLS over two functions that receive and send bytes. Its methods raise OSError and StreamFailure."""

    def __init__(
        self,
        context: ssl.SSLContext,
        server_name: DomainName,
        receive: Callable[[int], Awaitable[bytes]],
        send: Callable[[bytes], Awaitable[None]],
        bounds: Bounds,
    ) -> None:
        self._receive, self._send, self._bounds = receive, send, bounds
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = _wrap(context, self._incoming, self._outgoing, server_name)
        self._left = bounds.handshake_bytes
        self._first_bytes = b""
        self.is_cut_off = False
        self._ended = False
        self._broken: OSError | None = None

    async def shake_hands(self) -> TlsSession:
        """Complete the handshake."""
        try:
            await self._pumped(self._tls.do_handshake)
        except ssl.SSLError as error:
            raise StreamFailure(self._why(error)) from error
        self._left = self._bounds.tls_record_bytes
        session = _session(self._tls, self._bounds.chain_certificates, self._first_bytes)
        self._first_bytes = b""
        return session

    async def read(self, limit: int) -> bytes:
        """Decrypted bytes, ``b""`` at the end. Without a close_notify it ``is_cut_off`` (RFC 8446 section 6.1)."""
        try:
            return await self._pumped(lambda: self._tls.read(limit))
        except ssl.SSLZeroReturnError:
            return b""
        except ssl.SSLEOFError:
            self.is_cut_off = True
            return b""
        except ssl.SSLError as error:
            raise StreamFailure(self._why(error)) from error

    async def write(self, data: bytes) -> None:
        """Encrypt and send all of ``data``."""
        try:
            await self._pumped(lambda: self._tls.write(data))
        except ssl.SSLError as error:
            raise StreamFailure(self._why(error)) from error
        if self._broken is not None:
            raise self._broken

    def last_words(self) -> bytes:
        """What is left to send: a close_notify, or OpenSSL's alert if the handshake failed."""
        with contextlib.suppress(ssl.SSLError, ValueError):  # never complete: the peer's own isn't waited for
            self._tls.unwrap()
        return self._outgoing.read()

    async def _pumped[T](self, step: Callable[[], T]) -> T:
        """Repeat ``step`` until it has what it needs, moving bytes in between."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        """Send what OpenSSL has ready. A broken connection shows later: what came before the break is read first."""
        data = self._outgoing.read()
        if not data or self._broken is not None:
            return
        try:
            await self._send(data)
        except TimeoutError:
            raise
        except OSError as error:
            self._broken = error

    async def _feed(self) -> None:
        """Give OpenSSL more bytes, or the end of them."""
        data = await self._receive(self._bounds.read_bytes)
        if not data:
            if self._broken is not None:
                raise self._broken
            if self._ended:
                raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "the peer closed the connection")
            self._ended = True
            self._incoming.write_eof()
            return
        self._left -= len(data)
        if self._left < 0:
            raise StreamFailure(Failed(FailureKind.HANDSHAKE, "The server sent more data than TLS has use for."))
        if (room := self._bounds.hello_bytes - len(self._first_bytes)) > 0:
            self._first_bytes += data[:room]
        self._incoming.write(data)

    def _why(self, error: ssl.SSLError) -> Failed:
        """What went wrong, as the peer or OpenSSL names it."""
        if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return Failed(FailureKind.CLOSED, "The server closed the connection during TLS.")
        reason = error.reason or "unknown"
        alert = _ALERT_REASON.fullmatch(reason)
        name = alert[1].lower() if alert else ""
        if name in _ALERTS:
            kind = FailureKind.ALERT if _ALERTS[name] in _REJECTIONS else FailureKind.HANDSHAKE
            return Failed(kind, alert_text(_ALERTS[name]))
        has_chosen = self._first_bytes[:1] + self._first_bytes[5:6] == _SERVER_HELLO
        kind = FailureKind.CHOICE if has_chosen else FailureKind.HANDSHAKE
        broke_off = Failed(kind, f"TLS broke off: {reason.lower().replace('_', ' ')}")
        return clear_text(self._first_bytes) or broke_off


def _wrap(context: ssl.SSLContext, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO, name: DomainName) -> ssl.SSLObject:
    try:
        return context.wrap_bio(incoming, outgoing, server_hostname=name)
    except ValueError:  # DNS holds names that SNI cannot (RFC 6066 section 3), such as one with an empty label
        return context.wrap_bio(incoming, outgoing)


def _session(tls: ssl.SSLObject, chain_certificates: int, begins: bytes) -> TlsSession:
    name, _, _ = tls.cipher() or ("", "", 0)
    version = tls.version() or ""
    return TlsSession(
        version="TLSv1.0" if version == "TLSv1" else version,
        suite=_codes()[name],
        chain=tuple(_chain(tls)[:chain_certificates]),
        begins=begins,
    )


def _chain(tls: ssl.SSLObject) -> list[bytes]:
    """Certificates as sent, in DER."""
    if hasattr(tls, "get_unverified_chain"):
        return list(tls.get_unverified_chain())
    hood: Any = tls  # Python 3.12 has it under the hood only
    return [certificate.public_bytes(_ssl.ENCODING_DER) for certificate in hood._sslobj.get_unverified_chain() or ()]
