"""The pages of single servers: all evidence of one, as a page and as text for a ticket."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from checker.report.document import Report
from webui.scans import keeping, queries
from webui.scans.presentation import present_server, server_text

REFRESH_SECONDS = 2  # of a page whose check still runs
_UNKNOWN = (
    "There is no such server under this link. The link may have been cut short on the way to you, or deleted by who "
    "asked for it. After 180 days reports are removed."
)


@require_safe
def server(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """All that was seen of one server, as far as it is known."""
    entry, now = queries.entry_by_token(token), timezone.now()
    tag = keeping.page_tag(request, entry, now) if entry else None
    if unchanged := keeping.unchanged(request, tag):
        return keeping.unlisted(unchanged, tag)
    report = queries.report_by_token(token) if entry else None
    page = present_server(report, number, now) if report else None
    if report is None or page is None:
        return keeping.unlisted(render(request, "404.html", {"exception": _UNKNOWN}, status=404))
    context = {
        "page": page,
        "token": token,
        "ticket": _text(request, report, token, number),
        "text_url": reverse("server-text", args=[token, number]),
        "report_url": reverse("report", args=[token]),
        "refresh_seconds": REFRESH_SECONDS if page.is_running else None,
    }
    return keeping.unlisted(render(request, "server.html", context), tag)


@require_safe
def server_as_text(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """The same for a ticket."""
    report = queries.report_by_token(token)
    text = _text(request, report, token, number) if report else ""
    if not text:
        raise Http404(_UNKNOWN)
    return keeping.unlisted(HttpResponse(text, content_type="text/plain; charset=utf-8"))


def _text(request: HttpRequest, report: Report, token: str, number: int) -> str:
    link = request.build_absolute_uri(reverse("server", args=[token, number]))
    return server_text(report, number, link, timezone.now())
