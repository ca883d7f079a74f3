"""Which certificates an address showed to a scan: the one that counts, and those for other kinds of keys.

The one rule of this file: a chain is known by its id, since one leaf may come in a good chain and in a bad one.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from checker.certificates.facts import CertificateFacts
from checker.certificates.rules import PresentedCertificate
from checker.facts import EndpointFacts
from checker.names import DomainName


def counted_certificate(
    certificates: Mapping[str, CertificateFacts], host: DomainName, endpoint: EndpointFacts, now: datetime
) -> PresentedCertificate | None:
    """The certificate of the handshake that counts, as ``host`` showed it; null if none is known."""
    done = endpoint.tls.completed
    leaf = certificates.get(done.chain) if done and done.chain else None
    return PresentedCertificate(leaf, host, now) if leaf else None


def further_kinds(
    certificates: Mapping[str, CertificateFacts], host: DomainName, endpoint: EndpointFacts, now: datetime
) -> Iterator[PresentedCertificate]:
    """The certificates for other kinds of keys, which senders that want those are shown.

    Only of what came for this very name: others may have asked the same address by another one.
    """
    shown = counted_certificate(certificates, host, endpoint, now)
    inventory = endpoint.tls.inventory
    if shown is None or inventory is None:
        return
    for chain in inventory.chains:
        leaf = certificates.get(chain)
        if leaf and host in leaf.presented_for and kind_of_key(leaf) not in (kind_of_key(shown.certificate), None):
            yield PresentedCertificate(leaf, host, now)


def kind_of_key(certificate: CertificateFacts) -> str | None:
    """RSA, EC and so on."""
    return certificate.key.partition(" ")[0] if certificate.key else None
