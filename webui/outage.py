"""What people see while the database is away: a page that says so, with what they typed.

The one rule of this file: nothing is asked of the database here. Programs get problem details (``webui.problems``).
"""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from checker.network.bounds import PASTED_CHARACTERS
from webui.database import is_away
from webui.problems import AWAY_RETRY_S, is_for_programs

logger = logging.getLogger(__name__)


class OutagePage:
    """Middleware: a view that could not reach the database answers with status 503 (RFC 9110 section 15.6.4)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Nothing to do while all is well."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """The page, where the database is away. Other failures, and those of programs, are not ours."""
        if is_for_programs(request.path) or not is_away(failure):
            return None
        logger.warning("the database is away (%s)", type(failure).__name__)
        typed = request.POST.get("domain", "") if request.method == "POST" else ""
        context = {"typed": typed[:PASTED_CHARACTERS], "retry_after": AWAY_RETRY_S}
        response = render(request, "503.html", context, status=503)
        response["Retry-After"] = str(AWAY_RETRY_S)
        response["Cache-Control"] = "no-store"
        return response
