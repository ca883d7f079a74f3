"""A path from what was sent to a trusted root, and nothing but the path."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import certifi
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from checker.certificates.trust import TrustedRoots
from sandbox.authority import DAY, Authority, Issued

SECOND = timedelta(seconds=1)
SERVERS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
CLIENTS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
BOTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH])


def trusts(authority: Authority, issued: Issued, now: datetime) -> bool:
    leaf, *sent = issued.chain
    return TrustedRoots.load(authority.root_pem).verifies(leaf, sent, now)


@pytest.mark.parametrize(
    ("extension", "trusted", "why"),
    [
        (SERVERS, True, "what public authorities make of late: their intermediates serve servers alone"),
        (BOTH, True, "one purpose of several is enough"),
        (CLIENTS, False, "an issuer for clients may not vouch for servers"),
        (x509.NameConstraints([x509.DNSName("mail.test")], None), True, "the host lies within"),
        (x509.NameConstraints([x509.DNSName("other.test")], None), False, "the host lies outside"),
        (x509.NameConstraints(None, [x509.DNSName("mail.test")]), False, "the host is excluded"),
    ],
)
def test_issuer_may(extension: x509.ExtensionType, trusted: bool, why: str, now: datetime) -> None:
    """What an issuer may vouch for is part of the path (RFC 5280 section 6)."""
    authority = Authority(now, issuer_extensions=[extension])
    assert trusts(authority, authority.issue(["mx.mail.test"]), now) is trusted, why


@pytest.mark.parametrize(
    ("purpose", "trusted"),
    [
        (ExtendedKeyUsageOID.SERVER_AUTH, True),
        (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE, True),
        (None, True),
        (ExtendedKeyUsageOID.CLIENT_AUTH, False),
    ],
)
def test_leaf_serves(purpose: x509.ObjectIdentifier | None, trusted: bool, authority: Authority, now: datetime) -> None:
    """A leaf that says what it is for must be for TLS servers (RFC 5280 section 4.2.1.12)."""
    assert trusts(authority, authority.issue(["mx.mail.test"], purpose=purpose), now) is trusted


@pytest.mark.parametrize(
    ("begins", "ends"),
    [(-30 * DAY, -DAY), (DAY, 30 * DAY), (-DAY, timedelta()), (timedelta(), DAY), (-DAY, -DAY), (-DAY, -DAY + SECOND)],
)
def test_dates_of_the_leaf_are_left_aside(
    begins: timedelta, ends: timedelta, authority: Authority, now: datetime
) -> None:
    """Expired, not yet valid, on the very second of either end, or valid for one second: the path is the same."""
    assert trusts(authority, authority.issue(["mx.mail.test"], begins=begins, ends=ends), now)


def test_dates_of_an_issuer_count(now: datetime) -> None:
    """An issuer that has ended vouches for nothing, unless the leaf ended before it."""
    authority = Authority(now, issuer_ends=-DAY)
    assert not trusts(authority, authority.issue(["mx.mail.test"]), now)
    assert trusts(authority, authority.issue(["mx.mail.test"], ends=-2 * DAY), now)


def test_now_may_be_told_in_any_zone(authority: Authority, now: datetime) -> None:
    hour = timedelta(hours=1)
    issued = authority.issue(["mx.mail.test"], begins=-hour, ends=hour)
    assert trusts(authority, issued, now.astimezone(ZoneInfo("Asia/Tokyo")))


def test_a_root_of_ones_own_may_be_the_leaf_itself(authority: Authority, now: datetime) -> None:
    """A company may trust its self-signed certificate by name."""
    issued = authority.self_signed(["mx.mail.test"])
    assert TrustedRoots.load(issued.chain_pem).verifies(issued.chain[0], [], now)


def test_a_bad_root_costs_itself_alone(authority: Authority, stranger: Authority, now: datetime) -> None:
    """Broken, cut off or not a certificate at all: the others are still loaded, and a sentence says what is missing."""
    broken = stranger.root_pem.replace(b"M", b"N", 1)
    cut_off = stranger.root_pem[:300]
    roots = TrustedRoots.load(b"# a comment\n" + broken + authority.root_pem + cut_off + stranger.root_pem)
    assert roots.certificates == (authority.root, stranger.root)
    assert [warning.split(" in the file")[0] for warning in roots.warnings] == [
        "Trusted root number 1",
        "Trusted root number 3",
    ]


@pytest.mark.parametrize("pem", [b"", b"junk", b"-----BEGIN CERTIFICATE-----", b"\xff" * 1000])
def test_without_roots_nothing_is_trusted(pem: bytes, authority: Authority, now: datetime) -> None:
    roots = TrustedRoots.load(pem)
    leaf, *sent = authority.issue(["mx.mail.test"]).chain
    assert roots.certificates == ()
    assert "no trusted roots" in roots.warnings[-1]
    assert not roots.verifies(leaf, sent, now)


def test_the_public_roots_all_load() -> None:
    """The bundle that we ship with: nothing in it is skipped, and none of it vouches for the sandbox."""
    roots = TrustedRoots.load(Path(certifi.where()).read_bytes())
    assert len(roots.certificates) > 100
    assert roots.warnings == ()
