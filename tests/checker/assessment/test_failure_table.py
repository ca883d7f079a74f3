"""One failure a row, one kind of sender a column: how the mail ends, with which code, and what is reported (9.4)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from checker.assessment.delivery import simulate
from checker.assessment.judged import Delivery
from checker.assessment.states import judge_servers
from checker.dane.facts import DaneFacts
from checker.facts import DomainFacts, EndpointFacts
from checker.mx.facts import MxFacts
from checker.observation import Failed, FailureKind
from tests.dane_builders import (
    NOBODYS,
    UNUSABLE,
    answered,
    bogus_mx,
    leaf_of,
    own_issuer,
    own_key,
    records,
    signed_domain,
    with_dane,
)
from tests.fact_builders import (
    NO_ADDRESSES,
    NOW,
    dead,
    domain,
    failed,
    handshake_failing,
    reply,
    server,
    talking,
    without_starttls,
    working,
)
from tests.policy_builders import promising, without_promise

HOST = "mx.d.test"
OWN = records(own_key(HOST))
LETTERS = {"plaintext": "P", "encrypted": "E", "authenticated": "A", "deferred": "D", "refused": "R", "unknown": "U"}
COLUMNS = ("opportunistic", "mandatory-tls", "on trial", "enforced", "dane")


def one(
    endpoint: EndpointFacts | None = None, dane: DaneFacts = OWN, listed: str = HOST, **leaf: Any
) -> dict[str, DomainFacts]:
    """A domain with one server, without a policy and with one on trial or enforced."""
    facts = signed_domain(with_dane(HOST, dane, endpoint or working()), certificates=[leaf_of(HOST, **leaf)])
    return of_all(facts, listed)


def of_all(facts: DomainFacts, listed: str = HOST) -> dict[str, DomainFacts]:
    return {
        "none": without_promise(facts),
        "on trial": promising(facts, listed, mode="testing"),
        "enforced": promising(facts, listed),
    }


def without_servers(status: Any) -> dict[str, DomainFacts]:
    return of_all(domain(mx=MxFacts(answer=NO_ADDRESSES, status=status)))


def ends(facts: dict[str, DomainFacts]) -> dict[str, Delivery]:
    """By column."""
    return {
        column: next(
            delivery
            for delivery in simulate(judge_servers(facts[column if column in facts else "none"], NOW))
            if delivery.sender == ("mta-sts" if column in facts else column) and delivery.variant is None
        )
        for column in COLUMNS
    }


TOMORROW, YESTERDAY = NOW + timedelta(days=1), NOW - timedelta(days=1)
NOT_OFFERED, HANDSHAKE = "starttls-not-supported", "validation-failure"
UNLISTED = "validation-failure"  # no type of its own
NO_REPORT = (None, None, None)
SERVFAIL, BOGUS = Failed(FailureKind.SERVFAIL, "SERVFAIL."), Failed(FailureKind.BOGUS, "Bogus.")

# the failure; how it ends in each column; the code of those that wait or refuse; reported on trial, enforced, by DANE
ROWS: list[tuple[str, dict[str, DomainFacts], str, str | None, tuple[str | None, str | None, str | None]]] = [
    ("DNS error for MX", of_all(bogus_mx(SERVFAIL)), "DDDDD", "4.4.3", (None, None, "dnssec-invalid")),
    ("bogus MX", of_all(bogus_mx(BOGUS)), "DDDDD", "4.4.3", (None, None, "dnssec-invalid")),
    ("NXDOMAIN", without_servers("nxdomain"), "RRRRR", "5.1.2", NO_REPORT),
    ("no usable MX", without_servers("none"), "RRRRR", "5.4.4", NO_REPORT),
    ("no server has an address", of_all(signed_domain(server(HOST))), "RRRRR", "5.4.4", NO_REPORT),
    ("null MX", without_servers("null-mx"), "RRRRR", "5.1.10", NO_REPORT),
    ("connection refused", one(dead()), "DDDDD", "4.4.1", NO_REPORT),
    ("connection lost", one(talking(greeting=failed(FailureKind.CLOSED))), "DDDDD", "4.4.2", NO_REPORT),
    ("MX name not in policy", one(listed="x.test"), "EEEDA", "4.7.5", (UNLISTED, UNLISTED, None)),
    ("STARTTLS not offered", one(without_starttls()), "PDPDD", "4.7.4", (NOT_OFFERED, NOT_OFFERED, NOT_OFFERED)),
    ("STARTTLS refused for now", one(talking(starttls=reply(454))), "PDPDD", "4.7.4", (NOT_OFFERED,) * 3),
    ("STARTTLS refused", one(talking(starttls=reply(554))), "PDPDD", "4.7.4", (NOT_OFFERED,) * 3),
    ("handshake failure", one(handshake_failing()), "PDPDD", "4.7.5", (HANDSHAKE,) * 3),
    ("untrusted certificate", one(trusted=False), "EEEDA", "4.7.5", ("certificate-not-trusted",) * 2 + (None,)),
    ("certificate expired", one(not_after=YESTERDAY), "EEEDA", "4.7.5", ("certificate-expired",) * 2 + (None,)),
    ("certificate not yet valid", one(not_before=TOMORROW), "EEEDA", "4.7.5", (HANDSHAKE,) * 2 + (None,)),
    ("name mismatch", one(matches=()), "EEEDA", "4.7.5", ("certificate-host-mismatch",) * 2 + (None,)),
    ("TLSA usable, no match", one(dane=records(NOBODYS)), "EEEAD", "4.7.5", (None, None, "tlsa-invalid")),
    ("TLSA all unusable", one(dane=records(UNUSABLE)), "EEEAE", None, (None, None, "tlsa-invalid")),
    ("TLSA all unusable, no TLS", one(without_starttls(), records(UNUSABLE)), "PDPDD", "4.7.4", (NOT_OFFERED,) * 3),
    ("TLSA look-up error", one(dane=answered(SERVFAIL)), "EEEAD", "4.7.5", (None, None, "dnssec-invalid")),
    ("TLSA bogus", one(dane=answered(BOGUS)), "EEEAD", "4.7.5", (None, None, "dnssec-invalid")),
    ("TLSA not signed", one(dane=records(NOBODYS, security="insecure")), "EEEAE", None, NO_REPORT),
    ("TLSA denied", one(dane=records()), "EEEAE", None, NO_REPORT),
]  # fmt: skip


@pytest.mark.parametrize(("failure", "facts", "want", "code", "reports"), ROWS, ids=[row[0] for row in ROWS])
def test_a_failure(
    failure: str,
    facts: dict[str, DomainFacts],
    want: str,
    code: str | None,
    reports: tuple[str | None, str | None, str | None],
) -> None:
    """Who waits or refuses does so with this code, whose first digit is 5 in the bounce; nobody else has one."""
    given = ends(facts)
    assert "".join(LETTERS[delivery.outcome] for delivery in given.values()) == want, failure
    stopped = [delivery for delivery in given.values() if delivery.outcome in ("deferred", "refused")]
    assert {delivery.status_code for delivery in stopped} == ({code} if stopped else set())
    assert all(d.final_status_code == f"5{code[1:]}" for d in stopped if code)
    assert {d.status_code for d in given.values() if d not in stopped} <= {None}
    assert tuple(given[column].result_type for column in ("on trial", "enforced", "dane")) == reports
    assert given["opportunistic"].result_type is None


# a server whose issuer is pinned (usage 2): the moment, whose certificate it shows, what is reported, in whose words
PINNED_ISSUER = [
    ("in its dates", NOW, HOST, None, None),
    ("expired", NOW + timedelta(days=61), HOST, "certificate-expired", "4.7.322 / 5.7.322"),
    ("not yet valid", NOW - timedelta(days=31), HOST, "validation-failure", "4.7.323 / 5.7.323"),
    ("another's", NOW, "x.test", "certificate-host-mismatch", "4.7.325 / 5.7.325"),
]


@pytest.mark.parametrize(
    ("what", "moment", "shown", "reported", "code"), PINNED_ISSUER, ids=[c[0] for c in PINNED_ISSUER]
)
def test_a_pinned_issuer(what: str, moment: datetime, shown: str, reported: str | None, code: str | None) -> None:
    """Dates and names count here, and Exchange Online has a code for each."""
    facts = signed_domain(
        with_dane(HOST, records(own_issuer(shown)), working()), certificates=[leaf_of(shown, presented_for=(HOST,))]
    )
    deliveries = simulate(judge_servers(without_promise(facts), moment))
    found = next(one for one in deliveries if (one.sender, one.variant) == ("dane", None))
    assert (found.status_code, found.result_type) == ("4.7.5" if reported else None, reported), what
    codes = {message.code for message in found.messages if message.software == "Exchange Online"}
    assert codes == ({code} if code else set())
