"""The server matrix and the tick list, cell by cell."""

from typing import Any

import pytest

from tests import report_parts as make
from tests.report_parts import LEAF, NOW
from webui.scans.presentation import ReportPage, present
from webui.scans.presentation.certificates import certificate_mark
from webui.scans.presentation.marks import Mark
from webui.scans.presentation.servers import Row
from webui.scans.presentation.tls import tls_mark

HOST = "mx1.good.example"


def page_of(*endpoints: dict[str, Any], **changes: Any) -> ReportPage:
    verdict = make.verdict("ready", 84, "B", "Fine.")
    return present(make.report("one.example", verdict, servers=[make.server(HOST, *endpoints)], **changes), NOW)


def words(row: Row) -> list[str]:
    return [f"{cell.label}: {cell.mark.words}" for cell in row.cells]


def tones(row: Any) -> list[str]:
    return [cell.mark.tone for cell in row.cells]


OPEN, GREETED = "Connect: open", "Greeting: 220"


@pytest.mark.parametrize(
    ("outcome", "stage", "want"),
    [
        ("refused", "connect", ["Connect: refused", "Greeting to Name: not reached"]),
        ("unreachable", "connect", ["Connect: unreachable", "Greeting to Name: not reached"]),
        ("timeout", "connect", ["Connect: times out", "Greeting to Name: not reached"]),
        ("timeout", "greeting", [OPEN, "Greeting: no greeting", "STARTTLS to Name: not reached"]),
        ("closed", "greeting", [OPEN, "Greeting: hangs up", "STARTTLS to Name: not reached"]),
        ("bad-reply", "greeting", [OPEN, "Greeting: unreadable", "STARTTLS to Name: not reached"]),
        ("ehlo-refused", "ehlo", [OPEN, GREETED, "STARTTLS: EHLO refused", "TLS to Name: not reached"]),
        ("no-starttls", "ehlo", [OPEN, GREETED, "STARTTLS: not offered", "TLS to Name: not reached"]),
        ("no-starttls", "starttls", [OPEN, GREETED, "STARTTLS: not offered", "TLS to Name: not reached"]),
        ("starttls-refused", "starttls", [OPEN, GREETED, "STARTTLS: refused", "TLS to Name: not reached"]),
        ("reset", "starttls", [OPEN, GREETED, "STARTTLS: cut off", "TLS to Name: not reached"]),
        ("timeout", "handshake", [OPEN, GREETED, "STARTTLS: offered", "TLS: no answer",
                                  "Certificate and Name: not reached"]),
        ("handshake-failed", "handshake", [OPEN, GREETED, "STARTTLS: offered", "TLS: fails",
                                           "Certificate and Name: not reached"]),
        ("not-tried", None, ["Connect to Name: could not tell"]),
        ("no-address-family", None, ["Connect to Name: could not tell"]),
        ("blocked-address", None, ["Connect to Name: could not tell"]),
        ("not-tried", "starttls", [OPEN, GREETED, "STARTTLS to Name: could not tell"]),
    ],
)  # fmt: skip
def test_a_row_says_where_it_ended(outcome: str, stage: str | None, want: list[str]) -> None:
    """Before it passed, there it is bad, behind it is not reached; what we did not see is none of these."""
    (row,) = page_of(make.stopped("192.0.2.1", outcome, stage)).servers[0].rows
    assert words(row) == want


def test_what_an_earlier_check_saw_is_not_shown_as_fresh() -> None:
    """In the matrix, at the head of the transcript and among what we saw; on another day with its date."""
    page = page_of(make.endpoint("192.0.2.1", reused="2026-11-23T15:58:00Z"), make.endpoint("192.0.2.2"))
    seen = "seen at 15:58 UTC, for an earlier check"
    assert page.servers[0].rows[0].note == f"and 192.0.2.2, alike; 192.0.2.1 {seen}"
    assert [transcript.ended for transcript in page.transcripts] == [
        f"TLS started, all went well; {seen}",
        "TLS started, all went well",
    ]
    assert page.sights[1].text == "all 2; 1 of them for an earlier check, some minutes before."
    all_of_them = page_of(*(make.endpoint(f"192.0.2.{n}", reused="2026-11-23T15:58:00Z") for n in (1, 2)))
    assert all_of_them.sights[1].text == "all 2; all of them for an earlier check, some minutes before."
    (row,) = page_of(make.endpoint(reused="2026-11-22T23:58:00Z")).servers[0].rows
    assert row.note == "seen on 22 November 2026, 23:58 UTC, for an earlier check"


def test_an_end_inside_tls_is_told_in_the_cell_of_tls() -> None:
    """The handshake went well, so the certificate is judged all the same."""
    (row,) = page_of(make.endpoint(outcome="closed", stage="ehlo-tls")).servers[0].rows
    assert row.cells[3].mark == Mark("warn", "hangs up", "once TLS had started")
    assert words(row)[4:6] == ["Certificate: valid", "Name: matches"]


def test_a_greeting_that_turns_away_shows_its_code() -> None:
    (row,) = page_of(make.stopped("192.0.2.1", "greeting-5xx", "greeting", greeting="554 no")).servers[0].rows
    assert words(row)[1] == "Greeting: 554"


def test_a_dead_address_beside_a_live_one_is_a_warning() -> None:
    """The server still works, so the dead address is no failure of it."""
    dead = make.stopped("192.0.2.2", "refused", "connect")
    odd, live = page_of(make.endpoint("192.0.2.1"), dead).servers[0].rows
    assert (odd.address, tones(odd)[0]) == ("192.0.2.2", "warn")
    assert tones(live)[0] == "ok"


def test_alike_addresses_share_a_row_and_the_odd_one_comes_first() -> None:
    """Times don't make addresses different; all are named."""
    slower = make.endpoint("192.0.2.2", stages_ms={**make.endpoint()["stages_ms"], "connect": 99})
    dead = make.stopped("192.0.2.3", "timeout", "connect")
    server = page_of(make.endpoint("192.0.2.1"), slower, dead).servers[0]
    assert server.note == "Preference 10. 3 addresses: 1 differs, 2 alike"
    assert [(row.address, row.note) for row in server.rows] == [
        ("192.0.2.3", "differs from its neighbours"),
        ("192.0.2.1", "and 192.0.2.2, alike"),
    ]


def test_a_slow_greeting_is_slow_and_not_a_failure() -> None:
    slow = make.endpoint(stages_ms={**make.endpoint()["stages_ms"], "greeting": 6200})
    (row,) = page_of(slow).servers[0].rows
    assert row.cells[1].mark == Mark("warn", "slow", "6.2 s")


@pytest.mark.parametrize(
    ("status", "tone"), [("none", "bad"), ("nxdomain", "bad"), ("failed", "unk")], ids=lambda value: value
)
def test_a_server_without_addresses_has_a_row_too(status: str, tone: str) -> None:
    server = make.server(HOST, address_status=status) | {"endpoints": []}
    page = present(make.report("one.example", None, state="partial", servers=[server]), NOW)
    assert tones(page.servers[0].rows[0])[0] == tone


@pytest.mark.parametrize(
    ("tls", "want"),
    [
        (make.tls("TLSv1.3"), Mark("ok", "1.3")),
        (make.tls("TLSv1.2"), Mark("ok", "1.2")),
        (make.tls("TLSv1.1"), Mark("bad", "too old", "TLS 1.1")),
        (make.tls("TLSv1.3", nist=False), Mark("bad", "weak cipher", "TLS 1.3")),
        (make.tls(versions={"TLSv1.3": True, "TLSv1.2": True}), Mark("ok", "1.3", "1.2 too")),
        (make.tls(versions={"TLSv1.3": True, "TLSv1.0": True, "TLSv1.1": True}), Mark("warn", "1.3", "1.0, 1.1 too")),
        (None, Mark("unk", "could not tell")),
    ],
)
def test_versions_of_tls(tls: Any, want: Mark) -> None:
    assert tls_mark(tls) == want


@pytest.mark.parametrize(
    ("changes", "want"),
    [
        ({}, Mark("ok", "valid", "till 9 Feb")),
        ({"not_after": make.moment(9)}, Mark("warn", "ends soon", "till 2 Dec")),
        ({"not_before": make.moment(-1), "not_after": make.moment(5)}, Mark("ok", "valid", "till 28 Nov")),
        ({"not_after": make.moment(-9), "in_dates": False}, Mark("bad", "expired", "14 Nov")),
        ({"not_before": make.moment(4), "in_dates": False}, Mark("bad", "not yet valid", "from 27 Nov")),
        ({"trusted": False, "self_signed": True}, Mark("bad", "self-signed")),
        ({"trusted": False, "chain_complete": False}, Mark("bad", "chain broken", "an issuer is missing")),
        ({"trusted": False}, Mark("bad", "not trusted")),
        ({"trusted": None}, Mark("unk", "could not tell")),
        ({"error": "It ends early."}, Mark("bad", "unreadable")),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else None,
)
def test_a_certificate_in_a_cell(changes: dict[str, Any], want: Mark) -> None:
    certificate: Any = make.certificate(HOST, **changes)
    assert certificate_mark(certificate, NOW) == want


def test_a_server_that_sends_no_certificate() -> None:
    (row,) = page_of(make.endpoint(certificates=[])).servers[0].rows
    assert words(row)[4:6] == ["Certificate: none sent", "Name: not reached"]


def test_a_server_is_not_marked_for_the_chain_that_another_sends() -> None:
    """The certificate's own entry shows the worst chain of its leaf; each server's cell its own."""
    hosts = ("mx1.good.example", "mx2.good.example")
    servers = [make.server(host, ticks=ticks) for host, ticks in zip(hosts, ("yyyyyy", "yyyyyn"), strict=True)]
    broken = {LEAF: make.certificate(*hosts, trusted=False, chain_complete=False)}
    verdict = make.verdict("encrypted", 61, "D+", "Fine.")
    page = present(make.report("one.example", verdict, servers=servers, certificates=broken), NOW)
    marks = [block.rows[0].cells[4].mark.words for block in page.servers]
    assert marks == ["valid", "chain broken"]


@pytest.mark.parametrize(
    ("ticks", "want"),
    [
        ("yyyyyy", ["yes"] * 6),
        ("yyynyy", ["yes", "yes", "yes", "no", "yes", "yes"]),
        ("y?yyyy", ["yes", "could not tell", "yes", "yes", "yes", "yes"]),
        ("n-----", ["no", "not reached"]),
        ("yn----", ["yes", "no", "not reached"]),
        ("??????", ["could not tell"]),
    ],
)
def test_the_ticks_of_a_server_are_the_reports(ticks: str, want: list[str]) -> None:
    """Whatever its addresses show: what follows from them was decided once. Alike neighbours share a cell."""
    servers = [make.server(HOST, make.stopped("192.0.2.1", "timeout", "connect"), ticks=ticks)]
    page = present(make.report("one.example", make.verdict("ready", 84, "B", "Fine."), servers=servers), NOW)
    assert [cell.mark.words for cell in page.conditions[0].cells] == want


def test_alike_servers_share_a_row_of_the_tick_list() -> None:
    servers = [make.server(f"mx{number}.good.example") for number in (1, 2, 3)]
    hosts = {one["host"]: True for one in servers}
    page = present(
        make.report("one.example", None, servers=servers, certificates={LEAF: make.certificate(*hosts)}), NOW
    )
    assert [(row.host, row.note) for row in page.conditions] == [
        ("mx1.good.example", "and mx2.good.example, mx3.good.example, alike")
    ]
