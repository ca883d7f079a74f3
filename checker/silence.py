"""When nothing at all came back: may it be our own network that is at fault? Read off the facts.

The one rule of this file: one answer from anywhere is enough to say no.
"""

from collections.abc import Iterable

from checker.facts import ServerFacts
from checker.mta_sts.facts import MtaStsFacts
from checker.mx.facts import MxFacts
from checker.observation import Failed, FailureKind, Fault, Seen
from checker.tls_rpt.facts import TlsRptFacts

NO_RESOLVER = (FailureKind.RESOLVER_TIMEOUT, FailureKind.RESOLVER_REFUSED)
"""Nothing was heard of anybody's DNS. A SERVFAIL is an answer of a kind."""


def every_connection_timed_out(servers: Iterable[ServerFacts]) -> bool:
    """Nobody answered and nobody refused. What our own fault ended says nothing either way."""
    connects = [endpoint.smtp.connect for server in servers for endpoint in server.endpoints]
    if any(isinstance(connect, Seen) for connect in connects):
        return False
    kinds = {c.failure for c in connects if isinstance(c, Failed) and c.fault is Fault.THEIRS}
    return kinds == {FailureKind.TIMEOUT}


def no_look_up_was_answered(mx: MxFacts, mta_sts: MtaStsFacts, tls_rpt: TlsRptFacts) -> bool:
    """The resolver was silent, or refused, whatever it was asked."""
    answers = (mx.answer, mta_sts.record.answer, mta_sts.ipv4, mta_sts.ipv6, tls_rpt.answer)
    kinds = {answer.failure if isinstance(answer, Failed) else None for answer in answers}
    return kinds <= {*NO_RESOLVER}
