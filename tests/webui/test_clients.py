"""Who asks, behind no proxy, one, or several; and who is trusted."""

import asyncio
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from webui.clients import behind_proxies, client_of, is_trusted

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
TOKEN = "a-token-of-twenty-characters"


def seen(peer: str | None, *headers: tuple[str, str], scheme: str = "http") -> dict[str, Any]:
    """The scope that an app behind the wrapper gets to see."""
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    scope: Any = {
        "type": "http",
        "scheme": scheme,
        "client": (peer, 50000) if peer else None,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
    }
    asyncio.run(behind_proxies(app, PROXIES)(scope, None, None))  # type: ignore[arg-type]
    return scopes[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("192.0.2.1", "198.51.100.9", "192.0.2.1"),  # no proxy of ours: its word counts for nothing
        ("127.0.0.1", "198.51.100.9", "127.0.0.1"),  # nor does this machine's, unless it is named
        ("10.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "203.0.113.5, 198.51.100.9", "198.51.100.9"),  # left of the client: anybody's words
        ("10.0.0.1", "10.9.9.9, 198.51.100.9, 10.0.0.2", "198.51.100.9"),  # two proxies of ours
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),  # a client inside our network
        ("10.0.0.1", "198.51.100.9, nonsense", "10.0.0.1"),  # not what a proxy writes
        ("10.0.0.1", "nonsense, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.9:4711", "198.51.100.9"),
        ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.9", "198.51.100.9"),
    ],
)
def test_a_proxy_is_believed_as_configured(peer: str, forwarded_for: str, client: str) -> None:
    """The rightmost address that isn't a proxy of ours is the client."""
    assert seen(peer, ("X-Forwarded-For", forwarded_for))["client"][0] == client


def test_several_fields_are_one_list() -> None:
    """A client's own field stands before that of the proxy."""
    found = seen("10.0.0.1", ("X-Forwarded-For", "203.0.113.5"), ("X-Forwarded-For", "198.51.100.9"))
    assert found["client"][0] == "198.51.100.9"


@pytest.mark.parametrize(
    ("peer", "told", "scheme"),
    [
        ("10.0.0.1", "https", "https"),
        ("10.0.0.1", "http", "http"),
        ("10.0.0.1", "gopher", "http"),
        ("192.0.2.1", "https", "http"),
        (None, "https", "http"),
    ],
)
def test_https_is_told_by_a_proxy_of_ours(peer: str | None, told: str, scheme: str) -> None:
    """Or anybody could have cookies sent that are for https only."""
    assert seen(peer, ("X-Forwarded-Proto", told))["scheme"] == scheme


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_a_client_is_an_address_or_a_network(address: str, client: str) -> None:
    """Who has one v6 address has the other 2**64 too."""
    assert client_of(RequestFactory().get("/", REMOTE_ADDR=address)) == client


@pytest.mark.parametrize(
    ("header", "want"),
    [
        (f"Bearer {TOKEN}", True),
        (f"bearer  {TOKEN}", True),
        (f"Bearer {TOKEN}x", False),
        (f"Basic {TOKEN}", False),
        (TOKEN, False),
        ("Bearer é", False),
        ("Bearer ", False),
        ("", False),
    ],
)
def test_a_trusted_token(settings: Settings, header: str, want: bool) -> None:
    """Any of those that are set, whole."""
    settings.MAILSEAL_TRUSTED_TOKENS = ("another-token-of-twenty", TOKEN)
    assert is_trusted(RequestFactory().get("/", headers={"Authorization": header})) is want


def test_without_tokens_nobody_is_trusted(settings: Settings) -> None:
    """The empty one least of all."""
    settings.MAILSEAL_TRUSTED_TOKENS = ()
    assert not is_trusted(RequestFactory().get("/", headers={"Authorization": "Bearer "}))
