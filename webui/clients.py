"""Who asks: an address, or who holds a trusted token.

The one rule of this file: what a client says of itself counts for nothing. X-Forwarded-For and X-Forwarded-Proto are
believed of a proxy that MAILSEAL_PROXIES names, and of X-Forwarded-For only what such a proxy added.
"""

import re
import secrets
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import cast

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope
from django.conf import settings
from django.http import HttpRequest

V6_CLIENT = 64  # bits: who has one address of such a network has them all (RFC 6177)
_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]*)\](:\d+)?|(?P<v4>[\d.]+):\d+")

type Address = IPv4Address | IPv6Address
type Networks = Sequence[IPv4Network | IPv6Network]


def behind_proxies(app: ASGI3Application, proxies: Networks) -> ASGI3Application:
    """An ASGI app that sees the client of a proxy we believe, and the scheme by which it came, instead of the proxy."""

    async def seen(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "http" and _is_ours(_peer(scope), proxies):
            scope = _as_told(scope, proxies)
        await app(scope, receive, send)

    return seen


def client_of(request: HttpRequest) -> str:
    """The client for whom limits count: a v4 address, or the /64 of a v6 one."""
    return _client(_address(request.META.get("REMOTE_ADDR") or ""))


def client_of_scope(scope: HTTPScope) -> str:
    """Likewise, before Django hears of the request."""
    return _client(_peer(scope))


def _client(address: Address | None) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((address, V6_CLIENT), strict=False))
    return str(address) if address else "unknown"


def is_trusted(request: HttpRequest) -> bool:
    """Does the client hold one of MAILSEAL_TRUSTED_TOKENS? It sends it as RFC 6750 section 2.1 has it."""
    return _is_trusted(request.headers.get("Authorization", ""))


def is_trusted_scope(scope: HTTPScope) -> bool:
    """Likewise, before Django hears of the request."""
    return _is_trusted(_header(scope, b"authorization"))


def _is_trusted(authorization: str) -> bool:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return False
    sent = token.strip().encode(errors="replace")
    return any(secrets.compare_digest(sent, known.encode()) for known in settings.MAILSEAL_TRUSTED_TOKENS)


def _peer(scope: HTTPScope) -> Address | None:
    client = scope.get("client")
    return _address(client[0]) if client else None


def _as_told(scope: HTTPScope, proxies: Networks) -> HTTPScope:
    client = _told_client(_header(scope, b"x-forwarded-for"), proxies)
    scheme = _header(scope, b"x-forwarded-proto").rpartition(",")[2].strip().lower()
    told = {
        **scope,
        **({"client": (str(client), 0)} if client else {}),
        **({"scheme": scheme} if scheme in ("http", "https") else {}),
    }
    return cast("HTTPScope", told)


def _told_client(forwarded_for: str, proxies: Networks) -> Address | None:
    """The rightmost that isn't a proxy of ours: what stands left of it anybody may have written."""
    client = None
    for text in reversed(forwarded_for.split(",")):
        address = _address(text.strip())
        if address is None:
            break
        client = address
        if not _is_ours(address, proxies):
            break
    return client


def _is_ours(address: Address | None, proxies: Networks) -> bool:
    return address is not None and any(address in network for network in proxies)


def _header(scope: HTTPScope, name: bytes) -> str:
    """All fields of this name as one (RFC 9110 section 5.3)."""
    return ",".join(value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name)


def _address(text: str) -> Address | None:
    if parts := _WITH_PORT.fullmatch(text):
        text = parts["v6"] or parts["v4"] or ""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
