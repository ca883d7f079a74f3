"""TLSA records of demo servers, made of the certificates that the servers show (RFC 6698 section 2.1).

The one rule of this file: nothing here is taken from the checker, so that it can't agree with itself by mistake.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.authority import Issued

type TlsaRow = tuple[int, int, int, str]

_WHOLE_CERTIFICATE = 0  # selector
_DIGESTS: dict[int, Callable[[bytes], bytes]] = {
    0: lambda data: data,
    1: lambda data: hashlib.sha256(data).digest(),
    2: lambda data: hashlib.sha512(data).digest(),
}


class Of(Enum):
    """Whose key or certificate a record names."""

    SERVER = auto()
    ISSUER = auto()  # of the server's certificate
    ANOTHER = auto()  # one that the server doesn't show: its last one, or its next


@dataclass(frozen=True, slots=True)
class Pin:
    """A TLSA record: certificate usage, selector, matching type, and what it names. ``is_cut``: an octet is missing."""

    usage: int
    selector: int
    matching: int
    of: Of = Of.SERVER
    is_cut: bool = False

    def record(self, issued: Issued) -> TlsaRow:
        """The record of a server that shows this chain."""
        data = _DIGESTS[self.matching](self._named(issued))
        return self.usage, self.selector, self.matching, (data[:-1] if self.is_cut else data).hex()

    def _named(self, issued: Issued) -> bytes:
        if self.of is Of.ANOTHER:
            return b"Not the key of " + issued.der[0]
        certificate = issued.chain[0 if self.of is Of.SERVER else 1]
        if self.selector == _WHOLE_CERTIFICATE:
            return certificate.public_bytes(Encoding.DER)
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
