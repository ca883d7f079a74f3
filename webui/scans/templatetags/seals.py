"""The seal of a level, where there is no report to present: examples and the scoring page."""

from django import template

from webui.scans.presentation.levels import level_of, seal_of
from webui.scans.presentation.marks import Seal

register = template.Library()


@register.filter
def seal_of_level(code: str) -> Seal:
    """The seal that a domain on this level gets."""
    level = level_of(code)
    return seal_of(level, level.name, None)
