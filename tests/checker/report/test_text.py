"""The report for a terminal: all that decides is in it, and nothing a peer sent is more than text."""

import re
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.report.document import Report
from checker.report.text import WIDTH, render
from tests.report_examples import EXAMPLES
from tests.report_parts import delivery, endpoint, report, server, step, tls, verdict


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_can_be_read(name: str) -> None:
    """Each state of a report has its domain first, and its headline and first step where there are any."""
    example = EXAMPLES[name]
    text = render(example)
    assert text.startswith(example["domain_unicode"])
    words = " ".join(text.split())
    if example["verdict"] is not None:
        assert " ".join(example["verdict"]["headline"].split()) in words
        assert example["verdict"]["first_step"] is None or "First step: " in words
    for finding in example["findings"]:
        assert " ".join(finding["title"].split()) in words
        assert " ".join(finding["remedy"].split()) in words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ready", "Ready: grade B, 83 of 100"),
        ("exposed", "bücher.example (xn--bcher-kva.example)"),
        ("exposed", "NO: STARTTLS"),
        ("encrypted-expired", "NO: in date; yes: works, STARTTLS, TLS 1.2 or newer, name matches, trusted"),
        ("losing-mail", "NO: works; not reached: STARTTLS"),
        ("losing-mail", "203.0.113.75: refuses the connection"),
        ("losing-mail", "This name does not exist."),
        ("provisional", "so far, not everything was seen"),
        ("inconclusive", "could not tell: works"),
        ("null-mx", "Takes no mail: no grade"),
        ("nxdomain", "No such domain: no grade"),
        ("none", "No mail server: no grade"),
        ("running", "Checking: no grade"),
        ("running", "198.51.100.90: waiting"),
        ("cut-short", "Cut short: no grade"),
        ("policy-enforced", "MTA-STS policy: valid, mode enforce, kept for 2419200 s"),
        ("policy-enforced", "yes: TXT record, secure web site, policy file, servers listed"),
        ("policy-uncovered", "line 3, mx: old.d.test, covers no server"),
        ("policy-uncovered", "no mx line covers mx1.d.test"),
        ("policy-uncovered", "NO: servers listed"),
        ("policy-invalid", "line 2, column 7: Write “enforce” in small letters."),
        ("policy-unfetchable", "MTA-STS policy: can't be fetched"),
        ("policy-absent", "MTA-STS record: none published"),
        ("policy-record-failed", "MTA-STS record: could not be looked up"),
        ("policy-running", "MTA-STS policy: waiting"),
        ("policy-enforced", "TLS reports: valid v=TLSRPTv1; rua=mailto:tls@reports.test"),
    ],
)
def test_what_it_says(name: str, expected: str) -> None:
    """Level, grade, tick list and addresses, as people read them."""
    assert expected in " ".join(render(EXAMPLES[name]).split())


def test_critical_findings_stand_before_good_ones() -> None:
    """Worst first, whatever the order in the document."""
    example = deepcopy(EXAMPLES["ready"])
    example["findings"].reverse()
    text = render(example)
    assert text.index("Advice (-1):") < text.index("Good:") < text.index("Could not tell: Whether")


def test_equal_walks_are_told_once() -> None:
    """Two senders that do the same share their steps; a sender that tries tells only how that ended."""
    walk = (step("try", "connects", "mx1"), step("deliver", "over TLS 1.3", "mx1"))
    both = [delivery("opportunistic", "encrypted", *walk), delivery("mandatory-tls", "encrypted", *walk)]
    text = render(report("a.example", verdict("ready", 84, "B", "Fine."), deliveries=both))
    assert text.count("mx1: over TLS 1.3") == 1
    assert "connects" not in text


def test_what_a_sender_prints_stands_behind_its_steps() -> None:
    """In the words of each software; with the best server down only the ends are told."""
    prints = {"software": "Postfix", "text": "Server certificate not verified", "source": "its source", "code": "4.7.5"}
    waits = delivery("dane", "deferred", step("fail", "no record holds"), status_code="4.7.5", messages=[prints])
    fallen = delivery("dane", "refused", step("fail", "no other server"), variant="best-down")
    text = render(report("a.example", verdict("ready", 84, "B", "Fine."), deliveries=[waits, fallen]))
    assert "no record holds\n    Postfix prints: Server certificate not verified\n" in text
    assert "With the best server down:\n    Obeys DANE: bounces at once\n" in text
    assert "no other server" not in text


def test_which_record_an_address_fits() -> None:
    """The records of a server, those that no sender can use marked, and how each address stands to them."""
    records = [
        {"usage": 3, "selector": 1, "matching": 1, "data": "ab" * 32, "usable": True},
        {"usage": 1, "selector": 1, "matching": 1, "data": "cd" * 32, "usable": False},
    ]
    addresses = [
        endpoint("192.0.2.1", dane={"status": "valid", "matched": "3 1 1 ab…", "why": None}),
        endpoint("192.0.2.2", dane={"status": "invalid", "matched": None, "why": "Another key."}),
        endpoint("192.0.2.3", dane={"status": "invalid", "matched": "3 1 1 ab…", "why": "Its EC certificate fails."}),
    ]
    tlsa = {"status": "usable", "base_domain": "mx1.good.example", "ttl": 60, "records": records, "error": None}
    text = render(report("a.example", verdict("ready", 84, "B", "F."), servers=[server("mx1", *addresses, tlsa=tlsa)]))
    words = " ".join(text.split())
    assert f"3 1 1 {'ab' * 32} 1 1 1 {'cd' * 32} (of no use)" in words
    assert "192.0.2.1 fits 3 1 1 ab…" in text
    assert "192.0.2.2 FITS NONE" in text
    assert "192.0.2.3 fits 3 1 1 ab…, and NOT WITH EVERY CERTIFICATE" in words
    assert "TLSA records" not in render(report("a.example", verdict("ready", 84, "B", "F."), servers=[server()]))


def test_the_codes_of_a_bounce() -> None:
    """The code in the queue, and the one of the bounce where it is another."""
    waits = delivery("dane", "deferred", step("fail", "no"), status_code="4.7.5", final_status_code="5.7.5")
    bounces = delivery("mta-sts", "refused", step("fail", "no"), status_code="5.1.10", final_status_code="5.1.10")
    text = render(report("a.example", verdict("ready", 84, "B", "Fine."), deliveries=[waits, bounces]))
    assert "(4.7.5, in the end 5.7.5)" in text
    assert "(5.1.10)" in text


def test_lines_are_wrapped_but_names_are_whole() -> None:
    """No line is wider than a terminal, unless a single word is."""
    for example in EXAMPLES.values():
        for line in render(example).splitlines():
            longest = max(map(len, line.split()), default=0)
            assert len(line) <= max(WIDTH, longest + 8)


def _poisoned(value: Any, poison: str) -> Any:
    """The same document with every free text replaced. What stands in lists of allowed words stays."""
    allowed = {"severity", "outcome", "action", "stage", "state", "status", "level", "sender", "who", "from", "smtp"}
    match value:
        case dict():
            return {k: v if k in allowed | {"address_status"} else _poisoned(v, poison) for k, v in value.items()}
        case list():
            return [_poisoned(each, poison) for each in value]
        case str():
            return poison
        case _:
            return value


@pytest.mark.parametrize(
    "poison", ["\x1b[31mred", "a\rb", "a\nSENDERS\n", "\x00", "\x9b2J", "\u202eevil", "\u2028x", "\ud800"]
)
def test_no_control_character_passes(poison: str) -> None:
    """Escapes, line ends, bells, turned writing, half a surrogate: whatever stands where, nothing raw comes out."""
    poisoned: Report = _poisoned(EXAMPLES["losing-mail"], poison)
    text = render(poisoned)
    assert all(character.isprintable() for character in text.replace("\n", ""))
    assert text.splitlines().count("SENDERS") == 1


@given(st.text(max_size=300))
def test_any_text_of_a_peer_stays_on_its_line(said: str) -> None:
    """Any text at all: printable characters only, and no more lines than without it but for wrapping."""
    host = server("mx.example", endpoint("192.0.2.1", outcome="bad-reply", stage="greeting", tls=None, detail=said))
    text = render(report("a.example", None, servers=[host], state="running"))
    assert all(character.isprintable() for character in text.replace("\n", ""))
    assert re.search(r"(?m)^    192\.0\.2\.1: gives an answer", text)


def test_what_tls_takes_is_told_under_its_address() -> None:
    """Versions, weaknesses by name, and the standards; nothing where only a handshake was made."""
    asked = [{"asks": "SSLv3", "offer": "SSLv3, 89 suites", "answer": "No (TLS alert 40)"}]
    profile = {"code": "x", "name": "Some standard", "source": "", "fails": ["it"], "phase_out": [], "missing": []}
    section = tls(
        versions={"SSLv3": False, "TLSv1.0": True, "TLSv1.3": True},
        weaknesses={"rc4": True, "3des": False, "null": None},
        asked=asked,
        profiles=[profile | {"passes": False}],
    )
    text = render(report("one.example", None, servers=[server("mx1.one.example", endpoint(tls=section))]))
    assert "accepts TLS 1.3, TLS 1.0\n" in text
    assert "takes RC4\n" in text
    assert "Some standard: FAILS\n" in text
    assert "accepts TLS" not in render(report("one.example", None))
