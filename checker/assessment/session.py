"""What one sender gets from one address: the mail handed over, a failure with its codes, or nothing that we can tell.

Codes are those of RFC 3463 as Postfix uses them, result types those of RFC 8460 section 4.3 (requirements 9.4). The one
rule of this file: what only we could not see is unknown, and so is a failure that ``states`` does not hold against the
server; what every sender would meet is a failure.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal, assert_never

from checker.assessment.address_state import STS_VERSIONS, EndpointState
from checker.assessment.judged import DeliveryOutcome, Step
from checker.assessment.states import DomainState, port_may_be_blocked_here, shown_certificate
from checker.certificates.rules import PresentedCertificate
from checker.dane.matching import DaneFailure
from checker.names import DomainName
from checker.observation import Absent, Failed, FailureKind, Fault, NotTried, Observation, Seen
from checker.sender_words import Failure
from checker.smtp.facts import Ehlo, Reply
from checker.tls.facts import Handshake
from checker.tls.registry import weakness

NO_CONNECTION = "4.4.1"
_CONNECTION_LOST = "4.4.2"
_NOT_NOW = "4.3.2"
_ENHANCED_CODE = re.compile(r"[45](\.[0-9]{1,3}\.[0-9]{1,3})(?: |$)")
_NO_TLS = "4.7.4"
_TLS_FAILED = "4.7.5"
_NOT_SETTLED = "That is not held against it, for another try may end otherwise."
_BLOCKED = "Port 25 is blocked here."
_MAY_BE_BLOCKED = "We can't tell whether port 25 is blocked here."

_BY_RECORDS: dict[DaneFailure, tuple[str, Failure]] = {
    "no-match": ("tlsa-invalid", "tlsa-mismatch"),
    "expired": ("certificate-expired", "expired"),
    "not-yet-valid": ("validation-failure", "not-yet-valid"),
    "host-mismatch": ("certificate-host-mismatch", "host-mismatch"),
    "not-trusted": ("certificate-not-trusted", "tlsa-mismatch"),
}
_OF_DANE: dict[Failure, Failure] = {
    "no-starttls": "dane-no-starttls",
    "starttls-refused": "dane-starttls-refused",
    "expired": "dane-expired",
    "not-yet-valid": "dane-not-yet-valid",
    "host-mismatch": "dane-host-mismatch",
}
"""Senders have other words for these where DANE asks."""
_NO_CERTIFICATE: Failure = "handshake"  # who wants one offers no suite without, so it comes to nothing for them
_UNREACHED: dict[FailureKind, Failure] = {FailureKind.REFUSED: "refused", FailureKind.TIMEOUT: "timeout"}

type _Stage = Observation[int] | Observation[Reply] | Observation[Ehlo] | Observation[Handshake]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What a sender insists on, beyond TLS where it is offered.

    ``certificate``: one that authorities vouch for, of the server's name. ``records``: a chain that matches one of the
    server's TLSA records, which must be usable. ``by_dane``: it is these records that ask for TLS.
    """

    tls: bool = False
    certificate: bool = False
    records: bool = False
    by_dane: bool = False


PROVEN = Demands(tls=True, certificate=True)
"""As an enforced MTA-STS policy asks (RFC 8461 section 4.2)."""

MATCHED = Demands(tls=True, records=True, by_dane=True)
"""As usable TLSA records ask (RFC 7672 section 2.2)."""

SOME_TLS = Demands(tls=True, by_dane=True)
"""As TLSA records ask of which none is usable (RFC 7672 section 2.2)."""


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


@dataclass(frozen=True, slots=True)
class _End:
    """How a session fails: code, result type, a sentence, and what senders have words for. ``said``: the reply."""

    code: str
    result_type: str | None
    why: str
    failure: Failure | None = None
    said: str | None = None


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
        self._not_settled, self._clear_last = _doubt(state), state.clear_last
        self._shown = shown_certificate(state, host, endpoint.facts)
        self._dane = state.dane_at(host, endpoint.address)

    def result(self) -> Visit:
        """How it ends."""
        smtp, works, encrypts = self._smtp, self._endpoint.works, self._endpoint.encrypts
        return (
            self._lost(smtp.connect, works, NO_CONNECTION, "No connection")
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
                words = _UNREACHED.get(failed.failure) if code == NO_CONNECTION else None
                end = _End(code, None, why, words)
                return self._unknown(f"{why} {self._not_settled}") if state is None else self._failed(end)
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
        return self._failed(_End(_own_code(reply, _NOT_NOW), None, why, "turned-away", reply.quoted()))

    def _without_tls(self) -> Visit | None:
        """No TLS: in clear text, or not at all."""
        end = self._why_no_tls()
        if end is None:
            return None
        if self._endpoint.encrypts is None:
            return self._unknown(f"{end.why} {self._not_settled}")
        if self._demands.tls:
            return self._failed(replace(end, why=f"{end.why} This sender insists on TLS."))
        if self._clear_last and end.code == _TLS_FAILED:
            return self._failed(replace(end, why=f"{end.why} Before clear text it tries the other servers."))
        return self._delivered("plaintext", f"{end.why} The mail goes in clear text.")

    def _why_no_tls(self) -> _End | None:
        starttls, handshake = self._smtp.starttls, self._tls.decisive
        no_starttls = "starttls-not-supported"
        if isinstance(starttls, Absent):
            return _End(_NO_TLS, no_starttls, "STARTTLS is not offered.", "no-starttls")
        if isinstance(starttls, Seen) and not starttls.value.is_positive:
            said = starttls.value.quoted()
            code = _own_code(starttls.value, _NO_TLS)
            return _End(code, no_starttls, f"STARTTLS is refused: {said}.", "starttls-refused", said)
        if isinstance(starttls, Failed) and starttls.fault is Fault.THEIRS:
            return _End(_TLS_FAILED, no_starttls, f"STARTTLS gets no answer: {_sentence(starttls)}")
        if isinstance(handshake, Failed) and handshake.fault is Fault.THEIRS:
            words: Failure = "handshake-reset" if handshake.failure is FailureKind.RESET else "handshake"
            return _End(_TLS_FAILED, "validation-failure", f"TLS fails: {_sentence(handshake)}", words)
        if isinstance(handshake, Seen) and not _is_usable(handshake.value):
            why = f"It accepts no suite that senders offer, only {handshake.value.suite}."
            return _End(_TLS_FAILED, "validation-failure", why, "handshake")
        return None

    def _inside_tls(self) -> Visit:
        if self._demands.records:
            return self._by_records()
        if not self._demands.certificate:
            return self._delivered("encrypted", "The mail goes over TLS.")
        end = self._why_no_proof()
        if end is not None:
            return self._failed(end)
        if self._shown is None or self._shown.certificate.trusted is None:
            return self._unknown("We could not examine its certificate.")
        return self._delivered("authenticated", "The mail goes over TLS, to the server that the certificate names.")

    def _by_records(self) -> Visit:
        """With usable records the chain must match one, whatever authorities say (RFC 7672 section 3.1)."""
        found = self._dane.met
        if found is None:
            return self._unknown("We could not hold its certificate against the TLSA records.")
        if found.failure is None:
            return self._delivered("authenticated", f"The mail goes over TLS. {found.why}")
        result_type, words = _BY_RECORDS[found.failure]
        done = self._tls.completed
        if done is not None and done.certificate is None:
            words = _NO_CERTIFICATE
        return self._failed(_End(_TLS_FAILED, result_type, found.why, words))

    def _why_no_proof(self) -> _End | None:
        """What fails where the server does not prove its name."""
        done = self._tls.completed
        if done is None or done.certificate is None:
            return _End(_TLS_FAILED, "certificate-not-trusted", "It shows no certificate.", _NO_CERTIFICATE)
        if done.version not in STS_VERSIONS:
            version = done.version.replace("v", " ")
            why = f"It has nothing newer than {version}. This sender asks for TLS 1.2."
            return _End(_TLS_FAILED, "validation-failure", why, "handshake")
        return _certificate_failure(self._shown) if self._shown else None

    def _failed(self, end: _End) -> Visit:
        failure = end.failure
        if failure is not None and self._demands.by_dane:
            failure = _OF_DANE.get(failure, failure)
        step = replace(self._step("fail", end.why), failure=failure, said=end.said)
        return Visit(steps=(step,), status_code=end.code, result_type=end.result_type)

    def _unknown(self, why: str) -> Visit:
        return Visit(steps=(self._step("fail", why),), outcome="unknown")

    def _delivered(self, outcome: DeliveryOutcome, why: str) -> Visit:
        return Visit(steps=(self._step("deliver", why),), outcome=outcome, via=self._host)

    def _step(self, action: Literal["fail", "deliver"], why: str) -> Step:
        return Step(host=self._host, address=self._endpoint.address, action=action, why=why)


def visit_address(state: DomainState, host: DomainName, endpoint: EndpointState, demands: Demands) -> Visit:
    """What a sender with these demands gets from this address."""
    return _Session(state, host, endpoint, demands).result()


def _reply(stage: Observation[Reply] | Observation[Ehlo]) -> Reply | None:
    if not isinstance(stage, Seen):
        return None
    return stage.value.reply if isinstance(stage.value, Ehlo) else stage.value


def _own_code(reply: Reply, usual: str) -> str:
    """The server's own where its reply begins with one (RFC 2034), for a mail that waits: Postfix repeats it."""
    own = _ENHANCED_CODE.match(reply.lines[0]) if reply.lines else None
    return f"4{own[1]}" if own else usual


def _is_usable(handshake: Handshake) -> bool:
    """A suite that the TLS library of a current sender still offers."""
    return handshake.nist or weakness(handshake.suite) is None


def _certificate_failure(shown: PresentedCertificate) -> _End | None:
    """What fails where a sender that checks would not deliver (RFC 8460 section 4.3.1)."""
    certificate = shown.certificate
    if certificate.error is not None:
        return _End(_TLS_FAILED, "validation-failure", certificate.error, "untrusted")
    if certificate.trusted is False:
        why = "No authority that senders trust vouches for its certificate."
        return _End(_TLS_FAILED, "certificate-not-trusted", why, "untrusted")
    if not shown.is_in_dates:
        return _dates_failure(shown)
    if not shown.names_host:
        why = f"Its certificate is not for {shown.host}."
        return _End(_TLS_FAILED, "certificate-host-mismatch", why, "host-mismatch")
    return None


def _dates_failure(shown: PresentedCertificate) -> _End:
    begins = shown.certificate.not_before
    if begins is not None and begins > shown.now:
        return _End(_TLS_FAILED, "validation-failure", "Its certificate is not valid yet.", "not-yet-valid")
    return _End(_TLS_FAILED, "certificate-expired", "Its certificate has expired.", "expired")


def _sentence(stage: Failed | NotTried | Absent) -> str:
    detail = getattr(stage, "detail", "") or "it was not reached"
    return detail if detail.endswith((".", "…")) else f"{detail}."
