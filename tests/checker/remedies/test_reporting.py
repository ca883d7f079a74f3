"""Records that mend a domain's TLS reporting: published as they stand, the finding is gone."""

import pytest

from checker.remedies.reporting import FIXES
from sandbox.resolver import Entry
from tests.remedy_checks import check_mended
from tests.remedy_world import World

A = "192.52.193.1"
NAME = "_smtp._tls.d.test"
MX: dict[str, Entry] = {"d.test MX": [(10, "one.d.test")], "one.d.test A": [A]}
OWN = "+ TXT v=TLSRPTv1; rua=mailto:tlsrpt@d.test;"
POLICY: dict[str, Entry] = {"_mta-sts.d.test TXT": ["v=STSv1; id=1;"], "mta-sts.d.test A": ["192.52.193.80"]}
FILE = "version: STSv1\r\nmode: enforce\r\nmx: one.d.test\r\nmax_age: 2419200\r\n"


def publishing(*texts: str) -> World:
    return World(table={**MX, f"{NAME} TXT": list(texts)})


def aliased(target: str) -> World:
    return World(table={**MX, f"{NAME} CNAME": target})


# code, world, how the fixes begin
CASES: list[tuple[str, World, str]] = [
    (
        "tls-rpt-several",
        publishing("v=TLSRPTv1; rua=mailto:a@x.test", "v=TLSRPTv1; rua=https://y.test/r?to=d.test"),
        "- TXT v=TLSRPTv1; rua=mailto:a@x.test, - TXT <",
    ),
    ("tls-rpt-invalid", publishing("v=TLSRPTv1;rua=a@x.test"), "- TXT v=TLSRPTv1;rua=a@x.test, + TXT v=TLSRPTv1; rua="),
    ("tls-rpt-invalid", publishing("v=tlsrptv1; rua=mailto:a@x.test"), "- TXT v=tlsrptv1; rua=mailto:a@x.test"),
    ("tls-rpt-invalid", publishing("v=TLSRPTv1; rua=mailto:a@x.test!10m"), "- TXT <, + TXT v=TLSRPTv1; rua=mailto:a@x"),
    ("tls-rpt-invalid", publishing("v=TLSRPTv1;"), f"- TXT v=TLSRPTv1;, {OWN}"),
    ("tls-rpt-invalid", publishing("v=TLSRPTv1; rua=\x1b]0;$(reboot)\x07"), f"- TXT <, {OWN}"),
    (
        "tls-rpt-rua-unusable",
        publishing("v=TLSRPTv1; rua=http://x.test/"),
        f"- TXT v=TLSRPTv1; rua=http://x.test/, {OWN}",
    ),
    (
        "tls-rpt-rua-partly-unusable",
        publishing("v=TLSRPTv1; rua=mailto:a@x.test,ftp://x.test/"),
        "- TXT v=TLSRPTv1; rua=mailto:a@x.test,ftp://x.test/, + TXT v=TLSRPTv1; rua=mailto:a@x.test;",
    ),
    (
        "tls-rpt-repeats-field",
        publishing("v=TLSRPTv1; rua=mailto:a@x.test; rua=mailto:b@x.test"),
        "- TXT v=TLSRPTv1; rua=mailto:a@x.test; rua=mailto:b@x.test, + TXT v=TLSRPTv1; rua=mailto:a@x.test",
    ),
    (
        "tls-rpt-untidy",
        publishing("v=TLSRPTv1 ; rua=mailto:a@x.test"),
        "- TXT v=TLSRPTv1 ; rua=mailto:a@x.test, + TXT v=TLSR",
    ),
    ("tls-rpt-unresolvable", aliased(NAME), f"- CNAME <, {OWN}"),
    ("tls-rpt-alias-dangling", aliased("gone.test"), f"- CNAME gone.test, {OWN}"),
    ("tls-rpt-absent", World(table=MX), OWN),
    ("tls-rpt-missing-with-policy", World(table={**MX, **POLICY}, file=FILE), OWN),
]


@pytest.mark.parametrize(("code", "world", "want"), CASES, ids=lambda case: case if isinstance(case, str) else "")
async def test_records_mend_their_finding(code: str, world: World, want: str) -> None:
    """The fix is the expected one; carried out, its finding is gone, nothing bad came, the level is not lower."""
    await check_mended(code, world, want)


def test_every_builder_has_a_case() -> None:
    """No fix of this file goes untried."""
    assert {code for code, _, _ in CASES} == set(FIXES)
