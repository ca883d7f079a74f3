"""What only the questions of the depth "deep" offer: every suite and group, and how a server takes unusual hellos.

The one rule of this file: a row that goes through suites or groups one after the other leaves out only what it was
answered with itself, so that the order is the server's.
"""

from collections.abc import Callable
from dataclasses import replace

from checker.tls.hellos import CURVES, POST_QUANTUM, STRONG_CURVES, WEAK_CURVES, all_suites, below_1_3, of_tls13
from checker.tls.known import Known, can_complete
from checker.tls.offer import FALLBACK, WIRE, Offer, Sni, best_first, usual, worst_first
from checker.tls.registry import GROUPS, VERSIONS, Version

LARGE_HELLO_BYTES = 2000  # of padding: no segment of an Ethernet has room for it
_ALL_1_3 = tuple(code for code, group in GROUPS.items() if group.is_tls13)
_USUAL_1_3 = (29, 23, 24)


def every_suite(version: Version) -> Callable[[Known], Offer | None]:
    """Offer all, note the one chosen, leave it out, ask again."""
    row = f"suites-{version}"

    def offer(known: Known) -> Offer | None:
        if known.versions.get(version) is not True or known.was_rejected(row):
            return None
        left = [suite for suite in usual(version, with_unusual=True) if suite.code not in known.chosen_suites(row)]
        if version == "TLSv1.3":
            return of_tls13(left, _ALL_1_3)
        return below_1_3(worst_first(left), version, (*STRONG_CURVES, *WEAK_CURVES))

    return offer


def every_group(known: Known) -> Offer | None:
    """The groups of TLS 1.3, post-quantum ones first: beside a curve, a server that likes curves better hides them."""
    if known.versions.get("TLSv1.3") is not True or known.was_rejected("groups"):
        return None
    listed = dict.fromkeys((*POST_QUANTUM, *_USUAL_1_3, *_ALL_1_3))
    return of_tls13(usual("TLSv1.3"), tuple(code for code in listed if code not in known.chosen_groups("groups")))


def every_old_group(known: Known) -> Offer | None:
    """The curves below TLS 1.3. With RSA, since ECDSA suites need the certificate's own curve among them."""
    if known.was_rejected("old-groups") or not known.speaks_below_1_3:
        return None
    proof = "RSA" if known.proofs.get("RSA") else "ECDSA"
    chosen = known.chosen_groups("old-groups")
    left = [code for code in (*WEAK_CURVES, *CURVES) if code not in chosen]
    curve = known.needed_curve if proof == "ECDSA" else None
    if curve is not None:  # it must stay, and comes last; a server that then chooses it tells nothing more
        if known.ends_with_needed_curve("old-groups"):
            return None
        left = [*(code for code in left if code != curve), curve]
    elliptic = [suite for suite in usual("TLSv1.2") if suite.is_elliptic and suite.proof == proof]
    return below_1_3(best_first(elliptic), groups=tuple(left)) if left else None


def sni(name: Sni) -> Callable[[Known], Offer | None]:
    """The handshake that the server has completed already, with another name or none."""

    def offer(known: Known) -> Offer | None:
        if known.first is None:
            return None
        version = WIRE[known.first.version]
        return Offer(version=version, suites=(known.first.suite,), act="complete", sni=name)

    return offer


def sha1_signatures(known: Known) -> Offer | None:
    """Suites whose key exchange is signed, and of signatures only those with SHA-1 or MD5 (RFC 9155)."""
    if known.versions.get("TLSv1.2") is False:
        return None
    signed = [s for s in usual("TLSv1.2") if s.proof != "other" and (s.is_elliptic or s.is_finite_field)]
    plain = below_1_3(best_first(signed))
    return replace(plain, signs_sha1=True) if plain else None


def large_hello(known: Known) -> Offer | None:
    """What the server answers when it is small, in the version that it likes best."""
    if known.versions.get("TLSv1.3"):
        small = of_tls13(usual("TLSv1.3"), (*_USUAL_1_3, *POST_QUANTUM))
    else:
        small = all_suites(known, best_first) if known.chosen("best-first") else None
    return replace(small, padding=LARGE_HELLO_BYTES) if small else None


def fallback(known: Known) -> Offer | None:
    """The highest version below TLS 1.2, "because the others were refused", to a server that has better (RFC 7507)."""
    old = [v for v in VERSIONS[1:4] if known.versions.get(v)]
    if not old or not any(known.versions.get(v) for v in VERSIONS[4:]):
        return None
    plain = below_1_3(best_first(usual(old[-1])), old[-1])
    return replace(plain, suites=(*plain.suites, FALLBACK)) if plain else None


def renegotiation(known: Known) -> Offer | None:
    """A second handshake inside the first, where both sides have what a first one takes below TLS 1.3."""
    old = [WIRE[version] for version in VERSIONS[2:5] if known.versions.get(version)]
    shared = (suite for suite in known.accepted if not suite.is_tls13 and can_complete(suite))
    if known.first is None or not old or not any(shared):
        return None
    return Offer(version=old[-1], suites=(), act="renegotiate")


def injection(_: Known) -> Offer | None:
    """A command behind STARTTLS in one write (CVE-2011-0411): it must not be obeyed inside TLS."""
    return Offer(version=0x0303, suites=(), act="inject")
