"""The parts that example reports are built from: all well by default, so that an example states only what is wrong."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from checker.assessment.conditions import CONDITIONS
from checker.report.document import Report

NOW = datetime(2026, 11, 23, 16, 14, tzinfo=UTC)
STARTED = NOW - timedelta(minutes=12)
LEAF, OTHER_LEAF = "a1" * 32, "b2" * 32


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
        "dh_prime": None,
        "extended_master_secret": None,
        "encrypt_then_mac": None,
        "heartbeat": None,
        "unknown_name": None,
        "no_name": None,
        "large_hello": None,
        "fallback_scsv": None,
        "client_renegotiation": None,
        "asked": None,
        "asked_earlier": None,
        "profiles": None,
        "weaknesses": dict.fromkeys(
            (
                "anonymous",
                "export",
                "null",
                "rc4",
                "3des",
                "static-rsa",
                "weak-group",
                "weak-dh",
                "compression",
                "insecure-renegotiation",
                "sha1-signature",
                "plaintext-injection",
            )
        ),
    } | changes


STAGES = ("connect", "greeting", "ehlo", "starttls", "handshake", "ehlo-tls")
_TIMES = dict(zip(STAGES, (31, 40, 32, 31, 70, 33), strict=True))


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
        "dane": {"status": None, "matched": None, "why": None},
        "connections": 1,
        "stages_ms": dict(_TIMES),
        "transcript": transcript(host),
        "reused": None,
        "waiting": None,
    } | changes


def stopped(address: str, outcome: str, stage: str | None, **changes: Any) -> dict[str, Any]:
    """An address where it ended at ``stage``."""
    reached = STAGES.index(stage) if stage else 0
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
            stages_ms={name: _TIMES[name] if at < reached else None for at, name in enumerate(STAGES)},
            transcript=transcript("mx")[: 5 if reached else 0],
        )
        | changes
    )


def ticked(marks: str) -> dict[str, Any]:
    """The tick list in the order of its conditions: ``y`` yes, ``n`` no, ``?`` could not tell, ``-`` not reached."""
    flags = {"y": True, "n": False, "?": None, "-": None}
    return {
        "conditions": {name: flags[mark] for name, mark in zip(CONDITIONS, marks, strict=True)},
        "not_reached": [name for name, mark in zip(CONDITIONS, marks, strict=True) if mark == "-"],
    }


def server(
    host: str = "mx1.good.example", *endpoints: dict[str, Any], ticks: str = "yyyyyy", **changes: Any
) -> dict[str, Any]:
    """A server with one address where all went well, unless said otherwise."""
    return (
        {
            "host": host,
            "preference": 10,
            "operator": None,
            "address_status": "ok",
            "cname": [],
            "dnssec": {"address": None, "tlsa": None},
            "tlsa": {"status": None, "base_domain": None, "ttl": None, "records": [], "error": None},
            "caa": None,
            "endpoints": list(endpoints) or [endpoint(host=host)],
        }
        | ticked(ticks)
        | changes
    )


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
        "fixes": [],
        "commands": [],
        "message": None,
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
        "real_senders": [],
        "steps": list(steps),
    } | changes


def step(action: str, why: str, host: str | None = "mx1.good.example", address: str | None = None) -> dict[str, Any]:
    """One step of a sender."""
    return {"host": host, "address": address, "action": action, "why": why}


LATER = "Not looked at: MTA-STS and DANE."


def deliveries(*known: dict[str, Any]) -> list[dict[str, Any]]:
    """The senders that can be told, and the four that can't be yet."""
    later = ("mta-sts", "mta-sts-cached", "dane", "dane-mta-sts")
    return [*known, *(delivery(sender, "unknown", step("fail", LATER, None)) for sender in later)]


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
        "next": None,
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
                "status": None,
                "url": None,
                "address": None,
                "http_status": None,
                "content_type": None,
                "error": None,
                "body": None,
                "mode": None,
                "max_age": None,
                "mx": None,
                "defects": [],
                "certificate": None,
            },
            "covered": None,
            "uncovered": None,
            "mx_lines": None,
            "conditions": {},
            "dnssec": {"record": None, "host": None},
            "caa": None,
        },
        "tls_rpt": {"status": None, "txt": [], "rua": [], "defects": [], "dnssec": None},
        "servers": [server()],
        "certificates": {LEAF: certificate("mx1.good.example")},
        "findings": [],
        "deliveries": [],
        "threats": [],
        "limits": [
            {"path": "mta_sts", "code": "not-asked", "detail": LATER},
            {"path": "dane", "code": "not-asked", "detail": LATER},
        ],
    }
    whole.update(deepcopy(changes))
    if "servers" in changes and "mx" not in changes:
        whole["mx"]["hosts"] = [one["host"] for one in whole["servers"]]
    example: Report = whole
    return example
