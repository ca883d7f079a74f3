"""One GET of the policy file: what is asked, of whom, and what the answer amounts to (RFC 8461 section 3.3)."""

import gzip
import logging
import zlib
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address

import pytest

from checker.names import DomainName, IPAddress
from checker.network.bounds import Bounds
from checker.network.clock import SystemClock
from checker.network.policy_client import HttpsPolicyClient
from checker.network.ports import HttpResponse, PolicyAnswer, Stream, TlsOffer, TlsSession
from checker.observation import NOT_REACHED, Failed, FailureKind, NotTried, Observation, Reason, Seen
from sandbox.authority import Issued
from sandbox.dialler import ClosedPort
from sandbox.policy_host import PolicyHost, PolicyScript
from tests.peers import ADDRESS, AUTHORITY, network_to

NAME = DomainName("mta-sts.example.test")
BODY = b"version: STSv1\r\nmode: enforce\r\nmx: mx.example.test\r\nmax_age: 604800\r\n"
GOOD = AUTHORITY.issue([NAME])
SCRIPT = PolicyScript(host=NAME, issued=GOOD, body=BODY)
LIMIT = Bounds().policy_bytes


async def fetch(host: PolicyHost, address: IPAddress = ADDRESS, name: DomainName = NAME) -> PolicyAnswer:
    return await network_to(host.port, Bounds()).policy_client.fetch(name, address)


async def response_to(script: PolicyScript) -> HttpResponse:
    """The response, which must have come."""
    async with PolicyHost(script) as host:
        answer = await fetch(host)
    assert isinstance(answer.response, Seen), answer.response
    return answer.response.value


async def test_what_is_asked_and_what_comes_back() -> None:
    """One plain GET: no condition, no cookie, nothing compressed, and the host's name in TLS as in HTTP."""
    async with PolicyHost(SCRIPT) as host:
        answer = await fetch(host)
        (heard,) = host.requests
    assert (heard.method, heard.target, heard.version, heard.sni) == (
        "GET",
        "/.well-known/mta-sts.txt",
        "HTTP/1.1",
        NAME,
    )
    agent = heard.header("user-agent") or ""
    assert sorted(heard.headers) == [
        ("accept", "text/plain"),
        ("accept-encoding", "identity"),
        ("connection", "close"),
        ("host", NAME),
        ("user-agent", agent),
    ]
    assert agent.startswith("Mailseal/")
    assert isinstance(answer.connect, Seen)
    assert answer.connect.value <= answer.duration_ms
    assert isinstance(answer.session, Seen)
    assert answer.session.value.version == "TLSv1.3"
    assert answer.session.value.chain == GOOD.der
    assert answer.response == Seen(HttpResponse(status=200, body=BODY, content_type="text/plain"))


async def test_a_name_that_looks_like_punycode_is_asked_as_it_is() -> None:
    """Whatever it decodes to, if it does: senders ask for the A-labels."""
    name = DomainName("mta-sts.xn--a.example.test")
    async with PolicyHost(SCRIPT) as host:
        answer = await fetch(host, name=name)
        assert (host.requests[0].header("host"), host.requests[0].sni) == (name, name)
    assert isinstance(answer.response, Seen)


@pytest.mark.parametrize(
    "issued",
    [
        pytest.param(AUTHORITY.issue([NAME], ends=timedelta(days=-3)), id="expired"),
        pytest.param(AUTHORITY.issue(["www.example.test"]), id="wrong name"),
        pytest.param(AUTHORITY.self_signed([NAME]), id="self-signed"),
        pytest.param(AUTHORITY.issue([NAME], with_intermediate=False), id="incomplete"),
    ],
)
async def test_a_bad_certificate_is_kept_and_the_file_is_read_all_the_same(issued: Issued) -> None:
    """What it is worth is judged elsewhere: the owner wants to know what else is wrong."""
    async with PolicyHost(replace(SCRIPT, issued=issued)) as host:
        answer = await fetch(host)
    assert isinstance(answer.session, Seen)
    assert answer.session.value.chain == issued.der
    assert isinstance(answer.response, Seen)
    assert answer.response.value.body == BODY


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_reported_and_not_followed(status: int) -> None:
    """Not even to the same host (RFC 8461 section 3.3)."""
    async with PolicyHost(SCRIPT) as target:
        for location in (f"http://127.0.0.1:{target.port}/", f"https://{NAME}/policy.txt", "policy.txt"):
            script = replace(SCRIPT, status=status, headers={"Location": location}, body=b"")
            async with PolicyHost(script) as host:
                answer = await fetch(host)
                assert len(host.requests) == 1
            assert answer.response == Seen(HttpResponse(status=status, body=b"", location=location))
        assert target.connections == 0


@pytest.mark.parametrize("location", ["https://[::1/", "http://\x01\x02", "https://" + "a" * 5000, "//:99999999/", ""])
async def test_a_redirect_to_nonsense_is_a_redirect(location: str) -> None:
    response = await response_to(replace(SCRIPT, status=301, headers={"Location": location}))
    assert response.status == 301
    assert response.location is not None
    assert len(response.location) <= Bounds().policy_field_characters + 1
    assert response.location.isprintable()


async def test_a_cookie_is_not_kept() -> None:
    async with PolicyHost(replace(SCRIPT, headers={"Set-Cookie": "a=b; Path=/"})) as host:
        client = network_to(host.port, Bounds()).policy_client
        for _ in range(2):
            await client.fetch(NAME, ADDRESS)
        assert [heard.header("cookie") for heard in host.requests] == [None, None]


@pytest.mark.parametrize("status", [201, 202, 206, 400, 401, 403, 404, 410, 429, 500, 503, 999])
async def test_another_status_comes_without_its_page(status: int) -> None:
    """Its page may be endless or broken: what counts is the status."""
    broken = f"HTTP/1.1 {status} x\r\nContent-Length: 100000\r\n\r\nand then nothing".encode()
    assert await response_to(replace(SCRIPT, raw=broken)) == HttpResponse(status=status, body=b"")


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_that_has_no_body(status: int) -> None:
    assert await response_to(replace(SCRIPT, raw=f"HTTP/1.1 {status} x\r\n\r\n".encode())) == HttpResponse(
        status=status, body=b""
    )


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + BODY, id="the end of the connection"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n" + BODY, id="HTTP/1.0"),
        pytest.param(b"HTTP/1.1 200\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY, id="no reason phrase"),
        pytest.param(b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % len(BODY) + BODY, id="bare line feeds"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"
            + BODY[:5]
            + b"\r\n%X;name=value\r\n" % (len(BODY) - 5)
            + BODY[5:]
            + b"\r\n0\r\nX-Trailer: x\r\n\r\n",
            id="chunks",
        ),
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n" + BODY,
            id="provisional answers before",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY + b"junk", id="more than its length"
        ),
    ],
)
async def test_every_way_to_mark_the_end_of_a_file(raw: bytes) -> None:
    """RFC 9112 section 6. What stands behind a whole message belongs to no message."""
    assert await response_to(replace(SCRIPT, raw=raw)) == HttpResponse(status=200, body=BODY)
    dribbled = replace(SCRIPT, raw=raw, piece_bytes=7)
    assert await response_to(dribbled) == HttpResponse(status=200, body=BODY)


async def test_an_empty_file() -> None:
    assert (await response_to(replace(SCRIPT, body=b""))).body == b""
    assert (await response_to(replace(SCRIPT, body=b"", headers={"Content-Encoding": "gzip"}))).body == b""


def _bare(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize(
    ("coding", "coded"),
    [
        ("gzip", gzip.compress(BODY)),
        ("X-GZip", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", _bare(BODY)),
    ],
    ids=["gzip", "x-gzip", "deflate", "deflate without its frame"],
)
async def test_a_file_that_comes_compressed_is_unpacked(coding: str, coded: bytes) -> None:
    """We asked for none of it, so the coding is reported too (STS-33)."""
    response = await response_to(replace(SCRIPT, body=coded, headers={"Content-Encoding": coding}))
    assert response == HttpResponse(status=200, body=BODY, content_encoding=coding)


@pytest.mark.parametrize("coding", ["br", "identity", "gzip, gzip", "gzip, identity", "nonsense\x1b[2J"])
async def test_other_codings_are_left_as_they_are(coding: str) -> None:
    coded = gzip.compress(gzip.compress(BODY))
    response = await response_to(replace(SCRIPT, body=coded, headers={"Content-Encoding": coding}))
    assert response.body == coded
    assert response.content_encoding == coding.replace("\x1b", "\\x1b")


@pytest.mark.parametrize(("size", "is_cut"), [(LIMIT - 1, False), (LIMIT, False), (LIMIT + 1, True), (10**6, True)])
@pytest.mark.parametrize("coding", ["", "gzip"])
async def test_a_file_is_read_to_its_limit(coding: str, size: int, is_cut: bool) -> None:
    """The limit holds for what it decodes to, and the visit ends there."""
    lines = (b"mx: mx.example.test\r\n" * (size // 21 + 1))[:size]
    body = gzip.compress(lines) if coding else lines
    response = await response_to(replace(SCRIPT, body=body, headers={"Content-Encoding": coding} if coding else {}))
    assert (response.body, response.is_cut) == (lines[:LIMIT], is_cut)


async def test_header_fields_are_text_that_is_safe_to_show() -> None:
    """Printable, cut short, several of one name as a list, null where there is none."""
    fields = {
        "Content-Type": "text/plain; \x1b]0;x\x07é",
        "cache-control": "x" * 10000,
        "Cache-Control": "no-store",
    }
    response = await response_to(replace(SCRIPT, headers=fields))
    assert response.content_type == "text/plain; \\x1b]0;x\\x07é"
    assert response.cache_control == "x" * Bounds().policy_field_characters + "…"
    assert response.location is response.content_encoding is None
    fields = {"content-type": "text/plain", "Content-Type": "text/html"}
    assert (await response_to(replace(SCRIPT, headers=fields))).content_type == "text/plain, text/html"


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would the policy host's certificate be worth, seen by a proxy?"""
    async with PolicyHost(SCRIPT) as trap, PolicyHost(SCRIPT) as host:
        for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(variable, f"http://127.0.0.1:{trap.port}")
        answer = await fetch(host)
        assert (trap.connections, host.connections) == (0, 1)
    assert isinstance(answer.response, Seen)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1"])
async def test_an_address_that_is_not_public_gets_no_packet(address: str) -> None:
    """Whoever owns a name chooses its addresses: this one could lead into our own network."""
    async with PolicyHost(SCRIPT) as host:
        answer = await fetch(host, ip_address(address))
        assert host.connections == 0
    assert isinstance(answer.connect, NotTried)
    assert answer.connect.reason is Reason.BLOCKED_ADDRESS
    assert answer.connect.detail.startswith(str(ip_address(address)))
    assert answer.session is answer.response is NOT_REACHED


async def test_a_port_that_refuses() -> None:
    with ClosedPort() as port:
        answer = await network_to(port.number, Bounds()).policy_client.fetch(NAME, ADDRESS)
    assert answer.connect == Failed(FailureKind.REFUSED, "The server refuses connections to this port.")
    assert answer.session is answer.response is NOT_REACHED


PEERS_WORDS = "\x1b[2J what a peer sent"


class Broken:
    """A dialler and stream with a mistake at one stage."""

    is_cut_off = False

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self.is_closed = False

    def _break(self, stage: str) -> None:
        if stage == self._stage:
            raise RuntimeError(PEERS_WORDS)

    async def dial(self, address: IPAddress, timeout: float) -> Stream:
        self._break("connect")
        return self

    async def start_tls(self, offer: TlsOffer, server_name: DomainName, timeout: float) -> TlsSession:
        self._break("session")
        return TlsSession(version="TLSv1.3", suite=0x1301, chain=())

    async def write(self, data: bytes, timeout: float) -> None:
        pass

    async def read(self, limit: int, timeout: float) -> bytes:
        self._break("response")
        return b""

    async def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("stage", ["connect", "session", "response"])
async def test_a_mistake_of_ours_costs_one_stage(stage: str, caplog: pytest.LogCaptureFixture) -> None:
    """It counts against nobody, lets go of the connection, and the log tells where it was without the peer's words."""
    broken = Broken(stage)
    answer = await HttpsPolicyClient(broken, SystemClock(), Bounds()).fetch(NAME, ADDRESS)
    stages: dict[str, Observation[object]] = {
        "connect": answer.connect,
        "session": answer.session,
        "response": answer.response,
    }
    failed = {name: seen.failure for name, seen in stages.items() if isinstance(seen, Failed)}
    assert failed == {stage: FailureKind.INTERNAL}
    assert broken.is_closed is (stage != "connect")
    assert "RuntimeError" in caplog.text
    assert PEERS_WORDS not in caplog.text


async def test_the_log_says_nothing_of_who_was_asked(caplog: pytest.LogCaptureFixture) -> None:
    """Which domains are checked is nobody's business."""
    caplog.set_level(logging.INFO)
    await response_to(SCRIPT)
    assert "example.test" not in caplog.text
