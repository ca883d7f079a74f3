"""Who stands in which row by name: each software once, with where it was read."""

from checker.assessment.verdict import assess
from checker.facts import DomainFacts
from checker.report.build import build
from tests.dane_builders import leaf_of, own_key, records, signed_domain, with_dane
from tests.fact_builders import NOW, working
from tests.policy_builders import promising

HOST = "mx.d.test"


def named(facts: DomainFacts) -> dict[tuple[str, str | None], list[str]]:
    deliveries = build(facts, assess(facts, (), NOW), None)["deliveries"]
    assert all(real["source"] and real["date"] for one in deliveries for real in one["real_senders"])
    return {(one["sender"], one["variant"]): [real["name"] for real in one["real_senders"]] for one in deliveries}


def test_software_that_differs_is_named_in_its_own_row_alone() -> None:
    """Where the key is the pinned one and the policy lists another server, mox and Stalwart hold the mail."""
    pinned = signed_domain(with_dane(HOST, records(own_key(HOST)), working()), certificates=[leaf_of(HOST)])
    apart, alike = named(promising(pinned, "other.test")), named(promising(pinned, HOST))
    assert (apart["dane-mta-sts", "mox"], apart["dane-mta-sts", "Stalwart"]) == (["mox"], ["Stalwart"])
    assert set(alike["dane-mta-sts", None]) - set(apart["dane-mta-sts", None]) == {"mox", "Stalwart"}
    assert apart["mta-sts", None] == apart["mta-sts-cached", None] == alike["mta-sts", None]
