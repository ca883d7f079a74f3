"""What one sender gets from one address: the mail handed over, a failure with its codes, or nothing that we can tell.

Codes are those of RFC 3463 as Postfix uses them, result types those of RFC 8460 section 4.3 (requirements 9.4). The one
rule of this file: what only we could not see is unknown, and so is a failure that ``states`` does not hold against the
server; what every sender would meet is a failure.
"""

from dataclasses import dataclass
from typing import Literal, assert_never

from checker.assessment.address_state import STS_VERSIONS, EndpointState
from checker.assessment.judged import DeliveryOutcome, Step
from checker.assessment.states import DomainState, port_may_be_blocked_here, shown_certificate
from checker.certificates.rules import PresentedCertificate
from checker.names import DomainName
from checker.observation import Absent, Failed, Fault, NotTried, Observation, Seen
from checker.smtp.facts import Ehlo, Reply
from checker.tls.facts import Handshake
from checker.tls.registry import weakness

_NO_CONNECTION = "4.4.1"
_CONNECTION_LOST = "4.4.2"
_NOT_NOW = "4.3.2"
_NO_TLS = "4.7.4"
_TLS_FAILED = "4.7.5"
_NOT_SETTLED = "That is not held against it, for another try may end otherwise."
_BLOCKED = "Port 25 is blocked here."
_MAY_BE_BLOCKED = "We can't tell whether port 25 is blocked here."

type _Stage = Observation[int] | Observation[Reply] | Observation[Ehlo] | Observation[Handshake]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What a sender insists on, beyond TLS where it is offered."""

    tls: bool = False
    certificate: bool = False


PROVEN = Demands(tls=True, certificate=True)
"""As an enforced MTA-STS policy asks (RFC 8461 section 4.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What came of an address, a server or all servers of one preference. ``outcome`` is null for a failure.

    ``is_permanent``: no later try can change it, as for a name without addresses.
    """

    steps: tuple[Step, ...]
    outcome: DeliveryOutcome | None = None
    via: DomainName | None = None
    status_code: str | None = None
    result_type: str | None = None
    is_permanent: bool = False


def _doubt(state: DomainState) -> str:
    """Why a failure isn't held against the server."""
    if not port_may_be_blocked_here(state.facts):
        return _NOT_SETTLED
    return _BLOCKED if state.facts.vantage.smtp == "blocked" else _MAY_BE_BLOCKED


class _Session:
    """One sender at one address, stage by stage. Each stage gives a Visit if it ends there, else null."""

    def __init__(self, state: DomainState, host: DomainName, endpoint: EndpointState, demands: Demands) -> None:
        self._host, self._endpoint, self._demands = host, endpoint, demands
        self._smtp, self._tls = endpoint.facts.smtp, endpoint.facts.tls
        self._not_settled = _doubt(state)
        self._shown = shown_certificate(state, host, endpoint.facts)

    def result(self) -> Visit:
        """How it ends."""
        smtp, works, encrypts = self._smtp, self._endpoint.works, self._endpoint.encrypts
        return (
            self._lost(smtp.connect, works, _NO_CONNECTION, "No connection")
            or self._lost(smtp.greeting, works, _CONNECTION_LOST, "No greeting")
            or self._refused(smtp.greeting, works)
            or self._lost(smtp.ehlo, works, _CONNECTION_LOST, "No answer to EHLO")
            or self._refused(smtp.ehlo, works)
            or self._without_tls()
            or self._lost(smtp.starttls, encrypts, _TLS_FAILED, "No answer to STARTTLS")
            or self._lost(self._tls.decisive, encrypts, _TLS_FAILED, "No TLS")
            or self._lost(smtp.ehlo_tls, encrypts, _CONNECTION_LOST, "No answer inside TLS")
            or self._refused(smtp.ehlo_tls, encrypts)
            or self._inside_tls()
        )

    def _lost(self, stage: _Stage, state: bool | None, code: str, what: str) -> Visit | None:
        """A stage without an answer. ``state``: what it counts for, null where it isn't held against the server."""
        match stage:
            case Seen():
                return None
            case Failed() as failed if failed.fault is Fault.THEIRS:
                why = f"{what}: {_sentence(failed)}"
                return self._unknown(f"{why} {self._not_settled}") if state is None else self._failed(code, None, why)
            case Failed() | NotTried() | Absent():
                return self._unknown(f"We could not see whether it works: {_sentence(stage)}")
            case _:
                assert_never(stage)

    def _refused(self, stage: Observation[Reply] | Observation[Ehlo], state: bool | None) -> Visit | None:
        reply = _reply(stage)
        if reply is None or reply.is_positive:
            return None
        why = f"It turned us away: {reply.quoted()}."
        meets_everyone = reply.code // 100 == 4 and self._smtp.tries > 1
        if state is None and not meets_everyone:
            return self._unknown(f"{why} {self._not_settled}")
        return self._failed(_NOT_NOW, None, why)

    def _without_tls(self) -> Visit | None:
        """No TLS: in clear text, or not at all."""
        why = self._why_no_tls()
        if why is None:
            return None
        code, result_type, sentence = why
        if self._endpoint.encrypts is None:
            return self._unknown(f"{sentence} {self._not_settled}")
        if self._demands.tls:
            return self._failed(code, result_type, f"{sentence} This sender insists on TLS.")
        return self._delivered("plaintext", f"{sentence} The mail goes in clear text.")

    def _why_no_tls(self) -> tuple[str, str, str] | None:
        starttls, handshake = self._smtp.starttls, self._tls.decisive
        if isinstance(starttls, Absent):
            return _NO_TLS, "starttls-not-supported", "STARTTLS is not offered."
        if isinstance(starttls, Seen) and not starttls.value.is_positive:
            return _NO_TLS, "starttls-not-supported", f"STARTTLS is refused: {starttls.value.quoted()}."
        if isinstance(starttls, Failed) and starttls.fault is Fault.THEIRS:
            return _TLS_FAILED, "starttls-not-supported", f"STARTTLS gets no answer: {_sentence(starttls)}"
        if isinstance(handshake, Failed) and handshake.fault is Fault.THEIRS:
            return _TLS_FAILED, "validation-failure", f"TLS fails: {_sentence(handshake)}"
        if isinstance(handshake, Seen) and not _is_usable(handshake.value):
            return (
                _TLS_FAILED,
                "validation-failure",
                f"It accepts no suite that senders offer, only {handshake.value.suite}.",
            )
        return None

    def _inside_tls(self) -> Visit:
        if not self._demands.certificate:
            return self._delivered("encrypted", "The mail goes over TLS.")
        failure = self._why_no_proof()
        if failure is not None:
            return self._failed(_TLS_FAILED, *failure)
        if self._shown is None or self._shown.certificate.trusted is None:
            return self._unknown("We could not examine its certificate.")
        return self._delivered("authenticated", "The mail goes over TLS, to the server that the certificate names.")

    def _why_no_proof(self) -> tuple[str, str] | None:
        """Result type and reason where the server does not prove its name."""
        done = self._tls.completed
        if done is None or done.certificate is None:
            return "certificate-not-trusted", "It shows no certificate."
        if done.version not in STS_VERSIONS:
            version = done.version.replace("v", " ")
            return "validation-failure", f"It has nothing newer than {version}. This sender asks for TLS 1.2."
        return _certificate_failure(self._shown) if self._shown else None

    def _failed(self, code: str, result_type: str | None, why: str) -> Visit:
        return Visit(steps=self._step("fail", why), status_code=code, result_type=result_type)

    def _unknown(self, why: str) -> Visit:
        return Visit(steps=self._step("fail", why), outcome="unknown")

    def _delivered(self, outcome: DeliveryOutcome, why: str) -> Visit:
        return Visit(steps=self._step("deliver", why), outcome=outcome, via=self._host)

    def _step(self, action: Literal["fail", "deliver"], why: str) -> tuple[Step, ...]:
        return (Step(host=self._host, address=self._endpoint.address, action=action, why=why),)


def visit_address(state: DomainState, host: DomainName, endpoint: EndpointState, demands: Demands) -> Visit:
    """What a sender with these demands gets from this address."""
    return _Session(state, host, endpoint, demands).result()


def _reply(stage: Observation[Reply] | Observation[Ehlo]) -> Reply | None:
    if not isinstance(stage, Seen):
        return None
    return stage.value.reply if isinstance(stage.value, Ehlo) else stage.value


def _is_usable(handshake: Handshake) -> bool:
    """A suite that the TLS library of a current sender still offers."""
    return handshake.nist or weakness(handshake.suite) is None


def _certificate_failure(shown: PresentedCertificate) -> tuple[str, str] | None:
    """Result type and reason where a sender that checks would not deliver (RFC 8460 section 4.3.1)."""
    certificate = shown.certificate
    if certificate.error is not None:
        return "validation-failure", certificate.error
    if certificate.trusted is False:
        return "certificate-not-trusted", "No authority that senders trust vouches for its certificate."
    if not shown.is_in_dates:
        return _dates_failure(shown)
    if not shown.names_host:
        return "certificate-host-mismatch", f"Its certificate is not for {shown.host}."
    return None


def _dates_failure(shown: PresentedCertificate) -> tuple[str, str]:
    begins = shown.certificate.not_before
    if begins is not None and begins > shown.now:
        return "validation-failure", "Its certificate is not valid yet."
    return "certificate-expired", "Its certificate has expired."


def _sentence(stage: Failed | NotTried | Absent) -> str:
    detail = getattr(stage, "detail", "") or "it was not reached"
    return detail if detail.endswith((".", "…")) else f"{detail}."
