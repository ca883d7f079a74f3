"""What a domain may publish for MTA-STS, and what is to be found: tables for tests.

Codes stand without ``mta-sts-``. In all tables but the first what is found of the good record is left out.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from checker.mta_sts.facts import PolicyVisit
from checker.mta_sts.published import PublishedPolicy
from checker.names import DomainName
from checker.observation import PENDING, Failed, FailureKind, NotTried, Reason, Seen
from tests.fact_builders import DNS_IS_DOWN, NOW, certificate, expired
from tests.sts_builders import FILE, HOST, V6, B, addresses, published, response, stopped, txt, visit

THEN = {"host-good", "policy-valid"}
WELL = {"record-valid", *THEN}

type Row = tuple[str, PublishedPolicy, set[str]]

NOWHERE: dict[str, Any] = {"visits": (), "ipv4": addresses((), 4), "ipv6": addresses((), 6)}
REFUSED, SILENT = Failed(FailureKind.REFUSED, "It refused."), Failed(FailureKind.TIMEOUT, "Nothing came.")
BOGUS, CIRCLE = Failed(FailureKind.BOGUS, "It is bogus."), Failed(FailureKind.ALIAS_CHAIN, "It circles.")
OURS = Failed(FailureKind.DEADLINE, "Time was up.")
NOT_PUBLIC = NotTried(Reason.BLOCKED_ADDRESS, "It is private.")
OURS_TOO = "192.52.193.9"  # public, and not dialled: it is where we run
TARGET = DomainName("sts.provider.test")
ALIAS, DANGLING = {"aliases": (TARGET,)}, {"aliases": (TARGET,), "rcode": "nxdomain"}


def file(body: str) -> PublishedPolicy:
    return published(visit(response(body)))


def lines(*changed: str, without: str = "") -> PublishedPolicy:
    """The good file with lines added, and those left out that begin so."""
    kept = [line for line in FILE.splitlines() if not (without and line.startswith(without))]
    return file("".join(f"{line}\r\n" for line in [*kept, *changed]))


def blocked(address: str) -> PolicyVisit:
    """The guard forbids it."""
    return replace(stopped("connect", NOT_PUBLIC, address), not_tried=NOT_PUBLIC)


def max_age(seconds: int, mode: str = "enforce") -> PublishedPolicy:
    return file(f"version: STSv1\r\nmode: {mode}\r\nmx: mx.d.test\r\nmax_age: {seconds}\r\n")


def status(code: int) -> PublishedPolicy:
    return published(visit(response("", code, location="https://www.d.test/")))


def unanswered(stage: str, why: Any) -> PublishedPolicy:
    return published(stopped(stage, why))


RECORDS: list[Row] = [
    ("all well", published(), WELL),
    ("two records", published(record=txt("v=STSv1; id=1", "v=STSv1; id=1")), THEN | {"record-several"}),
    ("one beside another's", published(record=txt("v=spf1 -all", "v=STSv1; id=1")), WELL),
    ("no id", published(record="v=STSv1;"), THEN | {"record-invalid"}),
    ("two that are none", published(record=txt("v=STSv1", "v=STSv1 id=1")), THEN | {"record-invalid"}),
    ("id twice", published(record="v=STSv1; id=1; id=2"), WELL | {"record-repeats-field"}),
    ("a blank in the way", published(record="v=STSv1 ; id=1"), WELL | {"record-untidy"}),
    ("a file without a record", published(record=None), THEN | {"record-missing"}),
    (
        "SPF in the record's place, and a file",
        published(record="v=spf1 -all"),
        THEN | {"record-missing", "record-foreign"},
    ),
    ("an alias", published(record=txt("v=STSv1; id=1", **ALIAS)), WELL | {"record-delegated"}),
    ("an alias to nowhere", published(record=txt(**DANGLING), **NOWHERE), {"record-alias-dangling"}),
    ("the parent's", published(record=None, parent=txt("v=STSv1; id=1"), **NOWHERE), {"record-at-parent"}),
    ("the parent's SPF", published(record=None, parent=txt("v=spf1 -all"), **NOWHERE), set()),
    ("DNS is down", published(record=DNS_IS_DOWN), THEN | {"record-look-up-failed"}),
    ("bogus", published(record=BOGUS), THEN | {"record-unresolvable"}),
    ("nothing published", published(record=None, **NOWHERE), set()),
    (
        "nothing but a wildcard's web site",
        published(visit(response("<html>")), record=None, certificates=[expired(HOST)]),
        set(),
    ),
    ("nothing yet", published(visits=(), record=PENDING, ipv4=PENDING, ipv6=PENDING), set()),
]

HOSTS: list[Row] = [
    ("no address", published(**NOWHERE), {"host-missing"}),
    (
        "an alias to nowhere",
        published(visits=(), ipv4=addresses((), 4, **DANGLING), ipv6=addresses((), 6, **DANGLING)),
        {"host-missing", "host-alias-dangling"},
    ),
    ("an alias", published(ipv4=addresses([visit().address], 4, **ALIAS)), THEN | {"host-delegated"}),
    ("IPv4 circles", published(visits=(), ipv4=CIRCLE, ipv6=CIRCLE), {"host-unresolvable"}),
    ("DNS is down", published(visits=(), ipv4=DNS_IS_DOWN, ipv6=DNS_IS_DOWN), {"host-look-up-failed"}),
    ("DNS is down for one family", published(ipv6=DNS_IS_DOWN), THEN | {"host-look-up-failed"}),
    (
        "private",
        published(visit(not_tried=NOT_PUBLIC, response=PENDING, chain=None, handshake=PENDING)),
        {"host-address-not-public"},
    ),
    (
        "our own machine",
        published(blocked(OURS_TOO)),
        {"host-not-determined"},
    ),
    (
        "one private, one refuses",
        published(stopped("connect", REFUSED), blocked(B)),
        {"host-address-not-public", "host-refused"},
    ),
    (
        "one answers, one is our own machine",
        published(visit(), blocked(OURS_TOO)),
        THEN,
    ),
    (
        "no time to ask",
        published(not_tried=NotTried(Reason.DEADLINE, "Time was up."), visits=(), ipv4=PENDING, ipv6=PENDING),
        {"host-not-determined"},
    ),
    ("our time was up", unanswered("connect", OURS), {"host-not-determined"}),
    (
        "one refuses, one is not known",
        published(stopped("connect", REFUSED), stopped("connect", OURS, B)),
        {"host-not-determined"},
    ),
    ("refused", unanswered("connect", REFUSED), {"host-refused"}),
    ("silent", unanswered("connect", SILENT), {"host-silent"}),
    ("no TLS", unanswered("handshake", Failed(FailureKind.HANDSHAKE, "No.")), {"host-tls-fails"}),
    ("silent in the handshake", unanswered("handshake", SILENT), {"host-tls-fails"}),
    ("broken off", unanswered("response", Failed(FailureKind.CLOSED, "It ended.")), {"host-breaks-off"}),
    ("no HTTP", unanswered("response", Failed(FailureKind.BAD_REPLY, "What?")), {"host-breaks-off"}),
    ("over a minute", unanswered("response", SILENT), {"host-too-slow"}),
    (
        "two ways",
        published(stopped("connect", REFUSED), stopped("connect", SILENT, V6)),
        {"host-refused", "host-silent"},
    ),
    ("IPv6 dead", published(visit(), stopped("connect", SILENT, V6)), THEN | {"host-family-dead"}),
    (
        "IPv6 not to be had here",
        published(
            visit(),
            visit(
                None,
                V6,
                not_tried=NotTried(Reason.NO_ADDRESS_FAMILY),
                connect=NotTried(Reason.NO_ADDRESS_FAMILY),
                response=PENDING,
            ),
        ),
        THEN,
    ),
    ("one of two dead", published(visit(), stopped("connect", REFUSED, B)), THEN | {"host-address-dead"}),
    (
        "beyond the cap",
        published(visit(), visit(None, B, not_tried=NotTried(Reason.BEYOND_CAP), response=PENDING)),
        THEN,
    ),
    (
        "two files",
        published(visit(), visit(response(FILE + "mx: b.test\r\n"), B)),
        {"policy-valid"} | {"host-addresses-differ"},
    ),
    ("one is not found", published(visit(), visit(response("", 404), B)), {"policy-valid"} | {"host-addresses-differ"}),
    ("two alike", published(visit(), visit(address=B)), THEN),
    (
        "one expired",
        published(
            visit(), visit(address=B, chain="old"), certificates=[certificate(HOST), expired(HOST, sha256="old")]
        ),
        {"policy-valid"} | {"host-addresses-differ", "host-certificate-expired"},
    ),
    ("old TLS", published(visit(handshake=Seen("TLSv1.1"))), {"host-tls-old"}),
    ("TLS 1.2", published(visit(handshake=Seen("TLSv1.2"))), THEN),
    ("still asking", unanswered("connect", PENDING), set()),
]

UNJUDGED: list[PublishedPolicy] = [
    published(certificates=[certificate(HOST, trusted=None)]),
    published(certificates=[]),
]

CERTIFICATES: list[tuple[str, dict[str, Any], set[str]]] = [
    ("expired", {"not_after": NOW - timedelta(days=1)}, {"expired"}),
    ("not yet valid", {"not_before": NOW + timedelta(days=1)}, {"not-yet-valid"}),
    ("another name", {"names": ("www.d.test",), "matches": ()}, {"wrong-name"}),
    ("no names", {"names": (), "matches": ()}, {"wrong-name"}),
    ("self-signed", {"trusted": False, "self_signed": True}, {"self-signed"}),
    ("incomplete", {"trusted": False, "chain_complete": False, "path_ends_at": "CN=authority"}, {"chain-incomplete"}),
    ("untrusted", {"trusted": False, "path_ends_at": "CN=other"}, {"untrusted"}),
    (
        "unreadable",
        {"error": "It is none.", "not_before": None, "not_after": None, "trusted": None, "names": (), "matches": ()},
        {"unreadable"},
    ),
    (
        "expired and for another name",
        {"not_after": NOW - timedelta(days=1), "names": ("x.test",), "matches": ()},
        {"expired", "wrong-name"},
    ),
]

RESPONSES: list[Row] = [
    *((f"status {code}", status(code), {"host-redirects"}) for code in (301, 302, 303, 307, 308)),
    *((f"status {code}", status(code), {"host-not-found"}) for code in (404, 410)),
    *((f"status {code}", status(code), {"host-forbids"}) for code in (401, 403, 407)),
    *((f"status {code}", status(code), {"host-server-error"}) for code in (500, 503)),
    *((f"status {code}", status(code), {"host-odd-status"}) for code in (202, 204, 206, 304, 400, 429, 700)),
    ("a redirect to nowhere", published(visit(response("", 302))), {"host-odd-status"}),
    ("too long", published(visit(response(is_cut=True))), {"host-body-too-long"}),
    ("no media type", published(visit(response(content_type=None))), THEN | {"host-media-type-missing"}),
    (
        "octets",
        published(visit(response(content_type="application/octet-stream"))),
        {"host-good", "host-media-type-wrong"},
    ),
    (
        "called a web page",
        published(visit(response(content_type="text/HTML; charset=utf-8"))),
        {"host-good", "host-media-type-html"},
    ),
    (
        "a web page",
        published(visit(response("<!doctype html>", content_type="text/html"))),
        {"host-good", "policy-is-html"},
    ),
    ("compressed", published(visit(response(content_encoding="gzip"))), THEN | {"host-compressed"}),
    ("not compressed", published(visit(response(content_encoding="identity"))), THEN),
    (
        "kept for a year",
        published(visit(response(cache_control="public, max-age=31536000"))),
        THEN | {"host-cache-header"},
    ),
    ("kept for a minute", published(visit(response(cache_control="max-age=60"))), THEN),
    ("six seconds", published(visit(duration_ms=6000)), THEN | {"host-slow"}),
    ("five seconds", published(visit(duration_ms=5000)), THEN),
]

FILES: list[Row] = [
    ("empty", file(""), {"policy-empty"}),
    ("a web page called plain", file("<html></html>"), {"policy-is-html"}),
    ("no mode", lines(without="mode"), {"policy-without-mode"}),
    ("unknown mode", lines("mode: on", without="mode"), {"policy-without-mode"}),
    ("Enforce", lines("mode: Enforce", without="mode"), {"policy-without-mode"}),
    ("no mx", lines(without="mx"), {"policy-without-mx"}),
    ("MX", lines("MX: mx.d.test", without="mx"), {"policy-without-mx"}),
    ("a list of mx", lines("mx: a.test, b.test"), {"policy-mx-form"}),
    ("an address as mx", lines("mx: 192.0.2.1"), {"policy-mx-form"}),
    ("no version", lines(without="version"), {"policy-invalid"}),
    ("max_age with a unit", lines("max_age: 2w", without="max_age"), {"policy-invalid"}),
    ("no mode, no version", file("mx: a.test\r\nmax_age: 86400\r\n"), {"policy-without-mode", "policy-invalid"}),
    ("a blank line at the end", lines(""), {"policy-tolerated"}),
    ("a byte-order mark", file("\xef\xbb\xbf" + FILE), {"policy-tolerated"}),
    ("a dot at the end of mx", lines("mx: a.test."), {"policy-tolerated"}),
    ("no max_age", lines(without="max_age"), {"policy-tolerated"}),
    ("two modes", lines("mode: none"), {"policy-valid", "policy-repeats-key"}),
    ("mx twice", lines("mx: mx.d.test"), {"policy-valid", "policy-mx-twice"}),
    ("an extension", lines("colour: red"), {"policy-valid", "policy-extensions"}),
    ("a second MX, misspelt", lines("MX: b.test"), {"policy-valid", "policy-misspelt-key"}),
    ("line ends of Unix", file(FILE.replace("\r", "")), {"policy-valid", "policy-line-ends"}),
    ("max_age of two years", lines("max_age: 63115200", without="max_age"), {"max-age-too-large"}),
    ("enforce for 0 s", max_age(0), {"policy-valid", "max-age-zero"}),
    ("enforce under a day", max_age(86399), {"policy-valid", "max-age-under-a-day"}),
    ("enforce for a day", max_age(86400), {"policy-valid", "max-age-under-two-weeks"}),
    ("enforce for nearly two weeks", max_age(1209599), {"policy-valid", "max-age-under-two-weeks"}),
    ("enforce for two weeks", max_age(1209600), {"policy-valid"}),
    ("enforce for a year", max_age(31557600), {"policy-valid"}),
    ("testing under a day", max_age(86399, "testing"), {"policy-valid", "max-age-testing-short"}),
    ("testing for a day", max_age(86400, "testing"), {"policy-valid"}),
    ("none for a second", max_age(1, "none"), {"policy-valid"}),
]
