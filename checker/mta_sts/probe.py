"""Asks DNS for a domain's MTA-STS record, and its policy host for the policy file (RFC 8461 section 3).

The one rule of this file: a failure counts against the policy host only when a second try, a pause later, ended no
better; and what is our fault or the resolver's is never told as absence.
"""

from dataclasses import replace
from datetime import datetime

from checker.answers import look_up_txt, too_long
from checker.certificates.examine import examine_for
from checker.certificates.facts import CertificateFacts
from checker.mta_sts.facts import MtaStsFacts, PolicyResponse, PolicyVisit, RecordFacts, policy_host, record_name
from checker.mta_sts.policy import parse_policy
from checker.mta_sts.record import read_record
from checker.names import DomainName, IPAddress
from checker.network.ports import Answer, HttpResponse, Network, PolicyAnswer, TxtRecord
from checker.observation import NOT_REACHED, Failed, FailureKind, NotTried, Observation, Seen

_VERSION = "v=STSv1"
# How a try may end that says little: another may well go through (requirements GEN-3).
_WORTH_ANOTHER = {FailureKind.TIMEOUT, FailureKind.RESET, FailureKind.CLOSED}

type Visited = tuple[PolicyVisit, tuple[CertificateFacts, ...]]


async def look_up_record(domain: DomainName, network: Network) -> RecordFacts:
    """The TXT record of this very domain, read (RFC 8461 section 3.1)."""
    answer = await look_up_txt(record_name(domain), _VERSION, network)
    if isinstance(answer, Failed):
        return RecordFacts(answer=answer, status="failed")
    reading = read_record(answer.value.records)
    if cut := too_long(answer.value.records, _VERSION, "RFC 8461 section 3.1"):
        return RecordFacts(answer=answer, status="invalid", defects=(*reading.defects, *cut))
    return RecordFacts(answer=answer, status=reading.status, record=reading.record, defects=reading.defects)


async def look_up_parent(domain: DomainName, network: Network) -> Observation[Answer[TxtRecord]]:
    """The TXT answer one label up, where no sender looks (RFC 8461 section 3.4). A top-level domain isn't asked."""
    parent = DomainName(domain.partition(".")[2])
    return await look_up_txt(record_name(parent), _VERSION, network) if "." in parent else NOT_REACHED


async def visit_policy_host(domain: DomainName, address: IPAddress, network: Network, now: datetime) -> Visited:
    """One address of the policy host, and the certificates that it showed. Never raises for what the host does."""
    host = policy_host(domain)
    answer = await _fetch(host, address, network)
    tries = 1
    while _is_worth_another(answer) and tries < network.bounds.tries:
        await network.clock.sleep(network.bounds.retry_pause_s)
        answer = _better(answer, await _fetch(host, address, network))
        tries += 1
    chain = answer.session.value.chain if isinstance(answer.session, Seen) else ()
    certificates = (examine_for(host, chain, network.roots, now),) if chain else ()
    visit = PolicyVisit(
        address=address,
        not_tried=answer.connect if isinstance(answer.connect, NotTried) else None,
        connect=answer.connect,
        handshake=Seen(answer.session.value.version) if isinstance(answer.session, Seen) else answer.session,
        chain=certificates[0].chain_id if certificates else None,
        response=Seen(_kept(answer.response.value)) if isinstance(answer.response, Seen) else answer.response,
        duration_ms=answer.duration_ms,
        tries=tries,
    )
    return visit, certificates


def with_policy(facts: MtaStsFacts) -> MtaStsFacts:
    """The facts with the file read that the visits so far brought.

    What doesn't come with status 200 is no file, and of one that was cut short nobody knows the end.
    """
    visit = facts.answered
    response = visit.response.value if visit is not None and isinstance(visit.response, Seen) else None
    if response is None or response.status != 200 or response.is_cut:
        return replace(facts, policy=None, lenient_policy=None, defects=())
    parsed = parse_policy(response.body)
    return replace(facts, policy=parsed.policy, lenient_policy=parsed.lenient_policy, defects=parsed.defects)


async def _fetch(host: DomainName, address: IPAddress, network: Network) -> PolicyAnswer:
    async with network.courtesy.slot(address, "policy"):
        return await network.policy_client.fetch(host, address)


def _is_worth_another(answer: PolicyAnswer) -> bool:
    stages = (answer.connect, answer.session, answer.response)
    return any(isinstance(stage, Failed) and stage.failure in _WORTH_ANOTHER for stage in stages)


def _better(first: PolicyAnswer, second: PolicyAnswer) -> PolicyAnswer:
    """The try that got further, or the second."""
    return first if _progress(first) > _progress(second) else second


def _progress(answer: PolicyAnswer) -> int:
    return sum(isinstance(stage, Seen) for stage in (answer.connect, answer.session, answer.response))


def _kept(response: HttpResponse) -> PolicyResponse:
    return PolicyResponse(
        status=response.status,
        body=response.body.decode("iso-8859-1"),
        is_cut=response.is_cut,
        content_type=response.content_type,
        content_encoding=response.content_encoding,
        cache_control=response.cache_control,
        location=response.location,
    )
