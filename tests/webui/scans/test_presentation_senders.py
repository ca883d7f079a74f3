"""Senders that honour a policy: what each goes by, what it does, and what it reports, in words beside the code."""

import re
from dataclasses import replace
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
    ("variant", "name", "kind"),
    [
        (
            "postfix-mta-sts-resolver",
            "postfix-mta-sts-resolver",
            "A sender that reads the policy leniently: overlooks faults in the file",
        ),
        ("lenient senders", "A sender that reads the policy leniently", "overlooks faults in the file"),
        ("mox", "mox", "A sender that obeys DANE and MTA-STS: both must pass"),
    ],
)
def test_software_that_reads_a_standard_otherwise_has_a_row_of_its_own(variant: str, name: str, kind: str) -> None:
    rows = rows_of(
        make.delivery("mta-sts", "encrypted", DELIVERS, result_type="sts-policy-invalid"),
        make.delivery("mta-sts", "deferred", FETCHES, SKIPS, variant=variant, **CODES),
        make.delivery("opportunistic", "refused", variant="best-down"),
    )
    assert [(row.name, row.outcome.words) for row in rows] == [
        (name, "Waits, then bounces"),
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
    names = ("session", "walk", "delivery", "policy_delivery", "dane_delivery")
    paths = [ROOT / "checker/assessment" / f"{name}.py" for name in names] + [ROOT / "checker/mta_sts/published.py"]
    source = "".join(path.read_text() for path in paths)
    codes = set(re.findall(r'"([45]\.\d\.\d+)"', source))
    kinds = r"validation-failure|tlsa-invalid|dane-required|dnssec-invalid|(?:sts|certificate|starttls)-[a-z]+-[a-z-]+"
    types = set(re.findall(rf'"({kinds})"', source))
    assert {"4.7.5"} < codes
    assert {"sts-webpki-invalid", "tlsa-invalid", "dnssec-invalid"} < types
    assert {"starttls-not-supported", "certificate-host-mismatch"} < types
    for code in codes:
        assert rows_of(make.delivery("mta-sts", "deferred", status_code=code))[0].prints[0].meaning, code
    for result_type in types:
        (row,) = rows_of(make.delivery("mta-sts", "deferred", result_type=result_type))
        assert row.report is not None
        assert row.report.meaning, result_type


def real(name: str, source: str = "a manual", date: str = "2026-11-30") -> dict[str, str]:
    return {"name": name, "source": source, "date": date}


def test_those_that_are_known_by_name_stand_before_their_kind() -> None:
    """With what is in brackets, the source and its date for who asks."""
    obeys = make.delivery("mta-sts", "deferred", FETCHES, SKIPS, real_senders=[real("Gmail"), real("maddy (remote)")])
    row, _ = rows_of(obeys, make.delivery("opportunistic", "encrypted", DELIVERS))
    assert (row.name, row.kind) == (
        "Gmail and maddy",
        "A sender that obeys MTA-STS: the domain’s own policy, met for the first time",
    )
    assert [sender.name for sender in row.real] == ["Gmail", "maddy (remote)"]
    assert {sender.source for sender in row.real} == {"a manual, 2026-11-30"}


def test_software_of_its_own_row_has_its_source_too() -> None:
    """Its kind stands beneath once, without its name before it."""
    by_mox = make.delivery("dane-mta-sts", "deferred", SKIPS, variant="mox", real_senders=[real("mox")])
    row, _ = rows_of(make.delivery("dane-mta-sts", "encrypted", DELIVERS), by_mox)
    assert (row.name, row.kind) == ("mox", "A sender that obeys DANE and MTA-STS: both must pass")
    assert [sender.source for sender in row.real] == ["a manual, 2026-11-30"]


def test_of_many_names_one_of_each_kind_comes_first() -> None:
    kinds = {"opportunistic": ["A", "B"], "mandatory-tls": ["C", "D"], "forced-tls": ["E"], "verified-tls": ["F"]}
    alike = [
        make.delivery(kind, "encrypted", DELIVERS, real_senders=[real(name) for name in names])
        for kind, names in kinds.items()
    ]
    row, _ = rows_of(*alike, make.delivery("dane", "deferred", SKIPS))[::-1]
    assert row.name == "A, C, E and 3 more"
    assert [sender.name for sender in row.real] == ["A", "C", "E", "F", "B", "D"]
    assert rows_of(*alike)[0].name == "Every sender"


def test_the_words_of_those_that_a_row_names_come_first() -> None:
    """Others that would print something there as well stand behind them, in their order."""
    said = [
        {"software": software, "text": f"{software} says no.", "source": "a manual", "code": ""}
        for software in ("Exchange Online", "Gmail", "Postfix (older)", "Postfix+plugin log")
    ]
    named = [real("Gmail"), real("Postfix with a plug-in")]
    row, _ = rows_of(
        make.delivery("mta-sts", "deferred", SKIPS, messages=said, real_senders=named),
        make.delivery("opportunistic", "encrypted", DELIVERS),
    )
    assert [prints.software for prints in row.prints] == [
        *("Gmail", "Postfix (older)", "Postfix+plugin log", "Exchange Online"),
    ]


def test_what_software_prints_is_verbatim_with_code_and_source() -> None:
    messages = [
        {"software": f"S{at}", "text": "Server certificate not verified", "source": "its source", "code": "4.7.5"}
        for at in range(3)
    ]
    (row,) = rows_of(make.delivery("dane", "deferred", SKIPS, messages=messages, **CODES))
    printed = Prints(words="Server certificate not verified", software="S0, 4.7.5", source="its source")
    assert row.prints_first == (printed, replace(printed, software="S1, 4.7.5"))
    assert [line.software for line in row.prints_more] == ["S2, 4.7.5"]


def test_with_the_best_server_down_there_is_a_part_of_its_own() -> None:
    """It names the servers that are supposed to be down, and its rows are never among the others."""
    first, second = make.server("mx1.good.example"), make.server("mx2.good.example", preference=20)
    deliveries = [
        make.delivery("dane", "authenticated", DELIVERS),
        make.delivery("dane", "deferred", SKIPS, variant="best-down"),
    ]
    verdict = make.verdict("partly-enforced", 70, "C", "Partly.")
    page = present(make.report("one.example", verdict, servers=[first, second], deliveries=deliveries), NOW)
    assert [row.outcome.words for row in page.senders] == ["Arrives, verified"]
    assert page.best_down is not None
    assert page.best_down.hosts == ("mx1.good.example",)
    assert [(row.name, row.outcome.words) for row in page.best_down.rows] == [
        ("A sender that obeys DANE", "Waits, then bounces")
    ]


def test_that_the_best_server_is_down_is_not_told_by_every_row() -> None:
    first, second = make.server("mx1.good.example"), make.server("mx2.good.example", preference=20)
    supposed = make.step("skip", "We suppose that it is down.", "mx1.good.example")
    delivers = make.step("deliver", "The mail goes over TLS.", "mx2.good.example")
    deliveries = [
        make.delivery("opportunistic", "encrypted", supposed, delivers, variant="best-down"),
        make.delivery("dane", "deferred", supposed, variant="best-down"),
    ]
    page = present(
        make.report("one.example", None, servers=[first, second], deliveries=deliveries, state="complete"), NOW
    )
    assert page.best_down is not None
    assert [row.does for row in page.best_down.rows] == [
        ("No server is left to try.",),
        ("Delivers to mx2.good.example: The mail goes over TLS.",),
    ]


def test_one_server_has_no_better_one() -> None:
    page = present(make.report("one.example", None, deliveries=[make.delivery("dane", "authenticated", DELIVERS)]), NOW)
    assert page.best_down is None
