"""Settings of the mail server: for the software that the facts name, whole as they stand, for the right host."""

import re
import shlex
from ipaddress import ip_address

import pytest

from checker.assessment.judged import Judged
from checker.assessment.rulebook import ENTRIES
from checker.assessment.states import DomainState, judge_servers
from checker.finding import Entry, Subject
from checker.names import DomainName, host_name
from checker.remedies import certificates, server_settings
from checker.remedies.registry import FIXES
from checker.remedies.remedy import Fix, Setting
from tests.fact_builders import NOW, domain, failed, reply, server, talking

HOST = "mx.d.test"
OURS = server_settings.FIXES.keys() | certificates.FIXES.keys()


def judged(code: str, host: str | None = HOST) -> Judged:
    entry: Entry = ENTRIES[code]
    subject = Subject() if host is None else Subject(DomainName(host), ip_address("192.52.193.1"))
    return Judged(
        code=code,
        severity=entry.severity,
        subject=subject,
        title="",
        detail="",
        remedy="",
        who=entry.who,
        reference=entry.reference,
    )


def state(*greetings: str, host: str = HOST) -> DomainState:
    """A server for each greeting, all with one name; without one it was not heard."""
    endpoints = [talking(f"192.52.193.{n}", greeting=reply(220, text)) for n, text in enumerate(greetings, 1)]
    return judge_servers(domain(server(host, *endpoints or [talking(connect=failed())])), NOW)


def fixes(code: str, world: DomainState, host: str | None = HOST) -> tuple[Setting, ...]:
    built: tuple[Fix, ...] = FIXES[code](judged(code, host), world)
    settings = tuple(fix for fix in built if isinstance(fix, Setting))
    assert len(settings) == len(built)
    return settings


@pytest.mark.parametrize(
    ("greeting", "host", "want"),
    [
        ("mx.d.test ESMTP Postfix (Debian/GNU)", HOST, {"Postfix"}),
        ("mx.d.test ESMTP Exim 4.96 Mon, 01 Jun 2026", HOST, {"Exim"}),
        ("mx.d.test ESMTP", HOST, {"Postfix", "Exim"}),
        ("postfixer.d.test ESMTP", HOST, {"Postfix", "Exim"}),
        ("Microsoft ESMTP MAIL Service ready", "d-test.mail.protection.outlook.com", {"Exchange Online"}),
        ("mx.google.com ESMTP", "aspmx.l.google.com", {"Google Workspace"}),
    ],
)
def test_lines_are_for_the_software(greeting: str, host: str, want: set[str]) -> None:
    """A greeting or an operator's name chooses; where nothing tells, both common programs are given."""
    assert {fix.software for fix in fixes("smtp-no-starttls", state(greeting, host=host), host)} == want
    assert {fix.software for fix in fixes("certificate-chain-incomplete", state(greeting, host=host), host)} == want


def test_a_server_that_was_not_heard() -> None:
    """Where no greeting came, lines for both programs are given, also where the finding is about all servers."""
    assert {fix.software for fix in fixes("servers-all-dead", state(), None)} == {"Postfix", "Exim"}


def test_every_program_of_one_host() -> None:
    """Two addresses of one name may run different programs."""
    world = state("a ESMTP Postfix", "b ESMTP Exim 4.98")
    assert {fix.software for fix in fixes("starttls-on-some-addresses", world)} == {"Postfix", "Exim"}


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("smtp-no-starttls", "smtpd_tls_security_level = may"),
        ("tls-version-old", "smtpd_tls_protocols = >=TLSv1.2"),
        ("smtp-client-certificate", "smtpd_tls_req_ccert = no"),
        ("smtp-login-in-clear", "smtpd_tls_auth_only = yes"),
        ("server-ipv6-dead", "inet_protocols = all"),
        ("smtp-greeting-form", "smtpd_banner = $myhostname ESMTP"),
    ],
)
def test_lines_for_postfix(code: str, line: str) -> None:
    """The line that mends it is there, by itself."""
    assert line in "\n".join(fix.text for fix in fixes(code, state("a ESMTP Postfix"))).splitlines()


def test_what_two_findings_set_does_not_undo_the_other() -> None:
    """Of Postfix's settings the last counts: where one option has to do with two findings, both get the whole of it."""
    texts = [fix.text for code in server_settings.FIXES for fix in fixes(code, state("a ESMTP Postfix"))]
    lines = {line for text in texts for line in text.splitlines() if line.startswith("tls_ssl_options")}
    assert lines == {"tls_ssl_options = NO_COMPRESSION, NO_RENEGOTIATION"}


def test_an_option_that_exim_has_already_is_not_set_again() -> None:
    """Exim doesn't start with an option that is set twice, so a piece that may meet another says so."""
    pieces: dict[str, set[str]] = {}
    for code in server_settings.FIXES:
        for fix in fixes(code, state("a ESMTP Exim")):
            for option in {line.partition(" = ")[0] for line in fix.text.splitlines() if " = " in line}:
                pieces.setdefault(option, set()).add(fix.text)
    several = {option: texts for option, texts in pieces.items() if len(texts) > 1}
    assert several.keys() >= {"openssl_options", "tls_require_ciphers"}
    for texts in several.values():
        assert all("may stand here once" in text for text in texts)


def test_a_stricter_setting_says_whom_it_loses() -> None:
    """A sender that finds no common version delivers in clear text, and the owner has to know."""
    for fix in fixes("tls-version-old", state()):
        assert "clear text" in fix.text


def test_a_firewall_is_no_mail_server() -> None:
    """Where the keyword is masked, the lines are for the firewall; with an operator they are not the customer's."""
    assert {fix.software for fix in fixes("smtp-starttls-masked", state())} == {"Cisco ASA"}
    host = "d-test.mail.protection.outlook.com"
    assert {fix.software for fix in fixes("smtp-starttls-masked", state(host=host), host)} == {"Exchange Online"}


def test_a_certificate_is_ordered_for_the_name_of_the_mx_record() -> None:
    """The command names the host, and tells Postfix where the files are."""
    (fix,) = fixes("certificate-wrong-name", state("a ESMTP Postfix"))
    assert "certbot certonly --standalone -d mx.d.test --deploy-hook" in fix.text
    assert "/etc/letsencrypt/live/mx.d.test/fullchain.pem" in fix.text


@pytest.mark.parametrize(
    "labels", [[b"$(reboot)", b"test"], [b"-d", b"test"], [b"a;b", b"test"], [b"under_score", b"test"]]
)
@pytest.mark.parametrize("code", sorted(certificates.FIXES))
def test_a_hostile_name_reaches_no_shell(code: str, labels: list[bytes]) -> None:
    """No authority issues for such a name, and no command holds it."""
    host = host_name(labels)
    for fix in fixes(code, state("a ESMTP Postfix", host=host), host):
        assert host not in fix.text


@pytest.mark.parametrize("code", sorted(OURS))
def test_settings_are_whole(code: str) -> None:
    """Each names its file or page; what only the owner knows is in angle brackets; shell lines can be parsed."""
    for world in (state("a ESMTP Postfix"), state("a ESMTP Exim")):
        made = fixes(code, world)
        assert made
        for fix in made:
            assert fix.where
            assert not re.search(r"\{(host|live|macros)\}", fix.text)
            if "shell" in fix.where:
                assert shlex.split(fix.text)
