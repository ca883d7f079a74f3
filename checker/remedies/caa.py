"""CAA records that let the authority in use go on, and no other (RFC 8659).

The one rule of this file: a record is offered at the name of the server itself, since at the domain it would bind every
web site under it too.
"""

from collections.abc import Iterator, Mapping

from checker.assessment.issuing import named_sites
from checker.assessment.judged import Judged
from checker.assessment.states import DomainState
from checker.caa.authorities import authority_of
from checker.caa.record import ISSUE, read
from checker.caa.rules import NamedSite
from checker.names import DomainName
from checker.network.ports import CaaRecord
from checker.observation import Seen
from checker.remedies.builder import Builder
from checker.remedies.remedy import DnsRecord, Fix
from checker.remedies.values import CURRENT, is_owner_name, shown

_AUTHORITY = "<the domain that your authority gives for CAA>"


def _name_the_issuer(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """At each name whose authority is known."""
    fixes = (_allowing(site.host, site) for site in _sites(judged, state) if _domain(site))
    return tuple(fix for fix in fixes if fix is not None)


def _allow_the_issuer(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """Beside the records that count now."""
    fixes = (_allowing(_at(site), site) for site in _sites(judged, state))
    return tuple(fix for fix in fixes if fix is not None)


def _rewrite(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """The unreadable records go, and one that says what was meant comes."""
    site = next(_sites(judged, state))
    removed = [record for record in _records(site) if read(record).fault is not None]
    lost = any(read(record).tag == ISSUE for record in removed)
    still = any(read(record).issuer for record in _records(site) if read(record).tag == ISSUE)
    new = _allowing(_at(site), site) if lost and not still else None
    return (*_removals(site, removed), *([new] if new else []))


def _remove_unknown(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    site = next(_sites(judged, state))
    unknown = [record for record in _records(site) if read(record).is_unknown and read(record).is_critical]
    return (*_removals(site, unknown),)


def _allowing(owner: DomainName, site: NamedSite) -> DnsRecord | None:
    if not is_owner_name(owner):
        return None
    value = f'0 issue "{_domain(site) or _AUTHORITY}"'
    return DnsRecord(name=owner, rdtype="CAA", value=value, marked=value)


def _removals(site: NamedSite, records: list[CaaRecord]) -> Iterator[DnsRecord]:
    owner = _at(site)
    for record in dict.fromkeys(records) if is_owner_name(owner) else ():
        value = f'{record.flags} {_tag(record)} "{shown(record.value)}"'
        yield DnsRecord(name=owner, rdtype="CAA", value=value, is_removal=True)


def _tag(record: CaaRecord) -> str:
    return record.tag if record.tag.isascii() and record.tag.isalnum() else CURRENT


def _sites(judged: Judged, state: DomainState) -> Iterator[NamedSite]:
    hosts = judged.params.get("hosts", [])
    return (site for site in named_sites(state) if isinstance(hosts, list) and site.host in hosts)


def _domain(site: NamedSite) -> str | None:
    """Of the authority in use, null where it isn't known."""
    known = (authority_of(issuer) for issuer in site.issuers)
    return next((authority.domains[0] for authority in known if authority), None)


def _at(site: NamedSite) -> DomainName:
    """Where the records stand that count."""
    answer = site.facts.answer
    aliases = answer.value.aliases if isinstance(answer, Seen) else ()
    return aliases[-1] if aliases else site.facts.found_at or site.host


def _records(site: NamedSite) -> tuple[CaaRecord, ...]:
    return site.facts.answer.value.records if isinstance(site.facts.answer, Seen) else ()


FIXES: Mapping[str, Builder] = {
    "caa-unrestricted": _name_the_issuer,
    "caa-excludes-issuer": _allow_the_issuer,
    "caa-malformed": _rewrite,
    "caa-unknown-critical": _remove_unknown,
}
