"""MX facts from tables of DNS records."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from checker.mx.facts import MxFacts
from checker.mx.probe import look_up_host, look_up_mx
from checker.names import host_name, wire_labels
from checker.network.ports import Network, Resolver
from sandbox.resolver import Entry, TableResolver


def _network_over(resolver: Resolver) -> Network:
    """Only the resolver is there: a probe that touched anything else would fail."""
    missing: Any = None
    return Network(
        resolver=resolver,
        dialer=missing,
        policy_client=missing,
        courtesy=missing,
        memory=missing,
        clock=missing,
        roots=missing,
        helo_name="probe.test",
    )


async def _facts_of(table: Mapping[str, Entry], domain: str = "d.test") -> MxFacts:
    network = _network_over(TableResolver(table))
    facts = await look_up_mx(host_name(wire_labels(domain)), network)
    return replace(facts, hosts=tuple([await look_up_host(host, network) for host in facts.hosts]))


@pytest.fixture
def network_over() -> Callable[[Resolver], Network]:
    """A network that has nothing but this resolver."""
    return _network_over


@pytest.fixture
def facts_of() -> Callable[..., Awaitable[MxFacts]]:
    """The facts that a table amounts to, with every host looked up."""
    return _facts_of
