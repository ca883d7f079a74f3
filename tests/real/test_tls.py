"""What is said of real servers' TLS is right, costs what the plan says, and holds where a server limits who asks."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import tls_lab
from benchmarks.tls_findings import contradictions, of_inventory, openssl_groups
from benchmarks.tls_lab import PORT, Lab
from benchmarks.tls_visit import UNCAPPED, Visited, network_of, visit
from checker.facts import Depth
from checker.network.bounds import Bounds
from checker.outcome import outcome
from checker.tls.facts import Inventory

pytestmark = pytest.mark.real

ANVIL_UNIT_S = 8  # for the minute of the product, and for its pause after a "later"
# Servers that take as many connections as come, and how many a verdict may cost there.
MOST_CONNECTIONS = {"strict": 8, "default": 14, "legacy": 17, "two-keys": 14, "old": 18, "exim": 14}
OPENSSL_ECDHE_GCM = {f"TLS_ECDHE_RSA_WITH_AES_{name}" for name in ("128_GCM_SHA256", "256_GCM_SHA384")}


@pytest.fixture(scope="module")
def servers(folder: Path) -> Iterator[Lab]:
    with tls_lab.running(folder / "tls", anvil_unit_s=ANVIL_UNIT_S) as lab:
        yield lab


@pytest.fixture(scope="module", params=MOST_CONNECTIONS)
def seen(servers: Lab, request: pytest.FixtureRequest) -> tuple[str, Visited, Visited]:
    """A server by its name, its verdict and its deep look."""
    name: str = request.param
    return name, _visit(servers, name, "verdict"), _visit(servers, name, "deep")


def _visit(lab: Lab, name: str, depth: Depth, bounds: Bounds = UNCAPPED) -> Visited:
    if name in lab.missing:
        pytest.skip(f"{name} can't be had here: {lab.missing[name]}")
    return asyncio.run(visit(lab.servers[name], network_of(lab, bounds), depth))


def test_a_verdict_costs_few_connections_and_never_contradicts(seen: tuple[str, Visited, Visited]) -> None:
    """All that a verdict says a deep look says too, and neither leaves anything out."""
    name, verdict, deep = seen
    assert verdict.endpoint.connections <= MOST_CONNECTIONS[name]
    assert not verdict.inventory.missing
    assert not deep.inventory.missing
    assert not list(contradictions(verdict.inventory, deep.inventory))
    assert deep.inventory.are_suites_complete


def test_the_groups_are_those_that_openssl_shakes_hands_with(seen: tuple[str, Visited, Visited], servers: Lab) -> None:
    """Each group is tried by ``openssl s_client``, alone."""
    name, _, deep = seen
    assert of_inventory(deep.inventory).groups == openssl_groups(str(servers.servers[name].address), PORT)


def _inventory(servers: Lab, name: str) -> Inventory:
    return _visit(servers, name, "verdict").inventory


def test_a_strict_postfix_has_nothing_old_or_weak(servers: Lab) -> None:
    """TLS 1.2 with two suites and TLS 1.3; its own order decides."""
    found = _visit(servers, "strict", "deep").inventory
    assert found.accepted_versions == ("TLSv1.2", "TLSv1.3")
    assert set(found.chosen_in("TLSv1.2")) == OPENSSL_ECDHE_GCM
    assert found.accepted_kinds == ()
    assert found.preference == "server"
    assert found.weak_group is False
    assert found.client_renegotiation is False


def test_a_legacy_postfix_shows_what_it_still_takes(servers: Lab) -> None:
    """NULL and anonymous suites are completed before they are called accepted; no OpenSSL has RC4 or export."""
    found = _inventory(servers, "legacy")
    assert {"null", "anonymous", "static-rsa", "dhe", "cbc"} <= set(found.accepted_kinds)
    assert {"rc4", "export", "des"} <= set(found.rejected_kinds)
    assert {"TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"} <= set(found.accepted_versions)
    assert found.preference == "client"


def test_both_certificates_are_shown(servers: Lab) -> None:
    """A server with an RSA and an ECDSA key shows both within one verdict."""
    keys = {(certificate.key or "").split()[0] for certificate in _visit(servers, "two-keys", "verdict").certificates}
    assert keys == {"RSA", "EC"}


def test_what_openssl_has_lost_is_still_seen(servers: Lab) -> None:
    """SSLv3, RC4, 3DES and NULL of a server that isn't OpenSSL's; and it has no TLS 1.3."""
    found = _inventory(servers, "old")
    assert found.accepted_versions == ("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2")
    assert {"null", "rc4", "3des", "static-rsa", "dhe", "cbc"} <= set(found.accepted_kinds)


@pytest.mark.parametrize(("name", "like"), [("anvil", "default"), ("postscreen", "default"), ("exim", "exim")])
def test_a_server_that_limits_us_is_described_right(servers: Lab, name: str, like: str) -> None:
    """Told "later" by Postfix's anvil, kept waiting by a cold postscreen, or one of Exim's twenty: TLS is there, what
    is said is what the same server says without limits, and nothing is left out.
    """
    visited = _visit(servers, name, "verdict", replace(Bounds(), busy_pause_s=ANVIL_UNIT_S))
    free = _inventory(servers, like)
    assert outcome(visited.endpoint)[0] == "tls"
    assert not visited.inventory.missing
    assert visited.inventory.accepted_versions == free.accepted_versions
    assert visited.inventory.accepted_kinds == free.accepted_kinds
    assert not list(contradictions(visited.inventory, free))
