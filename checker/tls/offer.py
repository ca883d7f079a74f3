"""What one connection offers a server, in which order, and whether an answer keeps within it.

The one rule of this file: an order for careless clients is the exact reverse of that for careful ones, so a server
that goes by the client's order chooses differently as soon as it has two suites.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from checker.tls.answer import Accepted
from checker.tls.registry import Kind, Proof, Suite, Version, suites

VERSION_NAMES: dict[int, Version] = {
    0x0002: "SSLv2", 0x0300: "SSLv3", 0x0301: "TLSv1.0", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3",
}  # fmt: skip
WIRE: dict[Version, int] = {name: code for code, name in VERSION_NAMES.items()}
FALLBACK = 0x5600
"""TLS_FALLBACK_SCSV, a signal among the suites: "I speak more than this, but was refused" (RFC 7507)."""
_LIKED = (0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8)  # what every current sender offers first
_GRADES = ("bad", "phase-out", "good")

type Act = Literal["hello", "complete", "renegotiate", "inject"]
"""A mere hello; a whole handshake by the library, with one suite in one version; another one inside it; or a command
behind STARTTLS."""
type Sni = Literal["host", "unknown", "none"]
"""The name that is asked for: the server's own, one that it can't know, or none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What one connection offers. ``version`` is the highest, as on the wire; ``padding`` is in bytes."""

    version: int
    suites: tuple[int, ...]
    groups: tuple[int, ...] = ()
    act: Act = "hello"
    sni: Sni = "host"
    signs_sha1: bool = False  # of signature schemes it offers those with SHA-1 and MD5 alone
    padding: int = 0

    @property
    def completes(self) -> bool:
        """Not a mere hello: the whole handshake, with this one suite in this one version."""
        return self.act == "complete"

    @property
    def is_plain(self) -> bool:
        """A hello in which only versions, suites and groups can be what a server rejects."""
        return not (self.act != "hello" or self.sni != "host" or self.signs_sha1 or self.padding) and (
            FALLBACK not in self.suites
        )


def keeps_to(offer: Offer, answer: Accepted) -> bool:
    """Did the server choose from the offer? Where it did not, clients break off (RFC 8446 section 4.1.3)."""
    hello, exchange = answer.hello, answer.key_exchange
    version, suite = VERSION_NAMES.get(hello.version), suites().get(hello.suite)
    if version is None or suite is None or hello.suite not in offer.suites or not suite.fits(version):
        return False
    if hello.version > offer.version or (hello.version == 0x0304) is not (offer.version == 0x0304):
        return False
    group = hello.group or (exchange.group if exchange else None)
    return group is None or not offer.groups or offer.version <= 0x0300 or group in offer.groups


@cache
def usual(version: Version, *, with_unusual: bool = False) -> tuple[Suite, ...]:
    """The suites that may be negotiated in a version."""
    return tuple(suite for suite in suites().values() if suite.fits(version) and (with_unusual or not suite.is_unusual))


@cache
def usual_codes(version: Version, kind: Kind | Proof) -> frozenset[int]:
    """The codes of those with this to be said against them, or with this kind of certificate."""
    return frozenset(suite.code for suite in usual(version) if kind in suite.kinds or kind == suite.proof)


@cache
def _places() -> dict[int, int]:
    """Each suite's place in the order in which a careful client has them: no forward secrecy is worse than a slow one.

    So a careless order meets static RSA first, and one handshake that is completed with it in an old version settles
    both, at little cost to either side.
    """
    liked = {code: at for at, code in enumerate(_LIKED)}

    def rank(suite: Suite) -> tuple[int, int, bool, int, int]:
        worst = -_GRADES.index(suite.grade), len(suite.kinds), "static-rsa" in suite.kinds
        return (*worst, liked.get(suite.code, len(liked)), suite.code)

    return {suite.code: place for place, suite in enumerate(sorted(suites().values(), key=rank))}


def best_first(listed: Iterable[Suite]) -> list[Suite]:
    """In the order in which a careful client has them."""
    places = _places()
    return sorted(listed, key=lambda suite: places[suite.code])


def worst_first(listed: Iterable[Suite]) -> list[Suite]:
    """In the order in which a careless client would have them: of bad ones those with most against them first."""
    return best_first(listed)[::-1]
