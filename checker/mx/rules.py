"""What follows from a domain's MX facts (RFC 5321 section 5.1, RFC 7505; requirements MX-5 to MX-25).

The one rule of this file: nothing is held against a domain that was not seen. A look-up that failed is bogus, an
endless alias, or unknown; a host that was not looked up is not spoken of.
"""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from checker.finding import Finding, Param, Rule, Subject
from checker.listing import joined
from checker.mx.facts import HostAddresses, MxFacts
from checker.names import DomainName, IPAddress
from checker.network.address_guard import forbidden
from checker.network.ports import Answer
from checker.observation import Failed, FailureKind, Observation, Seen

NAMED = 4  # addresses that one sentence can hold
_HOST_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_UNUSABLE = ("localhost", "local", "invalid", "example.com", "example.net", "example.org")
"""Names that are nobody's on the Internet (RFC 2606, RFC 6762 section 3). The rest of RFC 2606, ``test`` and
``example``, is left to DNS: laboratories run them, and elsewhere they don't exist."""


def mail_servers_are_known(facts: MxFacts) -> Iterator[Finding]:
    """DNS answered (MX-9, MX-12)."""
    failure = facts.failure
    if failure is None:
        return
    match failure.failure:
        case FailureKind.BOGUS:
            yield Finding("mx-bogus", {"why": failure.detail})
        case FailureKind.ALIAS_CHAIN:
            yield Finding("mx-alias-loop", {"why": failure.detail})
        case _:
            yield Finding("mx-look-up-failed", {"why": failure.detail})


def mail_servers_are_named(facts: MxFacts) -> Iterator[Finding]:
    """The domain exists and DNS says who takes its mail, if anybody (MX-8, MX-10, MX-13)."""
    match facts.status:
        case "explicit":
            yield Finding("mx-published", {"hosts": joined(host.host for host in facts.hosts)})
        case "implicit":
            yield Finding("mx-implicit")
        case "none":
            yield Finding("mx-none")
        case "nxdomain" if not facts.aliases:
            yield Finding("mx-no-such-domain")
        case "null-mx":
            yield Finding("mx-null")


def domain_is_its_own_name(facts: MxFacts) -> Iterator[Finding]:
    """An alias at the domain is followed; one without an end is the first rule's (MX-12)."""
    aliases = facts.aliases
    if aliases:
        code = "mx-alias-dangling" if facts.status == "nxdomain" else "mx-domain-is-alias"
        yield Finding(code, {"target": aliases[-1]})


def null_mx_stands_alone(facts: MxFacts) -> Iterator[Finding]:
    """A null MX is one record, ``0 .`` (MX-14, MX-15)."""
    if facts.status == "invalid":
        yield Finding("mx-null-beside-others")
    if facts.status == "null-mx" and [record.preference for record in _records(facts.answer)] != [0]:
        yield Finding("mx-null-form")


def targets_are_host_names(facts: MxFacts) -> Iterator[Finding]:
    """What an MX record names can be the name of a host on the Internet (MX-5, MX-19, MX-20)."""
    for host in _named_hosts(facts):
        code = _fault_of_name(host.host)
        if code:
            yield _of(host, code)


def targets_are_no_aliases(facts: MxFacts) -> Iterator[Finding]:
    """An MX record names the server itself (MX-18, RFC 2181 section 10.3)."""
    for host in _named_hosts(facts):
        aliases = _aliases_of(host.ipv4) or _aliases_of(host.ipv6)
        if aliases:
            yield _of(host, "mx-target-is-alias", target=aliases[-1])


def hosts_have_addresses(facts: MxFacts) -> Iterator[Finding]:
    """Each host has an A or AAAA record (MX-17). Names that can't have one were told already."""
    for host in _named_hosts(facts):
        if _fault_of_name(host.host) in _TOLD_BY_NAME:
            continue
        match host.ipv4, host.ipv6:
            case Seen(value=ipv4), Seen(value=ipv6) if not (ipv4.records or ipv6.records):
                gone = "nxdomain" in (ipv4.rcode, ipv6.rcode)
                yield _of(host, "mx-host-does-not-exist" if gone else "mx-host-without-address")


def hosts_are_known(facts: MxFacts) -> Iterator[Finding]:
    """DNS answered for each host and family; one finding for each way in which it didn't (MX-9, MX-17)."""
    for host in facts.hosts:
        failures: dict[FailureKind, Failed] = {}
        records: dict[FailureKind, list[str]] = {}
        for family, addresses in (("A", host.ipv4), ("AAAA", host.ipv6)):
            if isinstance(addresses, Failed):
                failures.setdefault(addresses.failure, addresses)
                records.setdefault(addresses.failure, []).append(family)
        for kind, failed in failures.items():
            code = _HOST_FAILURES.get(kind, "mx-host-look-up-failed")
            yield _of(host, code, why=failed.detail, records=joined(records[kind]))


def addresses_are_public(facts: MxFacts) -> Iterator[Finding]:
    """Every address can be reached by the world (MX-21)."""
    for host in facts.hosts:
        odd = [(str(address), why) for address in _addresses(host) if (why := forbidden(address))]
        if odd:
            (_, why), addresses = odd[0], [address for address, _ in odd]
            named = joined(addresses, NAMED)
            yield _of(host, "mx-address-not-public", why=why, named=named, addresses=addresses)


def some_host_is_usable(facts: MxFacts) -> Iterator[Finding]:
    """With any MX the domain's own address may not be used, so one of the hosts must have one (MX-11)."""
    if facts.hosts and all(map(_is_without_address, facts.hosts)):
        yield Finding("mx-no-usable-host")


def servers_are_several(facts: MxFacts) -> Iterator[Finding]:
    """One server, or one address under several names, is allowed and worth knowing (MX-24)."""
    if facts.status == "explicit" and len(facts.hosts) == 1:
        yield _of(facts.hosts[0], "mx-single")
    owners: dict[IPAddress, list[str]] = {}
    for host in facts.hosts:
        for address in _addresses(host):
            owners.setdefault(address, []).append(host.host)
    for address, names in owners.items():
        if len(names) > 1:
            yield Finding("mx-shared-address", {"shared": str(address), "hosts": joined(names)})


def servers_have_ipv6(facts: MxFacts) -> Iterator[Finding]:
    """Fine without, today (MX-25). Silent unless every host's AAAA was asked for properly."""
    works = any(_addresses(host) for host in facts.hosts)
    if works and all(isinstance(host.ipv6, Seen) and not host.ipv6.value.records for host in facts.hosts):
        yield Finding("mx-no-ipv6")


RULES: tuple[Rule[MxFacts], ...] = (
    mail_servers_are_known,
    mail_servers_are_named,
    domain_is_its_own_name,
    null_mx_stands_alone,
    some_host_is_usable,
    targets_are_host_names,
    targets_are_no_aliases,
    hosts_have_addresses,
    hosts_are_known,
    addresses_are_public,
    servers_are_several,
    servers_have_ipv6,
)

_TOLD_BY_NAME = ("mx-target-is-address", "mx-target-unusable")
_HOST_FAILURES = {
    FailureKind.BOGUS: "mx-host-bogus",
    FailureKind.ALIAS_CHAIN: "mx-host-alias-loop",
}


def _of(host: HostAddresses, code: str, **params: Param) -> Finding:
    return Finding(code, params, Subject(host=host.host))


def _named_hosts(facts: MxFacts) -> tuple[HostAddresses, ...]:
    """The hosts that MX records name: an implicit MX is no record."""
    return () if facts.status == "implicit" else facts.hosts


def _fault_of_name(host: DomainName) -> str | None:
    """Why an MX target can't be, or shouldn't be, the name of a mail server."""
    labels = host.split(".")
    if _is_address(host):
        return "mx-target-is-address"
    if len(labels) == 1 or any(host == name or host.endswith(f".{name}") for name in _UNUSABLE):
        return "mx-target-unusable"
    return None if all(map(_HOST_LABEL.fullmatch, labels)) else "mx-target-syntax"


def _is_address(host: DomainName) -> bool:
    # A colon comes from DNS as an escape: no host name holds one.
    try:
        ip_address(host.replace("\\058", ":"))
    except ValueError:
        return False
    return True


def _records[R](answer: Observation[Answer[R]]) -> tuple[R, ...]:
    return answer.value.records if isinstance(answer, Seen) else ()


def _aliases_of[R](answer: Observation[Answer[R]]) -> tuple[DomainName, ...]:
    return answer.value.aliases if isinstance(answer, Seen) else ()


def _addresses(host: HostAddresses) -> tuple[IPAddress, ...]:
    return _records(host.ipv4) + _records(host.ipv6)


def _is_without_address(host: HostAddresses) -> bool:
    """For certain: both families were answered without an address, or failed by the domain's own fault."""
    return all(
        (isinstance(addresses, Failed) and addresses.failure in _HOST_FAILURES)
        or (isinstance(addresses, Seen) and not addresses.value.records)
        for addresses in (host.ipv4, host.ipv6)
    )
