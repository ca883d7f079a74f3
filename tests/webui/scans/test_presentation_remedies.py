"""Remedies on a page: what is to be copied has a slip, and a heading stays short."""

import pytest

from checker.assessment.rulebook import CATALOGUES
from checker.names import host_name
from tests import report_parts as make
from tests.report_parts import NOW
from webui.scans.presentation import present
from webui.scans.presentation.remedies import HEADING_WORDS, heading_and_rest, plain, slips
from webui.scans.presentation.slips import simple_slip

REMEDIES = sorted({entry.remedy for catalogue in CATALOGUES for entry in catalogue if entry.remedy})


@pytest.mark.parametrize(
    ("remedy", "want"),
    [
        ("`certbot renew`, then `postfix reload`.", [("Command", "certbot renew"), ("Command", "postfix reload")]),
        ("In Postfix: `smtpd_tls_auth_only = yes`.", [("Setting", "smtpd_tls_auth_only = yes")]),
        ('Run `postconf -e "protocols = >=TLSv1.2"`.', [("Command", 'postconf -e "protocols = >=TLSv1.2"')]),
        ("Publish `MX 0 .`.", [("Record", "MX 0 .")]),
        ("Set it to `mode: testing`.", [("Line of the policy", "mode: testing")]),
        ("With a `max_age` of weeks.", []),
        ("`dig mx`, and once more: `dig mx`.", [("Command", "dig mx")]),
        ("Scan again later.", []),
        ("A stray ` is no mark.", []),
    ],
)  # fmt: skip
def test_what_is_to_be_copied_has_a_slip(remedy: str, want: list[tuple[str, str]]) -> None:
    assert [(slip.boxes[0].label, slip.copied) for slip in slips(remedy)] == want


def test_a_marked_remedy_is_a_slip_in_the_finding_and_in_the_first_step() -> None:
    remedy = "Require no certificate of senders. In Postfix: `smtpd_tls_req_ccert = no`."
    found = make.finding("smtp-client-certificate", "serious", "It asks for one", remedy=remedy)
    verdict = make.verdict("encrypted", 61, "D+", "Encrypted.", first_step=remedy)
    page = present(make.report("one.example", verdict, findings=[found]), NOW)
    want = (simple_slip("Setting", "smtpd_tls_req_ccert = no"),)
    assert page.step is not None
    assert page.findings[0].slips == page.step.slips == want
    assert page.step.text == "In Postfix: smtpd_tls_req_ccert = no."
    assert "`" not in page.findings[0].remedy


@pytest.mark.parametrize("remedy", REMEDIES)
def test_what_the_catalogues_mark_is_whole_as_it_stands(remedy: str) -> None:
    """Nothing that is filled in, so nothing that a server could lay into a reader's clipboard."""
    assert remedy.count("`") % 2 == 0
    assert [slip for slip in slips(remedy) if "{" in slip.copied] == []


@pytest.mark.parametrize("params", [{"line": "`rm -rf ~`"}, {"lines": ["mx", "`rm -rf ~`"]}])
def test_where_a_peer_brings_a_mark_none_counts(params: dict[str, object]) -> None:
    remedy = "Replace `rm -rf ~` by `mx: mx1.example`."
    found = make.finding("mta-sts-policy-line", "serious", "A bad line", remedy=remedy, params=params)
    verdict = make.verdict("ready", 80, "B", "Ready.", first_step=remedy)
    page = present(make.report("one.example", verdict, findings=[found]), NOW)
    assert page.step is not None
    assert page.findings[0].slips == page.step.slips == ()


def test_a_name_of_dns_brings_no_mark_into_a_remedy() -> None:
    """Whatever its bytes: a backtick is escaped like any odd octet."""
    assert slips(f"Mend {host_name([b'`rm', b'x`'])}.") == ()


@pytest.mark.parametrize("remedy", REMEDIES)
def test_every_remedy_gives_a_short_heading_and_loses_no_word(remedy: str) -> None:
    heading, rest = heading_and_rest(remedy)
    assert len(heading.split()) <= HEADING_WORDS + 1 or not set(heading) & set(",:")  # it has nowhere to break
    assert len(f"{heading} {rest}".split()) == len(plain(remedy).split())


@pytest.mark.parametrize(
    ("remedy", "heading", "rest"),
    [
        ("Short enough, so it stays.", "Short enough, so it stays", ""),
        ("Mend it. Then scan again.", "Mend it", "Then scan again."),
        (
            "Serve a policy in `mode: testing`, publish its record, and enforce it when the reports show no fault.",
            "Serve a policy in mode: testing, publish its record",
            "And enforce it when the reports show no fault.",
        ),
        (
            "Find out why the greeting takes so long: slow DNS and block-list look-ups are usual. Mend it.",
            "Find out why the greeting takes so long",
            "Slow DNS and block-list look-ups are usual. Mend it.",
        ),
        (
            "Start the mail server on mx1.example and open port 25 to the Internet, or remove its MX record.",
            "Start the mail server on mx1.example and open port 25 to the Internet",
            "Or remove its MX record.",
        ),
        (
            "Send the full chain, the server's own certificate first (certbot: fullchain.pem, not cert.pem) or so.",
            "Send the full chain",
            "The server's own certificate first (certbot: fullchain.pem, not cert.pem) or so.",
        ),
    ],
)
def test_a_heading_ends_where_a_sentence_breathes(remedy: str, heading: str, rest: str) -> None:
    assert heading_and_rest(remedy) == (heading, rest)
