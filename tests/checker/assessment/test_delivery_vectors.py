"""Decisions of other senders, as their own tests state them (delivery.json): MTA-STS, DANE and result types."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from checker.assessment.delivery import simulate
from checker.assessment.judged import Delivery, Sender
from checker.assessment.policy_delivery import with_last_policy
from checker.assessment.states import judge_servers
from checker.certificates.facts import CertificateFacts
from checker.facts import DomainFacts, EndpointFacts
from checker.observation import FailureKind
from tests.dane_builders import UNUSABLE, answered, leaf_of, own_key, records, signed_domain, with_dane
from tests.fact_builders import (
    NOW,
    certificate,
    domain,
    expired,
    failed,
    handshake_failing,
    reply,
    server,
    talking,
    without_starttls,
    working,
)
from tests.policy_builders import policy_file, promising, seen_at, served, without_promise

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "delivery.json").read_text("utf-8"))["vectors"]

HOST, OTHER = "mx.example.invalid", "192.52.193.2"

type Input = Mapping[str, Any]


def of(sender: Sender, facts: DomainFacts) -> Delivery:
    return next(one for one in simulate(judge_servers(facts, NOW)) if one.sender == sender)


def which(given: Input) -> str | None:
    """Does a sender go by the cached policy, by the fetched one, or by none?"""
    base = domain(server(HOST, working()))
    now = promising(base, HOST, edition=given["txt"].removeprefix("id=")) if given["fetch"] == "ok" else base
    past = []
    if given["cache"]:
        old = promising(base, "cached.invalid", edition=given["cache"]["id"], max_age=86_400)
        past = list(seen_at(NOW - timedelta(days=2 if given["cache"]["expired"] else 0.5), old))
    state = judge_servers(now if given["txt"] != "absent" else without_promise(base), NOW, past)
    policy = with_last_policy(state.policy).policy
    return {(HOST,): "fetched", ("cached.invalid",): "cached"}[policy.mx] if policy else None


def under_policy(given: Input) -> Delivery:
    """A delivery to the servers of a vector, of which each is the domain's."""
    pairs = given.get("mx_list") or [[10, given.get("mx", HOST)]]
    leaf = certificate(*(host for _, host in pairs), trusted=given.get("pkix") != "untrusted")
    endpoint: Callable[[str], EndpointFacts] = working if given["starttls"] else without_starttls
    servers = [
        server(host, endpoint(f"192.52.193.{index}"), preference=preference)
        for index, (preference, host) in enumerate(pairs, 1)
    ]
    patterns, mode = given["policy"].get("mx", []), given["policy"]["mode"]
    return of(
        "mta-sts", promising(domain(*servers, certificates=[leaf]), host=served(policy_file(*patterns, mode=mode)))
    )


def failing(endpoint: EndpointFacts, leaf: CertificateFacts | None = None) -> str | None:
    """The result type where a listed server fails so under enforce."""
    facts = domain(server(HOST, endpoint), certificates=[leaf] if leaf else [])
    return of("mta-sts", promising(facts, HOST)).result_type


UNTRUSTED = certificate(HOST, trusted=False)
FAILURES: dict[str, tuple[EndpointFacts, CertificateFacts | None]] = {
    "X509_V_ERR_CERT_UNTRUSTED": (working(), UNTRUSTED),
    "X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY": (working(), certificate(HOST, trusted=False, chain_complete=False)),
    "X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN": (working(), UNTRUSTED),
    "X509_V_ERR_CERT_HAS_EXPIRED": (working(), expired(HOST)),
    "X509_V_ERR_INVALID_PURPOSE": (working(), certificate(HOST, error="It may not be used for TLS servers.")),
    "STARTTLS command refused": (talking(starttls=reply(454)), None),
    "host name mismatch": (working(), certificate("other.invalid")),
    "protocol version alert 70": (handshake_failing(kind=FailureKind.ALERT), None),
    "peer does not speak TLS": (handshake_failing(kind=FailureKind.HANDSHAKE), None),
    "connection closed during the handshake": (handshake_failing(kind=FailureKind.CLOSED), None),
}


def of_dane(given: Input) -> DomainFacts:
    """The server of a vector on TLSA records: signed throughout, with a key of its own that nobody vouches for."""
    found = given.get("tlsa", given.get("failure", given.get("dane", "")))
    dane = {
        "SERVFAIL": answered(failed(FailureKind.SERVFAIL)),
        "secure, all unusable": records(UNUSABLE),
        "all TLSA records unusable": records(UNUSABLE),
        "usable TLSA, authenticated by 3 1 1": records(own_key(HOST)),
    }[found]
    endpoint = working() if given.get("starttls", True) else without_starttls()
    facts = signed_domain(with_dane(HOST, dane, endpoint), certificates=[leaf_of(HOST, trusted=False)])
    return promising(facts, HOST) if "policy" in given else without_promise(facts)


def is_of_dane(given: Input) -> bool:
    return "tlsa" in given or "dane" in given or "TLSA" in given.get("failure", "")


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_vectors(vector: Input) -> None:
    """Each vector holds."""
    given, expect = vector["input"], vector["expect"]
    if is_of_dane(given):
        holds_of_dane(given, expect)
    elif "txt" in given:
        assert which(given) == expect["policy"]
    elif "failure" in given:
        assert failing(*FAILURES[given["failure"]]) == expect["tlsrpt"]
    else:
        found = under_policy(given)
        assert (found.via is not None) == expect["deliver"]
        assert found.result_type == expect.get("tlsrpt")
        assert found.via == expect.get("via", found.via)
        assert (found.outcome == "plaintext") == expect.get("plaintext", False)


def holds_of_dane(given: Input, expect: Input) -> None:
    """By the sender that obeys DANE alone; what depends on the sender is shown in both ways."""
    facts = of_dane(given)
    if expect.get("deliver") == "sender-dependent":
        ends = {one.variant: one.outcome for one in simulate(judge_servers(facts, NOW)) if one.sender == "dane-mta-sts"}
        assert ends == {None: "authenticated", "mox": "deferred"}
        return
    found = of("dane", facts)
    assert (found.via is not None) == expect.get("deliver", found.via is not None)
    assert (found.outcome == "deferred") == expect.get("temporary", False)
    assert (found.outcome == "authenticated") == expect.get("authenticated", False)
    assert found.result_type == expect.get("tlsrpt", found.result_type)


def test_no_vector_is_left_out() -> None:
    """There are as many as the file says, five of them on DANE."""
    assert len(VECTORS) == 24
    assert sum(is_of_dane(vector["input"]) for vector in VECTORS) == 5
