"""What a page says of a report, piece by piece."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from checker.report.document import Report
from tests import report_parts as make
from tests.report_examples import EXAMPLES
from tests.report_parts import NOW
from webui.scans.presentation import present
from webui.scans.presentation.levels import level_of, seal_of
from webui.scans.presentation.marks import COULD_NOT_TELL, Mark
from webui.scans.presentation.senders import Prints, SenderRow
from webui.scans.presentation.servers import Row
from webui.scans.presentation.times import ago, counted, milliseconds, short_day

ROOT = Path(__file__).resolve().parents[3]


def words(row: Row) -> list[str]:
    return [f"{cell.label}: {cell.mark.words}" for cell in row.cells]


def every(part: object, kind: type) -> Iterator[Any]:
    """Every dataclass of this kind anywhere in a page."""
    if isinstance(part, kind):
        yield part
    if dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            yield from every(getattr(part, field.name), kind)
    elif isinstance(part, tuple):
        for item in part:
            yield from every(item, kind)


def senders_of(*deliveries: dict[str, Any]) -> tuple[SenderRow, ...]:
    """The rows of a report with these deliveries."""
    verdict = make.verdict("losing-mail", 5, "F", "Lost.")
    return present(make.report("one.example", verdict, deliveries=list(deliveries)), NOW).senders


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_reports(name: str) -> None:
    """What the pages are tested with has every key of format 1, with values of its types."""
    TypeAdapter(Report).validate_python(EXAMPLES[name], strict=True)


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_mark_is_without_words(name: str) -> None:
    """A colour or an icon alone says nothing to many."""
    marks = list(every(present(EXAMPLES[name], NOW), Mark))
    assert marks
    assert [mark for mark in marks if not mark.words] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_row_of_the_matrix_fills_its_columns(name: str) -> None:
    page = present(EXAMPLES[name], NOW)
    for server in page.servers:
        for row in server.rows:
            assert sum(cell.span for cell in row.cells) == len(page.columns)
    for condition in page.conditions:
        assert sum(cell.span for cell in condition.cells) == len(page.condition_names)


@pytest.mark.parametrize(
    ("level", "grade", "symbol", "wax", "label"),
    [
        ("enforced", "A+", "seal-a-plus", "good", "Grade A+, Enforced"),
        ("enforced", "A-", "seal-a-minus", "good", "Grade A−, Enforced"),
        ("ready", "B", "seal-b", "good", "Grade B, Ready"),
        ("partly-enforced", "C", "seal-c", "mid", "Grade C, Partly enforced"),
        ("degraded", "D-", "seal-d-minus", "mid", "Grade D−, Degraded"),
        ("losing-mail", "F", "seal-f", "bad", "Grade F, Losing mail"),
        ("no-mail", None, "seal-none", "unk", "No grade, Takes no mail"),
        ("inconclusive", None, "seal-unknown", "unk", "No grade, Inconclusive"),
        ("from-a-later-version", None, "seal-unknown", "unk", "No grade, From a later version"),
    ],
)
def test_a_seal_by_shape_colour_and_word(level: str, grade: str | None, symbol: str, wax: str, label: str) -> None:
    seal = seal_of(level_of(level), level_of(level).name, grade)
    assert (seal.symbol, seal.wax, seal.label) == (symbol, wax, label)


@pytest.mark.parametrize(
    ("name", "title", "grade"),
    [
        ("ready", "millrace.example: ready, B", "Grade B, 83 of 100"),
        ("losing-mail", "harbourlight.example: losing mail, F", "Grade F, 5 of 100"),
        ("degraded", "oneleg.example: degraded, D−", "Grade D−, 46 of 100"),
        ("exposed", "bücher.example: exposed, F", "Grade F, 31 of 100"),
        ("null-mx", "null-mx.example: takes no mail", "No grade"),
        ("nxdomain", "nxdomain.example: no such domain", "No grade"),
        ("none", "none.example: no mail server", "No grade"),
        ("inconclusive", "meadowbank.example: inconclusive", "No grade"),
        ("provisional", "sixonly.example: ready, B", "Grade B, 84 of 100 so far, 1 server not seen"),
        ("cut-short", "lanternpost.example: cut short", "No grade"),
        ("running", "lanternpost.example: checking", "1 of 2 servers looked at"),
        ("running-start", "lanternpost.example: checking", "asking DNS for its mail servers"),
    ],
)
def test_the_verdict_at_a_glance(name: str, title: str, grade: str) -> None:
    hero = present(EXAMPLES[name], NOW).hero
    assert (hero.title, hero.grade) == (title, grade)


def test_senders_come_worst_first_and_the_unknown_ones_together() -> None:
    rows = present(EXAMPLES["exposed"], NOW).senders
    assert [row.outcome.words for row in rows] == [
        "Waits, then bounces",
        "Arrives in clear text",
        "Arrives, encrypted",
        "Could not tell",
    ]
    assert rows[-1].name == "Senders that obey MTA-STS or DANE"


def test_encrypted_is_good_where_only_the_sender_could_do_more() -> None:
    """In ``enforced`` the domain has done all it can."""
    assert {row.outcome.tone for row in present(EXAMPLES["enforced"], NOW).senders} == {"ok"}
    assert present(EXAMPLES["ready"], NOW).senders[0].outcome.tone == "warn"


def test_a_null_mx_bounces_as_the_domain_wishes() -> None:
    assert present(EXAMPLES["null-mx"], NOW).senders[0].outcome.tone == "na"
    assert present(EXAMPLES["nxdomain"], NOW).senders[0].outcome.tone == "bad"


def test_a_long_walk_is_told_once_and_cut_in_the_middle() -> None:
    walk = [make.step("fail", "takes no connection", f"mx{number}.example") for number in range(6)]
    rows = senders_of(
        make.delivery("opportunistic", "deferred", *walk, status_code="4.4.1"),
        make.delivery("verified-tls", "deferred", *walk, status_code="4.7.5"),
    )
    assert len(rows[0].does) == 4
    assert rows[0].does[2] == "The same way through 3 more."
    assert rows[1].does == ("The same.",)


def test_senders_that_fare_wholly_alike_share_a_row() -> None:
    """All of them are "Every sender"; some of them are named together."""
    alike = [make.delivery(sender, "deferred", status_code="4.4.1") for sender in ("opportunistic", "mandatory-tls")]
    assert [(row.name, row.kind) for row in senders_of(*alike)] == [("Every sender", "whatever it checks")]
    rows = senders_of(*alike, make.delivery("verified-tls", "deferred", status_code="4.7.5"))
    assert [(row.name, row.kind) for row in rows] == [
        ("2 kinds of sender", "encrypts when it can; insists on encryption"),
        ("A sender that checks certificates", "against the server’s name, for which DNS alone vouches"),
    ]


def test_only_what_is_tried_again_has_a_code_after_the_last_try() -> None:
    """What bounces at once bounces once."""
    deferred, refused = (
        senders_of(make.delivery("opportunistic", outcome, status_code=code, final_status_code=f"5{code[1:]}"))[0]
        for outcome, code in (("deferred", "4.4.1"), ("refused", "5.1.10"))
    )
    assert (deferred.after, refused.after) == ("5.4.1", "")


def test_a_code_stands_with_words_that_say_what_it_means() -> None:
    (row,) = senders_of(make.delivery("opportunistic", "deferred", status_code="4.7.5"))
    assert row.prints == (Prints(words="4.7.5", meaning="TLS failed, or the server could not be verified"),)


@pytest.mark.parametrize("name", [name for name, report in EXAMPLES.items() if (report["verdict"] or {}).get("score")])
def test_the_score_adds_up(name: str) -> None:
    """From the top of the band, row by row, to the number at the head of the page."""
    *rows, total = [int(row.points.replace("−", "-")) for row in present(EXAMPLES[name], NOW).score]
    verdict = EXAMPLES[name]["verdict"]
    assert verdict is not None
    assert sum(rows) == total == verdict["score"]


def test_a_report_without_a_score_has_no_sum() -> None:
    assert present(EXAMPLES["inconclusive"], NOW).score == ()


def test_findings_come_worst_first_with_the_grave_ones_and_the_first_to_mend_open() -> None:
    page = present(EXAMPLES["ready"], NOW)
    assert [card.severity.words for card in page.findings] == ["Advice", "Advice", "Good", "Could not tell"]
    assert page.findings_note == "2 advice, 1 good, 1 could not tell."
    assert [card.is_open for card in page.findings] == [True, False, False, False]
    assert all(card.is_open for card in present(EXAMPLES["losing-mail"], NOW).findings)


def test_references_lead_to_the_rfc_and_others_stay_text() -> None:
    first, second = present(EXAMPLES["exposed"], NOW).findings[0].references
    assert first.url == "https://www.rfc-editor.org/rfc/rfc3207#section-4"
    assert (second.text, second.url) == ("NIST SP 800-52 revision 2", "")


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("exposed", "First step: turn on STARTTLS at mx2.postcard.example"),
        ("ready", "Nothing has to change"),
        ("inconclusive", "First step: run the check from somewhere else"),
        ("nxdomain", "First step: check the spelling of the domain"),
        ("cut-short", "First step: check the domain again"),
    ],
)
def test_the_first_step(name: str, heading: str) -> None:
    step = present(EXAMPLES[name], NOW).step
    assert step is not None
    assert step.heading == heading


def test_the_first_date_to_keep_is_the_earliest() -> None:
    step = present(EXAMPLES["ready"], NOW).step
    assert step is not None
    assert step.text.endswith("the certificate of mx2.millrace.example ends on 2 December 2026.")


def test_where_port_25_is_blocked_the_page_hands_over_the_command() -> None:
    step = present(EXAMPLES["inconclusive"], NOW).step
    assert step is not None
    assert [slip.copied for slip in step.slips] == ["python -m checker meadowbank.example"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_ladder_has_one_rung_of_ones_own_or_is_not_there(name: str) -> None:
    ladder = present(EXAMPLES[name], NOW).ladder
    verdict = EXAMPLES[name]["verdict"]
    graded = bool(verdict and verdict["grade"])
    assert sum(1 for rung in ladder if rung.seal) == int(graded)
    assert len(ladder) == (8 if graded else 0)


def test_limits_with_one_reason_are_one_line_that_names_all() -> None:
    lines = [f"{sight.mark.words}: {sight.text}" for sight in present(EXAMPLES["inconclusive"], NOW).sights]
    assert "mx1.meadowbank.example; mx2.meadowbank.example: Connections to port 25 are blocked here." in lines


def test_what_nobody_asked_for_is_called_so() -> None:
    """Neither "none" nor a pass: this version did not look, and says so once, in no cell and no record."""
    page = present(EXAMPLES["ready"], NOW)
    assert [sight.text for sight in page.sights if sight.mark.words == "Not looked at"] == ["MTA-STS and DANE."]
    assert page.columns == ("Connect", "Greeting", "STARTTLS", "TLS", "Certificate", "Name")
    assert [record for record in page.records if record.soft or record.gutter in ("TXT", "TLSA")] == []
    assert present(EXAMPLES["enforced"], NOW).columns[6:] == ("Policy", "DANE")


def test_a_running_page_grows_and_never_judges() -> None:
    start, names, middle = (present(EXAMPLES[name], NOW) for name in ("running-start", "running-names", "running"))
    assert (start.progress, start.servers, start.records) == (None, (), ())
    assert words(names.servers[0].rows[0])[0] == "Connect to Name: waiting"
    assert middle.progress is not None
    assert (middle.progress.done, middle.progress.total) == (2, 4)
    assert words(middle.servers[1].rows[0])[:3] == [
        "Connect: open",
        "Greeting: in progress",
        "STARTTLS to Name: waiting",
    ]
    assert middle.hero.headline == "1 problem so far. At 192.0.2.64: the connection was refused."
    assert (middle.findings, middle.score, middle.ladder, middle.step, middle.conditions) == ((), (), (), None, ())


def test_a_scan_cut_short_waits_for_nothing() -> None:
    """What had not come when it ended could not be told; nothing on its page moves."""
    marks = list(every(present(EXAMPLES["cut-short"], NOW), Mark))
    assert {mark.words for mark in marks} & {"waiting", "in progress"} == set()
    assert COULD_NOT_TELL in marks


def test_lines_of_one_moment_stand_together_in_a_transcript() -> None:
    lines = present(EXAMPLES["ready"], NOW).transcripts[0].lines
    assert lines[2].gutter == "0.063 S"
    assert lines[2].lines == ("250-mx1.millrace.example", "250-SIZE 52428800", "250 STARTTLS")
    assert [line.gutter for line in lines if line.soft] == ["0.164"]


@pytest.mark.parametrize(
    ("seconds", "want"),
    [(-5, "just now"), (9, "just now"), (14, "14 seconds ago"), (60, "1 minute ago"), (720, "12 minutes ago"),
     (7200, "2 hours ago"), (90000, "1 day ago")],
)  # fmt: skip
def test_how_long_ago(seconds: int, want: str) -> None:
    assert ago(NOW - timedelta(seconds=seconds), NOW) == want


def test_small_facts() -> None:
    assert short_day(NOW + timedelta(days=400), NOW) == "28 Dec 2027"
    assert [counted(1, "address", "addresses"), counted(2, "address", "addresses")] == ["1 address", "2 addresses"]
    assert [milliseconds(999), milliseconds(6200)] == ["999 ms", "6.2 s"]
