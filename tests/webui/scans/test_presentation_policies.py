"""The promise on a page: what stands under which line, what it means, and what was not seen."""

from copy import deepcopy
from typing import Any

import pytest

from checker.report.document import Report
from tests.policy_builders import promising, served
from tests.report_parts import NOW
from tests.report_policies import MX1, MX2, POLICY_EXAMPLES, hostile_promise, told, two_servers
from webui.scans.presentation import present
from webui.scans.presentation.certificates import RecordLine
from webui.scans.presentation.conditions import policy_cells
from webui.scans.presentation.listing import BOTTOM, CHARACTERS_SHOWN, LINES_SHOWN, TOP, defect_notes, listed
from webui.scans.presentation.marks import Mark
from webui.scans.presentation.policies import Promise, Published, promise
from webui.scans.presentation.times import lasting

BAD, WARN, OK = Mark("bad", "Wrong."), Mark("warn", "Odd."), Mark("ok", "Right.")


def promise_of(name: str) -> Promise:
    """The section of an example."""
    found = promise(POLICY_EXAMPLES[name])
    assert found is not None
    return found


def told_lines(lines: tuple[RecordLine, ...]) -> list[tuple[str, str, str]]:
    """Gutter, text, and tone with words of the note."""
    return [
        (line.gutter, "".join(line.lines), f"{line.note.tone}: {line.note.words}" if line.note else "")
        for line in lines
    ]


def body_of(body: str) -> Published:
    """The policy file of a domain that serves this."""
    found = promise(told(promising(two_servers(), host=served(body))))
    assert found is not None
    return found.policy


def defect(code: str, line: int = 0, column: int = 0, *, fatal: bool = True) -> Any:
    return {"code": code, "detail": "Wrong.", "line": line, "column": column, "reference": "", "fatal": fatal}


def test_notes_stand_under_their_line_and_those_of_none_at_the_ends() -> None:
    """The first note of a line tints it, and each further one is a line of its own."""
    lines = tuple(listed(["one", "two"], {2: [BAD, OK], TOP: [WARN], BOTTOM: [BAD]}))
    assert told_lines(lines) == [
        ("", "", "warn: Odd."),
        ("1", "one", ""),
        ("2", "two", "bad: Wrong."),
        ("", "", "ok: Right."),
        ("", "", "bad: Wrong."),
    ]


def test_of_a_long_text_the_lines_with_faults_are_shown_and_the_others_counted() -> None:
    """However far behind a fault is, and however many lines there are."""
    lines = tuple(listed(["mx: a.test"] * 5000, {4000: [BAD], 3000: [WARN], 4500: [OK]}))
    numbered = [line.gutter for line in lines if line.gutter != "…"]
    assert numbered == [*map(str, range(1, 59)), "3000", "4000"]
    assert len(numbered) == LINES_SHOWN
    assert [line.lines for line in lines if line.soft] == [
        ("2941 lines more",),
        ("999 lines more",),
        ("1000 lines more",),
    ]


def test_a_text_of_faults_alone_keeps_its_first_lines() -> None:
    lines = tuple(listed(["x"] * 1000, {number: [BAD] for number in range(1, 1001)}))
    assert [line.gutter for line in lines[:LINES_SHOWN]] == [*map(str, range(1, LINES_SHOWN + 1))]
    assert len(lines) == LINES_SHOWN + 1


def test_a_long_line_is_cut_in_words_that_are_not_its_own() -> None:
    first, rest = listed(["x" * (CHARACTERS_SHOWN + 5)], {})
    assert first.lines == ("x" * CHARACTERS_SHOWN,)
    assert (rest.soft, rest.lines) == (True, ("5 characters more",))


@pytest.mark.parametrize(
    ("found", "place"),
    [
        (defect("mode-case", 2), 2),
        (defect("html"), TOP),
        (defect("missing-version"), TOP),
        (defect("missing-mode"), BOTTOM),
        (defect("missing-mx"), BOTTOM),
        (defect("missing-delimiter", 1), 1),
        (defect("more-defects"), BOTTOM),
    ],
    ids=lambda value: value["code"] if isinstance(value, dict) else None,
)
def test_what_is_missing_stands_where_it_should_be(found: Any, place: int) -> None:
    assert list(defect_notes([found])) == [place]


def test_what_voids_a_line_comes_first_and_a_column_is_named() -> None:
    notes = defect_notes([defect("a", 3, 1, fatal=False), defect("b", 3, 7)])
    assert notes == {3: [Mark("bad", "Wrong. (Column 7.)"), Mark("warn", "Wrong.")]}
    assert defect_notes(None) == {}


def test_each_line_says_which_servers_it_covers() -> None:
    """And behind the last of them stand the servers that none covers."""
    assert told_lines(promise_of("policy-uncovered").policy.lines) == [
        ("1", "version: STSv1", ""),
        ("2", "mode: enforce", ""),
        ("3", "mx: old.d.test", "warn: No server has this name. Harmless; remove the line once nothing points there."),
        ("4", f"mx: {MX2}", f"ok: Covers {MX2}."),
        ("", "", f"bad: {MX1} is missing here: no line covers it."),
        ("5", "max_age: 2419200", ""),
    ]


def test_on_trial_a_missing_server_is_a_warning() -> None:
    """Nothing is held back for it yet."""
    assert [mark for _, _, mark in told_lines(promise_of("policy-testing").policy.lines) if "missing" in mark] == [
        f"warn: {MX2} is missing here: no line covers it."
    ]


def test_a_line_that_covers_many_names_three() -> None:
    hosts = [f"mx{number}.d.test" for number in range(5)]
    many = deepcopy(POLICY_EXAMPLES["policy-enforced"])
    many["mta_sts"]["mx_lines"] = [{"line": 3, "pattern": "*.d.test", "covers": hosts}]
    found = promise(many)
    assert found is not None
    assert told_lines(found.policy.lines)[2][2] == "ok: Covers mx0.d.test, mx1.d.test, mx2.d.test and 2 more."


def test_every_fault_of_an_invalid_file_is_at_its_line() -> None:
    """By the numbers of the document, and no line is said to cover anything."""
    notes: dict[str, list[str]] = {}
    at = ""
    for gutter, _, mark in told_lines(promise_of("policy-invalid").policy.lines):
        at = gutter or at
        notes.setdefault(at, []).append(mark)
    for each in POLICY_EXAMPLES["policy-invalid"]["mta_sts"]["policy"]["defects"] or ():
        assert any(each["detail"] in mark for mark in notes[str(each["line"])])
    assert not any("Covers" in mark for marks in notes.values() for mark in marks)


@pytest.mark.parametrize(
    ("body", "want"),
    [
        ("version: STSv1\nmode: none\nmax_age: 9\n", ["1 version: STSv1", "2 mode: none", "3 max_age: 9"]),
        ("version: STSv1\r\nmode: none\r\nmax_age: 9", ["1 version: STSv1", "2 mode: none", "3 max_age: 9"]),
        ("version: STSv1\rmode: none\n", ["1 version: STSv1\\x0dmode: none"]),
        ("\n\nversion: STSv1\n", ["1 ", "2 ", "3 version: STSv1"]),
    ],
)
def test_lines_are_numbered_as_the_parser_counts_them(body: str, want: list[str]) -> None:
    assert [f"{line.gutter} {''.join(line.lines)}" for line in body_of(body).lines if line.gutter] == want


def test_an_empty_file_has_only_its_fault() -> None:
    (line,) = body_of("").lines
    assert line.note is not None
    assert (line.lines, line.note.tone) == ((), "bad")


@pytest.mark.parametrize(
    ("name", "policy", "record"),
    [
        ("policy-enforced", Mark("ok", "valid"), Mark("ok", "valid")),
        ("policy-testing", Mark("ok", "valid"), Mark("ok", "valid")),
        ("policy-none", Mark("na", "switched off"), Mark("ok", "valid")),
        ("policy-invalid", Mark("bad", "invalid"), Mark("ok", "valid")),
        ("policy-absent", Mark("na", "none"), Mark("na", "none")),
        ("policy-unfetchable", Mark("bad", "fetch fails"), Mark("ok", "valid")),
        ("policy-404", Mark("bad", "fetch fails"), Mark("ok", "valid")),
        ("policy-expired-site", Mark("bad", "fetch fails"), Mark("ok", "valid")),
        ("policy-record-failed", Mark("ok", "valid"), Mark("unk", "could not tell")),
        ("policy-record-invalid", Mark("ok", "valid"), Mark("bad", "invalid")),
        ("policy-running", Mark("not", "waiting"), Mark("ok", "valid")),
    ],
)
def test_what_became_of_file_and_record(name: str, policy: Mark, record: Mark) -> None:
    """A mark with a sentence in every state."""
    section = promise_of(name)
    assert (section.policy.status, section.records[0].status) == (policy, record)
    assert all(part.meaning for part in (section.policy, *section.records))


def test_how_the_file_came() -> None:
    """From which address, with what status and type, and what its certificate is worth."""
    address = POLICY_EXAMPLES["policy-enforced"]["mta_sts"]["policy"]["address"]
    assert promise_of("policy-enforced").policy.place == "https://mta-sts.d.test/.well-known/mta-sts.txt"
    assert promise_of("policy-enforced").policy.came == f"from {address}, status 200, text/plain, certificate: valid"
    assert promise_of("policy-expired-site").policy.came.endswith("certificate: expired")
    assert promise_of("policy-404").policy.came == f"from {address}, status 404, certificate: valid"


def test_why_a_file_could_not_be_fetched_is_the_reports_own_sentence() -> None:
    for name in ("policy-unfetchable", "policy-404", "policy-expired-site"):
        assert promise_of(name).policy.meaning == POLICY_EXAMPLES[name]["mta_sts"]["policy"]["error"]


def test_what_was_not_seen_says_why() -> None:
    """The reason is that of the limits, and without one it says at least that nothing counts."""
    blind = deepcopy(POLICY_EXAMPLES["policy-record-failed"])
    blind["limits"] = [{"path": "mta_sts.record", "code": "servfail", "detail": "Its name servers give no answer."}]
    blind["tls_rpt"] |= {"status": None, "txt": None, "rua": None, "defects": None}
    found = promise(blind)
    assert found is not None
    assert found.records[0].meaning == "Its name servers give no answer."
    assert found.records[1].status == Mark("unk", "could not tell")
    assert "neither for the domain nor against it" in found.records[1].meaning


def test_a_record_that_is_missing_beside_a_file_is_a_fault_and_not_only_an_absence() -> None:
    missing = deepcopy(POLICY_EXAMPLES["policy-enforced"])
    missing["mta_sts"]["record"] |= {"status": "absent", "txt": [], "id": None}
    found = promise(missing)
    assert found is not None
    assert found.records[0].status == Mark("bad", "none")


def test_several_records_are_numbered_as_their_defects_are() -> None:
    several = deepcopy(POLICY_EXAMPLES["policy-enforced"])
    several["tls_rpt"] |= {"txt": ["v=spf1 -all", "v=TLSRPTv1;"], "defects": [defect("x", 2)], "status": "invalid"}
    found = promise(several)
    assert found is not None
    assert told_lines(found.records[1].lines) == [
        ("TXT 1", "v=spf1 -all", ""),
        ("TXT 2", "v=TLSRPTv1;", "bad: Wrong."),
    ]


def test_where_nobody_asked_there_is_no_section() -> None:
    nobody = deepcopy(POLICY_EXAMPLES["policy-absent"])
    for part in (nobody["mta_sts"]["record"], nobody["mta_sts"]["policy"], nobody["tls_rpt"]):
        part["status"] = None
    assert promise(nobody) is None
    assert "policy" not in [section.anchor for section in present(nobody, NOW).sections]
    assert "policy" in [section.anchor for section in present(POLICY_EXAMPLES["policy-absent"], NOW).sections]


@pytest.mark.parametrize("status", ["null-mx", "nxdomain", "none"])
def test_a_domain_without_mail_is_not_told_that_it_lacks_a_policy(status: Any) -> None:
    """But what it publishes all the same is shown."""
    for name, is_shown in (("policy-absent", False), ("policy-enforced", True)):
        without = deepcopy(POLICY_EXAMPLES[name])
        without["mx"]["status"] = status
        assert (promise(without) is not None) is is_shown


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("policy-enforced", ["TXT record: yes", "Secure web site: yes", "Policy file: yes", "Servers listed: yes"]),
        ("policy-uncovered", ["TXT record: yes", "Secure web site: yes", "Policy file: yes", "Servers listed: no"]),
        ("policy-none",
         ["TXT record: yes", "Secure web site: yes", "Policy file: yes", "Servers listed: switched off"]),
        ("policy-invalid",
         ["TXT record: yes", "Secure web site: yes", "Policy file: no", "Servers listed: not reached"]),
        ("policy-expired-site",
         ["TXT record: yes", "Secure web site: no", "Policy file and Servers listed: not reached"]),
        ("policy-record-invalid",
         ["TXT record: no", "Secure web site: yes", "Policy file: yes", "Servers listed: yes"]),
        ("policy-record-failed",
         ["TXT record: could not tell", "Secure web site: yes", "Policy file: yes", "Servers listed: yes"]),
        ("policy-absent", ["TXT record to Servers listed: none"]),
        ("policy-running", []),
    ],
)  # fmt: skip
def test_the_tick_list_of_the_policy(name: str, want: list[str]) -> None:
    """The report's own ticks; what is behind one that fails was not reached, and absence is no failure."""
    assert [f"{cell.label}: {cell.mark.words}" for cell in policy_cells(POLICY_EXAMPLES[name])] == want


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("policy-enforced", [Mark("ok", "listed", "line 3"), Mark("ok", "listed", "line 4")]),
        ("policy-uncovered", [Mark("bad", "not listed"), Mark("ok", "listed", "line 4")]),
        ("policy-testing", [Mark("ok", "listed", "line 3"), Mark("warn", "not listed")]),
        ("policy-none", [Mark("na", "switched off")] * 2),
    ],
)
def test_each_server_is_listed_or_not(name: str, want: list[Mark]) -> None:
    page = present(POLICY_EXAMPLES[name], NOW)
    at = page.columns.index("Policy")
    assert [block.rows[0].cells[at].mark for block in page.servers] == want


@pytest.mark.parametrize("name", ["policy-invalid", "policy-absent", "policy-404", "policy-running"])
def test_without_a_valid_policy_nobody_is_listed_or_not(name: str) -> None:
    """So there is no such column."""
    assert "Policy" not in present(POLICY_EXAMPLES[name], NOW).columns


def test_the_certificate_of_the_policy_host_has_its_card() -> None:
    cards = {card.hosts: card for card in present(POLICY_EXAMPLES["policy-expired-site"], NOW).certificates}
    notes = [line.note.words for line in cards["mta-sts.d.test"].lines if line.note]
    assert [note for note in notes if note.startswith("Expired")]


@pytest.mark.parametrize("text", ["\x1b[31m", "\0", "a\u202eb", "x" * 5000, "\n" * 3000, "<b>"])
def test_whatever_a_stranger_publishes_is_bounded_and_printable(text: str) -> None:
    report: Report = told(hostile_promise(text))
    found = promise(report)
    assert found is not None
    shown = [part for item in (found.policy, *found.records) for line in item.lines for part in line.lines]
    assert all(part.isprintable() and len(part) <= CHARACTERS_SHOWN for part in shown)
    assert len(found.policy.lines) < 3 * LINES_SHOWN


@pytest.mark.parametrize(
    ("seconds", "want"),
    [(604800, "7 days"), (86400, "1 day"), (3600, "1 hour"), (90000, "about 1 day"), (1, "1 second"), (0, "0 seconds")],
)
def test_how_long_something_is_kept(seconds: int, want: str) -> None:
    assert lasting(seconds) == want
