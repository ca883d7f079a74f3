"""The bytes of every hello that the plan sends keep to what servers in the field were seen to need."""

from collections.abc import Iterator

import pytest

from checker.names import DomainName
from checker.tls.handshake import Extension
from checker.tls.offer import FALLBACK, Offer
from checker.tls.probe import ask
from checker.tls.registry import GROUPS, VERSIONS
from tests.checker.tls.test_handshake import parts
from tests.peers import network_to
from tests.plays import BOUNDS
from tests.tls_servers import FakeServer, interviewed

HOST = DomainName("mx-with-a-name-of-usual-length.mail.protection.example.com")
SEGMENT_BYTES = 1220  # what every path has room for: IPv6's 1280, without its header and TCP's
TLS_1_3 = ("AES_256_GCM_SHA384", "AES_128_GCM_SHA256")
MIXED = (
    "ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "DHE_RSA_WITH_AES_128_CBC_SHA",
    "RSA_WITH_AES_128_CBC_SHA",
    "DH_anon_WITH_AES_128_CBC_SHA",
    "RSA_WITH_3DES_EDE_CBC_SHA",
    "RSA_EXPORT_WITH_RC4_40_MD5",
)
ECDSA = ("ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE_ECDSA_WITH_AES_128_CBC_SHA")
SERVERS = (
    FakeServer(suites={"TLSv1.3": TLS_1_3, "TLSv1.2": MIXED[:1]}, order="server"),
    FakeServer(suites=dict.fromkeys(VERSIONS[1:5], MIXED) | {"TLSv1.3": TLS_1_3}),
    FakeServer(suites=dict.fromkeys(VERSIONS[1:5], MIXED), has_sslv2=True),
    FakeServer(suites=dict.fromkeys(VERSIONS[2:5], (*ECDSA, *MIXED))),
    FakeServer(suites={"TLSv1.3": TLS_1_3, "TLSv1.2": ECDSA}),
    FakeServer(suites={"TLSv1.3": TLS_1_3}, groups=(0x11EC, 29)),
)


class Wire:
    """Keeps what is written, and has nothing to say."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    async def write(self, data: bytes, timeout: float) -> None:
        self.written.append(data)

    async def read(self, limit: int, timeout: float) -> bytes:
        return b""


def offers() -> Iterator[tuple[str, Offer]]:
    """Every hello of a deep interview with each of the servers."""
    for server in SERVERS:
        yield from ((one.question, one.offer) for one in interviewed(server, "deep").asked if one.offer.act == "hello")


OFFERS = list(dict.fromkeys(offers()))


async def sent(offer: Offer, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setattr("os.urandom", lambda count: bytes(range(count)))
    wire = Wire()
    await ask(wire, HOST, offer, network_to(1, BOUNDS), 1.0)  # type: ignore[arg-type]
    return wire.written[0]


async def test_every_hello(monkeypatch: pytest.MonkeyPatch) -> None:
    """One segment, no size that balancers choke on, the server's name, and all that is answered at no cost."""
    for question, offer in OFFERS:
        data = await sent(offer, monkeypatch)
        if offer.version == 0x0002:
            assert len(data) < 256
            continue
        assert (len(data) <= SEGMENT_BYTES) is (question != "large-hello"), question
        assert len(data) - 5 not in range(256, 512), question
        _, _, _, _, compressions, extensions = parts(data)
        assert compressions == (b"\x00" if offer.version == 0x0304 else b"\x01\x00"), question
        assert (Extension.SUPPORTED_VERSIONS in extensions) is (offer.version == 0x0304), question
        if offer.version == 0x0300:
            assert extensions == {}
            continue
        assert extensions[Extension.SERVER_NAME].endswith(b"\0" + bytes((len(HOST),)) + HOST.encode("ascii"))
        assert 16 not in extensions, "an ALPN identifier"
        if offer.version == 0x0304:
            assert extensions[Extension.KEY_SHARE] == b"\0\0", "a share would hide groups that the server likes less"
        else:
            free = (
                Extension.RENEGOTIATION_INFO,
                Extension.EXTENDED_MASTER_SECRET,
                Extension.ENCRYPT_THEN_MAC,
                Extension.HEARTBEAT,
            )
            assert {*free} <= extensions.keys(), question


def test_no_group_of_finite_fields_is_offered_below_tls_1_3() -> None:
    """Servers of RFC 7919 switch to them and hide their own prime."""
    for question, offer in OFFERS:
        if offer.version < 0x0304:
            assert not any(GROUPS[code].kind == "ffdhe" for code in offer.groups if code in GROUPS), question


def test_post_quantum_groups_are_asked_for_alone() -> None:
    """Beside X25519 many a server would not show them."""
    kinds = {GROUPS[code].kind for question, offer in OFFERS if question == "post-quantum" for code in offer.groups}
    assert kinds == {"post-quantum"}


def test_the_fallback_signal_stands_in_no_other_hello() -> None:
    """A server that knows it ends every hello of an older version that has it."""
    assert {question for question, offer in OFFERS if FALLBACK in offer.suites} == {"fallback"}


def test_a_command_in_clear_is_sent_once_and_last() -> None:
    """It looks like an attack: what a server does about it must cost no other answer."""
    for server in SERVERS:
        acts = [one.offer.act for one in interviewed(server, "deep").asked]
        assert "renegotiate" not in acts[:-2]
        assert [place for place, act in enumerate(acts) if act == "inject"] == [len(acts) - 1]
