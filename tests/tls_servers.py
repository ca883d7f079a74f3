"""A mail server's TLS as a table, which answers offers as a library would: for the tests of plan and conclusions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from checker.certificates.facts import chain_id
from checker.observation import Failed, FailureKind
from checker.tls.answer import Accepted, AcceptedSslv2, Answer, Incomplete, Rejected, Renegotiated, Replied, Unclear
from checker.tls.handshake import Extension, ServerHello, ServerKeyExchange
from checker.tls.known import Asked, First, Known
from checker.tls.offer import FALLBACK, WIRE, Offer, best_first, usual
from checker.tls.plan import Depth, next_questions
from checker.tls.registry import VERSIONS, Proof, Suite, Version, suite_named, suites

RESET = Unclear(Failed(FailureKind.RESET, "The server reset the connection."), in_tls=True)
NO_RENEGOTIATION = Failed(FailureKind.HANDSHAKE, "TLS alert 100 (no_renegotiation)")
EXTENSIONS = frozenset(
    {Extension.RENEGOTIATION_INFO, Extension.EXTENDED_MASTER_SECRET, Extension.ENCRYPT_THEN_MAC, Extension.HEARTBEAT}
)
CHAINS: dict[Proof, tuple[bytes, ...]] = {"RSA": (b"rsa",), "ECDSA": (b"ecdsa",)}
CURVE = 23  # of the ECDSA certificate's key
USUAL_GROUPS = (29, 23, 24)
ENOUGH = 400  # connections: a plan that asks more has no end


@dataclass(frozen=True, kw_only=True)
class FakeServer:
    """What it has: suites by version, and groups, each in its own order; and how it behaves."""

    suites: dict[Version, tuple[str, ...]]
    groups: tuple[int, ...] = USUAL_GROUPS
    old_groups: tuple[int, ...] = USUAL_GROUPS
    order: Literal["server", "client"] = "client"
    has_sslv2: bool = False
    refusal: int = 40  # the alert where a version fits and no suite does
    prime: int = 2**2047 + 9
    broken: frozenset[str] = frozenset()  # kinds of suites that it chooses and can't complete
    takes_large_hellos: bool = True
    needs_a_name: bool = False
    chain_without_a_name: tuple[bytes, ...] | None = None
    signs_sha1: bool = False
    knows_fallback: bool = True
    obeys_clear_text: bool = False
    renegotiates: bool = False
    extensions: frozenset[int] = EXTENSIONS
    compression: int = 0

    def answer(self, offer: Offer) -> Answer:
        """What it says to one offer."""
        if offer.version == WIRE["SSLv2"]:
            return AcceptedSslv2((0x010080,)) if self.has_sslv2 else Rejected(70)
        if offer.act == "inject":
            return Replied(3 if self.obeys_clear_text else 2)
        if offer.act == "renegotiate":
            return Renegotiated(None if self.renegotiates else NO_RENEGOTIATION)
        if offer.padding and not self.takes_large_hellos:
            return RESET
        if offer.sni != "host" and self.needs_a_name:
            return Incomplete(Failed(FailureKind.HANDSHAKE, "TLS alert 112 (unrecognized_name)"))
        version = self._version(offer)
        if version is None:
            return Rejected(70)
        if FALLBACK in offer.suites and self.knows_fallback and version != self.versions[-1]:
            return Rejected(86)
        suite = self._pick(offer, version)
        if suite is None or (offer.signs_sha1 and not self.signs_sha1):
            return Rejected(self.refusal)
        if offer.completes and suite.kinds & self.broken:
            return Incomplete(Failed(FailureKind.HANDSHAKE, "TLS alert 51 (decrypt_error)"))
        return self._accepted(offer, version, suite)

    @property
    def versions(self) -> list[Version]:
        """Those that it has, the newest last."""
        return [version for version in VERSIONS if self.suites.get(version)]

    def own(self, version: Version) -> list[Suite]:
        """The suites of a version, in its order."""
        return [suite for name in self.suites.get(version, ()) if (suite := suite_named(f"TLS_{name}"))]

    def _version(self, offer: Offer) -> Version | None:
        """The highest that both have; TLS 1.3 is offered alone."""
        lowest = offer.version if offer.version == WIRE["TLSv1.3"] or offer.completes else WIRE["SSLv3"]
        both = [version for version in self.versions if lowest <= WIRE[version] <= offer.version]
        return both[-1] if both else None

    def _pick(self, offer: Offer, version: Version) -> Suite | None:
        mine = [suite.code for suite in self.own(version)]
        order = mine if self.order == "server" else offer.suites
        both = (suites()[code] for code in order if code in mine and code in offer.suites)
        return next((suite for suite in both if self._has_a_group(suite, offer, version)), None)

    def _has_a_group(self, suite: Suite, offer: Offer, version: Version) -> bool:
        """ECDSA below TLS 1.3 needs the certificate's curve among the client's groups too."""
        if offer.completes or (version != "TLSv1.3" and not suite.is_elliptic):
            return True
        needs_curve = version != "TLSv1.3" and suite.proof == "ECDSA"
        return self._group(offer, version) is not None and (not needs_curve or CURVE in offer.groups)

    def _group(self, offer: Offer, version: Version) -> int | None:
        own = self.groups if version == "TLSv1.3" else self.old_groups
        order = own if self.order == "server" else offer.groups
        return next((group for group in order if group in own and group in offer.groups), None)

    def _accepted(self, offer: Offer, version: Version, suite: Suite) -> Accepted:
        is_tls13 = version == "TLSv1.3"
        chain = CHAINS.get(self.first.proof if is_tls13 else suite.proof)
        if offer.sni == "none" and self.chain_without_a_name:
            chain = self.chain_without_a_name
        hello = ServerHello(
            version=WIRE[version],
            suite=suite.code,
            compression=0 if is_tls13 else self.compression,
            group=self._group(offer, version) if is_tls13 and not offer.completes else None,
            extensions=self.extensions,
        )
        if is_tls13 or offer.completes:
            return Accepted(hello=hello, chain=chain if offer.completes else None)
        return Accepted(hello=hello, chain=chain, key_exchange=self._exchange(offer, version, suite))

    def _exchange(self, offer: Offer, version: Version, suite: Suite) -> ServerKeyExchange | None:
        scheme = (0x0203 if offer.signs_sha1 else 0x0403) if version == "TLSv1.2" else None
        if suite.is_elliptic:
            return ServerKeyExchange(group=self._group(offer, version), scheme=scheme)
        return ServerKeyExchange(prime=self.prime, generator=2, scheme=scheme) if suite.is_finite_field else None

    @property
    def first(self) -> First:
        """What a library's handshake with it settles."""
        version = self.versions[-1]
        liked = tuple(suite.code for suite in best_first(usual(version)))
        offer = Offer(version=WIRE[version], suites=liked, groups=USUAL_GROUPS)
        suite = self._pick(offer, version)
        assert suite is not None, "no client could talk to it"
        proofs = {suite.proof for version in self.versions for suite in self.own(version)}
        proof: Proof = suite.proof if version != "TLSv1.3" else "ECDSA" if "ECDSA" in proofs else "RSA"
        needs_group = suite.is_elliptic or version == "TLSv1.3"
        return First(
            version=version,
            suite=suite.code,
            proof=proof,
            group=self._group(offer, version) if needs_group else None,
            curve=CURVE if proof == "ECDSA" else None,
            chain=chain_id(CHAINS[proof]) if proof in CHAINS else None,
        )


def interviewed(
    server: FakeServer, depth: Depth = "verdict", answer: Callable[[Offer], Answer] | None = None, *, at_once: int = 4
) -> Known:
    """Every question of the plan put to a server, ``at_once`` of them before the answers of any are known."""
    known = Known(server.first)
    while rows := list(next_questions(known, depth))[:at_once]:
        for row, offer in rows:
            known = known.after(Asked(row.name, offer, (answer or server.answer)(offer)))
        assert len(known.asked) < ENOUGH, f"no end of {rows[0][0].name}"
    return known
