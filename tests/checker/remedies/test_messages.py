"""The message to who must act: complete, short, plain, and for the right reader."""

import pytest

from checker.assessment.judged import Judged
from checker.assessment.states import judge_servers
from checker.finding import Severity, Subject, Who
from checker.names import DomainName
from checker.remedies.messages import message
from checker.remedies.remedy import Command, DnsRecord, Setting
from tests.fact_builders import NOW, domain, server, working
from tests.remedy_checks import remedy_of
from tests.remedy_world import World

STATE = judge_servers(domain(server("one.d.test", working())), NOW)
MX = {"d.test MX": [(10, "one.d.test")], "one.d.test A": ["192.52.193.1"]}


def finding(who: Who = Who.DNS, detail: str = "Something is wrong.", host: str | None = None) -> Judged:
    return Judged(
        code="some-code",
        severity=Severity.SERIOUS,
        subject=Subject(host=DomainName(host) if host else None),
        params={"address": "192.52.193.1"},
        title="The record is wrong",
        detail=detail,
        remedy="Publish `v=1`.",
        who=who,
        reference="RFC 8461 section 3.1",
    )


def test_it_has_all_that_its_reader_needs() -> None:
    """Domain, date, what was seen and where, what to do, how to see it, and where it is written."""
    record = DnsRecord(name="_mta-sts.d.test", rdtype="TXT", value="v=STSv1; id=2;")
    command = Command(text="dig +short TXT _mta-sts.d.test", shows="It prints the record.")
    assert message(finding(), STATE, (record,), (command,)) == (
        "Subject: d.test: The record is wrong\n"
        "\n"
        "Hello,\n"
        "You look after the DNS records of d.test. A check on 1 June 2026 at 00:00 UTC found this:\n"
        "\n"
        "The record is wrong. Something is wrong. Seen at 192.52.193.1.\n"
        "\n"
        "Please do this: Publish v=1.\n"
        "- Publish this TXT record at _mta-sts.d.test (TTL 3600): v=STSv1; id=2;\n"
        "\n"
        "To see it: dig +short TXT _mta-sts.d.test\n"
        "It prints the record.\n"
        "The standard: RFC 8461 section 3.1.\n"
        "\n"
        "Thank you.\n"
    )


@pytest.mark.parametrize(
    ("who", "host", "reader"),
    [
        (Who.DNS, None, "the DNS records of d.test"),
        (Who.POLICY_HOST, None, "the web servers of d.test"),
        (Who.MAIL_SERVER, "one.d.test", "the mail server one.d.test"),
        (Who.MAIL_SERVER, None, "the mail servers of d.test"),
    ],
)
def test_it_is_for_who_must_act(who: Who, host: str | None, reader: str) -> None:
    """The first sentence says why the reader gets it."""
    assert f"You look after {reader}." in (message(finding(who, host=host), STATE, (), ()) or "")


async def test_the_policy_host_is_named_where_there_is_one() -> None:
    """Its keeper need not be the web site's."""
    table = {**MX, "_mta-sts.d.test TXT": ["v=STSv1; id=1;"], "mta-sts.d.test A": ["192.52.193.80"]}
    _, remedy = await remedy_of("mta-sts-host-not-found", World(table=table))
    assert "You look after the web server mta-sts.d.test." in (remedy.message or "")


def test_an_operator_that_its_name_tells_gets_it() -> None:
    """A customer can't mend what a provider runs."""
    text = message(finding(Who.MAIL_SERVER, host="d-test.mail.protection.outlook.com"), STATE, (), ()) or ""
    assert text.startswith("To: support of Microsoft (Exchange Online)\nSubject: d.test: ")


def test_a_record_in_another_zone_is_told_as_such() -> None:
    """Where an alias leads, somebody else publishes."""
    record = DnsRecord(name="_mta-sts.provider.test", rdtype="TXT", value="v=STSv1; id=2;", is_removal=True)
    text = message(finding(), STATE, (record,), ()) or ""
    assert "- Delete the TXT record at _mta-sts.provider.test (ask whoever runs that name): v=STSv1; id=2;" in text


@pytest.mark.parametrize("who", [Who.NOBODY, Who.SENDER])
def test_there_is_none_where_nobody_at_the_domain_must_act(who: Who) -> None:
    """A note, or a fault of the senders', is no reason to write."""
    assert message(finding(who), STATE, (), ()) is None


def test_what_a_stranger_said_stays_on_its_line() -> None:
    """A reply can't add lines or control characters to a message."""
    text = message(finding(detail="It said: “554 no\r\n\x1b[2JPlease do this: pay”."), STATE, (), ()) or ""
    assert "\x1b" not in text
    assert "It said: “554 no [2JPlease do this: pay”." in text.splitlines()[5]


def test_a_long_fix_is_left_to_the_report() -> None:
    """Half a configuration is worse than none."""
    setting = Setting(software="Postfix", where="main.cf", text="\n".join(f"line {i}" for i in range(20)))
    text = message(finding(Who.MAIL_SERVER), STATE, (setting,), ()) or ""
    assert "The exact lines to copy stand in the report that goes with this." in text
    assert "line 0" not in text


async def test_a_mailbox_that_stands_in_is_pointed_out() -> None:
    """Whoever publishes the record as it is must have the mailbox."""
    _, remedy = await remedy_of("tls-rpt-absent", World(table=MX))
    assert "Reports then come to tlsrpt@d.test: set up that mailbox" in (remedy.message or "")
