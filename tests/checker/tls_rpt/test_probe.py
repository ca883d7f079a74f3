"""What a domain's DNS says about TLS reporting: read where it can be, and a failure where it can't."""

import pytest

from checker.names import DomainName
from checker.network.ports import Network
from checker.observation import Failed
from checker.tls_rpt.probe import look_up_record
from sandbox.resolver import Entry, TableResolver
from tests.networks import network_over

DOMAIN = DomainName("d.test")
NAME = "_smtp._tls.d.test"
RECORD = "v=TLSRPTv1; rua=mailto:tls@d.test"


def network(table: dict[str, Entry]) -> Network:
    """Only the resolver is there: a probe that touched anything else, such as an address for reports, would fail."""
    return network_over(TableResolver(table))


RECORDS: list[tuple[dict[str, Entry], str, str]] = [
    ({f"{NAME} TXT": [RECORD]}, "valid", "a record"),
    ({f"{NAME} TXT": [["v=TLSRPTv1;", " rua=https://r.test/"]]}, "valid", "strings joined"),
    ({f"{NAME} CNAME": "p.test", "p.test TXT": [RECORD]}, "valid", "an alias"),
    ({f"{NAME} TXT": ["v=TLSRPTv1;"]}, "invalid", "no address"),
    ({f"{NAME} TXT": [RECORD, RECORD]}, "invalid", "two of them"),
    ({f"{NAME} TXT": [f"{RECORD}; a={'b' * 9000}"]}, "invalid", "longer than is kept"),
    ({f"{NAME} TXT": "NODATA"}, "absent", "no TXT"),
    ({"d.test TXT": [RECORD]}, "absent", "only the domain itself has one"),
    ({}, "absent", "no such name"),
    ({f"{NAME} TXT": "TIMEOUT"}, "failed", "the resolver failed"),
    ({f"{NAME} TXT": "BOGUS"}, "failed", "DNSSEC fails"),
]


@pytest.mark.parametrize(("table", "status", "why"), RECORDS, ids=[why for *_, why in RECORDS])
async def test_record(table: dict[str, Entry], status: str, why: str) -> None:
    facts = await look_up_record(DOMAIN, network(table))
    assert (facts.status, facts.record is not None) == (status, status == "valid")
    assert isinstance(facts.answer, Failed) == (status == "failed")
