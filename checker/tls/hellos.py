"""What the questions of a verdict offer, each worked out from what is known.

The one rule of this file: a function returns the next offer for its question, or null once that is settled; it may
return an offer that was made before, for the plan makes none twice that had a clear answer.
"""

from collections.abc import Callable, Collection, Iterable
from functools import cache, lru_cache

from checker.tls.known import Known
from checker.tls.offer import WIRE, Offer, best_first, usual, usual_codes, worst_first
from checker.tls.registry import (
    BAD_KINDS,
    EXPLICIT_CURVES,
    GROUPS,
    PHASE_OUT_KINDS,
    Kind,
    Proof,
    Suite,
    Version,
    sslv2_suites,
    suites,
)

_OLD: tuple[Version, ...] = ("TLSv1.1", "TLSv1.0", "SSLv3")
CURVES = tuple(code for code, group in GROUPS.items() if group.kind == "elliptic" and group.is_older)
STRONG_CURVES = tuple(dict.fromkeys(c for c in (29, 23, 24, 25, 30, *CURVES) if not GROUPS[c].is_weak))
WEAK_CURVES = (*(code for code in CURVES if GROUPS[code].is_weak), *EXPLICIT_CURVES)
POST_QUANTUM = tuple(code for code, group in GROUPS.items() if group.kind == "post-quantum")


def below_1_3(
    suites: Iterable[Suite], version: Version = "TLSv1.2", groups: tuple[int, ...] = STRONG_CURVES
) -> Offer | None:
    """A hello of TLS 1.2 or below. Null without suites. No ffdhe groups, behind which a server hides its own prime."""
    codes = tuple(suite.code for suite in suites)
    return Offer(version=WIRE[version], suites=codes, groups=groups) if codes else None


def of_tls13(suites: Iterable[Suite], groups: tuple[int, ...]) -> Offer | None:
    """A hello of TLS 1.3 alone. Null without suites or groups."""
    codes = tuple(suite.code for suite in suites)
    return Offer(version=0x0304, suites=codes, groups=groups) if codes and groups else None


def all_suites(known: Known, order: Callable[[Iterable[Suite]], list[Suite]]) -> Offer | None:
    """TLS 1.2 and below, every suite with a certificate: the kind that the server has shown comes first."""
    return _proven(known.first_proof, order)


@cache
def _proven(proof: Proof, order: Callable[[Iterable[Suite]], list[Suite]]) -> Offer | None:
    proven = [suite for suite in usual("TLSv1.2") if suite.proof != "other"]
    first = [suite for suite in proven if suite.proof == proof]
    others = [suite for suite in proven if suite.proof != proof]
    return below_1_3((*order(first), *order(others)))


def old_versions(known: Known) -> Offer | None:
    """The highest version below 1.2 that is neither settled nor was asked. None taken: all below are settled too."""
    asked = known.answered_versions("old-versions")
    version = next((v for v in _OLD if known.versions.get(v) is None and WIRE[v] not in asked), None)
    return None if version is None else _old_hello(version)


@cache
def _old_hello(version: Version) -> Offer | None:
    suites = worst_first(usual(version))
    proven, anonymous = ([s for s in suites if ("anonymous" in s.kinds) is is_it] for is_it in (False, True))
    return below_1_3((*proven, *anonymous), version)


def sslv2(known: Known) -> Offer | None:
    """A server of TLS 1.3 has no SSLv2: no library has both."""
    if known.versions.get("TLSv1.3") is not False or known.versions.get("SSLv2") is not None:
        return None
    return Offer(version=0x0002, suites=tuple(sslv2_suites()))


def bad_kinds(known: Known) -> Offer | None:
    """Every bad kind that isn't settled. With it, at no cost, all suites of a certificate kind not yet seen."""
    unseen = frozenset() if known.versions.get("TLSv1.2") is False else known.unsettled_proofs
    return _of_kinds(_open(known, BAD_KINDS), known.disproved_kinds, known.rejected_below_1_3, unseen)


def phase_out_kinds(known: Known) -> Offer | None:
    """Every kind to be phased out that isn't settled."""
    return _of_kinds(_open(known, PHASE_OUT_KINDS), known.disproved_kinds, known.rejected_below_1_3, frozenset())


def _open(known: Known, kinds: Collection[Kind]) -> frozenset[Kind]:
    return frozenset(kind for kind in kinds if known.kinds.get(kind) is None) - known.disproved_kinds


@lru_cache(maxsize=256)  # most servers are much like others
def _of_kinds(
    kinds: frozenset[Kind], disproved: frozenset[Kind], rejected: frozenset[int], unseen: frozenset[Proof]
) -> Offer | None:
    """Suites that would settle one of these kinds, the worst first; behind them the good ones of ``unseen``."""
    codes = frozenset[int]().union(*(usual_codes("TLSv1.2", kind) for kind in kinds)) - rejected
    settling = [suite for code in codes if (suite := suites()[code]).kinds.isdisjoint(disproved)]
    others = [s for s in usual("TLSv1.2") if s.proof in unseen and s.kinds.isdisjoint(BAD_KINDS)]
    return below_1_3((*worst_first(settling), *best_first(s for s in others if s.code not in rejected)))


def weak_groups(known: Known) -> Offer | None:
    """ECDHE with nothing but curves that are too short, or of the server's own making.

    For a server with an ECDSA certificate that one's own curve comes last: without it no such suite is chosen.
    """
    if not known.speaks_below_1_3:
        return None
    return _elliptic(WEAK_CURVES if known.needed_curve is None else (*WEAK_CURVES, known.needed_curve))


@cache
def _elliptic(groups: tuple[int, ...]) -> Offer | None:
    return below_1_3(best_first(s for s in usual("TLSv1.2") if s.is_elliptic), groups=groups)


def confirmation(known: Known) -> Offer | None:
    """Complete a handshake where a mere choice would speak against the server."""
    if not known.unconfirmed:
        return None
    version, suite = known.unconfirmed[0]
    return Offer(version=version, suites=(suite,), act="complete")


def post_quantum(known: Known) -> Offer | None:
    """Alone: beside X25519 a server wouldn't show them."""
    return None if known.versions.get("TLSv1.3") is False else of_tls13(usual("TLSv1.3"), POST_QUANTUM)
