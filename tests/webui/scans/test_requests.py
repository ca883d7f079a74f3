"""Asking for a scan, its links, and their end."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from checker.names import parse_domain
from webui import coordination
from webui.scans import services
from webui.scans.models import Link, Scan

EXAMPLE = parse_domain("example.test")


def test_a_request_is_a_row_and_a_link_and_then_a_message(
    broker: Any, db: None, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    """The message goes out after the commit, or a quick worker would find no row."""
    with django_capture_on_commit_callbacks(execute=True):
        requested = services.request_scan(EXAMPLE)
        assert broker.waiting() == []
    scan = Scan.objects.get(links=requested.link)
    assert (scan.domain, scan.depth, scan.state, scan.attempts) == ("example.test", "verdict", "queued", 0)
    assert broker.waiting() == [str(scan.pk)]


def test_the_queues_are_apart(broker: Any, db: None, django_capture_on_commit_callbacks: Callable[..., Any]) -> None:
    """What somebody waits for does not stand behind what nobody waits for."""
    with django_capture_on_commit_callbacks(execute=True):
        background = services.request_scan(EXAMPLE, queue=Scan.Queue.BACKGROUND)
    assert (broker.waiting("interactive"), broker.waiting("background")) == ([], [str(background.link.scan_id)])


def test_a_broker_that_is_away_loses_nothing(
    broker: Any, db: None, django_capture_on_commit_callbacks: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The request is answered all the same, and the sweep queues the scan once the broker is back."""
    broker.stop()
    try:
        with django_capture_on_commit_callbacks(execute=True):
            scan = services.request_scan(EXAMPLE).link.scan
        services.sweep(timezone.now() + services.PATIENCE[Scan.Queue.INTERACTIVE])
    finally:
        broker.start()
    assert f"scan {scan.pk}: not queued for now" in caplog.text
    services.sweep(timezone.now() + services.PATIENCE[Scan.Queue.INTERACTIVE])
    assert broker.waiting() == [str(scan.pk)]


def test_what_could_not_be_queued_is_for_the_next_sweep(
    broker: Any, db: None, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    """No message is on its way, so nobody's patience is tried: not even that of the background."""
    broker.stop()
    try:
        with django_capture_on_commit_callbacks(execute=True):
            scan = services.request_scan(EXAMPLE, queue=Scan.Queue.BACKGROUND).link.scan
    finally:
        broker.start()
    services.sweep(timezone.now())
    assert broker.waiting("background") == [str(scan.pk)]


def test_a_broker_that_hangs_is_waited_for_once(
    broker: Any,
    db: None,
    django_capture_on_commit_callbacks: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first who asks waits a moment, the others not at all, and the sweep queues all of it in the end."""
    monkeypatch.setattr(coordination, "SILENT_S", 600.0)
    with django_capture_on_commit_callbacks(execute=True):
        services.request_scan(EXAMPLE)  # so that there is a connection, to which nobody will answer
    with broker.hanging(), django_capture_on_commit_callbacks(execute=True):
        waiting = [services.request_scan(parse_domain(f"{number}.test")).link.scan for number in range(50)]
    assert caplog.text.count("not queued for now, the broker is away") == 1
    assert caplog.text.count("not queued for now, the broker is silent") == len(waiting) - 1
    coordination.SILENCE.end()
    services.sweep(timezone.now())
    assert {str(scan.pk) for scan in waiting} <= set(broker.waiting())


def test_tokens_hold_128_random_bits_or_more(scan: Scan) -> None:
    """A link can't be guessed, and its deletion secret can't be told from it or from the database."""
    requested = [services.add_link(scan, timezone.now()) for _ in range(200)]
    tokens = {each.link.token for each in requested}
    secrets = {each.deletion_secret for each in requested}
    assert len(tokens | secrets) == 400
    assert all(len(token) >= 22 for token in tokens | secrets)
    first = requested[0]
    assert first.link.secret_hash == hashlib.sha256(first.deletion_secret.encode()).hexdigest()


def test_a_scan_goes_with_its_last_link(scan: Scan) -> None:
    """One of two links goes alone; the last takes the scan with it."""
    first, second = (services.add_link(scan, timezone.now()).link for _ in range(2))
    services.delete_link(first)
    assert list(Link.objects.all()) == [second]
    assert Scan.objects.filter(pk=scan.pk).exists()
    services.delete_link(second)
    assert not Scan.objects.filter(pk=scan.pk).exists()
