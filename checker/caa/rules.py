"""What follows from CAA records (RFC 8659; requirements CERT-19 and CERT-23).

The one rule of this file: an authority whose name in CAA records isn't known here is never said to be left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checker.caa.allowed import may_issue, properties
from checker.caa.authorities import authority_of
from checker.caa.facts import CaaFacts
from checker.caa.record import Property
from checker.finding import Finding, Param, Rule
from checker.listing import joined
from checker.names import DomainName
from checker.observation import Failed, Fault
from checker.printable import printable

_NAMED = 4  # names or values in one sentence
_SHOWN = 60  # characters of one value


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSite:
    """A server or policy host, its CAA records, and who issued the certificates that the world trusts, shown for it.

    ``issuers`` are the issuers' names (RFC 4514 text).
    """

    facts: CaaFacts
    issuers: tuple[str, ...] = ()

    @property
    def host(self) -> DomainName:
        """Its name."""
        return self.facts.name


def issuing_is_restricted(sites: Sequence[NamedSite]) -> Iterator[Finding]:
    """Somebody said who may issue."""
    free = [site.host for site in sites if properties(site.facts) is not None and may_issue(site.facts) is None]
    if free:
        yield Finding("caa-unrestricted", {"named": joined(free, _NAMED), "hosts": [*free]})
    for site, others in _alike([site for site in sites if may_issue(site.facts)]):
        allowed = joined(may_issue(site.facts) or (), _NAMED)
        yield _of("caa-restricted", others, allowed=allowed)


def issuers_in_use_may_issue(sites: Sequence[NamedSite]) -> Iterator[Finding]:
    """The authority whose certificate is shown may issue the next one (CERT-23)."""
    for site in sites:
        allowed = may_issue(site.facts)
        if allowed is None:
            continue
        for issuer in site.issuers:
            authority = authority_of(issuer)
            if authority is not None and set(authority.domains).isdisjoint(allowed):
                params: dict[str, Param] = {"authority": authority.organisations[0], "domain": authority.domains[0]}
                told = joined(allowed, _NAMED) or "no authority"
                yield _of("caa-excludes-issuer", [site], allowed=told, found=site.facts.found_at or site.host, **params)
                break


def records_are_well_formed(sites: Sequence[NamedSite]) -> Iterator[Finding]:
    """What an authority can't read allows nobody (RFC 8659 sections 4.1 and 4.2)."""
    for site, others in _alike([site for site in sites if properties(site.facts)]):
        found = properties(site.facts) or ()
        at = site.facts.found_at or site.host
        malformed = [each for each in found if each.fault is not None]
        unknown = [each for each in found if each.is_unknown and each.is_critical and each.fault is None]
        if malformed:
            faults = " ".join(dict.fromkeys(map(_fault, malformed[:_NAMED])))
            yield _of("caa-malformed", others, found=at, faults=faults)
        if unknown:
            tags = joined(dict.fromkeys(printable(each.tag.encode(), _SHOWN) for each in unknown), _NAMED)
            yield _of("caa-unknown-critical", others, found=at, tags=tags)


def records_are_known(sites: Sequence[NamedSite]) -> Iterator[Finding]:
    """An authority that can't look them up may not issue (CERT-19)."""
    for site in sites:
        answer = site.facts.answer
        if isinstance(answer, Failed) and answer.fault is Fault.THEIRS:
            yield _of("caa-look-up-fails", [site], why=answer.detail)


RULES: tuple[Rule[Sequence[NamedSite]], ...] = (
    issuing_is_restricted,
    issuers_in_use_may_issue,
    records_are_well_formed,
    records_are_known,
)


def _alike(sites: Sequence[NamedSite]) -> Iterator[tuple[NamedSite, list[NamedSite]]]:
    """One of those that go by the same records, and all of them."""
    groups: dict[DomainName, list[NamedSite]] = {}
    for site in sites:
        groups.setdefault(site.facts.found_at or site.host, []).append(site)
    for group in groups.values():
        yield group[0], group


def _of(code: str, sites: Sequence[NamedSite], **params: Param) -> Finding:
    hosts = [site.host for site in sites]
    return Finding(code, {"named": joined(hosts, _NAMED), "hosts": [*hosts], **params})


def _fault(found: Property) -> str:
    return f"In a record “{printable(found.tag.encode(), _SHOWN)}”: {found.fault}"
