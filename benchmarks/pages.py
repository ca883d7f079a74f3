"""Every page and state of the site, from a service in the sandbox: for the pictures, and for what looks at each page.

The one rule of this file: a page is found as a reader finds it, under an address of a service that runs. Only those
that come with a misfortune are made from their templates.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.test import RequestFactory

from benchmarks.service import HOST, Service
from webui.environment import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

WAIT_S = 60
HTML = "text/html; charset=utf-8"
# A slow server that is still being waited for, and for names outside the sandbox a resolver that isn't there.
SETTINGS = {"MAILSEAL_SANDBOX_GREETING_S": "60", "MAILSEAL_RESOLVERS": "127.0.0.99"}
# state of a report: the domain that shows it in the sandbox
STATES = {
    "enforced": "enforced.demo.test",
    "testing": "testing.demo.test",
    "ready": "all-good.demo.test",
    "partly-enforced": "partly-covered.demo.test",
    "encrypted": "expired.demo.test",
    "degraded": "one-dead.demo.test",
    "exposed": "no-starttls.demo.test",
    "losing-mail": "uncovered.demo.test",
    "pinned": "dane-and-sts.demo.test",
    "pinned-in-part": "dane-partial.demo.test",
    "no-mail": "null-mx.demo.test",
    "no-such-domain": "nowhere.demo.test",
}
# state of a report that was opened from a pasted text: whose report, and what was found in the text
PASTED = {
    "reproduced": ("encrypted", "text=postfix-not-verified&server=mx.expired.demo.test&code=4.7.5"),
    "not-this-side": ("ready", "text=postfix-own-policy"),
}
SLOW = "slow.demo.test"
GIVEN_UP = f"1.{SLOW}"
OUTSIDE = "example.org"
FIXED = {
    "home": "/",
    "about": "/about",
    "scoring": "/scoring",
    "api": "/api",
    "probe": "/probe",
    "privacy": "/privacy",
    "deleted": "/deleted",
    "unknown-link": "/r/no-such-link",
    "not-found": "/no-such-page",
}
_TOO_MANY = (
    "Nothing was started, because many checks came from your address in a short time, and each visits other people’s "
    "mail servers. Press Check again in 40 seconds."
)
# what is shown: its template, and what it is told
MISFORTUNES: dict[str, tuple[str, dict[str, object]]] = {
    "not-understood": ("400.html", {}),
    "refused": ("403.html", {}),
    "too-many": ("429.html", {"sentence": _TOO_MANY, "typed": "example.org"}),
    "our-mistake": ("500.html", {}),
    "away": ("503.html", {"retry_after": 5}),
    "away-typed": ("503.html", {"retry_after": 5, "typed": "example.org"}),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A page. ``press``: it comes when this button is pressed at the path. ``html``: what is shown there instead."""

    name: str
    path: str
    press: str = ""
    html: str = ""

    def show(self, page: "Page", port: int) -> None:
        """Let a browser show it, and wait for all that belongs to it."""
        if self.html:
            page.route(f"**{self.path}", lambda route: route.fulfill(body=self.html, content_type=HTML))
        page.goto(f"http://{HOST}:{port}{self.path}")
        if self.press:
            page.get_by_role("button", name=self.press).click()
            page.wait_for_load_state()


def pages(service: Service) -> Iterator[Place]:
    """Every page, one after the other.

    The last scan finds that the resolver is away, which every page from then on says.
    """
    for name, path in FIXED.items():
        yield Place(name, path)
    for name, (template, context) in MISFORTUNES.items():
        yield Place(name, f"/{name}", html=render_to_string(template, context, RequestFactory().get("/")))
    slow, given_up, *tokens = map(service.order, (SLOW, GIVEN_UP, *STATES.values()))
    for state, token in zip(STATES, tokens, strict=True):
        service.report(token, WAIT_S)
        yield Place(state, f"/r/{token}")
        if state in ("enforced", "losing-mail", "exposed", "pinned-in-part"):
            yield Place(f"server-{state}", f"/r/{token}/server/1")
        for name, (of, query) in PASTED.items():
            if of == state:
                yield Place(name, f"/r/{token}?{query}")
        if state == "ready":
            yield Place("too-soon", f"/r/{token}", press="Scan anew")
    yield Place("running", f"/r/{slow}")
    subprocess.run(
        [sys.executable, "-m", "benchmarks.give_up", GIVEN_UP], cwd=ROOT, env=service.environment, check=True
    )
    service.report(given_up, WAIT_S)
    yield Place("partial", f"/r/{given_up}")
    outside = service.order(OUTSIDE)
    service.report(outside, WAIT_S)
    yield Place("inconclusive", f"/r/{outside}")
