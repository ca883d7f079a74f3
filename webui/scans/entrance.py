"""Who may ask for a scan, page or program: limits first, then a scan to join or a new one.

The one rule of this file: a refusal says when the client may ask again, and nothing was started.
"""

import math
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone

from checker.facts import Depth
from checker.names import DomainName
from webui import limits
from webui.scans import services
from webui.scans.models import Scan
from webui.scans.presentation.times import counted
from webui.scans.services import Requested


class Refused(Exception):
    """Not now: ``sentence`` says why and when, ``seconds`` after how long."""

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.seconds = max(1, math.ceil(seconds))


def ask(
    request: HttpRequest,
    domain: DomainName,
    *,
    depth: Depth = "verdict",
    fresh: bool = False,
    queue: Scan.Queue = Scan.Queue.INTERACTIVE,
) -> Requested:
    """A link to a scan, counted against the client's limit: joining costs a tenth of starting one.

    Raises limits.TooMany, services.TooSoon, and django.db.DatabaseError while the database is away.
    """
    now = timezone.now()
    if fresh and (at := services.anew_from(domain, now)):
        raise services.TooSoon(at)
    joins = not fresh and services.is_joinable(domain, depth, now)
    limits.admit(request, limits.JOIN_COST if joins else limits.SCAN_COST)
    return services.request_scan(domain, depth=depth, queue=queue, fresh=fresh, now=now)


def ask_or_refuse(request: HttpRequest, domain: DomainName, *, fresh: bool) -> Requested:
    """The same for a page. Raises Refused, with a sentence for people, and DatabaseError."""
    try:
        return ask(request, domain, fresh=fresh)
    except limits.TooMany as many:
        raise Refused(_too_many(many.seconds), many.seconds) from None
    except services.TooSoon as soon:
        seconds = (soon.at - timezone.now()).total_seconds()
        raise Refused(_too_soon(domain, soon.at, seconds), seconds) from None


def _too_many(seconds: float) -> str:
    return (
        "Nothing was started, because many checks came from your address in a short time, and each visits other "
        f"people’s mail servers. Press Check again in {_span(seconds)}."
    )


def _too_soon(domain: DomainName, at: datetime, seconds: float) -> str:
    return (
        f"{domain} was checked less than five minutes ago, by you or by somebody else. It can be checked anew from "
        f"{at:%H:%M:%S} UTC on, in {_span(seconds)}. Press Check to see the report that there is."
    )


def _span(seconds: float) -> str:
    """``40 seconds``, ``3 minutes``: rounded up, so that who waits so long is let in."""
    whole = max(1, math.ceil(seconds))
    return counted(whole, "second") if whole <= 90 else counted(math.ceil(whole / 60), "minute")
