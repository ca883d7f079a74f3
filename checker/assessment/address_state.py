"""What is known of one address of a server: works, encrypts, is STS-ready; true, false or null.

The one rule of this file: a failure counts only if it was the server's and lasted; false beats null beats true.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from checker.certificates.rules import PresentedCertificate
from checker.facts import EndpointFacts
from checker.names import IPAddress
from checker.observation import Absent, Failed, FailureKind, Fault, NotTried, Observation, Reason, Seen
from checker.smtp.facts import Ehlo, Reply, SmtpFacts
from checker.tls.facts import Handshake

_LEFT_OUT = (Reason.BLOCKED_ADDRESS, Reason.DO_NOT_PROBE, Reason.NO_ADDRESS_FAMILY, Reason.BEYOND_CAP)
STS_VERSIONS = ("TLSv1.2", "TLSv1.3")  # RFC 8461 section 7.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What STS-readiness asks beyond TLS: a current version, and a certificate in its dates, of this name, trusted."""

    is_current: bool | None = None
    is_in_dates: bool | None = None
    names_host: bool | None = None
    is_trusted: bool | None = None

    @property
    def holds(self) -> bool | None:
        """All of it."""
        return all_of((self.is_current, self.is_in_dates, self.names_host, self.is_trusted))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointState:
    """One address. ``is_left_out``: it says nothing about its server, whatever the reason in ``facts``.

    ``encrypts``: it starts TLS, with a suite of NIST's. ``proof`` is null throughout where TLS did not start.
    """

    facts: EndpointFacts
    works: bool | None = None
    starts_tls: bool | None = None
    encrypts: bool | None = None
    sts_ready: bool | None = None
    proof: Proof = Proof()
    is_left_out: bool = False

    @property
    def address(self) -> IPAddress:
        """The address."""
        return self.facts.address


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What counts for an address beside its own facts.

    ``may_be_blocked``: silence on port 25 may be our own network's doing. ``has_completed``: some address of the server
    once completed STARTTLS.
    """

    may_be_blocked: bool
    has_completed: bool


def judge_address(endpoint: EndpointFacts, shown: PresentedCertificate | None, around: Around) -> EndpointState:
    """The state of one address. ``shown`` is the certificate of the handshake that counts, null if none is known."""
    if _is_left_out(endpoint):
        return EndpointState(facts=endpoint, is_left_out=True)
    lasted = endpoint.smtp.tries > 1
    works = None if around.may_be_blocked else _settled(_works(endpoint.smtp), lasted)
    starts_tls = _starts_tls(endpoint, lasted and not around.has_completed) if works else works
    done = endpoint.tls.completed
    encrypts = endpoint.tls.has_nist_suite if starts_tls else starts_tls
    proof = _proof(done, shown) if starts_tls and done else Proof()
    sts_ready = proof.holds if encrypts else encrypts
    return EndpointState(
        facts=endpoint, works=works, starts_tls=starts_tls, encrypts=encrypts, sts_ready=sts_ready, proof=proof
    )


def all_of(flags: Iterable[bool | None]) -> bool | None:
    """False beats null beats true; null for nothing at all."""
    given = tuple(flags)
    if False in given:
        return False
    return None if None in given or not given else True


def ever_completed(endpoint: EndpointFacts) -> bool:
    """STARTTLS was completed here, in the try that counts or in an earlier one."""
    return _is_completed(endpoint.smtp) or (endpoint.earlier_try is not None and _is_completed(endpoint.earlier_try))


def _is_completed(smtp: SmtpFacts) -> bool:
    """EHLO inside TLS was answered well (RFC 3207 section 4.2)."""
    return isinstance(smtp.ehlo_tls, Seen) and smtp.ehlo_tls.value.reply.is_positive


def _is_left_out(endpoint: EndpointFacts) -> bool:
    why = endpoint.not_tried or endpoint.smtp.connect
    if isinstance(why, Failed):
        return why.failure is FailureKind.NO_ADDRESS_FAMILY
    return isinstance(why, NotTried) and why.reason in _LEFT_OUT


def _settled(flag: bool | None, lasted: bool) -> bool | None:
    """A failure that another try did not confirm settles nothing (requirements GEN-3)."""
    return None if flag is False and not lasted else flag


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


def _starts_tls(endpoint: EndpointFacts, failures_count: bool) -> bool | None:
    """It completes STARTTLS, with TLS 1.0 or newer.

    A missing keyword and a TLS alert are answers. Any other failure may be our doing (too many connections), unless it
    lasted and nobody ever got TLS from this server: that is ``failures_count``.
    """
    handshake = endpoint.tls.decisive
    if isinstance(endpoint.smtp.starttls, Absent) or _is_rejected(handshake):
        return False
    stages = (
        _went_well(endpoint.smtp.starttls),
        _went_well(handshake),
        _went_well(endpoint.smtp.ehlo_tls),
    )
    return _settled(_known_so_far(*stages), failures_count)


def _is_rejected(handshake: Observation[Handshake]) -> bool:
    return isinstance(handshake, Failed) and handshake.failure is FailureKind.ALERT


def _proof(done: Handshake, shown: PresentedCertificate | None) -> Proof:
    """No certificate, or one that can't be read, proves nothing; one that was not kept leaves it open."""
    is_current = done.version in STS_VERSIONS
    if done.certificate is not None and shown is None:
        return Proof(is_current=is_current)
    if shown is None or shown.certificate.error is not None:
        return Proof(is_current=is_current, is_in_dates=False, names_host=False, is_trusted=False)
    return Proof(
        is_current=is_current,
        is_in_dates=shown.is_in_dates,
        names_host=shown.names_host,
        is_trusted=shown.certificate.trusted,
    )
