"""The document: what was seen stands in it, and what nobody asked is null and named in ``limits``."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from checker.assessment.conditions import CONDITIONS, UNTOLD, Ticks
from checker.assessment.judged import Delivery, Judged, Step, Threat
from checker.assessment.verdict import Verdict
from checker.certificates.facts import CertificateFacts, ChainLink
from checker.facts import DomainFacts, EndpointFacts, Limit, ServerFacts, Vantage
from checker.finding import Severity, Subject, Who
from checker.mx.facts import HostAddresses, MxFacts
from checker.names import DomainName
from checker.network.ports import Answer, MxRecord
from checker.observation import PENDING, Absent, Failed, FailureKind, NotTried, Observation, Reason, Seen
from checker.report.build import build
from checker.report.document import Report, json_schema
from checker.smtp.facts import Ehlo, Line, Reply, SmtpFacts, StageTimes
from checker.tls.facts import Handshake, TlsFacts
from tests import fact_strategies

VALIDATOR = jsonschema.Draft202012Validator(json_schema())
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DOMAIN, MX1, MX2 = DomainName("a.example"), DomainName("mx1.a.example"), DomainName("mx2.a.example")
LEAF = "a1" * 32


def found(*addresses: str, **changes: Any) -> Seen[Answer[Any]]:
    return Seen(Answer(rcode="noerror", records=tuple(map(ip_address, addresses)), ttl=300, **changes))


NO_SUCH_NAME: Seen[Answer[Any]] = Seen(Answer(rcode="nxdomain"))
SERVFAIL = Failed(FailureKind.SERVFAIL, "The resolver could not tell.")


def said(code: int, *lines: str) -> Reply:
    return Reply(code=code, lines=lines)


LIST = Ehlo(verb="EHLO", reply=said(250, "mx1", "STARTTLS"), keywords=("SIZE 1000", "STARTTLS"))
PLAIN_LIST = Ehlo(verb="EHLO", reply=said(250, "mx1", "SIZE 1000"), keywords=("SIZE 1000",))
WELL = SmtpFacts(
    connect=Seen(31),
    greeting=Seen(said(220, "mx1 ESMTP", "hello")),
    ehlo=Seen(LIST),
    starttls=Seen(said(220, "go ahead")),
    ehlo_tls=Seen(LIST),
    quit=Seen(said(221, "bye")),
    stages_ms=StageTimes(connect=31, greeting=40, ehlo=32, starttls=31, handshake=70, ehlo_tls=33),
)
SHOOK = TlsFacts(
    nist=Seen(Handshake(version="TLSv1.3", suite="TLS_AES_256_GCM_SHA384", nist=True, certificate=LEAF, chain=LEAF))
)
GOOD = EndpointFacts(
    address=ip_address("192.0.2.1"),
    smtp=WELL,
    tls=SHOOK,
    transcript=(Line(at_ms=71, sender="server", line="220 mx1 ESMTP"),),
    connections=1,
)
CERTIFICATE = CertificateFacts(
    sha256=LEAF,
    chain_id=LEAF,
    subject="CN=mx1.a.example",
    names=("mx1.a.example",),
    issuer="CN=Some CA",
    not_before=NOW - timedelta(days=10),
    not_after=NOW + timedelta(days=80),
    key="EC secp256r1",
    signature="ecdsa-with-SHA256",
    trusted=True,
    self_signed=False,
    chain_complete=True,
    error=None,
    chain=(
        ChainLink(sha256=LEAF, pem="PEM", subject="CN=mx1.a.example", issuer="CN=Some CA", not_after=NOW),
        ChainLink(sha256="cc", pem="", subject=None, issuer=None, not_after=None, error="Can't be read."),
    ),
    presented_for=(MX1, MX2),
    matches=(MX1,),
)
FACTS = DomainFacts(
    domain=DOMAIN,
    depth="verdict",
    started_at=NOW,
    duration_ms=1840,
    state="complete",
    vantage=Vantage(name="default", smtp="unknown", ipv4=True, ipv6=False, dnssec=None, helo="probe.example"),
    mx=MxFacts(
        answer=Seen(
            Answer(rcode="noerror", records=(MxRecord(10, MX1), MxRecord(20, MX2)), ttl=600, security="secure")
        ),
        status="explicit",
        hosts=(
            HostAddresses(host=MX1, preference=10, ipv4=found("192.0.2.1"), ipv6=found()),
            HostAddresses(host=MX2, preference=20, ipv4=NO_SUCH_NAME, ipv6=NO_SUCH_NAME),
        ),
    ),
    servers=(ServerFacts(host=MX1, endpoints=(GOOD,)), ServerFacts(host=MX2)),
    certificates=(CERTIFICATE,),
    limits=(Limit(path="servers.mx1.a.example", code="no-address-family", detail="There is no IPv6 here."),),
)
HOST = FACTS.mx.hosts[0].host
TICKS = Ticks({**UNTOLD.met, "works": True, "starttls": False}, CONDITIONS[2:])
VERDICT = Verdict(
    level="degraded",
    provisional=True,
    score=45,
    grade="D-",
    minimally_sufficient=False,
    sts_ready=False,
    mta_sts=None,
    dane=None,
    headline="1 of 2 servers does not work.",
    first_step="Mend it.",
    reach=None,
    findings=(
        Judged(
            code="mx-host-does-not-exist",
            severity=Severity.SERIOUS,
            subject=Subject(host=MX2, address=ip_address("2001:db8::1")),
            params={"host": MX2, "count": 2, "addresses": ["192.0.2.1"]},
            title="It does not exist",
            detail="DNS has no such name.",
            remedy="Correct the MX record.",
            who=Who.DNS,
            reference="RFC 5321 section 5.1",
            group="dns",
            cost=4,
        ),
    ),
    deliveries=(
        Delivery(
            sender="mandatory-tls",
            outcome="deferred",
            steps=(Step(action="fail", why="No.", host=MX1, address=ip_address("192.0.2.1")),),
            status_code="4.4.1",
            final_status_code="5.4.1",
        ),
    ),
    ticks={HOST: TICKS},
    threats=(Threat(code="starttls-stripping", exposed=None, why="Not known."),),
)


def document(facts: DomainFacts = FACTS, verdict: Verdict | None = VERDICT) -> Report:
    report = build(facts, verdict, None)
    VALIDATOR.validate(report)
    return report


def with_endpoint(**changes: Any) -> Any:
    """The section of an endpoint where all went well but for these changes."""
    facts = replace(FACTS, servers=(ServerFacts(host=MX1, endpoints=(replace(GOOD, **changes),)),))
    return document(facts)["servers"][0]["endpoints"][0]


def test_the_frame() -> None:
    """Names, times and versions, as report format 1 spells them."""
    report = build(FACTS, VERDICT, "some-id")
    assert (report["format"], report["id"], report["domain"]) == (1, "some-id", "a.example")
    assert (report["started_at"], report["duration_ms"], report["state"]) == ("2026-11-24T12:00:00Z", 1840, "complete")
    assert report["software"]["name"] == "mailseal"
    assert report["vantage"]["helo"] == "probe.example"
    assert report["mx"] == {
        "status": "explicit",
        "error": None,
        "dnssec": "secure",
        "ttl": 600,
        "hosts": ["mx1.a.example", "mx2.a.example"],
    }


def test_names_for_people() -> None:
    """The domain as its owner writes it stands beside its A-labels."""
    report = document(replace(FACTS, domain=DomainName("xn--bcher-kva.example")))
    assert report["domain_unicode"] == "bücher.example"


def test_the_verdict() -> None:
    """Verdict, findings, deliveries and threats are written down as they were judged."""
    report = document()
    assert report["verdict"] is not None
    assert (report["verdict"]["level"], report["verdict"]["score"]) == ("degraded", 45)
    (finding,) = report["findings"]
    assert (finding["severity"], finding["who"], finding["cost"]) == ("serious", "dns", 4)
    assert finding["subject"] == {"host": "mx2.a.example", "address": "2001:db8::1"}
    assert finding["params"] == {"host": "mx2.a.example", "count": 2, "addresses": ["192.0.2.1"]}
    (delivery,) = report["deliveries"]
    assert (delivery["outcome"], delivery["status_code"], delivery["via"]) == ("deferred", "4.4.1", None)
    assert delivery["steps"] == [{"host": "mx1.a.example", "address": "192.0.2.1", "action": "fail", "why": "No."}]
    assert report["threats"] == [{"code": "starttls-stripping", "exposed": None, "why": "Not known."}]


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


def test_a_certificate() -> None:
    """Judged for each name it was shown under, on the day of the scan, with an unreadable link told as such."""
    certificate = document()["certificates"][LEAF]
    assert (certificate["trusted"], certificate["in_dates"]) == (True, True)
    assert certificate["name_match"] == {"mx1.a.example": True, "mx2.a.example": False}
    assert [link["subject"] for link in certificate["chain"]] == ["CN=mx1.a.example", None]


def test_the_tick_list_is_the_verdicts() -> None:
    """Written down as it is; a server without one, or a report without a verdict, has nothing told."""
    first, second = document()["servers"]
    assert (first["conditions"]["works"], first["conditions"]["starttls"]) == (True, False)
    assert first["not_reached"] == ["tls-1.2", "in-dates", "name-matches", "trusted"]
    for server in (second, document(FACTS, None)["servers"][0]):
        assert (set(server["conditions"].values()), server["not_reached"]) == ({None}, [])


def test_a_leaf_in_several_chains_is_one_entry_with_the_chain_that_is_trusted_least() -> None:
    """Whichever came first; all hosts that showed it are named."""
    bare = replace(
        CERTIFICATE, chain_id="bare", trusted=False, presented_for=(DomainName("mx3.a.example"),), matches=()
    )
    for order in ((CERTIFICATE, bare), (bare, CERTIFICATE)):
        certificates = document(replace(FACTS, certificates=order))["certificates"]
        assert list(certificates) == [LEAF]
        assert certificates[LEAF]["trusted"] is False
        assert set(certificates[LEAF]["name_match"]) == {"mx1.a.example", "mx2.a.example", "mx3.a.example"}


@pytest.mark.parametrize(
    ("begins", "ends", "in_dates"),
    [
        (NOW - timedelta(days=1), NOW + timedelta(days=1), True),
        (NOW, NOW + timedelta(days=1), True),
        (NOW - timedelta(days=1), NOW, True),
        (NOW - timedelta(days=2), NOW - timedelta(seconds=1), False),
        (NOW + timedelta(seconds=1), NOW + timedelta(days=1), False),
        (None, None, None),
    ],
)
def test_dates(begins: datetime | None, ends: datetime | None, in_dates: bool | None) -> None:
    """Both ends count (RFC 5280 section 4.1.2.5); what can't be read has no answer."""
    leaf = replace(CERTIFICATE, not_before=begins, not_after=ends)
    assert document(replace(FACTS, certificates=(leaf,)))["certificates"][LEAF]["in_dates"] is in_dates


def test_what_was_not_asked_is_a_limit() -> None:
    """Sections without a question are null, and each of them is named in ``limits``, beside what the scan met."""
    report = document()
    paths = {limit["path"] for limit in report["limits"]}
    assert {"servers.dnssec", "servers.endpoints.tls", "certificates.revocation"} <= paths
    assert {"path": "servers.mx1.a.example", "code": "no-address-family", "detail": "There is no IPv6 here."} in (
        report["limits"]
    )
    assert report["mta_sts"]["record"]["status"] is report["tls_rpt"]["status"] is None
    assert report["mta_sts"]["record"]["txt"] is report["mta_sts"]["covered"] is None


def test_silence_on_every_server_is_a_limit() -> None:
    """No connection came about, so the port may be blocked here; one that did settles it."""
    silent = EndpointFacts(address=GOOD.address, smtp=SmtpFacts(connect=Failed(FailureKind.TIMEOUT, "No answer.")))
    for others, codes in (((), ["port-25-unknown"]), ((GOOD,), [])):
        server = replace(FACTS.servers[0], endpoints=(silent, *others))
        limits = document(replace(FACTS, servers=(server,)))["limits"]
        assert [limit["code"] for limit in limits if limit["path"] == "servers"] == codes


def test_a_verdict_says_what_only_deep_asks() -> None:
    """Single suites and groups are a deep check's business, and a verdict says so."""
    assert "servers.endpoints.tls" in {limit["path"] for limit in document()["limits"]}
    assert "servers.endpoints.tls" not in {limit["path"] for limit in document(replace(FACTS, depth="deep"))["limits"]}


def test_failed_look_up() -> None:
    """No hosts, and the reason in words."""
    failed = MxFacts(answer=SERVFAIL, status="failed")
    mx = document(replace(FACTS, mx=failed, servers=(), certificates=()))["mx"]
    assert (mx["status"], mx["error"], mx["hosts"]) == ("failed", "The resolver could not tell.", [])


def test_while_it_runs() -> None:
    """No verdict, no findings, and null for what is not yet known: also before DNS has answered."""
    nothing = replace(FACTS, state="running", mx=MxFacts(), servers=(), certificates=(), limits=())
    report = document(nothing, None)
    assert report["verdict"] is None
    assert (report["mx"]["status"], report["mx"]["hosts"]) == (None, None)
    assert not any((report["findings"], report["deliveries"], report["limits"], report["servers"]))


def test_a_host_whose_turn_has_not_come() -> None:
    """Every MX host has its section at once, with nothing known."""
    report = document(replace(FACTS, state="running", servers=()), None)
    assert [server["host"] for server in report["servers"]] == ["mx1.a.example", "mx2.a.example"]
    assert [server["endpoints"] for server in report["servers"]] == [[], []]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(fact_strategies.facts)
def test_any_facts_make_a_report(facts: DomainFacts) -> None:
    """Whatever was observed, the document follows the format, running and finished."""
    document(facts, None)
    document(facts, VERDICT)


def test_what_was_not_asked_is_named_where_it_could_have_been() -> None:
    """A server without TLS leaves DNSSEC and its operator unknown, and there is nothing to ask of its TLS."""
    in_clear = replace(GOOD, smtp=replace(WELL, starttls=Absent()), tls=TlsFacts())
    limits = document(replace(FACTS, servers=(ServerFacts(host=MX1, endpoints=(in_clear,)),)))["limits"]
    paths = {limit["path"] for limit in limits}
    assert {"servers.dnssec", "servers.operator"} <= paths
    assert "servers.endpoints.tls" not in paths


@pytest.mark.parametrize(("security", "paths"), [(None, ["mx.dnssec"]), ("secure", []), ("insecure", [])])
def test_why_nothing_is_known_of_dnssec_where_there_is_no_server(security: Any, paths: list[str]) -> None:
    """Also of a domain that takes no mail the report says why it can't tell."""
    answer = Seen(Answer(rcode="noerror", security=security))
    empty = replace(FACTS, mx=MxFacts(answer=answer, status="null-mx"), servers=(), limits=())
    report = document(empty)
    assert report["mx"]["dnssec"] == security
    assert [limit["path"] for limit in report["limits"] if "dnssec" in limit["path"]] == paths
