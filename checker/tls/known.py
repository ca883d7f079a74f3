"""What the answers so far settle, worked out from the list of them.

The one rule of this file: true needs a suite, a version or a group that was chosen; false needs a rejection that covers
all that could have made it true. Whatever neither settles is not in these tables.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from checker.observation import Fault
from checker.tls.answer import Accepted, AcceptedSslv2, Answer, Rejected, Unclear
from checker.tls.registry import (
    BAD_KINDS,
    GROUPS,
    PHASE_OUT_KINDS,
    VERSIONS,
    Kind,
    Proof,
    Suite,
    Version,
    suites,
)

VERSION_NAMES: dict[int, Version] = {
    0x0002: "SSLv2", 0x0300: "SSLv3", 0x0301: "TLSv1.0", 0x0302: "TLSv1.1", 0x0303: "TLSv1.2", 0x0304: "TLSv1.3",
}  # fmt: skip
_TLS_1_2, _TLS_1_3 = 0x0303, 0x0304
_PROTOCOL_VERSION = 70  # the alert that speaks of the version alone
_PROOFS: tuple[Proof, ...] = ("RSA", "ECDSA")
_COMPLETED_VERSIONS = (0x0301, 0x0302)
_COMPLETED_KINDS: tuple[Kind, ...] = ("null", "anonymous", "static-rsa")
_LIKED = (0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8)  # what every current sender offers first
_GRADES = ("bad", "phase-out", "good")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What one hello offers. ``version`` is the highest, as on the wire."""

    version: int
    suites: tuple[int, ...]
    groups: tuple[int, ...] = ()
    completes: bool = False  # not a mere hello: the whole handshake, with this one suite in this one version


@dataclass(frozen=True, slots=True)
class Asked:
    """One connection: the row of the plan that it was for, its offer, and the answer."""

    question: str
    offer: Offer
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """What the completed handshake settled, before any question.

    ``proof`` is the kind of its certificate, ``curve`` the group of that certificate's own key.
    """

    version: Version
    suite: int
    proof: Proof
    group: int | None = None
    curve: int | None = None


def usual(version: Version, *, with_unusual: bool = False) -> list[Suite]:
    """The suites that may be negotiated in a version."""
    return [suite for suite in suites().values() if suite.fits(version) and (with_unusual or not suite.is_unusual)]


def worst_first(listed: Iterable[Suite]) -> list[Suite]:
    """In the order in which a careless client would have them: of bad ones those with most against them first."""
    return sorted(listed, key=lambda suite: (_GRADES.index(suite.grade), -len(suite.kinds), suite.code))


def best_first(listed: Iterable[Suite]) -> list[Suite]:
    """In the order in which a careful client has them."""
    place = {code: at for at, code in enumerate(_LIKED)}
    return sorted(
        listed,
        key=lambda suite: (-_GRADES.index(suite.grade), len(suite.kinds), place.get(suite.code, 99), suite.code),
    )


GOOD_ORDER: tuple[Suite, ...] = tuple(best_first(s for s in usual("TLSv1.2") if s.grade == "good"))


class Known:
    """All that is known of an address. ``first`` is null where no handshake was completed."""

    def __init__(self, first: First | None, asked: Sequence[Asked] = ()) -> None:
        self.first, self.asked = first, tuple(asked)
        self._taken = [(one, one.answer) for one in self.asked if isinstance(one.answer, Accepted)]
        self._rejected = [(one, one.answer.alert) for one in self.asked if isinstance(one.answer, Rejected)]

    def after(self, asked: Asked) -> "Known":
        """With one answer more."""
        return Known(self.first, (*self.asked, asked))

    def has_answered(self, question: str) -> bool:
        """Has this row had a clear answer?"""
        return any(one.question == question and not isinstance(one.answer, Unclear) for one in self.asked)

    def unclear_tries(self, question: str, offer: Offer) -> int:
        """How often this very hello was sent without a clear answer."""
        return sum(
            one.question == question and one.offer == offer and isinstance(one.answer, Unclear) for one in self.asked
        )

    def chosen(self, question: str) -> Accepted | None:
        """The first acceptance of a row."""
        return next((answer for one, answer in self._taken if one.question == question), None)

    @property
    def first_proof(self) -> Proof:
        """The kind of certificate to ask for first."""
        return "ECDSA" if self.first and self.first.proof == "ECDSA" else "RSA"

    @cached_property
    def versions(self) -> dict[Version, bool]:
        """Accepted and rejected versions."""
        found: dict[Version, bool] = {}
        if self.first:  # it offered all of TLS 1.3 beside others, and the highest that both have is chosen
            found = {"TLSv1.3": False, self.first.version: True}
        found |= dict.fromkeys(self._passed_over, False)
        for _, answer in self._taken:
            if (chosen := VERSION_NAMES.get(answer.hello.version)) is not None:
                found[chosen] = True
        for one in self.asked:
            if isinstance(one.answer, AcceptedSslv2):
                found["SSLv2"] = bool(one.answer.specs)
        for version in self._disproved_versions:
            found.pop(version, None)
        return {version: found[version] for version in VERSIONS if version in found}

    @property
    def _passed_over(self) -> Iterator[Version]:
        """Versions that the server would have chosen from some offer, if it had them."""
        for one, alert in self._rejected:
            for version in _spanned(one.offer, 0x0300):
                if alert == _PROTOCOL_VERSION or _covers(one.offer, version):
                    yield version
        for one, answer in self._taken:
            yield from (v for v in _spanned(one.offer, answer.hello.version + 1) if _covers(one.offer, v))

    @cached_property
    def rejected_below_1_3(self) -> frozenset[int]:
        """Suites that the server doesn't have in any version up to TLS 1.2, whatever the group."""
        wide = [one.offer for one, _ in self._rejected if one.offer.version == _TLS_1_2 and _is_wide(one.offer)]
        return frozenset(code for offer in wide for code in offer.suites)

    @cached_property
    def _accepted(self) -> list[Suite]:
        codes = [answer.hello.suite for _, answer in self._taken]
        if self.first:
            codes.insert(0, self.first.suite)
        return [suites()[code] for code in dict.fromkeys(codes) if code in suites()]

    @cached_property
    def kinds(self) -> dict[Kind, bool]:
        """Which kinds of suites the server takes in TLS 1.2 or below."""
        kinds: dict[Kind, bool] = {}
        for kind in (*BAD_KINDS, *PHASE_OUT_KINDS):
            if any(kind in suite.kinds for suite in self._accepted if suite.code not in self._disproved):
                kinds[kind] = True
            elif any(kind in suite.kinds for suite in self._accepted):
                continue  # chosen, and then the handshake failed: not determined
            elif {s.code for s in usual("TLSv1.2") if kind in s.kinds} <= self.rejected_below_1_3:
                kinds[kind] = False
        return kinds

    @cached_property
    def proofs(self) -> dict[Proof, bool]:
        """By which kinds of certificates it proves who it is."""
        proofs: dict[Proof, bool] = {}
        seen = {suite.proof for suite in self._accepted} | ({self.first.proof} if self.first else set())
        for proof in _PROOFS:
            if proof in seen:
                proofs[proof] = True
            elif {s.code for s in GOOD_ORDER if s.proof == proof} <= self.rejected_below_1_3:
                proofs[proof] = False
        return proofs

    @cached_property
    def unconfirmed(self) -> list[tuple[int, int]]:
        """Version and suite of handshakes that should be completed before something bad is said of the server.

        A ServerHello is not a handshake: there are servers that choose a suite and then can't use it.
        """
        done = {(one.offer.version, one.offer.suites[0]) for one in self.asked if one.offer.completes}
        settled = {kind for _, code in done for kind in suites()[code].kinds}
        wanted: list[tuple[int, int]] = []
        lowest = min(
            ((a.hello.version, a.hello.suite) for _, a in self._taken if a.hello.version in _COMPLETED_VERSIONS),
            default=None,
        )
        if lowest is not None and all(version not in _COMPLETED_VERSIONS for version, _ in done):
            wanted.append(lowest)
            settled |= suites()[lowest[1]].kinds
        for kind in _COMPLETED_KINDS:
            suite = next((suite for suite in self._accepted if kind in suite.kinds and _can_complete(suite)), None)
            if suite is not None and kind not in settled:
                version = next(a.hello.version for _, a in self._taken if a.hello.suite == suite.code)
                wanted.append((version, suite.code))
                settled |= suite.kinds
        return wanted

    @cached_property
    def _failed_completions(self) -> list[Offer]:
        """What the server chose and then could not complete. Where only we could not, that says nothing."""
        return [
            one.offer
            for one in self.asked
            if one.offer.completes and isinstance(one.answer, Unclear) and one.answer.failed.fault is Fault.THEIRS
        ]

    @property
    def _disproved(self) -> set[int]:
        return {offer.suites[0] for offer in self._failed_completions}

    @property
    def _disproved_versions(self) -> set[Version]:
        return {
            VERSION_NAMES[offer.version] for offer in self._failed_completions if offer.version in _COMPLETED_VERSIONS
        }

    @property
    def unsettled_proofs(self) -> frozenset[Proof]:
        """Kinds of certificates that it may have."""
        return frozenset(proof for proof in _PROOFS if proof not in self.proofs)

    @property
    def speaks_below_1_3(self) -> bool:
        """It has TLS 1.2, or a version before it."""
        return any(self.versions.get(version) for version in VERSIONS[:-1])

    def suites_of(self, version: Version) -> list[int]:
        """The suites that were chosen in a version, in the order in which they were."""
        codes = [answer.hello.suite for _, answer in self._taken if VERSION_NAMES.get(answer.hello.version) == version]
        if self.first and self.first.version == version:
            codes.insert(0, self.first.suite)
        return list(dict.fromkeys(codes))

    @property
    def complete_versions(self) -> frozenset[Version]:
        """Versions of which every suite was asked."""
        return frozenset(version for version in VERSIONS if self.was_rejected(f"suites-{version}"))

    @property
    def groups(self) -> list[int]:
        """The groups of TLS 1.3 that were chosen, in that order."""
        chosen = [a.hello.group for _, a in self._taken if a.hello.version == _TLS_1_3]
        first = [self.first.group] if self.first and self.first.version == "TLSv1.3" else []
        return [group for group in dict.fromkeys((*first, *chosen)) if group is not None]

    @property
    def are_groups_complete(self) -> bool:
        """Every group of TLS 1.3 was asked."""
        return self.was_rejected("groups")

    @property
    def old_groups(self) -> list[int]:
        """The curves that were chosen below TLS 1.3, in that order."""
        chosen = [a.key_exchange.group for _, a in self._taken if a.key_exchange]
        first = [self.first.group] if self.first and self.first.version != "TLSv1.3" else []
        return [group for group in dict.fromkeys((*first, *chosen)) if group is not None]

    def chosen_groups(self, question: str) -> list[int | None]:
        """The curves below TLS 1.3 that a row was answered with."""
        return [a.key_exchange.group for one, a in self._taken if one.question == question and a.key_exchange]

    @property
    def are_old_groups_complete(self) -> bool:
        """Every curve below TLS 1.3 was asked."""
        return self.was_rejected("old-groups")

    def was_rejected(self, question: str) -> bool:
        """A row's last answer was no: for one that leaves out what was chosen, to all the rest."""
        return any(one.question == question for one, _ in self._rejected)


def _covers(offer: Offer, version: Version) -> bool:
    """Would the server have chosen this version from the offer if it had it at all?

    Only if neither a kind of certificate is missing from it nor the groups that it may insist on.
    """
    if version == "SSLv2":
        return True
    if version == "TLSv1.3":
        return {"x25519", "secp256r1", "secp384r1"} <= {GROUPS[code].name for code in offer.groups if code in GROUPS}
    listed = {s.proof for code in offer.suites if (s := suites()[code]).fits(version) and s.kinds <= {"cbc", "dhe"}}
    return {"RSA", "ECDSA"} <= listed and _is_wide(offer)


def _can_complete(suite: Suite) -> bool:
    """Our library has it."""
    return not suite.kinds & {"export", "rc4", "des", "3des", "static-dh", "dss"}


def _spanned(offer: Offer, lowest: int) -> list[Version]:
    """The versions from ``lowest`` up to the highest of an offer. TLS 1.3 is offered alone."""
    if offer.version in (0x0002, 0x0304):
        return [VERSION_NAMES[offer.version]] if lowest <= offer.version or offer.version == 2 else []
    return [name for code, name in VERSION_NAMES.items() if max(lowest, 0x0300) <= code <= offer.version]


def _is_wide(offer: Offer) -> bool:
    """It has the groups that servers insist on. An SSLv3 hello has none, and needs none."""
    if offer.version <= 0x0300:
        return True
    return any(not GROUPS[code].is_weak for code in offer.groups if code in GROUPS)
