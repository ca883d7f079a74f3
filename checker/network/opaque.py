"""Reads DNS messages, and leaves the data of TLSA and CAA records as it came (RFC 3597).

The library refuses a message for one record that it finds malformed, so whoever publishes a TLSA record without data,
or a CAA record with a tag of its own making, would look like a resolver that never answers. The one rule of this file:
such a record is the domain's own, and is handed on; all else the library judges.
"""

import struct
from contextlib import suppress

import dns.exception
import dns.message
import dns.rdatatype
import dns.wire

_PRIVATE = {
    dns.rdatatype.TLSA: dns.rdatatype.RdataType.make(0xFF34),
    dns.rdatatype.CAA: dns.rdatatype.RdataType.make(0xFF01),
}
"""Types for private use (RFC 6895 section 3.1), which the library leaves alone; in their place while it reads."""


def read_response(query: dns.message.Message, wire: bytes) -> dns.message.Message:
    """What answers this very query. Raises DNSException, Truncated among them."""
    response = dns.message.from_wire(_with_private_types(wire), raise_on_truncation=True)
    if not query.is_response(response):
        raise dns.exception.FormError
    return response


def read_as(rdtype: dns.rdatatype.RdataType) -> dns.rdatatype.RdataType:
    """The type under which a message that was read here holds these records; their data is then in octets."""
    return _PRIVATE.get(rdtype, rdtype)


def tlsa_fields(data: bytes) -> tuple[int, int, int, bytes] | None:
    """Usage, selector, matching type and the rest (RFC 6698 section 2.1); null where there are fewer than three."""
    return (*data[:3], data[3:]) if len(data) >= 3 else None


def caa_fields(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Flags, tag and value (RFC 8659 section 4.1); null where the tag is longer than all there is."""
    end = 2 + data[1] if len(data) >= 2 else len(data) + 1
    return (data[0], data[2:end], data[end:]) if end <= len(data) else None


def _with_private_types(wire: bytes) -> bytes:
    changed, parser = bytearray(wire), dns.wire.Parser(wire)
    with suppress(dns.exception.FormError):  # the library meets it again, and says what it is
        _, _, questions, answers, _, _ = parser.get_struct("!6H")
        for _ in range(questions):
            parser.get_name(decompress=True)
            parser.get_struct("!HH")
        for _ in range(answers):
            parser.get_name(decompress=True)
            at = parser.current
            rdtype, _, _, length = parser.get_struct("!HHIH")
            parser.get_bytes(length)
            if rdtype in _PRIVATE:
                struct.pack_into("!H", changed, at, _PRIVATE[rdtype])
    return bytes(changed)
