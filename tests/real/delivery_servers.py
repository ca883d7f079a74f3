"""Mail servers to deliver to: one a situation, each a host name with an address, a certificate and TLSA records.

The one rule of this file: it is data. What a sender does at such a server is for Postfix and the simulation to say.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import Certificate
from cryptography.x509.oid import ExtendedKeyUsageOID

from sandbox.authority import DAY, Authority, Issued, rsa_key

SIGNED, UNSIGNED, UNDENIED = "deliver.test", "open.test", "undenied.test"
SPOILT_A, SPOILT_MX, SPOILT_TLSA = "spoilt-a.test", "spoilt-mx.test", "spoilt-tlsa.test"
"""The zones. The second isn't signed; the third proves of nothing that it is missing; in the last three the signatures
of one type no longer fit.
"""

type Prove = Callable[[Authority, str], Issued]


def _good(authority: Authority, host: str) -> Issued:
    return authority.issue([host])


def _self_signed(authority: Authority, host: str) -> Issued:
    return authority.self_signed([host])


def _expired(authority: Authority, host: str) -> Issued:
    return authority.issue([host], ends=-DAY)


def _misnamed(authority: Authority, host: str) -> Issued:
    return authority.issue([f"not-{host}"])


def _with_new_key(authority: Authority, host: str) -> Issued:
    return authority.issue([host], key=ec.generate_private_key(ec.SECP256R1()))


def _with_rsa(authority: Authority, host: str) -> Issued:
    return authority.issue([host], key=rsa_key(2048))


def _for(name: str) -> Prove:
    return lambda authority, _: authority.issue([name])


@dataclass(frozen=True, kw_only=True)
class Server:
    """One host. ``proves`` null: it offers no TLS; ``proves_too`` is a second certificate. ``options`` are smtpd's.

    ``tlsa`` are records as "USAGE SELECTOR MATCHING SUBJECT", the subject being ``leaf``, ``issuer``, ``root``, which
    isn't sent, or ``other``, a key that the server doesn't have. They stand in ``tlsa_zone`` if that is given, with a
    CNAME leading there. Keys are the same everywhere but where a server has one of its own.

    ``alias_of``: a CNAME to that host, so no address and certificate of its own. ``beside``: it has the address of that
    server too. ``listens`` false: nobody answers at its address; ``has_address`` false: it has none.
    """

    proves: Prove | None = _good
    proves_too: Prove | None = None
    options: tuple[str, ...] = ()
    tlsa: tuple[str, ...] = ()
    tlsa_zone: str | None = None
    alias_of: str | None = None
    beside: str | None = None
    has_address: bool = True
    listens: bool = True
    zone: str = SIGNED


_NO_COMMON_SUITE = ("smtpd_tls_protocols=<=TLSv1.2", "tls_medium_cipherlist=ECDHE-RSA-AES128-GCM-SHA256")
"""An RSA suite and an elliptic key: whatever a client offers, there is no suite for the two of them."""
_REFUSES_TLS = ("smtpd_tls_CAfile=/nonexistent",)
_NO_CERTIFICATE = ("smtpd_tls_chain_files=/nonexistent",)
_OLD_TLS = ("smtpd_tls_protocols=<=TLSv1.1",)
_TURNS_AWAY = ("smtpd_delay_reject=no", "smtpd_client_restrictions=reject")

_PINNED = Server(proves=_self_signed, tlsa=("3 1 1 leaf",))
_PLAIN: Mapping[str, Server] = {
    "good": Server(),
    "plain": Server(proves=None),
    "self-signed": Server(proves=_self_signed),
    "expired": Server(proves=_expired),
    "not-yet": Server(proves=lambda authority, host: authority.issue([host], begins=DAY)),
    "misnamed": Server(proves=_misnamed),
    "incomplete": Server(proves=lambda authority, host: authority.issue([host], with_intermediate=False)),
    "wildcard": Server(proves=_for(f"*.{SIGNED}")),
    "wide": Server(proves=_for("*.test")),
    "common-name": Server(proves=lambda authority, host: authority.issue([], common_name=host)),
    "for-clients": Server(
        proves=lambda authority, host: authority.issue([host], purpose=ExtendedKeyUsageOID.CLIENT_AUTH)
    ),
    "weak-key": Server(proves=lambda authority, host: authority.issue([host], key=rsa_key(1024))),
    "new-key": Server(proves=_with_new_key),
    "lent": Server(proves=_for(f"mx-good.{SIGNED}")),
    "both": Server(proves=lambda authority, host: authority.issue([host, f"mx-good.{SIGNED}"])),
    "refuses": Server(options=_REFUSES_TLS),
    "anonymous": Server(options=_NO_CERTIFICATE),
    "no-suite": Server(options=_NO_COMMON_SUITE),
    "half-no-suite": Server(options=_NO_COMMON_SUITE, beside="new-key"),
    "old": Server(options=_OLD_TLS),
    "turns-away": Server(options=_TURNS_AWAY),
    "dead": Server(listens=False),
    "half-dead": Server(beside="dead"),
    "nowhere": Server(has_address=False, listens=False),
    "spoilt": Server(zone=SPOILT_A),
    "undenied": Server(zone=UNDENIED),
    "open": Server(tlsa=("3 1 1 other",), zone=UNSIGNED),
}
_USAGE_3: Mapping[str, Server] = {
    "ee": _PINNED,
    "ee-next": replace(_PINNED, tlsa=("3 1 1 other", "3 1 1 leaf")),
    "ee-whole": replace(_PINNED, tlsa=("3 0 0 leaf",)),
    "ee-sha512": replace(_PINNED, tlsa=("3 1 2 leaf",)),
    "ee-weaker": replace(_PINNED, tlsa=("3 1 1 leaf", "3 1 2 other")),
    "ee-expired": Server(proves=_expired, tlsa=("3 0 1 leaf",)),
    "ee-other": Server(tlsa=("3 1 1 other",)),
    "ee-plain": Server(proves=None, tlsa=("3 1 1 other",)),
    "ee-old": replace(_PINNED, options=_OLD_TLS),
    "ee-anonymous": replace(_PINNED, options=_NO_CERTIFICATE),
    "ee-refuses": replace(_PINNED, options=_REFUSES_TLS),
    "ee-no-suite": replace(_PINNED, options=_NO_COMMON_SUITE),
    "ee-half-dead": replace(_PINNED, beside="dead"),
    "ee-half-other": replace(_PINNED, beside="new-key"),
    "ee-elliptic": replace(_PINNED, proves_too=_with_rsa),
    "ee-rsa": replace(_PINNED, proves=_with_rsa, proves_too=_self_signed),
    "ee-elsewhere": replace(_PINNED, tlsa_zone=SIGNED),
    "ee-astray": Server(tlsa=("3 1 1 other",), tlsa_zone=UNSIGNED),
    "unusable": replace(_PINNED, tlsa=("1 1 1 leaf", "3 1 9 leaf")),
    "unusable-plain": Server(proves=None, tlsa=("1 1 1 other",)),
    "mixed": replace(_PINNED, tlsa=("1 1 1 other", "3 1 9 leaf", "3 1 1 leaf")),
    "bogus": Server(tlsa=("3 1 1 leaf",), zone=SPOILT_TLSA),
}
_USAGE_2: Mapping[str, Server] = {
    "ta": Server(tlsa=("2 1 1 issuer",)),
    "ta-misnamed": Server(proves=_misnamed, tlsa=("2 1 1 issuer",)),
    "ta-expired": Server(proves=_expired, tlsa=("2 1 1 issuer",)),
    "ta-domain": Server(proves=_for(f"dane-ta-domain.{SIGNED}"), tlsa=("2 1 1 issuer",)),
    "ta-open": Server(proves=_for(f"dane-ta-open.{UNSIGNED}"), tlsa=("2 1 1 issuer",)),
    "ta-common-name": Server(
        proves=lambda authority, host: authority.issue([], common_name=host), tlsa=("2 1 1 issuer",)
    ),
    "ta-wide": Server(proves=_for("*.test"), tlsa=("2 1 1 issuer",)),
    "ta-not-sent": Server(tlsa=("2 0 1 root",)),
    "ta-in-dns": Server(tlsa=("2 0 0 root",)),
    "ta-key-in-dns": Server(tlsa=("2 1 0 root",)),
    "ta-other": Server(tlsa=("2 1 1 other",)),
    "ta-and-ee": Server(proves=_misnamed, tlsa=("2 1 1 other", "3 1 1 leaf")),
    "ta-itself-key": Server(proves=_self_signed, tlsa=("2 1 0 leaf",)),
    "ta-itself-whole": Server(proves=_self_signed, tlsa=("2 0 0 leaf",)),
    "ta-itself": Server(proves=_self_signed, tlsa=("2 1 1 leaf",)),
    "ta-leaf": Server(tlsa=("2 1 1 leaf",)),
}
_ALIASES: Mapping[str, Server] = {
    "alias": Server(alias_of="ee"),
    "alias-own": Server(alias_of="self-signed", tlsa=("3 1 1 leaf",)),
    "alias-first": Server(alias_of="ee", tlsa=("3 1 1 other",)),
    "alias-final": Server(alias_of="ee-other", tlsa=("3 1 1 leaf",)),
    "alias-out": Server(alias_of="open", tlsa=("3 1 1 leaf",)),
    "alias-in": Server(alias_of="ee", zone=UNSIGNED),
    "alias-ta": Server(alias_of="ta"),
}
SERVERS: Mapping[str, Server] = {**_PLAIN, **_USAGE_3, **_USAGE_2, **_ALIASES}


def host_of(server: str) -> str:
    """The host name of one of ``SERVERS``."""
    return f"mx-{server}.{SERVERS[server].zone}"


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
