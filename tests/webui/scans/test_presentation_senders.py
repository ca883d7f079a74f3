"""Senders that honour a policy: what each goes by, what it does, and what it reports, in words beside the code."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests import report_parts as make
from tests.report_parts import NOW
from webui.scans.presentation import present
from webui.scans.presentation.senders import Prints, SenderRow

ROOT = Path(__file__).resolve().parents[3]
FETCHES = make.step("try", "It fetches the policy: mode enforce.", None)
HOLDS = make.step("try", "It holds the policy of 1 November: mode enforce.", None)
NO_RECORD = make.step("try", "It finds no MTA-STS record, so it knows of no policy.", None)
SKIPS = make.step("skip", "The policy does not list it.", "mx1.example")
DELIVERS = make.step("deliver", "The mail goes over TLS.", "mx1.example", "192.0.2.1")
CODES = {"status_code": "4.7.5", "final_status_code": "5.7.5", "result_type": "validation-failure"}


def rows_of(*deliveries: dict[str, Any], mta_sts: str = "enforce", tls_rpt: str = "valid") -> tuple[SenderRow, ...]:
    verdict = make.verdict("losing-mail", 7, "F", "Losing.", mta_sts=mta_sts)
    reporting = {"status": tls_rpt, "txt": [], "rua": [], "defects": [], "dnssec": None}
    return present(make.report("one.example", verdict, deliveries=list(deliveries), tls_rpt=reporting), NOW).senders


def test_a_sender_under_a_policy_tells_what_it_goes_by_and_then_each_server() -> None:
    first, later = rows_of(
        make.delivery("mta-sts", "deferred", FETCHES, SKIPS, **CODES),
        make.delivery("mta-sts-cached", "authenticated", HOLDS, DELIVERS),
    )
    assert first.name == "A sender that obeys MTA-STS"
    assert first.does == (FETCHES["why"], "Skips mx1.example: The policy does not list it.")
    assert (first.prints[0].words, first.after) == ("4.7.5", "5.7.5")
    assert later.does[0] == HOLDS["why"]


def test_first_meeting_and_cached_policy_share_a_row_if_they_fare_alike() -> None:
    alike = [make.delivery(sender, "deferred", FETCHES, SKIPS, **CODES) for sender in ("mta-sts", "mta-sts-cached")]
    row, _ = rows_of(*alike, make.delivery("opportunistic", "encrypted", DELIVERS))
    assert row.name == "Senders that obey MTA-STS"


def test_that_there_is_no_policy_sets_no_sender_apart() -> None:
    plain = make.delivery("opportunistic", "encrypted", DELIVERS)
    obeying = [make.delivery(sender, "encrypted", NO_RECORD, DELIVERS) for sender in ("mta-sts", "mta-sts-cached")]
    (row,) = rows_of(plain, *obeying, mta_sts="absent")
    assert (row.name, len(row.does)) == ("Every sender", 1)


def test_a_policy_from_earlier_is_told_where_there_is_none_now() -> None:
    rows = rows_of(
        make.delivery("mta-sts", "encrypted", NO_RECORD, DELIVERS),
        make.delivery("mta-sts-cached", "encrypted", HOLDS, DELIVERS),
        mta_sts="absent",
    )
    assert [len(row.does) for row in rows] == [1, 2]


@pytest.mark.parametrize(
    ("variant", "kind"),
    [
        ("postfix-mta-sts-resolver", "overlooks faults in the file, as postfix-mta-sts-resolver does"),
        ("lenient senders", "overlooks faults in the file"),
    ],
)
def test_software_that_reads_leniently_has_a_row_of_its_own(variant: str, kind: str) -> None:
    rows = rows_of(
        make.delivery("mta-sts", "encrypted", DELIVERS, result_type="sts-policy-invalid"),
        make.delivery("mta-sts", "deferred", FETCHES, SKIPS, variant=variant, **CODES),
        make.delivery("opportunistic", "refused", variant="best-down"),
    )
    assert [(row.name, row.outcome.words) for row in rows] == [
        ("A sender that reads the policy leniently", "Waits, then bounces"),
        ("A sender that obeys MTA-STS", "Arrives, encrypted"),
    ]
    assert rows[0].kind == kind


def test_what_a_policy_on_trial_would_stop_is_told() -> None:
    trial = make.step("try", "It reports validation-failure: an enforced policy would fail here.", "mx1.example")
    (row,) = rows_of(make.delivery("mta-sts", "encrypted", FETCHES, trial, DELIVERS))
    assert row.does[1] == trial["why"]


def test_a_result_type_stands_with_words_also_where_nobody_reads_it() -> None:
    words = "TLS fails, or a server is not the one that the policy lists"
    delivery = make.delivery("mta-sts", "deferred", FETCHES, SKIPS, **CODES)
    assert rows_of(delivery)[0].report == Prints(words="validation-failure", meaning=words)
    (row,) = rows_of(delivery, tls_rpt="absent")
    assert row.report is not None
    assert row.report.meaning == f"{words}; but the domain asks for no reports"


def test_every_code_and_result_type_that_the_engine_gives_has_words() -> None:
    """One more in the simulation needs a line in the page's tables."""
    names = ("session", "walk", "delivery", "policy_delivery")
    paths = [ROOT / "checker/assessment" / f"{name}.py" for name in names] + [ROOT / "checker/mta_sts/published.py"]
    source = "".join(path.read_text() for path in paths)
    codes = set(re.findall(r'"([45]\.\d\.\d+)"', source))
    types = set(re.findall(r'"(validation-failure|(?:sts|certificate|starttls)-[a-z]+-[a-z-]+)"', source))
    assert {"4.7.5"} < codes
    assert {"sts-webpki-invalid", "starttls-not-supported", "certificate-host-mismatch"} < types
    for code in codes:
        assert rows_of(make.delivery("mta-sts", "deferred", status_code=code))[0].prints[0].meaning, code
    for result_type in types:
        (row,) = rows_of(make.delivery("mta-sts", "deferred", result_type=result_type))
        assert row.report is not None
        assert row.report.meaning, result_type
