"""No other site may make a visitor's browser post our forms (CSRF), and no cookie is needed to see to that.

Browsers say with each POST where it comes from: ``Sec-Fetch-Site`` (W3C Fetch Metadata section 2.3), or at least
``Origin`` (RFC 6454 section 7). The one rule of this file: what says that it comes from elsewhere is refused. What says
nothing is no browser of today, so there is no visitor in it to be misused; nor is there a login to be misused: the one
cookie that opens anything, for deleting a report, is never sent along from another site (SameSite).
"""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

from webui.scans import views

_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
_OURS = ("same-origin", "none")  # none: the visitor did it by themselves, say by reloading

logger = logging.getLogger(__name__)


class OriginMiddleware:
    """Refuses a form that another site's page sends. Views marked ``csrf_exempt`` see to it themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing before, nothing after."""
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], *_: Any) -> HttpResponse | None:
        """Before the view: null where it may go on."""
        if request.method in _SAFE or getattr(view, "csrf_exempt", False) or is_ours(request):
            return None
        logger.warning("A form from elsewhere was refused.")
        return views.strange_origin(request)


def is_ours(request: HttpRequest) -> bool:
    """A page of this very site sent it, or no browser did."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in _OURS
    came_from = request.headers.get("Origin") or request.headers.get("Referer")
    return came_from is None or _host_of(came_from) == request.get_host().lower()


def _host_of(url: str) -> str:
    """With its port, if it isn't the usual one. ``null`` and nonsense have none."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
