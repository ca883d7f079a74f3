"""What a certificate's extensions say (RFC 5280 section 4.2), for whoever asks.

The one rule of this file: an extension that isn't there is null, and forbids nothing.
"""

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID


def extension[E: x509.ExtensionType](certificate: x509.Certificate, kind: type[E]) -> E | None:
    """The extension of this kind."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def dns_names(certificate: x509.Certificate) -> list[str]:
    """Its dNSNames, as many as a stranger put there."""
    names = extension(certificate, x509.SubjectAlternativeName)
    return names.get_values_for_type(x509.DNSName) if names is not None else []


def serves_tls(usage: x509.ExtendedKeyUsage | None) -> bool:
    """For TLS servers, for anything, or without a purpose (section 4.2.1.12)."""
    purposes = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    return usage is None or not purposes.isdisjoint(usage)
