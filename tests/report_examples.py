"""Reports of every level and state, as the report format says: what pages, schema and terminal are tested with."""

from datetime import timedelta

from checker.report.document import Report
from tests.report_parts import (
    LEAF,
    NOW,
    STAGES,
    certificate,
    deliveries,
    delivery,
    endpoint,
    finding,
    report,
    server,
    step,
    stopped,
    verdict,
)
from tests.report_policies import POLICY_EXAMPLES
from tests.report_verdicts import degraded, encrypted, enforced, exposed, losing_mail, ready

LONG_LABEL = "averylonglabelthatgoesonandonwithoutanyplacetobreakitatall"


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
            "We could not look: connections to mail servers (port 25) are blocked here, "
            "so this says nothing about the domain.",
            minimally_sufficient=None,
            sts_ready=None,
            first_step="Run the check from somewhere else. Most home lines and many clouds block port 25.",
        ),
        vantage={"name": "attic", "smtp": "blocked", "ipv6": False, "dnssec": None, "helo": "probe.example.net"},
        servers=[
            server(host, stopped(f"192.0.2.14{n}", "not-tried", None), ticks="??????") for n, host in enumerate(hosts)
        ],
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
            server(
                "mx2.good.example", stopped("2001:db8::2", "no-address-family", None), ticks="??????", preference=20
            ),
        ],
    )


def running(stage: str = "middle") -> Report:
    """A running scan: ``start`` (nothing known), ``names`` (servers, no addresses), ``middle`` (some answers)."""
    one, two = "mx1.lanternpost.example", "backup.lanternpost.example"
    pending = {"outcome": None, "stage": None, "tls": None, "certificates": [], "transcript": [], "starttls": None}
    untimed = dict.fromkeys(STAGES)
    servers = {
        "start": [],
        "names": [server(one, ticks="??????", address_status=None, endpoints=[])],
        "middle": [
            server(one, endpoint("192.0.2.61", one), stopped("192.0.2.64", "refused", "connect"), ticks="??????"),
            server(
                two,
                endpoint(
                    "198.51.100.90", two, **pending, stages_ms=untimed, waiting={"stage": "greeting", "since_ms": 2000}
                ),
                endpoint("198.51.100.91", two, **pending, stages_ms=untimed),
                ticks="??????",
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
    **POLICY_EXAMPLES,
}
