"""What TLS handshakes with one endpoint showed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from checker.observation import NOT_REACHED, Failed, FailureKind, NotTried, Observation, Seen


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What a server's TLS takes and refuses, as far as the questions of one depth asked.

    Versions and kinds that are in neither list are not determined, and so is all that is null. ``groups`` are those
    of TLS 1.3, ``old_groups`` the curves below. ``dh_bits`` is the smallest modulus of a DHE suite with a certificate,
    ``dh_prime`` its name if it is well known. ``chains`` are those of further kinds of certificates, by ``chain_id``.
    ``missing`` says what could not be determined, and why.
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
    chains: tuple[str, ...] = ()
    asked: tuple[AskedQuestion, ...] = ()
    missing: tuple[str, ...] = ()
    connections: int = 0


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
    def has_nist_suite(self) -> bool | None:
        """Does the server have a suite of NIST SP 800-52? Null without a handshake, and where the offer of just these
        broke off without a TLS alert: that was no answer, though the wider offer then brought another suite.
        """
        done = self.completed
        if done is None or done.nist:
            return None if done is None else True
        broke_off = isinstance(self.nist, Failed) and self.nist.failure is not FailureKind.ALERT
        return None if broke_off else False
