"""From answers to facts: each fact from the answers that settle it, and null where none does."""

from dataclasses import replace
from typing import Any

import pytest

from checker.network.bounds import QUESTION_TRIES
from checker.observation import Failed, FailureKind
from checker.tls.answer import Accepted, Answer, Incomplete, Rejected, Replied, Unclear
from checker.tls.conclusion import chains, concluded
from checker.tls.handshake import ServerHello, ServerKeyExchange
from checker.tls.known import Asked, First, Known
from checker.tls.offer import Offer, usual
from tests.tls_servers import CHAINS, EXTENSIONS, RESET, FakeServer, interviewed

GOOD = ("ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE_RSA_WITH_AES_128_GCM_SHA256")
OLD = ("ECDHE_RSA_WITH_AES_128_CBC_SHA", "RSA_WITH_AES_128_CBC_SHA")
TLS_1_3 = ("AES_256_GCM_SHA384", "AES_128_GCM_SHA256")
PLAIN = FakeServer(suites={"TLSv1.3": TLS_1_3, "TLSv1.2": (*GOOD, *OLD)})
ECDSA = ("ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")
RESET_BEFORE = Unclear(Failed(FailureKind.RESET, "The server reset the connection."))


def changed(**changes: Any) -> FakeServer:
    return replace(PLAIN, **changes)


@pytest.mark.parametrize(
    ("server", "fact", "value"),
    [
        (PLAIN, "unknown_name", "same"),
        (PLAIN, "no_name", "same"),
        (changed(needs_a_name=True), "unknown_name", "failed"),
        (changed(needs_a_name=True), "no_name", "failed"),
        (changed(chain_without_a_name=(b"other",)), "no_name", "other"),
        (changed(chain_without_a_name=(b"other",)), "unknown_name", "same"),
        (PLAIN, "sha1_signatures", False),
        (changed(signs_sha1=True), "sha1_signatures", True),
        (PLAIN, "large_hello", True),
        (changed(takes_large_hellos=False), "large_hello", False),
        (PLAIN, "fallback_scsv", None),
        (changed(suites=PLAIN.suites | {"TLSv1.0": OLD}), "fallback_scsv", True),
        (changed(suites=PLAIN.suites | {"TLSv1.0": OLD}, knows_fallback=False), "fallback_scsv", False),
        (PLAIN, "client_renegotiation", False),
        (changed(renegotiates=True), "client_renegotiation", True),
        (changed(suites={"TLSv1.3": PLAIN.suites["TLSv1.3"]}), "client_renegotiation", None),
        (PLAIN, "plaintext_injection", False),
        (changed(obeys_clear_text=True), "plaintext_injection", True),
        (PLAIN, "preference", "client"),
        (changed(order="server"), "preference", "server"),
        (PLAIN, "compression", False),
        (changed(compression=1), "compression", True),
        (PLAIN, "secure_renegotiation", True),
        (changed(extensions=EXTENSIONS - {0xFF01}), "secure_renegotiation", False),
        (changed(extensions=EXTENSIONS - {23}), "extended_master_secret", False),
        (changed(extensions=EXTENSIONS - {22}), "encrypt_then_mac", False),
        (changed(suites={"TLSv1.2": GOOD}), "encrypt_then_mac", None),
        (changed(extensions=EXTENSIONS - {15}), "heartbeat", False),
        (PLAIN, "heartbeat", True),
        (PLAIN, "dh_bits", None),
        (changed(suites={"TLSv1.2": (*GOOD, "DHE_RSA_WITH_AES_128_CBC_SHA")}, prime=2**1023 + 1), "dh_bits", 1024),
        (changed(suites={"TLSv1.2": (*GOOD, "DH_anon_WITH_AES_128_CBC_SHA")}), "dh_bits", None),
        (PLAIN, "post_quantum", False),
        (changed(groups=(0x11EC, 29)), "post_quantum", True),
        (PLAIN, "weak_group", False),
        (changed(old_groups=(29, 23, 1)), "weak_group", True),
        (PLAIN, "groups", ("x25519", "secp256r1", "secp384r1")),
        (changed(order="server", groups=(24, 0x11EC, 29)), "groups", ("secp384r1", "X25519MLKEM768", "x25519")),
        (changed(order="server", old_groups=(25, 23, 29)), "old_groups", ("secp521r1", "secp256r1", "x25519")),
        (PLAIN, "old_groups_complete", True),
        (changed(suites={"TLSv1.2": ECDSA}), "old_groups_complete", True),
        (changed(suites={"TLSv1.2": ECDSA}, old_groups=(24, 23)), "old_groups", ("secp384r1", "secp256r1")),
        (changed(suites={"TLSv1.2": ECDSA}, old_groups=(23, 24), order="server"), "old_groups_complete", False),
    ],
)  # fmt: skip
def test_a_deep_interview_finds(server: FakeServer, fact: str, value: object) -> None:
    assert getattr(concluded(interviewed(server, "deep")), fact) == value


@pytest.mark.parametrize(
    "fact",
    [
        "unknown_name",
        "no_name",
        "sha1_signatures",
        "large_hello",
        "fallback_scsv",
        "client_renegotiation",
        "plaintext_injection",
    ],
)
def test_what_no_question_of_a_verdict_asks_is_null(fact: str) -> None:
    assert getattr(concluded(interviewed(changed(suites=PLAIN.suites | {"TLSv1.0": OLD}))), fact) is None


@pytest.mark.parametrize("order", ["server", "client"])
def test_every_suite_in_the_servers_order(order: Any) -> None:
    """Where its own order decides; whatever another row was answered with."""
    server = changed(order=order)
    found = {one.version: one for one in concluded(interviewed(server, "deep")).suites}
    assert found["TLSv1.2"].is_complete
    names = [f"TLS_{name}" for name in (*GOOD, *OLD)]
    assert list(found["TLSv1.2"].suites) == names if order == "server" else set(found["TLSv1.2"].suites) == {*names}


# Handshakes that a server chooses and can't complete


def test_a_choice_that_can_t_be_completed_is_not_determined() -> None:
    """OpenSMTPD chooses RSA key exchange and then fails: neither a yes nor a no, and it is named."""
    server = changed(suites={"TLSv1.2": (*GOOD, *OLD)}, broken=frozenset({"static-rsa"}))
    found = concluded(interviewed(server))
    assert "static-rsa" not in (*found.accepted_kinds, *found.rejected_kinds)
    assert "cbc" in found.accepted_kinds
    assert {"null", "anonymous", "3des"} <= {*found.rejected_kinds}
    assert any(one.answer.startswith("Broken off") for one in found.asked)


def test_an_old_version_that_can_t_be_completed_is_not_determined_and_older_ones_are_asked() -> None:
    server = changed(suites=PLAIN.suites | {"TLSv1.1": OLD[1:], "SSLv3": OLD[1:]}, broken=frozenset({"static-rsa"}))
    found = concluded(interviewed(server))
    assert "TLSv1.1" not in (*found.accepted_versions, *found.rejected_versions)
    assert "SSLv3" in found.accepted_versions


def test_a_completion_that_only_we_could_not_do_says_nothing_against_the_choice() -> None:
    ours = Unclear(Failed(FailureKind.INTERNAL, "The TLS library here doesn’t have what this asks for."), in_tls=True)
    server = changed(suites={"TLSv1.2": (*GOOD, *OLD)})
    found = concluded(interviewed(server, answer=lambda offer: ours if offer.completes else server.answer(offer)))
    assert "static-rsa" in found.accepted_kinds


# Single answers


FIRST = First(version="TLSv1.2", suite=0xC02F, proof="RSA", group=29)
ALL = Offer(version=0x0303, suites=tuple(suite.code for suite in usual("TLSv1.2")), groups=(29, 23))
HELLO = ServerHello(version=0x0303, suite=0xC02F, compression=0)


def known(*asked: tuple[str, Offer, Answer], first: First | None = FIRST) -> Known:
    return Known(first, [Asked(*one) for one in asked])


@pytest.mark.parametrize(
    ("row", "answer", "is_settled"),
    [
        ("large-hello", RESET, None),
        ("large-hello", RESET_BEFORE, None),
        ("no-name", Unclear(Failed(FailureKind.DEADLINE), in_tls=True), None),
        ("no-name", RESET, "failed"),
    ],
)
def test_trouble_before_the_hello_is_no_answer_to_it(row: str, answer: Answer, is_settled: object) -> None:
    """Silence counts against the server only from the second time on, and only where it had our hello."""
    tries = QUESTION_TRIES if is_settled else 1
    offer = replace(ALL, sni="none", act="complete") if row == "no-name" else replace(ALL, padding=2000)
    found = concluded(known(*[(row, offer, answer)] * tries))
    assert (found.no_name, found.large_hello) == (is_settled, None)


@pytest.mark.parametrize(
    "offer",
    [
        replace(ALL, signs_sha1=True),
        replace(ALL, padding=2000),
        replace(ALL, sni="none"),
        replace(ALL, suites=(0x5600,)),
    ],
)
def test_the_rejection_of_an_unusual_hello_is_about_what_is_unusual(offer: Offer) -> None:
    """And not about its versions and suites."""
    rejected = known(("row", offer, Rejected(40)), ("row", offer, Rejected(70)))
    plain = known()
    assert (rejected.versions, rejected.kinds, rejected.proofs) == (plain.versions, plain.kinds, plain.proofs)


def test_protocol_version_rejects_every_version_of_an_offer() -> None:
    assert known(("row", replace(ALL, version=0x0302), Rejected(70))).versions == {
        "SSLv3": False, "TLSv1.0": False, "TLSv1.1": False, "TLSv1.2": True, "TLSv1.3": False,
    }  # fmt: skip


def test_another_rejection_says_nothing_of_versions_below_one_that_is_spoken() -> None:
    """The server would have taken TLS 1.2, so it was the suites that it had no use for."""
    assert known(("row", ALL, Rejected(40))).versions == {"TLSv1.2": True, "TLSv1.3": False}


def test_a_server_that_has_only_anonymous_suites_is_not_said_to_have_no_version() -> None:
    first = First(version="TLSv1.2", suite=0xC018, proof="other")
    with_certificate = replace(ALL, suites=tuple(s.code for s in usual("TLSv1.2") if s.proof != "other"))
    found = known(("worst-first", with_certificate, Rejected(40)), first=first).versions
    assert found == {"TLSv1.2": True, "TLSv1.3": False}


def test_answers_that_contradict_each_other_are_named_and_nothing_is_complete() -> None:
    """A row was told that there are no more suites, and of none that other rows were told of."""
    found = concluded(known(("suites-TLSv1.2", ALL, Rejected(40))))
    assert not found.suites[0].is_complete
    assert any("contradict each other" in why for why in found.missing)


def test_signatures_with_something_better_are_no_fault() -> None:
    """The server ignores what was offered: so be it."""
    offer = replace(ALL, signs_sha1=True)
    answer = Accepted(hello=HELLO, key_exchange=ServerKeyExchange(group=29, scheme=0x0804))
    assert concluded(known(("sha1-signatures", offer, answer))).sha1_signatures is False


@pytest.mark.parametrize(("replies", "obeys"), [(0, False), (2, False), (3, True)])
def test_replies_inside_tls(replies: int, obeys: bool) -> None:
    offer = Offer(version=0x0303, suites=(), act="inject")
    assert concluded(known(("injection", offer, Replied(replies)))).plaintext_injection is obeys


def test_chains_are_those_under_the_servers_own_name_and_not_without_end() -> None:
    many = [("row", ALL, Accepted(hello=HELLO, chain=(bytes((n,)),))) for n in range(20)]
    other = ("no-name", replace(ALL, sni="none"), Accepted(hello=HELLO, chain=(b"other",)))
    assert chains(known(other, *many)) == [(bytes((n,)),) for n in range(4)]
    assert chains(interviewed(PLAIN)) == [CHAINS["RSA"]]


def test_a_name_that_breaks_tls_off_is_an_answer_and_not_missing() -> None:
    offer = replace(ALL, sni="unknown", act="complete")
    broken = Incomplete(Failed(FailureKind.HANDSHAKE, "TLS alert 112 (unrecognized_name)"))
    found = concluded(known(("unknown-name", offer, broken)))
    assert (found.unknown_name, found.missing) == ("failed", ())
