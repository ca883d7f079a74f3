"""What follows from the policy file (RFC 8461 section 3.2; requirements STS-40 to STS-53, STS-60).

The one rule of this file: each fault is told once, a frequent one by a code of its own, all others together.
"""

import re
from collections import Counter
from collections.abc import Iterator

from checker.defect import Defect
from checker.faults import told
from checker.finding import Finding, Param, Rule
from checker.listing import joined
from checker.mta_sts.facts import Policy
from checker.mta_sts.published import PublishedPolicy

DAY_S = 86400
_TWO_WEEKS_S = 14 * DAY_S
_NAMED = 4
_UNIX_LINE_END = re.compile(r"(?<!\r)\n")
_TOO_LARGE = "max-age-too-large"
_NO_MAX_AGE = "missing-max-age"
_MODE_FAULTS = frozenset({"missing-mode", "mode-case", "mode-unknown"})
_PATTERN_FAULT = "mx-"  # how the codes begin
_KEY_FAULTS = frozenset({"key-case", "key-spelling"})


def is_html(body: str) -> bool:
    """Is it a page for people?"""
    return body.lstrip("\xef\xbb\xbf \t\r\n").startswith("<")


def file_is_well_formed(published: PublishedPolicy) -> Iterator[Finding]:
    """The grammar, and what senders make of a file that departs from it (STS-41 to STS-52)."""
    fatal = [defect for defect in _defects(published) if defect.is_fatal and defect.code != _TOO_LARGE]
    params: dict[str, Param] = {"url": published.url}
    if not fatal:
        return
    whole = next((_OF_THE_WHOLE[defect.code] for defect in fatal if defect.code in _OF_THE_WHOLE), None)
    if whole:
        yield Finding(whole, params)
    elif published.facts.lenient_policy is not None:
        yield Finding("mta-sts-policy-tolerated", {**params, "faults": told(fatal, with_lines=True)})
    else:
        yield from _fatal_findings(published, fatal)


def nothing_stands_twice(published: PublishedPolicy) -> Iterator[Finding]:
    """Of ``version``, ``mode`` and ``max_age`` the first counts (STS-50); to list a server twice is harmless."""
    repeated = [defect for defect in _defects(published) if defect.code == "duplicate-field"]
    if repeated:
        faults = told(repeated, with_lines=True)
        yield Finding("mta-sts-policy-repeats-key", {"url": published.url, "faults": faults})
    policy = published.facts.policy
    written = Counter(policy.mx if policy else ())
    twice = sorted(pattern for pattern, times in written.items() if times > 1)
    if twice:
        yield Finding("mta-sts-policy-mx-twice", {"url": published.url, "shown": joined(twice, _NAMED)})


def lines_are_known(published: PublishedPolicy) -> Iterator[Finding]:
    """A line that no sender knows is harmless, unless it was meant to be another (STS-43, STS-49)."""
    policy = published.facts.policy
    if policy is None:
        return
    misspelt = [defect for defect in _defects(published) if defect.code in _KEY_FAULTS]
    if misspelt:
        faults = told(misspelt, with_lines=True)
        yield Finding("mta-sts-policy-misspelt-key", {"url": published.url, "faults": faults})
    elif policy.extensions:
        names = joined((name for name, _ in policy.extensions), _NAMED)
        yield Finding("mta-sts-policy-extensions", {"url": published.url, "shown": names})


def lines_end_as_written(published: PublishedPolicy) -> Iterator[Finding]:
    """The grammar takes LF as well as CRLF (STS-40)."""
    response = published.response
    if published.facts.policy is not None and response is not None and _UNIX_LINE_END.search(response.body):
        yield Finding("mta-sts-policy-line-ends", {"url": published.url})


def policy_is_kept_for_long(published: PublishedPolicy) -> Iterator[Finding]:
    """Weeks under enforce, a day at least under testing; mode none is for removal (STS-46, STS-60)."""
    defects, policy = {defect.code for defect in _defects(published)}, published.written
    if _TOO_LARGE in defects:
        yield Finding("mta-sts-max-age-too-large", {"url": published.url})
    if policy is None or {_TOO_LARGE, _NO_MAX_AGE} & defects:
        return
    code = _code_of_age(policy)
    if code and _is_read(published):
        params: dict[str, Param] = {"url": published.url, "seconds": policy.max_age, "age": in_words(policy.max_age)}
        yield Finding(code, params)


def policy_is_good(published: PublishedPolicy) -> Iterator[Finding]:
    """A sender gets it, and can read it (STS-44 to STS-46)."""
    policy = published.fetch.policy
    if policy is not None:
        params = {"url": published.url, "mode": policy.mode, "age": in_words(policy.max_age)}
        yield Finding("mta-sts-policy-valid", params)


POLICY_RULES: tuple[Rule[PublishedPolicy], ...] = (
    file_is_well_formed,
    nothing_stands_twice,
    lines_are_known,
    lines_end_as_written,
    policy_is_kept_for_long,
    policy_is_good,
)

_OF_THE_WHOLE = {"html": "mta-sts-policy-is-html", "empty": "mta-sts-policy-empty"}


def in_words(seconds: int) -> str:
    """A length of time in the largest unit that fits, rounded down: ``3 hours``, ``1 day``."""
    for size, unit in ((DAY_S, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{seconds} second" if seconds == 1 else f"{seconds} seconds"


def _is_read(published: PublishedPolicy) -> bool:
    """Did a whole file come that somebody means as a policy?"""
    response = published.response
    return published.is_meant and response is not None and response.status == 200 and not response.is_cut


def _defects(published: PublishedPolicy) -> tuple[Defect, ...]:
    return published.facts.defects if _is_read(published) else ()


def _fatal_findings(published: PublishedPolicy, fatal: list[Defect]) -> Iterator[Finding]:
    """The frequent faults by their own codes, and what is left together. A misspelt key explains a missing one."""
    misspelt = [defect for defect in _defects(published) if defect.code in _KEY_FAULTS]
    kinds = {
        "mta-sts-policy-without-mode": [defect for defect in fatal if defect.code in _MODE_FAULTS],
        "mta-sts-policy-without-mx": [defect for defect in fatal if defect.code == "missing-mx"],
        "mta-sts-policy-mx-form": [defect for defect in fatal if defect.code.startswith(_PATTERN_FAULT)],
    }
    own = {id(defect) for defects in kinds.values() for defect in defects}
    kinds["mta-sts-policy-invalid"] = [defect for defect in fatal if id(defect) not in own]
    for code, defects in kinds.items():
        if defects:
            faults = told([*defects, *misspelt], with_lines=True)
            yield Finding(code, {"url": published.url, "faults": faults})
            misspelt = []


def _code_of_age(policy: Policy) -> str | None:
    match policy.mode, policy.max_age:
        case "enforce", 0:
            return "mta-sts-max-age-zero"
        case "enforce", age if age < DAY_S:
            return "mta-sts-max-age-under-a-day"
        case "enforce", age if age < _TWO_WEEKS_S:
            return "mta-sts-max-age-under-two-weeks"
        case "testing", age if age < DAY_S:
            return "mta-sts-max-age-testing-short"
    return None
