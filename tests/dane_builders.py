"""Servers with TLSA records for tests: real chains, and facts of the look-ups."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from checker.certificates.facts import CertificateFacts, ChainLink
from checker.dane.facts import Candidate, DaneFacts
from checker.facts import DomainFacts, EndpointFacts, ServerFacts
from checker.mx.facts import MxFacts
from checker.names import DomainName
from checker.network.ports import Answer, Security, TlsaRecord
from checker.observation import Failed, Observation, Seen
from sandbox.authority import Authority, Issued
from tests.fact_builders import NOW, certificate, domain, server

NOBODYS = TlsaRecord(3, 1, 1, "0" * 64)
UNUSABLE = TlsaRecord(1, 1, 1, "0" * 64)


@cache
def issued(host: str) -> Issued:
    """A chain of two: a leaf for the host and the issuer, which no trust store knows."""
    return Authority(NOW).issue([host])


def own_key(host: str) -> TlsaRecord:
    """``3 1 1`` of the leaf."""
    return TlsaRecord(3, 1, 1, sha256(bytes.fromhex(own_key_in_full(host).data)).hexdigest())


def own_key_in_full(host: str) -> TlsaRecord:
    """``3 1 0`` of the leaf."""
    key = issued(host).chain[0].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return TlsaRecord(3, 1, 0, key.hex())


def own_issuer(host: str) -> TlsaRecord:
    """``2 0 1`` of the issuer."""
    return TlsaRecord(2, 0, 1, sha256(issued(host).chain[1].public_bytes(Encoding.DER)).hexdigest())


def leaf_of(host: str, name: str = "leaf", **changes: Any) -> CertificateFacts:
    """The host's chain as a scan keeps it. ``name`` is its id; the endpoint's leaf must be the same."""
    links = tuple(
        ChainLink(
            sha256=str(place),
            pem=sent.public_bytes(Encoding.PEM).decode(),
            subject="CN=a",
            issuer="CN=b",
            not_after=sent.not_valid_after_utc,
        )
        for place, sent in enumerate(issued(host).chain)
    )
    return replace(certificate(host, sha256=name, chain=links), **changes)


def records(
    *published: TlsaRecord, security: Security | None = "secure", addresses: Security | None = "secure"
) -> DaneFacts:
    """The answer of ``_25._tcp.`` before the server's own name; none published is a proof that there are none."""
    answer: Seen[Answer[TlsaRecord]] = Seen(Answer(rcode="noerror", records=published, ttl=3600, security=security))
    return answered(answer, addresses)


def answered(answer: Observation[Answer[TlsaRecord]], addresses: Security | None = "secure") -> DaneFacts:
    return DaneFacts(addresses=addresses, candidates=(Candidate(base=DomainName("mx.d.test"), answer=answer),))


def with_dane(host: str, dane: DaneFacts, *endpoints: EndpointFacts, preference: int = 10) -> tuple[Any, ServerFacts]:
    """``server`` with these TLSA look-ups, under the server's own name."""
    addresses, facts = server(host, *endpoints, preference=preference)
    candidates = tuple(replace(candidate, base=DomainName(host)) for candidate in dane.candidates)
    return addresses, replace(facts, dane=replace(dane, candidates=candidates))


def signed_domain(
    *servers: tuple[Any, ServerFacts],
    certificates: Sequence[CertificateFacts] | None = None,
    mx: Security | None = "secure",
) -> DomainFacts:
    """A domain whose MX answer has this security."""
    facts = domain(*servers, certificates=certificates)
    return replace(facts, mx=replace(facts.mx, answer=Seen(Answer(rcode="noerror", security=mx))))


def bogus_mx(failed: Failed) -> DomainFacts:
    """A domain whose MX answer could not be had."""
    return domain(mx=MxFacts(answer=failed, status="failed"))
