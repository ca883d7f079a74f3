"""The table resolver answers as DNS does: absent, empty, failed, aliased and signed are told apart."""

from ipaddress import ip_address

import pytest

from checker.names import DomainName, parse_domain
from checker.network.bounds import Bounds
from checker.network.ports import Answer, MxRecord, TxtRecord
from checker.observation import Failed, FailureKind, Seen
from sandbox.resolver import Entry, TableResolver

TABLE: dict[str, Entry] = {
    "mail.test MX": [(10, "MX.mail.test."), (0, ".")],
    "mx.mail.test A": ["192.0.2.1", "192.0.2.2"],
    "mx.mail.test AAAA": ["2001:db8::1"],
    "alias.test CNAME": "second.test.",
    "second.test CNAME": "mail.test",
    "dangling.test CNAME": "gone.test",
    "one.test CNAME": "two.test",
    "two.test CNAME": "one.test",
    "a.b.deep.test A": ["192.0.2.3"],
    "said.test MX": "NXDOMAIN",
    "empty.test MX": "NODATA",
    "servfail.test MX": "SERVFAIL",
    "refused.test MX": "REFUSED",
    "timeout.test MX": "TIMEOUT",
    "bogus.test MX": "BOGUS",
    "_mta-sts.mail.test TXT": ["v=STSv1; id=1;", ["v=ST", "Sv1; ", "id=\xe9;"]],
    "_mta-sts.alias.test CNAME": "_mta-sts.mail.test",
    "_mta-sts.empty.test TXT": "NODATA",
    "_mta-sts.servfail.test TXT": "SERVFAIL",
}


async def mx(name: str, resolver: TableResolver | None = None) -> Answer[MxRecord] | FailureKind:
    found = await (resolver or TableResolver(TABLE)).look_up_mx(parse_domain(name))
    return found.failure if isinstance(found, Failed) else found.value


async def test_records_come_with_a_ttl() -> None:
    records = (MxRecord(10, DomainName("mx.mail.test")), MxRecord(0, DomainName("")))
    assert await mx("mail.test") == Answer(rcode="noerror", records=records, ttl=300)


async def test_families_are_apart() -> None:
    resolver = TableResolver(TABLE)
    four = await resolver.look_up_addresses(parse_domain("mx.mail.test"), 4)
    six = await resolver.look_up_addresses(parse_domain("mx.mail.test"), 6)
    assert isinstance(four, Seen)
    assert isinstance(six, Seen)
    assert four.value.records == (ip_address("192.0.2.1"), ip_address("192.0.2.2"))
    assert six.value.records == (ip_address("2001:db8::1"),)


async def txt(name: str) -> Answer[TxtRecord] | FailureKind:
    found = await TableResolver(TABLE).look_up_txt(DomainName(name))
    return found.failure if isinstance(found, Failed) else found.value


async def test_texts_are_whole_or_in_strings() -> None:
    """A text alone is one string; the strings of another are joined with nothing between them."""
    records = (TxtRecord(("v=STSv1; id=1;",)), TxtRecord(("v=ST", "Sv1; ", "id=\xe9;")))
    assert await txt("_mta-sts.mail.test") == Answer(rcode="noerror", records=records, ttl=300)
    assert records[1].text == "v=STSv1; id=\xe9;"
    aliased = await txt("_mta-sts.alias.test")
    assert isinstance(aliased, Answer)
    assert (aliased.records, aliased.aliases) == (records, ("_mta-sts.mail.test",))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mail.test", Answer(rcode="noerror")),
        ("_mta-sts.empty.test", Answer(rcode="noerror")),
        ("_mta-sts.nowhere.test", Answer(rcode="nxdomain")),
        ("_mta-sts.servfail.test", FailureKind.SERVFAIL),
    ],
    ids=["another type", "said so", "not in the table", "failed"],
)
async def test_no_texts(name: str, told: Answer[TxtRecord] | FailureKind) -> None:
    assert await txt(name) == told


@pytest.mark.parametrize(
    ("name", "rcode"),
    [
        ("mx.mail.test", "noerror"),
        ("b.deep.test", "noerror"),
        ("empty.test", "noerror"),
        ("said.test", "nxdomain"),
        ("nowhere.test", "nxdomain"),
        ("xmail.test", "nxdomain"),
    ],
    ids=["another type", "empty non-terminal", "said so", "said not", "not in the table", "only ends alike"],
)
async def test_empty_answers(name: str, rcode: str) -> None:
    """NODATA where the name exists, NXDOMAIN where it doesn't; neither has a TTL."""
    answer = await mx(name)
    assert isinstance(answer, Answer)
    assert (answer.rcode, answer.records, answer.ttl) == (rcode, (), None)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("servfail.test", FailureKind.SERVFAIL),
        ("refused.test", FailureKind.RESOLVER_REFUSED),
        ("timeout.test", FailureKind.RESOLVER_TIMEOUT),
        ("bogus.test", FailureKind.BOGUS),
        ("one.test", FailureKind.ALIAS_CHAIN),
    ],
)
async def test_failures(name: str, kind: FailureKind) -> None:
    assert await mx(name) == kind


async def test_aliases_are_followed_and_kept() -> None:
    answer = await mx("alias.test")
    assert isinstance(answer, Answer)
    assert answer.aliases == ("second.test", "mail.test")
    assert len(answer.records) == 2
    dangling = await mx("dangling.test")
    assert isinstance(dangling, Answer)
    assert (dangling.rcode, dangling.aliases) == ("nxdomain", ("gone.test",))


async def test_a_chain_is_bounded() -> None:
    """Two aliases are followed with a depth of two, not with one."""
    assert isinstance(await mx("alias.test", TableResolver(TABLE, bounds=Bounds(cname_depth=2))), Answer)
    assert await mx("alias.test", TableResolver(TABLE, bounds=Bounds(cname_depth=1))) == FailureKind.ALIAS_CHAIN


async def test_an_answer_is_as_secure_as_its_weakest_link() -> None:
    resolver = TableResolver(TABLE, {"": "insecure", "test": "secure", "second.test": "insecure", "said.test": "bogus"})
    assert [
        answer.security if isinstance(answer, Answer) else answer
        for answer in [await mx(name, resolver) for name in ("mail.test", "alias.test", "example.org", "said.test")]
    ] == ["secure", "insecure", "insecure", FailureKind.BOGUS]


@pytest.mark.parametrize("table", [{"a.test PTR": ["b.test"]}, {"a.test MX": "SERVFALL"}, {"a.test A": ["::1"]}])
def test_a_table_without_sense_is_refused(table: dict[str, Entry]) -> None:
    with pytest.raises(ValueError, match=r"PTR|SERVFALL|::1"):
        TableResolver(table)
