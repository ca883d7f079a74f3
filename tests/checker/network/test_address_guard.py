"""The address guard: every spelling of an address that isn't public, against the pure function (RFC 6890)."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.network.address_guard import forbidden


def _words(text: str) -> list[str]:
    return text.split()


FORBIDDEN = _words("""
0.0.0.0 0.0.0.1 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.0.0.53 127.1.2.3
127.255.255.255 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.9 192.0.0.170 192.0.2.1
192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.250
240.0.0.1 255.255.255.254 255.255.255.255 :: 0:0:0:0:0:0:0:0 ::1 0:0:0:0:0:0:0:1
0000:0000:0000:0000:0000:0000:0000:0001 ::ffff:127.0.0.1 ::FFFF:127.0.0.1 ::ffff:7f00:1 0:0:0:0:0:ffff:7f00:0001
::ffff:0.0.0.0 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 ::127.0.0.1 ::7f00:1
::8.8.8.8 ::a00:1 64:ff9b::127.0.0.1 64:ff9b::7f00:1 64:FF9B::A9FE:A9FE 64:ff9b::10.0.0.1 64:ff9b::0.0.0.0
64:ff9b:1::8.8.8.8 64:ff9b:1:7f00:0:100:: 64:ff9b:1:808:8:800:: 64:ff9b:2::1 64:ff9b::1:808:808 2002:7f00:1::
2002:7f00:0001::1 2002:A00:1:: 2002:a9fe:a9fe::8 2002:c0a8:101:1::1 2002::1 2001:0:7f00:1:0:0:f7f7:f7f7
2001:0:808:808:0:0:80ff:fffe 2001::1 2001:0:808:808::5601:5601 100::1 100:0:0:1::1 2001:1::1 2001:2::1 2001:10::1
2001:20::1 2001:1ff:ffff::1 2001:db8::1 2001:DB8:FFFF::1 3fff::1 3fff:fff::1 4000::1 5f00::1 8000::1 1fff::1 fc00::1
fd00::1 FDff:ffff::1 fe80::1 febf::1 fec0::1 fe00::1 ff02::1 ff0e::1 fe80::1%eth0 ::1%lo 2a00:1450::1%1
2606:4700::1111%eth0 2606:4700::5efe:127.0.0.1 2606:4700::200:5efe:127.0.0.1 2606:4700::5EFE:7F00:1
2a00:1450:1:2:0:5efe:10.0.0.1 2a00:1450:1:2:200:5efe:169.254.169.254 2002:808:808:0:0:5efe:127.0.0.1
""")

ALLOWED = _words("""
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 169.253.255.255
169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0 192.167.255.255
192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255 2000::1
2001:200::1 2001:db7:ffff::1 2001:db9:: 2003::1 2606:4700::1111 2A00:1450:4001:81B::200E 3ffe::1 3fff:1000::
64:ff9b::8.8.8.8 2002:808:808::1 2001:0:808:808:0:0:f7f7:f7f7 2606:4700::5efe:8.8.8.8 2606:4700::200:5efe:8.8.8.8
2606:4700::100:5efe:127.0.0.1 2606:4700::5efd:127.0.0.1
""")

# What a C library takes for an address; ours must never read these as one, so that no name becomes a dialled address.
NOT_ADDRESSES = _words("""
127.1 127.0.1 127 2130706433 0x7f000001 0x7F.0.0.1 0x7f.1 0177.0.0.1 017700000001 00127.0.0.1 127.0.0.01 127.0.0.1.
127.0.0.0x1 0 00 0.0 1.2.3 256.0.0.1 127.0.0.256 127.0.0.1/8 127.0.0.1:25 [::1] ::1/128 ::ffff:127.1
::ffff:0x7f.0.0.1 ::ffff:0177.0.0.1 1::2::3 :::1 12345:: localhost １２７.0.0.1 127。0.0.1 ①27.0.0.1 127.0.0.1%25 ::g
fe80::1% ::1%%
""")


def test_the_table_of_spellings_is_long_enough() -> None:
    assert len(FORBIDDEN) + len(NOT_ADDRESSES) >= 60


@pytest.mark.parametrize("spelling", FORBIDDEN)
def test_what_is_not_public_is_forbidden(spelling: str) -> None:
    reason = forbidden(ip_address(spelling))
    assert reason is not None
    assert "\n" not in reason


@pytest.mark.parametrize("spelling", ALLOWED)
def test_what_is_public_may_be_dialled_up_to_the_edge_of_each_block(spelling: str) -> None:
    assert forbidden(ip_address(spelling)) is None


@pytest.mark.parametrize("spelling", NOT_ADDRESSES)
def test_odd_spellings_are_no_addresses_at_all(spelling: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        ip_address(spelling)


@pytest.mark.parametrize(
    ("address", "allow", "free"),
    [
        ("127.0.0.1", ["127.0.0.0/8"], True),
        ("127.0.0.1", ["10.0.0.0/8"], False),
        ("10.1.2.3", ["10.1.2.3/32"], True),
        ("fd00::1", ["fd00::/8"], True),
        ("::1", ["127.0.0.0/8"], False),
        # Both the outer and the inner address must be allowed.
        ("::ffff:127.0.0.1", ["127.0.0.0/8"], False),
        ("::ffff:127.0.0.1", ["::ffff:0:0/96"], False),
        ("::ffff:127.0.0.1", ["::ffff:0:0/96", "127.0.0.0/8"], True),
        ("64:ff9b::a00:1", ["10.0.0.0/8"], True),  # its outer block is public
        ("fd00::5efe:10.0.0.1", ["fd00::/8"], False),
        ("fd00::5efe:10.0.0.1", ["fd00::/8", "10.0.0.0/8"], True),
        ("2002:a00:1::1", ["2002::/16"], False),
        ("64:ff9b:1::a00:1", ["64:ff9b:1::/48"], False),
        ("64:ff9b:1::808:808", ["64:ff9b:1::/48"], True),
        ("64:ff9b:1:808:8:800::", ["64:ff9b:1::/48"], True),
        ("64:ff9b:1:7f00:0:100::", ["64:ff9b:1::/48"], False),
        # A zone names an interface of this machine: no network makes it public.
        ("fe80::1%eth0", ["fe80::/10", "::/0"], False),
    ],
)
def test_only_the_named_networks_are_an_exception(address: str, allow: list[str], free: bool) -> None:
    reason = forbidden(ip_address(address), [ip_network(network) for network in allow])
    assert (reason is None) is free


@given(st.integers(0, 2**32 - 1))
def test_an_embedded_address_is_judged_like_itself(bits: int) -> None:
    """Whatever the IPv4 address, the wrappings that can be routed are as free as it is, and never freer."""
    inner = IPv4Address(bits)
    nat64 = IPv6Address((0x64FF9B << 96) | bits)
    six_to_four = IPv6Address((0x2002 << 112) | bits << 80 | 1)
    teredo = IPv6Address((0x20010000 << 96) | bits << 64 | (bits ^ 0xFFFFFFFF))
    isatap = IPv6Address((0x26064700 << 96) | 0x5EFE << 32 | bits)
    for wrapped in (nat64, six_to_four, teredo, isatap):
        assert (forbidden(wrapped) is None) is (forbidden(inner) is None)
    assert forbidden(IPv6Address(0xFFFF << 32 | bits)) is not None
    assert forbidden(IPv6Address(bits)) is not None


@given(st.integers(0, 2**128 - 1))
def test_nothing_outside_global_unicast_is_free(bits: int) -> None:
    address = IPv6Address(bits)
    public = address in IPv6Network("2000::/3") or address in IPv6Network("64:ff9b::/96")
    assert public or forbidden(address) is not None


@given(st.ip_addresses())
def test_it_never_frees_what_python_calls_private(address: IPv4Address | IPv6Address) -> None:
    """A second opinion. Tunnels stand apart: their inner address decides, which Python doesn't look at."""
    tunnels = (IPv6Network("2001::/32"), IPv6Network("2002::/16"), IPv6Network("64:ff9b::/96"))
    if forbidden(address) is None and not any(address in tunnel for tunnel in tunnels):
        claims = ("private", "loopback", "link_local", "reserved", "multicast", "unspecified")
        assert not [claim for claim in claims if getattr(address, f"is_{claim}")]
