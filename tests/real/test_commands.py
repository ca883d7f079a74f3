"""The commands and settings that reports give, run as people would run them: they show what they say they show.

The lab has ports of its own, its own resolver and its own authority. So a command is adapted in that alone: ``dig``
asks the lab's resolver, ``curl`` and ``openssl`` connect to the lab's port of the same server and trust the lab's
root. Everything else is as it stands in the report.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checker.names import DomainName
from checker.network.ports import TlsaRecord
from checker.remedies import certificates, command_kinds
from checker.remedies.command_kinds import Kind
from checker.remedies.commands import Target, shown_by
from checker.remedies.server_settings import LINES
from tests.real import policy_lab, test_dnssec
from tests.real.mail_lab import SERVERS, SMTP_PORT, UNBOUND, Lab

pytestmark = pytest.mark.real

# domain, code, beginning of the command, what its output must hold
CASES: list[tuple[str, str, str, str]] = [
    ("good", "mx-published", "dig +short MX", r"^10 mx-good\.lab\.test\.$"),
    ("nomail", "mx-null", "dig +short MX", r"^0 \.$"),
    ("nosuch", "mx-no-such-domain", "dig ", r"status: NXDOMAIN"),
    ("deadmx", "mx-host-does-not-exist", "dig ", r"status: NXDOMAIN"),
    ("plain", "smtp-no-starttls", "curl ", r"(?s)^> EHLO (?!.*STARTTLS).*^< 250 "),
    ("good", "smtp-works-inside-tls", "curl ", r"(?s)SSL connection using.*^> EHLO .*^< 250 "),
    ("good", "tls-current", "openssl ", r"TLSv1\.3, Cipher is TLS_AES_"),
    ("good", "certificate-good", "openssl ", r"Verify return code: 0 \(ok\)"),
    ("expired", "certificate-expired", "openssl ", r"notAfter="),
    ("wrong", "certificate-wrong-name", "openssl ", r"Verify return code: 62 \(hostname mismatch\)"),
    ("wrong", "certificate-wrong-name", "openssl ", r"DNS:mx-good\.lab\.test"),
    ("oldtls", "tls-version-old", "openssl ", r"Cipher is \(NONE\)"),
    ("tls12", "tls-1-3-missing", "openssl ", r"Cipher is \(NONE\)"),
    ("nonist", "tls-no-nist-suite", "openssl ", r"Cipher is \(NONE\)"),
    ("anonymous", "tls-anonymous-preferred", "openssl ", r"Cipher is A(EC)?DH-"),
    ("good", "tls-old-versions-accepted", "openssl ", r"Protocol\s*: TLSv1(\.1)?$"),
    ("good", "tls-anonymous-accepted", "openssl ", r"Cipher is A(EC)?DH-"),
    ("no-host", "mta-sts-host-missing", "dig ", r"status: (NXDOMAIN|NOERROR)"),
    ("enforced", "mta-sts-record-valid", "dig ", r'TXT\s+"v=STSv1; id=20260101;"'),
    ("no-record", "mta-sts-record-missing", "dig ", r"status: (NXDOMAIN|NOERROR)"),
    ("two-records", "mta-sts-record-several", "dig ", r"(?s)v=STSv1.*v=STSv1"),
    ("enforced", "mta-sts-policy-valid", "curl ", r"(?s)^HTTP/1\.1 200 OK.*^mode: enforce"),
    ("redirect", "mta-sts-host-redirects", "curl ", r"(?s)^HTTP/1\.1 301 .*^Location: https://"),
    ("not-found", "mta-sts-host-not-found", "curl ", r"^HTTP/1\.1 404 "),
    ("html-type", "mta-sts-host-media-type-html", "curl ", r"^Content-Type: text/html"),
    ("gzip-always", "mta-sts-host-compressed", "curl ", r"^Content-Encoding: gzip"),
    ("unix-lines", "mta-sts-policy-line-ends", "curl ", r"^mode: enforce\$$"),
    ("cert-self-signed", "mta-sts-host-certificate-self-signed", "openssl ", r"self-signed certificate"),
    ("cert-wrong-name", "mta-sts-host-certificate-wrong-name", "openssl ", r"62 \(hostname mismatch\)"),
    ("cert-expired", "mta-sts-host-certificate-expired", "openssl ", r"notAfter="),
    (
        "cert-incomplete",
        "mta-sts-host-certificate-chain-incomplete",
        "openssl ",
        r"Certificate chain\s+0 s:.*\s+i:.*CA 1",
    ),
    ("reports-wrong", "tls-rpt-rua-unusable", "dig ", r"v=TLSRPTv1; rua=http://reports"),
    ("good", "tls-rpt-absent", "dig ", r"status: (NXDOMAIN|NOERROR)"),
    ("uncovered", "mta-sts-no-mx-covered", "dig ", r"^10 mx-good\.lab\.test\.$"),
]


@pytest.fixture(scope="module")
def commands(lab: Lab) -> dict[tuple[str, str], list[dict[str, str]]]:
    """By domain and code, what the reports of the lab's domains give."""
    names = dict.fromkeys(f"{name}.lab.test" for name, *_ in CASES)
    done = subprocess.run(
        [sys.executable, "-m", "checker", "--json", *names],
        env=os.environ | lab.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    reports: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    return {
        (report["domain"].partition(".")[0], finding["code"]): finding["commands"]
        for report in reports
        for finding in report["findings"]
    }


def adapted(command: str, lab: Lab) -> str:
    """The command for the lab: other ports, the lab's resolver and root; nothing else is changed."""
    dig = f"dig @{UNBOUND[0]} -p {UNBOUND[1]}"
    servers = {f"mx-{name}.lab.test": address for name, address in SERVERS.items()}
    mail = " ".join(f"--connect-to {host}:25:{address}:{SMTP_PORT}" for host, address in servers.items())
    web = f"--connect-to :443:{policy_lab.ADDRESS}:{policy_lab.PORT}"
    ca = shlex.quote(str(lab.ca_file))
    command = re.sub(r"^dig", dig, command)
    command = re.sub(r"^curl", f"curl --cacert {ca} {mail} {web}", command)
    command = re.sub(r"^openssl s_client", f"openssl s_client -CAfile {ca}", command)
    command = re.sub(r"--resolve (\S+):443:\S+ ", "", command)
    command = re.sub(r"-connect (mta-sts\.\S+):443", f"-connect {policy_lab.ADDRESS}:{policy_lab.PORT}", command)
    for host, address in servers.items():
        command = command.replace(f"-connect {host}:25", f"-connect {address}:{SMTP_PORT}")
    command = re.sub(r"-connect (127\.0\.25\.\d+):25(?=\s)", rf"-connect \1:{SMTP_PORT}", command)
    return re.sub(r"smtp://(127\.0\.25\.\d+):25(?=\s|$)", rf"smtp://\1:{SMTP_PORT}", command)


@pytest.mark.parametrize(("domain", "code", "program", "want"), CASES)
def test_a_command_shows_its_finding(
    lab: Lab, commands: dict[tuple[str, str], list[dict[str, str]]], domain: str, code: str, program: str, want: str
) -> None:
    """One of the finding's commands prints what its sentence speaks of."""
    given = [command["text"] for command in commands[domain, code] if command["text"].startswith(program)]
    assert given
    printed = [_printed(adapted(text, lab)) for text in given]
    assert any(re.search(want, text, re.MULTILINE) for text in printed), "\n".join([*given, *printed])


# Findings that the lab can't bring about: their commands are run where all is well, and print what one looks at.
ELSEWHERE: list[tuple[str, Kind, str]] = [
    ("mx-bogus", command_kinds.MX_UNCHECKED, r"MX\s+10 mx-good\.lab\.test\."),
    ("mx-host-bogus", command_kinds.ADDRESSES_UNCHECKED, r"A\s+127\.0\.25\.1$"),
    ("mta-sts-host-slow", command_kinds.POLICY_TIME, r"^[0-9]+\.[0-9]+ s$"),
    ("tls-name-insisted-on", command_kinds.NO_NAME, r"Cipher is TLS_AES_"),
    ("tls-unknown-name-refused", command_kinds.ANOTHER_NAME, r"Cipher is TLS_AES_"),
    ("tls-cbc-without-encrypt-then-mac", command_kinds.CBC_SUITES, r"Cipher is ECDHE-ECDSA-AES.*-SHA"),
    # Its certificate has an elliptic key, for which there are no such suites.
    ("tls-dh-short", command_kinds.DH_SUITES, r"Cipher is \(NONE\)"),
    ("tls-static-keys-accepted", command_kinds.OLD_SUITES, r"Cipher is \(NONE\)"),
    # Debian's OpenSSL is too old for it, and says so.
    ("tls-post-quantum", command_kinds.POST_QUANTUM, r"X25519MLKEM768|Negotiated TLS1\.3 group"),
]


@pytest.mark.parametrize(("code", "kind", "want"), ELSEWHERE, ids=[code for code, *_ in ELSEWHERE])
def test_a_command_where_nothing_is_wrong(lab: Lab, code: str, kind: Kind, want: str) -> None:
    """It prints what its sentence speaks of, if not the fault."""
    target = Target(domain=DomainName("enforced.lab.test"), host="mx-good.lab.test", address=None)
    printed = _printed(adapted(kind.template.format_map(target.fields()), lab))
    assert kind in {shown.kind for shown in shown_by(code)}
    assert re.search(want, printed, re.MULTILINE), printed


def test_the_digest_of_a_key_makes_a_record_that_fits(lab: Lab) -> None:
    """What one command prints, put into a TLSA record, is what the other finds the server to match."""
    target = Target(domain=DomainName("enforced.lab.test"), host="mx-good.lab.test")
    printed = _printed(adapted(command_kinds.KEY_DIGEST.template.format_map(target.fields()), lab))
    digest = re.search(r"[0-9a-f]{64}", printed)
    assert digest, printed
    for data, said in ((digest.group(), "Verification: OK"), ("ab" * 32, "no matching DANE TLSA records")):
        pinned = replace(target, records=(TlsaRecord(3, 1, 1, data),))
        assert said in _printed(adapted(command_kinds.DANE_TLS.template.format_map(pinned.fields()), lab))


def test_no_kind_of_command_is_left_out() -> None:
    """Every template was run."""
    kinds = {kind for kind in vars(command_kinds).values() if isinstance(kind, Kind)}
    tried = {
        shown.kind
        for _, code, program, _ in CASES
        for shown in shown_by(code)
        if shown.kind.template.startswith(program)
    }
    tried |= {command_kinds.KEY_DIGEST, command_kinds.DANE_TLS}
    assert kinds == tried | {kind for _, kind, _ in ELSEWHERE} | {kind for _, _, kind, _ in test_dnssec.COMMANDS}


def _printed(command: str) -> str:
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False, timeout=120)
    return (done.stdout + done.stderr).decode(errors="backslashreplace").replace("\r\n", "\n")


def _postfix_texts() -> list[tuple[str, str]]:
    return sorted(
        {
            (lines.where.partition(",")[0].rpartition("/")[2], lines.text)
            for several in LINES.values()
            for lines in several
            if lines.software == "Postfix"
        }
    )


@pytest.mark.parametrize(("file", "text"), _postfix_texts())
def test_postfix_takes_the_lines(file: str, text: str, tmp_path: Path) -> None:
    """Pasted into an empty configuration, ``postconf`` knows each parameter and reads each value as it stands."""
    for name in ("main.cf", "master.cf"):
        (tmp_path / name).write_text(text + "\n" if name == file else "")
    option = "-n" if file == "main.cf" else "-M"
    done = subprocess.run(
        ["postconf", "-c", str(tmp_path), option], capture_output=True, text=True, check=False, timeout=60
    )
    pasted = [" ".join(line.split()) for line in text.splitlines() if not line.startswith("#")]
    printed = (line for line in done.stdout.splitlines() if not line.startswith("config_directory"))
    shown = [" ".join(line.split()) for line in printed]
    assert sorted(shown) == sorted(pasted)
    assert (done.stderr, done.returncode) == ("", 0)


def test_postfix_knows_each_parameter() -> None:
    """``postconf -d`` prints a default for every name."""
    names = {
        line.partition(" =")[0] for file, text in _postfix_texts() if file == "main.cf" for line in text.splitlines()
    }
    names = {name for name in names if not name.startswith("#")}
    done = subprocess.run(["postconf", "-d", *names], capture_output=True, text=True, check=False, timeout=60)
    assert {line.partition(" =")[0] for line in done.stdout.splitlines()} == names
    assert done.stderr == ""


def test_postfix_takes_a_new_certificate(tmp_path: Path) -> None:
    """The shell lines that follow a new certificate set both parameters, as one command."""
    (setting,) = certificates.MAKERS["certificate-wrong-name"]("Postfix", "mx.d.test")
    command = re.search(r"postconf -e (?s:.*)(?=^postfix reload)", setting.text, re.MULTILINE)
    assert command
    (tmp_path / "main.cf").write_text("")
    line = command.group().replace("postconf -e", f"postconf -c {shlex.quote(str(tmp_path))} -e", 1)
    subprocess.run(["bash", "-c", line], check=True, timeout=60)
    assert set((tmp_path / "main.cf").read_text().splitlines()) == {
        "smtpd_tls_security_level = may",
        "smtpd_tls_chain_files = /etc/letsencrypt/live/mx.d.test/privkey.pem,"
        " /etc/letsencrypt/live/mx.d.test/fullchain.pem",
    }
