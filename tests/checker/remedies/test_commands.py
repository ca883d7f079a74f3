"""The commands that show a finding: every code has some, and nothing that a stranger chose reaches a shell."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.assessment.judged import Judged
from checker.assessment.rulebook import CATALOGUES
from checker.assessment.states import DomainState, judge_servers
from checker.finding import Entry, Severity, Subject, Who
from checker.mta_sts import catalogue as mta_sts_catalogue
from checker.names import DomainName, IPAddress, host_name
from checker.remedies.commands import commands
from checker.remedies.values import is_owner_name
from checker.tls_rpt import catalogue as tls_rpt_catalogue
from tests.fact_builders import NOW, domain, server, working

HOST = "mx.d.test"
ENTRIES: dict[str, Entry] = {
    entry.code: entry
    for catalogue in (*CATALOGUES, mta_sts_catalogue.CATALOGUE, tls_rpt_catalogue.CATALOGUE)
    for entry in catalogue
}
NOTHING_TO_SEE = {"policies-not-seen"}


def judged(code: str, host: str | None = HOST, address: str | None = None) -> Judged:
    subject = Subject(
        host=None if host is None else DomainName(host), address=None if address is None else ip_address(address)
    )
    return Judged(
        code=code,
        severity=Severity.ADVICE,
        subject=subject,
        title="",
        detail="",
        remedy="",
        who=Who.MAIL_SERVER,
        reference="",
    )


def state(host: str = HOST, *addresses: str) -> DomainState:
    endpoints = [working(address) for address in addresses or ("192.52.193.1",)]
    return judge_servers(domain(server(host, *endpoints)), NOW)


def lines(code: str, host: str | None = HOST, address: str | None = None, *addresses: str) -> list[str]:
    return [
        command.text
        for command in commands(judged(code, host, address), state(HOST if host is None else host, *addresses))
    ]


@pytest.mark.parametrize("code", sorted(ENTRIES.keys() - NOTHING_TO_SEE))
def test_every_finding_can_be_seen(code: str) -> None:
    """Each code has a command, and a sentence that says what to look for."""
    made = commands(judged(code, address="192.52.193.1"), state())
    assert made
    for command in made:
        assert re.match(r"(dig|curl|openssl) ", command.text)
        assert command.shows.endswith(".")
        assert "{" not in command.text.replace("%{time_total}", "")


@pytest.mark.parametrize(
    ("code", "want"),
    [
        ("mx-published", ["dig +short MX d.test"]),
        ("mx-no-such-domain", ["dig +noall +comments +answer MX d.test"]),
        (
            "mx-bogus",
            ["dig +noall +comments +answer MX d.test", "dig +cd +noall +comments +answer MX d.test"],
        ),
        ("mx-host-does-not-exist", ["dig +noall +comments +answer mx.d.test A mx.d.test AAAA"]),
        ("smtp-no-starttls", ["curl -sS -v --max-time 90 -X NOOP smtp://mx.d.test:25"]),
        (
            "certificate-good",
            [
                "openssl s_client -starttls smtp -connect mx.d.test:25 -servername mx.d.test "
                "-verify_hostname mx.d.test </dev/null"
            ],
        ),
        ("mta-sts-record-valid", ["dig +noall +comments +answer TXT _mta-sts.d.test"]),
        (
            "mta-sts-host-redirects",
            ["curl -sS -i --max-redirs 0 --max-time 60 https://mta-sts.d.test/.well-known/mta-sts.txt"],
        ),
        (
            "mta-sts-host-certificate-self-signed",
            [
                "openssl s_client -connect mta-sts.d.test:443 -servername mta-sts.d.test "
                "-verify_hostname mta-sts.d.test </dev/null"
            ],
        ),
        ("tls-rpt-absent", ["dig +noall +comments +answer TXT _smtp._tls.d.test"]),
    ],
)
def test_commands_as_people_see_them(code: str, want: list[str]) -> None:
    """One of each kind, word for word."""
    assert lines(code) == want


@pytest.mark.parametrize(
    ("code", "address", "part"),
    [
        ("smtp-refused", "192.52.193.9", "smtp://192.52.193.9:25"),
        ("smtp-refused", "2001:db8::9", "'smtp://[2001:db8::9]:25'"),
        ("tls-current", "2001:db8::9", "-connect '[2001:db8::9]:25' -servername mx.d.test"),
        ("mta-sts-host-not-found", "192.52.193.9", "--resolve mta-sts.d.test:443:192.52.193.9 https://"),
        ("mta-sts-host-tls-fails", "2001:db8::9", "--resolve 'mta-sts.d.test:443:[2001:db8::9]' https://"),
    ],
)
def test_the_address_of_the_finding_is_asked(code: str, address: str, part: str) -> None:
    """A finding about one address is shown at that address, and the name is still the one that is verified."""
    assert part in lines(code, HOST, address)[0]


def test_a_mail_server_s_address_is_not_taken_for_the_policy_host_s() -> None:
    """The file is asked for where DNS says."""
    dialogue, file = lines("mta-sts-server-fails-policy", HOST, "192.52.193.9")
    assert "-connect 192.52.193.9:25" in dialogue
    assert "--resolve" not in file


def test_addresses_that_differ_are_all_asked() -> None:
    """A difference shows only when each address is asked."""
    asked = lines("server-addresses-differ", HOST, None, "192.52.193.1", "2001:db8::1")
    assert [re.findall(r"-connect (\S+)", line) for line in asked] == [["192.52.193.1:25"], ["'[2001:db8::1]:25'"]]


def test_all_servers_are_asked_where_all_fail() -> None:
    """A finding about every server is shown at each of the first, and the DNS question is put once."""
    world = judge_servers(domain(*(server(f"mx{n}.d.test", working(f"192.52.193.{n}")) for n in range(1, 6))), NOW)
    asked = [command.text for command in commands(judged("servers-all-dead", None), world)]
    assert [line.split()[0] for line in asked] == ["dig", "curl", "curl", "curl"]
    assert [line.rpartition("/")[2] for line in asked[1:]] == ["mx1.d.test:25", "mx2.d.test:25", "mx3.d.test:25"]


HOSTILE = [
    host_name([b"$(reboot)", b"d", b"test"]),
    host_name([b"`id`", b"test"]),
    host_name([b"a;id", b"test"]),
    host_name([b"a b", b"test"]),
    host_name([b"a\nb", b"test"]),
    host_name([b"--config=x", b"test"]),
    host_name([b"-oProxyCommand", b"test"]),
    host_name([b"@198.51.100.1"]),
    host_name([b"+trace"]),
    host_name([b"a'b", b"test"]),
    host_name([b"a.b", b"test"]),
    host_name([b"\xff\x00", b"test"]),
    DomainName(""),
    # None of these comes out of ``host_name``: the last line of defence.
    DomainName("$(reboot).d.test"),
    DomainName("a b;id"),
    DomainName("-v"),
]


@pytest.mark.parametrize("host", HOSTILE)
def test_a_hostile_name_reaches_no_shell(host: DomainName) -> None:
    """Such a server has no command of its own, whatever the finding; what is left asks for the domain."""
    for code in ENTRIES:
        assert lines(code, host) == [command.text for command in commands(judged(code, None), state(host))]
        assert all(map(harmless, lines(code, host)))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_domain_has_no_commands(name: DomainName) -> None:
    """Nor does a domain whose own name can't be pasted."""
    hostile = replace(state(), facts=replace(state().facts, domain=name))
    assert commands(judged("mta-sts-record-valid", None), hostile) == ()


@given(
    labels=st.lists(st.binary(min_size=1, max_size=63), min_size=1, max_size=4), code=st.sampled_from(sorted(ENTRIES))
)
def test_whatever_dns_names(labels: list[bytes], code: str) -> None:
    """Whatever octets a name holds, each word of a command is one that we wrote, or a proper name."""
    for line in lines(code, host_name(labels)):
        assert harmless(line)


@given(address=st.ip_addresses(), code=st.sampled_from(sorted(ENTRIES)))
def test_whatever_address(address: IPAddress, code: str) -> None:
    """Any address is one word of the command."""
    for line in lines(code, HOST, str(address)):
        assert harmless(line)


def test_a_zone_index_is_quoted() -> None:
    """What stands behind the % of an IPv6 address is any text; a shell sees one word."""
    (line,) = lines("smtp-refused", HOST, "fe80::1%$(reboot)")
    assert "smtp://[fe80::1%$(reboot)]:25" in shlex.split(line)


OURS = re.compile(
    r"[+-]{1,2}[A-Za-z0-9_-]+|-|NOOP|%\{time_total\} s\\n|[0-9]+|A|AAAA|MX|TXT|TLSA|CAA|SOA|DS|DNSKEY|NSEC3PARAM"
    r"|DER|subjectAltName"
    r"|</dev/null|2>/dev/null"
    r"|/dev/null|\||dig|curl|openssl|cat|s_client|x509|pkey|dgst|smtp|[A-Za-z0-9!:]+:@SECLEVEL=0|TLSv1\.1|X25519MLKEM768|kEECDH\+AES:kEDH\+AES:!aNULL|TLS_[A-Z0-9_:]+"
)
NAMES = re.compile(
    r"(smtp://|https://)?(?P<name>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:(25|443))?(/\.well-known/mta-sts\.txt)?"
)
RESOLVE = re.compile(r"[a-z0-9_.-]+:443:(\[[0-9a-f:.]+\]|[0-9.]+)")


def harmless(line: str) -> bool:
    return not set(line) & set("`\n\r\0;&$") and all(map(_is_harmless, shlex.split(line)))


def _is_harmless(word: str) -> bool:
    return bool(OURS.fullmatch(word) or RESOLVE.fullmatch(word)) or any(_names(word))


def _names(word: str) -> Iterator[bool]:
    if found := NAMES.fullmatch(word):
        name = found["name"]
        yield name.startswith("[") or (is_owner_name(name) and not name.startswith("-"))
