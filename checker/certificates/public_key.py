"""Cuts the SubjectPublicKeyInfo out of a certificate in DER (RFC 5280 section 4.1), byte for byte.

A digest of a key is one of the bytes that were sent. Reading the key and writing it again may give others, and keys
that no library knows have digests too. The one rule of this file: any bytes may come, and nothing raises.
"""

_SEQUENCE, _VERSION = 0x30, 0xA0
_BEFORE_THE_KEY = 5  # serial number, signature algorithm, issuer, validity, subject


def public_key_info(certificate: bytes) -> bytes | None:
    """The DER of the key with its algorithm; null where this is no certificate."""
    whole = _element(certificate, 0)
    signed = _element(certificate, whole[0]) if whole and certificate[:1] == bytes([_SEQUENCE]) else None
    if whole is None or signed is None:
        return None
    position = signed[0]
    fields = _BEFORE_THE_KEY + (certificate[position : position + 1] == bytes([_VERSION]))
    for _ in range(fields):
        field = _element(certificate, position)
        if field is None:
            return None
        position = field[1]
    key = _element(certificate, position)
    if key is None or certificate[position] != _SEQUENCE or key[1] > signed[1]:
        return None
    return certificate[position : key[1]]


def _element(data: bytes, start: int) -> tuple[int, int] | None:
    """Where the content of the element at ``start`` begins and ends, in DER (X.690 section 8.1), its tag one byte."""
    header = data[start : start + 2]
    if len(header) < len(b"\x30\x80"):
        return None
    begin, length = start + 2, header[1]
    if length & 0x80:
        octets = length & 0x7F
        if not 0 < octets <= 4:  # a certificate is never longer than 4 GB
            return None
        length = int.from_bytes(data[begin : begin + octets])
        begin += octets
    end = begin + length
    return (begin, end) if end <= len(data) else None
