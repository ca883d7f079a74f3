"""How moments are written in a report."""

from datetime import datetime


def time_text(moment: datetime) -> str:
    """RFC 3339 in UTC, in whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
