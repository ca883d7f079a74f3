"""Errors for programs: problem details (RFC 9457), for the API and wherever else a report is read as JSON.

The one rule of this file: every error under ``/api/`` is one of ``KINDS``, whoever made it. The page about the API
explains each of them, and the ``type`` of a problem leads there.
"""

import json
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import responses
from typing import Any

from django.core.exceptions import DisallowedHost, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.encoding import escape_uri_path

from webui.coordination import CoordinationAway
from webui.database import is_away
from webui.limits import TooMany

MEDIA_TYPE = "application/problem+json"
AWAY_RETRY_S = 5  # a database that is started again is back by then

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of error: ``title`` is the same each time, ``advice`` is what the page about the API says of it."""

    code: str
    status: int
    title: str
    advice: str


BAD_REQUEST = Kind(
    "bad-request",
    400,
    "The request can’t be read",
    "Something about its address or its headers is wrong. Compare it with the examples on the page about the API.",
)
BAD_JSON = Kind(
    "bad-json",
    400,
    "The body is no JSON",
    "Send one JSON object in UTF-8. In a shell, put it between single quotes.",
)
BAD_TOKEN = Kind(
    "bad-access-token",
    401,
    "This access token isn’t known here",
    "Correct the token in the Authorization header, or leave that header out: most of the API needs none.",
)
TRUSTED_ONLY = Kind(
    "trusted-only",
    403,
    "Only trusted callers may ask for this",
    "Leave out what was asked for, or ask whoever runs this service for an access token.",
)
WRONG_SECRET = Kind(
    "wrong-secret",
    403,
    "That secret doesn’t delete this link",
    "Send the deletion secret that was given with this very token. Nobody else’s works, and it can’t be had again.",
)
DO_NOT_PROBE = Kind(
    "do-not-probe",
    403,
    "This domain is left alone",
    "Whoever runs it asked not to be looked at. Take it off your list: asking again changes nothing.",
)
NO_REPORT = Kind(
    "no-report",
    404,
    "There is no report under this token",
    "The token was cut short or mistyped, its link was deleted, or the report was kept for its time and then removed.",
)
NOTHING_HERE = Kind(
    "nothing-here",
    404,
    "This address leads nowhere",
    "The page about the API names all addresses that there are. None of them ends in a slash.",
)
WRONG_METHOD = Kind(
    "wrong-method",
    405,
    "This address doesn’t take that method",
    "The Allow header names the methods that it takes.",
)
TOO_LARGE = Kind(
    "too-large",
    413,
    "The body is too large",
    "Send one domain at a time; of a bounce message, the part with the error and the recipient’s address.",
)
WRONG_MEDIA_TYPE = Kind(
    "wrong-media-type",
    415,
    "The body isn’t marked as JSON",
    "Send the header Content-Type: application/json with it.",
)
BAD_DOMAIN = Kind(
    "bad-domain",
    422,
    "That is no domain that takes mail",
    "Correct the domain as “detail” says. “code” tells programs what is wrong with it.",
)
BAD_FIELD = Kind(
    "bad-field",
    422,
    "A field is missing or wrong",
    "“errors” names each, with a pointer to its place.",
)
TOO_MANY = Kind(
    "too-many-requests",
    429,
    "Too many requests came from your address",
    "Wait for so many seconds as the Retry-After header says, then go on more slowly.",
)
TOO_SOON = Kind(
    "too-soon",
    429,
    "This domain was scanned just now",
    "Leave out “fresh”, and you get the report that there is. Or wait as the Retry-After header says.",
)
BROKEN = Kind(
    "broken",
    500,
    "Mailseal made a mistake",
    "This is a fault of ours, and it was written down. Try again later; nothing is wrong with your request.",
)
AWAY = Kind(
    "away",
    503,
    "A part of the service is away",
    "Ask again after so many seconds as the Retry-After header says. It comes back by itself.",
)
KINDS = (
    BAD_REQUEST, BAD_JSON, BAD_TOKEN, TRUSTED_ONLY, WRONG_SECRET, DO_NOT_PROBE, NO_REPORT, NOTHING_HERE, WRONG_METHOD,
    TOO_LARGE, WRONG_MEDIA_TYPE, BAD_DOMAIN, BAD_FIELD, TOO_MANY, TOO_SOON, BROKEN, AWAY,
)  # fmt: skip
_AWAY = "Nothing was started or changed, because the database can’t be reached. Ask again in a few seconds."
_USUAL = {kind.status: kind for kind in (BAD_REQUEST, NOTHING_HERE, WRONG_METHOD, TOO_LARGE, TOO_MANY, BROKEN, AWAY)}


class Problem(Exception):
    """Ends a request with an error. ``detail`` is about this one, a sentence for people that says what to do.

    ``members`` stand beside the ordinary ones in the answer (RFC 9457 section 3.2).
    """

    def __init__(
        self, kind: Kind, detail: str = "", *, headers: Mapping[str, str] | None = None, **members: Any
    ) -> None:
        super().__init__(detail or kind.title)
        self.kind = kind
        self.detail = detail or kind.advice or kind.title
        self.headers = headers or {}
        self.members = members


def respond(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The answer to a request that ended with a problem."""
    response = HttpResponse(status=problem.kind.status, headers=dict(problem.headers))
    _write(request, response, problem)
    return response


def is_for_programs(path: str) -> bool:
    """Does what is asked for under this path answer with problem details?"""
    return path.startswith("/api/") or (path.startswith("/r/") and path.endswith(".json"))


class ProblemDetails:
    """Middleware, the outermost: what goes wrong for a program, anywhere in Django, becomes a problem."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Rewrite an error that is none yet. It keeps its headers: of security, Allow, Retry-After."""
        response = self._get_response(request)
        is_theirs = response.status_code >= 400 and is_for_programs(request.path)
        if is_theirs and isinstance(response, HttpResponse) and response["Content-Type"] != MEDIA_TYPE:
            _write(request, response, _usual(response))
        return response

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """What a view raised. What has no problem of its own is a fault of ours: logged, and never shown."""
        if not is_for_programs(request.path):
            return None
        problem = problem_of(failure)
        if problem is None:
            logger.error("a fault of ours at %s", request.path, exc_info=failure)
        return respond(request, problem or Problem(BROKEN))


def problem_of(failure: Exception) -> Problem | None:
    """The problem that an exception stands for. None: it is a fault of ours."""
    if isinstance(failure, Problem):
        return failure
    if isinstance(failure, RequestDataTooBig):
        return Problem(TOO_LARGE)
    if isinstance(failure, Http404):
        return Problem(NOTHING_HERE)
    if isinstance(failure, SuspiciousOperation):
        return Problem(BAD_REQUEST)
    if isinstance(failure, TooMany):
        seconds = max(1, math.ceil(failure.seconds))
        return Problem(TOO_MANY, f"The next is welcome in {seconds} s.", headers={"Retry-After": str(seconds)})
    if is_away(failure) or isinstance(failure, CoordinationAway):
        logger.warning("the database or the broker is away (%s)", type(failure).__name__)
        return Problem(AWAY, _AWAY, headers={"Retry-After": str(AWAY_RETRY_S)})
    return None


def _usual(response: HttpResponse) -> Problem:
    """The problem that a status alone stands for."""
    kind = _USUAL.get(response.status_code)
    if kind is None:  # RFC 9457 section 4.2.1
        return Problem(Kind("", response.status_code, responses.get(response.status_code, "An error"), ""))
    if kind is WRONG_METHOD:
        return Problem(kind, f"The methods that it takes: {response.get('Allow', '')}.")
    return Problem(kind)


def _write(request: HttpRequest, response: HttpResponse, problem: Problem) -> None:
    kind = problem.kind
    document = {
        "type": _type_url(request, kind),
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "instance": escape_uri_path(request.path),
        **problem.members,
    }
    response.content = json.dumps(document).encode("ascii")
    response["Content-Type"] = MEDIA_TYPE
    response["Content-Length"] = str(len(response.content))
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"


def _type_url(request: HttpRequest, kind: Kind) -> str:
    """Where this kind of problem is explained. Relative for who came by a name that isn't ours."""
    if not kind.code:
        return "about:blank"
    anchor = f"{reverse('api-page')}#{kind.code}"
    try:
        return request.build_absolute_uri(anchor)
    except DisallowedHost:
        return anchor
