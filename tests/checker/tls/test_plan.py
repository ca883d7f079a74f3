"""The plan, put to servers that are tables: what it settles is so, in few connections, and it always ends."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from checker.network.bounds import QUESTION_TRIES
from checker.tls.answer import Accepted, Answer, Rejected
from checker.tls.conclusion import concluded
from checker.tls.handshake import ServerHello
from checker.tls.known import Asked, Known
from checker.tls.offer import Offer, usual
from checker.tls.plan import PLAN, next_questions
from checker.tls.registry import BAD_KINDS, GROUPS, PHASE_OUT_KINDS, VERSIONS, Suite, Version, suites
from tests.tls_servers import RESET, FakeServer, interviewed

TLS_1_3 = ("AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "AES_128_GCM_SHA256")
GOOD = ("ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE_RSA_WITH_AES_128_GCM_SHA256")
CBC = ("ECDHE_RSA_WITH_AES_256_CBC_SHA", "DHE_RSA_WITH_AES_128_CBC_SHA", "RSA_WITH_AES_128_CBC_SHA")
ANONYMOUS = ("ECDH_anon_WITH_AES_256_CBC_SHA", "DH_anon_WITH_AES_128_CBC_SHA")
BROKEN = ("RSA_WITH_3DES_EDE_CBC_SHA", "RSA_WITH_RC4_128_SHA", "RSA_WITH_NULL_SHA", "RSA_EXPORT_WITH_DES40_CBC_SHA")
STRICT = FakeServer(suites={"TLSv1.3": TLS_1_3, "TLSv1.2": GOOD}, order="server")
STOCK = FakeServer(
    suites={
        "TLSv1.3": TLS_1_3,
        "TLSv1.2": (*GOOD, *CBC, *ANONYMOUS),
        "TLSv1.1": (*CBC, *ANONYMOUS),
        "TLSv1.0": (*CBC, *ANONYMOUS),
    }
)
OLD = FakeServer(suites=dict.fromkeys(VERSIONS[1:5], (*GOOD, *CBC, *ANONYMOUS, *BROKEN[:3])) | {"TLSv1.3": TLS_1_3})


@pytest.mark.parametrize(
    ("server", "most"), [(STRICT, 7), (STOCK, 13), (OLD, 16)], ids=["strict", "stock", "everything on"]
)
@pytest.mark.parametrize("at_once", [1, 4])
def test_few_connections(server: FakeServer, most: int, at_once: int) -> None:
    """Beside the handshake that comes first."""
    known = interviewed(server, at_once=at_once)
    assert len(known.asked) <= most, [one.question for one in known.asked]
    agrees(known, server)


def test_a_deep_interview_of_a_strict_server_is_short_too() -> None:
    assert len(interviewed(STRICT, "deep").asked) <= 30


# Any server: what is settled is so


POOL = [suite for version in VERSIONS[3:] for suite in usual(version) if suite.fits("TLSv1.2") or suite.is_tls13]


def _is_likely(suite: Suite, version: Version) -> bool:
    """SSLv3 has no extensions, so no curve can be agreed on."""
    return version != "SSLv3" or not suite.is_elliptic


@st.composite
def servers(draw: st.DrawFn) -> FakeServer:
    """Servers that some client can talk to, with certificates of one kind or two, or none.

    As in every library, one list of suites holds for all versions, as far as a suite fits.
    """
    pool = draw(st.lists(st.sampled_from(POOL), min_size=1, max_size=12, unique=True))
    own: dict[Version, tuple[str, ...]] = {
        version: tuple(s.name.removeprefix("TLS_") for s in pool if s.fits(version) and _is_likely(s, version))
        for version in draw(st.sets(st.sampled_from(VERSIONS[1:]), min_size=1))
    }
    versions = [version for version in own if own[version]]
    assume(versions)
    groups = draw(st.lists(st.sampled_from([c for c, g in GROUPS.items() if g.is_tls13]), unique=True, max_size=5))
    old = draw(
        st.lists(
            st.sampled_from([c for c, g in GROUPS.items() if g.is_older and g.kind == "elliptic"]),
            unique=True,
            max_size=5,
        )
    )
    return FakeServer(
        suites=own,
        groups=tuple(dict.fromkeys((*groups, 29))),
        old_groups=tuple(dict.fromkeys((*old, 23))),
        order=draw(st.sampled_from(("server", "client"))),
        has_sslv2=draw(st.booleans()) and "TLSv1.3" not in versions,
        refusal=draw(st.sampled_from((40, 71))),
    )


def agrees(known: Known, server: FakeServer) -> None:
    """Nothing that is settled is otherwise."""
    found = concluded(known)
    versions = {*server.versions, *({"SSLv2"} if server.has_sslv2 else ())}
    assert set(found.accepted_versions) <= versions
    assert versions.isdisjoint(found.rejected_versions)
    old = [suite for version in server.versions if version != "TLSv1.3" for suite in server.own(version)]
    kinds = {kind for suite in old for kind in suite.kinds}
    assert set(found.accepted_kinds) <= kinds
    if "TLSv1.2" in versions:  # a server may have other suites in versions that a hello of TLS 1.2 never brings about
        of_1_2 = {kind for suite in server.own("TLSv1.2") for kind in suite.kinds}
        assert of_1_2.isdisjoint(found.rejected_kinds)
    if found.post_quantum is not None:
        has_them = any(GROUPS[group].kind == "post-quantum" for group in server.groups)
        assert found.post_quantum is (has_them and "TLSv1.3" in versions)
    assert found.preference in (None, server.order)
    for version in found.suites:
        own = {suite.name for suite in server.own(version.version)} if version.version != "SSLv2" else None  # type: ignore[arg-type]
        assert own is None or set(version.suites) <= own
        assert own is None or not version.is_complete or set(version.suites) == own


@settings(max_examples=600, deadline=None)
@given(servers(), st.sampled_from((1, 4)))
def test_a_verdict_is_never_wrong(server: FakeServer, at_once: int) -> None:
    agrees(interviewed(server, at_once=at_once), server)


@settings(max_examples=60, deadline=None)
@given(servers())
def test_deep_is_never_wrong_and_never_contradicts_a_verdict(server: FakeServer) -> None:
    verdict, deep = concluded(interviewed(server)), concluded(interviewed(server, "deep"))
    agrees(interviewed(server, "deep"), server)
    assert set(verdict.accepted_versions).isdisjoint(deep.rejected_versions)
    assert set(deep.accepted_versions).isdisjoint(verdict.rejected_versions)
    assert set(verdict.accepted_kinds).isdisjoint(deep.rejected_kinds)
    for fact in ("post_quantum", "weak_group", "preference", "compression", "dh_bits"):
        one, other = getattr(verdict, fact), getattr(deep, fact)
        assert one == other or None in (one, other) or fact == "dh_bits", fact


@settings(max_examples=60, deadline=None)
@given(servers())
def test_a_verdict_settles_what_it_is_for(server: FakeServer) -> None:
    """Of a server of TLS 1.2 with certificates, every version and every kind of suite."""
    proven = [suite for suite in server.own("TLSv1.2") if suite.proof != "other" and suite.fits("TLSv1.2")]
    if server.versions[-1] not in ("TLSv1.2", "TLSv1.3") or not proven:
        return
    found = concluded(interviewed(server))
    assert found.missing == ()
    assert {*found.accepted_kinds, *found.rejected_kinds} == {*BAD_KINDS, *PHASE_OUT_KINDS}


@settings(max_examples=60, deadline=None)
@given(servers(), st.data())
def test_whatever_is_answered_the_questions_end(server: FakeServer, data: st.DataObject) -> None:
    """A server that answers by the dice: choices from the offer, rejections, silence."""

    def dice(offer: Offer) -> Answer:
        match data.draw(st.integers(0, 4)):
            case 0:
                return RESET
            case 1:
                return Rejected(data.draw(st.sampled_from((40, 47, 70, 71, 86))))
            case _ if offer.act == "inject" or offer.version == 2 or not offer.suites:
                return Rejected(40)
            case _:
                suite = data.draw(st.sampled_from(offer.suites))
                version = offer.version if offer.version == 0x0304 else data.draw(st.integers(0x0300, offer.version))
                group = data.draw(st.sampled_from(offer.groups)) if offer.groups else None
                is_known = suite in suites()
                return Accepted(
                    hello=ServerHello(version=version, suite=suite if is_known else 0xC02F, compression=0, group=group)
                )

    concluded(interviewed(server, "deep", dice))


# Unclear answers


@pytest.mark.parametrize(
    "row", [row.name for row in PLAN if row.depth == "verdict" and row.name not in ("sslv2", "confirmation")]
)
def test_an_unclear_answer_is_asked_again_then_named_and_never_a_no(row: str) -> None:
    """Both tries of one question end without an answer: nothing is concluded from that."""
    tried: Counter[str] = Counter()
    server = STOCK

    known = Known(server.first)
    while rows := list(next_questions(known, "verdict")):
        question, offer = rows[0]
        tried[question.name] += 1
        answer = RESET if question.name == row else server.answer(offer)
        known = known.after(Asked(question.name, offer, answer))
    found = concluded(known)
    assert tried[row] >= QUESTION_TRIES
    assert any(missing.startswith(next(q.asks for q in PLAN if q.name == row)) for missing in found.missing)
    agrees(known, server)


def test_one_unclear_answer_costs_one_connection_and_no_fact() -> None:
    seen: list[Offer] = []

    def once(offer: Offer) -> Answer:
        seen.append(offer)
        return RESET if seen.count(offer) == 1 else STRICT.answer(offer)

    found = concluded(interviewed(STRICT, answer=once))
    assert found.missing == ()
    assert replace(found, asked=(), connections=0) == replace(concluded(interviewed(STRICT)), asked=(), connections=0)
