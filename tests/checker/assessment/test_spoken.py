"""The words that senders' software prints for the steps that fail: whose, when, and with which placeholders filled."""

from collections.abc import Mapping

import pytest

from checker.assessment.delivery import simulate
from checker.assessment.judged import Delivery, Message
from checker.assessment.states import judge_servers
from checker.dane.facts import DaneFacts
from checker.facts import DomainFacts, EndpointFacts
from checker.observation import Failed, FailureKind
from checker.sender_words import all_words, known_texts
from tests.dane_builders import (
    NOBODYS,
    answered,
    bogus_mx,
    leaf_of,
    own_issuer,
    own_key,
    records,
    signed_domain,
    with_dane,
)
from tests.fact_builders import NOW, dead, expired, handshake_failing, reply, server, talking, without_starttls, working
from tests.policy_builders import promising, served, without_promise

HOST, OTHER = "mx.d.test", "mx2.d.test"
A, B = "192.52.193.1", "192.52.193.2"
SERVFAIL = Failed(FailureKind.SERVFAIL, "SERVFAIL.")


def pinned(dane: DaneFacts, endpoint: EndpointFacts | None = None, **leaf: object) -> DomainFacts:
    facts = signed_domain(with_dane(HOST, dane, endpoint or working(A)), certificates=[leaf_of(HOST, **leaf)])
    return without_promise(facts)


def enforced(endpoint: EndpointFacts, **leaf: object) -> DomainFacts:
    return promising(signed_domain(server(HOST, endpoint), certificates=[leaf_of(HOST, **leaf)]), HOST)


def delivery(facts: DomainFacts, sender: str, variant: str | None = None) -> Delivery:
    found = {(one.sender, one.variant): one for one in simulate(judge_servers(facts, NOW))}
    return found[sender, variant]


def said(facts: DomainFacts, sender: str, variant: str | None = None) -> Mapping[str, str]:
    """The first text of each software."""
    texts: dict[str, str] = {}
    for message in delivery(facts, sender, variant).messages:
        texts.setdefault(message.software, message.text)
    return texts


def anonymous(address: str) -> EndpointFacts:
    """It shakes hands with a suite that needs no certificate."""
    return working(address, leaf=None, version="TLSv1.2")


NO_NAME = "Host or domain name not found. Name service error for name="
NOT_OFFERED = f"TLS is required, but was not offered by host {HOST}[{A}]"
EXO_CERTIFICATE = "Remote certificate failed MTA-STS validation. Reason: <validityStatus>"
UNLISTED = promising(signed_domain(server(HOST, working(A)), certificates=[leaf_of(HOST)]), "other.test")

# what fails, for whom: some of the texts that must be there, by software
CASES: list[tuple[str, DomainFacts, str, Mapping[str, str]]] = [
    ("no STARTTLS", enforced(without_starttls(A)), "mandatory-tls", {
        "Postfix": NOT_OFFERED,
        "Exim": "a TLS session is required, but the server did not offer TLS support",
        "KumoMTA": f"tls policy is Required but STARTTLS is not advertised by {A}:25",
        "SendGrid": "TLS required but not supported",
    }),
    ("no STARTTLS under an enforced policy", enforced(without_starttls(A)), "mta-sts", {"Postfix": NOT_OFFERED}),
    ("no STARTTLS under DANE", pinned(records(own_key(HOST)), without_starttls(A)), "dane-mta-sts", {
        "Exchange Online": "starttls-not-supported: Destination mail server must support TLS to receive mail",
        "Postfix": NOT_OFFERED,
    }),
    ("STARTTLS is refused", enforced(talking(A, starttls=reply(454, "not now"))), "mandatory-tls", {
        "Postfix": f"TLS is required, but host {HOST}[{A}] refused to start TLS: 454 not now",
    }),
    ("the handshake fails", enforced(handshake_failing(A)), "mta-sts", {
        "Postfix": "Cannot start TLS: handshake failure",
        "Forward Email": "TLS is required due to MTA-STS policy (<reason>)",
    }),
    ("the handshake ends in a reset", enforced(handshake_failing(A, FailureKind.RESET)), "mta-sts", {
        "Gmail": "TLS Negotiation failed: FAILED_PRECONDITION: starttls error(104): Connection reset by peer",
    }),
    ("the certificate is nobody's", enforced(working(A), trusted=False), "mta-sts", {
        "Exchange Online": EXO_CERTIFICATE, "Postfix": "Server certificate not verified",
    }),
    ("the policy does not list it", UNLISTED, "mta-sts", {
        "Exchange Online": "MX hosts of d.test failed MTA-STS validation",
        "Postfix 3.11 log": f"warning: MX name '{HOST}' does not match STS MX pattern for 'd.test'",
        "Stalwart": f"MTA-STS failed to authenticate 'd.test': MX \"{HOST}\" not authorized by policy.",
        "mox": f"mx host {HOST} does not match enforced mta-sts policy with hosts other.test",
    }),
    ("no policy can be read", promising(signed_domain(server(HOST, working(A)), certificates=[leaf_of(HOST)]),
                                        host=served("")), "mta-sts", {"mox": "mtasts: policy syntax error"}),
    ("no TLSA record holds", pinned(records(NOBODYS)), "dane", {
        "Exchange Online": "tlsa-invalid: The domain failed DANE validation",
        "Postfix": "Server certificate not verified",
        "Exim": f"DANE attempt failed; TLS connection to {HOST} [{A}]: <reason>",
        "mox": "dane: no match between certificate and tlsa records",
    }),
    ("the TLSA look-up fails", pinned(answered(SERVFAIL)), "dane", {
        "Exchange Online": "dnssec-invalid: Destination domain returned invalid DNSSEC records",
        "Postfix": f"TLSA lookup error for {HOST}:25",
        "Exim": "DANE error: tlsa lookup DEFER",
        "KumoMTA": f"DANE TLSA lookup for {HOST} could not be securely resolved: ...",
    }),
    ("the certificate of a pinned issuer is for another", pinned(records(own_issuer(OTHER))), "dane", {}),
    ("a bogus MX answer", bogus_mx(Failed(FailureKind.BOGUS, "Bogus.")), "dane", {
        "Exchange Online": "dnssec-invalid: Destination domain returned invalid DNSSEC records",
        "Postfix": f"{NO_NAME}d.test type=MX: Host not found, try again",
    }),
    ("a bogus MX answer, and MTA-STS", bogus_mx(Failed(FailureKind.BOGUS, "Bogus.")), "mta-sts", {
        "Exchange Online": "DNS query failed",
    }),
    ("refused", enforced(dead(A)), "mta-sts", {
        "Exchange Online": "Connection refused [Message=Socket error code 10061]",
        "Postfix": f"connect to {HOST}[{A}]:25: Connection refused",
    }),
    ("turned away at the greeting", enforced(talking(A, greeting=reply(554, "No."))), "opportunistic", {
        "Postfix": f"host {HOST}[{A}] refused to talk to me: 554 No.",
    }),
    ("no address", signed_domain(server(HOST)), "opportunistic", {
        "Postfix": f"{NO_NAME}{HOST} type=A: Host found but no data record of requested type",
    }),
    ("its addresses can't be looked up", signed_domain(server(HOST, ipv4=SERVFAIL, ipv6=SERVFAIL)), "opportunistic", {
        "Postfix": f"{NO_NAME}{HOST} type=A: Host not found, try again",
    }),
    ("it shows no certificate", enforced(anonymous(A)), "mta-sts", {"Postfix": "Cannot start TLS: handshake failure"}),
    ("it shows no certificate, and DANE asks for one", pinned(records(own_key(HOST)), anonymous(A)), "dane", {
        "Postfix": "Cannot start TLS: handshake failure",
    }),
    ("all is well", enforced(working(A)), "mta-sts", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "facts", "sender", "texts"), CASES, ids=[case[0] for case in CASES])
def test_what_is_printed(name: str, facts: DomainFacts, sender: str, texts: Mapping[str, str]) -> None:
    """Each text in its software's own words, with server, address and domain filled in."""
    found = said(facts, sender)
    assert {software: found.get(software) for software in texts} == texts, name


def test_where_nothing_fails_nothing_is_printed() -> None:
    """Nor where a failure has no known words, as a sender with forced TLS."""
    assert all(not one.messages for one in simulate(judge_servers(enforced(working(A)), NOW)))
    assert not delivery(enforced(dead(A)), "forced-tls").messages


def test_an_opportunistic_sender_has_no_words_of_those_that_insist() -> None:
    """Its mail goes out in clear text, and it prints nothing."""
    assert not delivery(enforced(without_starttls(A)), "opportunistic").messages


def test_the_words_for_dane_are_not_those_for_a_policy() -> None:
    """Exchange Online names MTA-STS only where a policy is what fails."""
    by_policy = said(promising(pinned(records(), trusted=False), HOST), "dane-mta-sts")
    by_dane = said(promising(pinned(records(NOBODYS)), HOST), "dane-mta-sts")
    assert by_policy["Exchange Online"] == EXO_CERTIFICATE
    assert by_dane["Exchange Online"].startswith("tlsa-invalid")


def test_software_that_differs_speaks_for_itself_alone() -> None:
    """The row of mox has only mox's words."""
    facts = promising(pinned(records(own_key(HOST))), "other.test")
    assert {message.software for message in delivery(facts, "dane-mta-sts", "mox").messages} == {"mox"}
    assert {message.software for message in delivery(facts, "dane-mta-sts", "Stalwart").messages} == {"Stalwart"}


def test_who_delivers_by_dane_prints_nothing_of_the_policy() -> None:
    """Exchange Online obeys both: where DANE passes, the row of those that know the policy alone lacks its words."""
    saved = promising(pinned(records(own_key(HOST)), trusted=False), HOST)
    unsaved = promising(pinned(records(), trusted=False), HOST)
    assert {"Exchange Online", "Postfix"} & set(said(saved, "mta-sts")) == {"Postfix"}
    assert {"Exchange Online", "Postfix"} <= set(said(unsaved, "mta-sts"))


def test_each_text_comes_once_with_its_source() -> None:
    """Two servers that fail alike make no second line of the same software."""
    servers = [server(HOST, working(A, "x")), server(OTHER, working(B, "x"), preference=20)]
    facts = promising(signed_domain(*servers, certificates=[expired(HOST, OTHER, sha256="x")]), HOST, OTHER)
    found = delivery(facts, "mta-sts").messages
    texts = [(message.software, message.text) for message in found]
    assert len(texts) == len(set(texts)) > 3
    assert all(message.source for message in found)


def test_texts_are_told_with_the_code_that_goes_with_them() -> None:
    """The one for the queue and the one for the bounce, as its maker lists them."""
    messages = delivery(enforced(working(A), trusted=False), "mta-sts").messages
    found = next(message for message in messages if message.software == "Exchange Online")
    assert found == Message(
        software="Exchange Online", text=EXO_CERTIFICATE, source="sisimai/p5-sisimai#550", code="4.7.5 / 5.7.5"
    )


def test_known_texts_without_a_sender_are_those_that_no_step_leads_to() -> None:
    """Reports, other sides' logs and rules of the sender's own are recognised, and not foretold."""
    spoken = {(words.software, words.source) for words in all_words()}
    silent = {known.software for known in known_texts() if (known.software, known.source) not in spoken}
    assert silent == {
        *("Gmail ('Send mail as')", "Gmail/Google TLS report", "Microsoft TLS report", "SparkPost/Momentum TLS report"),
        *("Postfix (dane-only)", "Postfix log", "Postfix 3.11", "Trend Micro DDEI", "receiver side (Go MTAs)"),
    }
