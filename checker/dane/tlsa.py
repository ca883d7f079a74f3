"""Which TLSA records a mail sender can use (RFC 6698 section 2.1, RFC 7671, RFC 7672 section 3.1).

The one rule of this file: a record that can't be used is no error and never a match; it is only left aside.
"""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from checker.certificates.reading import read_certificate
from checker.network.ports import TlsaRecord

PKIX_TA, PKIX_EE, DANE_TA, DANE_EE = range(4)  # certificate usages
WHOLE_CERTIFICATE, PUBLIC_KEY = range(2)  # selectors
FULL, SHA_256, SHA_512 = range(3)  # matching types

_DIGEST_CHARACTERS = {SHA_256: 64, SHA_512: 128}  # in hex


def why_unusable(record: TlsaRecord) -> str | None:
    """What keeps mail senders from using the record, in one sentence; null where nothing does."""
    if record.usage in (PKIX_TA, PKIX_EE):
        return f"Usage {record.usage} is not for mail: senders leave it aside."
    if record.usage not in (DANE_TA, DANE_EE):
        return f"There is no certificate usage {record.usage}."
    if record.selector not in (WHOLE_CERTIFICATE, PUBLIC_KEY):
        return f"There is no selector {record.selector}."
    if record.matching not in (FULL, SHA_256, SHA_512):
        return f"There is no matching type {record.matching}."
    return _why_no_data(record)


def written(record: TlsaRecord, most: int | None = None) -> str:
    """The record as zone files have it; of data longer than ``most`` characters only the beginning.

    Of data in full the end too: keys of one kind begin alike.
    """
    data = record.data
    if most is not None and len(data) > most:
        data = f"{data[:most]}…{data[-most:] if record.matching == FULL else ''}"
    return f"{record.usage} {record.selector} {record.matching} {data}".strip()


def _why_no_data(record: TlsaRecord) -> str | None:
    expected = _DIGEST_CHARACTERS.get(record.matching)
    if expected is not None:
        octets = len(record.data) // 2
        return None if len(record.data) == expected else f"Its digest has {octets} octets, not {expected // 2}."
    data = bytes.fromhex(record.data)
    if record.selector == WHOLE_CERTIFICATE:
        return "Its data is no certificate." if isinstance(read_certificate(data), str) else None
    return None if _is_public_key(data) else "Its data is no public key."


def _is_public_key(data: bytes) -> bool:
    try:
        load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True
