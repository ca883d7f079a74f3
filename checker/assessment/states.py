"""What is known of each server, by its addresses: works, encrypts, is STS-ready; true, false or null.

The one rule of this file: a server works where one of its addresses works; everything else must hold on every address
that works. An address that may not or cannot be tried from here is left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from checker.assessment.address_state import Around, EndpointState, all_of, ever_completed, judge_address
from checker.assessment.dane_state import AddressDane, ServerDane, judge_dane
from checker.assessment.policy import PolicyState, judge_policy
from checker.assessment.shown import counted_certificate, further_kinds
from checker.certificates.facts import CertificateFacts
from checker.certificates.rules import PresentedCertificate
from checker.facts import DomainFacts, EndpointFacts, ServerFacts
from checker.mx.facts import HostAddresses
from checker.names import DomainName, IPAddress
from checker.network.address_guard import forbidden
from checker.network.ports import Answer
from checker.observation import Absent, Failed, Fault, NotTried, Observation, Reason, Seen
from checker.silence import every_connection_timed_out


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """One server, by those of its addresses that could be judged; null where none could.

    ``is_whole``: every address that is not left out could be judged, so that a true holds for all of them.
    ``is_left_alone``: nothing of it was tried, because whoever runs it asked so.
    """

    looked_up: HostAddresses
    works: bool | None
    encrypts: bool | None
    sts_ready: bool | None
    is_whole: bool
    endpoints: tuple[EndpointState, ...] = ()
    is_left_alone: bool = False
    dane: ServerDane = ServerDane()

    @property
    def host(self) -> DomainName:
        """Its name."""
        return self.looked_up.host

    @property
    def preference(self) -> int:
        """The best preference of its MX records."""
        return self.looked_up.preference

    @property
    def is_not_public(self) -> bool:
        """It has addresses, and the Internet can reach none of them."""
        return bool(self.endpoints) and all(forbidden(endpoint.address) for endpoint in self.endpoints)

    @property
    def is_without_address(self) -> bool:
        """DNS says that there is none, so no sender comes as far as asking for its TLSA records."""
        return self.works is False and not self.endpoints and self.dane.settled.status is None

    @property
    def tried(self) -> tuple[EndpointState, ...]:
        """The addresses that count."""
        return tuple(endpoint for endpoint in self.endpoints if not endpoint.is_left_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainState:
    """All facts, the servers judged in the order of their preference, the policy, and the moment of judgement.

    ``supposed_down`` are servers that the simulation takes for dead, whatever was seen. ``clear_last``: its senders go
    on in clear text, where TLS was begun and failed, only when no other server is left.
    """

    facts: DomainFacts
    servers: tuple[ServerState, ...]
    policy: PolicyState
    now: datetime
    supposed_down: frozenset[DomainName] = frozenset()
    clear_last: bool = False

    def dane_at(self, host: DomainName, address: IPAddress) -> AddressDane:
        """What DANE comes to at this address of this server."""
        return next((server.dane.at(address) for server in self.servers if server.host == host), AddressDane())

    @property
    def certificates(self) -> Mapping[str, CertificateFacts]:
        """Every leaf with the chain it came in, by ``chain_id``: one leaf may come in a good and in a bad one."""
        return _by_chain(self.facts)


def judge_servers(facts: DomainFacts, now: datetime, past: Sequence[DomainFacts] = ()) -> DomainState:
    """The state of each server that DNS names, and of the policy. ``past`` are earlier scans of the domain."""
    seen = {server.host: server for server in facts.servers}
    servers = tuple(
        _server(host, seen.get(host.host, ServerFacts(host=host.host)), facts, now) for host in facts.mx.hosts
    )
    return DomainState(facts=facts, servers=servers, policy=judge_policy(facts, past, now), now=now)


def port_may_be_blocked_here(facts: DomainFacts) -> bool:
    """Every connection ended in silence, so either no server answers or our own network drops what we send to port 25.

    Only a server known to answer, tried beside them, tells which: where one did, the silence is theirs.
    """
    return facts.vantage.smtp != "open" and every_connection_timed_out(facts.servers)


def shown_certificate(state: DomainState, host: DomainName, endpoint: EndpointFacts) -> PresentedCertificate | None:
    """The certificate of the handshake that counts, as ``host`` showed it; null if none is known."""
    return counted_certificate(state.certificates, host, endpoint, state.now)


def further_certificates(
    state: DomainState, host: DomainName, endpoint: EndpointFacts
) -> Iterator[PresentedCertificate]:
    """The certificates for other kinds of keys, which senders that want those are shown."""
    return further_kinds(state.certificates, host, endpoint, state.now)


def _by_chain(facts: DomainFacts) -> Mapping[str, CertificateFacts]:
    return {certificate.chain_id: certificate for certificate in facts.certificates}


def _server(host: HostAddresses, server: ServerFacts, facts: DomainFacts, now: datetime) -> ServerState:
    certificates = _by_chain(facts)
    around = Around(
        may_be_blocked=port_may_be_blocked_here(facts), has_completed=any(map(ever_completed, server.endpoints))
    )
    endpoints = tuple(
        judge_address(e, counted_certificate(certificates, host.host, e, now), around) for e in server.endpoints
    )
    counted = [endpoint for endpoint in endpoints if not endpoint.is_left_out]
    working = [endpoint for endpoint in counted if endpoint.works]
    knows_addresses = server.not_tried is None and all(_is_known(family) for family in counted_look_ups(host, facts))
    works = _any_works(host, endpoints, knows_addresses)
    return ServerState(
        looked_up=host,
        works=works,
        encrypts=_known(e.encrypts for e in working) if working else works,
        sts_ready=_known(e.sts_ready for e in working) if working else works,
        is_whole=works is False or (knows_addresses and bool(working) and not any(map(_is_open, counted))),
        endpoints=endpoints,
        is_left_alone=_is_left_alone(server),
        dane=judge_dane(facts, server, endpoints, certificates, now),
    )


def _is_left_alone(server: ServerFacts) -> bool:
    reasons = [endpoint.not_tried for endpoint in server.endpoints] or [server.not_tried]
    return all(why is not None and why.reason is Reason.DO_NOT_PROBE for why in reasons)


def _any_works(host: HostAddresses, endpoints: tuple[EndpointState, ...], knows_addresses: bool) -> bool | None:
    """One address that works is enough. Without any, it is dead if all addresses are known, and dead."""
    counted = [endpoint.works for endpoint in endpoints if not endpoint.is_left_out]
    if True in counted:
        return True
    if None in counted or not knows_addresses:
        return None
    return False if counted or _is_without_address(host) else None


def _known(flags: Iterable[bool | None]) -> bool | None:
    """``all_of`` those that are known."""
    return all_of(flag for flag in flags if flag is not None)


def _is_open(endpoint: EndpointState) -> bool:
    """Something about it is still unknown."""
    return endpoint.works is None or (endpoint.works and None in (endpoint.encrypts, endpoint.sts_ready))


def counted_look_ups(host: HostAddresses, facts: DomainFacts) -> Iterator[Observation[Answer[IPAddress]]]:
    """The look-ups that count: those of a family that this vantage lacks change nothing."""
    if facts.vantage.ipv4 or not facts.vantage.ipv6:
        yield host.ipv4
    if facts.vantage.ipv6:
        yield host.ipv6


def _is_known(addresses: Observation[Answer[IPAddress]]) -> bool:
    """Answered, or failed by the domain's own fault: then there are none, for any sender."""
    match addresses:
        case Seen() | Absent():
            return True
        case Failed() as failed:
            return failed.fault is Fault.THEIRS
        case NotTried():
            return False
        case _:
            assert_never(addresses)


def _is_without_address(host: HostAddresses) -> bool:
    return all(
        _is_known(family) and not (isinstance(family, Seen) and family.value.records)
        for family in (host.ipv4, host.ipv6)
    )
