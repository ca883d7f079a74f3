"""What a server's bytes amount to: accepted, rejected, or unclear, from any pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.observation import Failed, FailureKind
from checker.tls.answer import (
    REJECTIONS,
    Accepted,
    AcceptedSslv2,
    Answer,
    Hearing,
    Rejected,
    Sslv2Hearing,
    Unclear,
)
from checker.tls.handshake import MESSAGE_LIMIT, ServerHello, ServerKeyExchange
from tests.tls_bytes import (
    CERTIFICATE,
    CHAIN,
    DONE,
    ECDHE,
    FLIGHT,
    HELLO,
    RETRY_FLIGHT,
    alert,
    block,
    hello_body,
    message,
    record,
)

ENDED = Failed(FailureKind.CLOSED, "The end.")
ACCEPTED = Accepted(
    hello=ServerHello(version=0x0303, suite=0xC02F, compression=0),
    chain=CHAIN,
    key_exchange=ServerKeyExchange(group=29, scheme=0x0401),
)
ONLY_A_HELLO = Accepted(hello=ACCEPTED.hello)
RETRY = Accepted(
    hello=ServerHello(
        version=0x0304, suite=0x1301, compression=0, group=29, is_retry=True, extensions=frozenset({43, 51})
    )
)
CHANGE_CIPHER_SPEC = record(20, b"\x01")
STATUS = message(22, b"\x01" + block(b"ocsp", 3))


def broken(sentence: str) -> Unclear:
    return Unclear(Failed(FailureKind.HANDSHAKE, sentence))


def anonymous(suite: int, exchange: bytes) -> bytes:
    return record(22, message(2, hello_body(suite)) + message(12, exchange) + DONE)


CASES: dict[str, tuple[bytes, Answer]] = {
    "one record": (record(22, FLIGHT), ACCEPTED),
    "a record each": (b"".join(record(22, part) for part in (HELLO, CERTIFICATE, ECDHE, DONE)), ACCEPTED),
    "messages that span records": (
        b"".join(record(22, FLIGHT[at : at + 7]) for at in range(0, len(FLIGHT), 7)),
        ACCEPTED,
    ),
    "a warning first": (alert(112, level=1) + record(22, FLIGHT), ACCEPTED),
    "a HelloRequest first": (record(22, message(0, b"")) + record(22, FLIGHT), ACCEPTED),
    "a certificate status between": (record(22, HELLO + CERTIFICATE + STATUS + ECDHE + DONE), ACCEPTED),
    "a client certificate asked for": (record(22, HELLO + CERTIFICATE + ECDHE + message(13, b"xx") + DONE), ACCEPTED),
    "nothing but a hello, then the end": (record(22, HELLO), ONLY_A_HELLO),
    "a chain that can't be read": (record(22, HELLO + message(11, b"\x00\x00\x09") + DONE), ONLY_A_HELLO),
    "HelloRetryRequest": (RETRY_FLIGHT, RETRY),
    "HelloRetryRequest with ChangeCipherSpec": (RETRY_FLIGHT + CHANGE_CIPHER_SPEC, RETRY),
    "ChangeCipherSpec before": (CHANGE_CIPHER_SPEC + RETRY_FLIGHT, RETRY),
    "anonymous DH": (
        anonymous(0x0034, block(b"\x05", 2) + block(b"\x02", 2) + block(b"y", 2)),
        Accepted(
            hello=ServerHello(version=0x0303, suite=0x0034, compression=0),
            key_exchange=ServerKeyExchange(prime=5, generator=2),
        ),
    ),
    "a shared key's hint is no curve": (
        anonymous(0xC035, block(b"hint", 2) + b"\x03\x00\x1d" + block(b"k", 1)),
        Accepted(hello=ServerHello(version=0x0303, suite=0xC035, compression=0)),
    ),
    "an export key is no prime": (
        anonymous(0x0003, block(b"modulus", 2) + block(b"\x03", 2) + block(b"s", 2)),
        Accepted(hello=ServerHello(version=0x0303, suite=0x0003, compression=0)),
    ),
    **{f"alert {number}": (alert(number), Rejected(number)) for number in REJECTIONS},
    "a warning, then the alert": (alert(112, level=1) + alert(40), Rejected(40)),
    "an alert about something else": (alert(80), broken("The server broke off with alert 80.")),
    "an alert after its choice": (
        record(22, HELLO) + alert(40),
        broken("The server broke off with alert 40 after it had chosen."),
    ),
    "close_notify": (alert(0, level=1), broken("The server broke off with alert 0.")),
    "half an alert": (record(21, b"\x02"), Unclear(ENDED)),
    "clear text": (b"454 TLS not available\r\n", broken("The server did not speak TLS but sent: 4")),
    "another message first": (record(22, CERTIFICATE), broken("The server sent a hello that can't be read.")),
    "a hello that can't be read": (
        record(22, message(2, b"\x03\x03")),
        broken("The server sent a hello that can't be read."),
    ),
    "an endless message": (
        record(22, b"\x02" + (MESSAGE_LIMIT + 1).to_bytes(3)),
        broken("The server began a message without an end."),
    ),
    "nothing": (b"", Unclear(ENDED)),
    "encrypted data": (record(23, b"x" * 40), Unclear(ENDED)),
}


def heard(hearing: Hearing | Sslv2Hearing, *pieces: bytes) -> Answer | None:
    for piece in pieces:
        hearing.receive(piece)
    hearing.end(ENDED)
    return hearing.answer


def singly(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def about(answer: Answer | None) -> Answer | None:
    """Of clear text only so much is quoted as had come when it was known to be no TLS."""
    if isinstance(answer, Unclear) and "did not speak TLS" in answer.failed.detail:
        return broken("The server did not speak TLS but sent: 4")
    return answer


@pytest.mark.parametrize(("data", "answer"), CASES.values(), ids=CASES)
def test_a_flight(data: bytes, answer: Answer) -> None:
    assert about(heard(Hearing(), data)) == answer
    assert about(heard(Hearing(), *singly(data))) == answer


@pytest.mark.parametrize("name", [name for name, (_, answer) in CASES.items() if answer in (ACCEPTED, RETRY)])
@pytest.mark.parametrize("junk", [b"500 no\r\n", alert(40), record(22, HELLO)])
def test_what_comes_behind_an_answer_changes_nothing(name: str, junk: bytes) -> None:
    data, answer = CASES[name]
    assert heard(Hearing(), data + junk) == heard(Hearing(), data, junk) == answer


def test_clear_text_is_quoted_up_to_its_line_s_end() -> None:
    answer = heard(Hearing(), b"454 TLS not \x1bavailable\r\nmore")
    assert isinstance(answer, Unclear)
    assert answer.failed.detail.startswith("The server did not speak TLS but sent: 454 TLS not ")
    assert "\x1b" not in answer.failed.detail
    assert "more" not in answer.failed.detail


SSLV2 = b"\x80\x13\x04\x00\x01\x00\x02\x00\x04\x00\x03\x00\x01" + b"cert" + b"\x07\x00\xc0" + b"i"
SSLV2_CASES: dict[str, tuple[bytes, Answer]] = {
    "a hello": (SSLV2, AcceptedSslv2((0x0700C0,))),
    "an alert in a record": (alert(70), Rejected(70)),
    "clear text": (b"454 no\r\n", broken("The server did not speak TLS but sent: 4")),
    "another message": (b"\x80\x03\x00\x00\x01", Unclear(ENDED)),
    "the end": (b"", Unclear(ENDED)),
}


@pytest.mark.parametrize(("data", "answer"), SSLV2_CASES.values(), ids=SSLV2_CASES)
def test_an_answer_to_an_sslv2_hello(data: bytes, answer: Answer) -> None:
    assert about(heard(Sslv2Hearing(), data)) == answer
    assert about(heard(Sslv2Hearing(), *singly(data))) == answer


def test_more_than_any_sslv2_record_is_not_kept() -> None:
    assert isinstance(heard(Sslv2Hearing(), b"\xff\xff" + bytes(40000)), Unclear)


@given(st.lists(st.binary(max_size=80), max_size=6))
def test_any_bytes_have_an_answer(pieces: list[bytes]) -> None:
    assert heard(Hearing(), *pieces) is not None
    assert heard(Sslv2Hearing(), *pieces) is not None


@given(st.sampled_from(list(CASES.values())), st.integers(0, 300), st.binary(max_size=3))
def test_a_changed_flight_has_an_answer(case: tuple[bytes, Answer], at: int, by: bytes) -> None:
    data, _ = case
    assert heard(Hearing(), data[:at] + by + data[at + len(by) :]) is not None
