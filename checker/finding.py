"""Findings and the catalogue entries that give them their words, severity and cost.

A rule yields a ``Finding``: a code, a subject and parameters. Everything that is the same each time the code
is raised (severity, cost, texts, who must act, reference) stands once, in the slice's ``catalogue.py``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from checker.names import DomainName, IPAddress


class Severity(StrEnum):
    """How bad it is, worst first (the order of the report)."""

    CRITICAL = "critical"
    SERIOUS = "serious"
    ADVICE = "advice"
    NOTE = "note"  # costs nothing
    GOOD = "good"
    UNKNOWN = "unknown"  # could not be told: costs nothing


class Who(StrEnum):
    """Who must act."""

    DNS = "dns"
    POLICY_HOST = "policy host"
    MAIL_SERVER = "mail server"
    SENDER = "sender"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a finding speaks of: the domain (both null), a server, or one address of it."""

    host: DomainName | None = None
    address: IPAddress | None = None


type Param = str | int | list[str]


@dataclass(frozen=True, slots=True)
class Finding:
    """One judgement. ``params`` fill the catalogue's templates; ``host`` and ``address`` are added from the subject."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)
    subject: Subject = Subject()


type Rule[F] = Callable[[F], Iterable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the catalogue says of one code.

    ``title``, ``detail`` (what it is and why it matters) and ``remedy`` are ``str.format`` templates over the
    finding's parameters; in a remedy, what is to be copied stands between backticks. ``cost`` is in points of 100,
    taken within ``group``, whose cap stands in ``assessment.score``; only critical, serious and advice may cost.
    ``requirements`` are ids of ``docs/standards.md``.
    """

    code: str
    severity: Severity
    title: str
    detail: str
    remedy: str = ""
    who: Who
    reference: str
    requirements: tuple[str, ...] = ()
    group: str = ""
    cost: int = 0
