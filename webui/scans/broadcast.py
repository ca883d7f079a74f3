"""A scan as all its watchers are told of it: read once, rendered once, by the templates of its page.

The one rule of this file: what is made here is the same for everybody, so nothing of one reader is in it. Where their
link belongs stand marks, which ``told`` replaces.
"""

import json
import secrets
from dataclasses import dataclass
from uuid import UUID

from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone

from checker.report.document import Report
from webui.scans.models import Scan
from webui.scans.presentation import present
from webui.scans.presentation.running import said
from webui.scans.queries import shown_report

FINAL = ".end"  # behind the number of a snapshot that no other follows
_TOKEN = secrets.token_urlsafe(18)  # nobody can publish in DNS what they can't guess
_ORIGIN = f"http://{secrets.token_hex(18)}.invalid"


@dataclass(frozen=True, slots=True)
class Shown:
    """A snapshot. ``number`` tells it from those before and behind it, in every process that reads it.

    ``sections`` are the page's places by name, each whole. ``words`` are what a screen reader says.
    """

    number: str
    is_final: bool
    title: str
    words: str
    sections: dict[str, str]


def read(scan_id: UUID) -> Shown | None:
    """The newest snapshot, from the database. None: the scan was deleted. Raises django.db.DatabaseError."""
    scan = Scan.objects.defer("facts").filter(pk=scan_id).first()
    if scan is None:
        return None
    report = shown_report(scan)
    is_final = scan.state == Scan.State.FINISHED
    number = f"{scan.attempts}.{report['duration_ms']}{FINAL if is_final else ''}"
    return show(report, number, is_final=is_final)


def show(report: Report, number: str, *, is_final: bool) -> Shown:
    """A report, section by section."""
    now = timezone.now()
    page = present(report, now)
    context = {
        "page": page,
        "sprite": static("sprite.svg"),  # as base.html has it
        "is_for_all": True,
        "token": _TOKEN,
        "link_url": f"{_ORIGIN}{reverse('report', args=[_TOKEN])}",
        "json_url": reverse("report-json", args=[_TOKEN]),
    }
    sections = {slot.name: render_to_string(slot.template, context) if slot.is_shown else "" for slot in page.slots}
    return Shown(number, is_final, page.hero.title, said(report, now), sections)


def event(shown: Shown, before: Shown | None) -> bytes:
    """What changed since ``before``, as a server-sent event; all of it, if there was none."""
    changed = {
        name: html for name, html in shown.sections.items() if before is None or before.sections.get(name) != html
    }
    news = {"title": shown.title, "words": shown.words, "sections": changed, "is_final": shown.is_final}
    # JSON has no bare line break, which would end the event's line.
    return f"id: {shown.number}\ndata: {json.dumps(news, ensure_ascii=False)}\n\n".encode(errors="replace")


def told(made: bytes, origin: str, token: str) -> bytes:
    """An event for one reader: their link in it. Neither part may hold what HTML or JSON would have to escape."""
    return made.replace(_ORIGIN.encode(), origin.encode()).replace(_TOKEN.encode(), token.encode())
