"""Our names as the DNS library's, and back."""

import dns.name

from checker.names import DomainName, host_name, wire_labels


def to_dns(name: DomainName) -> dns.name.Name:
    """Absolute. Raises NameTooLong where a prefix has made it so."""
    return dns.name.Name((*wire_labels(name), b""))


def from_dns(name: dns.name.Name) -> DomainName:
    """An absolute name, whatever octets it holds."""
    return host_name(name.labels[:-1])
