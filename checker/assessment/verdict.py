"""The verdict on a domain: its level, score, findings, deliveries and threats.

The one rule of this file: ``assess`` is a pure function, so the same facts at the same moment give the same verdict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from checker.assessment.conditions import PolicyCondition, Ticks, policy_conditions, ticks
from checker.assessment.dane_state import Dane, ServerDane
from checker.assessment.delivery import simulate
from checker.assessment.headline import headline
from checker.assessment.judged import Delivery, Judged, Threat
from checker.assessment.level import (
    Level,
    LevelInputs,
    is_provisional,
    level_inputs,
    level_of,
    minimally_sufficient,
    sts_ready,
)
from checker.assessment.policy import MtaSts
from checker.assessment.policy_catalogue import COVERAGE
from checker.assessment.reach import Reach, reach
from checker.assessment.rulebook import judge
from checker.assessment.score import grade_of, score_of
from checker.assessment.states import judge_servers
from checker.assessment.threats import threats
from checker.facts import DomainFacts
from checker.finding import Severity
from checker.names import DomainName
from checker.remedies.registry import to_paste


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What follows from the facts. ``score`` and ``grade`` are null for the levels that have no band.

    Flags are null where they could not be determined. ``findings`` are in the report's order, worst first.
    ``ticks`` are the conditions that each server meets, ``policy_ticks`` those that the policy meets, ``server_dane``
    each server's TLSA records and how its addresses stand to them.
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
    reach: Reach | None
    findings: tuple[Judged, ...]
    deliveries: tuple[Delivery, ...]
    threats: tuple[Threat, ...]
    ticks: Mapping[DomainName, Ticks]
    policy_ticks: Mapping[PolicyCondition, bool | None] = field(default_factory=dict)
    server_dane: Mapping[DomainName, ServerDane] = field(default_factory=dict)


def assess(facts: DomainFacts, past: Sequence[DomainFacts], now: datetime) -> Verdict:
    """The verdict on the facts at ``now``. ``past`` are earlier scans, for what senders may still hold."""
    state = judge_servers(facts, now, past)
    inputs = level_inputs(state)
    level = level_of(inputs)
    findings = tuple(replace(finding, to_paste=to_paste(finding, state)) for finding in judge(state))
    score = score_of(level, findings)
    return Verdict(
        level=level,
        provisional=is_provisional(inputs),
        score=score,
        grade=grade_of(level, score),
        minimally_sufficient=minimally_sufficient(state),
        sts_ready=sts_ready(state),
        mta_sts=inputs.mta_sts,
        dane=inputs.dane,
        headline=headline(state, inputs),
        first_step=first_step(inputs, findings),
        reach=reach(inputs, lifting(inputs, findings)),
        findings=findings,
        deliveries=simulate(state),
        threats=threats(state),
        ticks={server.host: ticks(server) for server in state.servers},
        policy_ticks=policy_conditions(state),
        server_dane={server.host: server.dane for server in state.servers},
    )


_LIFTING_GROUPS: dict[Level, tuple[str, ...]] = {
    "losing-mail": ("reachability", "dns"),
    "exposed": ("starttls", "tls"),
    "degraded": ("reachability", "dns"),
    "encrypted": ("certificate", "tls"),
    "testing": ("policy",),
    "ready": ("policy",),
}
_KEPT_BY_SERVERS = frozenset(entry.code for entry in COVERAGE)
_LIFTING_NOTES: dict[Level, str] = {"testing": "mta-sts-testing"}
"""What lifts the level and is no fault."""

_BESIDE_DANE = frozenset({"dane-record-unusable", "dane-kind-unmatched"})
"""Records that are at fault beside one that fits."""

_FAULTS = (Severity.CRITICAL, Severity.SERIOUS, Severity.ADVICE)


def first_step(inputs: LevelInputs, findings: Sequence[Judged]) -> str | None:
    """The remedy to begin with: one that lifts the level before one that only lifts the score. Null without any."""
    level = level_of(inputs)
    faults = [finding for finding in findings if finding.severity in _FAULTS and finding.remedy]
    worst = min(faults, key=lambda f: (not _lifts(f, inputs), _FAULTS.index(f.severity), -f.cost), default=None)
    note = next((finding for finding in findings if finding.code == _LIFTING_NOTES.get(level)), None)
    step = note or worst
    return step.remedy if step else None


def lifting(inputs: LevelInputs, findings: Sequence[Judged]) -> list[Judged]:
    """All that keeps the level down, worst first."""
    faults = [finding for finding in findings if finding.severity in _FAULTS and _lifts(finding, inputs)]
    notes = [finding for finding in findings if finding.code == _LIFTING_NOTES.get(level_of(inputs))]
    return notes + sorted(faults, key=lambda finding: (_FAULTS.index(finding.severity), -finding.cost))


def _lifts(finding: Judged, inputs: LevelInputs) -> bool:
    """Is it among what keeps the level down? Reports about TLS lift none."""
    level = level_of(inputs)
    if level == "partly-enforced" or (level == "losing-mail" and inputs.working):
        return finding.code in _KEPT_BY_SERVERS or _breaks_dane(finding, inputs)  # a promise alone is to blame
    return finding.group in _LIFTING_GROUPS.get(level, ()) and not finding.code.startswith("tls-rpt-")


def _breaks_dane(finding: Judged, inputs: LevelInputs) -> bool:
    """It says why some server does not keep to its TLSA records, or has none that count."""
    is_grave = finding.severity in (Severity.CRITICAL, Severity.SERIOUS)
    is_about_it = finding.group == "dane" and (is_grave or finding.code == "dane-partial")
    return is_about_it and finding.code not in _BESIDE_DANE and inputs.dane in ("broken", "partial")
