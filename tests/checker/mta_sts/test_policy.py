"""The policy file, against the vectors of RFC 8461 section 3.2 and against any body."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.defect import DEFECTS_KEPT
from checker.mta_sts.facts import Mode, Policy
from checker.mta_sts.policy import MAX_AGE_S, ParsedPolicy, parse_policy

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "sts_policy.json").read_text("utf-8")
)["vectors"]

# Where sources disagree: the defects that we report, and whether a lenient sender has a policy (docs/disputed.md).
OUR_READING: dict[str, tuple[list[str], bool]] = {
    "sts-policy-053": (["mx-u-label"], False),
    "sts-policy-055": ([], True),
    "sts-policy-070": ([], True),
    "sts-policy-090": (["missing-max-age"], True),
    "sts-policy-092": ([], True),
    "sts-policy-093": (["blank-line"], True),
    "sts-policy-094": (["bare-cr", "bare-cr", "bare-cr", "bare-cr"], True),
    "sts-policy-096": (["mx-u-label", "mx-u-label"], True),
    "sts-policy-116": (["blank-line"], True),
}
# The vectors' reasons, as our codes begin; “syntax” may be anything.
REASONS = {
    "empty": "empty",
    "version": "version-",
    "mode": "mode-",
    "max_age": "max-age-",
    "mx-syntax": "mx-",
    "missing-version": "missing-version",
    "missing-mode": "missing-mode",
    "missing-max_age": "missing-max-age",
    "missing-mx": "missing-mx",
    "syntax": "",
}

START = "version: STSv1\nmode: enforce\nmax_age: 86400\n"
POLICY = Policy(mode="enforce", max_age=86400, mx=("a.test",), mx_lines=(4,))
LONGEST = replace(POLICY, max_age=MAX_AGE_S)
WITH_X = replace(POLICY, extensions=(("x", "y"),))


def parse(body: str) -> ParsedPolicy:
    """A body as a client hands it on: one character per octet."""
    return parse_policy(body.encode().decode("latin-1"))


def codes(parsed: ParsedPolicy) -> list[str]:
    return [defect.code for defect in parsed.defects]


def test_all_vectors_are_here() -> None:
    assert len(VECTORS) == 58
    assert {case["id"] for case in VECTORS if case["disputed"]} == OUR_READING.keys()


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["id"])
def test_vector(case: dict[str, Any]) -> None:
    """Each vector: the value, and for a policy that is none a defect that says why."""
    parsed, expect = parse(case["input"]["body"]), case["expect"]
    if case["id"] in OUR_READING:
        assert (codes(parsed), parsed.lenient_policy is not None) == OUR_READING[case["id"]], case["note"]
    if not expect["valid"]:
        assert parsed.policy is None, case["note"]
        assert any(code.startswith(REASONS[expect["reason"]]) for code in codes(parsed)), codes(parsed)
        return
    assert parsed.policy is not None, case["note"]
    assert parsed.policy.mode == expect["mode"]
    assert parsed.policy.max_age == expect["max_age"]
    assert parsed.policy.mx == tuple(expect["mx"])
    assert parsed.policy.extensions == tuple((name, value) for name, value in expect["extensions"])
    assert parsed.lenient_policy == parsed.policy


@pytest.mark.parametrize(
    ("body", "want"),
    [
        (START + "mx: a.test", POLICY),
        (START.replace("\n", "\r\n") + "mx: a.test\r\n", POLICY),
        (START + "mx: A.Test \t\r\n", POLICY),
        (START + "mx:a.test\nx: ü ber\n", replace(POLICY, extensions=(("x", "ü ber"),))),
        (START + "mx: *." + "a." * 127 + "a", replace(POLICY, mx=("*." + "a." * 127 + "a",))),
        (START + "mx: b\nmx: *.c-d.e\n", replace(POLICY, mx=("b", "*.c-d.e"), mx_lines=(4, 5))),
        (START + "mx: a.test\nmx: a.test", replace(POLICY, mx=("a.test", "a.test"), mx_lines=(4, 5))),
        ("max_age: 31557600\nmode: none\nversion: STSv1", Policy(mode="none", max_age=MAX_AGE_S)),
        ("version: STSv1\nmode: none\nmax_age: 0000000001", Policy(mode="none", max_age=1)),
        ("version: STSv1\nmode: none\nmax_age: 1\nmx: a.test", replace(POLICY, mode="none", max_age=1)),
        (START + "mx: a.test\n" + "x" * 32 + ":y", replace(POLICY, extensions=(("x" * 32, "y"),))),
    ],
)
def test_good(body: str, want: Policy) -> None:
    """What the grammar has room for, without a word of blame."""
    assert parse(body) == ParsedPolicy(policy=want, lenient_policy=want, defects=())


@pytest.mark.parametrize(
    ("body", "code", "line", "column"),
    [
        ("", "empty", 0, 0),
        (" \r\n\n", "empty", 0, 0),
        ("\ufeff", "empty", 0, 0),
        ("<!DOCTYPE html>\n<html>\n" + "<p>x: y</p>\n" * 90, "html", 0, 0),
        ("\ufeff\n <HTML>", "html", 0, 0),
        ("v\0e\0r\0", "not-utf-8", 0, 0),
        (START.replace("STSv1", "stsv1") + "mx: a.test", "version-case", 1, 10),
        (START.replace("STSv1", "STSv1;") + "mx: a.test", "version-unknown", 1, 10),
        (START.replace("version: STSv1", "v: STSv1") + "mx: a.test", "missing-version", 0, 0),
        (START.replace("enforce", "ENFORCE") + "mx: a.test", "mode-case", 2, 7),
        (START.replace("enforce", "report") + "mx: a.test", "mode-unknown", 2, 7),
        (START.replace("mode: enforce", "x: y") + "mx: a.test", "missing-mode", 0, 0),
        (START.replace("enforce", "") + "mx: a.test", "empty-value", 2, 1),
        (START.replace("86400", "1d") + "mx: a.test", "max-age-unit", 3, 10),
        (START.replace("86400", "2 weeks") + "mx: a.test", "max-age-unit", 3, 10),
        (START.replace("86400", "-1") + "mx: a.test", "max-age-not-a-number", 3, 10),
        (START.replace("86400", "+1") + "mx: a.test", "max-age-not-a-number", 3, 10),
        (START.replace("86400", "1.5") + "mx: a.test", "max-age-not-a-number", 3, 10),
        (START.replace("86400", "١") + "mx: a.test", "max-age-not-a-number", 3, 10),
        (START.replace("86400", "0" * 15 + "86400") + "mx: a.test", "max-age-too-long", 3, 10),
        (START.replace("86400", "9" * 60000) + "mx: a.test", "max-age-too-long", 3, 10),
        (START, "missing-mx", 0, 0),
        (START + "mx:", "empty-value", 4, 1),
        (START + "mx: a.test\nx: \x01", "control-character", 5, 4),
        (START + "mx: a.test, b.test", "mx-list", 4, 5),
        (START + "mx: a.test b.test", "mx-list", 4, 5),
        (START + "mx: a.test # the only one", "mx-comment", 4, 5),
        (START + "mx: https://a.test/", "mx-is-url", 4, 5),
        (START + "mx: a.test:25", "mx-port", 4, 5),
        (START + "mx: me@a.test", "mx-is-mail-address", 4, 5),
        (START + "mx: me@bücher.test", "mx-is-mail-address", 4, 5),
        (START + "mx: 192.0.2.1", "mx-is-address", 4, 5),
        (START + "mx: 2001:db8::1", "mx-is-address", 4, 5),
        (START + "mx: [IPv6:2001:db8::1]", "mx-is-address", 4, 5),
        (START + "mx: *", "mx-wildcard", 4, 5),
        (START + "mx: *.", "mx-wildcard", 4, 5),
        (START + "mx: mx*.a.test", "mx-wildcard", 4, 7),
        (START + "mx: *.*.test", "mx-wildcard", 4, 7),
        (START + "mx: .a.test", "mx-leading-dot", 4, 5),
        (START + "mx: *..test", "mx-leading-dot", 4, 7),
        (START + "mx: a..test", "mx-empty-label", 4, 6),
        (START + "mx: a_b.test", "mx-underscore", 4, 6),
        (START + "mx: -a.test", "mx-not-a-label", 4, 5),
        (START + "mx: a.b-.test", "mx-not-a-label", 4, 8),
        (START + "mx: a$.test", "mx-not-a-label", 4, 6),
        (START + "mx: " + "a." * 127 + "ab", "mx-too-long", 4, 260),
        (START + "mx: *." + "a." * 127 + "ab", "mx-too-long", 4, 260),
        (START + "mx: 🐢.test", "mx-u-label", 4, 5),
    ],
)
def test_bad(body: str, code: str, line: int, column: int) -> None:
    """What is no policy to anybody: the one fatal defect, and where it stands."""
    parsed = parse(body)
    assert (parsed.policy, parsed.lenient_policy) == (None, None)
    fatal = [defect for defect in parsed.defects if defect.is_fatal and not defect.is_tolerated]
    assert [(defect.code, defect.line, defect.column) for defect in fatal] == [(code, line, column)]
    assert fatal[0].reference == "RFC 8461 section 3.2"


@pytest.mark.parametrize(
    ("body", "want", "code", "line", "column"),
    [
        ("\ufeff" + START + "mx: a.test", POLICY, "byte-order-mark", 1, 1),
        (START + "mx: a.test\n\n", POLICY, "blank-line", 5, 0),
        (START + "mx: a.test\n \t", POLICY, "blank-line", 5, 1),
        ("\n" + START + "mx: a.test", replace(POLICY, mx_lines=(5,)), "blank-line", 1, 0),
        (START + " mx: a.test", POLICY, "leading-blank", 4, 1),
        (START + "mx : a.test", POLICY, "blank-before-colon", 4, 3),
        (START + "mx: a.test\r", POLICY, "bare-cr", 4, 11),
        (START + "mx: a.test\r\r\n", POLICY, "bare-cr", 4, 11),
        (START + "x: y\rmx: a.test", WITH_X, "bare-cr", 4, 5),
        (START + "mx: a.test\n# done", POLICY, "comment", 5, 1),
        (START + "mx: a.test\ndone", POLICY, "field-without-value", 5, 1),
        (START + "mx: a.test\nx:", POLICY, "empty-value", 5, 1),
        (START + "mx: a.test\nx: a\tb", POLICY, "tab-in-value", 5, 5),
        (START + "mx: a.test\n:b", POLICY, "name-characters", 5, 1),
        (START + "mx: a.test\n_x:b", POLICY, "name-characters", 5, 1),
        (START + "mx: a.test\n" + "x" * 33 + ":b", POLICY, "name-too-long", 5, 1),
        (START + "mx: a.test.", POLICY, "mx-trailing-dot", 4, 11),
        (
            START + "mx: *.bücher.test",
            replace(POLICY, mx=("*.xn--bcher-kva.test",)),
            "mx-u-label",
            4,
            5,
        ),
        (START + "mx: à.test", replace(POLICY, mx=("xn--0ca.test",)), "mx-u-label", 4, 5),
        (START.replace("86400", "31557601") + "mx: a.test", LONGEST, "max-age-too-large", 3, 10),
        (START.replace("86400", "00000086400") + "mx: a.test", POLICY, "max-age-too-long", 3, 10),
        (START.replace("86400", "9" * 19) + "mx: a.test", LONGEST, "max-age-too-large", 3, 10),
        (START.replace("max_age: 86400", "x: y") + "mx: a.test", WITH_X, "missing-max-age", 0, 0),
        (START + "\n \n\nmx: a.test", replace(POLICY, mx_lines=(7,)), "blank-line", 4, 0),
    ],
)
def test_tolerated(body: str, want: Policy, code: str, line: int, column: int) -> None:
    """What is no policy by the standard, and one to senders that are known."""
    parsed = parse(body)
    assert parsed.policy is None
    assert parsed.lenient_policy == want
    assert [(defect.code, defect.line, defect.column) for defect in parsed.defects] == [(code, line, column)]
    assert parsed.defects[0].is_fatal
    assert parsed.defects[0].is_tolerated


@pytest.mark.parametrize(
    ("more", "code", "column"),
    [
        ("mode: none", "duplicate-field", 1),
        ("mode: whatever", "duplicate-field", 1),
        ("max_age:", "duplicate-field", 1),
        ("MX: b.test", "key-case", 1),
        ("max-age: 1", "key-spelling", 1),
    ],
)
def test_read_nevertheless(more: str, code: str, column: int) -> None:
    """The first of a kind counts, and a key in other letters is one that nobody knows."""
    parsed = parse(START + "mx: a.test\n" + more)
    assert parsed.policy is not None
    assert replace(parsed.policy, extensions=()) == POLICY
    assert [(defect.code, defect.line, defect.column) for defect in parsed.defects] == [(code, 5, column)]
    assert not parsed.defects[0].is_fatal


def test_a_bad_first_line_is_not_saved_by_a_good_second() -> None:
    """The first counts, even when it is the malformed one."""
    parsed = parse(START.replace("enforce", "on") + "mode: enforce\nmx: a.test")
    assert parsed.policy is None
    assert codes(parsed) == ["mode-unknown", "duplicate-field"]


def test_nothing_is_filled_in() -> None:
    """A required key that is missing is missing, all of them at once."""
    assert codes(parse("x: y")) == ["missing-version", "missing-mode", "missing-max-age"]


def test_draft_form_is_answered_with_the_present_one() -> None:
    """``.example.com`` was how drafts wrote ``*.example.com``."""
    assert "“*.a.test”" in parse(START + "mx: .a.test").defects[0].detail


@pytest.mark.parametrize(
    ("age", "seconds"),
    [
        ("9s", 9),
        ("9 sec", 9),
        ("2m", 120),
        ("2 min", 120),
        ("3h", 10800),
        ("7d", 604800),
        ("2 Weeks", 1209600),
        ("9y", MAX_AGE_S),
    ],
)
def test_unit_is_answered_with_seconds(age: str, seconds: int) -> None:
    assert f"“max_age: {seconds}”" in parse(START.replace("86400", age)).defects[-1].detail


@pytest.mark.parametrize("age", ["6 months", "6mo"])
def test_months_are_not_taken_for_minutes(age: str) -> None:
    """They have no fixed length, and “Write 360” would be bad advice."""
    assert "max-age-not-a-number" in codes(parse(START.replace("86400", age)))


def test_many_faults_are_counted() -> None:
    """The report shows the first ones and says how many there are."""
    parsed = parse(START + "mx: a.test\n" + "that\n" * 200)
    assert len(parsed.defects) == DEFECTS_KEPT + 1
    assert parsed.defects[-1].detail.startswith(f"There are {200 - DEFECTS_KEPT} more")
    assert parsed.lenient_policy == POLICY
    parsed = parse(START + "x: y\n" * 200 + "mx: a.test\n")
    assert parsed.policy is not None
    assert not parsed.defects[-1].is_fatal


@pytest.mark.parametrize(
    "line", ["mx:\n", "mx: _\n", "mx: a.test\n", "\n", " \n", "x:\n", "\r", "a", "mx: a-", "mx: \xc3\xa9\n"]
)
def test_a_megabyte_is_read_quickly(line: str) -> None:
    """Reading is linear: anything else would take minutes here."""
    body = START + line * (2**20 // len(line))
    began = time.process_time()
    parsed = parse_policy(body)
    assert time.process_time() - began < 2
    assert len(parsed.defects) <= DEFECTS_KEPT + 5


LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
PATTERNS = st.builds(
    "{}{}.test".format, st.sampled_from(["", "*."]), st.lists(LABELS, min_size=1, max_size=3).map(".".join)
)
NAMES = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,31}", fullmatch=True).filter(
    lambda name: name not in ("version", "mode", "mx", "maxage") and not name.startswith("max")
)
VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).filter(
    lambda value: value.strip(" ") == value
)
MODES: st.SearchStrategy[Mode] = st.sampled_from(["enforce", "testing", "none"])


@st.composite
def written(draw: st.DrawFn) -> tuple[str, Policy]:
    """A policy, and one of the ways to write it."""
    patterns = draw(st.lists(PATTERNS, min_size=1, max_size=4))
    others = draw(st.dictionaries(NAMES, VALUES, max_size=3))
    mode, max_age = draw(MODES), draw(st.integers(0, MAX_AGE_S))
    lines = draw(
        st.permutations(
            [("version", "STSv1"), ("mode", mode), ("max_age", str(max_age))]
            + [("mx", pattern) for pattern in patterns]
            + list(others.items())
        )
    )
    blank = st.sampled_from(["", " ", "\t "])
    terms = st.sampled_from(["\n", "\r\n"])
    body = "".join(f"{key}:{draw(blank)}{value}{draw(blank)}{draw(terms)}" for key, value in lines)
    body = draw(st.sampled_from([body, body.removesuffix("\n").removesuffix("\r")]))
    mx = [(value, number) for number, (key, value) in enumerate(lines, 1) if key == "mx"]
    return body, Policy(
        mode=mode,
        max_age=max_age,
        mx=tuple(pattern for pattern, _ in mx),
        mx_lines=tuple(number for _, number in mx),
        extensions=tuple((key, value) for key, value in lines if key in others),
    )


@given(written())
def test_round_trip(example: tuple[str, Policy]) -> None:
    """What is written by the grammar is read."""
    body, policy = example
    assert parse(body) == ParsedPolicy(policy=policy, lenient_policy=policy, defects=())


@given(written(), st.sampled_from(["\n\n", "\nx", "\n x: y", "\nmx: a b", "\n\0", "\r", "\nx: \t\x7f", "\n<html>"]))
def test_junk_behind(example: tuple[str, Policy], junk: str) -> None:
    """What follows a policy is never overlooked."""
    parsed = parse(example[0].rstrip("\r\n \t") + junk)
    assert parsed.policy is None
    assert any(defect.is_fatal for defect in parsed.defects)


@given(
    st.text()
    | st.binary().map(lambda octets: octets.decode("latin-1"))
    | st.lists(
        st.sampled_from(["version", "mode", "max_age", "mx", "x", ":", " ", "\t", "\r", "\n", "STSv1", "enforce", "1"])
        | st.text(max_size=3)
    ).map("".join)
)
def test_any_body(body: str) -> None:
    """Nothing raises, both readings follow from the defects, and positions lie inside the body."""
    parsed = parse_policy(body)
    fatal = [defect for defect in parsed.defects if defect.is_fatal]
    assert (parsed.policy is None) == bool(fatal)
    assert (parsed.lenient_policy is None) == any(not defect.is_tolerated for defect in fatal)
    assert parsed.policy in (None, parsed.lenient_policy)
    lines = body.split("\n")
    for defect in parsed.defects:
        assert 0 <= defect.line <= len(lines)
        assert 0 <= defect.column <= len(lines[defect.line - 1] if defect.line else "")
        assert defect.detail.isprintable()
