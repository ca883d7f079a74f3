"""What follows from the way to the policy host: DNS, connections and certificates (RFC 8461 sections 3.3 and 7;
requirements STS-20 to STS-37).

The one rule of this file: a host that nobody is sent to is spoken of only where its name is left for others to take.
"""

from collections.abc import Iterator

from checker.certificates.rules import RULES as CERTIFICATE_RULES
from checker.certificates.rules import PresentedCertificate
from checker.finding import Finding, Rule
from checker.listing import joined
from checker.mta_sts.facts import PolicyVisit
from checker.mta_sts.published import PublishedPolicy
from checker.mta_sts.visits import (
    OLD_VERSIONS,
    addresses_of,
    detail_of,
    is_pending,
    is_theirs,
    look_up_failures,
    stop_of,
    tried,
)
from checker.observation import Failed, FailureKind, NotTried, Seen

_NAMED = 4  # addresses that one sentence can hold
_OWN_CODES = {
    "certificate-unreadable": "mta-sts-host-certificate-unreadable",
    "certificate-expired": "mta-sts-host-certificate-expired",
    "certificate-not-yet-valid": "mta-sts-host-certificate-not-yet-valid",
    "certificate-ends-soon": "mta-sts-host-certificate-ends-soon",
    "certificate-wrong-name": "mta-sts-host-certificate-wrong-name",
    "certificate-without-names": "mta-sts-host-certificate-wrong-name",
    "certificate-self-signed": "mta-sts-host-certificate-self-signed",
    "certificate-chain-incomplete": "mta-sts-host-certificate-chain-incomplete",
    "certificate-untrusted": "mta-sts-host-certificate-untrusted",
}


def host_is_known(published: PublishedPolicy) -> Iterator[Finding]:
    """DNS answered for both families (STS-22)."""
    if not published.is_meant:
        return
    for code, failure in {_code_of_look_up(failed): failed for failed in look_up_failures(published.facts)}.items():
        yield Finding(code, {"host": published.host, "why": failure.detail})


def file_is_asked_for(published: PublishedPolicy) -> Iterator[Finding]:
    """There was time to ask for the file, if the domain has one."""
    skipped = published.facts.not_tried
    if published.is_meant and skipped is not None and not is_pending(skipped):
        yield Finding("mta-sts-host-not-determined", {"host": published.host, "why": skipped.detail})


def host_exists(published: PublishedPolicy) -> Iterator[Finding]:
    """There is an address to ask (STS-22)."""
    facts = published.facts
    is_answered = isinstance(facts.ipv4, Seen) and isinstance(facts.ipv6, Seen)
    if published.is_meant and is_answered and not addresses_of(facts):
        yield Finding("mta-sts-host-missing", {"host": published.host, "url": published.url})


def host_is_its_own(published: PublishedPolicy) -> Iterator[Finding]:
    """An alias is fine as long as its end exists (STS-24, STS-37)."""
    answers = [answer.value for answer in (published.facts.ipv4, published.facts.ipv6) if isinstance(answer, Seen)]
    aliased = next((answer for answer in answers if answer.aliases), None)
    if aliased is None:
        return
    params = {"host": published.host, "target": aliased.aliases[-1]}
    if aliased.rcode == "nxdomain":
        yield Finding("mta-sts-host-alias-dangling", params)
    elif published.is_meant and addresses_of(published.facts):
        yield Finding("mta-sts-host-delegated", params)


def host_answers(published: PublishedPolicy) -> Iterator[Finding]:
    """Some address gives a response; otherwise the ways in which they don't, each once (STS-20, STS-29, STS-31)."""
    visits = tried(published.facts)
    stops = [stop for stop in map(stop_of, visits) if stop is not None]
    if not published.is_meant or not visits or len(stops) < len(visits) or any(map(is_pending, stops)):
        return
    unknown = next((stop for stop in stops if not is_theirs(stop)), None)
    if unknown is not None:
        why = detail_of(unknown) or "Nothing was tried."
        yield Finding("mta-sts-host-not-determined", {"host": published.host, "why": why})
        return
    ways: dict[str, list[PolicyVisit]] = {}
    for visit in visits:
        ways.setdefault(_code_of_stop(visit), []).append(visit)
    for code, alike in ways.items():
        stop = stop_of(alike[0])
        why = detail_of(stop) if stop is not None else ""
        addresses = joined((visit.address for visit in alike), _NAMED)
        yield Finding(code, {"host": published.host, "url": published.url, "why": why, "addresses": addresses})


def every_address_answers(published: PublishedPolicy) -> Iterator[Finding]:
    """Where some address answers, the others do too (STS-22)."""
    visits = tried(published.facts)
    dead = [visit for visit in visits if _is_dead(visit)]
    answering = {visit.address.version for visit in visits if isinstance(visit.response, Seen)}
    if not published.is_meant or not answering or not dead:
        return
    for family in sorted({visit.address.version for visit in dead} - answering):
        named = joined((visit.address for visit in dead if visit.address.version == family), _NAMED)
        params = {"host": published.host, "family": f"IPv{family}", "addresses": named}
        yield Finding("mta-sts-host-family-dead", params)
    others = [visit.address for visit in dead if visit.address.version in answering]
    if others:
        yield Finding("mta-sts-host-address-dead", {"host": published.host, "addresses": joined(others, _NAMED)})


def tls_is_current(published: PublishedPolicy) -> Iterator[Finding]:
    """TLS 1.2 at least (STS-31)."""
    versions = [visit.handshake.value for visit in published.facts.visits if isinstance(visit.handshake, Seen)]
    old = next((version for version in versions if version in OLD_VERSIONS), None)
    if published.is_meant and old is not None:
        yield Finding("mta-sts-host-tls-old", {"host": published.host, "version": old})


def certificate_is_good(published: PublishedPolicy) -> Iterator[Finding]:
    """Every address proves who it is (STS-23 to STS-25)."""
    if not published.is_meant:
        return
    found: dict[str, Finding] = {}
    for visit in published.facts.visits:
        for finding in _of_certificate(published, visit):
            found.setdefault(finding.code, finding)
    yield from found.values()
    if published.facts.answered is not None and published.fetch.status == "unknown":
        yield Finding("mta-sts-host-not-determined", {"host": published.host, "why": published.fetch.why})


HOST_RULES: tuple[Rule[PublishedPolicy], ...] = (
    host_is_known,
    file_is_asked_for,
    host_exists,
    host_is_its_own,
    host_answers,
    every_address_answers,
    tls_is_current,
    certificate_is_good,
)


def _code_of_look_up(failed: Failed) -> str:
    return "mta-sts-host-unresolvable" if is_theirs(failed) else "mta-sts-host-look-up-failed"


def _code_of_stop(visit: PolicyVisit) -> str:
    """What to call a visit that ended without a response, by the stage and the manner."""
    stop = stop_of(visit)
    kind = stop.failure if isinstance(stop, Failed) else None
    if isinstance(stop, NotTried):
        return "mta-sts-host-address-not-public"
    if not isinstance(visit.connect, Seen):
        return "mta-sts-host-silent" if kind is FailureKind.TIMEOUT else "mta-sts-host-refused"
    if not isinstance(visit.handshake, Seen):
        return "mta-sts-host-tls-fails"
    return "mta-sts-host-too-slow" if kind is FailureKind.TIMEOUT else "mta-sts-host-breaks-off"


def _is_dead(visit: PolicyVisit) -> bool:
    stop = stop_of(visit)
    return stop is not None and is_theirs(stop)


def _of_certificate(published: PublishedPolicy, visit: PolicyVisit) -> Iterator[Finding]:
    shown = published.shown(visit)
    if shown is not None:
        yield from _own(shown)
    elif visit.chain is None and isinstance(visit.handshake, Seen):
        yield Finding("mta-sts-host-certificate-unreadable", {"host": published.host, "why": "It showed none."})


def _own(shown: PresentedCertificate) -> Iterator[Finding]:
    """The findings of certificates under the codes of a policy host, for which they weigh more."""
    for rule in CERTIFICATE_RULES:
        for finding in rule(shown):
            if finding.code in _OWN_CODES:
                params = {"names": "no host name", **finding.params, "host": shown.host}
                yield Finding(_OWN_CODES[finding.code], params)
