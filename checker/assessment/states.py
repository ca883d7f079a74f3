"""What is known of each server and of each of its addresses: works, encrypts, is STS-ready; true, false or null.

The one rule of this file: a failure counts against a server only if it was the server's and lasted; false beats null
beats true. An address that may not or cannot be tried from here is left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import assert_never

from checker.certificates.facts import CertificateFacts
from checker.certificates.rules import PresentedCertificate
from checker.facts import DomainFacts, EndpointFacts, ServerFacts
from checker.mx.facts import HostAddresses
from checker.names import DomainName, IPAddress
from checker.network.ports import Answer
from checker.observation import Absent, Failed, FailureKind, Fault, NotTried, Observation, Reason, Seen
from checker.outcome import decisive_handshake
from checker.smtp.facts import Ehlo, Reply, SmtpFacts
from checker.tls.facts import Handshake

_LEFT_OUT = (Reason.BLOCKED_ADDRESS, Reason.NO_ADDRESS_FAMILY, Reason.BEYOND_CAP)
STS_VERSIONS = ("TLSv1.2", "TLSv1.3")  # RFC 8461 section 7.2


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointState:
    """One address. ``is_left_out``: it says nothing about its server, whatever the reason in ``facts``."""

    facts: EndpointFacts
    works: bool | None
    encrypts: bool | None
    sts_ready: bool | None
    is_left_out: bool = False

    @property
    def address(self) -> IPAddress:
        """The address."""
        return self.facts.address


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """One server, by those of its addresses that could be judged; null where none could.

    ``is_whole``: every address that is not left out could be judged, so that a true holds for all of them.
    """

    looked_up: HostAddresses
    works: bool | None
    encrypts: bool | None
    sts_ready: bool | None
    is_whole: bool
    endpoints: tuple[EndpointState, ...] = ()

    @property
    def host(self) -> DomainName:
        """Its name."""
        return self.looked_up.host

    @property
    def preference(self) -> int:
        """The best preference of its MX records."""
        return self.looked_up.preference

    @property
    def tried(self) -> tuple[EndpointState, ...]:
        """The addresses that count."""
        return tuple(endpoint for endpoint in self.endpoints if not endpoint.is_left_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainState:
    """All facts, the servers judged in the order of their preference, and the moment of judgement."""

    facts: DomainFacts
    servers: tuple[ServerState, ...]
    now: datetime

    @property
    def certificates(self) -> Mapping[str, CertificateFacts]:
        """Every leaf by its SHA-256."""
        return {certificate.sha256: certificate for certificate in self.facts.certificates}


def judge_servers(facts: DomainFacts, now: datetime) -> DomainState:
    """The state of each server that DNS names."""
    seen = {server.host: server for server in facts.servers}
    servers = tuple(
        _server(host, seen.get(host.host, ServerFacts(host=host.host)), facts, now) for host in facts.mx.hosts
    )
    return DomainState(facts=facts, servers=servers, now=now)


def all_of(flags: Iterable[bool | None]) -> bool | None:
    """False beats null beats true; null for nothing at all."""
    given = tuple(flags)
    if False in given:
        return False
    return None if None in given or not given else True


def is_completed(smtp: SmtpFacts) -> bool:
    """STARTTLS was completed: EHLO inside TLS was answered well (RFC 3207 section 4.2)."""
    return isinstance(smtp.ehlo_tls, Seen) and smtp.ehlo_tls.value.reply.is_positive


def shown_certificate(state: DomainState, host: DomainName, endpoint: EndpointFacts) -> PresentedCertificate | None:
    """The certificate of the handshake that counts, as ``host`` showed it; null if none is known."""
    return _shown(state.certificates, host, endpoint, state.now)


def _shown(
    certificates: Mapping[str, CertificateFacts], host: DomainName, endpoint: EndpointFacts, now: datetime
) -> PresentedCertificate | None:
    done = endpoint.tls.completed
    leaf = certificates.get(done.certificate) if done and done.certificate else None
    return PresentedCertificate(leaf, host, now) if leaf else None


# The server


def _server(host: HostAddresses, server: ServerFacts, facts: DomainFacts, now: datetime) -> ServerState:
    certificates = {certificate.sha256: certificate for certificate in facts.certificates}
    has_completed = any(map(_ever_completed, server.endpoints))
    judge = partial(_endpoint, host.host, certificates, now, has_completed)
    endpoints = tuple(map(judge, server.endpoints))
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
    )


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


# The address


def _endpoint(
    host: DomainName,
    certificates: Mapping[str, CertificateFacts],
    now: datetime,
    server_completed: bool,
    endpoint: EndpointFacts,
) -> EndpointState:
    if _is_left_out(endpoint):
        return EndpointState(facts=endpoint, works=None, encrypts=None, sts_ready=None, is_left_out=True)
    lasted = endpoint.smtp.tries > 1
    works = _settled(_works(endpoint.smtp), lasted)
    encrypts = _encrypts(endpoint, lasted and not server_completed) if works else works
    sts_ready = _sts_ready(endpoint, _shown(certificates, host, endpoint, now)) if encrypts else encrypts
    return EndpointState(facts=endpoint, works=works, encrypts=encrypts, sts_ready=sts_ready)


def _is_left_out(endpoint: EndpointFacts) -> bool:
    why = endpoint.not_tried or endpoint.smtp.connect
    if isinstance(why, Failed):
        return why.failure is FailureKind.NO_ADDRESS_FAMILY
    return isinstance(why, NotTried) and why.reason in _LEFT_OUT


def _settled(flag: bool | None, lasted: bool) -> bool | None:
    """A failure that another try did not confirm settles nothing (requirements GEN-3)."""
    return None if flag is False and not lasted else flag


def _ever_completed(endpoint: EndpointFacts) -> bool:
    return is_completed(endpoint.smtp) or (endpoint.earlier_try is not None and is_completed(endpoint.earlier_try))


def _works(smtp: SmtpFacts) -> bool | None:
    """It connects, greets, and answers EHLO or HELO; by one try."""
    return _known_so_far(_went_well(smtp.connect), _went_well(smtp.greeting), _went_well(smtp.ehlo))


def _known_so_far(*stages: bool | None) -> bool | None:
    """The first stage that did not go well, or true."""
    return next((stage for stage in stages if stage is not True), True)


type _Stage = Observation[int] | Observation[Reply] | Observation[Ehlo] | Observation[Handshake]


def _went_well(stage: _Stage) -> bool | None:
    match stage:
        case Seen(Ehlo(reply=reply)) | Seen(Reply() as reply):
            return _is_granted(reply)
        case Seen():
            return True
        case Failed() as failed:
            return False if failed.fault is Fault.THEIRS else None
        case Absent() | NotTried():
            return None
        case _:
            assert_never(stage)


def _is_granted(reply: Reply) -> bool | None:
    """Null for "come back later": that is no failure yet. 454 says that TLS, and not the client, is the trouble."""
    if reply.is_positive:
        return True
    return None if reply.code // 100 == 4 and reply.code != 454 else False


def _encrypts(endpoint: EndpointFacts, failures_count: bool) -> bool | None:
    """It completes STARTTLS with TLS 1.0 or newer and shows a NIST suite.

    A missing keyword and a TLS alert are answers. Any other failure may be our doing (too many connections), unless it
    lasted and nobody ever got TLS from this server: that is ``failures_count``.
    """
    handshake = decisive_handshake(endpoint.tls)
    if isinstance(endpoint.smtp.starttls, Absent) or _is_rejected(handshake):
        return False
    stages = (
        _went_well(endpoint.smtp.starttls),
        _went_well(handshake),
        _went_well(endpoint.smtp.ehlo_tls),
    )
    completes = _settled(_known_so_far(*stages), failures_count)
    done = endpoint.tls.completed
    return done.nist if completes and done else completes


def _is_rejected(handshake: Observation[Handshake]) -> bool:
    return isinstance(handshake, Failed) and handshake.failure is FailureKind.ALERT


def _sts_ready(endpoint: EndpointFacts, shown: PresentedCertificate | None) -> bool | None:
    """TLS 1.2 or newer, and a certificate in its dates, of this name, with a path to a trusted root."""
    done = endpoint.tls.completed
    if done is None or done.version not in STS_VERSIONS or done.certificate is None:
        return False
    if shown is None:
        return None
    if shown.certificate.error is not None or shown.certificate.trusted is False:
        return False
    return all_of((shown.is_in_dates, shown.names_host, shown.certificate.trusted))
