"""What follows from a domain's servers taken together (requirements GEN-2, SMTP-1, SMTP-25, MX-25, MX-26, TLS-29).

The one rule of this file: an address or a server is held against another only where both could be judged.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from checker.assessment.address_state import EndpointState
from checker.assessment.states import DomainState, ServerState, port_may_be_blocked_here
from checker.finding import Finding, Param, Rule, Subject
from checker.listing import joined
from checker.observation import Absent, Seen


def some_server_works(state: DomainState) -> Iterator[Finding]:
    """Not every server is dead (SMTP-1). Where none has an address, the look-up's own rules have said so."""
    servers = state.servers
    if any(map(_is_reachable, servers)) and all(server.works is False for server in servers):
        yield Finding("servers-all-dead", {"hosts": joined(server.host for server in servers)})


def every_server_works(state: DomainState) -> Iterator[Finding]:
    """No server is dead beside others (SMTP-1, MX-26)."""
    dead = [server for server in state.servers if server.works is False]
    if len(dead) == len(state.servers):
        return
    some_works = any(server.works for server in state.servers)
    for server in filter(_is_reachable, dead):
        is_last = all(server.preference > other.preference for other in state.servers if other is not server)
        beside_others = "server-decoy" if is_last else "server-dead"
        yield _of(server, beside_others if some_works else "server-dead-others-unknown")


def every_address_works(state: DomainState) -> Iterator[Finding]:
    """No address is dead beside others of the same server (SMTP-1, MX-25)."""
    for server in state.servers:
        dead = [endpoint for endpoint in server.tried if endpoint.works is False]
        alive = [endpoint for endpoint in server.tried if endpoint.works]
        if dead and alive:
            yield _odd(
                server, "server-ipv6-dead" if _is_ipv6_only(dead, server) else "server-address-dead", dead, alive
            )


def starttls_is_offered_everywhere(state: DomainState) -> Iterator[Finding]:
    """STARTTLS stands in the answer of all working addresses or of none (SMTP-25)."""
    for server in state.servers:
        without = [e for e in server.tried if e.works and isinstance(e.facts.smtp.starttls, Absent)]
        offering = [e for e in server.tried if e.works and isinstance(e.facts.smtp.starttls, Seen)]
        if without and offering:
            yield _odd(server, "starttls-on-some-addresses", without, offering)


def addresses_are_alike(state: DomainState) -> Iterator[Finding]:
    """Addresses that encrypt do so in the same version and with certificates of one quality (GEN-2, TLS-29)."""
    for server in state.servers:
        for code, what, aspect in _ASPECTS:
            split = _split(server, aspect)
            if split is not None:
                yield _odd(server, code, *split, what=what)
                break


def servers_are_determined(state: DomainState) -> Iterator[Finding]:
    """Of every server all is known that counts."""
    unknown = [server for server in state.servers if not server.is_whole]
    if unknown and port_may_be_blocked_here(state.facts):
        code = "port-25-blocked" if state.facts.vantage.smtp == "blocked" else "port-25-unknown"
        yield Finding(code, {"hosts": joined(server.host for server in unknown)})
        return
    left_alone = [server for server in unknown if server.is_left_alone]
    for server in left_alone:
        yield _of(server, "server-left-alone")
    unknown = [server for server in unknown if server not in left_alone]
    if unknown and all(server.works is None for server in state.servers):
        yield Finding("servers-not-determined", {"hosts": joined(server.host for server in unknown)})
        return
    for server in unknown:
        yield _of(server, "server-not-determined")


RULES: tuple[Rule[DomainState], ...] = (
    some_server_works,
    every_server_works,
    every_address_works,
    starttls_is_offered_everywhere,
    addresses_are_alike,
    servers_are_determined,
)


def _of(server: ServerState, code: str, **params: Param) -> Finding:
    return Finding(code, params, Subject(host=server.host))


def _odd(
    server: ServerState, code: str, odd: Sequence[EndpointState], others: Sequence[EndpointState], **params: Param
) -> Finding:
    addresses, rest = joined(e.address for e in odd), joined(e.address for e in others)
    return _of(server, code, addresses=addresses, others=rest, **params)


def _is_reachable(server: ServerState) -> bool:
    """It has an address that was tried."""
    return bool(server.tried)


def _is_ipv6_only(dead: Sequence[EndpointState], server: ServerState) -> bool:
    """All that is dead is IPv6, and all IPv6 is dead."""
    ipv6 = [endpoint for endpoint in server.tried if endpoint.address.version == 6]
    return list(dead) == ipv6


def _version(endpoint: EndpointState) -> str:
    done = endpoint.facts.tls.completed
    return done.version if done else ""


def _certificate(endpoint: EndpointState) -> str:
    done = endpoint.facts.tls.completed
    return (done.certificate if done else None) or ""


_ASPECTS: tuple[tuple[str, str, Callable[[EndpointState], str | bool | None]], ...] = (
    ("server-addresses-differ", "TLS version", _version),
    ("server-addresses-differ", "certificate, which proves the name at some of them only", lambda e: e.sts_ready),
    ("server-certificates-differ", "certificate", _certificate),
)
"""In order: what matters more hides what follows from it."""


def _split(
    server: ServerState, aspect: Callable[[EndpointState], str | bool | None]
) -> tuple[list[EndpointState], list[EndpointState]] | None:
    """The addresses that differ, and the rest: fewer are odd, and of equals the worse. Null if all are alike."""
    groups: defaultdict[str | bool | None, list[EndpointState]] = defaultdict(list)
    for endpoint in server.tried:
        if endpoint.facts.tls.completed and endpoint.sts_ready is not None:
            groups[aspect(endpoint)].append(endpoint)
    odd, *others = sorted(groups.values(), key=_worse_first) or [[]]
    return (odd, [endpoint for group in others for endpoint in group]) if others else None


def _worse_first(alike: Sequence[EndpointState]) -> tuple[int, bool, str]:
    return len(alike), bool(alike[0].sts_ready), _version(alike[0])
