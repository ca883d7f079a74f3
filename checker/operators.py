"""Who runs a mail server, by the name that an MX record gives it.

The one rule of this file: only names whose owner says so in its own documentation; of every other server it is not
known who runs it.
"""

from dataclasses import dataclass

from checker.mta_sts.matching import covers
from checker.names import DomainName
from checker.remedies.remedy import Software


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A provider. A name is its server's if it equals, or lies under, one of ``names``.

    ``policy_patterns`` are the lines that it recommends for an MTA-STS policy; where none fits, the server's own name
    is listed. ``source`` is where the names, and the lines, were read.
    """

    name: str
    software: Software | None
    names: tuple[str, ...]
    policy_patterns: tuple[str, ...] = ()
    source: str


OPERATORS: tuple[Operator, ...] = (
    Operator(
        name="Microsoft (Exchange Online)",
        software="Exchange Online",
        names=("mail.protection.outlook.com", "mx.microsoft"),
        # One label more stands before mx.microsoft than a pattern can cover: those are listed by their own names.
        policy_patterns=("*.mail.protection.outlook.com",),
        source="https://learn.microsoft.com/purview/enhancing-mail-flow-with-mta-sts",
    ),
    Operator(
        name="Google (Google Workspace)",
        software="Google Workspace",
        names=("aspmx.l.google.com", "smtp.google.com", "googlemail.com"),
        source="https://support.google.com/a/answer/174125",
    ),
)


def operator_of(host: DomainName) -> Operator | None:
    """Whose server it is; null where its name doesn't tell."""
    return next((operator for operator in OPERATORS if any(_is_under(host, name) for name in operator.names)), None)


def policy_line(host: DomainName) -> str:
    """The pattern for a server in an MTA-STS policy: its operator's if that covers it, else its own name."""
    operator = operator_of(host)
    recommended = operator.policy_patterns if operator else ()
    return next((pattern for pattern in recommended if covers([pattern], host)), host)


def _is_under(host: str, name: str) -> bool:
    return host == name or host.endswith(f".{name}")
