"""The conversation without I/O: what a client learns and says, from the server's bytes alone, in whatever pieces."""

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.network.bounds import Bounds
from checker.observation import NOT_REACHED, Absent, Failed, FailureKind, Seen
from checker.smtp.conversation import Awaiting, Conversation, Event, Say
from checker.smtp.facts import Ehlo, Reply, SmtpFacts

BOUNDS = Bounds(reply_line_bytes=128, reply_lines=10, reply_bytes=400)
GREETING = b"220 mx.example ESMTP\r\n"
EHLO = b"250-mx.example\r\n250-SIZE 1000\r\n250 STARTTLS\r\n"
GO_AHEAD = b"220 go ahead\r\n"
BYE = b"221 bye\r\n"
IN_TLS = b"250-mx.example\r\n250 SIZE 1000\r\n"
REPLY_IN_TLS = Reply(code=250, lines=("mx.example", "SIZE 1000"))
JUNK = b"\x00\xff\r\n\n999 \x1b[2J220 x\r\n" + b"A" * 500
INTRODUCED, TLS, QUIT = "EHLO probe.example", "STARTTLS", "QUIT"


def hold(clear: Iterable[bytes], inside: Iterable[bytes] = ()) -> tuple[Conversation, list[str]]:
    """A whole dialogue: the pieces that come in clear, then, if TLS is to begin, those that come inside."""
    conversation, events = Conversation("probe.example", BOUNDS), list[Event]()
    for piece in clear:
        events.extend(conversation.receive(piece))
    if conversation.awaiting is Awaiting.HANDSHAKE:
        events.extend(conversation.tls_started())
        for piece in inside:
            events.extend(conversation.receive(piece))
    return conversation, [event.line for event in events if isinstance(event, Say)]


type Held = Callable[[bytes, bytes], tuple[Conversation, list[str]]]


@pytest.fixture(params=["whole", "byte by byte", "with junk behind"])
def held(request: pytest.FixtureRequest) -> Held:
    def whole(clear: bytes, inside: bytes) -> tuple[Conversation, list[str]]:
        return hold([clear], [inside])

    def bytewise(clear: bytes, inside: bytes) -> tuple[Conversation, list[str]]:
        return hold((bytes([byte]) for byte in clear), (bytes([byte]) for byte in inside))

    def with_junk(clear: bytes, inside: bytes) -> tuple[Conversation, list[str]]:
        return hold([clear + JUNK], [inside + JUNK])

    ways: dict[str, Held] = {"whole": whole, "byte by byte": bytewise, "with junk behind": with_junk}
    return ways[request.param]


def test_the_good_dialogue(held: Held) -> None:
    conversation, said = held(GREETING + EHLO + GO_AHEAD, IN_TLS + BYE)
    facts = conversation.facts
    assert said == [INTRODUCED, TLS, INTRODUCED, QUIT]
    assert conversation.awaiting is Awaiting.NOTHING
    assert all(
        isinstance(seen, Seen) for seen in (facts.greeting, facts.ehlo, facts.starttls, facts.ehlo_tls, facts.quit)
    )
    assert isinstance(facts.ehlo_tls, Seen)
    assert facts.ehlo_tls.value.keywords == ("SIZE 1000",)


def test_nothing_is_said_before_the_greeting_is_whole() -> None:
    """A client that talks early is punished (SMTP-3)."""
    for end in range(len(GREETING)):
        _, said = hold([GREETING[:end]])
        assert said == []
    assert hold([b"220-mx.example please\r\n220-wait\r\n"])[1] == []
    assert hold([b"220-mx.example please\r\n220-wait\r\n220 now\r\n"])[1] == [INTRODUCED]


@pytest.mark.parametrize(
    ("clear", "said"),
    [
        (b"554 no\r\n" + BYE, [QUIT]),
        (b"421 busy\r\n" + BYE, [QUIT]),
        (b"354 what\r\n" + BYE, [QUIT]),
        (GREETING + b"550 no\r\n" + BYE, [INTRODUCED, QUIT]),
        (GREETING + b"250-mx.example\r\n250 SIZE\r\n" + BYE, [INTRODUCED, QUIT]),
        (GREETING + EHLO + b"454 not now\r\n" + BYE, [INTRODUCED, TLS, QUIT]),
        (GREETING + EHLO + b"501 what\r\n" + BYE, [INTRODUCED, TLS, QUIT]),
    ],
)
def test_a_no_is_followed_by_quit(held: Held, clear: bytes, said: list[str]) -> None:
    conversation, really_said = held(clear, b"")
    assert really_said == said
    assert conversation.awaiting is Awaiting.NOTHING
    assert isinstance(conversation.facts.quit, Seen)


@pytest.mark.parametrize("code", [500, 502])
def test_an_unknown_ehlo_is_followed_by_helo_which_has_no_extensions(held: Held, code: int) -> None:
    """SMTP-11, even if the answer to HELO looks like a list."""
    conversation, said = held(GREETING + f"{code} what\r\n".encode() + EHLO + BYE, b"")
    assert said == [INTRODUCED, "HELO probe.example", QUIT]
    assert isinstance(conversation.facts.ehlo, Seen)
    assert conversation.facts.ehlo.value.verb == "HELO"
    assert conversation.facts.ehlo.value.keywords == ()
    assert isinstance(conversation.facts.starttls, Absent)


@pytest.mark.parametrize("code", [421, 504, 550, 554])
def test_a_refused_ehlo_is_no_unknown_one(held: Held, code: int) -> None:
    """SMTP-12: it is no proof that STARTTLS is absent."""
    conversation, said = held(GREETING + f"{code} no\r\n".encode() + BYE, b"")
    assert said == [INTRODUCED, QUIT]
    assert conversation.facts.starttls == NOT_REACHED


def test_bytes_behind_the_go_ahead_are_counted_and_never_taken_for_an_answer(held: Held) -> None:
    """SMTP-19: response injection."""
    injected = b"250-evil.example\r\n250 AUTH PLAIN\r\n221 bye\r\n"
    conversation, said = held(GREETING + EHLO + GO_AHEAD + injected, IN_TLS + BYE)
    assert conversation.facts.bytes_after_starttls in (len(injected), len(injected + JUNK))
    assert said == [INTRODUCED, TLS, INTRODUCED, QUIT]
    assert conversation.facts.ehlo_tls == Seen(Ehlo(verb="EHLO", reply=REPLY_IN_TLS, keywords=("SIZE 1000",)))


def test_half_a_reply_behind_the_go_ahead_does_not_join_the_first_one_inside(held: Held) -> None:
    conversation, _ = held(GREETING + EHLO + GO_AHEAD + b"250-evil", IN_TLS + BYE)
    assert conversation.facts.ehlo_tls == Seen(Ehlo(verb="EHLO", reply=REPLY_IN_TLS, keywords=("SIZE 1000",)))


def test_inside_tls_the_old_list_is_forgotten(held: Held) -> None:
    """SMTP-20: a refusal inside stands for itself, and EHLO doesn't fall back to HELO there."""
    conversation, said = held(GREETING + EHLO + GO_AHEAD, b"502 what\r\n" + BYE)
    assert said == [INTRODUCED, TLS, INTRODUCED, QUIT]
    assert isinstance(conversation.facts.ehlo_tls, Seen)
    assert conversation.facts.ehlo_tls.value.keywords == ()


@pytest.mark.parametrize(
    ("clear", "stage"),
    [
        (b"hello\r\n", "greeting"),
        (GREETING + b"999 x\r\n", "ehlo"),
        (GREETING + b"500 what\r\nnonsense\r\n", "ehlo"),
        (GREETING + EHLO + b"220-x\r\n250 x\r\n", "starttls"),
    ],
)
def test_what_is_no_reply_is_a_failure_of_its_stage_and_keeps_the_rest(held: Held, clear: bytes, stage: str) -> None:
    conversation, _ = held(clear + GREETING, b"")
    failed = getattr(conversation.facts, stage)
    assert isinstance(failed, Failed)
    assert failed.failure is FailureKind.BAD_REPLY
    assert conversation.awaiting is Awaiting.NOTHING
    later = ("greeting", "ehlo", "starttls", "ehlo_tls", "quit")
    for after in later[later.index(stage) + 1 :]:
        assert getattr(conversation.facts, after) == NOT_REACHED


@pytest.mark.parametrize("awaiting", list(Awaiting))
def test_a_failure_ends_every_stage(awaiting: Awaiting) -> None:
    conversation = Conversation("probe.example", BOUNDS)
    conversation.awaiting = awaiting
    failed = Failed(FailureKind.RESET)
    conversation.fail(failed)
    assert conversation.awaiting is Awaiting.NOTHING
    fields = {"helo": "ehlo", "ehlo-tls": "ehlo_tls"}
    if awaiting not in (Awaiting.HANDSHAKE, Awaiting.NOTHING):
        assert getattr(conversation.facts, fields.get(awaiting, awaiting)) == failed


REPLIES = [GREETING, EHLO, GO_AHEAD, BYE, IN_TLS, b"500 x\r\n", b"421 x\r\n", b"250-", b"\n", b"\x00", b"220-a\r\n"]
SPEECH = st.lists(st.one_of(st.sampled_from(REPLIES), st.binary(max_size=20)), max_size=12).map(b"".join)


@given(SPEECH, SPEECH)
def test_facts_and_answers_depend_on_the_bytes_alone(clear: bytes, inside: bytes) -> None:
    """Any bytes in any pieces: nothing raises, few commands are said, and the pieces make no difference."""

    def outcome(pieces: int) -> tuple[SmtpFacts, Awaiting, list[str]]:
        def cut(data: bytes) -> list[bytes]:
            return [data[i : i + pieces] for i in range(0, len(data), pieces)]

        conversation, said = hold(cut(clear), cut(inside))
        return conversation.facts, conversation.awaiting, said

    assert outcome(1) == outcome(7) == outcome(10**6)
    assert len(outcome(1)[2]) <= 5
