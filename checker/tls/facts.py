"""What TLS handshakes with one endpoint showed."""

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFacts:
    """The handshake with the NIST suites, and where that failed the one with every suite of the library."""

    nist: Observation[Handshake] = NOT_REACHED
    every: Observation[Handshake] = NOT_REACHED

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
