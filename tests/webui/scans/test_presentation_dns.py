"""Signed DNS and pinned certificates on a page: every state has its word, and none looks like another."""

from typing import Any

import pytest

from checker.report.document import Report
from tests.report_parts import NOW, endpoint, report, server, verdict
from webui.scans.presentation import present, present_server, server_text
from webui.scans.presentation.issuers import issuer_rows
from webui.scans.presentation.pins import in_words, pins, pins_of
from webui.scans.presentation.sights import sights
from webui.scans.presentation.signatures import signatures, signatures_of

DATA = "ab" * 32
READY = verdict("ready", 84, "B", "Mail to this domain travels encrypted.")


def record(usage: int = 3, selector: int = 1, matching: int = 1, **changes: Any) -> Any:
    return {"usage": usage, "selector": selector, "matching": matching, "data": DATA, "usable": True, "why": None} | (
        changes
    )


def pinned(*records: Any, host: str = "mx1.good.example", status: str | None = "usable", **changes: Any) -> Any:
    """A server's TLSA section."""
    return {"status": status, "base_domain": host, "ttl": 3600, "records": list(records), "error": None} | changes


def against(status: str | None, matched: str | None = None, why: str | None = None) -> Any:
    """An address against the records."""
    return {"status": status, "matched": matched, "why": why}


def with_servers(*servers: Any, **changes: Any) -> Report:
    return report("good.example", READY, servers=list(servers), **changes)


def one(tlsa: Any, *danes: Any) -> Report:
    """A report of one server with an address for each of these."""
    endpoints = [endpoint(f"192.0.2.{at}", dane=dane) for at, dane in enumerate(danes, 1)]
    return with_servers(server("mx1.good.example", *endpoints, tlsa=tlsa))


FITS = against("valid", f"3 1 1 {DATA[:12]}…", "The record names the server's own key.")
FITS_NOT = against("invalid", None, "No record names it.")
FITS_IN_PART = against("invalid", f"3 1 1 {DATA[:12]}…", "Its EC certificate fails. No record names it.")

STATES = [
    (pinned(record()), [FITS], "ok: matches"),
    (pinned(record()), [FITS, FITS_NOT], "bad: not every address matches"),
    (pinned(record()), [FITS_NOT], "bad: no match"),
    (pinned(record()), [FITS, FITS_IN_PART], "bad: not every certificate matches"),
    (pinned(record()), [FITS_NOT, FITS_IN_PART], "bad: no match"),
    (pinned(record()), [against(None)], "unk: could not tell"),
    (pinned(status="absent", base_domain=None, ttl=None), [against("absent")], ""),
    (pinned(record(), status="insecure"), [against("insecure")], "warn: without effect"),
    (pinned(record(0), status="unusable"), [against("unusable")], "warn: unusable"),
    (pinned(status="failed", error="No answer."), [against("failed")], "bad: look-up fails"),
]


@pytest.mark.parametrize(("tlsa", "danes", "want"), STATES)
def test_each_state_has_its_word(tlsa: Any, danes: list[Any], want: str) -> None:
    """A server without records stands among those for which nothing is pinned."""
    section = pins(one(tlsa, *danes))
    assert section is not None
    assert [f"{each.status.tone}: {each.status.words}" for each in section.servers] == ([want] if want else [])
    assert section.without == (() if want else ("mx1.good.example",))


def test_what_nobody_knows_has_no_part_on_the_page() -> None:
    report_ = one(pinned(status=None, records=None), against(None))
    assert pins(report_) is None
    assert present(report_, NOW).pins is None


NOTES = [
    (
        [record()],
        [FITS, FITS],
        ["ok: The server’s own key, as its SHA-256 digest. Fits what is shown at 192.0.2.1 and 192.0.2.2."],
    ),
    (
        [record(), record(data="cd" * 32)],
        [FITS],
        [
            "ok: The server’s own key, as its SHA-256 digest. Fits what is shown at 192.0.2.1.",
            "na: The server’s own key, as its SHA-256 digest. It fits nothing that is shown now: an old one, or one to"
            " come.",
        ],
    ),
    (
        [record()],
        [FITS_NOT],
        ["bad: The server’s own key, as its SHA-256 digest. It fits nothing that the server shows."],
    ),
    ([record()], [against(None)], ["na: The server’s own key, as its SHA-256 digest."]),
    (
        [record(data="ab", usable=False, why="Its digest has 1 octets, not 32.")],
        [FITS_NOT],
        ["warn: The server’s own key, as its SHA-256 digest. Its digest has 1 octets, not 32."],
    ),
]


def test_of_keys_in_full_that_begin_alike_one_fits() -> None:
    """The report quotes the beginning and the end of such a record."""
    begins = "3059301306072a86"
    full = [record(matching=0, data=f"{begins}{end * 20}") for end in ("aa", "bb")]
    section = pins(one(pinned(*full), against("valid", matched=f"3 1 0 {begins[:12]}…{'bb' * 6}")))
    assert section is not None
    assert [line.note.tone for line in section.servers[0].lines if line.note] == ["na", "ok"]


@pytest.mark.parametrize(("records", "danes", "want"), NOTES)
def test_each_record_says_what_it_fits(records: list[Any], danes: list[Any], want: list[str]) -> None:
    section = pins(one(pinned(*records), *danes))
    assert section is not None
    assert [f"{line.note.tone}: {line.note.words}" for line in section.servers[0].lines if line.note] == want
    assert section.servers[0].lines[0].gutter == "3 1 1"


WORDS = [
    ((3, 1, 1), "The server’s own key, as its SHA-256 digest"),
    ((3, 0, 0), "The server’s own certificate, in full"),
    ((2, 0, 2), "The certificate of the server’s authority, as its SHA-512 digest"),
    ((1, 0, 1), "The server’s own certificate, vouched for by an authority for web sites, as its SHA-256 digest"),
    ((0, 1, 1), "The key of an authority for web sites, as its SHA-256 digest"),
    ((9, 8, 7), "An unknown use of a part that no standard names, in a form that no standard names"),
]


@pytest.mark.parametrize(("numbers", "want"), WORDS)
def test_numbers_in_words(numbers: tuple[int, int, int], want: str) -> None:
    assert in_words(record(*numbers)) == want


def test_why_an_address_does_not_fit_and_how_many_more() -> None:
    section = pins(one(pinned(record()), FITS_NOT, FITS_NOT, FITS_NOT, FITS_NOT, FITS))
    assert section is not None
    assert section.servers[0].meaning.endswith("192.0.2.1, 192.0.2.2, 192.0.2.3 and 1 more: No record names it.")


def test_the_name_behind_an_alias_and_the_time_to_live_are_told() -> None:
    section = pins(one(pinned(record(), host="real.good.example", ttl=300), FITS))
    assert section is not None
    told = section.servers[0]
    assert (told.place, told.came) == (
        "_25._tcp.real.good.example",
        "at the name behind the alias mx1.good.example, resolvers keep it for 5 minutes",
    )


def test_a_certificate_in_full_is_cut() -> None:
    section = pins(one(pinned(record(3, 0, 0, data="ab" * 600)), against(None)))
    assert section is not None
    assert [line.lines[0] for line in section.servers[0].lines] == ["ab" * 200, "800 characters more"]


def secured(address: str | None, tlsa: str | None, host: str = "mx1.good.example") -> Any:
    return server(host, dnssec={"address": address, "tlsa": tlsa})


def rows_of(report_: Report) -> list[tuple[str, str, str]]:
    section = signatures(report_)
    assert section is not None
    return [(row.name, row.about, f"{row.mark.tone}: {row.mark.words}") for row in section.rows]


def mx(state: str | None, error: str | None = None) -> Any:
    return {"status": "explicit", "error": error, "dnssec": state, "ttl": 300, "hosts": ["mx1.good.example"]}


def test_every_name_says_whether_it_is_signed() -> None:
    """Servers of which the same is to be said share a row, and null is neither signed nor unsigned."""
    two = (secured("insecure", None), secured("insecure", "bogus", "mx2.good.example"))
    assert rows_of(with_servers(*two, mx=mx("secure"))) == [
        ("good.example", "which servers take its mail", "ok: signed"),
        ("mx1.good.example and mx2.good.example", "addresses", "na: not signed"),
        ("mx1.good.example", "pinned certificates", "unk: could not tell"),
        ("mx2.good.example", "pinned certificates", "bad: signature wrong"),
    ]


def test_many_servers_alike_are_counted() -> None:
    many = [secured("secure", "secure" if at else "insecure", f"mx{at}.good.example") for at in range(5)]
    names = [name for name, about, _ in rows_of(with_servers(*many, mx=mx("secure"))) if about != "addresses"]
    assert names == ["good.example", "mx0.good.example", "mx1.good.example and 3 more"]
    assert rows_of(with_servers(*many, mx=mx("secure")))[1][0] == "All 5 servers"


def test_a_wrong_signature_says_what_the_resolver_said() -> None:
    section = signatures(report("bad.example", READY, servers=[], mx=mx("bogus", "The signature has expired.")))
    assert section is not None
    assert section.rows[0].meaning.endswith("can’t deliver. The signature has expired.")


def test_the_names_of_a_policy_count_where_there_is_one() -> None:
    report_ = with_servers(secured("secure", "secure"), mx=mx("secure"))
    assert len(rows_of(report_)) == 3
    report_["mta_sts"]["record"]["status"] = "valid"
    report_["mta_sts"]["dnssec"] = {"record": "secure", "host": "insecure"}
    assert rows_of(report_)[3:] == [
        ("_mta-sts.good.example", "the record for MTA-STS", "ok: signed"),
        ("mta-sts.good.example", "addresses of the policy’s host", "na: not signed"),
    ]


@pytest.mark.parametrize(("validates", "is_told"), [(False, True), (None, False), (True, False)])
def test_without_a_resolver_that_checks_the_page_says_how_to_get_one(validates: bool | None, is_told: bool) -> None:
    """Once, and in place of rows that say nothing."""
    report_ = with_servers(secured(None, None))
    report_["vantage"]["dnssec"] = validates
    section = signatures(report_)
    assert (section is not None) is is_told
    assert section is None or (section.rows == () and "MAILSEAL_RESOLVERS" in section.how_to_tell)


def test_a_running_check_waits() -> None:
    report_ = with_servers(secured("secure", None), mx=mx("secure"), state="running")
    assert rows_of(report_)[-1] == ("mx1.good.example", "pinned certificates", "not: waiting")
    assert signatures(with_servers(secured(None, None), state="running")) is None


def test_the_page_of_a_server_has_its_own_names_alone() -> None:
    first = server(tlsa=pinned(record()), dnssec={"address": "secure", "tlsa": "secure"})
    report_ = with_servers(first, secured("insecure", "insecure", "mx2.good.example"), mx=mx("secure"))
    page = present_server(report_, 1, NOW)
    assert page is not None
    assert page.pins == pins_of(report_["servers"][0], report_)
    assert page.signatures == signatures_of(report_["servers"][0], report_)
    assert page.signatures is not None
    assert {row.name for row in page.signatures.rows} == {"mx1.good.example"}


def caa(status: str | None, issuers: list[str] | None = None, found_at: str | None = None, error: str = "") -> Any:
    return {"status": status, "found_at": found_at, "issuers": issuers, "error": error or None}


CAAS = [
    (caa("restricted", ["ca.example"], "good.example"), "ok: restricted", "Only ca.example may,"),
    (
        caa("restricted", ["a.example", "b.example"], "good.example"),
        "ok: restricted",
        "Only a.example and b.example may,",
    ),
    (caa("restricted", [], "good.example"), "na: nobody", "No authority may"),
    (caa("open"), "na: everybody", "There is no CAA record"),
    (caa("open", None, "good.example"), "na: everybody", "The records at good.example restrict nobody."),
    (caa("failed", error="Bogus."), "warn: look-up fails", "Authorities that meet the same may not"),
]


@pytest.mark.parametrize(("section", "mark", "meaning"), CAAS)
def test_who_may_issue(section: Any, mark: str, meaning: str) -> None:
    (row,) = issuer_rows(with_servers(server(caa=section)))
    assert (f"{row.mark.tone}: {row.mark.words}", row.name) == (mark, "mx1.good.example")
    assert row.meaning.startswith(meaning)


def test_names_alike_share_a_row_and_the_host_of_a_policy_has_its_own() -> None:
    servers = [server(f"mx{at}.good.example", caa=caa("open")) for at in range(3)]
    report_ = with_servers(*servers, server("other.example", caa=caa("restricted", [], "example")))
    report_["mta_sts"]["caa"] = caa("open")
    assert len(issuer_rows(report_)) == 2
    report_["mta_sts"]["record"]["status"] = "valid"
    names = [(row.name, row.about) for row in issuer_rows(report_)]
    assert names == [
        ("mx0.good.example and 2 more", "mail servers"),
        ("other.example", "mail server"),
        ("mta-sts.good.example", "the policy’s host"),
    ]


def test_what_nobody_asked_or_could_see_of_issuers_has_no_rows() -> None:
    assert issuer_rows(with_servers(server())) == ()
    assert issuer_rows(with_servers(server(caa=caa(None, error="No time.")))) == ()


def test_the_ticket_of_a_server_tells_signatures_pins_and_issuers() -> None:
    told = server(
        tlsa=pinned(record(), data=None) | {"status": "usable"},
        dnssec={"address": "secure", "tlsa": "secure"},
        caa=caa("open"),
    )
    told["endpoints"][0]["dane"] = FITS
    text = server_text(with_servers(told), 1, "https://example.net/r/x", NOW)
    assert "mx1.good.example, addresses: signed. Nobody on the way can give other addresses." in text
    assert "Pinned at _25._tcp.mx1.good.example: matches." in text
    assert f"  3 1 1  {DATA}" in text
    assert "Certificates for mx1.good.example: everybody." in text


@pytest.mark.parametrize(("validates", "told"), [(False, 0), (None, 1), (True, 1)])
def test_that_no_resolver_checks_signatures_is_said_once(validates: bool | None, told: int) -> None:
    """By the part on signed DNS where it is known, else among what we could not see."""
    limit = {"path": "servers.dnssec", "code": "dnssec-not-determined", "detail": "No resolver told."}
    report_ = with_servers(secured(None, None), limits=[limit])
    report_["vantage"]["dnssec"] = validates
    assert sum("No resolver told." in sight.text for sight in sights(report_)) == told


EVIDENCE = [
    (FITS, "fits 3 1 1 abababababab…", ""),
    (FITS_NOT, "fits nothing that is pinned", "bad: No record names it."),
    (against("absent"), "nothing is pinned", ""),
    (against("failed"), "the look-up fails", ""),
]


@pytest.mark.parametrize(("dane", "words", "note"), EVIDENCE)
def test_the_evidence_of_an_address_says_how_it_stands_to_the_pins(dane: Any, words: str, note: str) -> None:
    page = present_server(one(pinned(record()), dane), 1, NOW)
    assert page is not None
    (line,) = (line for line in page.addresses[0].seen if line.gutter == "DANE")
    assert line.lines == (words,)
    assert (f"{line.note.tone}: {line.note.words}" if line.note else "") == note
