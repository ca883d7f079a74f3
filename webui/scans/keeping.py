"""What a browser keeps of a report: the secret that deletes its link, and the finished page itself.

The one rule of this file: nothing is kept before it is needed, and each secret is sent to its own link alone.
"""

import hashlib
from datetime import datetime
from functools import cache
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers

from checker.pasted.match import Match
from webui.environment import ROOT
from webui.scans import services
from webui.scans.presentation.times import ago, parse_time
from webui.scans.queries import Entry
from webui.scans.services import Requested
from webui.vantage import NOTICES

COOKIE = "deletion_secret"  # one name for all: the path of each is its link
_SHOWN_BY = ("templates/**/*.html", "static/**/*", "webui/**/*.py", "checker/report/*.py", "checker/pasted/*.py")


def keep_secret(request: HttpRequest, response: HttpResponse, requested: Requested) -> None:
    """Hand the deletion secret to the browser that asked: no script reads it, and no other link gets it.

    Lax, not Strict: who follows their link from a mail must see that they may delete it. No other site can use it: the
    form that deletes is a POST, and Lax keeps the cookie from those of other sites.
    """
    response.set_cookie(
        COOKIE,
        requested.deletion_secret,
        max_age=services.KEPT_FOR,
        path=_path(requested.link.token),
        secure=settings.MAILSEAL_HTTPS or request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def secret_of(request: HttpRequest) -> str:
    """The secret that this browser keeps for the link that it asks for. Empty: none."""
    return request.COOKIES.get(COOKIE, "")


def forget_secret(response: HttpResponse, token: str) -> None:
    """The link is gone, and so goes its secret."""
    response.delete_cookie(COOKIE, path=_path(token), samesite="Lax")


def may_delete(request: HttpRequest, entry: Entry) -> bool:
    """Does this browser keep the secret of this very link?"""
    return services.is_secret_of(entry.secret_hash, secret_of(request))


def kept_until(entry: Entry) -> datetime | None:
    """When a finished report is removed."""
    return entry.finished_at + services.KEPT_FOR if entry.finished_at else None


def page_tag(request: HttpRequest, entry: Entry, now: datetime, match: Match | None = None) -> str | None:
    """The ETag of a finished page: of all that may change in it. None while it runs.

    Its address, and of what stands behind a question mark only the match in a pasted text; its age, the day (dates are
    shown with or without a year), whether this browser may delete it, the notice about our own network, and this very
    code.
    """
    if entry.finished_at is None or entry.started_at is None:
        return None
    mine, notice = may_delete(request, entry), NOTICES.sentences()
    address = request.build_absolute_uri(request.path)
    shown = address, match, ago(parse_time(entry.started_at), now), f"{now:%Y-%m-%d}", mine, notice
    return _tag(entry.scan_id, _build(), *shown)


def json_tag(entry: Entry) -> str | None:
    """The ETag of a finished document, which never changes. None while it runs."""
    return _tag(entry.scan_id) if entry.finished_at else None


def unchanged(request: HttpRequest, tag: str | None) -> HttpResponse | None:
    """304 for who has this very page (RFC 9110 section 13.1.2). None: it has to be made."""
    if tag is None:
        return None
    response = get_conditional_response(request, etag=tag)
    return response if isinstance(response, HttpResponse) else None


def unlisted(response: HttpResponse, tag: str | None = None) -> HttpResponse:
    """Who has the link may read it: no search engine may list it, no shared cache keep it.

    What has a tag is final: a browser may keep it, if it asks each time whether it has changed.
    """
    if response.status_code != HTTPStatus.NOT_FOUND:
        # Who may delete it sees that; and a 304 says the same of compressing as its page did.
        patch_vary_headers(response, ["Cookie", "Accept-Encoding"])
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-cache" if tag else "private, no-store"
    if tag:
        response["ETag"] = tag
    return response


def _tag(*parts: object) -> str:
    """A weak one: what is compressed has other bytes and the same meaning (RFC 9110 section 8.8.1)."""
    return f'W/"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


@cache
def _build() -> str:
    """This version of what a page is made from: the same in every process that runs it."""
    files = sorted(file for pattern in _SHOWN_BY for file in ROOT.glob(pattern) if file.is_file())
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _path(token: str) -> str:
    return reverse("report", args=[token])
