"""Numbers for Prometheus, at ``/metrics``.

The one rule of this file: only requests are counted in this process, so each web server tells its own (scrape each).
Everything else is read when it is asked for, from the database and Redis, and is the same whichever server tells it.
"""

import logging
from collections.abc import Callable, Iterator
from ipaddress import ip_address

from django.conf import settings
from django.db import Error
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from webui import coordination, tally
from webui.scans.models import Scan

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")  # a proxy let somebody in
_COUNTERS = {
    tally.CONNECTIONS: ("mailseal_connections_opened", "Connections that scans opened to mail servers."),
    tally.RECOVERIES: ("mailseal_sweep_recoveries", "Scans that a sweep took from a worker that said nothing."),
    tally.GIVEN_UP: ("mailseal_scans_given_up", "Scans that ended because they failed too often."),
}

logger = logging.getLogger(__name__)

REGISTRY = CollectorRegistry()
_requests = Counter(
    "mailseal_http_requests", "Requests that this web server answered.", ["route", "status"], registry=REGISTRY
)

STREAMS = Gauge(
    "mailseal_event_streams", "Pages of running scans that this web server tells of each change.", registry=REGISTRY
)


def count_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: counts each answer by its route, never by its address, which may be a link."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        route = request.resolver_match.route if request.resolver_match else "none"
        _requests.labels(route or "/", str(response.status_code)).inc()
        return response

    return respond


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers, for this machine and MAILSEAL_METRICS_NETWORKS alone, and for nobody through a proxy."""
    if not _may_read(request):
        text = "These numbers are not public. MAILSEAL_METRICS_NETWORKS names who may read them, without a proxy.\n"
        return HttpResponse(text, status=403, content_type="text/plain; charset=utf-8")
    response = HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
    response["Cache-Control"] = "no-store"
    return response


def _may_read(request: HttpRequest) -> bool:
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR") or "")
    except ValueError:
        return False
    return address.is_loopback or any(address in network for network in settings.MAILSEAL_METRICS_NETWORKS)


class _Shared(Collector):
    """What all processes share. A part that is away is left out, and ``mailseal_part_up`` says so."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("mailseal_part_up", "Is this part reachable from the web server?", labels=["part"])
        for part, read in (("database", _scans), ("broker", _from_redis)):
            try:
                found = list(read())
            except (Error, coordination.CoordinationAway) as away:
                logger.warning("numbers of the %s are left out: it is away (%s)", part, type(away).__name__)
                found = []
            up.add_metric([part], float(bool(found)))
            yield from found
        yield up


REGISTRY.register(_Shared())


def _scans() -> Iterator[Metric]:
    family = GaugeMetricFamily("mailseal_scans", "Scans that are kept, by state and level.", labels=["state", "level"])
    rows = Scan.objects.order_by().values_list("state", "level").annotate(number=Count("pk"))
    for state, level, number in rows:
        family.add_metric([state, level or "none"], number)
    yield family


def _from_redis() -> Iterator[Metric]:
    family = GaugeMetricFamily("mailseal_queue_length", "Messages that wait for a worker.", labels=["queue"])
    for queue in Scan.Queue.values:
        family.add_metric([queue], coordination.queue_length(queue))
    yield family
    totals = tally.totals()
    for name, (metric, says) in _COUNTERS.items():
        yield CounterMetricFamily(metric, says, value=totals.get(name, 0))
    yield _durations(totals)


def _durations(totals: dict[str, float]) -> Metric:
    buckets = [(str(float(bound)), totals.get(tally.bucket(bound), 0)) for bound in tally.BUCKETS_S]
    buckets.append(("+Inf", totals.get(tally.SECONDS_COUNT, 0)))
    says = "How long scans took in their workers, in seconds."
    seconds = totals.get(tally.SECONDS_SUM, 0)
    return HistogramMetricFamily("mailseal_scan_seconds", says, buckets=buckets, sum_value=seconds)
