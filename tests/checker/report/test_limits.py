"""What nobody asked or could tell is null in the document, and named in ``limits``."""

from dataclasses import replace
from typing import Any

import pytest

from checker.facts import EndpointFacts, ServerFacts
from checker.mx.facts import MxFacts
from checker.network.ports import Answer
from checker.observation import Absent, Failed, FailureKind, Seen
from checker.smtp.facts import SmtpFacts
from checker.tls.facts import TlsFacts
from tests.report_facts import FACTS, GOOD, MX1, WELL, document


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
