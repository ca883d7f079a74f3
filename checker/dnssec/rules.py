"""What follows from how a zone is signed (requirements SEC-7 to SEC-10; RFC 9276, RFC 9904).

The one rule of this file: whether mail is lost is told by the answers, which the resolver validated; this tells why,
and what is going to fail.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from checker.dnssec.facts import ZoneFacts
from checker.finding import Finding, Param, Rule
from checker.listing import joined
from checker.network.zone_signing import DsRecord, ZoneSigning
from checker.observation import Failed, Seen

_SUPPORTED = frozenset({5, 7, 8, 10, 13, 14, 15, 16})  # by validators: without one the zone counts as unsigned
_SHA1, _BROKEN = frozenset({5, 7}), frozenset({1, 3, 6, 12})
_DIGESTS, _SHA1_DIGEST = frozenset({1, 2, 4}), 1
_NAMES = {
    1: "RSA/MD5",
    3: "DSA",
    5: "RSA/SHA-1",
    6: "DSA",
    7: "RSA/SHA-1",
    8: "RSA/SHA-256",
    10: "RSA/SHA-512",
    12: "GOST",
    13: "ECDSA P-256",
    14: "ECDSA P-384",
    15: "Ed25519",
    16: "Ed448",
}
_STRONG_BITS = 2048
_MANY_ITERATIONS = 100  # RFC 9276 appendix A: from here on resolvers may take the zone as unsigned
_SOON = timedelta(days=3)
_SHORT_LIVED = timedelta(days=7)  # signatures made anew all the time hold shorter


@dataclass(frozen=True, slots=True)
class JudgedZone:
    """A zone at the moment of judgement (UTC)."""

    facts: ZoneFacts
    now: datetime

    @property
    def signing(self) -> ZoneSigning | None:
        """How it is signed, where that was seen and it is signed at all."""
        found = self.facts.signing
        return found.value if isinstance(found, Seen) and (found.value.keys or found.value.ds) else None

    @property
    def checked(self) -> ZoneSigning | None:
        """How it is signed, where resolvers check that: its parent vouches for it in a way that they know."""
        return self.signing if self.signing and any(map(_is_usable, self.signing.ds)) else None


def zone_is_known(zone: JudgedZone) -> Iterator[Finding]:
    """Its records could be looked up."""
    if isinstance(zone.facts.signing, Failed):
        yield Finding("dnssec-zone-unknown", {"names": joined(zone.facts.names), "why": zone.facts.signing.detail})


def parent_names_its_key(zone: JudgedZone) -> Iterator[Finding]:
    """A DS record for which the zone has no key is only there in advance, beside one for which it has (SEC-7)."""
    signing = zone.signing
    if signing is None:
        return
    if not signing.ds:
        yield _of(signing, "dnssec-no-ds")
        return
    usable = [ds for ds in signing.ds if _is_usable(ds)]
    if not usable:
        yield _of(signing, "dnssec-nothing-supported", algorithms=_algorithms(ds.algorithm for ds in signing.ds))
    elif not any(ds.has_key for ds in usable):
        yield _of(signing, "dnssec-ds-without-key", tags=joined(str(ds.key_tag) for ds in usable))


def signatures_hold(zone: JudgedZone) -> Iterator[Finding]:
    """For some days more, where they are checked (SEC-7, SEC-10). One that is made anew each day may hold shorter."""
    signing = zone.checked
    if signing is None or signing.signed_until is None or signing.signed_since is None:
        return
    when = f"{signing.signed_until:%Y-%m-%d %H:%M} UTC"
    if signing.signed_until <= zone.now:
        yield _of(signing, "dnssec-signature-expired", when=when)
    elif signing.signed_until - zone.now < _SOON and signing.signed_until - signing.signed_since >= _SHORT_LIVED:
        yield _of(signing, "dnssec-signature-ends-soon", when=when)


def algorithms_are_current(zone: JudgedZone) -> Iterator[Finding]:
    """Of keys and of the parent's digests (SEC-8)."""
    signing = zone.signing
    if signing is None or not signing.ds:
        return
    used = {key.algorithm for key in signing.keys}
    for code, old in (("dnssec-algorithm-broken", _BROKEN), ("dnssec-algorithm-old", _SHA1)):
        if used & old:
            yield _of(signing, code, algorithms=_algorithms(used & old))
    in_force = [ds for ds in signing.ds if ds.has_key]
    if in_force and all(ds.digest_type == _SHA1_DIGEST for ds in in_force):
        yield _of(signing, "dnssec-digest-old")


def keys_are_long(zone: JudgedZone) -> Iterator[Finding]:
    """RSA keys have 2048 bits or more (SEC-10)."""
    signing = zone.checked
    lengths = sorted({key.bits for key in signing.keys if key.bits is not None}) if signing else []
    if signing and lengths and lengths[0] < _STRONG_BITS:
        yield _of(signing, "dnssec-key-short", bits=lengths[0])


def denials_are_cheap(zone: JudgedZone) -> Iterator[Finding]:
    """NSEC3 without further iterations, and without salt (SEC-9)."""
    signing = zone.checked
    if signing is None or signing.nsec3 is None:
        return
    iterations = signing.nsec3.iterations
    if iterations > _MANY_ITERATIONS:
        yield _of(signing, "dnssec-iterations-many", iterations=iterations)
    elif iterations:
        yield _of(signing, "dnssec-iterations", iterations=iterations)
    elif signing.nsec3.salt:
        yield _of(signing, "dnssec-salt")


RULES: tuple[Rule[JudgedZone], ...] = (
    zone_is_known,
    parent_names_its_key,
    signatures_hold,
    algorithms_are_current,
    keys_are_long,
    denials_are_cheap,
)


def _of(signing: ZoneSigning, code: str, **params: Param) -> Finding:
    return Finding(code, {"zone": signing.zone, **params})


def _is_usable(ds: DsRecord) -> bool:
    return ds.algorithm in _SUPPORTED and ds.digest_type in _DIGESTS


def _algorithms(numbers: Iterable[int]) -> str:
    return joined(dict.fromkeys(_NAMES.get(number, f"number {number}") for number in sorted(numbers)))
