"""What must hold of every delivery, whatever the facts (requirements 9)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from ipaddress import ip_address

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.assessment.delivery import simulate
from checker.assessment.judged import Delivery
from checker.assessment.level import level_inputs, level_of
from checker.assessment.states import DomainState, judge_servers
from checker.dane.facts import DaneFacts
from checker.facts import DomainFacts
from checker.network.ports import Security
from checker.observation import Failed, FailureKind, Reason, Seen
from checker.tls.facts import TlsFacts
from tests.dane_builders import NOBODYS, UNUSABLE, answered, leaf_of, own_key, records, with_dane
from tests.fact_builders import (
    DNS_IS_DOWN,
    NO_ADDRESSES,
    NOW,
    certificate,
    dead,
    domain,
    ehlo,
    expired,
    failed,
    handshake_failing,
    not_tried,
    reply,
    server,
    shaken,
    talking,
    without_starttls,
    working,
)
from tests.fact_strategies import facts as any_facts
from tests.policy_builders import policy_file, promising, served, without_promise

SENDERS = [
    *("opportunistic", "mandatory-tls", "forced-tls", "verified-tls"),
    *("mta-sts", "mta-sts-cached", "dane", "dane-mta-sts"),
]
A, B = "192.52.193.1", "192.52.193.2"
RESOLVER_IS_SLOW = Failed(FailureKind.RESOLVER_TIMEOUT, "Our resolver was too slow.")


def with_policy(facts: DomainFacts, patterns: tuple[str, ...], mode: str) -> DomainFacts:
    return promising(facts, *patterns, mode=mode)


TLS = TlsFacts(nist=shaken())
OLD = TlsFacts(nist=failed(FailureKind.ALERT), every=shaken(nist=False))
VISITS = [
    *(working(), working(leaf="lost"), working(leaf=None), working(version="TLSv1.0"), working(leaf="expired")),
    *(dead(), dead(tries=1), dead(kind=FailureKind.DEADLINE), without_starttls(), handshake_failing()),
    *(talking(starttls=reply(454)), talking(tries=1, starttls=reply(454)), talking(greeting=reply(421))),
    *(talking(ehlo_tls=ehlo(code=554), tls=TLS), talking(ehlo_tls=ehlo(), tls=OLD), not_tried(Reason.BLOCKED_ADDRESS)),
]
RECORDS = [
    *(
        records(own_key("a.test")),
        records(NOBODYS),
        records(UNUSABLE),
        records(),
        records(NOBODYS, security="insecure"),
    ),
    *(answered(DNS_IS_DOWN), answered(RESOLVER_IS_SLOW), DaneFacts()),
]
SECURITIES: list[Security | None] = ["secure", "insecure", None]
ADDRESSES = [ip_address(address) for address in (A, B)]
LOOK_UPS = [NO_ADDRESSES, DNS_IS_DOWN, RESOLVER_IS_SLOW]


PATTERNS = [("*.test",), ("a.test",), ("b.test", "gone.test")]
PROMISES: list[Callable[[DomainFacts], DomainFacts]] = [
    lambda facts: facts,
    without_promise,
    *(partial(with_policy, patterns=patterns, mode=mode) for patterns in PATTERNS for mode in ("enforce", "testing")),
    lambda facts: promising(facts, mode="none"),
    lambda facts: promising(facts, host=served("no policy")),
    lambda facts: promising(facts, host=served(policy_file("a.test") + "\r\n\r\n")),
]


@st.composite
def likely_facts(draw: st.DrawFn) -> DomainFacts:
    """Up to three servers of up to two addresses, each well or ill in one of the ways above."""
    servers = []
    for host in draw(st.lists(st.sampled_from(["a.test", "b.test", "c.test"]), min_size=1, unique=True)):
        kinds = draw(st.lists(st.sampled_from(VISITS), max_size=2))
        endpoints = [replace(kind, address=address) for kind, address in zip(kinds, ADDRESSES, strict=False)]
        ipv6 = draw(st.sampled_from(LOOK_UPS))
        addresses, seen = server(host, *endpoints, preference=draw(st.integers(1, 2)), ipv6=ipv6)
        servers.append(
            (addresses, replace(with_dane(host, draw(st.sampled_from(RECORDS)))[1], endpoints=seen.endpoints))
        )
    servers.sort(key=lambda pair: pair[0].preference)
    pinned = replace(leaf_of("a.test"), names=("a.test", "b.test"), matches=certificate("a.test", "b.test").matches)
    leaves = [pinned, expired("a.test", sha256="expired")]
    facts = domain(*servers, certificates=leaves, ipv6=draw(st.booleans()))
    answer = replace(facts.mx.answer.value, security=draw(st.sampled_from(SECURITIES)))
    facts = replace(facts, mx=replace(facts.mx, answer=Seen(answer)))
    return draw(st.sampled_from(PROMISES))(facts)


def of_own_hosts(facts: DomainFacts) -> DomainFacts:
    """Servers bear the names that DNS gives, so that they are looked at."""
    pairs = zip(facts.mx.hosts, facts.servers, strict=False)
    return replace(facts, servers=tuple(replace(server, host=host.host) for host, server in pairs))


def is_proven(state: DomainState, delivery: Delivery) -> bool:
    """The address that takes the mail is STS-ready, or its chain is pinned in DNS.

    A suite that NIST doesn't list may be what it lacks.
    """
    last = delivery.steps[-1]
    if delivery.via and last.address and state.dane_at(delivery.via, last.address).status == "valid":
        return True
    return any(
        endpoint.sts_ready or (endpoint.facts.tls.completed is not None and not endpoint.facts.tls.completed.nist)
        for server in state.servers
        if server.host == delivery.via
        for endpoint in server.endpoints
        if endpoint.address == last.address
    )


MAY_GO_IN_CLEAR = ("opportunistic", "mta-sts", "mta-sts-cached", "dane", "dane-mta-sts")


@given(st.one_of(likely_facts(), any_facts.map(of_own_hosts)))
@settings(max_examples=300, suppress_health_check=list(HealthCheck), deadline=None)
def test_laws(facts: DomainFacts) -> None:
    """Any facts give eight deliveries in order; none says more than was proven; who asks for less fares no worse."""
    state = judge_servers(facts, NOW)
    given = [delivery for delivery in simulate(state) if delivery.variant is None]
    assert [delivery.sender for delivery in given] == SENDERS
    opportunistic, mandatory, *_ = given
    arrives = ("plaintext", "encrypted", "authenticated")
    for delivery in given:
        assert delivery.steps or not facts.mx.hosts
        assert (delivery.via is not None) == (delivery.outcome in arrives)
        assert (delivery.status_code is not None) == (delivery.outcome in ("deferred", "refused"))
        assert delivery.outcome != "authenticated" or is_proven(state, delivery)
        assert delivery.outcome != "plaintext" or delivery.sender in MAY_GO_IN_CLEAR
    assert mandatory.outcome not in arrives or opportunistic.outcome in arrives


@given(likely_facts())
@settings(max_examples=200, suppress_health_check=list(HealthCheck), deadline=None)
def test_laws_of_policies(facts: DomainFacts) -> None:
    """Under enforce mail goes to a listed, proven server or not at all; without, as if nobody had asked.

    What the simulation shows and what the level says of the policy never differ.
    """
    state = judge_servers(facts, NOW)
    by_sender = {delivery.sender: delivery for delivery in simulate(state) if delivery.variant is None}
    strict, plain, inputs = by_sender["mta-sts"], by_sender["opportunistic"], level_inputs(state)
    if state.policy.flag == "enforce":
        assert strict.outcome in ("authenticated", "deferred", "refused", "unknown")
        assert strict.via is None or state.policy.covers(strict.via)
        if inputs.is_policy_lost and not inputs.is_provisional:
            assert strict.outcome in ("deferred", "refused")
        if level_of(inputs) == "enforced" and not inputs.is_provisional:
            assert strict.outcome == "authenticated"
    elif state.policy.flag is not None:
        rank = {server.host: server.preference for server in state.servers}
        assert strict.outcome == plain.outcome
        assert (strict.via is None) == (plain.via is None)
        assert strict.via is None or rank[strict.via] == rank[plain.via or strict.via]
    assert replace(by_sender["mta-sts-cached"], sender="mta-sts") == strict


@given(likely_facts())
@settings(max_examples=300, suppress_health_check=list(HealthCheck), deadline=None)
def test_laws_of_dane(facts: DomainFacts) -> None:
    """No mail goes in clear to a server with records; what the simulation shows and the flag says never differ."""
    state = judge_servers(facts, NOW)
    by_sender = {delivery.sender: delivery for delivery in simulate(state) if delivery.variant is None}
    pinned, inputs = by_sender["dane"], level_inputs(state)
    with_records = {server.host for server in state.servers if server.dane.settled.status in ("usable", "unusable")}
    assert pinned.outcome != "plaintext" or pinned.via not in with_records
    if pinned.via is not None:
        assert by_sender["opportunistic"].outcome in ("plaintext", "encrypted", "unknown")
    if inputs.dane == "valid" and level_of(inputs) == "enforced" and not inputs.is_provisional:
        assert pinned.outcome == by_sender["dane-mta-sts"].outcome == "authenticated"
    if inputs.dane == "broken":
        assert pinned.outcome != "authenticated"
    if inputs.dane == "absent":
        assert pinned.outcome == by_sender["opportunistic"].outcome
