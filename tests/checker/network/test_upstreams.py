"""Which resolvers are asked: those of the setting, or the system's."""

from pathlib import Path

import pytest

from checker.network.resolver import parse_upstreams, system_upstreams


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("192.0.2.1", ["192.0.2.1:53"]),
        ("127.0.0.1:5300, [::1]:53", ["127.0.0.1:5300", "[::1]:53"]),
        ("::1,[2001:db8::1],", ["[::1]:53", "[2001:db8::1]:53"]),
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


def test_dns_over_https_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="isn't supported yet"):
        parse_upstreams("https://dns.test/dns-query")


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
