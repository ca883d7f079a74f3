"""Records for DANE and CAA: published as they stand, the finding is gone and senders fare no worse."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.assessment.states import judge_servers
from checker.assessment.verdict import assess
from checker.caa.facts import CaaFacts
from checker.certificates.facts import CertificateFacts
from checker.facts import DomainFacts
from checker.names import DomainName
from checker.network.ports import Answer, CaaRecord, TlsaRecord
from checker.observation import Seen
from checker.remedies import caa, dane
from checker.remedies.registry import to_paste
from checker.remedies.remedy import DnsRecord, Fix
from tests.dane_builders import (
    NOBODYS,
    UNUSABLE,
    issued,
    leaf_of,
    own_issuer,
    own_key,
    records,
    signed_domain,
    with_dane,
)
from tests.fact_builders import NOW, certificate, domain, server, working
from tests.remedy_checks import LEVELS
from tests.tls_inventories import STRICT, asked

HOST, OTHER = DomainName("mx.d.test"), DomainName("mx2.d.test")
KEY, ISSUER = own_key(HOST), own_issuer(HOST)
LEAF_DER = issued(HOST).der[0].hex()
LONG = "0" * 128
FOREIGN = replace(leaf_of(OTHER), presented_for=(HOST,))
LONG_AGO = {"ends": -1}
EC, RSA = leaf_of(HOST, key="EC secp256r1"), replace(leaf_of(OTHER, "rsa", key="RSA 2048"), presented_for=(HOST,))
BOTH_KINDS = replace(working(), tls=asked(replace(STRICT, chains=("rsa",))))

type World = Mapping[DomainName, Sequence[TlsaRecord]]
"""The TLSA records of each server, all signed."""


def seen(world: World, certificates: Sequence[CertificateFacts] | None = None, endpoint: Any = None) -> DomainFacts:
    """Each server shows its own chain, the first one what is given."""
    servers, leaves = [], [*(certificates or [leaf_of(HOST)])]
    for place, (host, published) in enumerate(world.items()):
        at = endpoint or working() if not place else working(f"192.52.193.{place + 1}", leaf=host)
        servers.append(with_dane(host, records(*published), at, preference=10 * (place + 1)))
        leaves += [leaf_of(host, host)] if place else []
    return signed_domain(*servers, certificates=leaves)


def mended(world: World, fixes: Sequence[Fix]) -> World:
    """Removals are of what is there."""
    now = {host: list(published) for host, published in world.items()}
    for fix in fixes:
        assert isinstance(fix, DnsRecord)
        assert fix.rdtype == "TLSA"
        *numbers, data = fix.value.split()
        record = TlsaRecord(*map(int, numbers), data=data)  # type: ignore[misc]
        at = now[DomainName(fix.name.removeprefix("_25._tcp."))]
        if fix.is_removal:
            at.remove(record)
        else:
            assert record not in at
            assert fix.marked in fix.value
            at.append(record)
    return now


CASES: list[tuple[str, World, dict[str, Any], str]] = [
    ("dane-no-match", {HOST: [NOBODYS]}, {}, "+311"),
    ("dane-no-match", {HOST: [TlsaRecord(3, 1, 2, LONG)]}, {}, "+311 -312"),
    ("dane-no-match", {HOST: [TlsaRecord(2, 1, 1, KEY.data)]}, {}, "+311 -211"),
    ("dane-wrong-name", {HOST: [own_issuer(OTHER)]}, {"certificates": [FOREIGN]}, "+311 -201"),
    ("dane-other-key-fails", {HOST: [KEY]}, {"certificates": [EC, RSA], "endpoint": BOTH_KINDS}, "+311"),
    ("dane-partial", {HOST: [KEY], OTHER: []}, {}, "+311"),
    ("dane-possible", {HOST: [], OTHER: []}, {}, "+311 +311"),
    ("dane-none-usable", {HOST: [UNUSABLE]}, {}, "+311 -111"),
    ("dane-record-unusable", {HOST: [KEY, TlsaRecord(3, 1, 1, "ab")]}, {}, "-311"),
    ("dane-usage-not-for-mail", {HOST: [KEY, UNUSABLE]}, {}, "-111"),
    ("dane-full-data", {HOST: [TlsaRecord(3, 0, 0, LEAF_DER)]}, {}, "+301 -300"),
    ("dane-full-data", {HOST: [TlsaRecord(2, 0, 0, issued(HOST).der[1].hex())]}, {}, "+311 -200"),
    ("dane-sha512-only", {HOST: [TlsaRecord(3, 0, 2, LONG), TlsaRecord(3, 1, 2, LONG)]}, {}, "+311"),
    ("dane-kind-unmatched", {HOST: [KEY, TlsaRecord(2, 0, 1, "0" * 64)]}, {}, "-201"),
    ("dane-kind-unmatched", {HOST: [ISSUER, NOBODYS]}, {}, "+311"),
    ("dane-digests-differ", {HOST: [KEY, NOBODYS, TlsaRecord(3, 1, 2, LONG)]}, {}, "-312"),
]


def told(fixes: Sequence[Fix]) -> str:
    """``+311`` for a record to publish, ``-311`` for one to remove."""
    signs = [("-" if fix.is_removal else "+", *fix.value.split()[:3]) for fix in fixes if isinstance(fix, DnsRecord)]
    return " ".join("".join(sign) for sign in signs)


@pytest.mark.parametrize(("code", "world", "more", "want"), CASES)
def test_tlsa_records_mend(code: str, world: World, more: dict[str, Any], want: str) -> None:
    """Carried out, the finding is gone, no other fault came, and no level is lost."""
    facts = seen(world, **more)
    before = assess(facts, (), NOW)
    finding = next(found for found in before.findings if found.code == code)
    fixes = to_paste(finding, judge_servers(facts, NOW)).fixes
    assert told(fixes) == want
    after = assess(seen(mended(world, fixes), **more), (), NOW)
    codes = {found.code for found in after.findings}
    assert code not in codes
    faults = {found.code for found in after.findings if found.cost} - {found.code for found in before.findings}
    assert not faults
    assert LEVELS.index(after.level) >= LEVELS.index(before.level)


def test_dates_and_issuers_of_usage_2_are_mended_alike() -> None:
    """What fails by them is mended by the server's own key, for which neither counts."""
    by_issuer = {"dane-expired", "dane-not-yet-valid", "dane-wrong-name", "dane-not-trusted"}
    assert {dane.FIXES[code] for code in by_issuer} == {dane.FIXES["dane-no-match"]}


def test_every_fix_is_tried() -> None:
    alike = {"dane-expired", "dane-not-yet-valid", "dane-not-trusted"}
    notes = {"dane-whole-certificate"}
    assert {case[0] for case in CASES} | alike | notes == set(dane.FIXES)


def test_without_a_certificate_the_digest_is_left_open() -> None:
    """What only the owner knows stands in angle brackets."""
    facts = seen({HOST: [UNUSABLE]}, endpoint=working(leaf=None))
    finding = next(found for found in assess(facts, (), NOW).findings if found.code == "dane-none-usable")
    first, *_ = to_paste(finding, judge_servers(facts, NOW)).fixes
    assert isinstance(first, DnsRecord)
    assert first.value.startswith("3 1 1 <")


ENCRYPT = "CN=R11,O=Let's Encrypt,C=US"
ALLOWED = (0, "issue", "letsencrypt.org")


def with_caa(*published: tuple[int, str, str], issuer: str = ENCRYPT) -> DomainFacts:
    """The records stand at the domain, if there are any."""
    answer = Answer(rcode="noerror", records=tuple(CaaRecord(*record) for record in published))
    addresses, facts = server(HOST, working())
    caa_facts = CaaFacts(name=HOST, found_at=DomainName("d.test") if published else None, answer=Seen(answer))
    return domain((addresses, replace(facts, caa=caa_facts)), certificates=[certificate(HOST, issuer=issuer)])


def fixes_for(code: str, facts: DomainFacts) -> list[tuple[str, str, bool]]:
    finding = next(found for found in assess(facts, (), NOW).findings if found.code == code)
    made = to_paste(finding, judge_servers(facts, NOW)).fixes
    return [(fix.name, fix.value, fix.is_removal) for fix in made if isinstance(fix, DnsRecord)]


CAA_CASES: list[tuple[str, DomainFacts, list[tuple[str, str, bool]]]] = [
    ("caa-unrestricted", with_caa(), [(HOST, '0 issue "letsencrypt.org"', False)]),
    ("caa-unrestricted", with_caa(issuer="CN=x,O=Nobody knows"), []),
    ("caa-excludes-issuer", with_caa((0, "issue", "ca.test")), [("d.test", '0 issue "letsencrypt.org"', False)]),
    (
        "caa-malformed",
        with_caa((0, "issue", "lets_encrypt.org")),
        [("d.test", '0 issue "lets_encrypt.org"', True), ("d.test", '0 issue "letsencrypt.org"', False)],
    ),
    ("caa-malformed", with_caa(ALLOWED, (0, "issue", "ca_x")), [("d.test", '0 issue "ca_x"', True)]),
    ("caa-unknown-critical", with_caa(ALLOWED, (128, "tbs", "x")), [("d.test", '128 tbs "x"', True)]),
]


@pytest.mark.parametrize(("code", "facts", "want"), CAA_CASES)
def test_caa_records(code: str, facts: DomainFacts, want: list[tuple[str, str, bool]]) -> None:
    """At the server's own name where there are none; where some stand, beside them."""
    assert fixes_for(code, facts) == want


def test_every_caa_fix_is_tried() -> None:
    assert {case[0] for case in CAA_CASES} == set(caa.FIXES)


HARMLESS = re.compile(r'[0-9]{1,3} (?:[A-Za-z0-9]+|<[a-z ]+>) "(?:[A-Za-z0-9=;:.,_@/+ -]*|<[A-Za-z ]+>)"')


@given(st.integers(0, 255), st.text(st.characters(max_codepoint=255)), st.text(st.characters(max_codepoint=255)))
def test_what_strangers_publish_breaks_out_of_no_caa_fix(flags: int, tag: str, value: str) -> None:
    """Nothing but harmless characters reaches what is pasted."""
    facts = with_caa((flags, "issue", value), (128, tag, value))
    for finding in assess(facts, (), NOW).findings:
        for fix in to_paste(finding, judge_servers(facts, NOW)).fixes:
            if isinstance(fix, DnsRecord) and fix.rdtype == "CAA":
                assert HARMLESS.fullmatch(fix.value), fix.value


NUMBER = st.integers(0, 4)
PUBLISHED = st.builds(TlsaRecord, NUMBER, NUMBER, NUMBER, st.binary(max_size=40).map(bytes.hex))
LIKELY = st.sampled_from(
    [
        KEY,
        ISSUER,
        NOBODYS,
        UNUSABLE,
        TlsaRecord(3, 1, 2, LONG),
        TlsaRecord(3, 0, 0, LEAF_DER),
        TlsaRecord(2, 1, 1, KEY.data),
    ]
)
TLSA = re.compile(r"[0-9] [0-9] [0-9]( [0-9a-f]+| <[A-Za-z0-9 ,'-]+>)?")


@given(st.lists(PUBLISHED | LIKELY, max_size=5, unique=True))
def test_whatever_is_published_can_be_mended(published: list[TlsaRecord]) -> None:
    """Every fix is harmless and of what is there; what stops mail is gone once it is carried out."""
    world: World = {HOST: published}
    facts = seen(world)
    for finding in assess(facts, (), NOW).findings:
        fixes = [fix for fix in to_paste(finding, judge_servers(facts, NOW)).fixes if isinstance(fix, DnsRecord)]
        own = [fix for fix in fixes if fix.rdtype == "TLSA"]
        assert all(TLSA.fullmatch(fix.value) for fix in own), own
        if finding.code in dane.FIXES and finding.severity == "critical":
            after = assess(seen(mended(world, own)), (), NOW)
            assert not [found.code for found in after.findings if found.severity == "critical"]
