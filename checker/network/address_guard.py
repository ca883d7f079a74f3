"""May this address be dialled? Only globally reachable unicast (RFC 6890, the two IANA special-purpose registries).

Strangers choose the names that we resolve, and so the addresses that we connect to. The one rule of this file: what
is not known to be public is forbidden, and an IPv4 address inside an IPv6 one is judged as strictly as the outer one.
The table is our own: ``ipaddress.is_global`` gives different answers in different versions of Python.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from checker.names import IPAddress

type IPNetwork = IPv4Network | IPv6Network

_SPECIAL_IPV4 = (
    (IPv4Network("0.0.0.0/8"), "this host on this network"),
    (IPv4Network("10.0.0.0/8"), "private use"),
    (IPv4Network("100.64.0.0/10"), "shared by carriers for NAT"),
    (IPv4Network("127.0.0.0/8"), "loopback"),
    (IPv4Network("169.254.0.0/16"), "link-local"),
    (IPv4Network("172.16.0.0/12"), "private use"),
    (IPv4Network("192.0.0.0/24"), "IETF protocol assignments"),
    (IPv4Network("192.0.2.0/24"), "documentation"),
    (IPv4Network("192.88.99.0/24"), "former 6to4 relays"),
    (IPv4Network("192.168.0.0/16"), "private use"),
    (IPv4Network("198.18.0.0/15"), "benchmarks"),
    (IPv4Network("198.51.100.0/24"), "documentation"),
    (IPv4Network("203.0.113.0/24"), "documentation"),
    (IPv4Network("224.0.0.0/4"), "multicast"),
    (IPv4Network("240.0.0.0/4"), "reserved"),  # 255.255.255.255 among them
)

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_TEREDO = IPv6Network("2001::/32")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = IPv6Network("64:ff9b:1::/48")
_ISATAP = (0x00005EFE, 0x02005EFE)  # what an interface identifier begins with (RFC 5214 section 6.1), in any network
_EMBEDDED_LOW = (
    IPv6Network("::ffff:0:0/96"),  # v4-mapped: the kernel dials the IPv4 address
    IPv6Network("::/96"),  # v4-compatible, :: and ::1 among them
    _NAT64,
)

# The first that holds the address decides, so an exception stands before the block that it is cut from.
_SPECIAL_IPV6 = (
    (IPv6Network("::/128"), "this host"),
    (IPv6Network("::1/128"), "loopback"),
    (IPv6Network("::ffff:0:0/96"), "IPv4-mapped"),
    (IPv6Network("::/96"), "IPv4-compatible"),
    (_NAT64, None),
    (_LOCAL_NAT64, "local NAT64"),
    (IPv6Network("100::/64"), "discard-only"),
    (IPv6Network("fc00::/7"), "unique-local"),
    (IPv6Network("fe80::/10"), "link-local"),
    (IPv6Network("fec0::/10"), "former site-local"),
    (IPv6Network("ff00::/8"), "multicast"),
    (_TEREDO, None),
    (IPv6Network("2001::/23"), "IETF protocol assignments"),
    (IPv6Network("2001:db8::/32"), "documentation"),
    (IPv6Network("3fff::/20"), "documentation"),
    (_GLOBAL_UNICAST, None),
)


def forbidden(address: IPAddress, allow: Sequence[IPNetwork] = ()) -> str | None:
    """Why this address may not be dialled, as a clause for people; null if it may.

    ``allow`` holds the networks that may be dialled though they are not public. An address is judged together with
    every IPv4 address inside it, and each of them must be public or in ``allow``. A zone id is never allowed.
    """
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return f"{address} has a zone, so it means something on one machine only"
    reasons = (_reason(part, allow) for part in reached_through(address))
    return next((reason for reason in reasons if reason is not None), None)


def reached_through(address: IPAddress) -> Iterator[IPAddress]:
    """The address, and every IPv4 address that a packet to it may end at."""
    yield address
    yield from _embedded(address)


def _reason(address: IPAddress, allow: Sequence[IPNetwork]) -> str | None:
    """Why this very address is not public, whatever it carries."""
    if any(address in network for network in allow):
        return None
    table = _SPECIAL_IPV4 if isinstance(address, IPv4Address) else _SPECIAL_IPV6
    outside = None if isinstance(address, IPv4Address) else "not assigned to anybody"
    use = next((use for network, use in table if address in network), outside)
    return f"{address} is set aside: {use}" if use else None


def _embedded(address: IPAddress) -> Iterator[IPv4Address]:
    """The IPv4 addresses that a packet to this IPv6 address may end at (RFC 3056, 4291, 4380, 5214, 6052, 8215)."""
    if isinstance(address, IPv4Address):
        return
    bits = int(address)
    if bits >> 32 & 0xFFFFFFFF in _ISATAP:
        yield _ipv4(bits)
    if any(address in network for network in _EMBEDDED_LOW):
        yield _ipv4(bits)
    elif address in _SIX_TO_FOUR:
        yield _ipv4(bits >> 80)
    elif address in _TEREDO:
        yield _ipv4(bits >> 64)  # the relay server
        yield _ipv4(~bits)  # the client, stored with its bits inverted
    elif address in _LOCAL_NAT64:
        # RFC 6052 section 2.2: in the /48 form the last 40 bits are zero and the address goes round octet 8.
        whole = bits & (1 << 40) - 1
        yield _ipv4(bits if whole else (bits >> 48 & 0xFFFF0000) | (bits >> 40 & 0xFFFF))


def _ipv4(bits: int) -> IPv4Address:
    return IPv4Address(bits & 0xFFFFFFFF)
