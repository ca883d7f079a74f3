"""Every page and state of the site, from a service in the sandbox: for the pictures, and for what looks at each page.

The one rule of this file: a page is found as a reader finds it, under an address of a service that runs.
"""

from collections.abc import Iterator

from benchmarks.service import Service

WAIT_S = 60
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
    "no-mail": "null-mx.demo.test",
    "no-such-domain": "nowhere.demo.test",
}
SLOW = "slow.demo.test"
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


def pages(service: Service) -> Iterator[tuple[str, str]]:
    """The name and the path of every page, one after the other.

    The last scan finds that the resolver is away, which every page from then on says.
    """
    yield from FIXED.items()
    tokens = {state: service.order(domain) for state, domain in STATES.items()}
    for state, token in tokens.items():
        service.report(token, WAIT_S)
        yield state, f"/r/{token}"
    for state in ("enforced", "losing-mail", "exposed"):
        yield f"server-{state}", f"/r/{tokens[state]}/server/1"
    yield "running", f"/r/{service.order(SLOW)}"
    token = service.order(OUTSIDE)
    service.report(token, WAIT_S)
    yield "inconclusive", f"/r/{token}"
