"""The pages: each fetches, calls and renders.

The one rule of this file: only a POST starts anything, so that no link, preview or crawler ever probes a stranger.
"""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views import defaults
from django.views.decorators.http import require_http_methods, require_safe

from checker.pasted.match import parse_match
from checker.report.document import Report
from sandbox.domains import DEMO_DOMAINS
from webui.problems import NO_REPORT, Problem
from webui.scans import entrance, keeping, queries
from webui.scans.addresses import report_address
from webui.scans.asked import Asked
from webui.scans.drawn import DRAWN
from webui.scans.forms import ScanForm
from webui.scans.presentation import pasted, present
from webui.scans.presentation.scoring import scoring_page

REFRESH_SECONDS = 1  # how often the page of a running scan asks anew
_ROBOTS = "User-agent: *\nDisallow: /r/\n"
_STRANGE_ORIGIN = (
    "Nothing was started, because your browser says that a page of another site sent this. Press Check here if you "
    "meant it. If you run this site and see it always: MAILSEAL_PROXIES must name a proxy in front, which must pass on "
    "Host and X-Forwarded-Proto."
)
_TOO_LONG = (
    "Nothing was started, because that was far too much text. Of a bounce message, paste the part with the error and "
    "the recipient’s address; or type a domain, such as example.org."
)
_TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
_UNKNOWN = (
    "There is no report under this link. The link may have been cut short on the way to you, or deleted by who asked "
    "for it. After 180 days reports are removed."
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The form, and the demo domains as examples."""
    return _home(request, ScanForm())


@require_http_methods(["GET", "HEAD", "POST"])
def scan(request: HttpRequest) -> HttpResponse:
    """Start a scan and go to its report. Read instead of posted to, this address is only a way home."""
    if request.method != "POST":
        return redirect("home")
    form = ScanForm(request.POST)
    if not form.is_valid():
        return _home(request, form, status=422)
    asked: Asked = form.cleaned_data["domain"]
    try:
        requested = entrance.ask_or_refuse(request, asked.domain, fresh="fresh" in request.POST)
    except entrance.Refused as refused:
        return _refuse(request, refused)
    response = HttpResponseRedirect(report_address(requested.link.token, asked.match), status=303)
    keeping.keep_secret(request, response, requested)
    return response


@require_safe
def report(request: HttpRequest, token: str) -> HttpResponse:
    """The report as a page, as far as it is known, with what it says about the text that its reader pasted."""
    entry, now = queries.entry_by_token(token), timezone.now()
    match = parse_match(request.GET.dict())
    tag = keeping.page_tag(request, entry, now, match) if entry else None
    if unchanged := keeping.unchanged(request, tag):
        return keeping.unlisted(unchanged, tag)
    if tag and (drawn := DRAWN.get(tag)):
        return keeping.unlisted(HttpResponse(drawn), tag)
    document = queries.report_by_token(token) if entry else None
    if entry is None or document is None:
        return keeping.unlisted(render(request, "404.html", {"exception": _UNKNOWN}, status=404))
    context = {
        "page": present(document, now),
        "pasted": pasted(match, document) if match else None,
        "kept_until": keeping.kept_until(entry),
        "may_delete": keeping.may_delete(request, entry),
        "token": token,
        "link_url": request.build_absolute_uri(reverse("report", args=[token])),
        "json_url": reverse("report-json", args=[token]),
        "events_url": f"{reverse('report', args=[token])}/events" if _is_running(document) else None,
        "refresh_seconds": REFRESH_SECONDS if _is_running(document) else None,
    }
    response = render(request, "report.html", context)
    # No notice came or went meanwhile; and what one reader pasted is asked for by nobody else.
    if tag and match is None and tag == keeping.page_tag(request, entry, now):
        DRAWN.keep(tag, response.content)
    return keeping.unlisted(response, tag)


@require_safe
def report_json(request: HttpRequest, token: str) -> HttpResponse:
    """The report as its document, as far as it is known."""
    entry = queries.entry_by_token(token)
    tag = keeping.json_tag(entry) if entry else None
    if unchanged := keeping.unchanged(request, tag):
        return keeping.unlisted(unchanged, tag)
    document = queries.report_by_token(token) if entry else None
    if document is None:
        raise Problem(NO_REPORT, _UNKNOWN)
    return keeping.unlisted(JsonResponse(document, json_dumps_params={"ensure_ascii": False}), tag)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What is looked at, and what is never done."""
    return render(request, "about.html")


@require_safe
def scoring(request: HttpRequest) -> HttpResponse:
    """How a domain is scored, from the data that scores."""
    return render(request, "scoring.html", {"scoring": scoring_page()})


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers may read: not the reports."""
    return HttpResponse(_ROBOTS, content_type="text/plain; charset=utf-8")


def strange_origin(request: HttpRequest) -> HttpResponse:
    """Answers a form that another site's page sent: the home page, with what was typed."""
    form = ScanForm(request.POST)
    form.refuse(_STRANGE_ORIGIN)
    return _home(request, form, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answers what can't be read. Who pasted a whole message into the form finds the form again."""
    if not isinstance(exception, _TOO_LARGE):
        return defaults.bad_request(request, exception)
    form = ScanForm({})
    form.refuse(_TOO_LONG)
    return _home(request, form, status=413)


def _home(request: HttpRequest, form: ScanForm, status: int = 200) -> HttpResponse:
    examples = DEMO_DOMAINS if settings.MAILSEAL_SANDBOX else ()
    return render(request, "home.html", {"form": form, "examples": examples}, status=status)


def _is_running(document: Report) -> bool:
    return document["state"] == "running"


def _refuse(request: HttpRequest, refused: entrance.Refused) -> HttpResponse:
    """Too much, or too soon: the form with what was typed, and when to press Check again (RFC 6585 section 4)."""
    context = {"sentence": refused.sentence, "typed": request.POST["domain"]}
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(refused.seconds)
    return response
