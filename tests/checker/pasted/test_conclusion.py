"""Is what was pasted still so: each failure there, gone and not to be told; and what is the sender's own."""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest

from checker.names import DomainName
from checker.pasted.conclusion import conclude
from checker.pasted.evidence import Place, look
from checker.pasted.known import Sight, entries
from checker.pasted.match import Match, parse_match
from checker.report.document import Report
from tests import report_parts as make
from tests.report_examples import EXAMPLES
from tests.report_parts import LEAF

HOST, OTHER = "mx1.good.example", "mx2.good.example"
ADDRESS = "192.0.2.25"

type Change = Callable[[dict[str, Any]], None]


def report(*servers: dict[str, Any], **changes: Any) -> Any:
    """A domain whose servers are all well, with TLSA records that match and a policy that lists them."""
    whole: Any = make.report("good.example", make.verdict("enforced", 100, "A+", "All well."), servers=list(servers))
    hosts = [server["host"] for server in servers]
    whole["mx"] |= {"dnssec": "secure", "hosts": hosts}
    whole["mta_sts"]["record"]["status"] = "valid"
    whole["mta_sts"]["policy"] |= {"status": "valid", "mode": "enforce"}
    whole["mta_sts"] |= {"covered": hosts, "uncovered": []}
    whole["certificates"] = {LEAF: make.certificate(*hosts or [HOST])}
    whole["deliveries"] = []
    return whole | changes


def well(host: str = HOST, address: str = ADDRESS, **changes: Any) -> dict[str, Any]:
    """A server that is well, with DANE."""
    return make.server(
        host, make.endpoint(address, host, dane={"status": "valid", "matched": "3 1 1"}), **signed(**changes)
    )


def signed(**changes: Any) -> dict[str, Any]:
    there = {"status": "usable", "base_domain": None, "ttl": 300, "records": []}
    return {"dnssec": {"address": "secure", "tlsa": "secure"}, "tlsa": there} | changes


def stopping(outcome: str, stage: str | None) -> dict[str, Any]:
    return make.server(HOST, make.stopped(ADDRESS, outcome, stage), **signed())


def with_leaf(**changes: Any) -> Any:
    whole = report(well())
    whole["certificates"][LEAF] |= changes
    return whole


def with_policy(
    record: str | None, policy: str | None, mode: str | None = None, uncovered: list[str] | None = None
) -> Any:
    whole = report(well())
    whole["mta_sts"]["record"]["status"] = record
    whole["mta_sts"]["policy"] |= {"status": policy, "mode": mode}
    whole["mta_sts"]["uncovered"] = uncovered
    return whole


def with_mx(**changes: Any) -> Any:
    whole = report(well())
    whole["mx"] |= changes
    return whole


def with_dane(endpoint: str | None, server: str | None = "usable", **changes: Any) -> Any:
    tlsa = {"status": server, "base_domain": None, "ttl": None, "records": []}
    dane = {"status": endpoint, "matched": None}
    return report(make.server(HOST, make.endpoint(ADDRESS, HOST, dane=dane), **signed(tlsa=tlsa, **changes)))


def blocked() -> Any:
    whole = report(stopping("timeout", "connect"))
    whole["vantage"]["smtp"] = "blocked"
    return whole


CASES: list[tuple[Sight, Any, bool | None]] = [
    ("connection", report(well()), False),
    ("connection", report(stopping("refused", "connect")), True),
    ("connection", report(stopping("timeout", "greeting")), True),
    ("connection", report(stopping("no-starttls", "ehlo")), False),
    ("connection", report(stopping("not-tried", None)), None),
    ("connection", report(stopping("no-address-family", None)), None),
    ("connection", blocked(), None),
    ("connection", report(well(address_status="none", endpoints=[])), True),
    ("connection", report(well(address_status="failed", endpoints=[])), None),
    ("dns", report(well()), False),
    ("dns", with_mx(status="failed"), True),
    ("dns", with_mx(status="nxdomain"), True),
    ("dns", with_mx(status=None), None),
    ("dns", report(well(address_status="failed", endpoints=[])), True),
    ("no-mail", report(well()), False),
    ("no-mail", with_mx(status="nxdomain"), True),
    ("no-mail", with_mx(status="null-mx"), True),
    ("no-mail", with_mx(status="failed"), None),
    ("dnssec", report(well()), False),
    ("dnssec", with_mx(dnssec="bogus"), True),
    ("dnssec", with_mx(dnssec=None), None),
    ("dnssec", with_dane("failed", "failed"), True),
    ("dnssec", with_dane("absent", "absent", dnssec={"address": "bogus", "tlsa": None}), True),
    ("dnssec", with_dane(None, None), None),
    ("starttls", report(well()), False),
    ("starttls", report(stopping("no-starttls", "ehlo")), True),
    ("starttls", report(stopping("starttls-refused", "starttls")), True),
    ("starttls", report(stopping("handshake-failed", "handshake")), False),
    ("starttls", report(stopping("refused", "connect")), None),
    ("handshake", report(well()), False),
    ("handshake", report(stopping("handshake-failed", "handshake")), True),
    ("handshake", report(stopping("reset", "handshake")), True),
    ("handshake", report(stopping("no-starttls", "ehlo")), None),
    ("handshake", report(well(endpoints=[make.endpoint(ADDRESS, HOST, tls=make.tls("TLSv1.1"))])), True),
    ("trust", report(well()), False),
    ("trust", with_leaf(trusted=False), True),
    ("trust", with_leaf(trusted=None), None),
    ("trust", report(stopping("no-starttls", "ehlo")), None),
    ("dates", with_leaf(in_dates=False), True),
    ("dates", with_leaf(in_dates=True), False),
    ("name", with_leaf(name_match={HOST: False}), True),
    ("name", with_leaf(name_match={}), None),
    ("name", report(well()), False),
    ("listing", report(well()), False),
    ("listing", with_policy("valid", "valid", "enforce", [HOST]), True),
    ("listing", with_policy("valid", "valid", "enforce", [OTHER]), False),
    ("listing", with_policy("valid", "valid", "testing", [HOST]), False),
    ("listing", with_policy("absent", "absent"), False),
    ("listing", with_policy(None, None), None),
    ("policy", report(well()), False),
    ("policy", with_policy("valid", "unfetchable"), True),
    ("policy", with_policy("valid", "invalid"), True),
    ("policy", with_policy("invalid", "not-tried"), True),
    ("policy", with_policy("absent", "absent"), False),
    ("policy", with_policy(None, "not-tried"), None),
    ("tlsa", report(well()), False),
    ("tlsa", with_dane("invalid"), True),
    ("tlsa", with_dane("absent", "absent"), False),
    ("tlsa", with_dane(None, None), None),
    ("tlsa", with_dane("failed", "failed"), None),
    ("no-dane", report(well()), False),
    ("no-dane", with_dane("absent", "absent"), True),
    ("no-dane", with_dane("insecure", "insecure"), True),
    ("no-dane", with_dane(None, None), None),
]


@pytest.mark.parametrize(("sight", "of", "want"), CASES)
def test_a_failure_is_there_or_gone_or_not_to_be_told(sight: Sight, of: Any, want: bool | None) -> None:
    """What is null in a report is neither."""
    (server,) = of["servers"]
    evidence = look(sight, of, (Place(server, tuple(server["endpoints"])),))
    assert evidence.is_there is want
    assert evidence.why
    assert evidence.why.endswith(".") is (want is True)


def test_each_failure_is_tried_both_ways() -> None:
    """And not to be told, a third."""
    tried = {(sight, want) for sight, _, want in CASES}
    sights = {sight for entry in entries().values() for sight in entry.sights}
    assert {sight for sight, _ in tried} == sights
    assert all({(sight, True), (sight, False)} <= tried for sight in sights)


def match(key: str | None = None, server: str | None = HOST, address: str | None = None, **more: Any) -> Match:
    name = DomainName(server) if server else None
    return Match(key=key, server=name, address=ip_address(address) if address else None, **more)


def expired() -> Any:
    return with_leaf(in_dates=False)


def two(**other: Any) -> Any:
    """The second server does not start TLS."""
    return report(well(), make.server(OTHER, make.stopped("192.0.2.26", "no-starttls", "ehlo"), **signed()), **other)


def without_servers(status: str) -> Any:
    whole = report()
    whole["mx"]["status"] = status
    return whole


def delivering(action: str) -> Any:
    whole = expired()
    outcome = "authenticated" if action == "deliver" else "deferred"
    kinds = ("verified-tls", "mta-sts", "mta-sts-cached", "dane", "dane-mta-sts")
    whole["deliveries"] = [make.delivery(kind, outcome, make.step(action, "It says so.", HOST)) for kind in kinds]
    return whole


@pytest.mark.parametrize(
    ("pasted", "of", "state", "says"),
    [
        (match("postfix-not-verified"), expired(), "reproduced", "has expired"),
        (match("postfix-not-verified"), report(well()), "no-longer", "its certificate is trusted|from an authority"),
        (match("postfix-not-verified"), delivering("fail"), "reproduced", "has expired"),
        (match("postfix-not-verified"), delivering("deliver"), "no-longer", "delivers all the same"),
        (
            match("postfix-not-verified", result_type="certificate-host-mismatch"),
            expired(),
            "no-longer",
            "for its name",
        ),
        (
            match("postfix-not-verified", "old-mx.good.example"),
            report(well()),
            "not-here",
            "not a mail server of",
        ),
        (match("postfix-not-verified", "old-mx.good.example"), with_mx(hosts=None), "unknown|no-longer", ""),
        (match("postfix-no-starttls"), two(), "no-longer", "it starts TLS"),
        (match("postfix-no-starttls", OTHER), two(), "reproduced", OTHER),
        (match("postfix-no-starttls", None), two(), "reproduced", OTHER),
        (match("postfix-no-starttls", None, ADDRESS), two(), "no-longer", "it starts TLS"),
        (match("postfix-no-starttls", "alias.example"), report(well(cname=["alias.example"])), "no-longer", ""),
        (match("postfix-no-starttls", HOST, "192.0.2.99"), report(well()), "no-longer", "192.0.2.99 is not among"),
        (match("postfix-no-starttls"), without_servers("null-mx"), "unknown", "names no mail server now"),
        (match("exchange-dns"), without_servers("nxdomain"), "reproduced", "DNS gives no answer about good.example"),
        (match("exchange-dns"), without_servers("failed"), "reproduced", "DNS gives no answer about good.example"),
        (match("exchange-tlsa"), without_servers("failed"), "unknown", "whether a TLSA record"),
        (match("postfix-own-policy"), expired(), "not-here", "sender’s own settings"),
        (match("postfix-requiretls", "x.example"), expired(), "not-here", "sender’s own settings"),
        (match("go-handshake-eof"), report(well()), "unknown", "doesn’t test"),
        (match("exchange-tlsa"), with_dane("invalid"), "reproduced", "No TLSA record matches"),
        (match("exchange-tlsa"), with_dane(None, None), "unknown", "could not tell whether a TLSA record"),
        (match("exchange-dnssec"), with_mx(dnssec=None), "unknown", "a resolver that checks DNSSEC"),
        (match("exchange-expired"), with_leaf(in_dates=None), "unknown", "As far as we could see, no TLSA record"),
        (match("exchange-tlsa"), report(well(), state="running", verdict=None), "unknown", "still runs"),
        (match(status_code="4.7.4"), report(stopping("no-starttls", "ehlo")), "reproduced", "does not start TLS"),
        (match("gmail-handshake"), expired(), "no-longer", "TLS comes about"),
        (match("gmail-handshake", way=1, result_type="validation-failure"), expired(), "reproduced", "has expired"),
        (
            match("exchange-dns", result_type="dnssec-invalid"),
            without_servers("failed"),
            "reproduced",
            "gives no answer",
        ),
        (
            match("gmail-send-as", result_type="certificate-host-mismatch"),
            with_leaf(trusted=False),
            "reproduced",
            "No authority",
        ),
        (
            match("exchange-connector", result_type="starttls-not-supported"),
            report(stopping("handshake-failed", "handshake")),
            "reproduced",
            "breaks off",
        ),
        (match("exim-no-tls"), report(stopping("handshake-failed", "handshake")), "no-longer", "it starts TLS"),
        (match("exim-no-tls", way=1), report(stopping("handshake-failed", "handshake")), "reproduced", "breaks off"),
        (match(status_code="5.1.1"), report(well()), "unknown", "isn’t about the way to the server"),
        (match(status_code="5.7.1"), report(well()), "unknown", "isn’t about the way to the server"),
        (match(status_code="5.0.0"), report(well()), "unknown", "alone doesn’t tell"),
        (match(status_code="4.3.2"), report(well()), "unknown", "alone doesn’t tell"),
        (match(result_type="certificate-expired"), expired(), "reproduced", "has expired"),
        (match(), report(well()), "unknown", "no failure that we know"),
        (
            match("postfix-policy-fetch", None),
            with_policy("valid", "unfetchable"),
            "reproduced",
            "valid MTA-STS policy",
        ),
        (match("exchange-dns", None), without_servers("failed"), "reproduced", "DNS gives no answer"),
        (match("postfix-no-starttls", None), report(), "unknown", "whether it starts TLS"),
    ],
)
def test_a_conclusion(pasted: Match, of: Report, state: str, says: str) -> None:
    """One of four, with the reason."""
    conclusion = conclude(pasted, of)
    assert conclusion.state in state.split("|")
    assert any(part in conclusion.why for part in says.split("|"))
    assert conclusion.why.endswith(".")


def test_a_policy_that_a_sender_still_holds_counts() -> None:
    """The domain has none any more, and who remembers one skips the server all the same."""
    whole = with_policy("absent", "absent")
    skips = make.step("skip", "The policy does not list it, so it is passed over.", HOST)
    whole["deliveries"] = [make.delivery("mta-sts-cached", "deferred", skips)]
    assert conclude(match("exchange-not-listed"), whole).state == "reproduced"


@pytest.mark.parametrize("name", EXAMPLES)
def test_any_report_will_do(name: str) -> None:
    """Every known text, with every report: one of four, and of what is unknown never a no."""
    for key in (*entries(), None):
        for server in (HOST, None):
            conclusion = conclude(match(key, server), EXAMPLES[name])
            assert conclusion.state in ("reproduced", "no-longer", "not-here", "unknown")
            if EXAMPLES[name]["state"] == "running":
                assert conclusion.state in ("unknown", "not-here")


@pytest.mark.parametrize(
    ("parameters", "want"),
    [
        ({"text": "exchange-tlsa"}, match("exchange-tlsa", None)),
        ({"text": "postfix-verification", "way": "3"}, match("postfix-verification", None, way=3)),
        ({"text": "postfix-verification", "way": "5"}, match("postfix-verification", None)),
        ({"text": "unknown", "code": "4.7.5"}, match(None, None, status_code="4.7.5")),
        (
            {"text": "exchange-tlsa", "server": "MX1.Good.Example.", "address": ADDRESS},
            match("exchange-tlsa", address=ADDRESS),
        ),
        ({"text": "unknown", "result": "tlsa-invalid", "other": "x"}, match(None, None, result_type="tlsa-invalid")),
        (
            {"text": "unknown", "server": "call us now", "code": "4.7.5; x", "result": "x", "address": "x"},
            match(None, None),
        ),
        ({"text": "unknown", "server": "a" * 300, "code": "9.9.9"}, match(None, None)),
        ({"text": "<b>"}, None),
        ({"server": HOST}, None),
        ({}, None),
    ],
)
def test_what_an_address_may_say(parameters: dict[str, str], want: Match | None) -> None:
    """Names out of our lists, and checked names and numbers: the rest of it isn't there."""
    assert parse_match(parameters) == want
