"""What the product's own limits must never fall below."""

import pytest

from checker.network.bounds import DEEP, Bounds

pytestmark = pytest.mark.parametrize("bounds", [Bounds(), DEEP], ids=["verdict", "deep"])


def test_every_address_has_its_place(bounds: Bounds) -> None:
    """So tarpits, however many, never crowd out a good server."""
    assert bounds.addresses_at_once >= bounds.servers * bounds.addresses_per_server


def test_a_slow_greeting_is_waited_for(bounds: Bounds) -> None:
    """RFC 5321 section 4.5.3.2.1 allows five minutes; a minute tells slow from dead (SMTP-2)."""
    assert bounds.greeting_s >= 60


def test_a_busy_server_is_left_alone_for_a_minute_and_a_second_try_fits(bounds: Bounds) -> None:
    assert bounds.busy_pause_s >= 60
    assert bounds.scan_soft_s + bounds.busy_pause_s + bounds.greeting_s < bounds.scan_hard_s
