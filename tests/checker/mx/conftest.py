"""MX facts from tables of DNS records."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import pytest

from checker.mx.facts import MxFacts
from checker.mx.probe import look_up_host, look_up_mx
from checker.names import host_name, wire_labels
from sandbox.resolver import Entry, TableResolver
from tests.networks import network_over


async def _facts_of(table: Mapping[str, Entry], domain: str = "d.test") -> MxFacts:
    network = network_over(TableResolver(table))
    facts = await look_up_mx(host_name(wire_labels(domain)), network)
    return replace(facts, hosts=tuple([await look_up_host(host, network) for host in facts.hosts]))


@pytest.fixture
def facts_of() -> Callable[..., Awaitable[MxFacts]]:
    """The facts that a table amounts to, with every host looked up."""
    return _facts_of
