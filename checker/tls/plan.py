"""The plan of questions, as data: what each connection asks, in which depth, and what its answer leads to.

One connection answers one hello, so what is asked at once is chosen with care: classes of suites before suites, and a
question is put again only where the answer was yes. The one rule of this file: a row looks at what is known and
returns the next hello for its question, or null once it is settled. To add a question is to add a row.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from checker.tls.known import GOOD_ORDER, Known, Offer, best_first, usual, worst_first
from checker.tls.registry import (
    BAD_KINDS,
    EXPLICIT_CURVES,
    GROUPS,
    PHASE_OUT_KINDS,
    VERSIONS,
    Kind,
    Suite,
    Version,
    sslv2_suites,
)

TRIES = 2  # of one question, where the answer is unclear
type Depth = Literal["verdict", "deep"]
_WIRE: dict[Version, int] = {
    "SSLv3": 0x0300,
    "TLSv1.0": 0x0301,
    "TLSv1.1": 0x0302,
    "TLSv1.2": 0x0303,
    "TLSv1.3": 0x0304,
}
_OLD: tuple[Version, ...] = ("TLSv1.1", "TLSv1.0", "SSLv3")
_BELOW_1_3: tuple[Version, ...] = ("TLSv1.2", *_OLD)
_CURVES = tuple(code for code, group in GROUPS.items() if group.kind == "elliptic" and group.is_older)
_STRONG = tuple(code for code in (29, 23, 24, 25, 30, *_CURVES) if not GROUPS[code].is_weak)
STRONG_CURVES = tuple(dict.fromkeys(_STRONG))
_WEAK_CURVES = (*(code for code in _CURVES if GROUPS[code].is_weak), *EXPLICIT_CURVES)
_POST_QUANTUM = tuple(code for code, group in GROUPS.items() if group.kind == "post-quantum")
_FFDHE = tuple(code for code, group in GROUPS.items() if group.kind == "ffdhe")


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


def _all_suites(known: Known, order: Callable[[Iterable[Suite]], list[Suite]]) -> Offer | None:
    """TLS 1.2 and below, every suite with a certificate: the kind that the server has shown comes first."""
    proven = [suite for suite in usual("TLSv1.2") if suite.proof != "other"]
    first = [suite for suite in proven if suite.proof == known.first_proof]
    others = [suite for suite in proven if suite.proof != known.first_proof]
    return _below_1_3((*order(first), *order(others)))


def _below_1_3(
    suites: Iterable[Suite], version: Version = "TLSv1.2", groups: tuple[int, ...] = STRONG_CURVES
) -> Offer | None:
    codes = tuple(suite.code for suite in suites)
    return Offer(version=_WIRE[version], suites=codes, groups=groups) if codes else None


def _old_versions(known: Known) -> Offer | None:
    """The highest version below 1.2 that isn't settled. None taken: all below are settled too."""
    version = next((version for version in _OLD if known.versions.get(version) is None), None)
    if version is None:
        return None
    suites = worst_first(usual(version))
    proven, anonymous = ([s for s in suites if ("anonymous" in s.kinds) is is_it] for is_it in (False, True))
    return _below_1_3((*proven, *anonymous), version)


def _sslv2(known: Known) -> Offer | None:
    """A server of TLS 1.3 has no SSLv2: no library has both."""
    if known.versions.get("TLSv1.3") is not False or known.versions.get("SSLv2") is not None:
        return None
    return Offer(version=0x0002, suites=tuple(sslv2_suites()))


def _unsettled(known: Known, kinds: Collection[Kind]) -> list[Suite]:
    """Suites that would settle one of these kinds."""
    open_kinds = {kind for kind in kinds if known.kinds.get(kind) is None}
    return [s for s in usual("TLSv1.2") if s.kinds & open_kinds and s.code not in known.rejected_below_1_3]


def _bad_kinds(known: Known) -> Offer | None:
    """Every bad kind that isn't settled. With it, at no cost, good suites of a certificate kind not yet seen."""
    unseen = [s for s in GOOD_ORDER if s.proof in known.unsettled_proofs and known.versions.get("TLSv1.2") is not False]
    return _below_1_3((*worst_first(_unsettled(known, BAD_KINDS)), *unseen))


def _phase_out_kinds(known: Known) -> Offer | None:
    return _below_1_3(worst_first(_unsettled(known, PHASE_OUT_KINDS)))


def _weak_groups(known: Known) -> Offer | None:
    if not known.speaks_below_1_3:
        return None
    return _below_1_3(best_first(s for s in usual("TLSv1.2") if s.is_elliptic), groups=_WEAK_CURVES)


def _confirmation(known: Known) -> Offer | None:
    """Complete a handshake where a mere choice would speak against the server."""
    if not known.unconfirmed:
        return None
    version, suite = known.unconfirmed[0]
    return Offer(version=version, suites=(suite,), completes=True)


def _of_tls13(suites: Iterable[Suite], groups: tuple[int, ...]) -> Offer | None:
    codes = tuple(suite.code for suite in suites)
    return Offer(version=0x0304, suites=codes, groups=groups) if codes and groups else None


def _post_quantum(known: Known) -> Offer | None:
    """Alone: beside X25519 a server wouldn't show them."""
    return None if known.versions.get("TLSv1.3") is False else _of_tls13(usual("TLSv1.3"), _POST_QUANTUM)


def _every_suite(version: Version) -> Callable[[Known], Offer | None]:
    """Offer all, note the one chosen, leave it out, ask again."""

    def offer(known: Known) -> Offer | None:
        if known.versions.get(version) is not True or version in known.complete_versions:
            return None
        left = [suite for suite in usual(version, with_unusual=True) if suite.code not in known.suites_of(version)]
        if version == "TLSv1.3":
            return _of_tls13(left, (*STRONG_13, *_POST_QUANTUM))
        return _below_1_3(worst_first(left), version, (*STRONG_CURVES, *_WEAK_CURVES))

    return offer


STRONG_13 = tuple(code for code, group in GROUPS.items() if group.is_tls13 and group.kind == "elliptic")


def _every_group(known: Known) -> Offer | None:
    """The groups of TLS 1.3 in the server's order; where it doesn't speak that, those below it."""
    if known.are_groups_complete or (known.versions.get("TLSv1.3") is None and not known.speaks_below_1_3):
        return None
    if known.versions.get("TLSv1.3"):
        groups = tuple(code for code, group in GROUPS.items() if group.is_tls13 and code not in known.groups)
        return _of_tls13(usual("TLSv1.3"), groups)
    return None


def _every_old_group(known: Known) -> Offer | None:
    """The curves below TLS 1.3. With RSA, since ECDSA suites need the certificate's own curve among them."""
    if known.are_old_groups_complete or not known.speaks_below_1_3:
        return None
    proof = "RSA" if known.proofs.get("RSA") else "ECDSA"
    left = [code for code in (*_WEAK_CURVES, *_CURVES) if code not in known.old_groups]
    curve = known.first.curve if known.first and proof == "ECDSA" else None
    if curve is not None:  # it must stay, and comes last; a server that then chooses it tells nothing more
        if known.chosen_groups("old-groups")[-1:] == [curve]:
            return None
        left = [*(code for code in left if code != curve), curve]
    elliptic = [suite for suite in usual("TLSv1.2") if suite.is_elliptic and suite.proof == proof]
    return _below_1_3(best_first(elliptic), groups=tuple(dict.fromkeys(left))) if left else None


PLAN: tuple[Question, ...] = (
    Question(
        name="worst-first",
        asks="Every suite up to TLS 1.2, the worst first",
        offer=_once("worst-first", lambda known: _all_suites(known, worst_first)),
    ),
    Question(
        name="best-first",
        asks="Every suite up to TLS 1.2, the best first",
        offer=_once("best-first", lambda known: _all_suites(known, best_first)),
    ),
    Question(name="old-versions", asks="Versions below TLS 1.2", offer=_old_versions),
    Question(
        name="post-quantum",
        asks="Only groups that a quantum computer can’t break",
        offer=_once("post-quantum", _post_quantum),
    ),
    Question(
        name="bad-suites",
        asks="Only suites that must not be used",
        offer=_bad_kinds,
        after=("worst-first", "best-first"),
    ),
    Question(
        name="phase-out-suites",
        asks="Only suites that are to be phased out",
        offer=_phase_out_kinds,
        after=("worst-first", "best-first"),
    ),
    Question(name="weak-groups", asks="Only curves that are too short", offer=_once("weak-groups", _weak_groups)),
    Question(name="sslv2", asks="SSLv2", offer=_sslv2),
    Question(
        name="confirmation",
        asks="A whole handshake with a weak choice",
        offer=_confirmation,
        after=("old-versions", "bad-suites", "phase-out-suites"),
    ),
    *(
        Question(
            name=f"suites-{version}",
            asks=f"Every suite of {version.replace('TLSv', 'TLS ')}, one after the other",
            offer=_every_suite(version),
            depth="deep",
            after=("worst-first", "best-first", "old-versions"),
        )
        for version in reversed(VERSIONS[1:])
    ),
    Question(name="groups", asks="Every group of TLS 1.3, one after the other", offer=_every_group, depth="deep"),
    Question(
        name="old-groups",
        asks="Every curve below TLS 1.3, one after the other",
        offer=_every_old_group,
        depth="deep",
        after=("worst-first", "best-first"),
    ),
)


def next_questions(known: Known, depth: Depth, under_way: Collection[str] = ()) -> Iterator[tuple[Question, Offer]]:
    """The questions that can be asked now, in the order of the plan, each with its hello."""
    open_rows = {row.name for row in PLAN if _asks(row, known, depth)}
    for row in PLAN:
        waits = any(name in open_rows or name in under_way for name in row.after)
        if row.name in open_rows and row.name not in under_way and not waits:
            offer = row.offer(known)
            assert offer is not None
            yield row, offer


def _asks(row: Question, known: Known, depth: Depth) -> bool:
    if row.depth == "deep" and depth != "deep":
        return False
    offer = row.offer(known)
    return offer is not None and known.unclear_tries(row.name, offer) < TRIES
