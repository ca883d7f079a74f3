"""A domain in a small world: its zone, how its servers behave, and what its policy host serves.

Fixes are carried out on it as an owner would: what is removed must be there, what only the owner knows is filled in.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any

from checker.certificates.names import matches
from checker.facts import DomainFacts, EndpointFacts
from checker.mta_sts.facts import policy_host
from checker.mx.facts import HostAddresses
from checker.mx.probe import look_up_host, look_up_mx
from checker.names import DomainName
from checker.network.address_guard import forbidden
from checker.network.ports import Network
from checker.observation import NotTried, Reason, Seen
from checker.remedies.remedy import DnsRecord, Fix, PolicyFile
from sandbox.resolver import Entry, TableResolver
from tests.dane_builders import leaf_of, own_key, records, with_dane
from tests.fact_builders import certificate, domain, server, working
from tests.remedy_promises import Served, mta_sts, tls_rpt

DOMAIN = DomainName("d.test")
OWNERS_ADDRESS, OWNERS_NAME = "192.52.193.77", "filled-in.d.test"
WEB_ADDRESS = "192.52.193.80"


@dataclass(frozen=True, kw_only=True)
class World:
    """``endpoints`` by address: how a server behaves; the others work. ``certified``: the names in the servers'
    certificate, all of theirs unless given. ``visits`` by address, and ``response``, change how the policy host
    behaves, which serves ``file``, if any. ``is_pinned``: all is signed, and DNS names the only server's key.
    """

    table: Mapping[str, Entry]
    endpoints: Mapping[str, EndpointFacts] = field(default_factory=dict)
    certified: tuple[str, ...] | None = None
    certificate: Mapping[str, Any] = field(default_factory=dict)
    file: str | None = None
    visits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    response: Mapping[str, Any] = field(default_factory=dict)
    web_certificate: Mapping[str, Any] = field(default_factory=dict)
    is_pinned: bool = False


async def seen(world: World) -> DomainFacts:
    """What a scan of it observes."""
    network = _network(world)
    mx = await look_up_mx(DOMAIN, network)
    hosts = tuple([await look_up_host(host, network) for host in mx.hosts])
    servers = [_server(world, host) for host in hosts]
    facts = domain(*servers, certificates=_certificates(world, hosts), mx=replace(mx, hosts=hosts))
    served = Served(file=world.file, visits=world.visits, response=world.response)
    return replace(facts, mta_sts=await mta_sts(DOMAIN, served, network), tls_rpt=await tls_rpt(DOMAIN, network))


def _server(world: World, host: HostAddresses) -> Any:
    endpoints = _endpoints(world, host)
    if world.is_pinned:
        return with_dane(host.host, records(own_key(host.host)), *endpoints, preference=host.preference)
    return server(host.host, *endpoints, preference=host.preference)


def mended(world: World, fixes: Sequence[Fix]) -> World:
    """The world with the fixes carried out, removals first."""
    for fix in sorted(fixes, key=lambda fix: not (isinstance(fix, DnsRecord) and fix.is_removal)):
        match fix:
            case DnsRecord(is_removal=True):
                world = replace(world, table=_without(world.table, fix))
            case DnsRecord():
                world = replace(world, table=_with(world.table, fix))
            case PolicyFile():
                world = replace(world, file=fix.body, response={}, visits=_served(world.visits))
            case _:
                raise AssertionError(f"{fix} is no record or file")
    return world


def _served(visits: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Every address that takes a connection now gives the file, whole and at once."""
    return {address: visit for address, visit in visits.items() if "connect" in visit}


def _network(world: World) -> Network:
    missing: Any = None
    return Network(
        resolver=TableResolver(world.table, security={"test": "secure"} if world.is_pinned else None),
        dialer=missing,
        policy_client=missing,
        courtesy=missing,
        memory=missing,
        clock=missing,
        roots=missing,
        helo_name="probe.test",
    )


def _endpoints(world: World, host: HostAddresses) -> tuple[EndpointFacts, ...]:
    found = [family.value.records for family in (host.ipv4, host.ipv6) if isinstance(family, Seen)]
    return tuple(_endpoint(world, str(address)) for records in found for address in records)


def _endpoint(world: World, address: str) -> EndpointFacts:
    if forbidden(ip_address(address)):
        return EndpointFacts(address=ip_address(address), not_tried=NotTried(Reason.BLOCKED_ADDRESS, "Not public."))
    return world.endpoints.get(address) or working(address)


def _certificates(world: World, hosts: tuple[HostAddresses, ...]) -> tuple[Any, ...]:
    names = tuple(host.host for host in hosts)
    certified = names if world.certified is None else world.certified
    proven = tuple(name for name in names if matches(certified, name))
    chain = {"chain": leaf_of(names[0]).chain} if world.is_pinned else {}
    servers = certificate(*names, **{"names": certified, "matches": proven, **chain, **world.certificate})
    host = policy_host(DOMAIN)
    return servers, certificate(host, sha256="web", **world.web_certificate)


def _without(table: Mapping[str, Entry], fix: DnsRecord) -> dict[str, Entry]:
    key = f"{fix.name} {fix.rdtype}"
    assert key in table, f"{key} is to be removed and is not there"
    if fix.rdtype == "CNAME":
        return {name: entry for name, entry in table.items() if name != key}
    kept = [row for row in table[key] if not _is(row, fix)]
    assert len(kept) < len(table[key]), f"{fix.value} is to be removed and is not there"
    rest = {name: entry for name, entry in table.items() if name != key}
    return {**rest, key: kept} if kept else {**rest, f"{DOMAIN} TXT": ["v=spf1 -all"]}  # type: ignore[dict-item]


def _is(row: object, fix: DnsRecord) -> bool:
    """What is only known to be there may be any of them."""
    if "<" in fix.value:
        return True
    match row:
        case (int(preference), target):
            return fix.value == f"{preference} {target}"
        case str():
            return fix.value == row if fix.rdtype == "TXT" else ip_address(fix.value) == ip_address(row)
    return fix.value == "".join(row)  # type: ignore[arg-type]


def _with(table: Mapping[str, Entry], fix: DnsRecord) -> dict[str, Entry]:
    key, value = f"{fix.name} {fix.rdtype}", filled(fix.value)
    assert f"{fix.name} CNAME" not in table, f"{fix.name} is an alias, beside which nothing may stand"
    if fix.rdtype == "CNAME":
        return {**table, key: value}
    preference, _, target = value.partition(" ")
    row: Any = (int(preference), target) if fix.rdtype == "MX" else value
    there = table.get(key, ())
    new: dict[str, Any] = {**table, key: [*(() if isinstance(there, str) else there), row]}
    if OWNERS_NAME in value:
        new |= {f"{OWNERS_NAME} A": [OWNERS_ADDRESS]}
    return new


def filled(value: str) -> str:
    """What stands in angle brackets, as the owner knows it."""
    value = re.sub(r"<[^<>]*IPv4 address of your web[^<>]*>", WEB_ADDRESS, value)
    value = re.sub(r"<[^<>]*IPv4 address[^<>]*>", OWNERS_ADDRESS, value)
    return re.sub(r"<[^<>]*name[^<>]*>", OWNERS_NAME, value)
