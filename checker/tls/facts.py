"""What TLS handshakes with one endpoint showed."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from checker.observation import NOT_REACHED, Failed, FailureKind, NotTried, Observation, Seen
from checker.tls.registry import VERSIONS, Kind, Version, is_of_nist, kinds_of

LEAST_DH_BITS = 2048  # RFC 9325 section 4.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """One completed handshake. ``certificate`` is the SHA-256 of the leaf's DER in hex, null if anonymous.

    ``chain`` is the ``chain_id`` of the certificates as sent, which other servers may send with the same leaf and not
    all of the rest. ``nist``: it shows that the server has a suite of NIST SP 800-52 revision 1 or 2.
    """

    version: str  # TLSv1.0 … TLSv1.3
    suite: str  # the IANA name
    nist: bool
    certificate: str | None
    chain: str | None = None
    group: str | None = None  # the IANA name of the curve, as far as it showed in clear

    @property
    def likeness(self) -> tuple[str | None, ...]:
        """What two addresses have in common that need not both be asked the questions."""
        return self.version, self.suite, self.group, self.certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuestion:
    """One connection of the plan, in words: what it asked, what it offered, what was answered."""

    asks: str
    offer: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSuites:
    """The suites that were chosen in one version, by IANA name in the order in which they were.

    ``is_complete``: every suite was asked, so what isn't here is not accepted.
    """

    version: str
    suites: tuple[str, ...]
    is_complete: bool = False


type NameOutcome = Literal["same", "other", "failed"]
"""A handshake under another name: the same chain came, another one, or no handshake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What a server's TLS takes and refuses, as far as the questions of one depth asked.

    Versions and kinds that are in neither list are not determined, and so is all that is null. ``groups`` are those
    of TLS 1.3, ``old_groups`` the curves below. ``dh_bits`` is the smallest modulus of a DHE suite with a certificate,
    ``dh_prime`` its name if it is well known. ``chains`` are those of further kinds of certificates, by ``chain_id``.
    ``missing`` says what could not be determined, and why.

    ``unknown_name`` and ``no_name``: what a handshake brings that asks for a name that no server has, or for none.
    ``sha1_signatures``: it signs a key exchange with SHA-1 or MD5 for a client that takes nothing else.
    ``large_hello``: it answers a hello of two segments as it does a small one. ``fallback_scsv``: it refuses an old
    version to a client that says it was pushed there (RFC 7507). ``client_renegotiation``: it completes a second
    handshake that the client begins inside the first. ``plaintext_injection``: inside TLS it obeys what was sent before
    (CVE-2011-0411).
    """

    accepted_versions: tuple[str, ...] = ()
    rejected_versions: tuple[str, ...] = ()
    suites: tuple[VersionSuites, ...] = ()
    accepted_kinds: tuple[str, ...] = ()
    rejected_kinds: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    groups_complete: bool = False
    old_groups: tuple[str, ...] = ()
    old_groups_complete: bool = False
    post_quantum: bool | None = None
    weak_group: bool | None = None
    preference: Literal["server", "client"] | None = None
    dh_bits: int | None = None
    dh_prime: str | None = None
    compression: bool | None = None
    secure_renegotiation: bool | None = None
    extended_master_secret: bool | None = None
    encrypt_then_mac: bool | None = None
    heartbeat: bool | None = None
    unknown_name: NameOutcome | None = None
    no_name: NameOutcome | None = None
    sha1_signatures: bool | None = None
    large_hello: bool | None = None
    fallback_scsv: bool | None = None
    client_renegotiation: bool | None = None
    plaintext_injection: bool | None = None
    chains: tuple[str, ...] = ()
    asked: tuple[AskedQuestion, ...] = ()
    missing: tuple[str, ...] = ()
    connections: int = 0

    def speaks(self, version: Version) -> bool | None:
        """Is the version accepted? Null: not determined."""
        return _told(version, self.accepted_versions, self.rejected_versions)

    def takes(self, kind: Kind) -> bool | None:
        """Does it take suites of this kind in TLS 1.2 or below? Null: not determined."""
        return _told(kind, self.accepted_kinds, self.rejected_kinds)

    def chosen_in(self, version: str) -> tuple[str, ...]:
        """The suites that were chosen in a version."""
        return next((listed.suites for listed in self.suites if listed.version == version), ())

    def can_use(self, suite: str) -> bool:
        """One of a kind that isn't known to be accepted was chosen, and then the handshake failed."""
        return set(kinds_of(suite)) <= set(self.accepted_kinds)

    def proves_nist(self, listed: VersionSuites) -> bool:
        """Is a suite of NIST SP 800-52 among these, in TLS and not SSL?"""
        taken = filter(self.can_use, listed.suites)
        return listed.version.startswith("TLS") and any(is_of_nist(suite, listed.version) for suite in taken)

    @property
    def usable(self) -> tuple[str, ...]:
        """Every suite that was chosen and can be used, each once."""
        return tuple(dict.fromkeys(suite for listed in self.suites for suite in listed.suites if self.can_use(suite)))

    @property
    def chosen(self) -> frozenset[str]:
        """Every suite that was chosen in any version."""
        return frozenset(suite for listed in self.suites for suite in listed.suites)

    @property
    def are_suites_complete(self) -> bool:
        """Every suite of every accepted version was asked, and no version is open."""
        complete = {listed.version for listed in self.suites if listed.is_complete}
        return bool(complete) and complete.issuperset(self.accepted_versions) and self.are_versions_known

    @property
    def are_versions_known(self) -> bool:
        """Whatever the server speaks from SSLv3 on is known. SSLv2 nobody has beside TLS 1.3."""
        return all(self.speaks(version) is not None for version in VERSIONS[1:])

    @property
    def are_all_groups_known(self) -> bool:
        """Every group was asked, of TLS 1.3 and below it, as far as the server speaks either."""
        is_newest_known = self.groups_complete or self.speaks("TLSv1.3") is False
        return is_newest_known and (self.old_groups_complete or set(self.accepted_versions) == {"TLSv1.3"})

    @property
    def weak_dh(self) -> bool | None:
        """Does it agree on keys by finite-field DH, with a certificate, over too short a prime?"""
        if self.takes("dhe") is False:
            return False
        return None if self.dh_bits is None else self.dh_bits < LEAST_DH_BITS


def _told(name: str, accepted: tuple[str, ...], rejected: tuple[str, ...]) -> bool | None:
    return True if name in accepted else False if name in rejected else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFacts:
    """The handshake with the NIST suites, and where that failed the one with every suite of the library.

    ``inventory`` is null where the questions were not asked of this address; ``inventory_reused`` is when they were
    for an earlier scan.
    """

    nist: Observation[Handshake] = NOT_REACHED
    every: Observation[Handshake] = NOT_REACHED
    inventory: Inventory | None = None
    inventory_reused: datetime | None = None

    @property
    def decisive(self) -> Observation[Handshake]:
        """Of both offers the one that settles whether TLS works: one that succeeded, or else the wider one if tried."""
        if isinstance(self.nist, Seen) or isinstance(self.every, NotTried):
            return self.nist
        return self.every

    @property
    def completed(self) -> Handshake | None:
        """The handshake that succeeded, if one did."""
        for tried in (self.nist, self.every):
            if isinstance(tried, Seen):
                return tried.value
        return None

    @property
    def likeness(self) -> tuple[str | None, ...] | None:
        """What addresses have in common that are asked the questions once. Null: there is nothing to ask.

        A server that refuses all that our library offers, or chooses what that won't have, may still have what the
        library no longer has.
        """
        if (done := self.completed) is not None:
            return done.likeness
        match self.decisive:
            case Failed(FailureKind.ALERT | FailureKind.CHOICE as kind):
                return (kind,)
            case _:
                return None

    @property
    def has_nist_suite(self) -> bool | None:
        """Does the server have a suite of NIST SP 800-52? Null without a handshake, and where the offer of just these
        broke off without a TLS alert and no question brought one: that was no answer, though the wider offer then
        brought another suite.
        """
        done = self.completed
        if done is None or done.nist:
            return None if done is None else True
        if self.inventory and any(map(self.inventory.proves_nist, self.inventory.suites)):
            return True
        broke_off = isinstance(self.nist, Failed) and self.nist.failure is not FailureKind.ALERT
        return None if broke_off else False

    @property
    def shown(self) -> Inventory:
        """All that is known: what the questions brought out, and what the handshake shows by itself."""
        known, done = self.inventory or Inventory(), self.completed
        if done is None:
            return known
        kinds = kinds_of(done.suite)
        suites = {listed.version: listed for listed in known.suites}
        listed = suites.get(done.version, VersionSuites(version=done.version, suites=()))
        suites[done.version] = replace(listed, suites=tuple(dict.fromkeys((done.suite, *listed.suites))))
        return replace(
            known,
            accepted_versions=tuple(dict.fromkeys((*known.accepted_versions, done.version))),
            rejected_versions=tuple(version for version in known.rejected_versions if version != done.version),
            suites=tuple(suites.values()),
            accepted_kinds=tuple(dict.fromkeys((*known.accepted_kinds, *kinds))),
            rejected_kinds=tuple(kind for kind in known.rejected_kinds if kind not in kinds),
        )
