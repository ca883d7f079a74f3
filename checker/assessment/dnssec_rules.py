"""What DNSSEC protects on the way of a domain's mail (requirements SEC-1 to SEC-6, SEC-11).

The one rule of this file: where no resolver validates, that is all that is said.
"""

from collections.abc import Iterator

from checker.assessment.states import DomainState
from checker.finding import Finding, Rule
from checker.listing import joined
from checker.observation import Failed, FailureKind, Seen
from checker.security import weakest

_NAMED = 4  # servers that one sentence can hold


def some_resolver_validates(state: DomainState) -> Iterator[Finding]:
    """Known to be otherwise; a resolver that gave no answer is told about elsewhere (SEC-2)."""
    if state.facts.vantage.dnssec is False:
        yield Finding("dnssec-not-seen")


def mail_route_is_signed(state: DomainState) -> Iterator[Finding]:
    """The MX records, and the addresses of each server (SEC-5). MTA-STS asks for neither (SEC-11)."""
    answer = state.facts.mx.answer
    if not (isinstance(answer, Seen) and state.facts.mx.hosts):
        return
    match answer.value.security:
        case "secure":
            safety = {host.host: weakest(host.telling) for host in state.facts.mx.hosts}
            unsigned = [host for host, security in safety.items() if security == "insecure"]
            if unsigned:
                yield Finding("dnssec-servers-unsigned", {"hosts": joined(unsigned, _NAMED)})
            elif set(safety.values()) == {"secure"}:
                yield Finding("dnssec-signed")
        case "insecure":
            yield Finding("dnssec-unsigned")


def policy_can_be_found(state: DomainState) -> Iterator[Finding]:
    """The record that announces the policy, and the address of its host, have signatures that hold."""
    policy = state.facts.mta_sts
    answers = {"the TXT record": policy.record.answer, "the policy host": policy.ipv4, "its IPv6": policy.ipv6}
    bogus = [found for found in answers.values() if isinstance(found, Failed) and found.failure is FailureKind.BOGUS]
    if bogus:
        yield Finding("dnssec-policy-bogus", {"why": bogus[0].detail})


RULES: tuple[Rule[DomainState], ...] = (some_resolver_validates, mail_route_is_signed, policy_can_be_found)
