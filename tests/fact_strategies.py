"""Hypothesis strategies for facts: whatever the types allow, likely or not."""

from dataclasses import fields
from datetime import UTC
from typing import Any

from hypothesis import strategies as st

from checker.certificates.facts import CertificateFacts, ChainLink
from checker.defect import Defect
from checker.facts import DomainFacts, EndpointFacts, Limit, ServerFacts, Vantage
from checker.mx.facts import HostAddresses, MxFacts
from checker.names import DomainName
from checker.network.ports import Answer, MxRecord
from checker.observation import Absent, Failed, FailureKind, NotTried, Reason, Seen
from checker.smtp.facts import Ehlo, Line, Reply, SmtpFacts, StageTimes
from checker.tls.facts import Handshake, TlsFacts

few: dict[str, Any] = {"max_size": 2}
words = st.text(max_size=12)
names = words.map(DomainName)
moments = st.datetimes(timezones=st.just(UTC))
counts = st.integers(0, 10_000)
addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
not_tried = st.builds(NotTried, st.sampled_from(Reason), words)


def observed(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    failed = st.builds(Failed, st.sampled_from(FailureKind), words)
    return st.one_of(st.builds(Seen, values), st.just(Absent()), failed, not_tried)


def tuples(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, **few).map(tuple)


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


defects = st.builds(Defect, code=words, detail=words, line=counts, column=counts, reference=words)
replies = st.builds(Reply, code=st.integers(0, 999), lines=tuples(words), defects=tuples(defects))
ehlos = st.builds(Ehlo, verb=st.sampled_from(["EHLO", "HELO"]), reply=replies, keywords=tuples(words))
times = st.builds(StageTimes, **{field.name: some(counts) for field in fields(StageTimes)})
dialogues = st.builds(
    SmtpFacts,
    connect=observed(counts),
    greeting=observed(replies),
    ehlo=observed(ehlos),
    starttls=observed(replies),
    ehlo_tls=observed(ehlos),
    quit=observed(replies),
    bytes_after_starttls=counts,
    stages_ms=times,
    tries=counts,
)
handshakes = st.builds(
    Handshake, version=words, suite=words, nist=st.booleans(), certificate=some(words), chain=some(words)
)
lines = st.builds(Line, at_ms=counts, sender=st.sampled_from(["client", "server", "note"]), line=words)
endpoints = st.builds(
    EndpointFacts,
    address=addresses,
    not_tried=some(not_tried),
    smtp=dialogues,
    tls=st.builds(TlsFacts, nist=observed(handshakes), every=observed(handshakes)),
    earlier_try=some(dialogues),
    transcript=tuples(lines),
    connections=counts,
    reused=some(moments),
)


def answers(records: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        Answer,
        rcode=st.sampled_from(["noerror", "nxdomain"]),
        records=tuples(records),
        aliases=tuples(names),
        ttl=some(counts),
        security=st.sampled_from(["secure", "insecure", "bogus", None]),
        left_out=counts,
    )


hosts = st.builds(
    HostAddresses,
    host=names,
    preference=counts,
    ipv4=observed(answers(st.ip_addresses(v=4))),
    ipv6=observed(answers(st.ip_addresses(v=6))),
)
statuses = ["explicit", "implicit", "null-mx", "invalid", "none", "nxdomain", "failed", None]
mx = st.builds(
    MxFacts,
    answer=observed(answers(st.builds(MxRecord, counts, names))),
    status=st.sampled_from(statuses),
    hosts=tuples(hosts),
    own_addresses=some(hosts),
)
links = st.builds(
    ChainLink,
    sha256=words,
    pem=words,
    subject=some(words),
    issuer=some(words),
    not_after=some(moments),
)
certificates = st.builds(
    CertificateFacts,
    sha256=words,
    subject=some(words),
    names=tuples(words),
    issuer=some(words),
    not_before=some(moments),
    not_after=some(moments),
    key=some(words),
    signature=some(words),
    trusted=some(st.booleans()),
    self_signed=some(st.booleans()),
    chain_complete=some(st.booleans()),
    error=some(words),
    chain=tuples(links),
    presented_for=tuples(names),
    matches=tuples(names),
    chain_id=words,
)
vantages = st.builds(
    Vantage,
    name=words,
    smtp=st.sampled_from(["open", "blocked", "unknown"]),
    ipv4=st.booleans(),
    ipv6=st.booleans(),
    dnssec=some(st.booleans()),
    helo=words,
)
facts = st.builds(
    DomainFacts,
    domain=names,
    depth=st.sampled_from(["verdict", "deep"]),
    started_at=moments,
    duration_ms=counts,
    state=st.sampled_from(["running", "complete", "partial"]),
    vantage=vantages,
    mx=mx,
    servers=tuples(st.builds(ServerFacts, host=names, endpoints=tuples(endpoints), not_tried=some(not_tried))),
    certificates=tuples(certificates),
    limits=tuples(st.builds(Limit, path=words, code=words, detail=words)),
)
