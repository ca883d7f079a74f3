"""The pages about ourselves: what we do to servers, and what we keep of visitors."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from checker.network.bounds import Bounds
from webui.scans.services import KEPT_FOR

_BOUNDS = Bounds()


@require_safe
def probe(request: HttpRequest) -> HttpResponse:
    """For whoever finds us in a log: what we do, under which name, and how to be left alone."""
    network = settings.NETWORK
    return render(
        request,
        "probe.html",
        {
            "helo": network.helo_name,
            "control_hosts": network.control_hosts,
            "caps": _BOUNDS.caps,
            "memory_minutes": round(_BOUNDS.memory_s / 60),
            "standing_minutes": round(_BOUNDS.standing_s / 60),
            **_contact(),
        },
    )


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept, for how long, and who can read it."""
    return render(request, "privacy.html", {"kept_days": KEPT_FOR.days, **_contact()})


def _contact() -> dict[str, str]:
    """Whom to write to, and where a click leads. Empty: nobody was named."""
    contact: str = settings.MAILSEAL_CONTACT
    return {"contact": contact, "contact_url": contact if contact.startswith("https://") else f"mailto:{contact}"}
