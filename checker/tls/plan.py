"""The plan of questions, as data: what each connection asks, in which depth, and what its answer leads to.

One connection answers one hello, so what is asked at once is chosen with care: classes of suites before suites, and a
question is put again only where the answer was yes. The one rule of this file: to add a question is to add a row, and
no row is asked twice what it has answered clearly, so that whatever a server says the questions come to an end.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from checker.network.bounds import QUESTION_TRIES
from checker.tls import deep, hellos
from checker.tls.known import Known
from checker.tls.offer import Offer, best_first, worst_first
from checker.tls.registry import VERSIONS

type Depth = Literal["verdict", "deep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One row. ``asks`` is for people. ``after`` names rows whose answers make this one's offer smaller."""

    name: str
    asks: str
    offer: Callable[[Known], Offer | None]
    depth: Depth = "verdict"
    after: tuple[str, ...] = ()


def _once(name: str, offer: Callable[[Known], Offer | None]) -> Callable[[Known], Offer | None]:
    """A question whose first clear answer settles it."""
    return lambda known: None if known.has_answered(name) else offer(known)


def _odd(name: str, asks: str, offer: Callable[[Known], Offer | None]) -> Question:
    """A question that is put once, by an unusual hello."""
    return Question(name=name, asks=asks, offer=_once(name, offer), depth="deep", after=_TELL_VERSIONS)


_TELL_VERSIONS = ("worst-first", "best-first", "old-versions", "post-quantum")
_VERDICT: tuple[Question, ...] = (
    Question(
        name="worst-first",
        asks="Every suite up to TLS 1.2, the worst first",
        offer=_once("worst-first", lambda known: hellos.all_suites(known, worst_first)),
    ),
    Question(
        name="best-first",
        asks="Every suite up to TLS 1.2, the best first",
        offer=_once("best-first", lambda known: hellos.all_suites(known, best_first)),
    ),
    Question(name="old-versions", asks="Versions below TLS 1.2", offer=hellos.old_versions),
    Question(
        name="post-quantum",
        asks="Only groups that a quantum computer can’t break",
        offer=_once("post-quantum", hellos.post_quantum),
    ),
    Question(
        name="bad-suites",
        asks="Only suites that must not be used",
        offer=hellos.bad_kinds,
        after=("worst-first", "best-first"),
    ),
    Question(
        name="phase-out-suites",
        asks="Only suites that are to be phased out",
        offer=hellos.phase_out_kinds,
        after=("worst-first", "best-first"),
    ),
    Question(name="weak-groups", asks="Only curves that are too short", offer=_once("weak-groups", hellos.weak_groups)),
    Question(name="sslv2", asks="SSLv2", offer=hellos.sslv2),
    Question(
        name="confirmation",
        asks="A whole handshake with a weak choice",
        offer=hellos.confirmation,
        after=("old-versions", "bad-suites", "phase-out-suites"),
    ),
)
_DEEP: tuple[Question, ...] = (
    *(
        Question(
            name=f"suites-{version}",
            asks=f"Every suite of {version.replace('TLSv', 'TLS ')}, one after the other",
            offer=deep.every_suite(version),
            depth="deep",
            after=_TELL_VERSIONS,
        )
        for version in reversed(VERSIONS[1:])
    ),
    Question(name="groups", asks="Every group of TLS 1.3, one after the other", offer=deep.every_group, depth="deep"),
    Question(
        name="old-groups",
        asks="Every curve below TLS 1.3, one after the other",
        offer=deep.every_old_group,
        depth="deep",
        after=("worst-first", "best-first", "bad-suites"),
    ),
    _odd("unknown-name", "A whole handshake for a name that is not the server’s", deep.sni("unknown")),
    _odd("no-name", "A whole handshake without a name", deep.sni("none")),
    _odd("sha1-signatures", "Only signatures with SHA-1 or MD5", deep.sha1_signatures),
    _odd("large-hello", "A hello that takes two packets", deep.large_hello),
    _odd("fallback", "An old version, with the signal that newer ones were refused", deep.fallback),
)
_SECOND_HANDSHAKE = Question(
    name="renegotiation",
    asks="A second handshake inside the first",
    offer=_once("renegotiation", deep.renegotiation),
    depth="deep",
    after=tuple(row.name for row in (*_VERDICT, *_DEEP)),  # a server may take it amiss, as it may the next one
)
_LAST = Question(
    name="injection",
    asks="A command sent in clear behind STARTTLS",
    offer=_once("injection", deep.injection),
    depth="deep",
    after=(*_SECOND_HANDSHAKE.after, "renegotiation"),  # it looks like an attack, so nothing should depend on it
)
PLAN: tuple[Question, ...] = (*_VERDICT, *_DEEP, _SECOND_HANDSHAKE, _LAST)


def next_questions(known: Known, depth: Depth, under_way: Collection[str] = ()) -> Iterator[tuple[Question, Offer]]:
    """The questions that can be asked now, in the order of the plan, each with its hello."""
    offers = {row.name: offer for row in PLAN if (offer := _open(row, known, depth)) is not None}
    for row in PLAN:
        waits = any(name in offers or name in under_way for name in row.after)
        if row.name in offers and row.name not in under_way and not waits:
            yield row, offers[row.name]


def _open(row: Question, known: Known, depth: Depth) -> Offer | None:
    """The row's next offer. Null: it is settled, or not for this depth, or was made often enough."""
    if row.depth == "deep" and depth != "deep":
        return None
    offer = row.offer(known)
    if offer is None or known.has_answered(row.name, offer):
        return None
    return offer if known.unclear_tries(row.name, offer) < QUESTION_TRIES else None
