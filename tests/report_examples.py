"""Reports of every level and state, as ``report-format`` says: what pages, schema and terminal are tested with.

Built from parts that are well by default, so that each example states only what is wrong with it.
"""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from checker.report.document import Report

NOW = datetime(2026, 11, 23, 16, 14, tzinfo=UTC)
STARTED = NOW - timedelta(minutes=12)
LEAF, OTHER_LEAF = "a1" * 32, "b2" * 32
LONG_LABEL = "averylonglabelthatgoesonandonwithoutanyplacetobreakitatall"


def moment(days: int) -> str:
    """RFC 3339, so many days from now."""
    return (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def transcript(host: str) -> list[dict[str, Any]]:
    """A dialogue that goes well."""
    said = (
        (31, "server", f"220 {host} ESMTP"),
        (31, "client", "EHLO probe.example.net"),
        (63, "server", f"250-{host}"),
        (63, "server", "250-SIZE 52428800"),
        (63, "server", "250 STARTTLS"),
        (63, "client", "STARTTLS"),
        (94, "server", "220 2.0.0 Ready to start TLS"),
        (164, "note", "TLSv1.3 TLS_AES_256_GCM_SHA384"),
        (164, "client", "EHLO probe.example.net"),
        (197, "server", f"250 {host}"),
        (197, "client", "QUIT"),
    )
    return [{"at_ms": at, "from": sender, "line": line} for at, sender, line in said]


def tls(version: str = "TLSv1.3", **changes: Any) -> dict[str, Any]:
    """TLS as one handshake shows it."""
    return {
        "negotiated": {"version": version, "cipher": "TLS_AES_256_GCM_SHA384", "group": None},
        "versions": dict.fromkeys(("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")) | {version: True},
        "ciphers": {version: ["TLS_AES_256_GCM_SHA384"]},
        "ciphers_complete": False,
        "nist": True,
        "groups": [],
        "groups_complete": False,
        "post_quantum": None,
        "preference": None,
        "dhe": None,
        "dh_bits": None,
        "weaknesses": dict.fromkeys(
            (
                "anonymous", "export", "null", "rc4", "3des", "static-rsa", "weak-group", "weak-dh", "compression",
                "insecure-renegotiation", "sha1-signature", "plaintext-injection",
            )
        ),
    } | changes  # fmt: skip


_STAGES = ("connect", "greeting", "ehlo", "starttls", "handshake", "ehlo-tls")
_TIMES = dict(zip(_STAGES, (31, 40, 32, 31, 70, 33), strict=True))


def endpoint(address: str = "192.0.2.25", host: str = "mx1.good.example", **changes: Any) -> dict[str, Any]:
    """An address where all went well."""
    return {
        "address": address,
        "outcome": "tls",
        "stage": "ehlo-tls",
        "detail": None,
        "greeting": f"220 {host} ESMTP",
        "ehlo": ["SIZE 52428800", "STARTTLS"],
        "starttls": True,
        "tls": tls(),
        "certificates": [LEAF],
        "dane": {"status": None, "matched": None},
        "connections": 1,
        "stages_ms": dict(_TIMES),
        "transcript": transcript(host),
        "reused": None,
    } | changes


def stopped(address: str, outcome: str, stage: str | None, **changes: Any) -> dict[str, Any]:
    """An address where it ended at ``stage``."""
    reached = _STAGES.index(stage) if stage else 0
    return (
        endpoint(
            address,
            outcome=outcome,
            stage=stage,
            greeting="220 ready" if reached > 1 else None,
            ehlo=["SIZE 1000"] if reached > 2 else None,
            starttls=(outcome != "no-starttls") if reached > 2 or outcome == "no-starttls" else None,
            tls=None,
            certificates=[],
            stages_ms={name: _TIMES[name] if at < reached else None for at, name in enumerate(_STAGES)},
            transcript=transcript("mx")[: 5 if reached else 0],
        )
        | changes
    )


def server(host: str = "mx1.good.example", *endpoints: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A server with one address where all went well, unless said otherwise."""
    return {
        "host": host,
        "preference": 10,
        "operator": None,
        "address_status": "ok",
        "cname": [],
        "dnssec": {"address": None, "tlsa": None},
        "tlsa": {"status": None, "base_domain": None, "ttl": None, "records": []},
        "endpoints": list(endpoints) or [endpoint(host=host)],
    } | changes


def certificate(*hosts: str, **changes: Any) -> dict[str, Any]:
    """A leaf that every sender would accept."""
    return {
        "subject": f"CN={hosts[0]}",
        "names": list(hosts),
        "issuer": "CN=Example Trust CA R3",
        "not_before": moment(-20),
        "not_after": moment(78),
        "key": "EC secp256r1",
        "signature": "ecdsa-with-SHA256",
        "trusted": True,
        "in_dates": True,
        "self_signed": False,
        "chain_complete": True,
        "error": None,
        "name_match": dict.fromkeys(hosts, True),
        "chain": [
            {
                "subject": f"CN={hosts[0]}",
                "issuer": "CN=Example Trust CA R3",
                "not_after": moment(78),
                "sha256": LEAF,
                "pem": "-----BEGIN CERTIFICATE-----",
            }
        ],
    } | changes


def finding(code: str, severity: str, title: str, **changes: Any) -> dict[str, Any]:
    """One judgement."""
    return {
        "code": code,
        "severity": severity,
        "subject": {"host": "mx1.good.example", "address": None},
        "params": {},
        "title": title,
        "detail": "What it is, and why it matters.",
        "remedy": "",
        "who": "mail server",
        "reference": "RFC 3207 section 4",
        "cost": 0,
    } | changes


def delivery(sender: str, outcome: str, *steps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What one kind of sender does."""
    return {
        "sender": sender,
        "variant": None,
        "outcome": outcome,
        "via": None,
        "status_code": None,
        "final_status_code": None,
        "result_type": None,
        "messages": [],
        "steps": list(steps),
    } | changes


def step(action: str, why: str, host: str | None = "mx1.good.example", address: str | None = None) -> dict[str, Any]:
    """One step of a sender."""
    return {"host": host, "address": address, "action": action, "why": why}


_LATER = "This version does not look at MTA-STS and DANE."


def deliveries(*known: dict[str, Any]) -> list[dict[str, Any]]:
    """The senders that can be told, and the four that can't be yet."""
    later = ("mta-sts", "mta-sts-cached", "dane", "dane-mta-sts")
    return [*known, *(delivery(sender, "unknown", step("fail", _LATER, None)) for sender in later)]


def verdict(level: str, score: int | None, grade: str | None, headline: str, **changes: Any) -> dict[str, Any]:
    """A verdict; flags as in ``ready``."""
    return {
        "level": level,
        "provisional": False,
        "score": score,
        "grade": grade,
        "minimally_sufficient": True,
        "sts_ready": True,
        "mta_sts": None,
        "dane": None,
        "headline": headline,
        "first_step": None,
    } | changes


def report(domain: str, verdict_: dict[str, Any] | None, **changes: Any) -> Report:
    """A report of a domain with one good server."""
    whole: Any = {
        "format": 1,
        "id": None,
        "domain": domain,
        "domain_unicode": domain,
        "started_at": STARTED.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "duration_ms": 1840,
        "state": "complete",
        "depth": "verdict",
        "software": {"name": "mailseal", "version": "0.1.0", "scoring_version": 1},
        "vantage": {"name": "default", "smtp": "open", "ipv6": True, "dnssec": True, "helo": "probe.example.net"},
        "verdict": verdict_,
        "mx": {"status": "explicit", "error": None, "dnssec": None, "ttl": 300, "hosts": ["mx1.good.example"]},
        "mta_sts": {
            "record": {"status": None, "txt": [], "id": None, "cname": [], "ttl": None, "defects": []},
            "policy": {
                "status": None, "url": None, "address": None, "http_status": None, "content_type": None, "error": None,
                "body": None, "mode": None, "max_age": None, "mx": None, "defects": [], "certificate": None,
            },
            "covered": None,
            "uncovered": None,
        },
        "tls_rpt": {"status": None, "txt": [], "rua": [], "defects": []},
        "servers": [server()],
        "certificates": {LEAF: certificate("mx1.good.example")},
        "findings": [],
        "deliveries": [],
        "threats": [],
        "limits": [
            {"path": "mta_sts", "code": "not-asked", "detail": _LATER},
            {"path": "dane", "code": "not-asked", "detail": _LATER},
        ],
    }  # fmt: skip
    whole.update(deepcopy(changes))
    if "servers" in changes and "mx" not in changes:
        whole["mx"]["hosts"] = [one["host"] for one in whole["servers"]]
    example: Report = whole
    return example


def ready() -> Report:
    """Two servers, three addresses, all well."""
    one, two = "mx1.millrace.example", "mx2.millrace.example"
    return report(
        "millrace.example",
        verdict("ready", 83, "B", "Mail to this domain travels encrypted to servers that prove who they are, but nothing tells senders to insist on it."),
        servers=[
            server(one, endpoint("192.0.2.10", one), endpoint("2001:db8:10::10", one)),
            server(two, endpoint("198.51.100.20", two, certificates=[OTHER_LEAF]), preference=20),
        ],
        certificates={LEAF: certificate(one), OTHER_LEAF: certificate(two, not_after=moment(19))},
        findings=[
            finding("certificate-ends-soon", "advice", f"The certificate of {two} ends in 19 days", cost=1,
                    subject={"host": two, "address": None}, detail="It ends on 12 December 2026. Automatic renewal usually acts 30 days ahead.",
                    remedy="Renew the certificate, and see that renewal runs by itself.", reference="RFC 8461 section 4.2"),
            finding("tls-1-0", "advice", f"{two} still accepts old versions", cost=1, subject={"host": two, "address": "198.51.100.20"}, reference="RFC 8996 section 4"),
            finding("policies-not-seen", "unknown", "Whether the domain publishes MTA-STS or DANE", who="nobody", subject={"host": None, "address": None}, detail=_LATER, reference=""),
            finding("starttls-completes", "good", "Every address starts TLS", who="nobody", subject={"host": None, "address": None}),
        ],
        deliveries=deliveries(
            delivery("opportunistic", "encrypted", step("deliver", "over TLS 1.3; it would not notice an impostor", one)),
            delivery("mandatory-tls", "encrypted", step("deliver", "over TLS 1.3; it would not notice an impostor", one)),
            delivery("forced-tls", "encrypted", step("deliver", "over TLS 1.3; every server of the domain encrypts", one)),
            delivery("verified-tls", "authenticated", step("deliver", "the certificate is valid and carries the server's name", one)),
        ),
    )  # fmt: skip


def enforced() -> Report:
    """The best there is; some of its facts from an earlier scan."""
    host = "mx1.brightwater.example"
    whole: Any = report(
        "brightwater.example",
        verdict("enforced", 96, "A", "Mail to this domain travels encrypted to the right servers, and senders are told to accept nothing less.", mta_sts="enforce", dane="valid"),
        servers=[server(host, endpoint("192.0.2.10", host, dane={"status": "valid", "matched": 0}, reused=moment(0)))],
        certificates={LEAF: certificate(host)},
        deliveries=[
            delivery("opportunistic", "encrypted", step("try", "", host), step("deliver", "it would not notice an impostor", host)),
            delivery("mta-sts", "authenticated", step("deliver", "the policy lists it", host), messages=[{"software": "Postfix", "text": "Verified TLS connection established", "source": "test"}]),
        ],
        limits=[],
    )  # fmt: skip
    whole["mta_sts"]["record"] |= {"status": "valid", "txt": ["v=STSv1; id=20260811T0700"]}
    whole["mta_sts"] |= {"covered": [host], "uncovered": []}
    whole["tls_rpt"] |= {"status": "absent"}
    example: Report = whole
    return example


def exposed() -> Report:
    """One server of two without STARTTLS, in an IDN domain."""
    one, two = "mx1.postcard.example", "mx2.postcard.example"
    return report(
        "xn--bcher-kva.example",
        verdict("exposed", 31, "F", "Some mail to this domain can travel in clear text, readable by anyone on the way.", minimally_sufficient=False, sts_ready=False,
                first_step=f"Turn on STARTTLS at {two}. It needs a certificate; a free one will do."),
        domain_unicode="bücher.example",
        servers=[
            server(one, endpoint("192.0.2.10", one)),
            server(two, stopped("198.51.100.20", "no-starttls", "ehlo", detail="The server does not offer STARTTLS."), preference=20),
        ],
        certificates={LEAF: certificate(one)},
        findings=[
            finding("starttls-not-offered", "critical", f"{two} does not offer encryption", cost=8, subject={"host": two, "address": None},
                    detail="Its answer to EHLO has no STARTTLS. Whoever can listen on the way reads every message that goes there.",
                    remedy=f"Turn on STARTTLS at {two}. It needs a certificate; a free one will do.", reference="RFC 3207 section 4, NIST SP 800-52 revision 2"),
        ],
        deliveries=deliveries(
            delivery("opportunistic", "encrypted", step("deliver", "over TLS 1.3", one)),
            delivery("mandatory-tls", "encrypted", step("deliver", "over TLS 1.3", one)),
            delivery("forced-tls", "deferred", step("fail", "does not offer STARTTLS", two), status_code="4.7.5", final_status_code="5.7.5", result_type="starttls-not-supported"),
            delivery("verified-tls", "plaintext", step("deliver", "over TLS 1.3", one)),
        ),
    )  # fmt: skip


def losing_mail() -> Report:
    """Three dead servers, each in its own way."""
    hosts = [f"mx{number}.harbourlight.example" for number in (1, 2, 3)]
    return report(
        "harbourlight.example",
        verdict("losing-mail", 5, "F", "Mail to this domain is being lost: no sender can deliver to any of its servers.", minimally_sufficient=False, sts_ready=False,
                first_step="Start the mail server, or point the MX records at one that runs."),
        servers=[
            server(hosts[0], stopped("203.0.113.77", "timeout", "connect", detail="No answer on port 25 within 30 seconds."), stopped("203.0.113.75", "refused", "connect", detail="The connection was refused."), stopped("203.0.113.76", "refused", "connect", detail="The connection was refused.")),
            server(hosts[1], stopped("192.0.2.26", "greeting-5xx", "greeting", greeting="554 5.7.1 go away", detail="The greeting is 554."), preference=20),
            server(hosts[2], address_status="nxdomain", endpoints=[], preference=30),
        ],
        certificates={},
        findings=[
            finding("server-dead", "critical", f"{host} takes no mail", cost=8, subject={"host": host, "address": None}, detail="No connection to it was ever answered as SMTP asks.",
                    remedy="Start the mail server, or point the MX records at one that runs.", reference="RFC 5321 section 5.1") for host in hosts
        ],
        deliveries=deliveries(*(
            delivery(sender, "deferred", *(step("fail", "takes no connection", host) for host in (*hosts, *hosts)), status_code="4.4.1", final_status_code="5.4.1")
            for sender in ("opportunistic", "mandatory-tls", "forced-tls", "verified-tls")
        )),
    )  # fmt: skip


def degraded() -> Report:
    """One address of one server down, and one server down beside another."""
    one, two = "mx1.oneleg.example", "mx2.oneleg.example"
    return report(
        "oneleg.example",
        verdict("degraded", 46, "D-", "1 of 2 servers does not work; mail through the others is encrypted, and without it the level would be Ready.", minimally_sufficient=False, sts_ready=False, first_step="Mend mx2."),
        servers=[
            server(one, endpoint("192.0.2.10", one), stopped("192.0.2.11", "timeout", "greeting", detail="No greeting within a minute."), endpoint("192.0.2.12", one), operator="Parcelmail"),
            server(two, stopped("198.51.100.20", "unreachable", "connect"), preference=20),
        ],
        certificates={LEAF: certificate(one)},
        findings=[finding("server-dead", "serious", f"{two} takes no mail", cost=3, subject={"host": two, "address": None})],
        deliveries=deliveries(delivery("opportunistic", "encrypted", step("deliver", "over TLS 1.3", one))),
    )  # fmt: skip


def encrypted(kind: str) -> Report:
    """Encrypted, to a server that cannot prove who it is: expired, wrong-name, self-signed, future, chain, unreadable."""
    host = "mx1.oldmill.example"
    faults: dict[str, dict[str, Any]] = {
        "expired": {"not_after": moment(-9), "in_dates": False},
        "wrong-name": {"names": ["*.elsewhere.example"], "name_match": {host: False}},
        "self-signed": {"trusted": False, "self_signed": True, "chain_complete": True},
        "future": {"not_before": moment(4), "in_dates": False},
        "chain": {"trusted": False, "chain_complete": False},
        "untrusted": {"trusted": False},
        "unreadable": dict.fromkeys(("subject", "issuer", "not_before", "not_after", "key", "signature", "trusted", "in_dates", "self_signed", "chain_complete")) | {"names": [], "error": "The certificate cannot be read: it ends early."},
    }  # fmt: skip
    return report(
        f"{kind}.example",
        verdict(
            "encrypted",
            61,
            "D+",
            "Mail to this domain travels encrypted, but senders cannot tell its servers from an impostor.",
            sts_ready=False,
            first_step="Get a certificate that carries the server's name, from an authority that senders trust.",
        ),
        servers=[server(host, endpoint("192.0.2.10", host))],
        certificates={LEAF: certificate(host, **faults[kind])},
        findings=[finding(f"certificate-{kind}", "serious", f"The certificate of {host} is not good", cost=3)],
        deliveries=deliveries(delivery("verified-tls", "deferred", step("fail", "the certificate is not good", host), status_code="4.7.5")),
    )  # fmt: skip


def without_servers(kind: str) -> Report:
    """The three kinds of ``no-mail``: null-mx, nxdomain, none."""
    headline, first = {
        "null-mx": ("This domain says that it takes no mail, and senders return it at once.", None),
        "nxdomain": ("There is no such domain, so mail to it bounces: mistyped?", "Check the spelling of the domain."),
        "none": ("This domain has no mail server and no address, so mail to it bounces.", "Publish an MX record."),
    }[kind]
    return report(
        f"{kind}.example",
        verdict("no-mail", None, None, headline, minimally_sufficient=None, sts_ready=None, first_step=first),
        mx={"status": kind, "error": None, "dnssec": None, "ttl": None, "hosts": []},
        servers=[],
        certificates={},
        deliveries=[delivery("opportunistic", "refused", step("fail", "", None), status_code="5.1.10")],
        limits=[],
    )


def inconclusive() -> Report:
    """Port 25 is blocked where we stand."""
    hosts = ("mx1.meadowbank.example", "mx2.meadowbank.example")
    detail = "Connections to port 25 are blocked here."
    return report(
        "meadowbank.example",
        verdict(
            "inconclusive",
            None,
            None,
            "We could not look: connections to mail servers (port 25) are blocked here, so this says nothing about the domain.",
            minimally_sufficient=None,
            sts_ready=None,
            first_step="Run the check from somewhere else. Most home lines and many clouds block port 25.",
        ),
        vantage={"name": "attic", "smtp": "blocked", "ipv6": False, "dnssec": None, "helo": "probe.example.net"},
        servers=[server(host, stopped(f"192.0.2.14{n}", "not-tried", None)) for n, host in enumerate(hosts)],
        certificates={},
        deliveries=[
            delivery(sender, "unknown", step("fail", "It depends on what we could not see", None))
            for sender in ("opportunistic", "mandatory-tls", "mta-sts")
        ],
        limits=[{"path": f"servers.{host}", "code": "port-blocked", "detail": detail} for host in hosts],
    )


def provisional() -> Report:
    """One server of two could not be reached for a reason of ours."""
    return report(
        "sixonly.example",
        verdict(
            "ready",
            84,
            "B",
            "Mail to this domain travels encrypted to servers that prove who they are.",
            provisional=True,
        ),
        vantage={"name": "default", "smtp": "open", "ipv6": False, "dnssec": True, "helo": "probe.example.net"},
        servers=[
            server(),
            server("mx2.good.example", stopped("2001:db8::2", "no-address-family", None), preference=20),
        ],
    )


def running(stage: str = "middle") -> Report:
    """A running scan: ``start`` (nothing known), ``names`` (servers, no addresses), ``middle`` (some answers)."""
    one, two = "mx1.lanternpost.example", "backup.lanternpost.example"
    pending = {"outcome": None, "stage": None, "tls": None, "certificates": [], "transcript": [], "starttls": None}
    untimed = dict.fromkeys(_STAGES)
    servers = {
        "start": [],
        "names": [server(one, address_status=None, endpoints=[])],
        "middle": [
            server(one, endpoint("192.0.2.61", one), stopped("192.0.2.64", "refused", "connect")),
            server(
                two,
                endpoint("198.51.100.90", two, **pending, stages_ms=untimed | {"connect": 45}),
                endpoint("198.51.100.91", two, **pending, stages_ms=untimed),
                preference=50,
            ),
        ],
    }[stage]
    status = None if stage == "start" else "explicit"
    return report(
        "lanternpost.example",
        None,
        state="running",
        started_at=(NOW - timedelta(seconds=14)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        mx={"status": status, "error": None, "dnssec": None, "ttl": None, "hosts": [one["host"] for one in servers]},
        servers=servers,
        certificates={LEAF: certificate(one)} if stage == "middle" else {},
        limits=[],
    )


def cut_short() -> Report:
    """A crash left the last snapshot, without a verdict."""
    whole = running()
    whole["state"] = "partial"
    return whole


HOSTILE = "<script>alert(1)</script>\"' onmouseover=x"


def hostile() -> Report:
    """Markup wherever a peer, DNS or a certificate can put it."""
    return report(
        "hostile.example",
        verdict("ready", 84, "B", HOSTILE, first_step=HOSTILE),
        servers=[
            server(
                HOSTILE,
                endpoint("192.0.2.66", HOSTILE, transcript=[{"at_ms": 1, "from": "server", "line": HOSTILE}]),
                stopped("192.0.2.67", "bad-reply", "greeting", detail=HOSTILE, greeting=HOSTILE),
                operator=HOSTILE,
            )
        ],
        certificates={LEAF: certificate(HOSTILE, issuer=HOSTILE, subject=HOSTILE, key=HOSTILE)},
        findings=[finding("hostile", "critical", HOSTILE, detail=HOSTILE, remedy=HOSTILE, reference=HOSTILE)],
        deliveries=[delivery("opportunistic", "deferred", step("fail", HOSTILE, HOSTILE), status_code=HOSTILE)],
        limits=[{"path": HOSTILE, "code": "x", "detail": HOSTILE}],
    )


def long_names() -> Report:
    """Names as long as DNS allows, which a page of 320 pixels must hold."""
    domain = ".".join([LONG_LABEL] * 4)
    host = f"mx.{domain[:240]}"
    return report(
        domain,
        verdict("ready", 84, "B", "Mail to this domain travels encrypted to servers that prove who they are."),
        servers=[server(host, endpoint("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", host))],
        certificates={LEAF: certificate(host)},
        findings=[
            finding("x", "serious", f"The certificate of {host} is odd", subject={"host": host, "address": None})
        ],
        deliveries=deliveries(delivery("opportunistic", "encrypted", step("deliver", "", host))),
    )


EXAMPLES: dict[str, Report] = {
    "enforced": enforced(),
    "ready": ready(),
    "testing": report("testing.example", verdict("testing", 88, "B+", "On trial.")),
    "partly-enforced": report("partly.example", verdict("partly-enforced", 70, "C", "1 of its 2 servers keeps it.")),
    "encrypted-expired": encrypted("expired"),
    "encrypted-wrong-name": encrypted("wrong-name"),
    "encrypted-self-signed": encrypted("self-signed"),
    "encrypted-future": encrypted("future"),
    "encrypted-chain": encrypted("chain"),
    "encrypted-untrusted": encrypted("untrusted"),
    "encrypted-unreadable": encrypted("unreadable"),
    "degraded": degraded(),
    "exposed": exposed(),
    "losing-mail": losing_mail(),
    "null-mx": without_servers("null-mx"),
    "nxdomain": without_servers("nxdomain"),
    "none": without_servers("none"),
    "inconclusive": inconclusive(),
    "provisional": provisional(),
    "cut-short": cut_short(),
    "running-start": running("start"),
    "running-names": running("names"),
    "running": running(),
    "hostile": hostile(),
    "long-names": long_names(),
}
