"""Records and files that mend a domain's MTA-STS: published as they stand, the finding is gone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checker.facts import DomainFacts
from checker.mta_sts.facts import PolicyResponse
from checker.observation import NOT_REACHED, Failed, FailureKind, Reason, Seen
from checker.remedies.policy import FIXES
from checker.remedies.remedy import PolicyFile
from sandbox.resolver import Entry
from tests.fact_builders import NOW, dead, not_tried, without_starttls
from tests.remedy_checks import check_mended, remedy_of, told
from tests.remedy_world import World, seen

A, B, WEB, WEB2, WEB6 = "192.52.193.1", "192.52.193.2", "192.52.193.80", "192.52.193.81", "2a00:1::80"
MX, TXT, WEB_A, WEB_AAAA = "d.test MX", "_mta-sts.d.test TXT", "mta-sts.d.test A", "mta-sts.d.test AAAA"
FRESH = "+ TXT v=STSv1; id=20260601T000000;"
OLD = "- TXT v=STSv1; id=1;"
ZONE: dict[str, Entry] = {
    MX: [(10, "one.d.test")],
    "one.d.test A": [A],
    TXT: ["v=STSv1; id=1;"],
    WEB_A: [WEB],
    "_smtp._tls.d.test TXT": ["v=TLSRPTv1; rua=mailto:reports@other.test"],
}
TWO_MX: dict[str, Entry] = {MX: [(10, "one.d.test"), (20, "two.d.test")], "two.d.test A": [B]}
NO_STARTTLS = {A: without_starttls(A)}
REFUSED = {"connect": Failed(FailureKind.REFUSED, "Refused."), "handshake": NOT_REACHED, "response": NOT_REACHED}


def file(*lines: str, mode: str = "enforce", age: int | str = 2419200) -> str:
    """A policy with these lines in place of ``mx: one.d.test``."""
    whole = ("version: STSv1", f"mode: {mode}", *(lines or ("mx: one.d.test",)), f"max_age: {age}")
    return "".join(f"{line}\r\n" for line in whole)


def world(*lines: str, zone: dict[str, Entry] | None = None, mode: str = "enforce", age: int | str = 2419200) -> World:
    """Everything is in order, but for what is given."""
    return World(table=ZONE | (zone or {}), file=file(*lines, mode=mode, age=age))


def without(*keys: str, **changes: Any) -> World:
    """Everything is in order, but these records are missing."""
    table = {key: entry for key, entry in ZONE.items() if key not in keys}
    return replace(world(), table=table, **changes)


def serving(body: str) -> World:
    return replace(world(), file=body)


def answering(**response: Any) -> World:
    return replace(world(), response=response)


def visited(**visit: Any) -> World:
    return replace(world(), visits={WEB: visit})


OTHER_FILE = Seen(PolicyResponse(status=200, body=file("mx: two.d.test"), content_type="text/plain"))
ENFORCE = "mode: enforce/mx: one.d.test/max_age: 2419200"
TESTING = "mode: testing/mx: one.d.test/max_age: 2419200"
FIRST = "mode: testing/mx: one.d.test/max_age: 604800"
BOTH = "mode: enforce/mx: one.d.test/mx: two.d.test/max_age: 2419200"

# code, world, how the fixes begin: + for a record to add, - for one to remove, a file by its lines
CASES: list[tuple[str, World, str]] = [
    # The record
    (
        "mta-sts-record-several",
        world(zone={TXT: ["v=STSv1; id=1;", "v=STSv1; id=2;"]}),
        f"{OLD}, - TXT v=STSv1; id=2;, {FRESH}",
    ),
    (
        "mta-sts-record-several",
        world(zone={TXT: ["v=STSv1; id=1;", "v=STSv1; id=2;", "v=spf1 -all"]}),
        f"{OLD}, - TXT v=STSv1; id=2;, {FRESH}",
    ),
    ("mta-sts-record-invalid", world(zone={TXT: ["v=STSv1; id=a-b;"]}), f"- TXT v=STSv1; id=a-b;, {FRESH}"),
    ("mta-sts-record-invalid", world(zone={TXT: ["v=stsv1; id=1"]}), f"- TXT v=stsv1; id=1, {FRESH}"),
    ("mta-sts-record-invalid", world(zone={TXT: ["v=STSv1; id=\x1b[2J$(x)"]}), f"- TXT <, {FRESH}"),
    (
        "mta-sts-record-invalid",
        replace(world(zone={TXT: ["v=STSv1;"]}), endpoints=NO_STARTTLS),
        f"{TESTING}, - TXT v=STSv1;, {FRESH}",
    ),
    (
        "mta-sts-record-invalid",
        replace(world("mx: *.d.test", zone={TXT: ["v=STSv1;"], **TWO_MX}), endpoints={B: dead(B)}),
        f"- TXT v=STSv1;, {FRESH}",
    ),
    # Nobody could see the server: a promise that is not in force yet begins with a test.
    (
        "mta-sts-record-invalid",
        replace(world(zone={TXT: ["v=STSv1;"]}), endpoints={A: not_tried(Reason.DEADLINE, A)}),
        f"{TESTING}, - TXT v=STSv1;, {FRESH}",
    ),
    ("mta-sts-record-missing", without(TXT), FRESH),
    ("mta-sts-record-missing", without(TXT, endpoints=NO_STARTTLS), f"{TESTING}, {FRESH}"),
    (
        "mta-sts-record-unresolvable",
        World(table={**without(TXT).table, "_mta-sts.d.test CNAME": "_mta-sts.d.test"}, file=file()),
        f"- CNAME <, {FRESH}",
    ),
    (
        "mta-sts-record-alias-dangling",
        World(table={**without(TXT).table, "_mta-sts.d.test CNAME": "gone.test"}),
        "- CNAME gone.test",
    ),
    (
        "mta-sts-record-alias-dangling",
        World(table={**without(TXT).table, "_mta-sts.d.test CNAME": "gone.test"}, file=file()),
        f"- CNAME gone.test, {FRESH}",
    ),
    (
        "mta-sts-record-repeats-field",
        world(zone={TXT: ["v=STSv1; id=1; id=2"]}),
        f"- TXT v=STSv1; id=1; id=2, {FRESH}",
    ),
    ("mta-sts-record-untidy", world(zone={TXT: ["v=STSv1 ; id=1"]}), f"- TXT v=STSv1 ; id=1, {FRESH}"),
    # The policy host
    ("mta-sts-host-missing", without(WEB_A), f"+ A <, {FIRST}"),
    (
        "mta-sts-host-alias-dangling",
        World(table={**without(WEB_A).table, "mta-sts.d.test CNAME": "gone.test"}, file=file()),
        f"- CNAME gone.test, + A <, {FIRST}",
    ),
    (
        "mta-sts-host-alias-dangling",
        World(table={**without(WEB_A, TXT).table, "mta-sts.d.test CNAME": "gone.test"}),
        "- CNAME gone.test",
    ),
    (
        "mta-sts-host-unresolvable",
        World(table={**without(WEB_A).table, "mta-sts.d.test CNAME": "mta-sts.d.test"}),
        "- CNAME <, + A <",
    ),
    ("mta-sts-host-address-not-public", world(zone={WEB_A: ["10.0.0.1"]}), "- A 10.0.0.1, + A <"),
    (
        "mta-sts-host-family-dead",
        replace(world(zone={WEB_AAAA: [WEB6]}), visits={WEB6: REFUSED}),
        f"- AAAA {WEB6}",
    ),
    (
        "mta-sts-host-address-dead",
        replace(world(zone={WEB_A: [WEB, WEB2]}), visits={WEB2: REFUSED}),
        f"- A {WEB2}",
    ),
    ("mta-sts-host-redirects", answering(status=301, location="https://d.test/", body="No."), FIRST),
    ("mta-sts-host-not-found", replace(world(), file=None), FIRST),
    ("mta-sts-host-forbids", answering(status=403, body="No."), FIRST),
    ("mta-sts-host-server-error", answering(status=500, body="No."), FIRST),
    ("mta-sts-host-odd-status", answering(status=204, body="No."), FIRST),
    ("mta-sts-host-body-too-long", answering(is_cut=True), ENFORCE),
    ("mta-sts-host-media-type-html", answering(content_type="text/html"), ENFORCE),
    ("mta-sts-host-media-type-wrong", answering(content_type="application/octet-stream"), ENFORCE),
    ("mta-sts-host-media-type-missing", answering(content_type=None), ENFORCE),
    ("mta-sts-host-compressed", answering(content_encoding="gzip"), ENFORCE),
    ("mta-sts-host-slow", replace(world(), visits={WEB: {"duration_ms": 9000}}), ENFORCE),
    ("mta-sts-host-too-slow", visited(response=Failed(FailureKind.TIMEOUT, "Too slow.")), FIRST),
    ("mta-sts-host-breaks-off", visited(response=Failed(FailureKind.CLOSED, "Cut off.")), FIRST),
    (
        "mta-sts-host-addresses-differ",
        replace(world(zone={WEB_A: [WEB, WEB2]}), visits={WEB2: {"response": OTHER_FILE}}),
        ENFORCE,
    ),
    # The file
    ("mta-sts-policy-is-html", serving("<html>Hello</html>"), f"{FIRST}, {OLD}, {FRESH}"),
    ("mta-sts-policy-empty", serving("\r\n"), FIRST),
    ("mta-sts-policy-without-mode", serving("version: STSv1\nmx: one.d.test\nmax_age: 2419200\n"), TESTING),
    ("mta-sts-policy-without-mx", serving("version: STSv1\nmode: enforce\nmax_age: 2419200\n"), ENFORCE),
    ("mta-sts-policy-mx-form", world("mx: one.d.test, two.d.test", zone=TWO_MX), BOTH),
    ("mta-sts-policy-invalid", serving("mode: enforce\nmx: one.d.test\nmax_age: 86400\n"), "mode: enforce"),
    ("mta-sts-policy-tolerated", serving(file() + "\r\n"), ENFORCE),
    ("mta-sts-policy-repeats-key", world("mx: one.d.test", "mode: testing"), ENFORCE),
    ("mta-sts-policy-misspelt-key", world("mx: one.d.test", "Mx: two.d.test"), ENFORCE),
    ("mta-sts-max-age-too-large", world(age=99999999), ENFORCE),
    ("mta-sts-max-age-zero", world(age=0), ENFORCE),
    ("mta-sts-max-age-under-a-day", world(age=3600), ENFORCE),
    ("mta-sts-max-age-under-a-day", world(age=3600, zone={MX: "SERVFAIL"}), ENFORCE),
    ("mta-sts-max-age-under-two-weeks", world(age=604800), ENFORCE),
    ("mta-sts-max-age-testing-short", world(mode="testing", age=60), "mode: testing/mx: one.d.test/max_age: 604800"),
    # The policy and the servers
    ("mta-sts-mx-not-covered", world(zone=TWO_MX), BOTH),
    ("mta-sts-mx-not-covered", world("mx: *.d.tset", "mx: one.d.test", zone=TWO_MX), "mode: enforce/mx: *.d.test/"),
    ("mta-sts-policy-tolerated", world("mx: one.d.test."), ENFORCE),
    ("mta-sts-no-mx-covered", world("mx: elsewhere.test"), "mode: enforce/mx: elsewhere.test/mx: one.d.test/"),
    (
        "mta-sts-no-mx-covered",
        replace(world("mx: elsewhere.test"), endpoints=NO_STARTTLS),
        "mode: testing/mx: elsewhere.test/mx: one.d.test/",
    ),
    (
        "mta-sts-no-server-passes",
        replace(world(), endpoints=NO_STARTTLS),
        "mode: testing/mx: one.d.test/max_age: 86400",
    ),
    ("mta-sts-listed-unused", world("mx: gone.test", "mx: one.d.test"), ENFORCE),
    ("mta-sts-mx-not-covered", world(zone=TWO_MX, mode="testing"), BOTH.replace("enforce", "testing")),
    ("mta-sts-testing", world(mode="testing"), ENFORCE),
    ("mta-sts-pattern-broad", world("mx: *.test", "mx: one.d.test"), ENFORCE),
    ("mta-sts-none", world("mx: one.d.test", mode="none"), "mode: testing/mx: one.d.test/max_age: 604800"),
    ("mta-sts-absent", without(TXT, file=None), f"mode: testing/mx: one.d.test/max_age: 604800, {FRESH}"),
    (
        "mta-sts-absent-beside-dane",
        replace(without(TXT, file=None), is_pinned=True),
        f"mode: testing/mx: one.d.test/max_age: 604800, {FRESH}",
    ),
    (
        "mta-sts-absent",
        World(table={MX: [(10, "one.d.test")], "one.d.test A": [A]}),
        f"+ A <, mode: testing/mx: one.d.test/max_age: 604800, {FRESH}, + TXT v=TLSRPTv1; rua=mailto:tlsrpt@d.test;",
    ),
    (
        "mta-sts-absent",
        World(table={MX: [(10, "d-test.mail.protection.outlook.com")], "d-test.mail.protection.outlook.com A": [A]}),
        "+ A <, mode: testing/mx: *.mail.protection.outlook.com/",
    ),
]


@pytest.mark.parametrize(("code", "world", "want"), CASES, ids=lambda case: case if isinstance(case, str) else "")
async def test_fixes_mend_their_finding(code: str, world: World, want: str) -> None:
    """The fix is the expected one; carried out, its finding is gone, nothing bad came, the level is not lower."""
    await check_mended(code, world, want)


async def earlier(then: World, days: int) -> DomainFacts:
    """What a scan saw so many days ago."""
    return replace(await seen(then), started_at=NOW - timedelta(days=days))


LONG_ON_TRIAL = replace(world(mode="testing"), web_certificate={"not_before": NOW - timedelta(days=90)})
OLD_MX: dict[str, Entry] = {MX: [(10, "old.d.test")], "old.d.test A": [B]}

# code, the world now, what it was, days ago, how the fixes begin
WITH_A_PAST: list[tuple[str, World, World, int, str]] = [
    ("mta-sts-testing-for-weeks", world(mode="testing"), LONG_ON_TRIAL, 60, ENFORCE),
    ("mta-sts-id-reused", world("mx: one.d.test", "mx: two.d.test"), world(), 2, f"{OLD}, {FRESH}"),
    # Who knows the old file hears of the new id: it must not lead them to one that stops mail.
    (
        "mta-sts-id-reused",
        world("mx: two.d.test"),
        world(),
        2,
        f"mode: enforce/mx: two.d.test/mx: one.d.test/max_age: 2419200, {OLD}, {FRESH}",
    ),
    ("mta-sts-id-reused", serving("version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"), world(), 2, f"{OLD}, {FRESH}"),
    (
        "mta-sts-host-not-found",
        replace(answering(status=404), file=None),
        world(),
        2,
        f"{FIRST}, {OLD}, {FRESH}",
    ),
    ("mta-sts-host-missing", without(WEB_A), world(), 2, f"+ A <, {FIRST}, {OLD}, {FRESH}"),
    ("mta-sts-removed-while-cached", without(TXT, file=None), world(), 2, f"mode: none/max_age: 86400, {FRESH}"),
    (
        "mta-sts-removed-while-cached",
        World(table={MX: [(10, "one.d.test")], "one.d.test A": [A]}),
        world(),
        2,
        f"+ A <, mode: none/max_age: 86400, {FRESH}",
    ),
    ("mta-sts-old-policy-stops-mail", world(), world("mx: old.d.test", zone=OLD_MX), 2, f"{ENFORCE}, {OLD}, {FRESH}"),
]


@pytest.mark.parametrize(("code", "now", "then", "days", "want"), WITH_A_PAST, ids=lambda it: str(it)[:40])
async def test_fixes_mend_what_the_past_left(code: str, now: World, then: World, days: int, want: str) -> None:
    """What senders may still hold from an earlier policy is ended by the fix."""
    await check_mended(code, now, want, [await earlier(then, days)])


async def test_the_step_to_enforce_waits_for_servers_that_nobody_saw() -> None:
    """One server of two could not be tried, so nobody knows whether it would lose mail."""
    both = world("mx: *.d.test", zone=TWO_MX, mode="testing")
    past = [await earlier(replace(both, web_certificate={"not_before": NOW - timedelta(days=90)}), 60)]
    unseen = replace(both, endpoints={B: not_tried(Reason.DEADLINE, B)})
    for seen_now, has_fix in ((both, True), (unseen, False)):
        _, remedy = await remedy_of("mta-sts-testing-for-weeks", seen_now, past)
        assert bool(remedy.fixes) == has_fix


def test_every_builder_has_a_case() -> None:
    """No fix of this file goes untried."""
    assert {code for code, *_ in (*CASES, *WITH_A_PAST)} == set(FIXES)


async def test_only_new_lines_are_marked() -> None:
    """What is marked in the file are the lines that it has not yet."""
    _, remedy = await remedy_of("mta-sts-mx-not-covered", world(zone=TWO_MX))
    assert [fix.marked for fix in remedy.fixes if isinstance(fix, PolicyFile)] == ["mx: two.d.test"]


async def test_only_the_new_id_is_marked() -> None:
    """What is marked in the record is what differs from the present one."""
    _, remedy = await remedy_of("mta-sts-max-age-zero", world(age=0))
    assert [getattr(fix, "marked", "") for fix in remedy.fixes] == ["max_age: 2419200", "", "20260601T000000"]


async def test_an_id_of_this_very_second_is_not_used_again() -> None:
    """The id changes with every edition, also where the present one was made just now."""
    _, remedy = await remedy_of("mta-sts-max-age-zero", world(age=0, zone={TXT: ["v=STSv1; id=20260601T000000;"]}))
    assert told(remedy.fixes).endswith("+ TXT v=STSv1; id=20260601T000000b;")
