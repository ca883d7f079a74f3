"""Records and files that mend a domain's MTA-STS (RFC 8461 sections 3 and 8).

The one rule of this file: the file comes before the record that announces it (section 8.1), and every change of the
file comes with a new id.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from checker.assessment.judged import Judged
from checker.assessment.states import DomainState
from checker.mta_sts.facts import policy_host, record_name
from checker.mta_sts.matching import covers
from checker.mta_sts.visits import is_theirs, stop_of
from checker.names import DomainName, IPAddress
from checker.network.address_guard import forbidden
from checker.network.ports import Answer, TxtRecord
from checker.observation import Observation, Seen
from checker.operators import policy_line
from checker.remedies import reporting
from checker.remedies.builder import Builder
from checker.remedies.policy_file import (
    A_DAY,
    A_WEEK,
    FOUR_WEEKS,
    MAX_AGE_LIMIT,
    TWO_WEEKS,
    Draft,
    draft,
    drafted,
    policy_file,
    used,
    written,
)
from checker.remedies.remedy import DnsRecord, Fix
from checker.remedies.txt import broken_alias, replacing
from checker.remedies.values import is_owner_name

_WEB_IPV4 = "<the public IPv4 address of your web server>"
_PREFIX = "v=STSv1;"


def announcing(state: DomainState) -> tuple[Fix, ...]:
    """The record with a new id, in place of what is there now."""
    facts = state.policy.published.facts.record
    value = f"{_PREFIX} id={_fresh_id(state)};"
    return replacing(record_name(state.facts.domain), facts.answer, _own(state), value)


def _fresh_id(state: DomainState) -> str:
    """The time, as letters and digits; another one if that is published already."""
    now = state.now.strftime("%Y%m%dT%H%M%S")
    return f"{now}b" if now == state.policy.id else now


def _own(state: DomainState) -> list[TxtRecord]:
    """The records that are meant for MTA-STS: a foreign one, such as a wildcard's, can stay."""
    facts = state.policy.published.facts.record
    records = facts.answer.value.records if isinstance(facts.answer, Seen) else ()
    if facts.status not in ("valid", "invalid"):
        return []
    exact = [record for record in records if record.text.startswith(_PREFIX)]
    return exact or [record for record in records if "sts" in record.text.lower()] or list(records)


def publishing(state: DomainState, new: Draft | None) -> tuple[Fix, ...]:
    """The file and the record that announces it; nothing if there is no such policy."""
    return (policy_file(state, new), *announcing(state)) if new else ()


def listing(state: DomainState, host: DomainName) -> tuple[Fix, ...]:
    """The present policy with a line for a server that is about to come, which has to be there before (section 8.1)."""
    now = written(state)
    if now is None or state.policy.flag not in ("enforce", "testing") or covers(now.mx, host):
        return ()
    return publishing(state, drafted(state, mode=now.mode, max_age=now.max_age, mx=(*now.mx, policy_line(host))))


def _announce(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """The record; with the file before it, if that would stop mail once senders heed it."""
    new, now = draft(state), written(state)
    return publishing(state, new) if new and now and new != now else announcing(state)


def _end_the_record_alias(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """What an alias to nowhere announced is announced by a record of one's own, if there is a file."""
    published = state.policy.published
    if published.has_file:
        return _announce(judged, state)
    return broken_alias(record_name(state.facts.domain), published.facts.record.answer)


def _answer_for_record(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """A record in place of an endless alias. What else keeps an answer back is no record's fault."""
    answer = state.policy.published.facts.record.answer
    return announcing(state) if broken_alias(record_name(state.facts.domain), answer) else ()


def _rewrite(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """The same policy, well-formed and with every server in it."""
    return publishing(state, draft(state))


def _serve(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """The file at its place."""
    new = draft(state)
    return _served(state, new) if new else ()


def _served(state: DomainState, new: Draft) -> tuple[Fix, ...]:
    """The record can stay, unless senders may hold another policy under its id."""
    held = [one.policy for one in state.policy.history.held(state.now) if one.id == state.policy.id]
    meant = (new.mode, new.max_age, set(new.mx))
    is_known_otherwise = any((old.mode, old.max_age, set(old.mx)) != meant for old in held)
    return publishing(state, new) if is_known_otherwise else (policy_file(state, new),)


def _with_max_age(least: int, better: int) -> Builder:
    """``better`` in place of a ``max_age`` of less than ``least``."""

    def build(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
        new = draft(state)
        if new is None:
            return ()
        kept = new.max_age if new.max_age >= least else better
        return publishing(state, replace(new, max_age=kept))

    return build


def _host_addresses(state: DomainState) -> tuple[Fix, ...]:
    """An address for the policy host, and the file to serve there."""
    address = _web_address(policy_host(state.facts.domain))
    new = draft(state)
    return (address, *_served(state, new)) if new else (address,)


def _give_the_host_an_address(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    return *_broken_host_alias(state), *_host_addresses(state)


def _end_the_host_alias(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    alias = _broken_host_alias(state)
    return (*alias, *_host_addresses(state)) if state.policy.published.is_meant else alias


def _answer_for_host(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    alias = _broken_host_alias(state)
    return (*alias, *_host_addresses(state)) if alias else ()


def _broken_host_alias(state: DomainState) -> tuple[Fix, ...]:
    facts = state.policy.published.facts
    host = policy_host(state.facts.domain)
    return broken_alias(host, facts.ipv4) or broken_alias(host, facts.ipv6)


def _publish_public_addresses(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    return *_removals(state, lambda address: bool(forbidden(address))), _web_address(_host_owner(state))


def _remove_dead_addresses(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """Those of which nothing came, where others answer."""
    visits = state.policy.published.facts.visits
    dead = [visit.address for visit in visits if (stop := stop_of(visit)) is not None and is_theirs(stop)]
    return _removals(state, lambda address: address in dead)


def _removals(state: DomainState, is_bad: Callable[[IPAddress], bool]) -> tuple[Fix, ...]:
    facts, owner = state.policy.published.facts, _host_owner(state)
    bad = [address for address in (*_seen(facts.ipv4), *_seen(facts.ipv6)) if is_bad(address)]
    return tuple(
        DnsRecord(name=owner, rdtype="A" if a.version == 4 else "AAAA", value=str(a), is_removal=True) for a in bad
    )


def _host_owner(state: DomainState) -> str:
    """The name that owns the policy host's addresses."""
    facts, host = state.policy.published.facts, policy_host(state.facts.domain)
    found = (family.value.aliases for family in (facts.ipv4, facts.ipv6) if isinstance(family, Seen))
    end = next(filter(None, found), (host,))[-1]
    return end if is_owner_name(end) else host


def _seen(addresses: Observation[Answer[IPAddress]]) -> tuple[IPAddress, ...]:
    return addresses.value.records if isinstance(addresses, Seen) else ()


# What the policy says of the servers


def _begin(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """All that a first policy needs, reports included: without them a test shows nothing."""
    files = publishing(state, drafted(state, mode="testing"))
    reports = () if state.facts.tls_rpt.status in ("valid", None) else reporting.record(state)
    return (*_address_if_missing(state), *files, *reports) if files else ()


def _address_if_missing(state: DomainState) -> tuple[Fix, ...]:
    facts = state.policy.published.facts
    if _seen(facts.ipv4) or _seen(facts.ipv6):
        return ()
    return *_broken_host_alias(state), _web_address(policy_host(state.facts.domain))


def _web_address(owner: str) -> DnsRecord:
    return DnsRecord(name=owner, rdtype="A", value=_WEB_IPV4, marked=_WEB_IPV4)


def _list_only_what_is_used(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    new = draft(state)
    return publishing(state, replace(new, mx=used(state, new.mx)) if new else None)


def _enforce(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """The step from the test to the promise, where every server keeps it; nothing where one could not be seen."""
    now = draft(state)
    if now is None:
        return ()
    kept = now.max_age if now.max_age >= TWO_WEEKS else FOUR_WEEKS
    new = drafted(state, mode="enforce", max_age=kept, mx=now.mx)
    return publishing(state, new) if new and new.mode == "enforce" else ()


def _test(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """A test in place of no promise."""
    now = written(state)
    return publishing(state, drafted(state, mode="testing", max_age=A_WEEK, mx=now.mx if now else ()))


def _stop_losing_mail(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """A test in place of a promise that no server keeps, until they do."""
    new = draft(state)
    return publishing(state, drafted(state, mode="testing", max_age=A_DAY, mx=new.mx)) if new else ()


def _take_back(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """How a policy ends (RFC 8461 section 8.3): mode none for as long as senders keep the old one, then nothing."""
    return *_address_if_missing(state), *publishing(state, Draft(mode="none", max_age=A_DAY))


FIXES: Mapping[str, Builder] = {
    "mta-sts-record-several": _announce,
    "mta-sts-record-invalid": _announce,
    "mta-sts-record-missing": _announce,
    "mta-sts-record-unresolvable": _answer_for_record,
    "mta-sts-record-alias-dangling": _end_the_record_alias,
    "mta-sts-record-repeats-field": _announce,
    "mta-sts-record-untidy": _announce,
    "mta-sts-host-missing": _give_the_host_an_address,
    "mta-sts-host-alias-dangling": _end_the_host_alias,
    "mta-sts-host-unresolvable": _answer_for_host,
    "mta-sts-host-address-not-public": _publish_public_addresses,
    "mta-sts-host-family-dead": _remove_dead_addresses,
    "mta-sts-host-address-dead": _remove_dead_addresses,
    "mta-sts-host-addresses-differ": _serve,
    "mta-sts-host-breaks-off": _serve,
    "mta-sts-host-too-slow": _serve,
    "mta-sts-host-slow": _serve,
    "mta-sts-host-redirects": _serve,
    "mta-sts-host-not-found": _serve,
    "mta-sts-host-forbids": _serve,
    "mta-sts-host-server-error": _serve,
    "mta-sts-host-odd-status": _serve,
    "mta-sts-host-body-too-long": _serve,
    "mta-sts-host-media-type-html": _serve,
    "mta-sts-host-media-type-wrong": _serve,
    "mta-sts-host-media-type-missing": _serve,
    "mta-sts-host-compressed": _serve,
    "mta-sts-policy-is-html": _rewrite,
    "mta-sts-policy-empty": _rewrite,
    "mta-sts-policy-without-mode": _rewrite,
    "mta-sts-policy-without-mx": _rewrite,
    "mta-sts-policy-mx-form": _rewrite,
    "mta-sts-policy-invalid": _rewrite,
    "mta-sts-policy-tolerated": _rewrite,
    "mta-sts-policy-repeats-key": _rewrite,
    "mta-sts-policy-misspelt-key": _rewrite,
    "mta-sts-max-age-too-large": _with_max_age(MAX_AGE_LIMIT + 1, FOUR_WEEKS),
    "mta-sts-max-age-zero": _with_max_age(TWO_WEEKS, FOUR_WEEKS),
    "mta-sts-max-age-under-a-day": _with_max_age(TWO_WEEKS, FOUR_WEEKS),
    "mta-sts-max-age-under-two-weeks": _with_max_age(TWO_WEEKS, FOUR_WEEKS),
    "mta-sts-max-age-testing-short": _with_max_age(A_DAY, A_WEEK),
    "mta-sts-mx-not-covered": _rewrite,
    "mta-sts-no-mx-covered": _rewrite,
    "mta-sts-no-server-passes": _stop_losing_mail,
    "mta-sts-listed-unused": _list_only_what_is_used,
    "mta-sts-testing": _enforce,
    "mta-sts-testing-for-weeks": _enforce,
    "mta-sts-id-reused": _announce,
    "mta-sts-removed-while-cached": _take_back,
    "mta-sts-old-policy-stops-mail": _rewrite,
    "mta-sts-pattern-broad": _rewrite,
    "mta-sts-none": _test,
    "mta-sts-absent": _begin,
    "mta-sts-absent-beside-dane": _begin,
}
