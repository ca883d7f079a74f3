"""What somebody on the path between sender and server could do to mail for this domain.

The one rule of this file: only a promise that senders may insist on stops an attacker, and where nobody looked for
one, that is not known.
"""

from checker.assessment.judged import Threat
from checker.assessment.states import DomainState

_UNKNOWN_PROMISE = (
    "Only a promise stops this (MTA-STS or DANE), and this version of Mailseal does not look for one. Without it, "
    "{effect}"
)


def threats(state: DomainState) -> tuple[Threat, ...]:
    """Each threat to mail for this domain; none where it takes no mail or nothing could be seen."""
    if not any(server.works for server in state.servers):
        return ()
    return (_stripping(state), _forged_mx())


def _stripping(state: DomainState) -> Threat:
    in_clear = [server.host for server in state.servers if server.works and server.encrypts is False]
    if in_clear:
        why = f"There is nothing to strip: {in_clear[0]} takes mail in clear text from everyone."
        return Threat(code="starttls-stripping", exposed=True, why=why)
    effect = "whoever sits in between can take the STARTTLS line out, and most senders go on in clear text."
    return Threat(code="starttls-stripping", exposed=None, why=_UNKNOWN_PROMISE.format(effect=effect))


def _forged_mx() -> Threat:
    effect = "whoever can forge a DNS answer can name a server of their own."
    return Threat(code="mx-forgery", exposed=None, why=_UNKNOWN_PROMISE.format(effect=effect))
