"""What the answers so far settle, worked out from the list of them.

The one rule of this file: true needs a suite, a version or a group that was chosen; false needs a rejection that covers
all that could have made it true. Whatever neither settles, or what contradicts itself, is not in these tables.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from checker.network.bounds import QUESTION_TRIES
from checker.observation import Fault
from checker.tls.answer import Accepted, AcceptedSslv2, Answer, Incomplete, Rejected, Unclear
from checker.tls.offer import VERSION_NAMES, Offer, usual, usual_codes
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

_TLS_1_2, _TLS_1_3 = 0x0303, 0x0304
_PROTOCOL_VERSION = 70  # the alert that speaks of the version alone
_PROOFS: tuple[Proof, ...] = ("RSA", "ECDSA")
_COMPLETED_VERSIONS = (0x0301, 0x0302)
_COMPLETED_KINDS: tuple[Kind, ...] = ("null", "anonymous", "static-rsa")


@dataclass(frozen=True, slots=True)
class Asked:
    """One connection: the row of the plan that it was for, its offer, and the answer."""

    question: str
    offer: Offer
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """What the completed handshake settled, before any question.

    ``proof`` is the kind of its certificate, ``curve`` the group of that certificate's own key, ``chain`` its chain's
    ``chain_id``.
    """

    version: Version
    suite: int
    proof: Proof
    group: int | None = None
    curve: int | None = None
    chain: str | None = None


class Known:
    """All that is known of an address. ``first`` is null where no handshake was completed."""

    def __init__(self, first: First | None, asked: Sequence[Asked] = ()) -> None:
        self.first, self.asked = first, tuple(asked)
        self._taken = [(one, one.answer) for one in self.asked if isinstance(one.answer, Accepted)]
        self._rejected = [
            (one, one.answer.alert) for one in self.asked if isinstance(one.answer, Rejected) and one.offer.is_plain
        ]

    def after(self, asked: Asked) -> "Known":
        """With one answer more."""
        return Known(self.first, (*self.asked, asked))

    # What was asked

    def has_answered(self, question: str, offer: Offer | None = None) -> bool:
        """Has this row, or this very offer of it, had a clear answer?"""
        return any(
            one.question == question and offer in (None, one.offer) and not isinstance(one.answer, Unclear)
            for one in self.asked
        )

    def answered_versions(self, question: str) -> frozenset[int]:
        """The highest versions of the offers that this row had a clear answer to."""
        return frozenset(
            one.offer.version for one in self.asked if one.question == question and not isinstance(one.answer, Unclear)
        )

    def unclear_tries(self, question: str, offer: Offer) -> int:
        """How often this very offer was made without a clear answer."""
        return sum(
            one.question == question and one.offer == offer and isinstance(one.answer, Unclear) for one in self.asked
        )

    def chosen(self, question: str) -> Accepted | None:
        """The first acceptance of a row."""
        return next((answer for one, answer in self._taken if one.question == question), None)

    def chosen_suites(self, question: str) -> list[int]:
        """The suites that a row was answered with."""
        return [answer.hello.suite for one, answer in self._taken if one.question == question]

    def chosen_groups(self, question: str) -> list[int]:
        """The groups that a row was answered with."""
        return [group for one, a in self._taken if one.question == question and (group := _group(a)) is not None]

    def was_rejected(self, question: str) -> bool:
        """A row was told no: one that leaves out what was chosen is told so of all the rest."""
        return any(one.question == question for one, _ in self._rejected)

    def fails(self, question: str) -> bool | None:
        """Does what a row asks for break TLS? Null: not asked, or trouble that may have nothing to do with it."""
        answers = [one.answer for one in self.asked if one.question == question]
        if any(isinstance(answer, Accepted) for answer in answers):
            return False
        if any(isinstance(answer, Rejected | Incomplete) for answer in answers):
            return True
        return True if sum(map(_is_theirs_in_tls, answers)) >= QUESTION_TRIES else None

    @property
    def first_proof(self) -> Proof:
        """The kind of certificate to ask for first."""
        return "ECDSA" if self.first and self.first.proof == "ECDSA" else "RSA"

    @property
    def needed_curve(self) -> int | None:
        """The curve of an ECDSA certificate's key, without which its suites are not chosen. Null: RSA, or unknown."""
        return self.first.curve if self.first and self.first.proof == "ECDSA" else None

    # Versions

    @cached_property
    def versions(self) -> dict[Version, bool]:
        """Accepted and rejected versions."""
        found: dict[Version, bool] = dict.fromkeys((*self._passed_over, *self._refused), False)
        if self.first:  # it offered all of TLS 1.3 beside others, and the highest that both have is chosen
            found["TLSv1.3"] = False
        found |= dict.fromkeys(self._accepted_versions, True)
        for one in self.asked:
            if isinstance(one.answer, AcceptedSslv2):
                found["SSLv2"] = bool(one.answer.specs)
        for version in self._disproved_versions:
            found.pop(version, None)
        return {version: found[version] for version in VERSIONS if version in found}

    @cached_property
    def _accepted_versions(self) -> frozenset[Version]:
        first = [self.first.version] if self.first else []
        return frozenset((*first, *(VERSION_NAMES[answer.hello.version] for _, answer in self._taken)))

    @property
    def _passed_over(self) -> Iterator[Version]:
        """Versions that the server would have chosen from some offer, if it had them: the highest of both is taken.

        Only where neither kind of certificate is missing from the offer, nor the groups that it may insist on.
        """
        for one, answer in self._taken:
            if not one.offer.is_plain or not _is_wide(one.offer):
                continue
            for version in _spanned(one.offer):
                if VERSIONS.index(version) > VERSIONS.index(VERSION_NAMES[answer.hello.version]):
                    fitting = {suites()[c].proof for c in one.offer.suites if suites()[c].fits(version)}
                    if {"RSA", "ECDSA"} <= fitting:
                        yield version

    @property
    def _refused(self) -> Iterator[Version]:
        """Versions that were rejected by name, or with every suite that a server may have in them."""
        for version in VERSIONS:
            spanning = [(one.offer, alert) for one, alert in self._rejected if version in _spanned(one.offer)]
            if any(alert == _PROTOCOL_VERSION or version == "SSLv2" for _, alert in spanning):
                yield version
            elif version not in ("SSLv2", "TLSv1.3"):
                told = {code for offer, _ in spanning if self._speaks_of(version, offer) for code in offer.suites}
                if told and all(s.code in told for s in usual(version)):
                    yield version

    def _speaks_of(self, version: Version, offer: Offer) -> bool:
        """A rejection of this offer is about this version: for a higher one that it has, the server would take that."""
        above = _spanned(offer)[: _spanned(offer).index(version)]
        return _is_wide(offer) and self._accepted_versions.isdisjoint(above)

    @property
    def speaks_below_1_3(self) -> bool:
        """It has TLS 1.2, or a version before it."""
        return any(self.versions.get(version) for version in VERSIONS[:-1])

    # Kinds of suites and certificates

    @cached_property
    def rejected_below_1_3(self) -> frozenset[int]:
        """Suites that the server doesn't have in any version up to TLS 1.2, whatever the group."""
        wide = [one.offer for one, _ in self._rejected if one.offer.version == _TLS_1_2 and _is_wide(one.offer)]
        return frozenset(code for offer in wide for code in offer.suites)

    @cached_property
    def accepted(self) -> list[Suite]:
        """Suites that were chosen, in any version."""
        codes = [answer.hello.suite for _, answer in self._taken]
        if self.first:
            codes.insert(0, self.first.suite)
        return [suites()[code] for code in dict.fromkeys(codes) if code in suites()]

    @cached_property
    def kinds(self) -> dict[Kind, bool]:
        """Which kinds of suites the server takes in TLS 1.2 or below."""
        kinds: dict[Kind, bool] = {}
        for kind in (*BAD_KINDS, *PHASE_OUT_KINDS):
            chosen = [suite for suite in self.accepted if kind in suite.kinds and not suite.is_tls13]
            if any(map(self._is_usable, chosen)):
                kinds[kind] = True
            elif not chosen and self._is_rejected(kind):
                kinds[kind] = False
        return kinds

    def _is_rejected(self, kind: Kind) -> bool:
        """Every suite of this kind was, but for those that it could not use anyway."""
        left = usual_codes("TLSv1.2", kind) - self.rejected_below_1_3
        return not any(self._is_usable(suites()[code]) for code in left)

    def _is_usable(self, suite: Suite) -> bool:
        """Nothing speaks against a handshake with it, should the server choose it."""
        return suite.kinds.isdisjoint(self.disproved_kinds)

    @cached_property
    def proofs(self) -> dict[Proof, bool]:
        """By which kinds of certificates it proves who it is."""
        proofs: dict[Proof, bool] = {}
        seen = {suite.proof for suite in self.accepted} | ({self.first.proof} if self.first else set())
        for proof in _PROOFS:
            if proof in seen:
                proofs[proof] = True
            elif usual_codes("TLSv1.2", proof) <= self.rejected_below_1_3:
                proofs[proof] = False
        return proofs

    @cached_property
    def unsettled_proofs(self) -> frozenset[Proof]:
        """Kinds of certificates that it may have."""
        return frozenset(proof for proof in _PROOFS if proof not in self.proofs)

    @cached_property
    def preference(self) -> Literal["server", "client"] | None:
        """Whose order decides. Null: not determined, as with a server that may have but one suite."""
        worst, best = self.chosen("worst-first"), self.chosen("best-first")
        if worst is None or best is None or worst.hello.version != best.hello.version:
            return None
        if worst.hello.suite != best.hello.suite:
            return "client"
        chosen, version = suites()[best.hello.suite], best.hello.version
        others = [suites()[a.hello.suite] for _, a in self._taken if a.hello.version == version]
        has_choice = any(other != chosen and other.proof == chosen.proof for other in others)
        return "server" if has_choice else None

    # Handshakes that were completed

    @cached_property
    def unconfirmed(self) -> list[tuple[int, int]]:
        """Version and suite of handshakes that should be completed before something bad is said of the server.

        A ServerHello is not a handshake: there are servers that choose a suite and then can't use it.
        """
        done = {(offer.version, offer.suites[0]) for offer in self._completed}
        settled = {kind for _, code in done for kind in suites()[code].kinds}
        wanted: list[tuple[int, int]] = []
        if not any(self._completed[offer] and offer.version in _COMPLETED_VERSIONS for offer in self._completed):
            tried = {version for version, _ in done}
            old = [
                (answer.hello.version, answer.hello.suite)
                for _, answer in self._taken
                if answer.hello.version in _COMPLETED_VERSIONS and answer.hello.version not in tried
                and can_complete(suites()[answer.hello.suite])
            ]  # fmt: skip
            wanted += sorted(old)[:1]
            settled |= {kind for _, code in wanted for kind in suites()[code].kinds}
        for kind in _COMPLETED_KINDS:
            suite = next((suite for suite in self.accepted if kind in suite.kinds and can_complete(suite)), None)
            version = next((a.hello.version for _, a in self._taken if suite and a.hello.suite == suite.code), None)
            if suite is not None and version in (*_COMPLETED_VERSIONS, _TLS_1_2) and kind not in settled:
                wanted.append((version, suite.code))
                settled |= suite.kinds
        return wanted

    @cached_property
    def _completed(self) -> dict[Offer, bool | None]:
        """Whole handshakes that were tried: done, broken by the server, or null where only we could not."""
        found: dict[Offer, bool | None] = {}
        for one in self.asked:
            if not one.offer.completes or one.offer.sni != "host":
                continue
            match one.answer:
                case Accepted():
                    found[one.offer] = True
                case Incomplete():
                    found[one.offer] = False
                case Unclear(failed) if failed.fault is not Fault.THEIRS:
                    found[one.offer] = None
                case _ if self.unclear_tries(one.question, one.offer) >= QUESTION_TRIES:
                    found[one.offer] = False
        return found

    @cached_property
    def disproved_kinds(self) -> frozenset[Kind]:
        """Kinds that the server chooses and then could not complete a handshake with: not determined."""
        done = {kind for offer, is_so in self._completed.items() if is_so for kind in suites()[offer.suites[0]].kinds}
        failed = [offer.suites[0] for offer, is_so in self._completed.items() if is_so is False]
        kinds = {kind for code in failed for kind in suites()[code].kinds if kind in _COMPLETED_KINDS}
        return frozenset(kinds - done)

    @property
    def _disproved_versions(self) -> set[Version]:
        old = {offer: is_so for offer, is_so in self._completed.items() if offer.version in _COMPLETED_VERSIONS}
        failed = {offer.version for offer, is_so in old.items() if is_so is False}
        return {VERSION_NAMES[version] for version in failed - {offer.version for offer, is_so in old.items() if is_so}}

    # Every suite and group, in the server's order as far as it has one

    def suites_of(self, version: Version) -> list[int]:
        """The suites that were chosen in a version, in the order in which they were."""
        rows = sorted(self._taken, key=lambda taken: taken[0].question != f"suites-{version}")
        codes = [answer.hello.suite for _, answer in rows if VERSION_NAMES.get(answer.hello.version) == version]
        if self.first and self.first.version == version:
            codes.append(self.first.suite)
        return list(dict.fromkeys(codes))

    @cached_property
    def complete_versions(self) -> frozenset[Version]:
        """Versions of which every suite was asked."""
        return frozenset(v for v in VERSIONS if self._is_complete(f"suites-{v}", self.suites_of(v), self.chosen_suites))

    @property
    def groups(self) -> list[int]:
        """The groups of TLS 1.3 that were chosen, in the order in which they were."""
        first = self.first.group if self.first and self.first.version == "TLSv1.3" else None
        return self._groups("groups", first, is_tls13=True)

    @property
    def are_groups_complete(self) -> bool:
        """Every group of TLS 1.3 was asked."""
        return self._is_complete("groups", self.groups, self.chosen_groups)

    @property
    def old_groups(self) -> list[int]:
        """The curves that were chosen below TLS 1.3, in the order in which they were."""
        first = self.first.group if self.first and self.first.version != "TLSv1.3" else None
        return self._groups("old-groups", first, is_tls13=False)

    @property
    def are_old_groups_complete(self) -> bool:
        """Every curve below TLS 1.3 was asked.

        With ECDSA the certificate's own curve is always offered, last: that it is chosen tells that there are no
        others only where the client's order decides.
        """
        offers = [one.offer for one in self.asked if one.question == "old-groups"]
        if offers and suites()[offers[-1].suites[0]].proof == "ECDSA":
            return self.ends_with_needed_curve("old-groups") and self.preference == "client"
        return self._is_complete("old-groups", self.old_groups, self.chosen_groups)

    def ends_with_needed_curve(self, row: str) -> bool:
        """The last choice was the curve that had to be offered."""
        return self.needed_curve is not None and self.chosen_groups(row)[-1:] == [self.needed_curve]

    def _groups(self, row: str, first: int | None, *, is_tls13: bool) -> list[int]:
        rows = sorted(self._taken, key=lambda taken: taken[0].question != row)
        groups = [_group(answer) for _, answer in rows if (answer.hello.version == _TLS_1_3) is is_tls13]
        return [group for group in dict.fromkeys((*groups, first)) if group is not None]

    def _is_complete(self, row: str, found: Iterable[int], chosen: Callable[[str], list[int]]) -> bool:
        """The row was told that there are no more, and was told of all that other rows were."""
        return self.was_rejected(row) and set(found) <= set(chosen(row))


def _group(answer: Accepted) -> int | None:
    return answer.hello.group or (answer.key_exchange.group if answer.key_exchange else None)


def _is_theirs_in_tls(answer: Answer) -> bool:
    """The server answered our hello with silence or by going away."""
    return isinstance(answer, Unclear) and answer.in_tls and answer.failed.fault is Fault.THEIRS


def can_complete(suite: Suite) -> bool:
    """Our library has it."""
    return not suite.kinds & {"export", "rc4", "des", "3des", "static-dh", "dss"}


def _spanned(offer: Offer) -> list[Version]:
    """The versions that an offer speaks of, the highest first. SSLv2 and TLS 1.3 are offered alone."""
    if offer.version in (0x0002, _TLS_1_3):
        return [VERSION_NAMES[offer.version]]
    return [VERSION_NAMES[code] for code in range(offer.version, 0x02FF, -1)]


def _is_wide(offer: Offer) -> bool:
    """It has the groups that servers insist on. An SSLv3 hello has none, and needs none."""
    if offer.version <= 0x0300:
        return True
    return any(not GROUPS[code].is_weak for code in offer.groups if code in GROUPS)
