"""Which resolvers are asked: those of the setting, or the system's."""

from pathlib import Path

import pytest

from checker.network.upstreams import parse_upstreams, system_upstreams


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("192.0.2.1", ["192.0.2.1:53"]),
        ("127.0.0.1:5300, [::1]:53", ["127.0.0.1:5300", "[::1]:53"]),
        ("::1,[2001:db8::1],", ["[::1]:53", "[2001:db8::1]:53"]),
        ("https://dns.test/dns-query", ["https://dns.test/dns-query"]),
        ("127.0.0.1,HTTPS://[::1]:8443/q", ["127.0.0.1:53", "HTTPS://[::1]:8443/q"]),
        ("", []),
    ],
)
def test_upstreams(text: str, want: list[str]) -> None:
    assert [str(upstream) for upstream in parse_upstreams(text)] == want


@pytest.mark.parametrize(
    "text",
    ["resolver.test", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "[::1", "::g", "[127.0.0.1]x", "127.0.0.01"],
)
def test_an_upstream_without_sense(text: str) -> None:
    with pytest.raises(ValueError, match="a resolver is an address"):
        parse_upstreams(f"192.0.2.1,{text}")


@pytest.mark.parametrize(
    "text",
    [
        "https://dns.test",
        "https://dns.test/",
        "https:///dns-query",
        "https:dns.test/dns-query",
        "https://me:secret@dns.test/dns-query",
        "https://dns.test/dns-query{?dns}",
        "https://dns.test/dns-query#part",
        "https://dns.test:0/dns-query",
        "https://dns.test:port/dns-query",
        "https://[::1/dns-query",
        "https://dns.test/dns query",
        "https://dns.tëst/dns-query",
    ],
)
def test_a_url_without_sense(text: str) -> None:
    """Nor one that holds a password, which the log would tell."""
    with pytest.raises(ValueError, match=r"a URL like https://dns\.example/dns-query\.$"):
        parse_upstreams(text)


def test_the_systems_resolvers(tmp_path: Path) -> None:
    """What isn't a usable line is passed over, and only the first three count, as libc has it."""
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_text(
        "# a comment\nsearch d.test\nnameserver\nnameserver nonsense\n"
        "nameserver 192.0.2.1 # why\n nameserver ::1\nnameserver fe80::1%lo\nnameserver 192.0.2.4\n"
    )
    assert [str(upstream.address) for upstream in system_upstreams(resolv_conf)] == ["192.0.2.1", "::1", "fe80::1%lo"]


def test_no_resolvers_in_the_system(tmp_path: Path) -> None:
    """Missing, empty, binary or a folder: none, and no crash."""
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    for name in ("missing", "empty", "binary", "."):
        assert system_upstreams(tmp_path / name) == ()
