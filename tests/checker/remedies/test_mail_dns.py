"""Records that mend a domain's mail DNS: pasted as they stand, the finding is gone and mail fares no worse."""

import pytest

from checker.remedies.mail_dns import FIXES
from sandbox.resolver import Entry
from tests.fact_builders import dead
from tests.remedy_checks import check_mended
from tests.remedy_world import World

A, B, C = "192.52.193.1", "192.52.193.2", "192.52.193.3"
V6 = "2a00:1::1"
ONE: dict[str, Entry] = {"d.test MX": [(10, "one.d.test")], "one.d.test A": [A]}
TWO: dict[str, Entry] = ONE | {"d.test MX": [(10, "one.d.test"), (20, "two.d.test")], "two.d.test A": [B]}


def beside_one(target: str, **entries: Entry) -> dict[str, Entry]:
    mx: Entry = [(10, "one.d.test"), (30, target)]
    return ONE | {"d.test MX": mx} | {f"{target} {rdtype}": entry for rdtype, entry in entries.items()}


def alone(target: str, **entries: Entry) -> dict[str, Entry]:
    return {"d.test MX": [(10, target)]} | {f"{target} {rdtype}": entry for rdtype, entry in entries.items()}


# code, world, what the fixes say: + for a record to add, - for one to remove
CASES: list[tuple[str, World, str]] = [
    ("mx-implicit", World(table={"d.test A": [A]}), "+ MX 10 d.test"),
    ("mx-none", World(table={"d.test TXT": ["x"]}), "+ MX 0 ."),
    ("mx-alias-loop", World(table={"d.test CNAME": "e.test", "e.test CNAME": "d.test"}), "- CNAME <"),
    ("mx-alias-dangling", World(table={"d.test CNAME": "gone.test"}), "- CNAME gone.test"),
    ("mx-null-form", World(table={"d.test MX": [(10, ".")]}), "- MX 10 ., + MX 0 ."),
    ("mx-null-form", World(table={"d.test MX": [(0, "."), (7, ".")]}), "- MX 7 ."),
    ("mx-null-beside-others", World(table=ONE | {"d.test MX": [(0, "."), (10, "one.d.test")]}), "- MX 0 ."),
    (
        "mx-target-is-address",
        World(table=beside_one(B)),
        f"- MX 30 {B}, + MX 30 mx1.d.test, + A {B}",
    ),
    (
        "mx-target-is-address",
        World(table=beside_one(V6)),
        f"- MX 30 {V6}, + MX 30 mx1.d.test, + AAAA {V6}",
    ),
    ("mx-target-is-address", World(table=alone("10.0.0.1")), "- MX 10 10.0.0.1, + MX 10 mx1.d.test, + A <"),
    ("mx-target-unusable", World(table=beside_one("mail")), "- MX 30 mail, + MX 30 mail.d.test, + A <"),
    ("mx-target-unusable", World(table=beside_one("mail.local")), "- MX 30 mail.local, + MX 30 mx1.d.test, + A <"),
    (
        "mx-target-syntax",
        World(table=beside_one("m_x.d.test", A=[B])),
        f"- MX 30 m_x.d.test, + MX 30 m-x.d.test, + A {B}",
    ),
    (
        "mx-target-syntax",
        World(table=beside_one("m x.d.test", A=[B])),
        f"- MX 30 <, + MX 30 mx1.d.test, + A {B}",
    ),
    (
        "mx-target-is-alias",
        World(table=beside_one("www.d.test", CNAME="one.d.test")),
        "- MX 30 www.d.test, + MX 30 one.d.test",
    ),
    (
        "mx-target-is-alias",
        World(
            table={"d.test MX": [(10, "mx.d.test")], "mx.d.test CNAME": "box.host.test", "box.host.test A": [A]},
            certified=("mx.d.test",),
        ),
        f"- CNAME box.host.test, + A {A}",
    ),
    (
        "mx-target-is-alias",
        World(
            table={
                "d.test MX": [(10, "mx.d.test")],
                "mx.d.test CNAME": "box.host.test",
                "box.host.test A": [A],
                "_mta-sts.d.test TXT": ["v=STSv1; id=1;"],
                "mta-sts.d.test A": ["192.52.193.80"],
            },
            certified=("mx.d.test", "box.host.test"),
            file="version: STSv1\r\nmode: enforce\r\nmx: mx.d.test\r\nmax_age: 2419200\r\n",
        ),
        "mode: enforce/mx: mx.d.test/mx: box.host.test/max_age: 2419200, - TXT v=STSv1; id=1;, + TXT v=STSv1; id=20",
    ),
    ("mx-host-does-not-exist", World(table=beside_one("gone.test")), "- MX 30 gone.test"),
    ("mx-host-does-not-exist", World(table=alone("mx.d.test")), "+ A <"),
    ("mx-host-without-address", World(table=beside_one("bare.test", TXT=["x"])), "- MX 30 bare.test"),
    ("mx-host-without-address", World(table=alone("bare.test", TXT=["x"])), "+ A <"),
    ("mx-host-alias-loop", World(table=beside_one("loop.test", CNAME="loop.test")), "- MX 30 loop.test"),
    (
        "mx-host-alias-loop",
        World(table=alone("loop.test", CNAME="loop.test")),
        "- MX 10 loop.test, + MX 10 mx1.d.test, + A <",
    ),
    ("mx-address-not-public", World(table=alone("mx.d.test", A=[A, "10.0.0.1"])), "- A 10.0.0.1"),
    ("mx-address-not-public", World(table=alone("mx.d.test", A=["10.0.0.1"])), "- A 10.0.0.1, + A <"),
    ("mx-no-usable-host", World(table=alone("mx.d.test")), "+ A <"),
    ("mx-no-usable-host", World(table=alone("loop.test", CNAME="loop.test")), "+ MX 10 mx1.d.test, + A <"),
    ("server-dead", World(table=TWO, endpoints={A: dead(A)}), "- MX 10 one.d.test"),
    ("server-decoy", World(table=TWO, endpoints={B: dead(B)}), "- MX 20 two.d.test"),
    ("server-address-dead", World(table=alone("mx.d.test", A=[A, B]), endpoints={B: dead(B)}), f"- A {B}"),
]


@pytest.mark.parametrize(("code", "world", "want"), CASES, ids=lambda case: case if isinstance(case, str) else "")
async def test_records_mend_their_finding(code: str, world: World, want: str) -> None:
    """The fix is the expected one; carried out, its finding is gone, nothing bad came, the level is not lower."""
    await check_mended(code, world, want)


def test_every_builder_has_a_case() -> None:
    """No fix of this file goes untried."""
    assert {code for code, _, _ in CASES} == set(FIXES)
