"""Who may issue, as the report says it: restricted, open, and what nobody can tell."""

from typing import Any

import pytest

from checker.caa.facts import CaaFacts
from checker.names import DomainName
from checker.network.ports import Answer, CaaRecord
from checker.observation import PENDING, Failed, FailureKind, NotTried, Observation, Reason, Seen
from checker.report.caa import caa_section

HOST, ZONE = DomainName("mx.example.test"), DomainName("example.test")


def seen(*records: tuple[int, str, str]) -> Observation[Answer[CaaRecord]]:
    return Seen(Answer(rcode="noerror", records=tuple(CaaRecord(*record) for record in records)))


CASES: list[tuple[Observation[Any], str | None, list[str] | None]] = [
    (seen((0, "issue", "ca.test")), "restricted", ["ca.test"]),
    (seen((0, "issue", ";")), "restricted", []),
    (seen((0, "iodef", "mailto:a@example.test")), "open", None),
    (seen(), "open", None),
    (Failed(FailureKind.BOGUS, "Wrong."), "failed", None),
    (Failed(FailureKind.SERVFAIL, "No."), "failed", None),
    (Failed(FailureKind.RESOLVER_TIMEOUT, "Ours."), None, None),
    (NotTried(Reason.BEYOND_CAP, "Too deep."), None, None),
    (PENDING, None, None),
]


@pytest.mark.parametrize(("answer", "status", "issuers"), CASES)
def test_who_may_issue(answer: Observation[Any], status: str | None, issuers: list[str] | None) -> None:
    found = ZONE if isinstance(answer, Seen) and answer.value.records else None
    section = caa_section(CaaFacts(name=HOST, found_at=found, answer=answer))
    assert section is not None
    assert (section["status"], section["issuers"], section["found_at"]) == (status, issuers, found)


def test_why_it_is_not_known_stands_beside_it_and_nobody_asked_is_null() -> None:
    section = caa_section(CaaFacts(name=HOST, answer=Failed(FailureKind.BOGUS, "Wrong.")))
    assert section is not None
    assert section["error"] == "Wrong."
    assert caa_section(None) is None
