"""The numbers for Prometheus: what they count, who may read them, and that counting never fails."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from tests.webui.conftest import Broker
from webui import tally
from webui.environment import ServiceSettings, SettingsError
from webui.scans import services
from webui.scans.models import Scan


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    """What other tests counted in this process is theirs."""
    tally._waiting.clear()
    yield
    tally._waiting.clear()


def numbers(client: Client) -> dict[str, float]:
    """Each sample by its name and labels, as Prometheus's own parser reads them."""
    text = client.get("/metrics").content.decode()
    return {
        " ".join([sample.name, *(f"{key}={value}" for key, value in sorted(sample.labels.items()))]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route(client: Client, db: None, broker: Broker) -> None:
    """By route and never by address: an address may be a link."""
    before = numbers(client)
    client.get("/r/Zx9-secret_token-of-a-lnk")
    client.get("/nowhere/Zx9-secret")
    after = numbers(client)
    grown = {name for name in after if after[name] - before.get(name, 0) == 1 and "http_requests_total" in name}
    assert grown == {
        "mailseal_http_requests_total route=r/<slug:token> status=404",
        "mailseal_http_requests_total route=none status=404",
        "mailseal_http_requests_total route=metrics status=200",
    }
    assert "Zx9" not in client.get("/metrics").content.decode()


def test_scans_queues_and_durations(client: Client, make_scan: Callable[..., Scan], broker: Broker) -> None:
    """What all processes share is read from the database and Redis."""
    make_scan()
    make_scan(state="finished", level="enforced", finished_at=services.timezone.now())
    services._queue(make_scan(queue="background"))
    for seconds in (0.7, 30, 1000):
        tally.count_seconds(seconds)
    tally.count(tally.CONNECTIONS, 7)
    tally.hand_over()
    found = numbers(client)
    assert {
        "mailseal_scans level=none state=queued": 2,
        "mailseal_scans level=enforced state=finished": 1,
        "mailseal_queue_length queue=interactive": 0,
        "mailseal_queue_length queue=background": 1,
        "mailseal_connections_opened_total": 7,
        "mailseal_scan_seconds_bucket le=0.5": 0,
        "mailseal_scan_seconds_bucket le=1.0": 1,
        "mailseal_scan_seconds_bucket le=40.0": 2,
        "mailseal_scan_seconds_bucket le=+Inf": 3,
        "mailseal_scan_seconds_count": 3,
        "mailseal_scan_seconds_sum": 1030.7,
        "mailseal_part_up part=database": 1,
        "mailseal_part_up part=broker": 1,
    }.items() <= found.items()


def test_recoveries_are_counted(client: Client, make_scan: Callable[..., Scan], broker: Broker) -> None:
    """One that is queued again, and one that had its last attempt."""
    now = services.timezone.now()
    lost = now - timedelta(seconds=1)
    make_scan(state="running", lease_until=lost, attempts=1)
    make_scan(state="running", lease_until=lost, attempts=services.ATTEMPTS)
    services.sweep(now)
    tally.hand_over()
    found = numbers(client)
    assert (found["mailseal_sweep_recoveries_total"], found["mailseal_scans_given_up_total"]) == (1, 1)


def test_without_redis_counts_wait(client: Client, db: None, broker: Broker) -> None:
    """Nothing fails and nothing is lost: the page tells which part is away."""
    broker.stop()
    try:
        tally.count(tally.CONNECTIONS)
        tally.hand_over()
        found = numbers(client)
    finally:
        broker.start()
    assert (found["mailseal_part_up part=broker"], found["mailseal_part_up part=database"]) == (0, 1)
    assert "mailseal_connections_opened_total" not in found
    broker.clear()
    tally.hand_over()
    assert numbers(client)["mailseal_connections_opened_total"] == 1


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("10.2.0.9", {}, 200),
        ("10.3.0.9", {}, 403),
        ("", {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, 403),
        ("127.0.0.1", {"Via": "1.1 proxy"}, 403),
    ],
)
def test_the_numbers_are_not_public(
    client: Client, db: None, broker: Broker, settings: Any, address: str, headers: dict[str, str], status: int
) -> None:
    """This machine and the networks named may read them; a proxy on this machine lets nobody in."""
    settings.MAILSEAL_METRICS_NETWORKS = (ip_network("10.2.0.0/24"),)
    assert client.get("/metrics", headers=headers, REMOTE_ADDR=address).status_code == status


def test_networks_that_are_none_are_refused(tmp_path: Any) -> None:
    """With the setting's name."""
    with pytest.raises(SettingsError, match=re.escape("MAILSEAL_METRICS_NETWORKS: '10.2'")):
        ServiceSettings.from_environment({"MAILSEAL_VAR": str(tmp_path / "v"), "MAILSEAL_METRICS_NETWORKS": "10.2"})
