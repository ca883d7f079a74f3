"""What a sender gets: a policy only where everything round it is right, and no failure where nothing was seen."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from checker.mta_sts.published import PublishedPolicy, essence
from checker.observation import PENDING, Failed, FailureKind, NotTried, Reason, Seen
from tests.fact_builders import DNS_IS_DOWN, NOW, certificate, expired
from tests.sts_builders import FILE, HOST, A, B, addresses, published, response, stopped, visit

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "sts_fetch.json").read_text("utf-8")
)["vectors"]
CERTIFICATES = {
    "valid": certificate(HOST),
    "wildcard *.example.com": certificate(HOST, names=("*.d.test",)),
    "name-mismatch": certificate(HOST, names=("www.d.test",), matches=()),
}
KILOBYTES_64 = 65536


def of_vector(given: dict[str, Any]) -> PublishedPolicy:
    """A vector as facts: what the policy client makes of such a host."""
    body = given["body"].ljust(given.get("body_bytes", 0), "\n")
    response_ = response(
        given["body"] if len(body) <= KILOBYTES_64 else body[:KILOBYTES_64],
        given["status"],
        given["content_type"],
        is_cut=len(body) > KILOBYTES_64,
        location=given.get("location"),
        cache_control=given.get("http_cache_control"),
    )
    is_late = given.get("timeout_s", 0) > 60
    made = stopped("response", Failed(FailureKind.TIMEOUT, "It took too long.")) if is_late else visit(response_)
    return published(made, certificates=[CERTIFICATES[given["cert"]]])


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_vector(vector: dict[str, Any]) -> None:
    """All of them hold, the disputed ones as the RFC reads: a SHOULD of the sender's is what a careful one does."""
    fetch, expected = of_vector(vector["input"]).fetch, vector["expect"]
    assert (fetch.policy is not None) is expected["usable"]
    assert fetch.result_type == expected.get("tlsrpt")
    assert (fetch.status == "valid") is expected["usable"]
    if "mode" in expected:
        assert fetch.policy is not None
        assert fetch.policy.mode == expected["mode"]


def test_all_vectors_are_here() -> None:
    assert len(VECTORS) == 39
    assert sum(vector["disputed"] for vector in VECTORS) == 2


NO_HOST = published(visits=(), ipv4=addresses((), 4), ipv6=addresses((), 6))
NO_HOST_NO_RECORD = published(record=None, visits=(), ipv4=addresses((), 4), ipv6=addresses((), 6))
REFUSED = Failed(FailureKind.REFUSED, "It refused.")
LATE = Failed(FailureKind.DEADLINE, "Time was up.")

# what the facts are, status of the fetch, result type
STATUSES: list[tuple[str, PublishedPolicy, str, str | None]] = [
    ("all well", published(), "valid", None),
    ("a file without a record", published(record=None), "valid", None),
    ("neither", NO_HOST_NO_RECORD, "absent", None),
    ("no record, and a page that is not there", published(visit(response("", 404)), record=None), "absent", None),
    ("no record, and a page for people", published(visit(response("<html>", 200)), record=None), "absent", None),
    (
        "no record, and a broken file",
        published(visit(response("version: STSv1\n")), record=None),
        "invalid",
        "sts-policy-invalid",
    ),
    ("a record without a host", NO_HOST, "unfetchable", "sts-policy-fetch-error"),
    (
        "a record that is none, and 404",
        published(visit(response("", 404)), record="v=STSv1"),
        "unfetchable",
        "sts-policy-fetch-error",
    ),
    ("refused", published(stopped("connect", REFUSED)), "unfetchable", "sts-policy-fetch-error"),
    ("one address refuses", published(stopped("connect", REFUSED), visit(address=B)), "valid", None),
    (
        "an address that is not public",
        published(visit(not_tried=NotTried(Reason.BLOCKED_ADDRESS), response=PENDING)),
        "unfetchable",
        "sts-policy-fetch-error",
    ),
    (
        "no TLS",
        published(stopped("handshake", Failed(FailureKind.HANDSHAKE, "No."))),
        "unfetchable",
        "sts-policy-fetch-error",
    ),
    ("only old TLS", published(visit(handshake=Seen("TLSv1.1"))), "unfetchable", "sts-policy-fetch-error"),
    ("our time was up", published(stopped("connect", LATE)), "unknown", None),
    (
        "one refuses, one was not asked",
        published(stopped("connect", REFUSED), stopped("connect", LATE, B)),
        "unknown",
        None,
    ),
    ("still asking", published(stopped("connect", PENDING)), "unknown", None),
    ("addresses known, nobody asked yet", published(visits=()), "unknown", None),
    ("addresses not known yet", published(visits=(), ipv4=PENDING, ipv6=PENDING), "unknown", None),
    ("DNS is down for the host", published(visits=(), ipv4=DNS_IS_DOWN, ipv6=DNS_IS_DOWN), "unknown", None),
    (
        "the host's alias has no end",
        published(visits=(), ipv4=Failed(FailureKind.ALIAS_CHAIN, "It circles."), ipv6=addresses((), 6)),
        "unfetchable",
        "sts-policy-fetch-error",
    ),
    ("no fetch at all", published(visits=(), not_tried=NotTried(Reason.DEADLINE, "Time was up.")), "unknown", None),
    ("DNS is down for the record, no file", published(visit(response("", 404)), record=DNS_IS_DOWN), "unknown", None),
    ("DNS is down for the record, and a file", published(record=DNS_IS_DOWN), "valid", None),
    ("record and host pending", published(record=PENDING, visits=(), ipv4=PENDING, ipv6=PENDING), "unknown", None),
    ("expired", published(certificates=[expired(HOST)]), "unfetchable", "sts-webpki-invalid"),
    (
        "not yet valid",
        published(certificates=[certificate(HOST, not_before=NOW + timedelta(days=1))]),
        "unfetchable",
        "sts-webpki-invalid",
    ),
    ("untrusted", published(certificates=[certificate(HOST, trusted=False)]), "unfetchable", "sts-webpki-invalid"),
    ("trust not judged", published(certificates=[certificate(HOST, trusted=None)]), "unknown", None),
    (
        "unreadable",
        published(certificates=[certificate(HOST, error="It is none.")]),
        "unfetchable",
        "sts-webpki-invalid",
    ),
    ("no certificate", published(visit(chain=None)), "unfetchable", "sts-webpki-invalid"),
    ("a certificate that got lost", published(certificates=[]), "unknown", None),
    (
        "expired, and a broken file",
        published(visit(response("x")), certificates=[expired(HOST)]),
        "unfetchable",
        "sts-webpki-invalid",
    ),
    ("cut", published(visit(response(is_cut=True))), "unfetchable", "sts-policy-fetch-error"),
    ("a broken file", published(visit(response("mode: enforce\n"))), "invalid", "sts-policy-invalid"),
    ("no media type", published(visit(response(content_type=None))), "valid", None),
]


@pytest.mark.parametrize(("name", "given", "status", "result_type"), STATUSES, ids=[case[0] for case in STATUSES])
def test_status(name: str, given: PublishedPolicy, status: str, result_type: str | None) -> None:
    """What was not seen is unknown; what nobody publishes is absent; only what the host did is a failure."""
    fetch = given.fetch
    assert (fetch.status, fetch.result_type) == (status, result_type)
    assert (fetch.policy is not None) is (status == "valid"), name
    assert fetch.why.endswith(".")


LENIENT = [
    ("a blank line at the end", published(visit(response(FILE + "\r\n"))), True),
    ("served as a web page", published(visit(response(content_type="text/html"))), True),
    ("all well", published(), True),
    ("mode missing", published(visit(response("version: STSv1\nmx: a.test\nmax_age: 86400\n"))), False),
    ("a blank line, but expired", published(visit(response(FILE + "\r\n")), certificates=[expired(HOST)]), False),
    ("a blank line, but 404", published(visit(response(FILE + "\r\n", 404))), False),
]


@pytest.mark.parametrize(("name", "given", "is_read"), LENIENT, ids=[case[0] for case in LENIENT])
def test_lenient_senders(name: str, given: PublishedPolicy, is_read: bool) -> None:
    """They overlook tolerated defects and the media type, and nothing of the connection."""
    assert (given.fetch.lenient_policy is not None) is is_read, name


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("text/plain", "text/plain"),
        ("TEXT/Plain ; charset=utf-8", "text/plain"),
        (" text/plain", "text/plain"),
        ("text/plain+", "text/plain+"),
        ("; charset=utf-8", None),
    ],
)
def test_essence(header: str | None, expected: str | None) -> None:
    """The media type alone, without parameters and without case."""
    assert essence(header) == expected


def test_the_address_that_answers_counts() -> None:
    """The first with status 200, whatever came before it."""
    given = published(visit(response("", 500), A), visit(address=B))
    assert given.fetch.status == "valid"
