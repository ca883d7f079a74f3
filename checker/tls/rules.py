"""What follows from one endpoint's handshakes (requirements section 3, as far as one handshake tells).

The one rule of this file: only what was really chosen is judged; what the server would take as well is a matter of
``inventory_rules``.
"""

from collections.abc import Iterator
from typing import assert_never

from checker.finding import Finding, Rule
from checker.observation import Absent, Failed, Fault, NotTried, Seen
from checker.tls.facts import Handshake, TlsFacts
from checker.tls.inventory_rules import lacks_forward_secrecy
from checker.tls.registry import has_forward_secrecy, is_anonymous, is_triple_des, weakness

_CURRENT = ("TLSv1.2", "TLSv1.3")


def handshake_completes(facts: TlsFacts) -> Iterator[Finding]:
    """After 220 there is TLS (SMTP-17)."""
    match facts.decisive:
        case Seen() | Absent() | NotTried():
            return
        case Failed(detail=why) as failed:
            code = "tls-handshake-failed" if failed.fault is Fault.THEIRS else "tls-handshake-unknown"
            yield Finding(code, {"why": why})
        case _:
            assert_never(facts.decisive)


def a_nist_suite_is_accepted(facts: TlsFacts) -> Iterator[Finding]:
    """A suite of NIST SP 800-52 is accepted (NIST-1)."""
    done = facts.completed
    if done and facts.has_nist_suite is False:
        yield Finding("tls-no-nist-suite", {"suite": done.suite})


def version_is_current(facts: TlsFacts) -> Iterator[Finding]:
    """The best version is TLS 1.2 or 1.3 (TLS-3 to TLS-5)."""
    done = facts.completed
    if done is None:
        return
    if done.version not in _CURRENT:
        yield Finding("tls-version-old", {"version": _spoken(done)})
    elif done.version == "TLSv1.2":
        yield Finding("tls-1-3-missing")


def chosen_suite_is_sound(facts: TlsFacts) -> Iterator[Finding]:
    """What the server chose is authenticated, not broken, and keeps its secret (TLS-8 to TLS-10, TLS-14)."""
    done = facts.completed
    if done is None:
        return
    if (broken := weakness(done.suite)) is not None:
        yield Finding("tls-weak-cipher-chosen", {"suite": done.suite, "weakness": broken})
    if is_triple_des(done.suite):
        yield Finding("tls-3des-chosen", {"suite": done.suite})
    if is_anonymous(done.suite):
        yield Finding("tls-anonymous-preferred", {"suite": done.suite})
    if not has_forward_secrecy(done.suite) and not lacks_forward_secrecy(facts):
        yield Finding("tls-no-forward-secrecy", {"suite": done.suite})


def encryption_is_sound(facts: TlsFacts) -> Iterator[Finding]:
    """The version is current, and nothing is to be said against the suite, one of NIST's: the good state itself."""
    done = facts.completed
    if done and facts.has_nist_suite and done.version in _CURRENT and not list(chosen_suite_is_sound(facts)):
        yield Finding("tls-current", {"version": _spoken(done), "suite": done.suite})


def _spoken(handshake: Handshake) -> str:
    return handshake.version.replace("TLSv", "TLS ")


RULES: tuple[Rule[TlsFacts], ...] = (
    handshake_completes,
    a_nist_suite_is_accepted,
    version_is_current,
    chosen_suite_is_sound,
    encryption_is_sound,
)
