"""Mail that a real Postfix sends, at four levels and with MTA-STS policies, ends as Mailseal says that it will."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.deliveries import KEPT, Row, compare, in_words
from tests.real import delivery_lab
from tests.real.delivery_cases import DOMAINS
from tests.real.delivery_differences import DIFFERENCES, ON_SECOND_TRY, WITHOUT_WORDS
from tests.real.delivery_lab import LEVELS, cases

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def rows(folder: Path) -> Mapping[tuple[str, str], Row]:
    """Every domain at every level: sent, scanned, and side by side."""
    with delivery_lab.running(folder / "deliveries") as lab:
        return {(row.domain, row.level): row for row in compare(lab, tuple(DOMAINS))}


@pytest.mark.parametrize("domain", DOMAINS)
def test_postfix_does_as_simulated(rows: Mapping[tuple[str, str], Row], domain: str) -> None:
    """Outcome, status code and server are those of the report at every level, but for what is known and explained."""
    compared = [rows[case] for case in cases([domain])]
    assert not [in_words(row) for row in compared if row.agrees == ((domain, row.level) in DIFFERENCES)]


@pytest.mark.parametrize("domain", [name for name, domain in DOMAINS.items() if domain.later is not None])
def test_a_policy_is_kept_as_simulated(rows: Mapping[tuple[str, str], Row], domain: str) -> None:
    """The file changes under the same id: the real one goes by what it has, as the report says of such senders."""
    first, second = rows[domain, "mta-sts"], rows[domain, KEPT]
    assert second.agrees, in_words(second)
    assert first.real == second.real


def test_the_report_quotes_what_postfix_says(rows: Mapping[tuple[str, str], Row]) -> None:
    """Of mail that isn't delivered, word for word, with names, addresses and the server's own reply."""
    failed = {case: row for case, row in rows.items() if row.simulated.code and row.real.code}
    assert {case for case, row in failed.items() if row.said not in row.words} == set(WITHOUT_WORDS)


def test_a_second_try_ends_like_the_first(rows: Mapping[tuple[str, str], Row]) -> None:
    """But where it is Postfix's own way to wait before it goes on in clear text."""
    assert {case for case, row in rows.items() if row.first != row.real} == set(ON_SECOND_TRY)


def test_every_end_was_met(rows: Mapping[tuple[str, str], Row]) -> None:
    """The domains are diverse enough: at each level Postfix delivered, deferred and refused."""
    for level in LEVELS:
        ends = {row.real.outcome for (_, at), row in rows.items() if at == level}
        assert {"deferred", "refused"} < ends
        assert ends & {"authenticated", "encrypted"}
