"""The places of a report's page, in their order: each has a stable name, so that a script can replace what is there.

The one rule of this file: a place is on every page of a report, empty where there is nothing to show, and what stands
in it is made by the same template for the page and for whoever watches it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webui.scans.presentation.page import ReportPage


@dataclass(frozen=True, slots=True)
class Slot:
    """One place. ``template`` makes what stands in it, if it is shown."""

    name: str
    is_shown: bool

    @property
    def template(self) -> str:
        """Its file."""
        return f"report/{_TEMPLATES.get(self.name, self.name)}.html"


_TEMPLATES = {"sights-first": "sights"}


def slots(page: "ReportPage") -> tuple[Slot, ...]:
    """Every place of the page, from top to bottom."""
    places: tuple[tuple[str, object], ...] = (
        ("first_screen", True),
        ("contents", not page.is_running),
        ("sights-first", page.leads_with_sights),
        ("senders", page.senders),
        ("best_down", page.best_down),
        ("conditions", page.conditions),
        ("policies", page.promise),
        ("signed_dns", page.signatures or page.pins or page.issuers),
        ("servers", page.servers),
        ("findings", page.findings),
        ("threats", page.threats),
        ("records", page.records),
        ("transcripts", page.transcripts),
        ("score", page.score),
        ("sights", page.sights and not page.leads_with_sights),
    )
    return tuple(Slot(name, bool(content)) for name, content in places)
