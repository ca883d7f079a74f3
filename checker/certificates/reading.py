"""Reads one certificate (RFC 5280 section 4.1) from bytes that a stranger sent or an operator put into a file.

The one rule of this file: any bytes may come, and what the library raises for bad ones becomes a sentence.
"""

import warnings

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

_PEM_BEGINS = b"-----BEGIN"
_REFUSALS = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


def read_certificate(data: bytes) -> x509.Certificate | str:
    """A certificate from DER or PEM, or a sentence that says that it can't be read. All parts of it are good to use."""
    load = x509.load_pem_x509_certificate if data.startswith(_PEM_BEGINS) else x509.load_der_x509_certificate
    with warnings.catch_warnings():
        # A serial number or a country that is out of order is the peer's matter, not a warning for our operator.
        warnings.simplefilter("ignore")
        try:
            certificate = load(data)
            # These are parsed only when they are asked for, and may fail then.
            _ = certificate.subject.rfc4514_string(), certificate.issuer.rfc4514_string()
            _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
            _ = certificate.extensions
        except _REFUSALS:
            return "The server sent a certificate that is malformed, so it can't be read."
    return certificate
