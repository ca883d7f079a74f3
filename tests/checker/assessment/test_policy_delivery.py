"""What senders do that honour MTA-STS, the first time and with a policy from earlier (RFC 8461; requirements 9.3)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checker.assessment.delivery import simulate
from checker.assessment.judged import Delivery
from checker.assessment.states import judge_servers
from checker.facts import DomainFacts
from checker.observation import Failed, FailureKind
from tests.fact_builders import (
    DNS_IS_DOWN,
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
from tests.policy_builders import policy_file, promising, seen_at, served, without_promise
from tests.sts_builders import stopped

A, B = "192.52.193.1", "192.52.193.2"
SLOW = failed(FailureKind.RESOLVER_TIMEOUT)
BOGUS = Failed(FailureKind.BOGUS, "The signature is wrong.")
OLD_WEB = expired("mta-sts.d.test", sha256="web")

GOOD = domain(server("a.test", working(A)))
TWO = domain(server("a.test", working(A), preference=5), server("b.test", working(B)))
FIRST_CLEAR = domain(server("a.test", without_starttls(A), preference=5), server("b.test", working(B)))
CLEAR = domain(server("a.test", without_starttls(A)))
EXPIRED = domain(server("a.test", working(A)), certificates=[expired("a.test")])
UNTRUSTED = domain(server("a.test", working(A)), certificates=[certificate("a.test", trusted=False)])
OLD_TLS = domain(server("a.test", working(A, version="TLSv1.1")))
DEAD = domain(server("a.test", dead(A)))


def deliveries(facts: DomainFacts, *past: DomainFacts) -> list[Delivery]:
    return list(simulate(judge_servers(facts, NOW, past)))


def of(sender: str, facts: DomainFacts, *past: DomainFacts) -> Delivery:
    [found] = [one for one in deliveries(facts, *past) if one.sender == sender and one.variant is None]
    return found


EQUAL = domain(server("a.test", working(A)), server("b.test", working(B)))

MISMATCH, NO_TLS = "validation-failure", "starttls-not-supported"

# reason, facts, how it ends for a sender that meets the domain now, through which server, code, result type
MEETINGS: list[tuple[str, DomainFacts, str, str | None, str | None, str | None]] = [
    ("enforced and kept", promising(GOOD, "a.test"), "authenticated", "a.test", None, None),
    ("enforced, by a wildcard", promising(GOOD, "*.test"), "authenticated", "a.test", None, None),
    ("not listed", promising(GOOD, "b.test"), "deferred", None, "4.7.5", MISMATCH),
    ("the best is not listed, the next is", promising(TWO, "b.test"), "authenticated", "b.test", None, None),
    ("the best has no TLS, the next is good", promising(FIRST_CLEAR, "*.test"), "authenticated", "b.test", None, None),
    ("the best fails, the next is not listed", promising(FIRST_CLEAR, "a.test"), "deferred", None, "4.7.5", MISMATCH),
    ("no STARTTLS", promising(CLEAR, "a.test"), "deferred", None, "4.7.4", NO_TLS),
    ("expired", promising(EXPIRED, "a.test"), "deferred", None, "4.7.5", "certificate-expired"),
    ("untrusted", promising(UNTRUSTED, "a.test"), "deferred", None, "4.7.5", "certificate-not-trusted"),
    ("TLS 1.1 at best", promising(OLD_TLS, "a.test"), "deferred", None, "4.7.5", "validation-failure"),
    ("dead", promising(DEAD, "a.test"), "deferred", None, "4.4.1", None),
    ("on trial and kept", promising(GOOD, "a.test", mode="testing"), "encrypted", "a.test", None, None),
    ("on trial, not listed", promising(GOOD, "b.test", mode="testing"), "encrypted", "a.test", None, MISMATCH),
    ("on trial, no STARTTLS", promising(CLEAR, "a.test", mode="testing"), "plaintext", "a.test", None, NO_TLS),
    ("on trial, expired", promising(EXPIRED, "*.test", mode="testing"), "encrypted", "a.test", None,
     "certificate-expired"),
    ("on trial, and one of two equals is not listed", promising(EQUAL, "a.test", mode="testing"), "encrypted", "b.test",
     None, MISMATCH),
    ("switched off", promising(CLEAR, mode="none"), "plaintext", "a.test", None, None),
    ("no policy", without_promise(EXPIRED), "encrypted", "a.test", None, None),
    ("the record is invalid", promising(EXPIRED, "b.test", record="v=STSv1; id=a-b;"), "encrypted", "a.test", None,
     None),
    ("no answer about the record, for anybody", promising(EXPIRED, "b.test", record=BOGUS), "encrypted", "a.test", None,
     None),
    ("the file can't be had", promising(EXPIRED, host=served("", response=failed())), "encrypted", "a.test", None,
     "sts-policy-fetch-error"),
    ("the policy host's certificate is bad", promising(GOOD, "b.test", web=OLD_WEB),
     "encrypted", "a.test", None, "sts-webpki-invalid"),
    ("the file is no policy", promising(GOOD, host=served("mode: enforce\r\n")), "encrypted", "a.test", None,
     "sts-policy-invalid"),
    ("we could not see the record", promising(GOOD, "b.test", record=SLOW), "unknown", None, None, None),
    ("no name server answers about the record", promising(EXPIRED, "b.test", record=DNS_IS_DOWN), "encrypted", "a.test",
     None, None),
    ("we could not see the file", promising(GOOD, host=stopped("connect", failed(FailureKind.DEADLINE))), "unknown",
     None, None, None),
    ("we could not see the record, and all are dead", promising(DEAD, "b.test", record=SLOW), "deferred", None,
     "4.4.1", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "facts", "outcome", "via", "code", "result_type"), MEETINGS, ids=[case[0] for case in MEETINGS]
)
def test_first_meeting(
    reason: str, facts: DomainFacts, outcome: str, via: str | None, code: str | None, result_type: str | None
) -> None:
    """An enforced policy delivers only where it is kept, and each failure has its code and result type.

    Without past scans one that has the policy cached is one that fetched what is published now.
    """
    found = of("mta-sts", facts)
    assert (found.outcome, found.via, found.status_code, found.result_type) == (outcome, via, code, result_type), reason
    assert found.final_status_code == (f"5{code[1:]}" if code else None)
    cached = of("mta-sts-cached", facts)
    assert replace(cached, sender="mta-sts") == found


def test_a_server_that_is_not_listed_is_passed_over_by_name() -> None:
    steps = [(step.host, step.action) for step in of("mta-sts", promising(TWO, "b.test")).steps]
    assert steps == [(None, "try"), ("a.test", "skip"), ("b.test", "deliver")]


def test_on_trial_the_steps_say_what_is_reported() -> None:
    told = [step.why for step in of("mta-sts", promising(CLEAR, "a.test", mode="testing")).steps]
    assert any("reports starttls-not-supported" in why for why in told)


ENFORCED_B = promising(GOOD, "b.test")
ENFORCED_A = promising(GOOD, "a.test", edition="2")
TESTED_B = promising(GOOD, "b.test", mode="testing")
UNFETCHABLE = promising(GOOD, edition="2", host=served("", response=failed()))
YESTERDAY = timedelta(days=1)

# reason, facts now, facts then, how long ago, how it ends for a sender that kept what was published then
CACHED: list[tuple[str, DomainFacts, DomainFacts, timedelta, str, str | None]] = [
    ("same id: the cached one, whatever the file says", promising(GOOD, "a.test"), ENFORCED_B, YESTERDAY, "deferred",
     MISMATCH),
    ("a new id and a good file: the new one", ENFORCED_A, ENFORCED_B, YESTERDAY, "authenticated", None),
    ("a new id and no file: the cached one", UNFETCHABLE, ENFORCED_B, YESTERDAY, "deferred", MISMATCH),
    ("a new id, no file, and a cached trial", UNFETCHABLE, TESTED_B, YESTERDAY, "encrypted", MISMATCH),
    ("a new id, no file, and cached mode none: nothing to report", UNFETCHABLE, promising(GOOD, mode="none"), YESTERDAY,
     "encrypted", None),
    ("a new id, no file, and a good cached one: the fetch is reported", UNFETCHABLE, promising(GOOD, "a.test"),
     YESTERDAY, "authenticated", "sts-policy-fetch-error"),
    ("the record is gone", without_promise(GOOD), ENFORCED_B, YESTERDAY, "deferred", MISMATCH),
    ("the record is gone, which is reported, and the cached one is kept", without_promise(GOOD),
     promising(GOOD, "a.test"), YESTERDAY, "authenticated", "sts-policy-fetch-error"),
    ("the record is gone after mode none", without_promise(GOOD), promising(GOOD, mode="none"), YESTERDAY, "encrypted",
     None),
    ("the record is invalid", promising(GOOD, record="v=STSv1;"), ENFORCED_B, YESTERDAY, "deferred", MISMATCH),
    ("the record fails for everybody", promising(GOOD, "a.test", record=BOGUS), ENFORCED_B, YESTERDAY, "deferred",
     MISMATCH),
    ("the record fails for us", promising(GOOD, "a.test", record=SLOW), ENFORCED_B, YESTERDAY, "unknown", None),
    ("the last second", without_promise(GOOD), ENFORCED_B, timedelta(seconds=2_419_200), "deferred", MISMATCH),
    ("run out", without_promise(GOOD), ENFORCED_B, timedelta(seconds=2_419_201), "encrypted", None),
    ("it was never valid", without_promise(GOOD), UNFETCHABLE, YESTERDAY, "encrypted", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "now", "then", "ago", "outcome", "result_type"), CACHED, ids=[case[0] for case in CACHED]
)
def test_with_the_last_policy_cached(
    reason: str, now: DomainFacts, then: DomainFacts, ago: timedelta, outcome: str, result_type: str | None
) -> None:
    """The cached policy counts until it runs out or a good fetch under a new id replaces it."""
    found = of("mta-sts-cached", now, *seen_at(NOW - ago, then))
    assert (found.outcome, found.result_type) == (outcome, result_type), reason


def test_only_the_past_is_past() -> None:
    """A scan that is later than the moment of judgement tells nothing."""
    later = seen_at(NOW + YESTERDAY, ENFORCED_B)
    assert of("mta-sts-cached", without_promise(GOOD), *later).outcome == "encrypted"


def test_the_last_of_several_counts() -> None:
    past = [*seen_at(NOW - YESTERDAY, promising(GOOD, "a.test")), *seen_at(NOW - 2 * YESTERDAY, ENFORCED_B)]
    assert of("mta-sts-cached", without_promise(GOOD), *past).outcome == "authenticated"


BLANK_LINE = served(policy_file("b.test") + "\r\n\r\n")


def variants(facts: DomainFacts) -> list[tuple[str, str | None, str]]:
    return [
        (one.sender, one.variant, one.outcome) for one in deliveries(facts) if one.variant not in (None, "best-down")
    ]


def test_who_reads_the_file_kindly_stands_beside() -> None:
    """Strictly there is no policy, so mail is delivered; who overlooks blank lines enforces it, and queues the mail."""
    facts = promising(GOOD, host=BLANK_LINE)
    assert of("mta-sts", facts).outcome == "encrypted"
    assert variants(facts) == [("mta-sts", "postfix-mta-sts-resolver", "deferred")]


LISTED = policy_file("b.test")
DEBIAN, OTHERS = "postfix-mta-sts-resolver", "lenient senders"
# fault, the file, the software that reads it all the same: what Debian's version does is seen by the real deliveries
FAULTY: list[tuple[str, str, str]] = [
    ("a comment", f"# ours\r\n{LISTED}", DEBIAN),
    ("lines that end with CR", LISTED.replace("\r\n", "\r"), DEBIAN),
    ("zeros in front", LISTED.replace("2419200", "000002419200"), DEBIAN),
    ("a byte-order mark", f"\u00ef\u00bb\u00bf{LISTED}", OTHERS),
    ("a blank in front", LISTED.replace("mode", " mode"), OTHERS),
    ("a blank before the colon", LISTED.replace("mode:", "mode :"), OTHERS),
    ("no max_age", LISTED.partition("max_age")[0], OTHERS),
    ("more than a year", LISTED.replace("2419200", "31557601"), OTHERS),
]


@pytest.mark.parametrize(("fault", "body", "reader"), FAULTY, ids=[case[0] for case in FAULTY])
def test_the_reader_is_one_that_does_read_it(fault: str, body: str, reader: str) -> None:
    assert variants(promising(GOOD, host=served(body))) == [("mta-sts", reader, "deferred")], fault


def test_a_name_with_a_dot_at_its_end_fits_no_server() -> None:
    """So it is for the software that takes it as it stands: even a good server gets no mail from it."""
    assert variants(promising(GOOD, "a.test.")) == [("mta-sts", DEBIAN, "deferred")]
    assert variants(promising(TWO, "a.test.", "b.test")) == [("mta-sts", DEBIAN, "authenticated")]


def test_a_file_that_all_read_alike_has_no_variant() -> None:
    assert variants(promising(GOOD, "b.test")) == variants(without_promise(GOOD)) == []


FORCED: list[tuple[str, DomainFacts, str]] = [
    ("enforced: certificates count", promising(EXPIRED, "a.test"), "deferred"),
    ("enforced and good", promising(GOOD, "a.test"), "authenticated"),
    ("enforced, not listed: it doesn't look at names", promising(GOOD, "b.test"), "authenticated"),
    ("on trial: they don't", promising(EXPIRED, "a.test", mode="testing"), "encrypted"),
    ("no policy: they don't", without_promise(EXPIRED), "encrypted"),
]


@pytest.mark.parametrize(("reason", "facts", "outcome"), FORCED, ids=[case[0] for case in FORCED])
def test_forced_tls_checks_certificates_where_a_policy_is_enforced(
    reason: str, facts: DomainFacts, outcome: str
) -> None:
    """LuxSci's rule: only a domain that enforces a policy is asked for good certificates."""
    assert of("forced-tls", facts).outcome == outcome, reason


@pytest.mark.parametrize("sender", ["dane", "dane-mta-sts"])
@pytest.mark.parametrize("facts", [promising(GOOD, "a.test"), promising(GOOD, "b.test")])
def test_dane_stays_unknown(sender: str, facts: Any) -> None:
    """Nobody looked for TLSA records, and they decide before the policy."""
    assert of(sender, facts).outcome == "unknown"
