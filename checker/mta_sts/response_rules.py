"""What follows from the policy host's HTTP response (RFC 8461 sections 3.2 and 3.3; requirements STS-26 to STS-33).

The one rule of this file: only status 200 is an answer, whatever comes with another.
"""

import re
from collections.abc import Iterator

from checker.finding import Finding, Param, Rule
from checker.listing import joined
from checker.mta_sts.facts import PolicyVisit
from checker.mta_sts.policy_rules import is_html
from checker.mta_sts.published import PublishedPolicy, essence
from checker.observation import Seen

_SLOW_MS = 5000
_LONG_S = 86400  # a header that lets proxies keep the file for longer than a day
_MAX_AGE = re.compile(r"max-age\s*=\s*\"?(\d{1,12})", re.IGNORECASE)
_REDIRECTS = (300, 301, 302, 303, 307, 308)  # 304 leads nowhere: it answers a question that was not asked
_NOT_FOUND = (404, 410)
_FORBIDDEN = (401, 403, 407)
_NAMED = 4


def status_is_200(published: PublishedPolicy) -> Iterator[Finding]:
    """No other status counts, and no redirect is followed (STS-26)."""
    response = published.response
    if not published.is_meant or response is None or response.status == 200:
        return
    status = response.status
    params: dict[str, Param] = {"host": published.host, "url": published.url, "status": status}
    if status in _REDIRECTS and response.location:
        yield Finding("mta-sts-host-redirects", {**params, "location": response.location})
    elif status in _NOT_FOUND:
        yield Finding("mta-sts-host-not-found", params)
    elif status in _FORBIDDEN:
        yield Finding("mta-sts-host-forbids", params)
    elif 500 <= status < 600:
        yield Finding("mta-sts-host-server-error", params)
    else:
        yield Finding("mta-sts-host-odd-status", params)


def addresses_agree(published: PublishedPolicy) -> Iterator[Finding]:
    """Every address gives the same file with as good a certificate (STS-22)."""
    if published.is_meant and not _agree(published):
        answered = (visit.address for visit in published.facts.visits if isinstance(visit.response, Seen))
        addresses = joined(answered, _NAMED)
        yield Finding("mta-sts-host-addresses-differ", {"host": published.host, "addresses": addresses})


def file_is_short(published: PublishedPolicy) -> Iterator[Finding]:
    """At most 64 kilobytes (STS-29)."""
    response = published.response
    if published.is_meant and response is not None and response.status == 200 and response.is_cut:
        yield Finding("mta-sts-host-body-too-long", {"host": published.host, "url": published.url})


def media_type_is_plain_text(published: PublishedPolicy) -> Iterator[Finding]:
    """``text/plain``, which senders should check (STS-28). A page of HTML is the file's own fault."""
    response = published.response
    if not published.is_meant or response is None or response.status != 200 or is_html(response.body):
        return
    params = {"host": published.host, "url": published.url}
    match essence(response.content_type):
        case "text/plain":
            return
        case None:
            yield Finding("mta-sts-host-media-type-missing", params)
        case "text/html":
            yield Finding("mta-sts-host-media-type-html", params)
        case other:
            yield Finding("mta-sts-host-media-type-wrong", {**params, "type": other})


def answer_is_plain(published: PublishedPolicy) -> Iterator[Finding]:
    """Neither compressed, which was not asked for, nor for proxies to keep (STS-27, STS-33)."""
    response = published.response
    if not published.is_meant or response is None or response.status != 200:
        return
    params = {"host": published.host, "url": published.url}
    encoding = response.content_encoding
    if encoding and encoding.strip().lower() != "identity":
        yield Finding("mta-sts-host-compressed", {**params, "encoding": encoding})
    age = _MAX_AGE.search(response.cache_control or "")
    if age and int(age[1]) > _LONG_S:
        yield Finding("mta-sts-host-cache-header", {**params, "header": response.cache_control or ""})


def answer_is_quick(published: PublishedPolicy) -> Iterator[Finding]:
    """Within seconds (STS-29)."""
    visit = published.facts.answered
    if published.is_meant and visit is not None and visit.duration_ms > _SLOW_MS:
        seconds = round(visit.duration_ms / 1000)
        yield Finding("mta-sts-host-slow", {"host": published.host, "url": published.url, "seconds": seconds})


def host_is_good(published: PublishedPolicy) -> Iterator[Finding]:
    """At every address it proves who it is and gives a file (STS-20, STS-24)."""
    if published.fetch.status not in ("valid", "invalid") or not _agree(published):
        return
    visit = published.facts.answered
    shown = published.shown(visit) if visit is not None else None
    if shown is None or shown.certificate.not_after is None:
        return
    ends = shown.certificate.not_after
    yield Finding("mta-sts-host-good", {"host": published.host, "date": f"{ends.day} {ends:%B %Y}"})


RESPONSE_RULES: tuple[Rule[PublishedPolicy], ...] = (
    status_is_200,
    addresses_agree,
    file_is_short,
    media_type_is_plain_text,
    answer_is_plain,
    answer_is_quick,
    host_is_good,
)


def _agree(published: PublishedPolicy) -> bool:
    """Do all addresses that answered give a sender the same: status, file, and whether the certificate holds?"""
    given = {
        (visit.response.value.status, visit.response.value.body, _holds(published, visit))
        for visit in published.facts.visits
        if isinstance(visit.response, Seen)
    }
    return len(given) <= 1


def _holds(published: PublishedPolicy, visit: PolicyVisit) -> bool:
    shown = published.shown(visit)
    return shown is not None and shown.is_in_dates and shown.names_host and shown.certificate.trusted is True
