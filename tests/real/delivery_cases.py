"""Mail domains to deliver to: one a situation, and for each what a sender should meet there.

The one rule of this file: it is data. A server is a host name with an address, a certificate and TLSA records; a domain
is a list of servers and perhaps a policy.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate

from sandbox.authority import DAY, Authority, Issued

SIGNED, UNSIGNED, SPOILT_TLSA, SPOILT_MX = "deliver.test", "open.test", "spoilt-tlsa.test", "spoilt-mx.test"
"""The zones. The second isn't signed; in the last two the signatures of one type no longer fit."""

type Prove = Callable[[Authority, str], Issued]


def _good(authority: Authority, host: str) -> Issued:
    return authority.issue([host])


def _self_signed(authority: Authority, host: str) -> Issued:
    return authority.self_signed([host])


def _expired(authority: Authority, host: str) -> Issued:
    return authority.issue([host], ends=-DAY)


def _misnamed(authority: Authority, host: str) -> Issued:
    return authority.issue([f"not-{host}"])


def _for_the_domain(authority: Authority, _: str) -> Issued:
    return authority.issue([f"dane-ta-domain.{SIGNED}"])


@dataclass(frozen=True, kw_only=True)
class Server:
    """One host. ``proves`` null: it offers no TLS. ``options`` are smtpd's.

    ``tlsa`` are records as "USAGE SELECTOR MATCHING SUBJECT", the subject being ``leaf``, ``issuer``, ``root``, which
    isn't sent, or ``other``, a key that the server doesn't have. ``alias_of``: a CNAME to another host, and nothing of
    its own. ``listens`` false: nobody answers at its address; ``has_address`` false: it has none; ``half_dead``: it has
    another, where nobody answers.
    """

    proves: Prove | None = _good
    options: tuple[str, ...] = ()
    tlsa: tuple[str, ...] = ()
    alias_of: str | None = None
    has_address: bool = True
    half_dead: bool = False
    listens: bool = True
    zone: str = SIGNED


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A mail domain. ``mx`` are names of ``SERVERS`` in order of preference, or "." for a null MX. With none of
    them the domain has the address of the server ``at``, or doesn't exist.

    ``policy`` is mode and listed servers of an MTA-STS policy, "*" for all of the zone; ``policy_proves`` is the
    certificate of its host.
    """

    mx: tuple[str, ...] = ("good",)
    at: str | None = None
    policy: tuple[str, tuple[str, ...]] | None = None
    policy_proves: Prove = _good
    zone: str = SIGNED


_NO_COMMON_SUITE = ("smtpd_tls_protocols=<=TLSv1.2", "tls_medium_cipherlist=ECDHE-RSA-AES128-GCM-SHA256")
"""An RSA suite and an elliptic key: whatever a client offers, there is no suite for the two of them."""

SERVERS: Mapping[str, Server] = {
    "good": Server(),
    "plain": Server(proves=None),
    "self-signed": Server(proves=_self_signed),
    "expired": Server(proves=_expired),
    "misnamed": Server(proves=_misnamed),
    "refuses": Server(options=("smtpd_tls_CAfile=/nonexistent",)),
    "anonymous": Server(options=("smtpd_tls_chain_files=/nonexistent",)),
    "no-suite": Server(options=_NO_COMMON_SUITE),
    "dead": Server(listens=False),
    "half-dead": Server(half_dead=True),
    "old": Server(options=("smtpd_tls_protocols=<=TLSv1.1",)),
    "turns-away": Server(options=("smtpd_delay_reject=no", "smtpd_client_restrictions=reject")),
    "lent": Server(proves=lambda authority, _: authority.issue([host_of("good")])),
    "both": Server(proves=lambda authority, host: authority.issue([host, host_of("good")])),
    "nowhere": Server(has_address=False, listens=False),
    "ee": Server(proves=_self_signed, tlsa=("3 1 1 leaf",)),
    "ee-next": Server(proves=_self_signed, tlsa=("3 1 1 other", "3 1 1 leaf")),
    "ee-whole": Server(proves=_self_signed, tlsa=("3 0 0 leaf",)),
    "ee-expired": Server(proves=_expired, tlsa=("3 0 1 leaf",)),
    "ee-weaker": Server(proves=_self_signed, tlsa=("3 1 1 leaf", "3 1 2 other")),
    "ee-other": Server(tlsa=("3 1 1 other",)),
    "ee-plain": Server(proves=None, tlsa=("3 1 1 other",)),
    "unusable": Server(proves=_self_signed, tlsa=("1 1 1 leaf", "3 1 9 leaf")),
    "unusable-plain": Server(proves=None, tlsa=("1 1 1 other",)),
    "bogus": Server(tlsa=("3 1 1 leaf",), zone=SPOILT_TLSA),
    "ta": Server(tlsa=("2 1 1 issuer",)),
    "ta-misnamed": Server(proves=_misnamed, tlsa=("2 1 1 issuer",)),
    "ta-expired": Server(proves=_expired, tlsa=("2 1 1 issuer",)),
    "ta-domain": Server(proves=_for_the_domain, tlsa=("2 1 1 issuer",)),
    "ta-not-sent": Server(tlsa=("2 0 1 root",)),
    "ta-itself": Server(proves=_self_signed, tlsa=("2 1 1 leaf",)),
    "ta-leaf": Server(tlsa=("2 1 1 leaf",)),
    "alias": Server(alias_of="ee"),
    "open": Server(tlsa=("3 1 1 other",), zone=UNSIGNED),
}

DOMAINS: Mapping[str, Domain] = {
    "good": Domain(),
    "plain": Domain(mx=("plain",)),
    "self-signed": Domain(mx=("self-signed",)),
    "expired": Domain(mx=("expired",)),
    "misnamed": Domain(mx=("misnamed",)),
    "refuses": Domain(mx=("refuses",)),
    "anonymous": Domain(mx=("anonymous",)),
    "no-suite": Domain(mx=("no-suite",)),
    "best-dead": Domain(mx=("dead", "good")),
    "best-plain": Domain(mx=("plain", "good")),
    "best-expired": Domain(mx=("expired", "good")),
    "all-dead": Domain(mx=("dead",)),
    "no-address": Domain(mx=("nowhere",)),
    "half-dead": Domain(mx=("half-dead",)),
    "implicit": Domain(mx=(), at="good"),
    "old-tls": Domain(mx=("old",)),
    "turns-away": Domain(mx=("turns-away",)),
    "enforced": Domain(policy=("enforce", ("good",))),
    "enforced-all": Domain(policy=("enforce", ("*",))),
    "enforced-lent": Domain(mx=("lent",), policy=("enforce", ("lent", "good"))),
    "enforced-beside": Domain(mx=("both",), policy=("enforce", ("good",))),
    "enforced-uncovered": Domain(policy=("enforce", ("ee",))),
    "enforced-plain": Domain(mx=("plain",), policy=("enforce", ("plain",))),
    "enforced-expired": Domain(mx=("expired",), policy=("enforce", ("expired",))),
    "enforced-misnamed": Domain(mx=("misnamed",), policy=("enforce", ("misnamed",))),
    "enforced-second": Domain(mx=("self-signed", "good"), policy=("enforce", ("self-signed", "good"))),
    "enforced-ee": Domain(mx=("ee",), policy=("enforce", ("ee",))),
    "enforced-unread": Domain(mx=("expired",), policy=("enforce", ("expired",)), policy_proves=_self_signed),
    "testing-fails": Domain(mx=("self-signed",), policy=("testing", ("self-signed",))),
    "dane": Domain(mx=("ee",)),
    "dane-rollover": Domain(mx=("ee-next",)),
    "dane-whole": Domain(mx=("ee-whole",)),
    "dane-expired": Domain(mx=("ee-expired",)),
    "dane-weaker-digest": Domain(mx=("ee-weaker",)),
    "dane-no-match": Domain(mx=("ee-other",)),
    "dane-plain": Domain(mx=("ee-plain",)),
    "dane-second": Domain(mx=("ee-other", "ee")),
    "dane-best-dead": Domain(mx=("dead", "ee")),
    "dane-best-bogus": Domain(mx=("bogus", "ee")),
    "dane-partial": Domain(mx=("expired", "ee")),
    "dane-unusable": Domain(mx=("unusable",)),
    "dane-unusable-plain": Domain(mx=("unusable-plain",)),
    "dane-bogus": Domain(mx=("bogus",)),
    "dane-ta": Domain(mx=("ta",)),
    "dane-ta-misnamed": Domain(mx=("ta-misnamed",)),
    "dane-ta-expired": Domain(mx=("ta-expired",)),
    "dane-ta-domain": Domain(mx=("ta-domain",)),
    "dane-ta-not-sent": Domain(mx=("ta-not-sent",)),
    "dane-ta-itself": Domain(mx=("ta-itself",)),
    "dane-ta-leaf": Domain(mx=("ta-leaf",)),
    "dane-alias": Domain(mx=("alias",)),
    "dane-insecure": Domain(mx=("open",), zone=UNSIGNED),
    "dane-host-only": Domain(mx=("ee",), zone=UNSIGNED),
    "null-mx": Domain(mx=(".",)),
    "nxdomain": Domain(mx=()),
    "mx-bogus": Domain(zone=SPOILT_MX),
}


def host_of(server: str) -> str:
    """The host name of one of ``SERVERS``, or the pattern for all of them in ``SIGNED``."""
    return f"*.{SIGNED}" if server == "*" else f"mx-{server}.{SERVERS[server].zone}"


def name_of(domain: str) -> str:
    """The full name of one of ``DOMAINS``."""
    return f"{domain}.{DOMAINS[domain].zone}"


def tlsa_data(record: str, issued: Issued | None, root: Certificate) -> str:
    """What stands in the zone: ``3 1 1 leaf`` with the digest, or the whole, in the place of the subject."""
    usage, selector, matching, subject = record.split()
    chain = (*issued.chain[:2], root) if issued else ()
    covered = b"a key that this server does not have"
    if subject != "other":
        certificate = chain[{"leaf": 0, "issuer": 1, "root": -1}[subject]]
        covered = _whole(certificate) if selector == "0" else _key(certificate)
    digest = {"1": hashlib.sha256, "2": hashlib.sha512}.get(matching)
    return f"{usage} {selector} {matching} {(digest(covered).digest() if digest else covered).hex()}"


def _whole(certificate: Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _key(certificate: Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
