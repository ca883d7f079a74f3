"""Whatever combination of answers a scan meets: fetch and findings never contradict each other, and nothing raises."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from checker.finding import Severity
from checker.mta_sts.catalogue import CATALOGUE
from checker.mta_sts.facts import PolicyVisit
from checker.mta_sts.published import PublishedPolicy
from checker.mta_sts.rules import RULES
from checker.observation import PENDING, Absent, Failed, FailureKind, NotTried, Reason
from tests.fact_builders import NOW, certificate
from tests.sts_builders import FILE, HOST, V6, A, B, addresses, published, response, stopped, txt, visit

ENTRIES = {entry.code: entry for entry in CATALOGUE}
FAULTS = (Severity.SERIOUS, Severity.ADVICE)

failed = st.builds(Failed, st.sampled_from(FailureKind), st.just("It failed."))
stops = failed | st.builds(NotTried, st.sampled_from(Reason), st.just("Not tried.")) | st.just(Absent())
unanswered = failed | st.just(PENDING)
bodies = st.sampled_from([FILE, FILE + "\r\n", "", "<html>", "version: STSv1\n", FILE.replace("mx:", "MX:"), "\xff\0"])
statuses = st.sampled_from([200, 200, 200, 204, 302, 404, 503, 0, 999])
types = st.sampled_from([None, "text/plain", "text/html", "image/png", ";"])
responses = st.builds(response, bodies, statuses, types, is_cut=st.booleans())
records = st.one_of(
    st.none(),
    st.sampled_from(["v=STSv1; id=1", "v=STSv1;", "v=spf1 -all"]),
    unanswered,
    st.just(txt("v=STSv1; id=1", "v=STSv1; id=2")),
)
certificates = st.builds(
    lambda trusted, days, matches: certificate(
        HOST, trusted=trusted, not_after=NOW + timedelta(days=days), matches=matches
    ),
    st.sampled_from([True, True, False, None]),
    st.sampled_from([60, 60, 1, -1]),
    st.sampled_from([(HOST,), (HOST,), ()]),
)


def visits_at(address: str) -> st.SearchStrategy[PolicyVisit]:
    ended: Callable[..., PolicyVisit] = stopped
    stage = st.sampled_from(["connect", "handshake", "response"])
    return st.builds(visit, responses, st.just(address)) | st.builds(ended, stage, stops, st.just(address))


@st.composite
def policies(draw: st.DrawFn) -> PublishedPolicy:
    made = [draw(visits_at(address)) for address in draw(st.sets(st.sampled_from([A, B, V6])))]
    changes: dict[str, Any] = {} if made else {"visits": ()}
    if not made or draw(st.booleans()):
        changes["ipv6"] = draw(unanswered | st.just(addresses((), 6)))
    if not made:
        changes["ipv4"] = draw(unanswered | st.just(addresses((), 4)))
    shown = draw(st.lists(certificates, max_size=1))
    return published(*made, record=draw(records), certificates=shown, **changes)


@given(policies())
def test_fetch_and_findings_agree(policy: PublishedPolicy) -> None:
    """A fetch that works is praised and no other; one that fails has a fault; one that is unknown has a reason."""
    findings = [finding for rule in RULES for finding in rule(policy)]
    fetch, severities = policy.fetch, {ENTRIES[finding.code].severity for finding in findings}
    assert ("mta-sts-policy-valid" in {finding.code for finding in findings}) is (fetch.status == "valid")
    assert (fetch.result_type is None) is (fetch.status in ("valid", "absent", "unknown"))
    if fetch.status in ("invalid", "unfetchable"):
        assert severities & set(FAULTS)
    if fetch.status == "unknown" and policy.is_meant and "still" not in fetch.why:
        assert Severity.UNKNOWN in severities
    for finding in findings:
        entry = ENTRIES[finding.code]
        assert "{" not in (entry.title + entry.detail + entry.remedy).format(**finding.params)
