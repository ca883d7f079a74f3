"""CAA properties, as RFC 8659 sections 3 and 4 have them, and what they allow together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.caa.allowed import may_issue, properties
from checker.caa.authorities import AUTHORITIES, authority_of
from checker.caa.facts import CaaFacts
from checker.caa.record import read
from checker.names import DomainName
from checker.network.ports import Answer, CaaRecord
from checker.observation import Failed, FailureKind, Seen

NAME = DomainName("mx.mail.test")

# value of an issue property, the issuer, its parameters, whether it is well formed
VALUES = [
    ("ca.test", "ca.test", (), True),
    ("CA.Test", "ca.test", (), True),
    (" \tca.test ", "ca.test", (), True),
    (";", "", (), True),
    ("", "", (), True),
    ("ca.test;", "ca.test", (), True),
    ("ca.test; account=230123", "ca.test", (("account", "230123"),), True),
    ("ca.test;a=1 ; b=", "ca.test", (("a", "1"), ("b", "")), True),
    ("; policy=ev", "", (("policy", "ev"),), True),
    ("%%%%%", "", (), False),
    ("-ca.test", "", (), False),
    ("ca_x.test", "", (), False),
    ("ca.test other.test", "", (), False),
    ("ca.test; unfinished", "", (), False),
    ("ca.test; a=b c", "", (), False),
    ("ca.test;;a=1", "", (), False),
    ("“ca.test”", "", (), False),
]


@pytest.mark.parametrize(("value", "issuer", "parameters", "is_well_formed"), VALUES)
def test_issue(value: str, issuer: str, parameters: tuple[tuple[str, str], ...], is_well_formed: bool) -> None:
    """What is malformed allows nobody (section 4.2)."""
    found = read(CaaRecord(0, "issue", value))
    assert (found.issuer, found.parameters, found.fault is None) == (issuer, parameters, is_well_formed)


def facts(*records: tuple[int, str, str]) -> CaaFacts:
    answer = Answer(rcode="noerror", records=tuple(CaaRecord(*record) for record in records))
    return CaaFacts(name=NAME, found_at=NAME if records else None, answer=Seen(answer))


LONGEST = ".".join(["a" * 63] * 3 + ["a" * 61])

SETS = [
    ("nothing there", (), None),
    ("one", ((0, "issue", "ca.test"),), ("ca.test",)),
    (
        "two, one twice",
        ((0, "issue", "ca.test"), (0, "ISSUE", "b.test"), (0, "issue", "CA.test")),
        ("ca.test", "b.test"),
    ),
    ("nobody", ((0, "issue", ";"),), ()),
    ("nobody, and one", ((0, "issue", ";"), (0, "issue", "ca.test")), ("ca.test",)),
    ("a name as long as names can be", ((0, "issue", LONGEST),), (LONGEST,)),
    ("longer than any name", ((0, "issue", f"{LONGEST}a"),), ()),
    ("malformed alone", ((0, "issue", "%%"),), ()),
    ("for wildcards alone", ((0, "issuewild", "ca.test"),), None),
    ("whom to tell alone", ((0, "iodef", "mailto:a@b.test"),), None),
    ("an unknown tag", ((0, "tbs", "x"), (0, "issue", "ca.test")), ("ca.test",)),
    ("an unknown tag, critical", ((128, "tbs", "x"), (0, "issue", "ca.test")), ()),
    ("a known tag, critical", ((128, "issue", "ca.test"),), ("ca.test",)),
    ("for mail certificates, critical", ((128, "issuemail", ";"),), None),
    ("reserved flags", ((1, "tbs", "x"), (0, "issue", "ca.test")), ("ca.test",)),
]


@pytest.mark.parametrize(("name", "records", "allowed"), SETS, ids=[case[0] for case in SETS])
def test_may_issue(name: str, records: tuple[tuple[int, str, str], ...], allowed: tuple[str, ...] | None) -> None:
    assert may_issue(facts(*records)) == allowed, name


def test_what_is_not_known_is_not_free() -> None:
    unknown = CaaFacts(name=NAME, answer=Failed(FailureKind.SERVFAIL))
    assert (may_issue(unknown), properties(unknown)) == (None, None)
    assert properties(facts()) == ()


@given(st.integers(0, 255), st.text(st.characters(max_codepoint=255)), st.text(st.characters(max_codepoint=255)))
def test_any_octets(flags: int, tag: str, value: str) -> None:
    """Nothing raises, and what an issue property allows is a domain name or nobody."""
    found = read(CaaRecord(flags, tag, value))
    assert (found.issuer is not None) == (tag.lower() in ("issue", "issuewild"))
    allowed = may_issue(facts((flags, tag, value)))
    assert allowed is None or all(issuer.isascii() and ";" not in issuer for issuer in allowed)


ISSUERS = [
    ("CN=R11,O=Let's Encrypt,C=US", "letsencrypt.org"),
    ("CN=Go Daddy Secure Certificate Authority - G2,O=GoDaddy.com\\, Inc.,L=Scottsdale", "godaddy.com"),
    ("O=Amazon,CN=x", "amazon.com"),
    ("CN=O=Amazon", None),
    ("CN=Fake\\,O=Amazon", None),
    ("CN=fake ca", None),
    ("", None),
]


@pytest.mark.parametrize(("issuer", "domain"), ISSUERS)
def test_authorities(issuer: str, domain: str | None) -> None:
    """By the organisation alone; nobody is taken for another through what stands in a common name."""
    found = authority_of(issuer)
    assert (found.domains[0] if found else None) == domain


def test_authorities_are_distinct() -> None:
    """Each with its source, and no organisation twice."""
    organisations = [name for authority in AUTHORITIES for name in authority.organisations]
    assert len(organisations) == len(set(organisations))
    assert all(authority.source.startswith("https://") for authority in AUTHORITIES)
