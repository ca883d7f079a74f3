"""Does a chain satisfy one of a server's TLSA records (RFC 6698 section 2.1, RFC 7671 section 5, RFC 7672 section 3)?

Usage 3 names the server's own key or certificate: nothing else of it counts, no name, date or issuer. Usage 2 names an
issuer that the server sends too: dates, names and constraints count then. The one rule of this file: nothing raises,
whatever a stranger sends or publishes.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Literal

from cryptography import x509

from checker.certificates.public_key import public_key_info
from checker.certificates.reading import read_certificate
from checker.dane.path import Certificates
from checker.dane.tlsa import DANE_EE, DANE_TA, FULL, PUBLIC_KEY, SHA_256, SHA_512, WHOLE_CERTIFICATE
from checker.names import DomainName
from checker.network.bounds import DANE_GIVEN, DANE_SENT
from checker.network.ports import TlsaRecord

type DaneFailure = Literal["no-match", "expired", "not-yet-valid", "host-mismatch", "not-trusted"]

_DIGESTS: dict[int, Callable[[bytes], str]] = {
    FULL: bytes.hex,
    SHA_256: lambda data: hashlib.sha256(data).hexdigest(),
    SHA_512: lambda data: hashlib.sha512(data).hexdigest(),
}
# The nearer it came, the more it helps to be told.
_NEARNESS: tuple[DaneFailure, ...] = ("host-mismatch", "expired", "not-yet-valid", "not-trusted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which record the chain satisfies, or why none: one of the two is null. ``why`` is a sentence for either."""

    record: TlsaRecord | None
    failure: DaneFailure | None
    why: str


def match(records: Sequence[TlsaRecord], chain: Sequence[bytes], names: Sequence[DomainName], now: datetime) -> Match:
    """The first usable record that holds: those of usage 3, then those of usage 2.

    ``records`` are the usable ones, ``chain`` is DER as sent, the leaf first, ``names`` are ``reference_names``.
    """
    if not chain:
        return _failed("no-match", "The server showed no certificate.")
    counted = strongest(records)
    own = associations(chain[0])
    for record in counted:
        if record.usage == DANE_EE and own.get((record.selector, record.matching)) == record.data:
            which = "key" if record.selector == PUBLIC_KEY else "certificate"
            return Match(record=record, failure=None, why=f"The record names the server's own {which}.")
    by_issuer = _by_issuer([record for record in counted if record.usage == DANE_TA], chain, names, now)
    return by_issuer or _failed("no-match", _hint(records, counted, chain))


def strongest(records: Sequence[TlsaRecord]) -> tuple[TlsaRecord, ...]:
    """Of each usage and selector, what is given in full and the strongest digest alone (RFC 7671 section 9)."""
    best: dict[tuple[int, int], int] = {}
    for record in records:
        kind = record.usage, record.selector
        best[kind] = max(best.get(kind, FULL), record.matching)
    return tuple(r for r in records if r.matching in (FULL, best[r.usage, r.selector]))


def reference_names(
    base: DomainName,
    host: DomainName,
    next_hop: DomainName,
    expanded: DomainName | None = None,
    *,
    mx: Literal["secure", "insecure", "none"],
) -> tuple[DomainName, ...]:
    """For which names a certificate under usage 2 may be, any one of them (RFC 7672 section 3.2.2).

    ``base`` is the TLSA base domain, ``host`` the name in the MX record, ``next_hop`` the domain of the mail, and
    ``expanded`` what it is an alias of. Only a secure MX record ties the domain to the server; without any, the host
    is the domain.
    """
    match mx:
        case "secure":
            names = [base, next_hop, expanded or next_hop]
        case "insecure":
            names = [base]
        case "none":
            names = [base, host]
    return tuple(dict.fromkeys(names))


def _failed(failure: DaneFailure, why: str) -> Match:
    return Match(record=None, failure=failure, why=why)


def associations(certificate: bytes) -> dict[tuple[int, int], str]:
    """What each selector and matching type makes of a certificate in DER, in hex: no key where it is none."""
    selected = {WHOLE_CERTIFICATE: certificate, PUBLIC_KEY: public_key_info(certificate)}
    return {
        (selector, matching): _DIGESTS[matching](data)
        for (selector, data), matching in product(selected.items(), _DIGESTS)
        if data is not None
    }


def _by_issuer(
    records: Sequence[TlsaRecord], chain: Sequence[bytes], names: Sequence[DomainName], now: datetime
) -> Match | None:
    """What records of usage 2 come to; null where none of them names anything that is there."""
    sent = list(chain[: DANE_SENT + 1])
    in_full = (r for r in records if (r.selector, r.matching) == (WHOLE_CERTIFICATE, FULL))
    given = [bytes.fromhex(record.data) for record, _ in zip(in_full, range(DANE_GIVEN), strict=False)]
    ders = [*sent, *(der for der in given if der not in sent)]
    anchors: dict[bytes, TlsaRecord] = {}
    for der in ders[1:]:
        fits = associations(der)
        named = next((r for r in records if fits.get((r.selector, r.matching)) == r.data), None)
        if named is not None:
            anchors[der] = named
    keys = {bytes.fromhex(r.data): r for r in records if (r.selector, r.matching) == (PUBLIC_KEY, FULL)}
    keys = dict(list(keys.items())[:DANE_GIVEN])
    if not anchors and not keys:
        return None
    readable = [(der, read) for der in ders if isinstance(read := read_certificate(der), x509.Certificate)]
    found: Match | None = None
    if readable and readable[0][0] == chain[0]:
        found = _best(_of_paths(readable, anchors, keys, names, now))
    if found is None and anchors:
        return _failed(
            "not-trusted", "A record names a certificate that is there, but the server's own doesn't lead to it."
        )
    return found


def _of_paths(
    readable: Sequence[tuple[bytes, x509.Certificate]],
    anchors: dict[bytes, TlsaRecord],
    keys: dict[bytes, TlsaRecord],
    names: Sequence[DomainName],
    now: datetime,
) -> Iterator[Match]:
    certificates = Certificates([certificate for _, certificate in readable])
    places = {place: anchors[der] for place, (der, _) in enumerate(readable) if place and der in anchors}
    for path, end in certificates.paths(places, tuple(keys)):
        why_not = certificates.why_no_issuers(path)
        out_of_date = certificates.out_of_date(path, now)
        if why_not is not None:
            yield _failed("not-trusted", why_not)
        elif out_of_date is not None:
            place, has_ended = out_of_date
            whose = "The server's certificate" if place == 0 else "The certificate of an issuer"
            then = "has expired" if has_ended else "is not valid yet"
            yield _failed("expired" if has_ended else "not-yet-valid", f"{whose} {then}, and usage 2 counts dates.")
        elif not certificates.is_for(names):
            yield _failed("host-mismatch", f"The certificate is not for {names[0] if names else 'the server'}.")
        else:
            record = keys[end] if isinstance(end, bytes) else places[end]
            yield Match(record=record, failure=None, why="The record names an issuer of the server's certificate.")


def _best(matches: Iterator[Match]) -> Match | None:
    best: Match | None = None
    for found in matches:
        if found.failure is None:
            return found
        if best is None or _NEARNESS.index(found.failure) < _NEARNESS.index(best.failure or "not-trusted"):
            best = found
    return best


def _hint(records: Sequence[TlsaRecord], counted: Sequence[TlsaRecord], chain: Sequence[bytes]) -> str:
    """The mistake behind it, where it shows."""
    own = associations(chain[0])
    issuers = {value for der in chain[1 : DANE_SENT + 1] for value in associations(der).values()}
    for record in records:
        data = own.get((record.selector, record.matching))
        if record not in counted and data == record.data:
            return "The record that fits has a weaker digest than another of its kind, and senders go by the strongest."
        if record.usage == DANE_TA and data == record.data:
            return "A record of usage 2 names the server's own certificate, and an issuer is meant there."
        if record.usage == DANE_EE and record.data in issuers:
            return "A record of usage 3 names an issuer, and the server's own certificate is meant there."
        if record.usage == DANE_EE and record.data in own.values():
            return "A record has the data of this certificate, but its selector says otherwise."
    return "No record names the certificate that the server shows, nor an issuer that it sends."
