"""Domain names: what a person typed becomes an A-label name once, and is never a bare string after that."""

from ipaddress import IPv4Address, IPv6Address
from typing import NewType

DomainName = NewType("DomainName", str)
"""A name in A-labels, lower case, without a trailing dot; ``""`` is the root. Made only in this file."""

type IPAddress = IPv4Address | IPv6Address
