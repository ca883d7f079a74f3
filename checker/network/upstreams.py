"""Which recursive resolvers are asked: by address over UDP and TCP, or by URL over HTTPS (RFC 8484).

The one rule of this file: a resolver that can't be followed is refused with a sentence for people; none is guessed.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from checker.names import IPAddress

_WITH_PORT = re.compile(r"(?:\[(?P<v6>[^]]+)\]|(?P<v4>[0-9.]+))(?::(?P<port>[0-9]{1,5}))?")
_URL = re.compile(r"https://[!-~]+", re.IGNORECASE)
_SYSTEM_RESOLVERS = 3  # resolv.conf(5): libc asks no more of them


@dataclass(frozen=True, slots=True)
class Upstream:
    """A recursive resolver that is asked over UDP, and over TCP where an answer doesn't fit."""

    address: IPAddress
    port: int = 53

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if self.address.version == 6 else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class HttpsUpstream:
    """A recursive resolver that is asked over HTTPS, at this URL. The system's own resolver finds its host."""

    url: str

    def __str__(self) -> str:
        return self.url


type AnyUpstream = Upstream | HttpsUpstream


def parse_upstreams(text: str) -> tuple[AnyUpstream, ...]:
    """The resolvers of a setting, separated by commas: addresses with or without a port, and URLs.

    ``192.0.2.1, 127.0.0.1:5300, [::1]:53, https://dns.example/dns-query``. Raises ValueError with a sentence for
    people.
    """
    return tuple(_parse_upstream(item.strip()) for item in text.split(",") if item.strip())


def system_upstreams(resolv_conf: Path = Path("/etc/resolv.conf")) -> tuple[Upstream, ...]:
    """The resolvers that the system uses. None where the file is missing or names none: each look-up then says so."""
    try:
        lines = resolv_conf.read_text(errors="replace").splitlines()
    except OSError:
        return ()
    words = [line.split() for line in lines]
    named = [word[1] for word in words if len(word) > 1 and word[0] == "nameserver"]
    addresses = (_address(text) for text in named)
    return tuple(Upstream(address) for address in addresses if address is not None)[:_SYSTEM_RESOLVERS]


def _parse_upstream(text: str) -> AnyUpstream:
    if text.lower().startswith("https:"):
        return _parse_url(text)
    parts = _WITH_PORT.fullmatch(text)
    address = _address((parts["v6"] or parts["v4"]) if parts else text)
    port = int((parts and parts["port"]) or 53)
    if address is None or not 0 < port < 65536:
        raise ValueError(
            f"{text}: a resolver is an address, with or without a port (192.0.2.1, [::1]:5300), or a URL "
            "(https://dns.example/dns-query)."
        )
    return Upstream(address, port)


def _parse_url(text: str) -> HttpsUpstream:
    """The URL without name and password, which the log would tell, and without what belongs to GET."""
    refused = ValueError(f"{text}: a resolver over HTTPS is a URL like https://dns.example/dns-query.")
    if not _URL.fullmatch(text) or set("@?#{}\\") & set(text):
        raise refused
    try:
        parts = urlsplit(text)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise refused from None
    if not usable or parts.path in ("", "/"):
        raise refused
    return HttpsUpstream(text)


def _address(text: str) -> IPAddress | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
