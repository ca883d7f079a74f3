"""Hypothesis strategies for facts: whatever the types allow, likely or not."""

from base64 import b64encode
from dataclasses import fields
from datetime import UTC
from typing import Any

from hypothesis import strategies as st

from checker.caa.facts import CaaFacts
from checker.certificates.facts import CertificateFacts, ChainLink
from checker.dane.facts import Candidate, DaneFacts
from checker.defect import Defect
from checker.dnssec.facts import DnssecFacts, ZoneFacts
from checker.facts import DomainFacts, EndpointFacts, Limit, ServerFacts, Vantage
from checker.mta_sts.facts import MtaStsFacts, Policy, PolicyResponse, PolicyVisit, Record, RecordFacts
from checker.mx.facts import HostAddresses, MxFacts
from checker.names import DomainName
from checker.network.ports import Answer, CaaRecord, MxRecord, TlsaRecord, TxtRecord
from checker.network.zone_signing import DsRecord, Nsec3, ZoneKey, ZoneSigning
from checker.observation import Absent, Failed, FailureKind, NotTried, Reason, Seen
from checker.smtp.facts import Ehlo, Line, Reply, SmtpFacts, StageTimes
from checker.tls.facts import AskedQuestion, Handshake, Inventory, TlsFacts, VersionSuites
from checker.tls.registry import BAD_KINDS, PHASE_OUT_KINDS, VERSIONS
from checker.tls_rpt.facts import Record as ReportingRecord
from checker.tls_rpt.facts import TlsRptFacts

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
suites = words | st.sampled_from(
    ["TLS_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_DH_anon_WITH_RC4_128_MD5"]
)
kinds = st.sampled_from([*BAD_KINDS, *PHASE_OUT_KINDS])
groups = words | st.sampled_from(["x25519", "secp256r1", "sect163k1", "ffdhe2048", "X25519MLKEM768"])
outcomes_of_names = st.sampled_from(["same", "other", "failed", None])
flags = st.sampled_from([True, False, None])
handshakes = st.builds(
    Handshake, version=words, suite=suites, nist=st.booleans(), certificate=some(words), chain=some(words)
)
inventories = st.builds(
    Inventory,
    accepted_versions=tuples(st.sampled_from(VERSIONS)),
    rejected_versions=tuples(st.sampled_from(VERSIONS)),
    suites=tuples(
        st.builds(VersionSuites, version=st.sampled_from(VERSIONS), suites=tuples(suites), is_complete=st.booleans())
    ),
    accepted_kinds=tuples(kinds),
    rejected_kinds=tuples(kinds),
    groups=tuples(groups),
    groups_complete=st.booleans(),
    old_groups=tuples(groups),
    old_groups_complete=st.booleans(),
    post_quantum=flags,
    weak_group=flags,
    preference=st.sampled_from(["server", "client", None]),
    dh_bits=some(counts),
    dh_prime=some(words),
    compression=flags,
    secure_renegotiation=flags,
    extended_master_secret=flags,
    encrypt_then_mac=flags,
    heartbeat=flags,
    unknown_name=outcomes_of_names,
    no_name=outcomes_of_names,
    sha1_signatures=flags,
    large_hello=flags,
    fallback_scsv=flags,
    client_renegotiation=flags,
    plaintext_injection=flags,
    chains=tuples(words),
    asked=tuples(st.builds(AskedQuestion, asks=words, offer=words, answer=words)),
    missing=tuples(words),
    connections=counts,
)
lines = st.builds(Line, at_ms=counts, sender=st.sampled_from(["client", "server", "note"]), line=words)
endpoints = st.builds(
    EndpointFacts,
    address=addresses,
    not_tried=some(not_tried),
    smtp=dialogues,
    tls=st.builds(
        TlsFacts,
        nist=observed(handshakes),
        every=observed(handshakes),
        inventory=some(inventories),
        inventory_reused=some(moments),
    ),
    earlier_try=some(dialogues),
    transcript=tuples(lines),
    connections=counts,
    reused=some(moments),
)


securities = st.sampled_from(["secure", "insecure", "bogus", None])


def answers(records: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(
        Answer,
        rcode=st.sampled_from(["noerror", "nxdomain"]),
        records=tuples(records),
        aliases=tuples(names),
        ttl=some(counts),
        security=securities,
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
octets = st.binary(max_size=20).map(bytes.hex) | st.sampled_from(["ab" * 32, "cd" * 32, "ef" * 64])
tlsa_records = st.builds(TlsaRecord, st.integers(0, 4), st.integers(0, 2), st.integers(0, 3), octets)
latin = st.text(st.characters(max_codepoint=255), max_size=12)
tags = latin | st.sampled_from(["issue", "issuewild", "iodef"])
caa_records = st.builds(CaaRecord, st.integers(0, 255), tags, latin)
dane = st.builds(
    DaneFacts,
    addresses=securities,
    alias=observed(answers(names)),
    candidates=tuples(st.builds(Candidate, base=names, answer=observed(answers(tlsa_records)))),
)
caa = st.builds(CaaFacts, name=names, found_at=some(names), answer=observed(answers(caa_records)))
pems = st.binary(max_size=40).map(
    lambda der: f"-----BEGIN CERTIFICATE-----\n{b64encode(der).decode()}\n-----END CERTIFICATE-----\n"
)
links = st.builds(
    ChainLink,
    sha256=words,
    pem=pems,
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
records = st.builds(TxtRecord, strings=tuples(words), is_cut=st.booleans())
record_statuses = st.sampled_from(["valid", "invalid", "absent", "failed", None])
hosts_or_patterns = st.one_of(names, st.sampled_from(["*.test", "a.test", "*.example.com"]))
policies = st.builds(
    Policy,
    mode=st.sampled_from(["enforce", "testing", "none"]),
    max_age=st.integers(0, 31_557_600),
    mx=tuples(hosts_or_patterns),
    extensions=tuples(st.tuples(words, words)),
)
responses = st.builds(
    PolicyResponse,
    status=st.sampled_from([200, 200, 200, 301, 404]),
    body=words,
    is_cut=st.booleans(),
    content_type=st.sampled_from([None, "text/plain", "text/plain; charset=utf-8", "text/html", ""]),
    content_encoding=some(words),
    cache_control=some(words),
    location=some(words),
)
versions = st.sampled_from(["TLSv1.1", "TLSv1.2", "TLSv1.3"])
visits = st.builds(
    PolicyVisit,
    address=addresses,
    not_tried=some(not_tried),
    connect=observed(counts),
    handshake=observed(versions),
    chain=some(words),
    response=observed(responses),
    duration_ms=counts,
)


txt_answers = observed(answers(records))
nowhere = st.sampled_from([Absent(), Failed(FailureKind.SERVFAIL), Seen(Answer(rcode="noerror"))])


@st.composite
def readings(draw: st.DrawFn) -> MtaStsFacts:
    """A record is there exactly where the status says so; a policy only beside a response."""
    status = draw(record_statuses)
    record = Record(id=draw(words)) if status == "valid" else None
    seen = draw(tuples(visits))
    strict = draw(some(policies)) if any(isinstance(visit.response, Seen) for visit in seen) else None
    return MtaStsFacts(
        record=RecordFacts(answer=draw(txt_answers), status=status, record=record, defects=draw(tuples(defects))),
        ipv4=draw(nowhere),
        ipv6=draw(nowhere),
        visits=seen,
        policy=strict,
        lenient_policy=strict or (draw(some(policies)) if seen else None),
        not_tried=draw(some(not_tried)),
    )


@st.composite
def reportings(draw: st.DrawFn) -> TlsRptFacts:
    """As of the other record."""
    status = draw(record_statuses)
    record = ReportingRecord(rua=("mailto:a@b",), usable_rua=draw(tuples(words))) if status == "valid" else None
    return TlsRptFacts(answer=draw(nowhere), status=status, record=record)


signings = st.builds(
    ZoneSigning,
    zone=names,
    ds=tuples(st.builds(DsRecord, counts, counts, counts, st.booleans())),
    keys=tuples(st.builds(ZoneKey, counts, st.integers(0, 20), some(counts))),
    nsec3=some(st.builds(Nsec3, counts, counts)),
    signed_since=some(moments),
    signed_until=some(moments),
)
zones = st.builds(ZoneFacts, names=tuples(names), signing=observed(signings))
servers = st.builds(
    ServerFacts,
    host=names,
    endpoints=tuples(endpoints),
    not_tried=some(not_tried),
    dane=dane,
    caa=some(caa),
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
    mta_sts=readings(),
    tls_rpt=reportings(),
    servers=tuples(servers),
    policy_host_caa=some(caa),
    certificates=tuples(certificates),
    dnssec=st.builds(DnssecFacts, zones=tuples(zones)),
    limits=tuples(st.builds(Limit, path=words, code=words, detail=words)),
)
