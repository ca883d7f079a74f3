"""The conversation without I/O: what a client learns and says, from the server's bytes alone, in whatever pieces."""

from collections.abc import Callable, Iterable, Iterator

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


type Held = Callable[[list[bytes], list[bytes]], tuple[Conversation, list[str]]]


@pytest.fixture(params=["whole", "byte by byte", "with junk behind"])
def held(request: pytest.FixtureRequest) -> Held:
    """Holds a dialogue of the server's turns, each of which it takes when the client has spoken."""

    def whole(clear: list[bytes], inside: list[bytes]) -> tuple[Conversation, list[str]]:
        return hold(clear, inside)

    def bytewise(clear: list[bytes], inside: list[bytes]) -> tuple[Conversation, list[str]]:
        return hold(cut(clear, 1), cut(inside, 1))

    def with_junk(clear: list[bytes], inside: list[bytes]) -> tuple[Conversation, list[str]]:
        return hold([*clear[:-1], clear[-1] + JUNK], [*inside[:-1], b"".join(inside[-1:]) + JUNK])

    ways: dict[str, Held] = {"whole": whole, "byte by byte": bytewise, "with junk behind": with_junk}
    return ways[request.param]


def cut(turns: Iterable[bytes], size: int) -> Iterator[bytes]:
    """Each turn in pieces."""
    for turn in turns:
        yield from (turn[i : i + size] for i in range(0, len(turn), size))


def test_the_good_dialogue(held: Held) -> None:
    conversation, said = held([GREETING, EHLO, GO_AHEAD], [IN_TLS, BYE])
    facts = conversation.facts
    assert said == [INTRODUCED, TLS, INTRODUCED, QUIT]
    assert conversation.awaiting is Awaiting.NOTHING
    assert all(
        isinstance(seen, Seen) for seen in (facts.greeting, facts.ehlo, facts.starttls, facts.ehlo_tls, facts.quit)
    )
    assert isinstance(facts.ehlo_tls, Seen)
    assert facts.ehlo_tls.value.keywords == ("SIZE 1000",)
    assert defects(facts) == []


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
        ([b"554 no\r\n", BYE], [QUIT]),
        ([b"421 busy\r\n", BYE], [QUIT]),
        ([b"354 what\r\n", BYE], [QUIT]),
        ([GREETING, b"550 no\r\n", BYE], [INTRODUCED, QUIT]),
        ([GREETING, b"250-mx.example\r\n250 SIZE\r\n", BYE], [INTRODUCED, QUIT]),
        ([GREETING, EHLO, b"454 not now\r\n", BYE], [INTRODUCED, TLS, QUIT]),
        ([GREETING, EHLO, b"501 what\r\n", BYE], [INTRODUCED, TLS, QUIT]),
    ],
)
def test_a_no_is_followed_by_quit(held: Held, clear: list[bytes], said: list[str]) -> None:
    conversation, really_said = held(clear, [])
    assert really_said == said
    assert conversation.awaiting is Awaiting.NOTHING
    assert isinstance(conversation.facts.quit, Seen)


@pytest.mark.parametrize("code", [500, 502])
def test_an_unknown_ehlo_is_followed_by_helo_which_has_no_extensions(held: Held, code: int) -> None:
    """SMTP-11, even if the answer to HELO looks like a list."""
    conversation, said = held([GREETING, f"{code} what\r\n".encode(), EHLO, BYE], [])
    assert said == [INTRODUCED, "HELO probe.example", QUIT]
    assert isinstance(conversation.facts.ehlo, Seen)
    assert conversation.facts.ehlo.value.verb == "HELO"
    assert conversation.facts.ehlo.value.keywords == ()
    assert isinstance(conversation.facts.starttls, Absent)


@pytest.mark.parametrize("code", [421, 504, 550, 554])
def test_a_refused_ehlo_is_no_unknown_one(held: Held, code: int) -> None:
    """SMTP-12: it is no proof that STARTTLS is absent."""
    conversation, said = held([GREETING, f"{code} no\r\n".encode(), BYE], [])
    assert said == [INTRODUCED, QUIT]
    assert conversation.facts.starttls == NOT_REACHED


def test_bytes_behind_the_go_ahead_are_counted_and_never_taken_for_an_answer(held: Held) -> None:
    """SMTP-19: response injection."""
    injected = b"250-evil.example\r\n250 AUTH PLAIN\r\n221 bye\r\n"
    conversation, said = held([GREETING, EHLO, GO_AHEAD + injected], [IN_TLS, BYE])
    assert conversation.facts.bytes_after_starttls in (len(injected), len(injected + JUNK))
    assert said == [INTRODUCED, TLS, INTRODUCED, QUIT]
    assert conversation.facts.ehlo_tls == Seen(Ehlo(verb="EHLO", reply=REPLY_IN_TLS, keywords=("SIZE 1000",)))


def test_half_a_reply_behind_the_go_ahead_does_not_join_the_first_one_inside(held: Held) -> None:
    conversation, _ = held([GREETING, EHLO, GO_AHEAD + b"250-evil"], [IN_TLS, BYE])
    assert conversation.facts.ehlo_tls == Seen(Ehlo(verb="EHLO", reply=REPLY_IN_TLS, keywords=("SIZE 1000",)))


def defects(facts: SmtpFacts) -> list[str]:
    """The codes of all defects, in the order of the stages."""
    replies = [facts.greeting, facts.starttls, facts.quit]
    introductions = [facts.ehlo, facts.ehlo_tls]
    seen = [reply.value for reply in replies if isinstance(reply, Seen)]
    seen += [ehlo.value.reply for ehlo in introductions if isinstance(ehlo, Seen)]
    return [defect.code for reply in seen for defect in reply.defects]


EARLY = [
    ("a list behind the greeting", [GREETING + EHLO, IN_TLS, BYE], [], [INTRODUCED, QUIT]),
    (
        "a greeting behind the greeting",
        [GREETING * 2, EHLO, GO_AHEAD],
        [IN_TLS, BYE],
        [INTRODUCED, TLS, INTRODUCED, QUIT],
    ),
    ("half a list behind the greeting", [GREETING + b"250-evil", IN_TLS, BYE], [], [INTRODUCED, QUIT]),
    ("bytes that are no reply", [GREETING + JUNK, IN_TLS, BYE], [], [INTRODUCED, QUIT]),
    ("a go-ahead behind the list", [GREETING, EHLO + GO_AHEAD, b"454 no\r\n", BYE], [], [INTRODUCED, TLS, QUIT]),
    ("a goodbye behind a no", [b"554 no\r\n" + BYE, b"250 x\r\n"], [], [QUIT]),
    (
        "a goodbye inside TLS",
        [GREETING, EHLO, GO_AHEAD],
        [IN_TLS + BYE, b"250 x\r\n"],
        [INTRODUCED, TLS, INTRODUCED, QUIT],
    ),
]


@pytest.mark.parametrize(("name", "clear", "inside", "said"), EARLY, ids=[case[0] for case in EARLY])
def test_what_comes_before_it_is_asked_for_is_no_answer(
    name: str, clear: list[bytes], inside: list[bytes], said: list[str]
) -> None:
    """It is thrown away, with one defect on the reply before it; the real answers count, to the end of the dialogue."""
    conversation, really_said = hold(clear, inside)
    facts = conversation.facts
    assert really_said == said, name
    assert defects(facts) == ["reply-before-command"]
    assert conversation.awaiting is Awaiting.NOTHING
    assert isinstance(facts.quit, Seen)
    last = (inside or clear)[-1]
    assert facts.quit.value.code == int(last[:3])


def test_a_list_behind_an_unknown_ehlo_is_not_the_answer_to_helo() -> None:
    conversation, said = hold([GREETING, b"500 what\r\n" + EHLO, b"550 no\r\n", BYE])
    assert said == [INTRODUCED, "HELO probe.example", QUIT]
    assert conversation.facts.ehlo == Seen(Ehlo(verb="HELO", reply=Reply(code=550, lines=("no",))))


@pytest.mark.parametrize("end", range(len(GREETING)))
def test_what_comes_early_is_seen_however_the_reply_before_it_was_cut(end: int) -> None:
    packets = GREETING + b"250 STARTTLS\r\n"
    conversation, said = hold([packets[:end], packets[end:], IN_TLS, BYE])
    assert (said, defects(conversation.facts)) == ([INTRODUCED, QUIT], ["reply-before-command"])
    assert isinstance(conversation.facts.starttls, Absent)


def test_inside_tls_the_old_list_is_forgotten(held: Held) -> None:
    """SMTP-20: a refusal inside stands for itself, and EHLO doesn't fall back to HELO there."""
    conversation, said = held([GREETING, EHLO, GO_AHEAD], [b"502 what\r\n", BYE])
    assert said == [INTRODUCED, TLS, INTRODUCED, QUIT]
    assert isinstance(conversation.facts.ehlo_tls, Seen)
    assert conversation.facts.ehlo_tls.value.keywords == ()


@pytest.mark.parametrize(
    ("clear", "stage"),
    [
        ([b"hello\r\n"], "greeting"),
        ([GREETING, b"999 x\r\n"], "ehlo"),
        ([GREETING, b"500 what\r\n", b"nonsense\r\n"], "ehlo"),
        ([GREETING, EHLO, b"220-x\r\n250 x\r\n"], "starttls"),
    ],
)
def test_what_is_no_reply_is_a_failure_of_its_stage_and_keeps_the_rest(
    held: Held, clear: list[bytes], stage: str
) -> None:
    conversation, _ = held([*clear, GREETING], [])
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
JUNK_BYTES = st.binary(max_size=20)
SPEECH = st.lists(st.one_of(st.sampled_from(REPLIES), JUNK_BYTES), max_size=12)
TURNS = st.lists(
    st.one_of(st.sampled_from(REPLIES), JUNK_BYTES.filter(lambda junk: b"\n" not in junk[:-1])), max_size=12
)


@given(TURNS, TURNS)
def test_the_pieces_of_a_turn_make_no_difference(clear: list[bytes], inside: list[bytes]) -> None:
    """A reply ends where a turn ends, if at all: then facts and answers depend on the bytes alone."""

    def outcome(size: int) -> tuple[SmtpFacts, Awaiting, list[str]]:
        conversation, said = hold(cut(clear, size), cut(inside, size))
        return conversation.facts, conversation.awaiting, said

    assert outcome(1) == outcome(7) == outcome(10**6)


@given(SPEECH, SPEECH, st.integers(1, 50))
def test_any_bytes_in_any_pieces_end_in_few_words(clear: list[bytes], inside: list[bytes], size: int) -> None:
    _, said = hold(cut([b"".join(clear)], size), cut([b"".join(inside)], size))
    assert len(said) <= 5
