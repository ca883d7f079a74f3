"""What follows from a certificate that a server showed (requirements section 4).

The one rule of this file: dates, name and trust are three questions, each answered by itself, so that an expired
certificate of the right name is never called untrusted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from checker.certificates.facts import CertificateFacts, ChainLink
from checker.finding import Finding, Rule
from checker.listing import joined
from checker.names import DomainName

SOON = timedelta(days=14)
_SHOWN_NAMES = 5
_WEAK_SIGNATURE = re.compile(r"md[245]|sha1(?!\d)|sha-?1$", re.IGNORECASE)
_WHOLE_TOP_LEVEL = re.compile(r"\*\.[^.]+")
_LEAST_BITS = {"RSA": 2048, "DSA": 2048}
_LEAST_CURVE_BITS = 224
_CURVE_BITS = re.compile(r"\d{3}")


@dataclass(frozen=True, slots=True)
class PresentedCertificate:
    """A certificate, the host that showed it, and the day on which it is judged."""

    certificate: CertificateFacts
    host: DomainName
    now: datetime

    @property
    def is_in_dates(self) -> bool:
        """Is it valid now? Both ends count (RFC 5280 section 4.1.2.5). False where it can't be read."""
        begins, ends = self.certificate.not_before, self.certificate.not_after
        return begins is not None and ends is not None and begins <= self.now <= ends

    @property
    def names_host(self) -> bool:
        """Does a dNSName cover the host?"""
        return self.host in self.certificate.matches


def certificate_can_be_read(shown: PresentedCertificate) -> Iterator[Finding]:
    """It is a certificate (CERT-12)."""
    if shown.certificate.error is not None:
        yield Finding("certificate-unreadable", {"why": shown.certificate.error})


def certificate_is_in_dates(shown: PresentedCertificate) -> Iterator[Finding]:
    """It has begun, and doesn't end soon (CERT-10)."""
    begins, ends = shown.certificate.not_before, shown.certificate.not_after
    if begins is None or ends is None:
        return
    if ends < shown.now:
        yield Finding("certificate-expired", {"date": _day(ends)})
    elif begins > shown.now:
        yield Finding("certificate-not-yet-valid", {"date": _day(begins)})
    elif ends - shown.now < min(SOON, (ends - begins) / 3):
        # A third: certificates that live a week are renewed days before their end, not weeks.
        yield Finding("certificate-ends-soon", {"date": _day(ends), "left": _left(ends - shown.now)})


def certificate_names_the_host(shown: PresentedCertificate) -> Iterator[Finding]:
    """A dNSName covers the MX host name; the common name doesn't count (CERT-2 to CERT-5)."""
    certificate = shown.certificate
    if certificate.error is not None or shown.names_host:
        return
    if certificate.names:
        yield Finding("certificate-wrong-name", {"names": joined(certificate.names, _SHOWN_NAMES)})
    else:
        yield Finding("certificate-without-names", {"subject": certificate.subject or "empty"})


def wildcard_is_narrow(shown: PresentedCertificate) -> Iterator[Finding]:
    """No name covers a whole top-level domain, though it would match (CERT-9)."""
    wide = next((name for name in shown.certificate.names if _WHOLE_TOP_LEVEL.fullmatch(name)), None)
    if wide is not None:
        yield Finding("certificate-wildcard-too-wide", {"name": wide})


def certificate_is_trusted(shown: PresentedCertificate) -> Iterator[Finding]:
    """A path leads from what was sent to a trusted root (CERT-11, CERT-14); if none does, the reason is told."""
    certificate = shown.certificate
    if certificate.trusted is not False:
        return
    if certificate.self_signed:
        yield Finding("certificate-self-signed")
        return
    # A private authority's root is rightly left out (RFC 5246 section 7.4.2), so where the issuer of the leaf was sent
    # and a further one is missing, an unknown root is likelier than a forgotten certificate.
    ends_at = certificate.path_ends_at or "nobody"
    is_incomplete = certificate.chain_complete is False and certificate.path_ends_at == certificate.issuer
    yield Finding("certificate-chain-incomplete" if is_incomplete else "certificate-untrusted", {"issuer": ends_at})


def chain_is_in_order(shown: PresentedCertificate) -> Iterator[Finding]:
    """Each certificate is followed by its issuer's (CERT-13)."""
    chain = shown.certificate.chain
    follows = [below.issuer == above.subject for below, above in pairwise(chain)]
    if not all(follows):
        yield Finding("certificate-chain-disordered")


def keys_are_strong(shown: PresentedCertificate) -> Iterator[Finding]:
    """No key in the chain can be computed; a root's is for those who trust it (CERT-15)."""
    judged = [link for place, link in enumerate(shown.certificate.chain) if place == 0 or not _is_root(link)]
    weak = sorted({link.key for link in judged if link.key is not None and _is_weak(link.key)})
    if weak:
        yield Finding("certificate-weak-key", {"key": ", ".join(weak)})


def signatures_are_strong(shown: PresentedCertificate) -> Iterator[Finding]:
    """No signature can be forged; a root's own doesn't matter (CERT-16)."""
    judged = [link.signature for link in shown.certificate.chain if not _is_root(link)]
    weak = sorted({signature for signature in judged if signature and _WEAK_SIGNATURE.search(signature)})
    if weak:
        yield Finding("certificate-weak-signature", {"algorithm": ", ".join(weak)})


def certificate_is_good(shown: PresentedCertificate) -> Iterator[Finding]:
    """All three questions are answered well (CERT-2)."""
    if shown.is_in_dates and shown.names_host and shown.certificate.trusted and shown.certificate.not_after:
        yield Finding("certificate-good", {"date": _day(shown.certificate.not_after)})


def _is_root(link: ChainLink) -> bool:
    return link.subject == link.issuer


def _is_weak(key: str) -> bool:
    kind, _, size = key.partition(" ")
    if kind == "EC":
        bits = _CURVE_BITS.search(size)
        return bits is not None and int(bits.group()) < _LEAST_CURVE_BITS
    return size.isdigit() and int(size) < _LEAST_BITS.get(kind, 0)


def _left(time: timedelta) -> str:
    if time < timedelta(days=2):
        hours = int(time / timedelta(hours=1))
        return f"{hours} hours" if hours > 1 else "an hour or two"
    return f"{time.days} days"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


RULES: tuple[Rule[PresentedCertificate], ...] = (
    certificate_can_be_read,
    certificate_is_in_dates,
    certificate_names_the_host,
    wildcard_is_narrow,
    certificate_is_trusted,
    chain_is_in_order,
    keys_are_strong,
    signatures_are_strong,
    certificate_is_good,
)
