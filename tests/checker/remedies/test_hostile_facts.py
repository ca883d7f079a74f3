"""What strangers publish can't break out of a remedy: nothing but harmless characters reaches what is pasted."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checker.assessment.states import judge_servers
from checker.assessment.verdict import assess
from checker.names import host_name
from checker.remedies.registry import to_paste
from checker.remedies.remedy import DnsRecord, Fix, PolicyFile, Setting
from sandbox.resolver import Entry
from tests.fact_builders import NOW, dead, reply, talking
from tests.remedy_checks import check_well_formed
from tests.remedy_world import World, seen

A = "192.52.193.1"
NAME = re.compile(r"[a-z0-9_.-]{1,253}")
NO_TXT = re.compile(r"[0-9]{1,5} \.|([0-9]{1,5} )?([a-z0-9_.:-]+|<[a-zA-Z0-9 ]+>)")
TXT = re.compile(r"[A-Za-z0-9=;:.,_@/?&%~+ -]+|<[a-z ]+>")
FILE = re.compile(
    r"version: STSv1\r\nmode: (enforce|testing|none)\r\n(mx: (\*\.)?[a-z0-9.-]+\r\n)*max_age: [0-9]{1,8}\r\n"
)
MESSAGE_LINES = 25

INJECTIONS = (
    b'mx" 3600 IN A 6.6.6.6\nevil',
    b"$(reboot)",
    b"`id`",
    b"a;rm -rf ~",
    b"x\r\nmode: none",
    b"\x1b]0;owned\x07",
    b"' or 1=1 --",
    b"<script>alert(1)</script>",
    "\u202egro.elpmaxe".encode(),
    b"\x00",
    b"a&&b|c>d",
    b"-oProxyCommand=x",
)


def check_harmless(fix: Fix) -> None:
    match fix:
        case DnsRecord():
            assert NAME.fullmatch(fix.name), fix
            assert (TXT if fix.rdtype == "TXT" else NO_TXT).fullmatch(fix.value), fix
        case PolicyFile():
            assert fix.url == "https://mta-sts.d.test/.well-known/mta-sts.txt"
            assert FILE.fullmatch(fix.body), fix
        case Setting():
            assert all(line.isprintable() for line in f"{fix.where}\n{fix.text}".splitlines()), fix


async def check_all(world: World) -> None:
    """Whatever is found in it, every remedy is harmless, well-formed, and its message short."""
    facts = await seen(world)
    state = judge_servers(facts, NOW)
    for finding in assess(facts, (), NOW).findings:
        remedy = to_paste(finding, state)
        for fix in remedy.fixes:
            check_harmless(fix)
        check_well_formed(remedy.fixes)
        lines = (remedy.message or "").split("\n")
        assert len(lines) <= MESSAGE_LINES
        assert all(line.isprintable() for line in lines), finding.code


def everywhere(text: bytes) -> World:
    """The text as a target, an alias's end, a TXT record, a field in one, a file, a line of one, and a reply."""
    label, latin = host_name([text[:63]]), text.decode("latin-1")
    table: dict[str, Entry] = {
        "d.test MX": [(10, f"{label}.test"), (20, "two.d.test"), (30, label), (40, f"{label}.d.test")],
        f"{label}.test A": [A],
        "two.d.test CNAME": f"{label}.host.test",
        f"{label}.host.test A": ["192.52.193.2"],
        "_mta-sts.d.test TXT": [f"v=STSv1; id={latin};"],
        "mta-sts.d.test CNAME": f"web.{label}.test",
        f"web.{label}.test A": ["10.0.0.1", "192.52.193.80"],
        "_smtp._tls.d.test TXT": [f"v=TLSRPTv1; rua=mailto:{latin}@x.test,https://x.test/{latin}"],
    }
    file = f"version: STSv1\nmode: enforce\nmx: {latin}\nmx: two.d.test\n{latin}\nmax_age: 60{latin}\n"
    refusal = reply(554, latin)
    return World(table=table, file=file, endpoints={A: talking(A, greeting=refusal)})


@pytest.mark.parametrize("text", INJECTIONS, ids=ascii)
async def test_injections_reach_no_remedy(text: bytes) -> None:
    """Attempts on a zone file, a shell, a terminal, a policy file and a page."""
    world = everywhere(text)
    await check_all(world)
    await check_all(replace(world, table={**world.table, "_mta-sts.d.test TXT": [text.decode("latin-1"), "x"]}))
    await check_all(replace(world, file=text.decode("latin-1")))
    loop: Any = {**world.table, "_mta-sts.d.test CNAME": f"{host_name([text[:63]])}.gone.test"}
    del loop["_mta-sts.d.test TXT"]
    await check_all(replace(world, table=loop, endpoints={A: dead(A)}))


@given(st.binary(min_size=1, max_size=60))
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
async def test_no_bytes_reach_a_remedy(text: bytes) -> None:
    """Nor does anything else that a name server may send."""
    await check_all(everywhere(text))
