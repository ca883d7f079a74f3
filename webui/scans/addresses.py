"""The address of a report: with the match in what its reader pasted, where they pasted something."""

from urllib.parse import urlencode

from django.urls import reverse

from checker.pasted.match import Match


def report_address(token: str, match: Match | None) -> str:
    """Its path and query."""
    path = reverse("report", args=[token])
    return f"{path}?{urlencode(match.parameters())}" if match else path
