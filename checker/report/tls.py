"""The section on an endpoint's TLS: what the handshake settled, and what the questions after it brought out.

The one rule of this file: true was chosen by the server, false was refused by it, and all else is null.
"""

from collections.abc import Iterator, Mapping
from typing import get_args

from checker.certificates.facts import CertificateFacts
from checker.facts import DomainFacts, ServerFacts
from checker.report.document import LimitEntry
from checker.report.document_servers import AskedEntry, Negotiated, ProfileEntry, TlsSection, Version, Weakness
from checker.report.times import time_text
from checker.tls.facts import Handshake, Inventory, TlsFacts
from checker.tls.profiles import standings

_NOT_ASKED = "Not asked here: which other versions, cipher suites and groups are accepted."


def tls_section(tls: TlsFacts, certificates: Mapping[str, CertificateFacts]) -> TlsSection | None:
    """Null unless a handshake was completed or some question answered by a choice.

    ``certificates`` are those of the scan by the id of their chain.
    """
    done, known = tls.completed, tls.shown
    if not known.accepted_versions:
        return None
    first = (done.group,) if done and done.group else ()
    groups = dict.fromkeys((*first, *known.groups, *known.old_groups))
    return {
        "negotiated": _negotiated(done) if done else None,
        "versions": {version: known.speaks(version) for version in get_args(Version.__value__)},
        "ciphers": {listed.version: list(listed.suites) for listed in known.suites},
        "ciphers_complete": known.are_suites_complete,
        "nist": tls.has_nist_suite,
        "groups": list(groups) if groups or tls.inventory else None,
        "groups_complete": known.are_all_groups_known,
        "post_quantum": known.post_quantum,
        "preference": known.preference,
        "dhe": known.takes("dhe"),
        "dh_bits": known.dh_bits,
        "dh_prime": known.dh_prime,
        "extended_master_secret": known.extended_master_secret,
        "encrypt_then_mac": known.encrypt_then_mac,
        "heartbeat": known.heartbeat,
        "unknown_name": known.unknown_name,
        "no_name": known.no_name,
        "large_hello": known.large_hello,
        "fallback_scsv": known.fallback_scsv,
        "client_renegotiation": known.client_renegotiation,
        "weaknesses": _weaknesses(known),
        "asked": _asked(tls.inventory),
        "asked_earlier": time_text(tls.inventory_reused) if tls.inventory_reused else None,
        "profiles": _profiles(tls, certificates) if tls.inventory else None,
    }


def _negotiated(done: Handshake) -> Negotiated:
    return {"version": done.version, "cipher": done.suite, "group": done.group}


def _weaknesses(known: Inventory) -> dict[Weakness, bool | None]:
    is_secure = known.secure_renegotiation
    return {
        "anonymous": known.takes("anonymous"),
        "export": known.takes("export"),
        "null": known.takes("null"),
        "rc4": known.takes("rc4"),
        "3des": known.takes("3des"),
        "static-rsa": known.takes("static-rsa"),
        "weak-group": known.weak_group,
        "weak-dh": known.weak_dh,
        "compression": known.compression,
        "insecure-renegotiation": None if is_secure is None else not is_secure,
        "sha1-signature": known.sha1_signatures,
        "plaintext-injection": known.plaintext_injection,
    }


def _asked(inventory: Inventory | None) -> list[AskedEntry] | None:
    if inventory is None:
        return None
    return [{"asks": one.asks, "offer": one.offer, "answer": one.answer} for one in inventory.asked]


def _profiles(tls: TlsFacts, certificates: Mapping[str, CertificateFacts]) -> list[ProfileEntry]:
    leaves = certificates_of(tls, certificates)
    by_leaf = {certificate.sha256: certificate for certificate in certificates.values()}
    shown = [by_leaf[leaf] for leaf in leaves if leaf in by_leaf]
    return [
        {
            "code": standing.profile.code,
            "name": standing.profile.name,
            "source": standing.profile.source,
            "passes": standing.passes,
            "fails": list(standing.fails),
            "phase_out": list(standing.phase_out),
            "missing": list(standing.missing),
        }
        for standing in standings(tls, shown)
    ]


def certificates_of(tls: TlsFacts, certificates: Mapping[str, CertificateFacts]) -> list[str]:
    """The leaves that an address has, one for each kind of key, the one of the handshake first.

    ``certificates`` are those of the scan by the id of their chain.
    """
    done = tls.completed
    known = [certificates[chain] for chain in (tls.inventory.chains if tls.inventory else ()) if chain in certificates]
    if done is None or done.certificate is None:
        return list(dict.fromkeys(certificate.sha256 for certificate in known))
    shown = certificates.get(done.chain or "")
    leaves = {_kind_of_key(shown): done.certificate}
    for certificate in known:
        leaves.setdefault(_kind_of_key(certificate), certificate.sha256)
    return list(leaves.values())


def _kind_of_key(certificate: CertificateFacts | None) -> str | None:
    """RSA, EC and so on; null where it can't be read."""
    return certificate.key.partition(" ")[0] if certificate and certificate.key else None


def unseen_tls(facts: DomainFacts) -> Iterator[LimitEntry]:
    """What the questions left open at each address, and where they were asked instead of here."""
    for server in facts.servers:
        for endpoint in server.endpoints:
            path = f"servers.{server.host}.{endpoint.address}.tls"
            for detail in _open_at(server, endpoint.tls):
                yield {"path": path, "code": "not-determined", "detail": detail}


def _open_at(server: ServerFacts, tls: TlsFacts) -> tuple[str, ...]:
    if tls.likeness is None:
        return ()
    if tls.inventory is not None:
        return tuple(f"Not determined. {why}" for why in dict.fromkeys(tls.inventory.missing))
    for other in server.endpoints:
        if other.tls.inventory and other.tls.likeness == tls.likeness:
            does = "shakes hands" if tls.completed else "fails"
            return (f"{_NOT_ASKED} {other.address} was asked instead, and {does} alike.",)
    return (_NOT_ASKED,)
