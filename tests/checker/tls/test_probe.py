"""Handshakes with real servers on loopback: what they settle is what the server was set to."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from checker.certificates.facts import chain_id
from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.ports import TlsOffer
from checker.network.streams import TcpDialer
from checker.observation import Failed, FailureKind, Fault, Seen
from checker.tls.facts import Handshake
from checker.tls.probe import shake_hands
from sandbox.authority import DAY, Authority, Issued, rsa_key

HOST = DomainName("mx.mail.test")
LOOPBACK = ip_address("127.0.0.1")
PATIENCE_S = 5.0
BOUNDS = Bounds(let_go_s=0.1)
AUTHORITY = Authority(datetime.now(UTC))
ELLIPTIC = AUTHORITY.issue([HOST])
RSA = AUTHORITY.issue([HOST], key=rsa_key(2048))


def context(
    tmp_path: Path,
    issued: Issued | None,
    suites: str = "ALL",
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
) -> ssl.SSLContext:
    """A server that takes these suites of TLS 1.2 and below, and no version above ``newest``."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version, made.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
    made.set_ciphers(f"{suites}:@SECLEVEL=0")
    if issued is not None:
        file = tmp_path / "server.pem"
        file.write_bytes(issued.key_pem + issued.chain_pem)
        made.load_cert_chain(file)
    return made


@asynccontextmanager
async def listening(tls: ssl.SSLContext | None, says: bytes = b"") -> AsyncIterator[int]:
    """A port where TLS is spoken at once, or these bytes are said in clear."""
    clients: list[asyncio.StreamWriter] = []

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.append(writer)
        writer.write(says)

    server = await asyncio.start_server(accept, str(LOOPBACK), 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in clients:
            writer.transport.abort()


async def shake(
    port: int, offer: TlsOffer = TlsOffer.NIST, timeout: float = PATIENCE_S
) -> tuple[Seen[Handshake] | Failed, tuple[bytes, ...]]:
    dialer = TcpDialer(port, allow_networks=[ip_network("127.0.0.0/8")], bounds=BOUNDS)
    stream = await dialer.dial(LOOPBACK, PATIENCE_S)
    try:
        return await shake_hands(stream, HOST, offer, timeout)
    finally:
        await stream.close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("suites", "newest", "issued", "version", "suite"),
    [
        ("ECDHE-ECDSA-AES128-SHA", ssl.TLSVersion.TLSv1_2, ELLIPTIC, "TLSv1.2", "ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
        ("ECDHE-RSA-AES256-GCM-SHA384", ssl.TLSVersion.TLSv1_2, RSA, "TLSv1.2", "ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        ("AES128-SHA", ssl.TLSVersion.TLSv1_2, RSA, "TLSv1.2", "RSA_WITH_AES_128_CBC_SHA"),
        ("AES128-SHA", ssl.TLSVersion.TLSv1_1, RSA, "TLSv1.1", "RSA_WITH_AES_128_CBC_SHA"),
        ("ECDHE-RSA-AES128-SHA", ssl.TLSVersion.TLSv1, RSA, "TLSv1.0", "ECDHE_RSA_WITH_AES_128_CBC_SHA"),
    ],
)  # fmt: skip
async def test_nist_suite(
    suites: str, newest: ssl.TLSVersion, issued: Issued, version: str, suite: str, tmp_path: Path
) -> None:
    """The first offer reaches down to TLS 1.0 and static RSA, and the chain comes as it was sent."""
    async with listening(context(tmp_path, issued, suites, newest)) as port:
        shaken, chain = await shake(port)
    leaf = hashlib.sha256(issued.der[0]).hexdigest()
    name, group = f"TLS_{suite}", curve(suite)
    assert shaken == Seen(
        Handshake(version=version, suite=name, nist=True, certificate=leaf, chain=named(chain), group=group)
    )
    assert chain == issued.der


def curve(suite: str) -> str | None:
    """What OpenSSL's client and server agree on where the suite needs a curve."""
    return "x25519" if "ECDH" in suite else None


def named(chain: tuple[bytes, ...]) -> str | None:
    """What the handshake calls the chain."""
    return chain_id(chain) if chain else None


async def test_tls_1_3(tmp_path: Path) -> None:
    async with listening(context(tmp_path, ELLIPTIC, newest=ssl.TLSVersion.TLSv1_3)) as port:
        shaken, chain = await shake(port)
    assert isinstance(shaken, Seen)
    assert (shaken.value.version, shaken.value.nist) == ("TLSv1.3", True)
    assert shaken.value.suite.startswith("TLS_AES_")
    assert chain == ELLIPTIC.der


@pytest.mark.parametrize(
    ("suites", "issued", "suite"),
    [
        ("ECDHE-RSA-CHACHA20-POLY1305", RSA, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        ("NULL-SHA256", RSA, "TLS_RSA_WITH_NULL_SHA256"),
        ("AECDH-AES128-SHA", None, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"),
    ],
)
async def test_other_suite(suites: str, issued: Issued | None, suite: str, tmp_path: Path) -> None:
    """No suite of NIST: the first offer is refused, the second one's handshake says what there is instead."""
    async with listening(context(tmp_path, issued, suites)) as port:
        refused, nothing = await shake(port)
        shaken, chain = await shake(port, TlsOffer.EVERY)
    assert isinstance(refused, Failed)
    assert refused.fault is Fault.THEIRS
    assert nothing == ()
    leaf = hashlib.sha256(issued.der[0]).hexdigest() if issued else None
    group = curve(suite)
    assert shaken == Seen(
        Handshake(version="TLSv1.2", suite=suite, nist=False, certificate=leaf, chain=named(chain), group=group)
    )
    assert chain == (issued.der if issued else ())


async def test_the_host_is_named(tmp_path: Path) -> None:
    """SNI is the MX host name, which decides on some servers which certificate is shown (RFC 8461 section 7.1)."""
    asked: list[str | None] = []
    server = context(tmp_path, ELLIPTIC)
    server.sni_callback = lambda _, name, __: asked.append(name)
    async with listening(server) as port:
        await shake(port)
    assert asked == [HOST]


@pytest.mark.parametrize("kind", ["expired", "wrong name", "self-signed"])
async def test_nothing_is_verified(kind: str, tmp_path: Path) -> None:
    """A certificate that would fail every check still completes the handshake: whether it is good is judged later."""
    issued = {
        "expired": lambda: AUTHORITY.issue([HOST], ends=-DAY),
        "wrong name": lambda: AUTHORITY.issue(["web.mail.test"]),
        "self-signed": lambda: AUTHORITY.self_signed([HOST]),
    }[kind]()
    async with listening(context(tmp_path, issued)) as port:
        shaken, chain = await shake(port)
    assert isinstance(shaken, Seen)
    assert chain == issued.der


@pytest.mark.parametrize(
    ("number", "name", "kind"),
    [
        (10, "unexpected_message", FailureKind.HANDSHAKE),
        (40, "handshake_failure", FailureKind.ALERT),
        (47, "illegal_parameter", FailureKind.ALERT),
        (50, "decode_error", FailureKind.HANDSHAKE),
        (70, "protocol_version", FailureKind.ALERT),
        (71, "insufficient_security", FailureKind.ALERT),
        (80, "internal_error", FailureKind.HANDSHAKE),
        (86, "inappropriate_fallback", FailureKind.ALERT),
        (112, "unrecognized_name", FailureKind.HANDSHAKE),
    ],
)
async def test_an_alert_is_told_by_number(number: int, name: str, kind: FailureKind) -> None:
    """What the server says of its refusal is kept (requirements TLS-31), and only these five reject our offer."""
    async with listening(None, b"\x15\x03\x01\x00\x02\x02" + bytes([number])) as port:
        shaken, chain = await shake(port)
    assert shaken == Failed(kind, f"TLS alert {number} ({name})")
    assert chain == ()


async def test_text_where_tls_is_due() -> None:
    async with listening(None, b"250 OK\r\n") as port:
        shaken, chain = await shake(port)
    assert shaken == Failed(FailureKind.HANDSHAKE, "The server did not speak TLS but sent: 250 OK")
    assert chain == ()


async def test_silence() -> None:
    async with listening(None) as port:
        shaken, _ = await shake(port, timeout=0.2)
    assert isinstance(shaken, Failed)
    assert shaken.failure is FailureKind.TIMEOUT
