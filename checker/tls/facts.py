"""What TLS handshakes with one endpoint showed."""

from dataclasses import dataclass

from checker.observation import NOT_REACHED, Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """One completed handshake. ``certificate`` is the SHA-256 of the leaf's DER in hex, null if anonymous."""

    version: str  # TLSv1.0 … TLSv1.3
    suite: str  # the IANA name
    certificate: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFacts:
    """The handshake with the NIST suites, and where that failed the one with every suite of the library."""

    nist: Observation[Handshake] = NOT_REACHED
    every: Observation[Handshake] = NOT_REACHED
