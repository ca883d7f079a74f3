"""Records that mend what DNS says about where a domain's mail goes (RFC 5321 section 5.1, RFC 7505).

The one rule of this file: a record that works is never taken away unless another one that does stays or comes, and a
policy in force lists a new server before DNS names it.
"""

from collections.abc import Mapping

from checker.assessment.judged import Judged
from checker.assessment.states import DomainState, ServerState
from checker.certificates.names import matches
from checker.mx.facts import HostAddresses
from checker.names import DomainName, IPAddress
from checker.network.address_guard import forbidden
from checker.network.ports import Answer, MxRecord
from checker.observation import Observation, Seen
from checker.remedies.builder import Builder
from checker.remedies.policy import listing
from checker.remedies.remedy import DnsRecord, Fix
from checker.remedies.values import address_in, changed, is_host_name, is_owner_name, named

_PREFERENCE = 10
_SERVER_NAME = "<the name of your mail server>"
_IPV4 = "<the public IPv4 address of your mail server>"
_CNAME_NOW = "<the alias that is there now>"


def _name_the_domain(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """What senders do already, said in a record."""
    domain = state.facts.domain
    return (_mx(state, _PREFERENCE, domain),) if is_host_name(domain) else ()


def _say_that_there_is_none(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """One null MX, and nothing beside it."""
    records = _records(state)
    wrong = [record for record in records if (record.preference, record.exchange) != (0, "")]
    removed = tuple(_removed(state, record) for record in wrong)
    return removed if len(wrong) < len(records) else (*removed, _null_mx(state))


def _take_back_the_null_mx(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    return tuple(_removed(state, record) for record in _records(state) if not record.exchange)


def _end_the_alias(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """Beside a CNAME no other record may stand (RFC 1034 section 3.6.2)."""
    domain = state.facts.domain
    aliases = state.facts.mx.aliases
    target = named(aliases[0]) if aliases else _CNAME_NOW
    alias = DnsRecord(name=domain, rdtype="CNAME", value=target, is_removal=True)
    value = f"{_PREFERENCE} {_SERVER_NAME}"
    return alias, DnsRecord(name=domain, rdtype="MX", value=value, marked=value)


def _name_the_address(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """The address that stood in the MX record gets a name of its own."""
    host = _host(judged, state)
    address = address_in(host.host)
    public = (address,) if address is not None and not forbidden(address) else ()
    return _renamed(state, host, _free_name(state), public)


def _name_it_in_full(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """A single label was meant within the domain, most likely."""
    host = _host(judged, state)
    full = DomainName(f"{host.host}.{state.facts.domain}")
    return _renamed(state, host, full if is_host_name(full) and "." not in host.host else _free_name(state), ())


def _name_it_properly(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """The same name with hyphens for underscores, at the same addresses."""
    host = _host(judged, state)
    labels = (label.replace("_", "-").strip("-") for label in host.host.split("."))
    proper = DomainName(".".join(labels))
    return _renamed(state, host, proper if is_host_name(proper) else _free_name(state), _public(host))


def _name_the_server_itself(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """The alias's end in the MX record; or address records, where the certificate proves, or the policy lists, the
    alias only.
    """
    host = _host(judged, state)
    aliases = _aliases(host)
    if not aliases or not is_owner_name(host.host):
        return ()
    if is_host_name(aliases[-1]) and _proves_as_well(state, host.host, aliases[-1]):
        return _retargeted(state, host, aliases[-1])
    alias = DnsRecord(name=host.host, rdtype="CNAME", value=named(aliases[0]), is_removal=True)
    return alias, *_addresses(host.host, _public(host))


def _remove_or_give_an_address(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """Without the record mail is better off, if another server has an address; else this one needs one."""
    host = _host(judged, state)
    if _others_with_address(state, host) or not is_host_name(host.host):
        return _removal_of(state, host)
    return _addresses(host.host, ())


def _remove_or_name_another(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    host = _host(judged, state)
    if _others_with_address(state, host):
        return _removal_of(state, host)
    return _renamed(state, host, _free_name(state), ())


def _publish_public_addresses(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    host = _host(judged, state)
    owner = _end(host)
    if not is_owner_name(owner):
        return ()
    hidden = [address for address in _all(host) if forbidden(address)]
    removed = tuple(_address(owner, address, is_removal=True) for address in hidden)
    return removed if _public(host) else (*removed, *_addresses(owner, ()))


def _name_one_that_works(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """An address for the first server whose name can have one, or else a new server."""
    for host in state.facts.mx.hosts:
        if is_host_name(host.host) and _can_have_addresses(host):
            return _addresses(host.host, ())
    name = _free_name(state)
    return *listing(state, name), _mx(state, _PREFERENCE, name), *_addresses(name, ())


def _remove_the_server(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    return _removal_of(state, _host(judged, state))


def _remove_dead_addresses(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    server = _server(judged, state)
    owner = _end(server.looked_up)
    dead = [endpoint.address for endpoint in server.tried if endpoint.works is False]
    return tuple(_address(owner, address, is_removal=True) for address in dead) if is_owner_name(owner) else ()


FIXES: Mapping[str, Builder] = {
    "mx-implicit": _name_the_domain,
    "mx-none": _say_that_there_is_none,
    "mx-alias-loop": _end_the_alias,
    "mx-alias-dangling": _end_the_alias,
    "mx-null-form": _say_that_there_is_none,
    "mx-null-beside-others": _take_back_the_null_mx,
    "mx-target-is-address": _name_the_address,
    "mx-target-unusable": _name_it_in_full,
    "mx-target-syntax": _name_it_properly,
    "mx-target-is-alias": _name_the_server_itself,
    "mx-host-does-not-exist": _remove_or_give_an_address,
    "mx-host-without-address": _remove_or_give_an_address,
    "mx-host-alias-loop": _remove_or_name_another,
    "mx-address-not-public": _publish_public_addresses,
    "mx-no-usable-host": _name_one_that_works,
    "server-dead": _remove_the_server,
    "server-decoy": _remove_the_server,
    "server-address-dead": _remove_dead_addresses,
}


# The facts behind a finding


def _host(judged: Judged, state: DomainState) -> HostAddresses:
    return next(host for host in state.facts.mx.hosts if host.host == judged.subject.host)


def _server(judged: Judged, state: DomainState) -> ServerState:
    return next(server for server in state.servers if server.host == judged.subject.host)


def _records(state: DomainState) -> tuple[MxRecord, ...]:
    answer = state.facts.mx.answer
    return answer.value.records if isinstance(answer, Seen) else ()


def _records_of(state: DomainState, host: HostAddresses) -> tuple[MxRecord, ...]:
    found = tuple(record for record in _records(state) if record.exchange == host.host)
    return found or (MxRecord(host.preference, host.host),)


def _seen(addresses: Observation[Answer[IPAddress]]) -> tuple[IPAddress, ...]:
    return addresses.value.records if isinstance(addresses, Seen) else ()


def _all(host: HostAddresses) -> tuple[IPAddress, ...]:
    return _seen(host.ipv4) + _seen(host.ipv6)


def _public(host: HostAddresses) -> tuple[IPAddress, ...]:
    return tuple(address for address in _all(host) if not forbidden(address))


def _aliases(host: HostAddresses) -> tuple[DomainName, ...]:
    found = (family.value.aliases for family in (host.ipv4, host.ipv6) if isinstance(family, Seen))
    return next(filter(None, found), ())


def _can_have_addresses(host: HostAddresses) -> bool:
    """DNS answers for its name, and the name is no alias."""
    return isinstance(host.ipv4, Seen) and isinstance(host.ipv6, Seen) and not _aliases(host)


def _end(host: HostAddresses) -> DomainName:
    """The name that owns its addresses."""
    return (host.host, *_aliases(host))[-1]


def _others_with_address(state: DomainState, host: HostAddresses) -> bool:
    return any(_public(other) for other in state.facts.mx.hosts if other.host != host.host)


def _proves_as_well(state: DomainState, host: DomainName, other: DomainName) -> bool:
    """No certificate that proves ``host`` would fail to prove ``other``."""
    shown = [certificate for certificate in state.facts.certificates if host in certificate.matches]
    return all(matches(certificate.names, other) for certificate in shown)


def _free_name(state: DomainState) -> DomainName:
    """A name within the domain that no MX record has."""
    taken = {host.host for host in state.facts.mx.hosts}
    names = (DomainName(f"mx{number}.{state.facts.domain}") for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


# Records


def _owner(state: DomainState) -> DomainName:
    """Where the MX records stand: at the domain, or where its alias leads."""
    aliases = state.facts.mx.aliases
    return aliases[-1] if aliases and is_owner_name(aliases[-1]) else state.facts.domain


def _mx(state: DomainState, preference: int, target: str, *, marked: str = "") -> DnsRecord:
    value = f"{preference} {target}"
    return DnsRecord(name=_owner(state), rdtype="MX", value=value, marked=marked or value)


def _null_mx(state: DomainState) -> DnsRecord:
    old = [f"{record.preference} ." for record in _records(state) if not record.exchange]
    return _mx(state, 0, ".", marked=changed(old[0], "0 .") if old else "")


def _removed(state: DomainState, record: MxRecord) -> DnsRecord:
    target = named(record.exchange) if record.exchange else "."
    return DnsRecord(name=_owner(state), rdtype="MX", value=f"{record.preference} {target}", is_removal=True)


def _removal_of(state: DomainState, host: HostAddresses) -> tuple[Fix, ...]:
    return tuple(_removed(state, record) for record in _records_of(state, host))


def _retargeted(state: DomainState, host: HostAddresses, target: DomainName) -> tuple[Fix, ...]:
    """Its MX records with another name in them, once the policy lists that."""
    there = {(record.preference, record.exchange) for record in _records(state)}
    preferences = [record.preference for record in _records_of(state, host)]
    new = (_mx(state, p, target, marked=target) for p in preferences if (p, target) not in there)
    return *listing(state, target), *_removal_of(state, host), *new


def _renamed(
    state: DomainState, host: HostAddresses, name: DomainName, addresses: tuple[IPAddress, ...]
) -> tuple[Fix, ...]:
    return *_retargeted(state, host, name), *_addresses(name, addresses)


def _addresses(owner: DomainName, addresses: tuple[IPAddress, ...]) -> tuple[Fix, ...]:
    """Address records; what only the owner knows if there are none."""
    known = tuple(_address(owner, address) for address in addresses)
    return known or (DnsRecord(name=owner, rdtype="A", value=_IPV4, marked=_IPV4),)


def _address(owner: DomainName, address: IPAddress, *, is_removal: bool = False) -> DnsRecord:
    value = str(address)
    marked = "" if is_removal else value
    return DnsRecord(
        name=owner,
        rdtype="A" if address.version == 4 else "AAAA",
        value=value,
        is_removal=is_removal,
        marked=marked,
    )
