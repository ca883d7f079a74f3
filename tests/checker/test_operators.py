"""Who runs a server, by its name."""

import pytest

from checker.mta_sts.matching import matches
from checker.names import DomainName
from checker.operators import OPERATORS, operator_of, policy_line

MICROSOFT, GOOGLE = "Exchange Online", "Google Workspace"

# name, whose software, the line for it in a policy
NAMES = [
    ("example-com.mail.protection.outlook.com", MICROSOFT, "*.mail.protection.outlook.com"),
    ("example-com.h-v1.mx.microsoft", MICROSOFT, "example-com.h-v1.mx.microsoft"),
    ("aspmx.l.google.com", GOOGLE, "aspmx.l.google.com"),
    ("alt1.aspmx.l.google.com", GOOGLE, "alt1.aspmx.l.google.com"),
    ("smtp.google.com", GOOGLE, "smtp.google.com"),
    ("aspmx2.googlemail.com", GOOGLE, "aspmx2.googlemail.com"),
    ("mail.protection.outlook.com.evil.test", None, "mail.protection.outlook.com.evil.test"),
    ("notgooglemail.com", None, "notgooglemail.com"),
    ("mx1.example.com", None, "mx1.example.com"),
]


@pytest.mark.parametrize(("name", "software", "line"), NAMES)
def test_a_name_tells_its_operator(name: str, software: str | None, line: str) -> None:
    """By whole labels from the right; and the line that a policy needs for it covers it."""
    operator = operator_of(DomainName(name))
    assert (operator.software if operator else None) == software
    assert policy_line(DomainName(name)) == line
    assert matches(line, name)


def test_every_operator_has_a_source() -> None:
    """What is not written down by its owner is not known."""
    assert all(operator.source.startswith("https://") for operator in OPERATORS)
