"""The page of one server: all evidence of it, as a page and as text."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from checker.report.document import Report
from tests import report_parts as make
from tests.report_examples import EXAMPLES, HOSTILE
from tests.report_parts import LEAF, NOW
from webui.scans.presentation import present, present_server, server_text, summary_text

LINK = "https://mailseal.example/r/kT4v9QxW2mAbCdEfGhIjKl/server/1"
HOST = "mx1.good.example"


def report_of(*servers: dict[str, Any], **changes: Any) -> Report:
    verdict = make.verdict("ready", 84, "B", "Fine.")
    return make.report("one.example", verdict, servers=list(servers), **changes)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_server_of_every_example_has_a_page(name: str) -> None:
    """Each renders, names its server, and holds every line that was said there."""
    report = EXAMPLES[name]
    for number, server in enumerate(report["servers"], 1):
        page = present_server(report, number, NOW)
        assert page is not None
        context = {"page": page, "token": "t", "ticket": "x", "text_url": "/t", "report_url": "/r/t"}
        html = render_to_string("server.html", context, RequestFactory().get("/"))
        assert page.block.host == server["host"]
        assert len(page.addresses) == len(server["endpoints"])
        assert HOSTILE not in html


@pytest.mark.parametrize("number", [0, 2, 99])
def test_there_is_no_page_for_a_server_that_is_not_there(number: int) -> None:
    assert present_server(report_of(make.server(HOST)), number, NOW) is None
    assert server_text(report_of(make.server(HOST)), number, LINK, NOW) == ""


def test_alike_addresses_have_a_row_each() -> None:
    """The report groups them; all the evidence shows every one."""
    endpoints = [make.endpoint(f"192.0.2.{last}") for last in range(1, 9)]
    report = report_of(make.server(HOST, *endpoints))
    (block,) = present(report, NOW).servers
    assert block.note.endswith("8 addresses, all alike")
    assert len(block.rows) == 1
    page = present_server(report, 1, NOW)
    assert page is not None
    assert [row.address for row in page.block.rows] == [e["address"] for e in endpoints]


def test_of_many_servers_those_alike_share_a_block_and_the_odd_one_is_first() -> None:
    """Each keeps its number, which its anchor and its page go by."""
    servers = [make.server(f"mx{n}.good.example", make.endpoint(f"192.0.2.{n}")) for n in range(1, 12)]
    servers[4] = make.server("mx5.good.example", make.stopped("192.0.2.5", "refused", "connect"))
    certificates = {LEAF: make.certificate(*(server["host"] for server in servers))}
    odd, alike = present(report_of(*servers, certificates=certificates), NOW).servers
    assert (odd.host, odd.number, odd.others) == ("mx5.good.example", 5, ())
    assert [alike.number, *(other.number for other in alike.others)] == [1, 2, 3, 4, 6, 7, 8, 9, 10, 11]


def test_few_servers_keep_the_order_of_senders() -> None:
    servers = [make.server(f"mx{n}.good.example", make.endpoint(f"192.0.2.{n}")) for n in (1, 2)]
    assert [block.number for block in present(report_of(*servers), NOW).servers] == [1, 2]


def test_the_text_holds_the_evidence_and_nothing_raw() -> None:
    """Stages with times, what was said, the certificate; a peer's control characters stand as escapes."""
    line = {"at_ms": 3, "from": "server", "line": "220 \x1b[31mred\r\nFrom: someone"}
    text = server_text(report_of(make.server(HOST, make.endpoint(transcript=[line]))), 1, LINK, NOW)
    assert "\x1b" not in text
    assert "\r" not in text
    assert r"220 \x1b[31mred\x0d\x0aFrom: someone" in text
    assert "connect  31 ms" in text
    assert text.endswith(f"Evidence: {LINK}\n")


def test_the_summary_says_what_to_do_and_who() -> None:
    text = summary_text(EXAMPLES["losing-mail"], NOW)
    assert "First step: " in text
    assert "Critical: " in text


def test_a_running_check_has_no_summary() -> None:
    assert summary_text(EXAMPLES["running-start"], NOW) == ""


def test_the_next_rung_is_marked_and_its_steps_are_named() -> None:
    """Also in a report of an earlier version, which knows of none."""
    verdict = make.verdict("encrypted", 61, "D+", "Encrypted.", next={"level": "ready", "steps": ["It has expired"]})
    report = make.report("one.example", verdict)
    page = present(report, NOW)
    assert [rung.name for rung in page.ladder if rung.reached == "After step 1"] == ["Ready"]
    assert page.next_steps == ("It has expired",)
    del verdict["next"]
    assert present(report, NOW).next_steps == ()


def test_threats_stand_on_the_page_what_is_possible_first() -> None:
    threats = [
        {"code": "rogue-certificate", "exposed": None, "why": "Not known."},
        {"code": "mx-forgery", "exposed": False, "why": "Stopped by it."},
        {"code": "starttls-stripping", "exposed": True, "why": "Nothing stops it."},
    ]
    told = present(report_of(make.server(HOST), threats=threats), NOW).threats
    assert [(sight.mark.words, sight.mark.tone) for sight in told] == [
        ("Take out STARTTLS", "warn"),
        ("Forge the MX records", "ok"),
        ("Get a false certificate", "unk"),
    ]
