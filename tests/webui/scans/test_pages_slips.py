"""Slips on the page: every kind of fix is drawn, hostile text stays text, and the copied box is exact."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory

from tests import report_parts as make
from tests.report_examples import HOSTILE
from tests.report_parts import NOW
from webui.scans.presentation import present

URL = "https://mta-sts.one.example/.well-known/mta-sts.txt"
BODY = "version: STSv1\r\nmode: enforce\r\nmx: mx1.example\r\nmax_age: 604800\r\n"
MESSAGE = "Subject: one.example\n\nHello,\n  - do <this> & that\n\nThank you.\n"


def record(value: str, *, removal: bool = False, marked: str = "") -> dict[str, Any]:
    plain = {"kind": "dns-record", "name": "_mta-sts.one.example", "type": "TXT", "ttl": 3600}
    return plain | {"value": value, "removal": removal, "marked": marked}


FILE = {"kind": "policy-file", "url": URL, "body": BODY, "marked": "mx: mx1.example"}
SETTING = {"kind": "setting", "software": "Exim", "where": "/etc/exim4/exim4.conf", "text": "tls_a = <a>\n\ttls_b = b"}
FIXES = (FILE, record("v=STSv1; id=1;", removal=True), record("v=STSv1; id=2;", marked="2"), SETTING)


class Slips(HTMLParser):
    """The text of every box that is copied, as a browser's ``textContent`` has it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.copied: list[str] = []
        self.has_crlf: list[bool] = []
        self.marked: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self._in_box = self._in_mark = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= dict(attrs).keys()
        if tag == "dd" and "data-text" in dict(attrs):
            self._in_box = True
            self.copied.append("")
            self.has_crlf.append(dict(attrs)["data-text"] == "crlf")
        if tag == "mark":
            self._in_mark = True
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_box = self._in_box and tag != "dd"
        self._in_mark = self._in_mark and tag != "mark"

    def handle_data(self, data: str) -> None:
        if self._in_box:
            self.copied[-1] += data
        if self._in_mark:
            self.marked[-1] += data


def page_with(**changes: Any) -> str:
    found = make.finding("mta-sts-x", "serious", "A fault") | changes
    report = make.report("one.example", make.verdict("ready", 78, "B", "Ready."), findings=[found])
    return render_to_string("report.html", {"page": present(report, NOW)}, RequestFactory().get("/"))


def test_every_kind_of_fix_is_drawn_and_exact() -> None:
    commands = [{"text": "dig +short MX one.example", "shows": "Each line is a server."}]
    html = page_with(fixes=list(FIXES), commands=commands, message=MESSAGE, remedy="Mend it.")
    slips = Slips(html)
    want = [BODY, "v=STSv1; id=1;", "v=STSv1; id=2;", SETTING["text"], commands[0]["text"], MESSAGE]
    got = zip(slips.copied, slips.has_crlf, strict=True)
    assert [text.replace("\n", "\r\n") if has_crlf else text for text, has_crlf in got] == want
    assert slips.has_crlf == [True, False, False, False, False, False]
    assert slips.marked == ["mx: mx1.example", "2"]
    for words in ("Delete this record", "Publish this record", f"File at {URL}", "Exim: /etc/exim4/exim4.conf"):
        assert words in html
    assert "Each line is a server." in html


def test_a_finding_with_fixes_but_no_remedy_shows_them() -> None:
    assert Slips(page_with(fixes=[FILE])).copied == [BODY.replace("\r\n", "\n")]


@pytest.mark.parametrize("text", [HOSTILE, "</dd></dl><img src=x>", "{{ page }}{% now %}", '" onclick="x'])
def test_hostile_text_stays_text(text: str) -> None:
    """Wherever a peer's words may stand: in what is pasted, in commands, messages and parameters."""
    fixes = [
        FILE | {"url": text, "body": f"{text}\r\n", "marked": text},
        record(f"a {text}", marked=text) | {"name": text},
        SETTING | {"where": text, "text": text},
    ]
    commands = [{"text": text, "shows": text}]
    html = page_with(fixes=fixes, commands=commands, message=text, params={"line": text}, title=text, detail=text)
    slips = Slips(html)
    assert "img" not in slips.tags
    assert html.count("<script") == 1  # our own
    assert slips.copied == [f"{text}\n", f"a {text}", text, text, text]
    assert [name for name in slips.attributes if name.startswith("on")] == []
