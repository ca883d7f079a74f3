"""Limits name what was not seen through no fault of the domain, each reason once, and nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from checker import limits as checker_limits
from checker.facts import EndpointFacts, Limit, ServerFacts
from checker.limits import NAMED
from checker.mta_sts.facts import MtaStsFacts, PolicyVisit, RecordFacts
from checker.mx.facts import HostAddresses, MxFacts
from checker.names import DomainName, IPAddress
from checker.network.ports import Answer
from checker.observation import NOT_REACHED, Absent, Failed, FailureKind, NotTried, Reason, Seen
from checker.smtp.facts import SmtpFacts
from checker.tls.facts import TlsFacts
from checker.tls_rpt.facts import TlsRptFacts

HOST = DomainName("mx.mail.test")
OURS = Failed(FailureKind.DEADLINE, "Time was up.")
THEIRS = Failed(FailureKind.REFUSED, "The server refuses connections.")
RESOLVERS = Failed(FailureKind.SERVFAIL, "No answer.")
NO_REPORTING = TlsRptFacts()
EMPTY: Seen[Answer[IPAddress]] = Seen(Answer(rcode="noerror"))


def limits(mx: MxFacts, servers: Sequence[ServerFacts]) -> tuple[Limit, ...]:
    """Of a scan that saw all about policies that there was to see."""
    return checker_limits.limits(mx, servers, MtaStsFacts(), TlsRptFacts(), None)


def of_promises(tls_rpt: TlsRptFacts = NO_REPORTING, **mta_sts: Any) -> list[tuple[str, str, str]]:
    """Path, code and detail of each limit of what a domain promises."""
    found = checker_limits.limits(MxFacts(), (), MtaStsFacts(**mta_sts), tls_rpt, None)
    return [(limit.path, limit.code, limit.detail) for limit in found]


def endpoint(number: int = 1, **smtp: Any) -> EndpointFacts:
    return EndpointFacts(address=ip_address(f"192.0.2.{number}"), smtp=replace(SmtpFacts(connect=Seen(1)), **smtp))


def with_left_out(answer: Seen[Answer[IPAddress]], count: int) -> Seen[Answer[IPAddress]]:
    return Seen(replace(answer.value, left_out=count))


def of(*endpoints: EndpointFacts) -> list[tuple[str, str]]:
    """Code and detail of each limit of one server."""
    found = limits(MxFacts(), (ServerFacts(host=HOST, endpoints=endpoints),))
    assert {limit.path for limit in found} <= {f"servers.{HOST}"}
    return [(limit.code, limit.detail) for limit in found]


@pytest.mark.parametrize(
    "seen",
    [
        endpoint(connect=THEIRS),
        endpoint(greeting=Failed(FailureKind.TIMEOUT)),
        endpoint(starttls=Absent(), ehlo_tls=NOT_REACHED),
        EndpointFacts(address=ip_address("192.0.2.1")),
    ],
    ids=["refused", "silent", "no STARTTLS", "pending"],
)
def test_what_the_peer_did_is_no_limit(seen: EndpointFacts) -> None:
    assert of(seen) == []


@pytest.mark.parametrize("stage", ["connect", "greeting", "ehlo", "starttls", "ehlo_tls"])
def test_our_failure_at_any_stage_is_one(stage: str) -> None:
    dialogue: dict[str, Any] = {stage: OURS}
    assert of(endpoint(**dialogue)) == [("deadline", "Time was up. Affected: 192.0.2.1.")]


@pytest.mark.parametrize("tls", [TlsFacts(nist=OURS), TlsFacts(nist=Failed(FailureKind.HANDSHAKE), every=OURS)])
def test_our_failure_in_a_handshake_is_one(tls: TlsFacts) -> None:
    assert of(replace(endpoint(), tls=tls)) == [("deadline", "Time was up. Affected: 192.0.2.1.")]


def test_one_reason_is_told_once() -> None:
    """With all addresses that it applies to, or as many as a sentence holds."""
    assert of(endpoint(1, greeting=OURS), endpoint(2, connect=THEIRS), endpoint(3, connect=OURS)) == [
        ("deadline", "Time was up. Affected: 192.0.2.1 and 192.0.2.3.")
    ]
    many = of(*(endpoint(number, connect=OURS) for number in range(1, NAMED + 4)))
    assert len(many) == 1
    assert many[0][1].endswith(", 192.0.2.8 and 3 more.")


def test_a_sentence_that_names_the_address_does_not_name_it_twice() -> None:
    blocked = NotTried(Reason.BLOCKED_ADDRESS, "192.0.2.1 is set aside: documentation.")
    assert of(replace(endpoint(), not_tried=blocked)) == [("blocked-address", blocked.detail)]


def test_addresses_of_one_kind_share_a_limit_though_each_sentence_names_its_own() -> None:
    """The first is told whole, the others are named, and of many only some."""
    numbers = range(1, NAMED + 5)
    kind = [NotTried(Reason.BLOCKED_ADDRESS, f"192.0.2.{n} is set aside: documentation.") for n in numbers]
    [(code, detail)] = of(*(replace(endpoint(n), not_tried=why) for n, why in zip(numbers, kind, strict=True)))
    assert code == "blocked-address"
    assert detail.startswith("192.0.2.1 is set aside: documentation. Affected: 192.0.2.2, 192.0.2.3, ")
    assert detail.endswith(", 192.0.2.9 and 3 more.")


def test_servers_beyond_the_cap_share_a_limit() -> None:
    beyond = NotTried(Reason.BEYOND_CAP, "Too many.")
    servers = [ServerFacts(host=DomainName(f"mx{n}.test"), not_tried=beyond) for n in (1, 2)]
    assert limits(MxFacts(), servers) == (
        Limit(path="servers", code="beyond-cap", detail="Too many. Affected: mx1.test and mx2.test."),
    )


def test_look_ups_that_failed() -> None:
    """A resolver's failure is a limit, told once for both families; a name that doesn't exist is none."""
    assert limits(MxFacts(answer=RESOLVERS, status="failed"), ()) == (
        Limit(path="mx", code="servfail", detail="No answer."),
    )
    failed = HostAddresses(host=HOST, preference=10, ipv4=RESOLVERS, ipv6=RESOLVERS)
    fine = HostAddresses(host=DomainName("mx2.test"), preference=20, ipv4=EMPTY, ipv6=EMPTY)
    mx = MxFacts(status="explicit", hosts=(failed, fine))
    assert limits(mx, [ServerFacts(host=host.host) for host in mx.hosts]) == (
        Limit(path=f"servers.{HOST}", code="servfail", detail="No answer."),
    )


def test_records_that_were_left_out() -> None:
    """The number stands beside what was kept: of the domain's MX records, and of each family of a server."""
    host = HostAddresses(host=HOST, preference=10, ipv4=with_left_out(EMPTY, 7), ipv6=with_left_out(EMPTY, 9))
    mx = MxFacts(answer=Seen(Answer(rcode="noerror", left_out=3900)), status="explicit", hosts=(host,))
    assert [(limit.path, limit.code, limit.detail) for limit in limits(mx, [ServerFacts(host=HOST)])] == [
        (
            "mx",
            "beyond-cap",
            "DNS holds more MX records than a report does; 3900 were left out. Senders try them last.",
        ),
        (f"servers.{HOST}", "beyond-cap", "DNS holds more IPv4 addresses than a report does; 7 were left out."),
        (f"servers.{HOST}", "beyond-cap", "DNS holds more IPv6 addresses than a report does; 9 were left out."),
    ]


def test_records_of_a_policy_that_could_not_be_looked_up() -> None:
    """By the resolver's fault. That the domain's own DNS is bogus is a finding, and no limit."""
    record = RecordFacts(answer=RESOLVERS, status="failed")
    assert of_promises(TlsRptFacts(answer=RESOLVERS, status="failed"), record=record) == [
        ("mta_sts.record", "servfail", "No answer."),
        ("tls_rpt", "servfail", "No answer."),
    ]
    bogus = Failed(FailureKind.BOGUS, "It fails DNSSEC.")
    theirs = RecordFacts(answer=bogus, status="failed")
    assert of_promises(TlsRptFacts(answer=bogus, status="failed"), record=theirs, ipv4=bogus, ipv6=bogus) == []


def test_a_policy_host_that_was_not_seen() -> None:
    """Its addresses, and each of the reasons why one of them told nothing, once."""
    addresses = [ip_address(f"192.0.2.{number}") for number in range(1, 6)]
    beyond = NotTried(Reason.BEYOND_CAP, "Too many.")
    visits = (
        PolicyVisit(address=addresses[0], connect=THEIRS),
        PolicyVisit(address=addresses[1], connect=Seen(1), handshake=OURS),
        PolicyVisit(address=addresses[2], connect=Seen(1), handshake=Seen("TLSv1.3"), response=OURS),
        PolicyVisit(address=addresses[3], not_tried=beyond, connect=beyond),
        PolicyVisit(address=addresses[4]),
    )
    assert of_promises(ipv4=EMPTY, ipv6=RESOLVERS, visits=visits) == [
        ("mta_sts.policy", "servfail", "No answer."),
        ("mta_sts.policy", "deadline", "Time was up. Affected: 192.0.2.2 and 192.0.2.3."),
        ("mta_sts.policy", "beyond-cap", "Too many. Affected: 192.0.2.4."),
    ]


def test_no_policy_of_a_domain_that_does_not_exist_is_no_limit() -> None:
    assert of_promises(not_tried=NotTried(Reason.NOT_ASKED, "There is no such domain.")) == []
    assert of_promises(not_tried=NotTried(Reason.DEADLINE, "No turn.")) == [("mta_sts.policy", "deadline", "No turn.")]


def test_texts_that_were_left_out() -> None:
    texts: Seen[Answer[Any]] = Seen(Answer(rcode="noerror", left_out=4))
    found = of_promises(TlsRptFacts(answer=texts), record=RecordFacts(answer=texts), ipv4=with_left_out(EMPTY, 3))
    assert [(path, code, [word for word in detail.split() if word.isdigit()]) for path, code, detail in found] == [
        ("mta_sts.record", "beyond-cap", ["4"]),
        ("mta_sts.policy", "beyond-cap", ["3"]),
        ("tls_rpt", "beyond-cap", ["4"]),
    ]
