"""The line that would list a server: what was probably meant comes before a line of its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.assessment.suggestion import Suggestion, suggest, unused
from checker.mta_sts.matching import matches

HOST = "mx1.example.com"

# reason, patterns of the policy, server, line suggested, line it replaces
CASES: list[tuple[str, tuple[str, ...], str, str, str | None]] = [
    ("nothing like it", ("mail.other.test",), HOST, HOST, None),
    ("no lines at all", (), HOST, HOST, None),
    ("the parent's name for its wildcard", ("example.com",), HOST, "*.example.com", "example.com"),
    ("the form of the drafts", (".example.com",), HOST, "*.example.com", ".example.com"),
    ("a dot at the end", ("mx1.example.com.",), HOST, HOST, "mx1.example.com."),
    ("a dot at the end of a wildcard", ("*.example.com.",), HOST, "*.example.com", "*.example.com."),
    ("a star without a dot", ("*example.com",), HOST, "*.example.com", "*example.com"),
    ("a misspelt name", ("mx1.exmaple.com",), HOST, HOST, "mx1.exmaple.com"),
    ("a misspelt wildcard", ("*.exampel.com",), HOST, "*.example.com", "*.exampel.com"),
    ("a name of another number is in use", ("mx2.example.com",), HOST, HOST, None),
    ("another number is another server", ("mx3.example.com",), HOST, HOST, None),
    ("a wildcard does not reach two labels", ("*.example.com",), "a.b.example.com", "a.b.example.com", None),
    ("a wildcard does not reach its parent", ("*.example.com",), "example.com", "example.com", None),
    ("never a whole top-level domain", ("com",), "example.com", "example.com", None),
    ("form before spelling", ("mx1.exmaple.com", ".example.com"), HOST, "*.example.com", ".example.com"),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "patterns", "host", "pattern", "instead"), CASES, ids=[case[0] for case in CASES])
def test_suggestions(reason: str, patterns: tuple[str, ...], host: str, pattern: str, instead: str | None) -> None:
    """What is suggested lists the server, and replaces no line that another server needs."""
    assert suggest(patterns, host, (host, "mx2.example.com")) == Suggestion(pattern=pattern, instead=instead), reason


names = st.sampled_from(["mx.d.test", "d.test", "a.mx.d.test", "test", "_mx.d.test", "MX.d.test", "*.d.test", ""])
patterns = st.sampled_from(
    ["mx.d.test", "*.d.test", "*.mx.d.test", "*.test", "*.", "d.test.", "_mx.d.test", "MX.D.test"]
)


@given(st.lists(patterns), st.lists(names))
def test_unused_lines_are_those_that_match_no_server(lines: list[str], hosts: list[str]) -> None:
    """The quick way finds what trying every line with every server does."""
    assert unused(lines, hosts) == [line for line in lines if not any(matches(line, host) for host in hosts)]
