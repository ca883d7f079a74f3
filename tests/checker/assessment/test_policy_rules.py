"""What the policy, the servers and the earlier editions say together (requirements STS-15 to STS-70, RPT-14)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checker.assessment.judged import Judged
from checker.assessment.policy_catalogue import CATALOGUE
from checker.assessment.rulebook import judge
from checker.assessment.states import judge_servers
from checker.facts import DomainFacts
from checker.mx.facts import MxFacts
from checker.observation import FailureKind
from tests.dane_builders import leaf_of, own_key, records, signed_domain, with_dane
from tests.fact_builders import (
    DNS_IS_DOWN,
    NO_ADDRESSES,
    NOW,
    certificate,
    dead,
    domain,
    expired,
    failed,
    server,
    without_starttls,
    working,
)
from tests.policy_builders import policy_file, promising, reporting, seen_at, served, without_promise

A, B = "192.52.193.1", "192.52.193.2"
OWN = {entry.code for entry in CATALOGUE}
ONE = domain(server("mx1.d.test", working(A)))
TWO = domain(server("mx1.d.test", working(A)), server("mx2.d.test", working(B), preference=20))
OLD = domain(server("mx1.d.test", working(A)), certificates=[expired("mx1.d.test")])
LEAVES = [certificate("mx1.d.test"), expired("mx2.d.test", sha256="old")]
ONE_OLD = domain(
    server("mx1.d.test", working(A)), server("mx2.d.test", working(B, leaf="old"), preference=20), certificates=LEAVES
)
ONE_ADDRESS_OLD = domain(
    server("mx1.d.test", working(A), working(B, leaf="old")),
    certificates=[certificate("mx1.d.test"), expired("mx1.d.test", sha256="old")],
)
CLEAR = domain(server("mx1.d.test", without_starttls(A)))
BACKUP_DEAD = domain(server("mx1.d.test", working(A)), server("mx2.d.test", dead(B), preference=20))
IMPLICIT = domain(server("d.test", working(A), preference=0))
UNSEEN = domain(server("mx1.d.test", dead(A, FailureKind.DEADLINE)))
NULL_MX = domain(mx=MxFacts(answer=NO_ADDRESSES, status="null-mx"))  # type: ignore[arg-type]
BLANK_LINE = served(policy_file("mx2.d.test") + "\r\n\r\n")


def pinned(**leaf: Any) -> DomainFacts:
    """One server whose own key DNS names, under signatures that hold."""
    names = with_dane("mx1.d.test", records(own_key("mx1.d.test")), working(A))
    return signed_domain(names, certificates=[leaf_of("mx1.d.test", **leaf)])


def found(facts: DomainFacts, *past: DomainFacts) -> list[Judged]:
    return [one for one in judge(judge_servers(facts, NOW, past)) if one.code in OWN]


def codes(facts: DomainFacts, *past: DomainFacts) -> set[str]:
    return {one.code for one in found(facts, *past)}


# reason, facts, codes of policy and servers together
CASES: list[tuple[str, DomainFacts, set[str]]] = [
    ("kept", promising(ONE, "mx1.d.test"), {"mta-sts-enforced"}),
    ("kept by all, by name and wildcard", promising(TWO, "mx1.d.test", "*.d.test"),
     {"mta-sts-enforced", "mta-sts-pattern-wildcard"}),
    ("none is listed", promising(TWO, "mail.other.test"), {"mta-sts-no-mx-covered", "mta-sts-listed-unused"}),
    ("the backup is not listed", promising(TWO, "mx1.d.test"), {"mta-sts-mx-not-covered"}),
    ("nor is it when it is dead", promising(BACKUP_DEAD, "mx1.d.test"), {"mta-sts-mx-not-covered"}),
    ("the implicit MX is the domain itself", promising(IMPLICIT, "d.test"), {"mta-sts-enforced"}),
    ("a wildcard does not list its parent", promising(IMPLICIT, "*.d.test"),
     {"mta-sts-no-mx-covered", "mta-sts-listed-unused", "mta-sts-pattern-wildcard"}),
    ("listed, and none passes", promising(OLD, "mx1.d.test"), {"mta-sts-no-server-passes"}),
    ("listed, and in clear text", promising(CLEAR, "mx1.d.test"), {"mta-sts-no-server-passes"}),
    ("one passes, one fails", promising(ONE_OLD, "*.d.test"),
     {"mta-sts-server-fails-policy", "mta-sts-pattern-wildcard"}),
    ("the only server passes at one of two addresses, and senders try both", promising(ONE_ADDRESS_OLD, "mx1.d.test"),
     {"mta-sts-server-fails-policy"}),
    ("one fails, one is not listed", promising(ONE_OLD, "mx2.d.test"),
     {"mta-sts-no-server-passes", "mta-sts-mx-not-covered"}),
    ("a listed server that nobody could judge", promising(UNSEEN, "mx1.d.test"), set()),
    ("on trial, and it would hold", promising(ONE, "mx1.d.test", mode="testing"), {"mta-sts-testing"}),
    ("on trial, with a short max_age", promising(ONE, "mx1.d.test", mode="testing", max_age=604_800),
     {"mta-sts-testing", "mta-sts-max-age-before-enforce"}),
    ("on trial, and none is listed", promising(ONE, "mx2.other.test", mode="testing"),
     {"mta-sts-mx-not-covered", "mta-sts-listed-unused"}),
    ("on trial, one is not listed and one fails: each is told once", promising(ONE_OLD, "mx2.d.test", mode="testing"),
     {"mta-sts-mx-not-covered", "mta-sts-testing-would-fail"}),
    ("on trial, and its certificate is bad", promising(OLD, "mx1.d.test", mode="testing"),
     {"mta-sts-testing-would-fail"}),
    ("on trial, and nobody could see the server", promising(UNSEEN, "mx1.d.test", mode="testing"), set()),
    ("switched off", promising(TWO, mode="none"), {"mta-sts-none"}),
    ("nothing is published", without_promise(ONE), {"mta-sts-absent"}),
    ("DANE alone", without_promise(pinned()), {"mta-sts-absent-beside-dane"}),
    ("a file without a record is told by itself", promising(ONE, "mx1.d.test", record=None), set()),
    ("nobody looked", ONE, set()),
    ("the record could not be seen", promising(ONE, "mx2.d.test", record=DNS_IS_DOWN), set()),
    ("null MX", promising(NULL_MX, "mx1.d.test"), {"mta-sts-null-mx"}),
    ("null MX and a policy that is switched off", promising(NULL_MX, mode="none"), set()),
    ("null MX and no policy", without_promise(NULL_MX), set()),
    ("a line that no server has", promising(ONE, "mx1.d.test", "old.d.test"),
     {"mta-sts-enforced", "mta-sts-listed-unused"}),
    ("a whole top-level domain", promising(domain(server("mx.test", working(A))), "*.test"),
     {"mta-sts-enforced", "mta-sts-pattern-broad"}),
    ("no address for reports", replace(promising(ONE, "mx1.d.test"), tls_rpt=reporting(None)),
     {"mta-sts-enforced", "tls-rpt-missing-with-policy"}),
    ("no policy, so nothing to report", replace(promising(ONE, mode="none"), tls_rpt=reporting(None)),
     {"mta-sts-none"}),
    ("DANE passes, and the certificate is nobody's", promising(pinned(trusted=False), "mx1.d.test"),
     {"mta-sts-no-server-passes", "mta-sts-fails-beside-dane"}),
    ("DANE passes, and the policy lists another", promising(pinned(), "mx2.other.test"),
     {"mta-sts-no-mx-covered", "mta-sts-listed-unused", "mta-sts-fails-beside-dane"}),
    ("DANE and the policy pass", promising(pinned(), "mx1.d.test"), {"mta-sts-enforced"}),
    ("DANE passes, the policy is on trial and would fail", promising(pinned(trusted=False), "mx1.d.test",
     mode="testing"), {"mta-sts-testing-would-fail"}),
    ("only lenient senders read the file", promising(TWO, host=BLANK_LINE), {"mta-sts-mx-not-covered"}),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "facts", "want"), CASES, ids=[case[0] for case in CASES])
def test_policy_and_servers(reason: str, facts: DomainFacts, want: set[str]) -> None:
    """What is raised, and nothing else of this kind."""
    assert codes(facts) == want, reason


def one(code: str, facts: DomainFacts, *past: DomainFacts) -> Judged:
    [finding] = [finding for finding in found(facts, *past) if finding.code == code]
    return finding


HINTS = [
    ("d.test", "*.d.test", "Replace the policy's line `mx: d.test` by `mx: *.d.test`."),
    ("mx1.d.tset", "mx1.d.test", "Replace the policy's line `mx: mx1.d.tset` by `mx: mx1.d.test`."),
    ("mail.other.test", "mx1.d.test", "Add the line `mx: mx1.d.test` to the policy."),
]


@pytest.mark.parametrize(("listed", "meant", "mend"), HINTS)
def test_what_was_meant_is_asked_and_what_to_write_is_said(listed: str, meant: str, mend: str) -> None:
    finding = one("mta-sts-no-mx-covered", promising(ONE, listed))
    assert finding.params["patterns"] == [meant]
    assert mend in finding.remedy
    assert (f"Did you mean “{meant}”?" in finding.detail) == ("Replace" in mend)


def test_the_server_that_is_not_listed_is_named() -> None:
    finding = one("mta-sts-mx-not-covered", promising(TWO, "mx1.d.test"))
    assert finding.subject.host == "mx2.d.test"
    assert (finding.params["pattern"], finding.params["instead"]) == ("mx2.d.test", "")


def test_on_trial_a_server_that_is_not_listed_loses_no_mail() -> None:
    """Only an enforced policy keeps senders from it (RFC 8461 section 5)."""
    said = "its mail still arrives"
    assert said in one("mta-sts-mx-not-covered", promising(TWO, "mx1.d.test", mode="testing")).detail
    assert said not in one("mta-sts-mx-not-covered", promising(TWO, "mx1.d.test")).detail


def test_a_server_that_is_new_in_dns_should_have_been_listed_first() -> None:
    """The last scan saw the other server only (STS-70)."""
    facts = promising(TWO, "mx1.d.test")
    past = seen_at(NOW - timedelta(days=1), promising(ONE, "mx1.d.test"))
    assert "new in DNS" in one("mta-sts-mx-not-covered", facts, *past).detail
    assert "new in DNS" not in one("mta-sts-mx-not-covered", facts).detail


def test_why_a_server_fails_is_said() -> None:
    assert "has expired" in one("mta-sts-no-server-passes", promising(OLD, "mx1.d.test")).detail
    assert "mx2.d.test: " not in one("mta-sts-server-fails-policy", promising(ONE_OLD, "*.d.test")).detail
    at_one_address = one("mta-sts-server-fails-policy", promising(ONE_ADDRESS_OLD, "mx1.d.test"))
    assert f"At {B}: Its certificate has expired." in at_one_address.detail
    assert str(at_one_address.subject.address) == B
    assert one("mta-sts-server-fails-policy", promising(ONE_OLD, "*.d.test")).subject.address is None
    trial = one("mta-sts-testing-would-fail", promising(ONE_OLD, "mx2.d.test", mode="testing"))
    assert trial.params["hosts"] == ["mx2.d.test"]
    assert "mx2.d.test: Its certificate has expired." in trial.detail


HELD = promising(ONE, "mx1.d.test")
MOVED = promising(ONE, "mx0.d.test")
WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
GONE = without_promise(ONE)
UNFETCHABLE = promising(ONE, edition="2", host=served("", response=failed()))
TESTED = promising(ONE, "mx1.d.test", mode="testing")

# reason, facts now, facts then, how long ago, codes beside those that the present alone raises
EDITIONS: list[tuple[str, DomainFacts, DomainFacts, timedelta, set[str]]] = [
    ("nothing has changed", HELD, HELD, DAY, set()),
    ("changed under the same id", HELD, promising(ONE, "mx1.d.test", "mx9.d.test"), DAY, {"mta-sts-id-reused"}),
    ("changed in nothing that counts", HELD, promising(ONE, "MX1.d.test"), DAY, set()),
    ("changed under the same id, and the old one is gone from all memory", HELD, MOVED, 5 * WEEK, set()),
    ("changed under the same id, and the old one keeps mail away", HELD, MOVED, DAY,
     {"mta-sts-id-reused", "mta-sts-old-policy-stops-mail"}),
    ("changed under a new id", promising(ONE, "mx1.d.test", edition="2"), MOVED, DAY, set()),
    ("a new id alone", promising(ONE, "mx1.d.test", edition="2"), HELD, DAY, {"mta-sts-id-changed-alone"}),
    ("removed", GONE, HELD, DAY, {"mta-sts-removed-while-cached"}),
    ("removed, and the servers have changed", GONE, MOVED, DAY,
     {"mta-sts-removed-while-cached", "mta-sts-old-policy-stops-mail"}),
    ("removed long ago", GONE, HELD, 5 * WEEK, set()),
    ("removed while on trial", GONE, TESTED, DAY, {"mta-sts-old-policy-cached"}),
    ("removed after mode none", GONE, promising(ONE, mode="none"), DAY, set()),
    ("the file can't be had any more", UNFETCHABLE, HELD, DAY, {"mta-sts-old-policy-cached"}),
    ("it could never be had", UNFETCHABLE, UNFETCHABLE, DAY, set()),
    ("we could not see it now", promising(ONE, "mx1.d.test", record=DNS_IS_DOWN), HELD, DAY, set()),
    ("we could not see it then", HELD, promising(ONE, "mx0.d.test", record=DNS_IS_DOWN), DAY, set()),
    ("on trial for a week", TESTED, TESTED, WEEK, set()),
    ("on trial for long", TESTED, promising(ONE, "mx1.d.test", mode="testing"), 7 * WEEK,
     {"mta-sts-testing-for-weeks"}),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "now", "then", "ago", "want"), EDITIONS, ids=[case[0] for case in EDITIONS])
def test_editions(reason: str, now: DomainFacts, then: DomainFacts, ago: timedelta, want: set[str]) -> None:
    """What an earlier scan adds to what the present shows."""
    assert codes(now, *seen_at(NOW - ago, then)) - codes(now) == want, reason


def test_a_new_id_that_was_due_is_not_told_as_one_without_a_change() -> None:
    """The file was changed under the old id, and the id after it: as RFC 8461 section 8.1 orders it."""
    mended = promising(ONE, "mx1.d.test", edition="2")
    past = [*seen_at(NOW - 2 * DAY, MOVED), *seen_at(NOW - DAY, HELD)]
    assert "mta-sts-id-reused" in codes(HELD, *seen_at(NOW - 2 * DAY, MOVED))
    assert codes(mended, *past) == codes(mended)


def test_until_when_an_old_policy_is_believed() -> None:
    """It was seen on 31 May, with a max_age of four weeks."""
    finding = one("mta-sts-removed-while-cached", GONE, *seen_at(NOW - DAY, HELD))
    assert finding.params["until"] == "28 June 2026, 00:00 UTC"
    assert "31 May 2026" in finding.detail


def test_a_trial_is_counted_from_its_last_beginning() -> None:
    """It was enforced in between: six weeks are not over again yet."""
    past = [*seen_at(NOW - 9 * WEEK, TESTED), *seen_at(NOW - 5 * WEEK, HELD), *seen_at(NOW - 2 * WEEK, TESTED)]
    assert "mta-sts-testing" in codes(TESTED, *past)
    long = one("mta-sts-testing-for-weeks", TESTED, *seen_at(NOW - 9 * WEEK, TESTED), *seen_at(NOW - WEEK, TESTED))
    assert long.params["age"] == "9 weeks"


def test_a_policy_that_is_taken_back_must_stay_for_a_while() -> None:
    """Senders may hold the enforced one from yesterday for four weeks."""
    off = promising(ONE, mode="none", edition="2")
    assert "28 June 2026" in one("mta-sts-none", off, *seen_at(NOW - DAY, HELD)).detail
    assert "2026" not in one("mta-sts-none", off).detail
    unheard = promising(ONE, mode="none")  # under the id of the enforced one
    assert "Give the record a new id, then leave" in one("mta-sts-none", unheard, *seen_at(NOW - DAY, HELD)).detail


def test_mode_none_must_stay_as_long_as_the_policy_from_before_is_held() -> None:
    """Who wrote nothing in the two days of mode none never saw it, and enforces until 28 June (STS-69)."""
    off = promising(ONE, mode="none", edition="2")
    past = [*seen_at(NOW - DAY, HELD), *seen_at(NOW - DAY / 2, off)]
    assert "28 June 2026" in one("mta-sts-removed-while-cached", GONE, *past).detail
    assert "mta-sts-removed-while-cached" not in codes(GONE, *seen_at(NOW - 5 * WEEK, HELD), *seen_at(NOW - WEEK, off))


def test_a_missing_record_for_reports_is_told_once() -> None:
    """With a policy it matters more, and the plain note would only repeat it (RPT-14)."""
    facts = replace(promising(ONE, "mx1.d.test"), tls_rpt=reporting(None))
    raised = [finding.code for finding in judge(judge_servers(facts, NOW))]
    assert "tls-rpt-missing-with-policy" in raised
    assert "tls-rpt-absent" not in raised
    assert "tls-rpt-absent" in [finding.code for finding in judge(judge_servers(GONE, NOW))]


@pytest.mark.parametrize("status", ["nxdomain", "null-mx", "none"])
def test_who_takes_no_mail_needs_no_reports(status: Any) -> None:
    """To publish a record for a domain that doesn't exist would be odd advice (RPT-14)."""
    idle = replace(GONE, mx=MxFacts(status=status), servers=())
    assert "tls-rpt-absent" not in [finding.code for finding in judge(judge_servers(idle, NOW))]
