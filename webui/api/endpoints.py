"""What programs can ask for: order a scan, read and delete it, and the formats of it all.

The one rule of this file: it says what goes in and out; what a scan is and who may have one, ``webui.scans`` knows.
"""

import math
from typing import Annotated, NoReturn

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from ninja import Header, NinjaAPI, Query, Status
from ninja.errors import HttpError, ValidationError

from checker.names import InvalidDomain
from checker.pasted.known import entries
from checker.pasted.match import Match
from checker.report.schema import schema_text
from webui import problems
from webui.api.formats import WAIT_S, Deletion, Ordered, PastedMatch, ScanOrder, Urls
from webui.api.openapi import openapi_text
from webui.api.reading import JsonBody, fields_problem, reason
from webui.clients import is_trusted
from webui.problems import Problem
from webui.scans import entrance, queries, services
from webui.scans.addresses import report_address
from webui.scans.asked import LEFT_ALONE, Asked, read_asked
from webui.scans.models import Scan
from webui.scans.services import Requested, TooSoon
from webui.scans.views import report_json

_READ = ["GET", "HEAD"]
PUBLIC = "public, max-age=3600"  # formats: the same for everybody, and only a new version changes them

api = NinjaAPI(
    title="Mailseal",
    version="1",
    description="Will mail to a domain travel encrypted, to the right server, and arrive?",
    urls_namespace="api",
    openapi_url=None,
    docs_url=None,
    parser=JsonBody(),
)


@api.post("/scans", response={202: Ordered}, url_name="scans", operation_id="orderScan")
def order_scan(request: HttpRequest, response: HttpResponse, order: ScanOrder) -> Status[Ordered]:
    """Order a scan: of a domain that was just scanned you get the report that there is, under a link of your own."""
    asked = _asked(order.domain)
    if not _is_trusted(request) and order.depth != "verdict":
        raise Problem(problems.TRUSTED_ONLY, "Leave out “depth”: a deep scan is for trusted callers only.")
    try:
        requested = entrance.ask(
            request, asked.domain, depth=order.depth, fresh=order.fresh, queue=Scan.Queue(order.queue)
        )
    except TooSoon as too_soon:
        raise _too_soon(too_soon) from None
    response["Location"] = _url(request, "api:scan", requested)
    response["Cache-Control"] = "private, no-store"
    return Status(202, _ordered(request, requested, asked))


@api.api_operation(_READ, "/scans/{slug:token}", url_name="scan", operation_id="readScan")
def read_scan(
    request: HttpRequest,
    token: str,
    wait: Annotated[int, Query(ge=0, le=WAIT_S, description="Seconds to wait for the end, if it isn’t there yet.")] = 0,
) -> HttpResponseBase:
    """The report, as far as it is known. ``webui.api.waiting`` has waited before Django heard of the request."""
    return report_json(request, token)


@api.delete("/scans/{slug:token}", response={204: None}, operation_id="deleteLink")
def delete_link(
    request: HttpRequest,
    token: str,
    deletion: Deletion | None = None,
    secret: Annotated[str | None, Header(alias="Deletion-Secret", description="Instead of a body.")] = None,
) -> Status[None]:
    """Delete a link, and with the last link to it the report."""
    secret = deletion.deletion_secret if deletion else secret
    if secret is None:
        missing = "The deletion secret is missing. Send it as the header Deletion-Secret."
        raise Problem(problems.BAD_FIELD, missing, errors=[{"parameter": "Deletion-Secret", "detail": missing}])
    if not services.delete_by_secret(token, secret):
        raise Problem(problems.WRONG_SECRET if queries.entry_by_token(token) else problems.NO_REPORT)
    return Status(204, None)


@api.api_operation(_READ, "/schema", url_name="schema", operation_id="readSchema")
def read_schema(request: HttpRequest) -> HttpResponse:
    """The JSON Schema of a report."""
    return _format(schema_text(), "application/schema+json")


@api.api_operation(_READ, "/openapi.json", url_name="openapi", operation_id="readOpenApi")
def read_openapi(request: HttpRequest) -> HttpResponse:
    """This description, for tools: OpenAPI 3.1."""
    return _format(openapi_text(api), "application/json")


@api.exception_handler(ValidationError)
def _wrong_fields(request: HttpRequest, invalid: ValidationError) -> HttpResponse:
    return problems.respond(request, fields_problem(invalid))


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, failure: HttpError) -> HttpResponse:
    return problems.respond(request, reason(failure))


@api.exception_handler(Exception)
def _anything_else(request: HttpRequest, failure: Exception) -> NoReturn:
    """Django logs it, and ``ProblemDetails`` answers."""
    raise failure


def _asked(text: str) -> Asked:
    try:
        return read_asked(text)
    except InvalidDomain as invalid:
        kind = problems.DO_NOT_PROBE if invalid.code == LEFT_ALONE else problems.BAD_DOMAIN
        raise Problem(kind, invalid.message, code=invalid.code) from None


def _is_trusted(request: HttpRequest) -> bool:
    """Is it a trusted caller? Raises Problem for who says so with a token that nobody was given."""
    if is_trusted(request):
        return True
    if request.headers.get("Authorization", "").lower().startswith("bearer"):
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}  # RFC 6750 section 3
        raise Problem(problems.BAD_TOKEN, headers=challenge)
    return False


def _too_soon(too_soon: TooSoon) -> Problem:
    seconds = max(1, math.ceil((too_soon.at - timezone.now()).total_seconds()))
    detail = f"It can be scanned anew in {seconds} s. Leave out “fresh”, and you get the report that there is."
    return Problem(problems.TOO_SOON, detail, headers={"Retry-After": str(seconds)})


def _ordered(request: HttpRequest, requested: Requested, asked: Asked) -> Ordered:
    page = _url(request, "report", requested)
    return Ordered(
        token=requested.link.token,
        domain=asked.domain,
        pasted=_pasted(asked.match) if asked.match else None,
        joined=requested.joined,
        deletion_secret=requested.deletion_secret,
        urls=Urls(
            page=request.build_absolute_uri(report_address(requested.link.token, asked.match)),
            json=_url(request, "report-json", requested),
            events=f"{page}/events",  # webui.scans.events answers it, before Django
        ),
    )


def _pasted(match: Match) -> PastedMatch:
    return PastedMatch(
        text=match.key,
        software=entries()[match.key].text.software if match.key else None,
        server=match.server,
        address=str(match.address) if match.address else None,
        status_code=match.status_code,
        result_type=match.result_type,
    )


def _url(request: HttpRequest, name: str, requested: Requested) -> str:
    return request.build_absolute_uri(reverse(name, args=[requested.link.token]))


def _format(text: str, media_type: str) -> HttpResponse:
    return HttpResponse(text, content_type=media_type, headers={"Cache-Control": PUBLIC})
