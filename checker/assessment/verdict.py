"""The verdict on a domain: its level, score, findings, deliveries and threats.

The one rule of this file: ``assess`` is a pure function, so the same facts at the same moment give the same verdict.
"""

from dataclasses import dataclass

from checker.assessment.judged import Delivery, Judged, Threat
from checker.assessment.level import Dane, Level, MtaSts


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What follows from the facts. ``score`` and ``grade`` are null for the levels that have no band.

    Flags are null where they could not be determined. ``findings`` are in the report's order, worst first.
    """

    level: Level
    provisional: bool
    score: int | None
    grade: str | None
    minimally_sufficient: bool | None
    sts_ready: bool | None
    mta_sts: MtaSts | None
    dane: Dane | None
    headline: str
    first_step: str | None
    findings: tuple[Judged, ...]
    deliveries: tuple[Delivery, ...]
    threats: tuple[Threat, ...]
