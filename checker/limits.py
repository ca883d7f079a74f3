"""What a scan did not see, and why, read off its facts.

The one rule of this file: only what says nothing about the domain is a limit. What a peer did wrong is a finding.
"""

from collections.abc import Iterator, Sequence

from checker.caa.facts import CaaFacts
from checker.dane.facts import DaneFacts
from checker.facts import EndpointFacts, Limit, ServerFacts
from checker.listing import joined
from checker.mta_sts.facts import MtaStsFacts, PolicyVisit
from checker.mx.facts import HostAddresses, MxFacts
from checker.network.ports import Answer
from checker.observation import Failed, FailureKind, Fault, NotTried, Observation, Reason, Seen
from checker.tls_rpt.facts import TlsRptFacts

NAMED = 8  # names that one sentence can hold

# A stage that was not reached because of an earlier one is no limit of its own.
_TELLING = {
    Reason.BLOCKED_ADDRESS,
    Reason.DO_NOT_PROBE,
    Reason.NO_ADDRESS_FAMILY,
    Reason.BEYOND_CAP,
    Reason.DEADLINE,
}


def limits(
    mx: MxFacts,
    servers: Sequence[ServerFacts],
    mta_sts: MtaStsFacts,
    tls_rpt: TlsRptFacts,
    policy_host_caa: CaaFacts | None,
) -> tuple[Limit, ...]:
    """Every limit of a scan, in the order of the report."""
    return (*_of_mail(mx, servers), *_of_promises(mta_sts, tls_rpt), *_of_caa("mta_sts.caa", policy_host_caa))


def _of_promises(mta_sts: MtaStsFacts, tls_rpt: TlsRptFacts) -> Iterator[Limit]:
    yield from _of("mta_sts.record", [("", mta_sts.record.answer)])
    yield from _left_out("mta_sts.record", mta_sts.record.answer, "TXT records")
    look_ups = [("", mta_sts.not_tried), ("", mta_sts.ipv4), ("", mta_sts.ipv6)]
    visits = [(str(visit.address), seen) for visit in mta_sts.visits for seen in _stages(visit)]
    yield from _of("mta_sts.policy", [*look_ups, *visits])
    yield from _left_out("mta_sts.policy", mta_sts.ipv4, "IPv4 addresses")
    yield from _left_out("mta_sts.policy", mta_sts.ipv6, "IPv6 addresses")
    yield from _of("tls_rpt", [("", tls_rpt.answer)])
    yield from _left_out("tls_rpt", tls_rpt.answer, "TXT records")


def _stages(visit: PolicyVisit) -> tuple[Observation[object] | None, ...]:
    return (visit.not_tried,) if visit.not_tried else (visit.connect, visit.handshake, visit.response)


def _of_mail(mx: MxFacts, servers: Sequence[ServerFacts]) -> Iterator[Limit]:
    if mx.failure is not None:
        yield from _of("mx", [("", mx.failure)])
    yield from _left_out("mx", mx.answer, "MX records", "Senders try them last.")
    yield from _of("servers", [(server.host, server.not_tried) for server in servers])
    hosts = {host.host: host for host in mx.hosts}
    for server in servers:
        path = f"servers.{server.host}"
        yield from _of_look_ups(path, hosts.get(server.host))
        yield from _of_dane(f"{path}.tlsa", server.dane)
        yield from _of(path, [(str(e.address), seen) for e in server.endpoints for seen in _observations(e)])
        yield from _of_caa(f"{path}.caa", server.caa)


def _of_look_ups(path: str, host: HostAddresses | None) -> Iterator[Limit]:
    if host is not None:
        yield from _of(path, [("", host.ipv4), ("", host.ipv6)])
        yield from _left_out(path, host.ipv4, "IPv4 addresses")
        yield from _left_out(path, host.ipv6, "IPv6 addresses")


def _of_dane(path: str, dane: DaneFacts) -> Iterator[Limit]:
    """Of what senders ask. They ask nothing where no address is signed. A SERVFAIL is judged: all meet it."""
    answers = [candidate.answer for candidate in dane.candidates]
    is_signed = isinstance(dane.alias, Seen) and dane.alias.value.security == "secure"
    asked = [a for a in answers if not (isinstance(a, Failed) and a.failure is FailureKind.SERVFAIL)]
    asked = asked if dane.addresses == "secure" or is_signed else []
    yield from _of(path, [("", dane.alias), *(("", answer) for answer in asked)])
    for answer in answers:
        yield from _left_out(path, answer, "TLSA records")


def _of_caa(path: str, caa: CaaFacts | None) -> Iterator[Limit]:
    if caa is not None:
        yield from _of(path, [("", caa.answer)])
        yield from _left_out(path, caa.answer, "CAA records")


def _left_out[R](path: str, look_up: Observation[Answer[R]], records: str, which: str = "") -> Iterator[Limit]:
    if isinstance(look_up, Seen) and (count := look_up.value.left_out):
        detail = f"DNS holds more {records} than a report does; {count} were left out. {which}".rstrip()
        yield Limit(path=path, code=str(Reason.BEYOND_CAP), detail=detail)


def _observations(endpoint: EndpointFacts) -> tuple[Observation[object] | None, ...]:
    """All that could have gone unseen at one address."""
    smtp, tls = endpoint.smtp, endpoint.tls
    stages = (smtp.connect, smtp.greeting, smtp.ehlo, smtp.starttls, tls.nist, tls.every, smtp.ehlo_tls)
    return (endpoint.not_tried,) if endpoint.not_tried else stages


def _of(path: str, observations: Sequence[tuple[str, Observation[object] | None]]) -> Iterator[Limit]:
    """One limit for each reason, naming all that it applies to."""
    details: dict[tuple[str, str], str] = {}
    subjects: dict[tuple[str, str], dict[str, None]] = {}
    for subject, observation in observations:
        match observation:
            case NotTried(reason, detail) if reason in _TELLING:
                why = (str(reason), _of_anyone(detail, subject))
            case Failed(failure, detail) if observation.fault is not Fault.THEIRS:
                why = (str(failure), _of_anyone(detail, subject))
            case _:
                continue
        details.setdefault(why, detail)
        subjects.setdefault(why, {})[subject] = None
    for why, detail in details.items():
        affected = [name for name in subjects[why] if name not in detail]  # "" never is: it stands for the path
        others = f" Affected: {joined(affected, NAMED)}." if affected else ""
        yield Limit(path=path, code=why[0], detail=f"{detail}{others}")


def _of_anyone(detail: str, subject: str) -> str:
    """The sentence without whom it names, so that two of the same kind are alike."""
    return detail.replace(subject, "") if subject else detail
