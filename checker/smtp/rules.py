"""What follows from one endpoint's SMTP dialogue (RFC 5321, RFC 3207; requirements section 2).

The one rule of this file: a refusal or a failure is held against a server only if ``tries`` says that a second
connection ended alike. What happened once, or on our side, is unknown.
"""

import re
from collections.abc import Iterator
from typing import assert_never

from checker.finding import Finding, Rule
from checker.network.bounds import SLOW_GREETING_S
from checker.observation import Absent, Failed, FailureKind, Fault, NotTried, Observation, Seen
from checker.smtp.facts import Ehlo, Reply, SmtpFacts

_CLOSING = 421  # at any time (RFC 5321 section 3.8)
_MUST_START_TLS = 530  # RFC 3207 section 4
_TLS_LEVEL = 554  # inside TLS (RFC 3207 section 4.1)
_MASKED = re.compile(r"X{7,}[A-Z]?", re.IGNORECASE)  # what firewalls write over a keyword that they don't like
_CONNECT = {
    FailureKind.REFUSED: "smtp-refused",
    FailureKind.TIMEOUT: "smtp-no-answer",
    FailureKind.UNREACHABLE: "smtp-unreachable",
}


def connection_is_accepted(facts: SmtpFacts) -> Iterator[Finding]:
    """Port 25 answers; refused, silent and unreachable are told apart (SMTP-1)."""
    match facts.connect:
        case Failed(failure) as failed:
            yield _failure(failed, facts.tries, _CONNECT.get(failure, "smtp-cut-off"))
        case Seen() | Absent() | NotTried():
            return
        case _:
            assert_never(facts.connect)


def greeting_comes(facts: SmtpFacts) -> Iterator[Finding]:
    """The server speaks first. RFC 5321 lets it take five minutes, so one silence tells nothing (SMTP-2)."""
    match facts.greeting:
        case Failed(FailureKind.TIMEOUT, why) if facts.tries < 2:
            yield Finding("smtp-greeting-awaited", {"why": why})
        case Failed() as failed:
            yield _failure(failed, facts.tries, _broken(failed))
        case Seen() | Absent() | NotTried():
            return
        case _:
            assert_never(facts.greeting)


def greeting_is_prompt(facts: SmtpFacts) -> Iterator[Finding]:
    """A slow greeting is no missing one, but some senders don't wait (SMTP-2)."""
    waited = facts.stages_ms.greeting
    if waited is not None and waited >= SLOW_GREETING_S * 1000:
        yield Finding("smtp-greeting-slow", {"seconds": f"{waited / 1000:.1f}"})


def greeting_welcomes(facts: SmtpFacts) -> Iterator[Finding]:
    """The greeting's first digit is 2 (SMTP-5 to SMTP-7)."""
    reply = _seen(facts.greeting)
    if reply is None or reply.is_positive:
        return
    if reply.code // 100 == 4:
        yield _temporary(reply, facts.tries, "smtp-busy")
    else:
        code = "smtp-no-mail-service" if reply.code // 100 == 5 else "smtp-bad-reply"
        yield _refusal(reply, facts.tries, code)


def greeting_names_the_server(facts: SmtpFacts) -> Iterator[Finding]:
    """After the code comes a domain or an address literal (SMTP-4)."""
    reply = _seen(facts.greeting)
    if reply is not None and any(defect.code == "greeting-without-name" for defect in reply.defects):
        yield Finding("smtp-greeting-form", {"reply": reply.quoted()})


def replies_are_well_formed(facts: SmtpFacts) -> Iterator[Finding]:
    """Codes, characters, line ends and lengths are those of RFC 5321 (SMTP-8, SMTP-9)."""
    introductions = [ehlo.reply for ehlo in (_seen(facts.ehlo), _seen(facts.ehlo_tls)) if ehlo is not None]
    others = [_seen(facts.greeting), _seen(facts.starttls), _seen(facts.quit)]
    defects = [defect for reply in (*others, *introductions) if reply is not None for defect in reply.defects]
    details = {defect.code: defect.detail for defect in defects if defect.code != "greeting-without-name"}
    if details:
        yield Finding("smtp-reply-form", {"defects": " ".join(details.values())})


def ehlo_is_answered(facts: SmtpFacts) -> Iterator[Finding]:
    """EHLO is known and granted (SMTP-11, SMTP-12, SMTP-23)."""
    match facts.ehlo:
        case Seen(Ehlo(verb="HELO", reply=reply)) if reply.is_positive:
            yield Finding("smtp-helo-only")
        case Seen(Ehlo(reply=reply)) if reply.code // 100 == 4:
            yield _temporary(reply, facts.tries, "smtp-busy")
        case Seen(Ehlo(reply=reply)) if not reply.is_positive:
            if reply.code == _MUST_START_TLS:
                yield Finding("smtp-starttls-demanded", {"reply": reply.quoted()})
            yield _refusal(reply, facts.tries, "smtp-ehlo-refused")
        case Failed() as failed:
            yield _failure(failed, facts.tries, _broken(failed))
        case Seen() | Absent() | NotTried():
            return
        case _:
            assert_never(facts.ehlo)


def starttls_is_offered(facts: SmtpFacts) -> Iterator[Finding]:
    """The keyword stands in the answer to EHLO, under its own name (SMTP-13, SMTP-14)."""
    ehlo = _seen(facts.ehlo)
    if ehlo is None or ehlo.verb == "HELO" or not isinstance(facts.starttls, Absent):
        return
    look_alike = next(filter(_looks_like_starttls, ehlo.keywords), None)
    if look_alike is None:
        yield Finding("smtp-no-starttls")
    else:
        yield Finding("smtp-starttls-masked", {"keyword": look_alike})


def starttls_is_granted(facts: SmtpFacts) -> Iterator[Finding]:
    """STARTTLS is answered by 220 (SMTP-15 to SMTP-17)."""
    match facts.starttls:
        case Seen(reply) if reply.is_positive:
            return
        case Seen(reply) if reply.code == _CLOSING:
            yield _temporary(reply, facts.tries, "smtp-busy")
        case Seen(reply) if reply.code // 100 == 4:
            yield _temporary(reply, facts.tries, "smtp-starttls-unavailable")
        case Seen(reply):
            yield _refusal(reply, facts.tries, "smtp-starttls-fails")
        case Failed() as failed:
            yield _failure(failed, facts.tries, "smtp-starttls-fails")
        case Absent() | NotTried():
            return
        case _:
            assert_never(facts.starttls)


def nothing_follows_the_go_ahead(facts: SmtpFacts) -> Iterator[Finding]:
    """After the 220 the server waits for TLS in silence (RFC 3207 section 4.2; SMTP-19)."""
    if facts.bytes_after_starttls:
        yield Finding("smtp-bytes-after-go-ahead", {"bytes": facts.bytes_after_starttls})


def ehlo_works_inside_tls(facts: SmtpFacts) -> Iterator[Finding]:
    """The dialogue goes on inside TLS (SMTP-20, SMTP-22, SMTP-24)."""
    match facts.ehlo_tls:
        case Seen(Ehlo(reply=reply)) if reply.is_positive:
            yield Finding("smtp-works-inside-tls")
        case Seen(Ehlo(reply=reply)) if reply.code // 100 == 4:
            yield _temporary(reply, facts.tries, "smtp-busy")
        case Seen(Ehlo(reply=reply)):
            code = "smtp-tls-level-refused" if reply.code == _TLS_LEVEL else "smtp-ehlo-tls-fails"
            yield _refusal(reply, facts.tries, code)
        case Failed(failure, why) as failed:
            demands = failure is FailureKind.HANDSHAKE and "certificate_required" in why
            yield _failure(failed, facts.tries, "smtp-client-certificate" if demands else "smtp-ehlo-tls-fails")
        case Absent() | NotTried():
            return
        case _:
            assert_never(facts.ehlo_tls)


def starttls_is_not_offered_twice(facts: SmtpFacts) -> Iterator[Finding]:
    """Inside TLS the keyword is gone (SMTP-21)."""
    ehlo = _seen(facts.ehlo_tls)
    if ehlo is not None and ehlo.advertises("STARTTLS"):
        yield Finding("smtp-starttls-inside-tls")


def no_login_in_clear(facts: SmtpFacts) -> Iterator[Finding]:
    """AUTH is not offered before TLS (SMTP-26)."""
    ehlo = _seen(facts.ehlo)
    if ehlo is not None and any(re.match(r"AUTH(?:[ =]|$)", line, re.IGNORECASE) for line in ehlo.keywords):
        yield Finding("smtp-login-in-clear")


def requiretls_stands_inside_tls(facts: SmtpFacts) -> Iterator[Finding]:
    """REQUIRETLS is worth a note, and belongs inside TLS only (SMTP-27)."""
    clear, inside = _seen(facts.ehlo), _seen(facts.ehlo_tls)
    if clear is not None and clear.advertises("REQUIRETLS"):
        yield Finding("smtp-requiretls-in-clear")
    elif inside is not None and inside.advertises("REQUIRETLS"):
        yield Finding("smtp-requiretls")


def quit_is_answered(facts: SmtpFacts) -> Iterator[Finding]:
    """QUIT gets 221; a server that just closes is tolerated (SMTP-28)."""
    match facts.quit:
        case Failed(detail=why) as failed if failed.fault is Fault.THEIRS and _seen(facts.ehlo_tls) is not None:
            yield Finding("smtp-quit-unanswered", {"why": why})
        case Seen() | Absent() | Failed() | NotTried():
            return
        case _:
            assert_never(facts.quit)


def _seen[T](observation: Observation[T]) -> T | None:
    return observation.value if isinstance(observation, Seen) else None


def _looks_like_starttls(line: str) -> bool:
    """A firewall's writing over a keyword, or one letter too few."""
    word = line.split(" ", 1)[0].upper()
    return bool(_MASKED.fullmatch(word)) or word in ("STARTTL", "TARTTLS", "STARTLS")


def _broken(failed: Failed) -> str:
    """The finding for a dialogue that ends before STARTTLS."""
    match failed.failure:
        case FailureKind.TIMEOUT:
            return "smtp-silent"
        case FailureKind.BAD_REPLY:
            return "smtp-bad-reply"
        case _:
            return "smtp-cut-off"


def _failure(failed: Failed, tries: int, code: str) -> Finding:
    """A stage that gave no answer."""
    if failed.fault is not Fault.THEIRS:
        return Finding("smtp-not-tested", {"why": failed.detail})
    return Finding(code if tries > 1 else "smtp-unsteady", {"why": failed.detail})


def _refusal(reply: Reply, tries: int, code: str) -> Finding:
    """A reply that says no for good."""
    why = f"The server said “{reply.quoted()}”."
    return Finding(code if tries > 1 else "smtp-unsteady", {"why": why})


def _temporary(reply: Reply, tries: int, code: str) -> Finding:
    """A reply that says "not now": it counts when it lasts."""
    return Finding(code if tries > 1 else "smtp-not-now", {"reply": reply.quoted()})


RULES: tuple[Rule[SmtpFacts], ...] = (
    connection_is_accepted,
    greeting_comes,
    greeting_is_prompt,
    greeting_welcomes,
    greeting_names_the_server,
    replies_are_well_formed,
    ehlo_is_answered,
    starttls_is_offered,
    starttls_is_granted,
    nothing_follows_the_go_ahead,
    ehlo_works_inside_tls,
    starttls_is_not_offered_twice,
    no_login_in_clear,
    requiretls_stands_inside_tls,
    quit_is_answered,
)
