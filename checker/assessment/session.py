"""What one address does to one sender: it takes the mail in some way, fails it, or was not seen.

Codes are Postfix's practice within the classes of RFC 3463, result types those of RFC 8460 section 4.3. The one rule of
this file: what every sender would meet is a failure; only what we alone could not see is unseen.
"""

import re
from dataclasses import dataclass
from typing import Literal, assert_never

from checker.assessment.judged import DeliveryOutcome
from checker.assessment.states import DomainState, EndpointState, ServerState, is_completed, shown_certificate
from checker.observation import Absent, Failed, FailureKind, Fault, NotTried, Observation, Seen
from checker.outcome import decisive_handshake
from checker.smtp.facts import Ehlo, Reply
from checker.tls.facts import Handshake

type Kind = Literal["opportunistic", "mandatory-tls", "verified-tls"]

_ENHANCED = re.compile(r"[245]\.(\d{1,3}\.\d{1,3})\b")  # RFC 3463 section 2
_LOST = "4.4.2"
_NO_TLS = "4.7.4"
_BAD_TLS = "4.7.5"


@dataclass(frozen=True, slots=True)
class Delivered:
    """The mail is handed over. ``tried`` is what the sender tried in vain before, if anything."""

    outcome: DeliveryOutcome
    why: str
    tried: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The next address is tried, or the mail waits. ``status_code`` is of class 4."""

    why: str
    status_code: str
    result_type: str | None = None


@dataclass(frozen=True, slots=True)
class Unseen:
    """We could not see what a sender would."""

    why: str


type Ending = Delivered | Refusal | Unseen


def meet(kind: Kind, state: DomainState, server: ServerState, endpoint: EndpointState) -> Ending:
    """How a session of this kind of sender with this address ends."""
    ending = _before_tls(endpoint)
    if ending is not None:
        return ending
    trouble = _tls_trouble(endpoint)
    if kind == "opportunistic":
        return _opportunistic(endpoint, trouble)
    if trouble is not None:
        return trouble
    done = endpoint.facts.tls.completed
    if done is None or not done.nist:
        suite = done.suite if done else "no suite"
        why = f"it takes {suite}, and none of the cipher suites that such a sender asks for"
        return Refusal(why, _BAD_TLS, "validation-failure")
    return _verified(state, server, endpoint, done) if kind == "verified-tls" else _encrypted(done)


def _before_tls(endpoint: EndpointState) -> Refusal | Unseen | None:
    """Null where the server answered EHLO well."""
    smtp = endpoint.facts.smtp
    if endpoint.facts.not_tried is not None:
        return Unseen(endpoint.facts.not_tried.detail or "we did not try it")
    for stage, lost in ((smtp.connect, "4.4.1"), (smtp.greeting, _LOST), (smtp.ehlo, _LOST)):
        ending = _stage_ending(stage, lost, smtp.tries)
        if ending is not None:
            return ending
    return None


def _tls_trouble(endpoint: EndpointState) -> Refusal | Unseen | None:
    """Why TLS does not come up, null where EHLO inside it was answered well."""
    smtp, handshake = endpoint.facts.smtp, decisive_handshake(endpoint.facts.tls)
    if is_completed(smtp):
        return None
    if isinstance(smtp.starttls, Absent):
        return Refusal("it does not offer STARTTLS", _NO_TLS, "starttls-not-supported")
    if isinstance(handshake, Failed) and handshake.failure is FailureKind.HANDSHAKE:
        return Refusal(f"TLS does not come up. {handshake.detail}".strip(), _BAD_TLS, "validation-failure")
    ending = _stage_ending(smtp.starttls, _NO_TLS, smtp.tries)
    if isinstance(ending, Refusal):
        return Refusal(ending.why, _NO_TLS, "starttls-not-supported")
    return (
        ending
        or _of_tls(_stage_ending(handshake, _BAD_TLS, smtp.tries))
        or _of_tls(_stage_ending(smtp.ehlo_tls, _LOST, smtp.tries))
    )


def _of_tls(ending: Refusal | Unseen | None) -> Refusal | Unseen | None:
    """A failure inside TLS, or of its handshake, is reported as such."""
    return Refusal(ending.why, ending.status_code, "validation-failure") if isinstance(ending, Refusal) else ending


type _Stage = Observation[int] | Observation[Reply] | Observation[Ehlo] | Observation[Handshake]


def _stage_ending(stage: _Stage, lost: str, tries: int) -> Refusal | Unseen | None:
    """What stopped the sender at this stage; ``lost`` is the code for a connection that broke."""
    match stage:
        case Seen(Ehlo(reply=reply)) | Seen(Reply() as reply):
            return None if reply.is_positive else _confirmed(_refused(reply), tries)
        case Seen():
            return None
        case Failed(failure, detail) as failed if failed.fault is Fault.THEIRS:
            code = "4.5.0" if failure is FailureKind.BAD_REPLY else lost
            return _confirmed(Refusal(detail or "it does not answer", code), tries)
        case Failed(detail=detail) | NotTried(detail=detail):
            return Unseen(detail or "we could not see that far")
        case Absent():
            return Unseen("we could not see that far")
        case _:
            assert_never(stage)


def _confirmed(refusal: Refusal, tries: int) -> Refusal | Unseen:
    """What happened once may be chance."""
    return refusal if tries > 1 else Unseen(f"one try failed, and no other confirmed it: {refusal.why}")


def _refused(reply: Reply) -> Refusal:
    """Postfix takes a 5xx at this point as temporary too, and goes on to the next server."""
    enhanced = _ENHANCED.match(reply.lines[0]) if reply.lines else None
    return Refusal(f"it says “{reply.quoted()}”", f"4.{enhanced.group(1)}" if enhanced else "4.0.0")


def _opportunistic(endpoint: EndpointState, trouble: Refusal | Unseen | None) -> Ending:
    done = endpoint.facts.tls.completed
    match trouble:
        case Refusal(why):
            return Delivered("plaintext", "in clear text, since this sender doesn't insist on TLS", why)
        case Unseen():
            return trouble
        case None:
            return _encrypted(done) if done else Unseen("the handshake was not seen")
        case _:
            assert_never(trouble)


def _encrypted(done: Handshake) -> Delivered:
    return Delivered("encrypted", f"over {_spoken(done)}; it would not notice an impostor")


def _verified(state: DomainState, server: ServerState, endpoint: EndpointState, done: Handshake) -> Ending:
    """The certificate decides: a path to a root, then the dates, then the name, as OpenSSL and Postfix look at it."""
    shown = shown_certificate(state, server.host, endpoint.facts)
    if shown is None:
        return Unseen("its certificate could not be seen")
    leaf = shown.certificate
    if leaf.error is not None or leaf.trusted is False:
        return Refusal("its certificate has no path to a trusted authority", _BAD_TLS, "certificate-not-trusted")
    if leaf.trusted is None:
        return Unseen("whether its certificate is trusted could not be told")
    if leaf.not_after is not None and leaf.not_after < state.now:
        return Refusal("its certificate has expired", _BAD_TLS, "certificate-expired")
    if not shown.is_in_dates:
        return Refusal("its certificate is not valid yet", _BAD_TLS, "validation-failure")
    if not shown.names_host:
        return Refusal("its certificate does not carry the server's name", _BAD_TLS, "certificate-host-mismatch")
    why = f"over {_spoken(done)}; the certificate is valid and carries the server's name, for which DNS alone vouches"
    return Delivered("authenticated", why)


def _spoken(done: Handshake) -> str:
    return done.version.replace("TLSv", "TLS ")
