"""Example reports of the verdicts on domains that have mail servers."""

from typing import Any

from checker.report.document import Report
from tests.report_parts import (
    LATER,
    LEAF,
    OTHER_LEAF,
    certificate,
    deliveries,
    delivery,
    endpoint,
    finding,
    moment,
    report,
    server,
    step,
    stopped,
    verdict,
)


def ready() -> Report:
    """Two servers, three addresses, all well."""
    one, two = "mx1.millrace.example", "mx2.millrace.example"
    return report(
        "millrace.example",
        verdict(
            "ready",
            83,
            "B",
            "Mail to this domain travels encrypted to servers that prove who they are, "
            "but nothing tells senders to insist on it.",
        ),
        servers=[
            server(one, endpoint("192.0.2.10", one), endpoint("2001:db8:10::10", one)),
            server(two, endpoint("198.51.100.20", two, certificates=[OTHER_LEAF]), preference=20),
        ],
        certificates={LEAF: certificate(one), OTHER_LEAF: certificate(two, not_after=moment(9))},
        findings=[
            finding(
                "certificate-ends-soon",
                "advice",
                f"The certificate of {two} ends in 9 days",
                cost=1,
                subject={"host": two, "address": None},
                detail="It ends on 2 December 2026. Automatic renewal usually acts 30 days ahead.",
                remedy="Renew the certificate, and see that renewal runs by itself.",
                reference="RFC 8461 section 4.2",
            ),
            finding(
                "tls-1-0",
                "advice",
                f"{two} still accepts old versions",
                cost=1,
                subject={"host": two, "address": "198.51.100.20"},
                reference="RFC 8996 section 4",
            ),
            finding(
                "policies-not-seen",
                "unknown",
                "Whether the domain publishes MTA-STS or DANE",
                who="nobody",
                subject={"host": None, "address": None},
                detail=LATER,
                reference="",
            ),
            finding(
                "starttls-completes",
                "good",
                "Every address starts TLS",
                who="nobody",
                subject={"host": None, "address": None},
            ),
        ],
        deliveries=deliveries(
            delivery(
                "opportunistic", "encrypted", step("deliver", "over TLS 1.3; it would not notice an impostor", one)
            ),
            delivery(
                "mandatory-tls", "encrypted", step("deliver", "over TLS 1.3; it would not notice an impostor", one)
            ),
            delivery(
                "forced-tls", "encrypted", step("deliver", "over TLS 1.3; every server of the domain encrypts", one)
            ),
            delivery(
                "verified-tls",
                "authenticated",
                step("deliver", "the certificate is valid and carries the server's name", one),
            ),
        ),
    )


def enforced() -> Report:
    """The best there is; some of its facts from an earlier scan."""
    host = "mx1.brightwater.example"
    pin = {"usage": 3, "selector": 1, "matching": 1, "usable": True, "why": None}
    matches = {"status": "valid", "matched": "3 1 1 ab12ab12ab12…", "why": "The record names the server's own key."}
    whole: Any = report(
        "brightwater.example",
        verdict(
            "enforced",
            100,
            "A+",
            "Mail to this domain travels encrypted to the right servers, and senders are told to accept nothing less.",
            mta_sts="enforce",
            dane="valid",
        ),
        mx={"status": "explicit", "error": None, "dnssec": "secure", "ttl": 300, "hosts": [host]},
        servers=[
            server(
                host,
                endpoint("192.0.2.10", host, dane=matches, reused=moment(0)),
                tlsa={
                    "status": "usable",
                    "base_domain": host,
                    "ttl": 3600,
                    "records": [pin | {"data": data * 16} for data in ("ab12", "cd34")],
                    "error": None,
                },
                dnssec={"address": "secure", "tlsa": "secure"},
            )
        ],
        certificates={LEAF: certificate(host)},
        deliveries=[
            delivery(
                "opportunistic",
                "encrypted",
                step("try", "", host),
                step("deliver", "it would not notice an impostor", host),
            ),
            delivery(
                "mta-sts",
                "authenticated",
                step("deliver", "the policy lists it", host),
                messages=[
                    {"software": "Postfix", "text": "Verified TLS connection established", "source": "test", "code": ""}
                ],
            ),
        ],
        limits=[],
    )
    whole["mta_sts"]["record"] |= {"status": "valid", "txt": ["v=STSv1; id=20260811T0700"]}
    line = {"line": 3, "pattern": host, "covers": [host]}
    whole["mta_sts"] |= {"covered": [host], "uncovered": [], "mx_lines": [line]}
    whole["tls_rpt"] |= {"status": "absent"}
    example: Report = whole
    return example


def exposed() -> Report:
    """One server of two without STARTTLS, in an IDN domain."""
    one, two = "mx1.postcard.example", "mx2.postcard.example"
    return report(
        "xn--bcher-kva.example",
        verdict(
            "exposed",
            31,
            "F",
            "Some mail to this domain can travel in clear text, readable by anyone on the way.",
            minimally_sufficient=False,
            sts_ready=False,
            first_step=f"Turn on STARTTLS at {two}. It needs a certificate; a free one will do.",
        ),
        domain_unicode="bücher.example",
        servers=[
            server(one, endpoint("192.0.2.10", one)),
            server(
                two,
                stopped("198.51.100.20", "no-starttls", "ehlo", detail="The server does not offer STARTTLS."),
                ticks="yn----",
                preference=20,
            ),
        ],
        certificates={LEAF: certificate(one)},
        findings=[
            finding(
                "starttls-not-offered",
                "critical",
                f"{two} does not offer encryption",
                cost=8,
                subject={"host": two, "address": None},
                detail="Its answer to EHLO has no STARTTLS. Whoever can listen on the way reads every message.",
                remedy=f"Turn on STARTTLS at {two}. It needs a certificate; a free one will do.",
                reference="RFC 3207 section 4, NIST SP 800-52 revision 2",
            ),
        ],
        deliveries=deliveries(
            delivery("opportunistic", "encrypted", step("deliver", "over TLS 1.3", one)),
            delivery("mandatory-tls", "encrypted", step("deliver", "over TLS 1.3", one)),
            delivery(
                "forced-tls",
                "deferred",
                step("fail", "does not offer STARTTLS", two),
                status_code="4.7.5",
                final_status_code="5.7.5",
                result_type="starttls-not-supported",
            ),
            delivery("verified-tls", "plaintext", step("deliver", "over TLS 1.3", one)),
        ),
    )


def losing_mail() -> Report:
    """Three dead servers, each in its own way."""
    hosts = [f"mx{number}.harbourlight.example" for number in (1, 2, 3)]
    return report(
        "harbourlight.example",
        verdict(
            "losing-mail",
            5,
            "F",
            "Mail to this domain is being lost: no sender can deliver to any of its servers.",
            minimally_sufficient=False,
            sts_ready=False,
            first_step="Start the mail server, or point the MX records at one that runs.",
        ),
        servers=[
            server(
                hosts[0],
                stopped("203.0.113.77", "timeout", "connect", detail="No answer on port 25 within 30 seconds."),
                stopped("203.0.113.75", "refused", "connect", detail="The connection was refused."),
                stopped("203.0.113.76", "refused", "connect", detail="The connection was refused."),
                ticks="n-----",
            ),
            server(
                hosts[1],
                stopped(
                    "192.0.2.26",
                    "greeting-5xx",
                    "greeting",
                    greeting="554 5.7.1 go away",
                    detail="The greeting is 554.",
                ),
                ticks="n-----",
                preference=20,
            ),
            server(hosts[2], ticks="n-----", address_status="nxdomain", endpoints=[], preference=30),
        ],
        certificates={},
        findings=[
            finding(
                "server-dead",
                "critical",
                f"{host} takes no mail",
                cost=8,
                subject={"host": host, "address": None},
                detail="No connection to it was ever answered as SMTP asks.",
                remedy="Start the mail server, or point the MX records at one that runs.",
                reference="RFC 5321 section 5.1",
            )
            for host in hosts
        ],
        deliveries=deliveries(
            *(
                delivery(
                    sender,
                    "deferred",
                    *(step("fail", "takes no connection", host) for host in (*hosts, *hosts)),
                    status_code="4.4.1",
                    final_status_code="5.4.1",
                )
                for sender in ("opportunistic", "mandatory-tls", "forced-tls", "verified-tls")
            )
        ),
    )


def degraded() -> Report:
    """One address of one server down, and one server down beside another."""
    one, two = "mx1.oneleg.example", "mx2.oneleg.example"
    return report(
        "oneleg.example",
        verdict(
            "degraded",
            46,
            "D-",
            "1 of 2 servers does not work; mail through the others is encrypted, "
            "and without it the level would be Ready.",
            minimally_sufficient=False,
            sts_ready=False,
            first_step="Mend mx2.",
        ),
        servers=[
            server(
                one,
                endpoint("192.0.2.10", one),
                stopped("192.0.2.11", "timeout", "greeting", detail="No greeting within a minute."),
                endpoint("192.0.2.12", one),
                operator="Parcelmail",
            ),
            server(two, stopped("198.51.100.20", "unreachable", "connect"), ticks="n-----", preference=20),
        ],
        certificates={LEAF: certificate(one)},
        findings=[
            finding("server-dead", "serious", f"{two} takes no mail", cost=3, subject={"host": two, "address": None})
        ],
        deliveries=deliveries(delivery("opportunistic", "encrypted", step("deliver", "over TLS 1.3", one))),
    )


def encrypted(kind: str) -> Report:
    """Encrypted, to a server that cannot prove who it is, in the six ways below."""
    host = "mx1.oldmill.example"
    faults: dict[str, dict[str, Any]] = {
        "expired": {"not_after": moment(-9), "in_dates": False},
        "wrong-name": {"names": ["*.elsewhere.example"], "name_match": {host: False}},
        "self-signed": {"trusted": False, "self_signed": True, "chain_complete": True},
        "future": {"not_before": moment(4), "in_dates": False},
        "chain": {"trusted": False, "chain_complete": False},
        "untrusted": {"trusted": False},
        "unreadable": dict.fromkeys(
            (
                "subject",
                "issuer",
                "not_before",
                "not_after",
                "key",
                "signature",
                "trusted",
                "in_dates",
                "self_signed",
                "chain_complete",
            )
        )
        | {"names": [], "error": "The certificate cannot be read: it ends early."},
    }
    ticks = {"expired": "yyynyy", "future": "yyynyy", "wrong-name": "yyyyny", "unreadable": "yyynnn"}
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
        servers=[server(host, endpoint("192.0.2.10", host), ticks=ticks.get(kind, "yyyyyn"))],
        certificates={LEAF: certificate(host, **faults[kind])},
        findings=[finding(f"certificate-{kind}", "serious", f"The certificate of {host} is not good", cost=3)],
        deliveries=deliveries(
            delivery("verified-tls", "deferred", step("fail", "the certificate is not good", host), status_code="4.7.5")
        ),
    )
