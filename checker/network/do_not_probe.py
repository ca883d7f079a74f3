"""Who asked not to be probed: domains and host names with all below them, and networks.

The one rule of this file: an entry that can't be understood stops the start. A typing mistake must not probe somebody
who asked to be left alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from checker.names import DomainName, InvalidDomain, IPAddress, parse_domain
from checker.network.address_guard import IPNetwork, reached_through

ASKED = "Whoever runs it asked not to be probed."


class AskedNotToBeProbed(Exception):
    """A scan of this domain is not begun."""


@dataclass(frozen=True, slots=True)
class DoNotProbe:
    """The list. ``names`` stand for themselves and all names below them."""

    names: frozenset[DomainName] = frozenset()
    networks: tuple[IPNetwork, ...] = ()

    def covers(self, *names: DomainName) -> bool:
        """One of these names, or one above it, is on the list."""
        return bool(self.names) and any(above in self.names for name in names for above in _upwards(name))

    def holds(self, address: IPAddress) -> str | None:
        """Why this address, or an IPv4 address inside it, is left alone, as a clause for people; null if it isn't."""
        for part in reached_through(address):
            if any(part in network for network in self.networks):
                return f"{part} lies in a network whose operator asked not to be probed"
        return None


NOBODY = DoNotProbe()


def parse_do_not_probe(setting: str) -> DoNotProbe:
    """The list of a setting: entries separated by commas, or a file with one entry a line and ``#`` remarks.

    ``example.org, mx.example.net, 192.0.2.0/24, 2001:db8::1``. Raises ValueError with a sentence for people.
    """
    setting = setting.strip()
    return _read(_lines(setting) if setting.startswith(("/", "./", "../")) else setting.split(","))


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text("utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise ValueError(f"{path} can't be read: {why}.") from None


def _read(items: Iterable[str]) -> DoNotProbe:
    names: set[DomainName] = set()
    networks: list[IPNetwork] = []
    for item in (item.partition("#")[0].strip() for item in items):
        if item and (network := _network(item)):
            networks.append(network)
        elif item:
            names.add(_name(item))
    return DoNotProbe(frozenset(names), tuple(networks))


def _network(item: str) -> IPNetwork | None:
    try:
        return ip_network(item, strict=False)
    except ValueError:
        return None


def _name(item: str) -> DomainName:
    """A whole one: what people type into the form, such as a mail address, is no entry."""
    try:
        if not set(item) & set("/@*:<>"):
            return parse_domain(item)
    except InvalidDomain:
        pass
    raise ValueError(
        f"“{item}” is no entry. Write domains or host names like example.org, which stand for all below them too, "
        "and networks or addresses like 192.0.2.0/24; or the path of a file of them, beginning with / or ./."
    )


def _upwards(name: DomainName) -> Iterator[DomainName]:
    while name:
        yield name
        name = DomainName(name.partition(".")[2])
