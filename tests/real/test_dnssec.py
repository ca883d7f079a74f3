"""What unbound tells of zones that nsd serves and Debian's tools signed: well, badly, and not at all."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from checker.dnssec.facts import ZoneFacts
from checker.dnssec.rules import RULES, JudgedZone
from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.ports import LookUp
from checker.network.resolver import StubResolver
from checker.network.upstreams import AnyUpstream, HttpsUpstream, Upstream
from checker.observation import Failed, FailureKind, Seen
from checker.remedies import command_kinds
from checker.remedies.command_kinds import Kind
from checker.remedies.commands import Target, shown_by
from sandbox.authority import Authority
from tests.real import dns_lab
from tests.real.dns_lab import HTTPS, DnsLab, Signing, Zone, tampered, without_denials
from tests.real.processes import key_files

pytestmark = pytest.mark.real

HASHED = Signing(nsec3=(0, ""))
RECORDS = '@ MX 10 mx\nmx A 192.0.2.1\n_mta-sts TXT "v=STSv1; id=1;"\n'
ALIASES = "away CNAME mx.unsigned.test.\nhere CNAME mx\n"
PINNED = f'_25._tcp.mx TLSA 3 1 1 {"ab" * 32}\nmx CAA 0 issue "ca.test"\n'
ZONES = (
    Zone(name="signed.test", records=RECORDS + ALIASES),
    Zone(name="below.signed.test", records=RECORDS + PINNED),
    Zone(name="hashed.test", records=RECORDS, signing=HASHED),
    Zone(name="unsigned.test", records=RECORDS + "away CNAME mx.signed.test.\n", signing=None),
    Zone(name="island.test", records=RECORDS, signing=Signing(ds="none")),
    Zone(name="tampered.test", records=RECORDS, breaks=tampered("MX")),
    Zone(name="no-denial.test", records=RECORDS, breaks=without_denials),
    Zone(name="no-hashed-denial.test", records=RECORDS, signing=HASHED, breaks=without_denials),
    Zone(name="iterations.test", records=RECORDS, signing=Signing(nsec3=(200, "ab"))),
    Zone(name="expired.test", records=RECORDS, signing=Signing(begins=timedelta(days=-30), ends=timedelta(days=-1))),
    Zone(name="wrong-ds.test", records=RECORDS, signing=Signing(ds="wrong")),
    Zone(name="lame.test", records=RECORDS, is_served=False),
    Zone(name="sha1.test", records=RECORDS, signing=Signing(algorithm="RSASHA1", bits=1024, digest=1)),
    Zone(name="ending.test", records=RECORDS, signing=Signing(begins=timedelta(days=-30), ends=timedelta(days=2))),
    Zone(name="rsa.test", records=RECORDS, signing=Signing(algorithm="RSASHA256", bits=2048)),
)
BOUNDS = Bounds(tries=1)
MX, A, TLSA, TXT = "MX", "A", "TLSA", "TXT"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(datetime.now(UTC))


@pytest.fixture(scope="module")
def lab(folder: Path, authority: Authority) -> Iterator[DnsLab]:
    keys = key_files(folder, "resolver", authority.issue(["localhost"]))
    with dns_lab.running(folder / "dnssec", ZONES, https=keys) as lab:
        yield lab


def resolver(*upstreams: AnyUpstream | str, trust_ad: bool = True, roots: bytes = b"") -> StubResolver:
    plain = [Upstream(ip_address(upstream)) if isinstance(upstream, str) else upstream for upstream in upstreams]
    return StubResolver(plain, BOUNDS, trust_ad=trust_ad, roots=roots)


async def look_up(asking: StubResolver, name: str, rdtype: str) -> LookUp[Any]:
    domain = DomainName(name)
    match rdtype:
        case "MX":
            return await asking.look_up_mx(domain)
        case "TXT":
            return await asking.look_up_txt(domain)
        case "TLSA":
            return await asking.look_up_tlsa(domain)
        case "CNAME":
            return await asking.look_up_alias(domain)
        case _:
            return await asking.look_up_addresses(domain, 4)


def summary(found: LookUp[Any]) -> str:
    """``secure 1``: its state and the number of records; or the kind of failure."""
    if isinstance(found, Failed):
        return found.failure.value
    return f"{found.value.security} {len(found.value.records)}"


# name, type, state and number of records
CASES = [
    ("signed.test", MX, "secure 1"),
    ("mx.signed.test", A, "secure 1"),
    ("_mta-sts.signed.test", TXT, "secure 1"),
    ("_25._tcp.mx.signed.test", TLSA, "secure 0"),
    ("signed.test", TLSA, "secure 0"),
    ("below.signed.test", MX, "secure 1"),
    ("_25._tcp.mx.below.signed.test", TLSA, "secure 1"),
    ("hashed.test", MX, "secure 1"),
    ("_25._tcp.mx.hashed.test", TLSA, "secure 0"),
    ("here.signed.test", A, "secure 1"),
    ("away.signed.test", A, "insecure 1"),
    ("away.signed.test", "CNAME", "secure 1"),
    ("away.unsigned.test", A, "insecure 1"),
    ("away.unsigned.test", "CNAME", "insecure 1"),
    ("unsigned.test", MX, "insecure 1"),
    ("_25._tcp.mx.unsigned.test", TLSA, "insecure 0"),
    ("island.test", MX, "insecure 1"),
    ("tampered.test", MX, "bogus"),
    ("mx.tampered.test", A, "secure 1"),
    ("mx.no-denial.test", A, "secure 1"),
    ("_25._tcp.mx.no-denial.test", TLSA, "bogus"),
    ("_25._tcp.mx.no-hashed-denial.test", TLSA, "bogus"),
    ("iterations.test", MX, "secure 1"),
    ("_25._tcp.mx.iterations.test", TLSA, "insecure 0"),
    ("expired.test", MX, "bogus"),
    ("wrong-ds.test", MX, "bogus"),
    ("lame.test", MX, "servfail"),
    ("no-such.test", MX, "secure 0"),
]


@pytest.mark.parametrize(("name", "rdtype", "want"), CASES)
async def test_what_a_validating_resolver_tells(lab: DnsLab, name: str, rdtype: str, want: str) -> None:
    """Secure, insecure and bogus, of answers and of denials; a server that doesn't know its zone is not bogus."""
    asking = resolver(lab.validating)
    assert await asking.validates()
    assert summary(await look_up(asking, name, rdtype)) == want


@pytest.mark.parametrize(
    ("name", "rdtype", "reason"),
    [
        ("tampered.test", MX, "signature crypto failed"),
        ("expired.test", MX, "signature expired (7)"),
        ("wrong-ds.test", MX, "no keys have a DS with algorithm ECDSAP256SHA256"),
        ("_25._tcp.mx.no-denial.test", TLSA, "NSEC missing (12)"),
    ],
)
async def test_the_reason_comes_through(lab: DnsLab, name: str, rdtype: str, reason: str) -> None:
    """unbound's extended errors (RFC 8914)."""
    found = await look_up(resolver(lab.validating), name, rdtype)
    assert isinstance(found, Failed)
    assert reason in found.detail, found.detail


@pytest.mark.parametrize(("name", "rdtype", "want"), CASES)
async def test_nothing_is_claimed_by_one_that_does_not_validate(lab: DnsLab, name: str, rdtype: str, want: str) -> None:
    """Neither secure nor bogus: what is there is seen, and what is lame fails."""
    asking = resolver(lab.plain)
    assert await asking.validates() is False
    found = await look_up(asking, name, rdtype)
    if want == "servfail":
        assert summary(found) == "servfail"
    else:
        assert isinstance(found, Seen)
        assert found.value.security is None


async def test_nothing_is_claimed_where_its_word_does_not_count(lab: DnsLab) -> None:
    """A broken signature shows all the same: the answer that nobody can get is no matter of trust."""
    asking = resolver(lab.validating, trust_ad=False)
    assert await asking.validates() is False
    assert summary(await look_up(asking, "signed.test", MX)) == "None 1"
    assert summary(await look_up(asking, "tampered.test", MX)) == "bogus"


@pytest.mark.parametrize(
    ("zone", "codes"),
    [
        ("signed.test", []),
        ("below.signed.test", []),
        ("hashed.test", []),
        ("rsa.test", []),
        ("unsigned.test", []),
        ("island.test", ["dnssec-no-ds"]),
        ("wrong-ds.test", ["dnssec-ds-without-key"]),
        ("expired.test", ["dnssec-signature-expired"]),
        ("ending.test", ["dnssec-signature-ends-soon"]),
        ("sha1.test", ["dnssec-algorithm-old", "dnssec-digest-old", "dnssec-key-short"]),
        ("iterations.test", ["dnssec-iterations-many"]),
        ("lame.test", ["dnssec-zone-unknown"]),
    ],
)
async def test_how_a_zone_is_signed(lab: DnsLab, zone: str, codes: list[str]) -> None:
    """Read through unbound, of zones that it calls bogus too: what Debian's tools made, and what follows from it."""
    asking = resolver(lab.validating)
    found = await asking.look_up_zone(DomainName(f"mx.{zone}"))
    assert zone == "lame.test" or found == Seen(DomainName(zone))
    facts = ZoneFacts(names=(DomainName(zone),), signing=await asking.look_up_signing(DomainName(zone)))
    judged = JudgedZone(facts, datetime.now(UTC))
    assert [finding.code for rule in RULES for finding in rule(judged)] == codes


def reported(names: Sequence[str], **environment: str) -> dict[str, Any]:
    """What the command line reports of these domains, whose servers nobody may dial: theirs are examples' addresses."""
    command = [sys.executable, "-m", "checker", "--json", *names]
    told = os.environ | {"MAILSEAL_HELO_NAME": "probe.lab.test", "MAILSEAL_CONTROL_HOSTS": ""} | environment
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False, timeout=120)
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(reports) == len(names), done.stderr
    return {report["domain"]: report for report in reports}


def codes_of(report: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in report["findings"] if finding["code"].startswith(("dnssec-", "mx-bogus"))}


def test_a_report_says_what_is_signed(lab: DnsLab) -> None:
    """Through settings, resolver, engine and rules; the reason for what is bogus stands in the finding."""
    names = ["signed.test", "unsigned.test", "tampered.test", "expired.test", "island.test"]
    reports = reported(names, MAILSEAL_RESOLVERS=lab.validating)
    assert [reports[name]["vantage"]["dnssec"] for name in names] == [True] * len(names)
    assert {name: reports[name]["mx"]["dnssec"] for name in names} == {
        "signed.test": "secure",
        "unsigned.test": "insecure",
        "tampered.test": "bogus",
        "expired.test": "bogus",
        "island.test": "insecure",
    }
    assert {name: codes_of(report) for name, report in reports.items()} == {
        "signed.test": {"dnssec-signed"},
        "unsigned.test": {"dnssec-unsigned"},
        "tampered.test": {"mx-bogus"},
        "expired.test": {"mx-bogus", "dnssec-signature-expired", "dnssec-policy-bogus"},
        "island.test": {"dnssec-unsigned", "dnssec-no-ds"},
    }
    (bogus,) = (finding for finding in reports["tampered.test"]["findings"] if finding["code"] == "mx-bogus")
    assert "signature crypto failed" in bogus["detail"]
    assert reports["tampered.test"]["verdict"]["level"] == "losing-mail"


@pytest.mark.parametrize(("validates", "trust_ad"), [(False, "named"), (True, "never")])
def test_without_a_resolver_to_believe_all_is_open(lab: DnsLab, validates: bool, trust_ad: str) -> None:
    """Every status is null, and the report says how to change that."""
    address = lab.validating if validates else lab.plain
    report = reported(["signed.test"], MAILSEAL_RESOLVERS=address, MAILSEAL_TRUST_AD=trust_ad)["signed.test"]
    (server,) = report["servers"]
    assert (report["vantage"]["dnssec"], report["mx"]["dnssec"], server["tlsa"]["status"]) == (False, None, None)
    assert server["dnssec"] == {"address": None, "tlsa": None}
    assert codes_of(report) == {"dnssec-not-seen"}
    assert report["verdict"]["dane"] is None


# zone, code, and what one of its commands must print there
COMMANDS: list[tuple[str, str, Kind, str]] = [
    ("signed.test", "dnssec-signed", command_kinds.MX_SIGNED, r"flags: qr rd ra ad;"),
    ("unsigned.test", "dnssec-unsigned", command_kinds.MX_SIGNED, r"flags: qr rd ra;"),
    ("wrong-ds.test", "dnssec-ds-without-key", command_kinds.ZONE_PARENT, r"DS\s+\d+ 13 2 [0-9A-F]"),
    ("wrong-ds.test", "dnssec-ds-without-key", command_kinds.ZONE_KEYS, r"key id = \d+"),
    ("sha1.test", "dnssec-digest-old", command_kinds.ZONE_PARENT, r"DS\s+\d+ 5 1 [0-9A-F]"),
    ("sha1.test", "dnssec-algorithm-old", command_kinds.ZONE_KEYS, r"DNSKEY 257 3 5 \("),
    ("sha1.test", "dnssec-key-short", command_kinds.ZONE_KEYS, r"alg = RSASHA1"),
    (
        "expired.test",
        "dnssec-signature-expired",
        command_kinds.ZONE_SIGNATURE,
        r"RRSIG\s+SOA 13 2 60 20\d{12} 20\d{12}",
    ),
    ("below.signed.test", "dane-single-key", command_kinds.TLSA, r"TLSA\s+3 1 1 (?:AB ?){32}"),
    ("no-denial.test", "dane-look-up-fails", command_kinds.TLSA_UNCHECKED, r"status: NXDOMAIN"),
    ("below.signed.test", "caa-restricted", command_kinds.CAA, r'CAA\s+0 issue "ca\.test"'),
    ("iterations.test", "dnssec-iterations-many", command_kinds.DENIAL_PARAMETERS, r"NSEC3PARAM 1 0 200 AB"),
]


@pytest.mark.parametrize(("zone", "code", "kind", "want"), COMMANDS)
def test_a_command_shows_its_finding(lab: DnsLab, zone: str, code: str, kind: Kind, want: str) -> None:
    """It prints what its sentence speaks of."""
    assert kind in {shown.kind for shown in shown_by(code)}
    command = kind.template.format_map(Target(domain=DomainName(zone), host=f"mx.{zone}").fields())
    done = subprocess.run(
        ["bash", "-c", re.sub("^dig", f"dig @{lab.validating}", command)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert re.search(want, done.stdout), done.stdout


@pytest.mark.parametrize("order", [1, -1])
async def test_of_two_the_one_that_validates_decides(lab: DnsLab, order: int) -> None:
    asking = resolver(*(lab.plain, lab.validating)[::order])
    assert summary(await look_up(asking, "signed.test", MX)) == "secure 1"
    found = await look_up(asking, "tampered.test", MX)
    assert isinstance(found, Failed)
    assert found.failure is FailureKind.BOGUS


async def test_the_same_over_https(lab: DnsLab, authority: Authority) -> None:
    """unbound speaks HTTP/2 there, and nothing else (RFC 8484 section 5.2)."""
    upstream = HttpsUpstream(f"https://localhost:{HTTPS[1]}/dns-query")
    asking = resolver(upstream, roots=authority.root_pem)
    assert await asking.validates()
    assert summary(await look_up(asking, "signed.test", MX)) == "secure 1"
    assert summary(await look_up(asking, "unsigned.test", MX)) == "insecure 1"
    assert summary(await look_up(asking, "tampered.test", MX)) == "bogus"
