"""A server in the document: its addresses, how far each of them came, and what its TLS showed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checker.mx.facts import HostAddresses
from checker.names import DomainName
from checker.observation import PENDING, Absent, Failed, FailureKind, NotTried, Observation, Reason, Seen
from checker.smtp.facts import Ehlo, SmtpFacts
from checker.tls.facts import Handshake, TlsFacts
from tests.report_facts import (
    FACTS,
    LEAF,
    LIST,
    MX1,
    NO_SUCH_NAME,
    NOW,
    PLAIN_LIST,
    SERVFAIL,
    WELL,
    document,
    found,
    said,
    with_endpoint,
)


def test_a_server_and_its_address() -> None:
    """All that a good address showed, under its own keys."""
    first, second = document()["servers"]
    (endpoint,) = first["endpoints"]
    assert (first["host"], first["preference"], first["address_status"]) == ("mx1.a.example", 10, "ok")
    assert (endpoint["outcome"], endpoint["stage"], endpoint["starttls"]) == ("tls", "ehlo-tls", True)
    assert endpoint["greeting"] == "220 mx1 ESMTP"
    assert endpoint["ehlo"] == ["SIZE 1000", "STARTTLS"]
    assert endpoint["stages_ms"]["ehlo-tls"] == 33
    assert endpoint["transcript"] == [{"at_ms": 71, "from": "server", "line": "220 mx1 ESMTP"}]
    assert endpoint["certificates"] == [LEAF]
    assert (second["address_status"], second["endpoints"]) == ("nxdomain", [])


def test_one_handshake_settles_itself_only() -> None:
    """Its version and suite are known; every other question was not asked, so it is null and never false."""
    tls = with_endpoint()["tls"]
    assert tls["negotiated"] == {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "group": None}
    assert len(tls["versions"]) == 6
    assert {version for version, accepted in tls["versions"].items() if accepted is not None} == {"TLSv1.3"}
    assert tls["versions"]["TLSv1.3"] is True
    assert len(tls["weaknesses"]) == 12
    assert set(tls["weaknesses"].values()) == {None}
    assert tls["ciphers"] == {"TLSv1.3": ["TLS_AES_256_GCM_SHA384"]}
    assert (tls["nist"], tls["ciphers_complete"], tls["post_quantum"]) == (True, False, None)


@pytest.mark.parametrize(
    ("suite", "weaknesses", "dhe"),
    [
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", set(), None),
        ("TLS_DHE_RSA_WITH_AES_128_CBC_SHA", set(), True),
        ("TLS_RSA_WITH_AES_128_GCM_SHA256", {"static-rsa"}, None),
        ("TLS_RSA_WITH_NULL_SHA", {"static-rsa", "null"}, None),
        ("TLS_DH_anon_WITH_3DES_EDE_CBC_SHA", {"anonymous", "3des"}, None),
        ("TLS_ECDHE_RSA_WITH_RC4_128_SHA", {"rc4"}, None),
        ("TLS_RSA_EXPORT_WITH_RC4_40_MD5", {"static-rsa", "export", "rc4"}, None),
    ],
)
def test_what_the_chosen_suite_gives_away(suite: str, weaknesses: set[str], dhe: bool | None) -> None:
    """A weakness of the suite that was taken is a fact; that another one wasn't taken says nothing."""
    handshake = Handshake(version="TLSv1.2", suite=suite, nist=True, certificate=LEAF, chain=LEAF)
    tls = with_endpoint(tls=TlsFacts(nist=Seen(handshake)))["tls"]
    assert {weakness for weakness, shown in tls["weaknesses"].items() if shown} == weaknesses
    assert False not in tls["weaknesses"].values()
    assert tls["dhe"] is dhe


@pytest.mark.parametrize(
    ("ehlo", "offered"),
    [
        pytest.param(Seen(LIST), True, id="listed"),
        pytest.param(Seen(PLAIN_LIST), False, id="not listed"),
        pytest.param(Seen(Ehlo(verb="HELO", reply=said(250, "mx1"))), False, id="HELO has no list"),
        pytest.param(Seen(Ehlo(verb="EHLO", reply=said(550, "no"))), None, id="EHLO refused"),
        pytest.param(Failed(FailureKind.TIMEOUT), None, id="no answer"),
        pytest.param(NotTried(Reason.NOT_REACHED), None, id="not reached"),
    ],
)
def test_whether_starttls_is_offered(ehlo: Observation[Ehlo], offered: bool | None) -> None:
    """Null unless the server answered EHLO or HELO, whatever comes after."""
    assert with_endpoint(smtp=replace(WELL, ehlo=ehlo))["starttls"] is offered


@pytest.mark.parametrize(
    ("changes", "ending"),
    [
        pytest.param({}, ("tls", "ehlo-tls"), id="well"),
        pytest.param(
            {"smtp": SmtpFacts(connect=Failed(FailureKind.REFUSED)), "tls": TlsFacts()}, ("refused", "connect")
        ),
        pytest.param(
            {"smtp": replace(WELL, ehlo=Seen(PLAIN_LIST), starttls=Absent()), "tls": TlsFacts()},
            ("no-starttls", "ehlo"),
        ),
        pytest.param(
            {"not_tried": NotTried(Reason.NO_ADDRESS_FAMILY), "smtp": SmtpFacts(), "tls": TlsFacts()},
            ("no-address-family", None),
        ),
        pytest.param({"smtp": SmtpFacts(), "tls": TlsFacts()}, (None, None), id="its turn has not come"),
    ],
)  # fmt: skip
def test_how_an_address_ended(changes: dict[str, Any], ending: tuple[str | None, str | None]) -> None:
    """Outcome and stage; without a handshake there are neither TLS nor certificates."""
    section = with_endpoint(**changes)
    assert (section["outcome"], section["stage"]) == ending
    assert (section["tls"] is None) == (ending[0] != "tls")


def test_reused_facts_say_of_when_they_are() -> None:
    """The age of what was seen for an earlier scan."""
    assert with_endpoint(reused=NOW - timedelta(minutes=5))["reused"] == "2026-11-24T11:55:00Z"


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "status"),
    [
        (found("192.0.2.1"), found(), "ok"),
        (found(), found("2001:db8::1"), "ok"),
        (found("192.0.2.1"), SERVFAIL, "ok"),
        (found(), found(), "none"),
        (NO_SUCH_NAME, NO_SUCH_NAME, "nxdomain"),
        (found(), SERVFAIL, "failed"),
        (SERVFAIL, SERVFAIL, "failed"),
        (PENDING, found(), None),
        (PENDING, PENDING, None),
    ],
)
def test_address_status(ipv4: Observation[Any], ipv6: Observation[Any], status: str | None) -> None:
    """A look-up that failed is never "no address", and neither is one whose turn has not come."""
    host = HostAddresses(host=MX1, preference=10, ipv4=ipv4, ipv6=ipv6)
    assert document(replace(FACTS, mx=replace(FACTS.mx, hosts=(host,))))["servers"][0]["address_status"] == status


def test_aliases_and_security_of_a_host() -> None:
    """The CNAMEs that were followed, and what DNSSEC says of the weaker answer."""

    def section(ipv4: Observation[Any], ipv6: Observation[Any]) -> Any:
        host = HostAddresses(host=MX1, preference=10, ipv4=ipv4, ipv6=ipv6)
        return document(replace(FACTS, mx=replace(FACTS.mx, hosts=(host,))))["servers"][0]

    aliased = found("192.0.2.1", aliases=(DomainName("real.example"),), security="secure")
    assert section(aliased, found(security="secure"))["cname"] == ["real.example"]
    assert section(aliased, found(security="secure"))["dnssec"]["address"] == "secure"
    assert section(aliased, found("2001:db8::1", security="insecure"))["dnssec"]["address"] == "insecure"
    assert section(SERVFAIL, SERVFAIL)["cname"] is None


def test_the_tick_list_is_the_verdicts() -> None:
    """Written down as it is; a server without one, or a report without a verdict, has nothing told."""
    first, second = document()["servers"]
    assert (first["conditions"]["works"], first["conditions"]["starttls"]) == (True, False)
    assert first["not_reached"] == ["tls-1.2", "in-dates", "name-matches", "trusted"]
    for server in (second, document(FACTS, None)["servers"][0]):
        assert (set(server["conditions"].values()), server["not_reached"]) == ({None}, [])


def test_a_host_whose_turn_has_not_come() -> None:
    """Every MX host has its section at once, with nothing known."""
    report = document(replace(FACTS, state="running", servers=()), None)
    assert [server["host"] for server in report["servers"]] == ["mx1.a.example", "mx2.a.example"]
    assert [server["endpoints"] for server in report["servers"]] == [[], []]
