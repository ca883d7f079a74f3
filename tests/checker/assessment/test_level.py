"""Every combination of facts has exactly one level: the first row of the table that applies."""

from collections.abc import Callable
from itertools import combinations_with_replacement, product
from typing import get_args

import pytest

from checker.assessment.dane_state import Dane
from checker.assessment.level import (
    LEVELS,
    Level,
    LevelInputs,
    Mx,
    ServerInput,
    is_provisional,
    level_of,
    without_dead,
)
from checker.assessment.policy import MtaSts

FLAGS = (True, False, None)


def server(works: bool | None, encrypts: bool | None, ready: bool | None, keeps: bool | None = None) -> ServerInput:
    return ServerInput(works=works, encrypts=encrypts, sts_ready=ready, keeps_policy=keeps)


READY, ENCRYPTED, CLEAR = server(True, True, True), server(True, True, False), server(True, False, False)
DEAD, UNSEEN = server(False, False, False), server(None, None, None)
AT_SOME_ADDRESS = ServerInput(works=True, encrypts=True, sts_ready=False, keeps_policy=False, takes_mail=True)
KEEPS, BREAKS = server(True, True, True, True), server(True, True, True, False)

SERVERS = [server(*flags) for flags in product(FLAGS, repeat=4)]
MTA_STS: list[MtaSts | None] = [None, *get_args(MtaSts.__value__)]
DANE: list[Dane | None] = [None, *get_args(Dane.__value__)]


def all_inputs() -> list[LevelInputs]:
    """Every state of DNS, every promise, and no, one or two servers in every state."""
    groups = [(), *((one,) for one in SERVERS), *combinations_with_replacement(SERVERS, 2)]
    with_servers = [
        LevelInputs(mx="servers", servers=group, mta_sts=sts, dane=dane)
        for group, sts, dane in product(
            groups, (None, "none", "testing", "enforce"), (None, "broken", "partial", "valid")
        )
    ]
    promises = [
        LevelInputs(mx=mx, servers=(one,), mta_sts=sts, dane=dane)
        for mx, one, sts, dane in product(get_args(Mx.__value__), SERVERS, MTA_STS, DANE)
    ]
    return with_servers + promises


def determined(inputs: LevelInputs) -> list[ServerInput]:
    return [one for one in inputs.servers if one.works is not None]


def working(inputs: LevelInputs) -> list[ServerInput]:
    """Working servers of which it is known how they encrypt, and whether they prove who they are if they do."""
    return [s for s in inputs.servers if s.works and (s.encrypts is False or (s.encrypts and s.sts_ready is not None))]


def kept(inputs: LevelInputs) -> set[bool]:
    return {s.keeps_policy for s in working(inputs) if s.keeps_policy is not None}


# The table of the product, row by row, written again from its text: each row by itself, the first that holds decides.
ROWS: list[tuple[Level, Callable[[LevelInputs], bool]]] = [
    ("no-mail", lambda i: i.mx in ("null-mx", "nxdomain", "none")),
    ("losing-mail", lambda i: i.mx == "unusable"),
    ("inconclusive", lambda i: i.mx == "unknown"),
    ("inconclusive", lambda i: not working(i) and (not determined(i) or any(s.works for s in i.servers))),
    ("losing-mail", lambda i: not working(i)),
    ("losing-mail", lambda i: (i.mta_sts == "enforce" and kept(i) == {False}) or i.dane == "broken"),
    ("exposed", lambda i: any(not s.encrypts for s in working(i))),
    ("degraded", lambda i: any(s.works is False for s in i.servers)),
    ("enforced", lambda i: (i.mta_sts == "enforce" and kept(i) == {True}) or i.dane == "valid"),
    ("partly-enforced", lambda i: (i.mta_sts == "enforce" and kept(i) == {True, False}) or i.dane == "partial"),
    ("testing", lambda i: i.mta_sts == "testing" and kept(i) == {True}),
    ("ready", lambda i: all(s.sts_ready for s in working(i))),
    ("encrypted", lambda i: True),
]


def test_every_combination_has_the_first_row_that_applies() -> None:
    """Over 50,000 combinations, each by the program and by the table, and every level is reached."""
    combinations = all_inputs()
    wrong = [i for i in combinations if level_of(i) != next(level for level, holds in ROWS if holds(i))]
    assert not wrong, wrong[:3]
    assert len(combinations) > 50_000
    assert {level_of(inputs) for inputs in combinations} == set(LEVELS)


def test_what_is_undetermined_never_decides() -> None:
    """Beside any servers, one of which nothing is known changes the level in no combination: it is provisional."""
    for inputs in all_inputs()[::7]:
        level = level_of(inputs)
        if inputs.mx != "servers" or level in ("inconclusive", "no-mail"):
            continue
        more = LevelInputs(mx="servers", servers=(*inputs.servers, UNSEEN), mta_sts=inputs.mta_sts, dane=inputs.dane)
        assert level_of(more) == level
        assert is_provisional(more)


def test_without_a_promise_it_is_not_provisional() -> None:
    """A promise that nobody knows of changes nothing."""
    for mta_sts, dane in product((None, "absent", "none", "invalid"), DANE):
        assert not is_provisional(LevelInputs(mx="servers", servers=(READY, READY), mta_sts=mta_sts, dane=dane))


CASES: list[tuple[str, LevelInputs, Level, bool]] = [
    ("null MX", LevelInputs(mx="null-mx"), "no-mail", False),
    ("no such domain", LevelInputs(mx="nxdomain"), "no-mail", False),
    ("resolver down", LevelInputs(mx="unknown"), "inconclusive", False),
    ("bogus DNSSEC", LevelInputs(mx="unusable"), "losing-mail", False),
    ("nothing seen of any server", LevelInputs(mx="servers", servers=(UNSEEN, UNSEEN)), "inconclusive", False),
    ("all dead", LevelInputs(mx="servers", servers=(DEAD, DEAD)), "losing-mail", False),
    ("one dead, one not seen", LevelInputs(mx="servers", servers=(DEAD, UNSEEN)), "losing-mail", True),
    (
        "one dead, one works and no more is known",
        LevelInputs(mx="servers", servers=(DEAD, server(True, None, None))),
        "inconclusive",
        False,
    ),
    ("clear text beside ready", LevelInputs(mx="servers", servers=(READY, CLEAR)), "exposed", False),
    ("clear text beside dead", LevelInputs(mx="servers", servers=(DEAD, CLEAR)), "exposed", False),
    ("dead beside ready", LevelInputs(mx="servers", servers=(DEAD, READY)), "degraded", False),
    ("ready", LevelInputs(mx="servers", servers=(READY, READY)), "ready", False),
    ("ready beside encrypted", LevelInputs(mx="servers", servers=(READY, ENCRYPTED)), "encrypted", False),
    ("ready beside not seen", LevelInputs(mx="servers", servers=(READY, UNSEEN)), "ready", True),
    ("policy kept", LevelInputs(mx="servers", servers=(KEEPS,), mta_sts="enforce"), "enforced", False),
    (
        "policy kept by some",
        LevelInputs(mx="servers", servers=(KEEPS, BREAKS), mta_sts="enforce"),
        "partly-enforced",
        False,
    ),
    ("policy kept by none", LevelInputs(mx="servers", servers=(BREAKS,), mta_sts="enforce"), "losing-mail", False),
    (
        "policy kept at some addresses of the only server: mail still arrives",
        LevelInputs(mx="servers", servers=(AT_SOME_ADDRESS,), mta_sts="enforce"),
        "partly-enforced",
        False,
    ),
    (
        "DANE broken, though the policy is kept: each promise by itself",
        LevelInputs(mx="servers", servers=(KEEPS,), mta_sts="enforce", dane="broken"),
        "losing-mail",
        False,
    ),
    ("trial that would hold", LevelInputs(mx="servers", servers=(KEEPS,), mta_sts="testing"), "testing", False),
    ("trial that would fail", LevelInputs(mx="servers", servers=(BREAKS,), mta_sts="testing"), "ready", False),
    (
        "DANE on every server, no public certificate",
        LevelInputs(mx="servers", servers=(ENCRYPTED,), dane="valid"),
        "enforced",
        False,
    ),
    ("DANE that DNSSEC doesn't protect", LevelInputs(mx="servers", servers=(READY,), dane="insecure"), "ready", False),
    (
        "policy of which it isn't known who keeps it",
        LevelInputs(mx="servers", servers=(READY,), mta_sts="enforce"),
        "ready",
        True,
    ),
]


@pytest.mark.parametrize(("name", "inputs", "level", "provisional"), CASES, ids=[case[0] for case in CASES])
def test_cases_of_interest(name: str, inputs: LevelInputs, level: Level, provisional: bool) -> None:
    """The cases that people ask about."""
    assert (level_of(inputs), is_provisional(inputs)) == (level, provisional), name


def test_degraded_names_the_level_without_the_dead() -> None:
    """What it would be if the server that doesn't work weren't there."""
    inputs = LevelInputs(mx="servers", servers=(DEAD, KEEPS), mta_sts="enforce")
    assert (level_of(inputs), level_of(without_dead(inputs))) == ("degraded", "enforced")
