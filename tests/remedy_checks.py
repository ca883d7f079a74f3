"""Whether a fix does what it is for: carried out in a small world, its finding is gone and mail fares no worse."""

from collections.abc import Sequence

from checker.assessment.states import judge_servers
from checker.assessment.verdict import Verdict, assess
from checker.facts import DomainFacts
from checker.finding import Severity
from checker.mta_sts.policy import parse_policy
from checker.mta_sts.record import parse_record as parse_sts_record
from checker.remedies.registry import to_paste
from checker.remedies.remedy import DnsRecord, Fix, PolicyFile, Remedy
from checker.tls_rpt.record import parse_record as parse_reporting_record
from tests.fact_builders import NOW
from tests.remedy_world import World, mended, seen

LEVELS = ("losing-mail", "exposed", "degraded", "encrypted", "partly-enforced", "ready", "testing", "enforced")
WORST = (Severity.CRITICAL, Severity.SERIOUS)


async def remedy_of(code: str, world: World, past: Sequence[DomainFacts] = ()) -> tuple[Verdict, Remedy]:
    """What goes with the finding, which this world has to raise; and the verdict."""
    facts = await seen(world)
    verdict = assess(facts, past, NOW)
    raised = {finding.code: finding for finding in reversed(verdict.findings)}
    assert code in raised, f"not raised, but {sorted(raised)}"
    return verdict, to_paste(raised[code], judge_servers(facts, NOW, past))


async def check_mended(code: str, world: World, want: str, past: Sequence[DomainFacts] = ()) -> World:
    """The fixes begin as wanted and are well-formed; with them the finding is gone, nothing as bad or worse came,
    and the level is not lower. Gives the world as it then is.
    """
    before, remedy = await remedy_of(code, world, past)
    assert told(remedy.fixes).startswith(told_start(want)), told(remedy.fixes)
    check_well_formed(remedy.fixes)
    after_world = mended(world, remedy.fixes)
    after = assess(await seen(after_world), past, NOW)
    assert code not in {finding.code for finding in after.findings}
    assert rank(after) >= rank(before)
    new = {f.code for f in after.findings if f.severity in WORST} - {f.code for f in before.findings}
    assert not new
    return after_world


def check_well_formed(fixes: Sequence[Fix]) -> None:
    """Our own parsers find nothing wrong in what is to be published."""
    for fix in fixes:
        match fix:
            case DnsRecord(rdtype="TXT", is_removal=False):
                parse = parse_reporting_record if fix.name.startswith("_smtp._tls.") else parse_sts_record
                record, defects = parse(fix.value)
                assert record is not None
                assert not defects
            case PolicyFile():
                parsed = parse_policy(fix.body)
                assert parsed.policy is not None
                assert not parsed.defects
                assert fix.body.count("\r\n") == fix.body.count("\n")
            case _:
                pass
        if not isinstance(fix, DnsRecord) or not fix.is_removal:
            assert _marked(fix) in _value(fix)


def told(fixes: Sequence[Fix]) -> str:
    """``+`` for a record to add, ``-`` for one to remove, a file by its lines between slashes."""
    return ", ".join(map(_told, fixes))


def told_start(want: str) -> str:
    """What stands in angle brackets is left out."""
    return ", ".join(part.partition("<")[0] for part in want.split(", "))


def rank(verdict: Verdict) -> int:
    """The higher the better. No mail and no view are compared with nothing."""
    return LEVELS.index(verdict.level) if verdict.level in LEVELS else -1


def _told(fix: Fix) -> str:
    match fix:
        case DnsRecord():
            return f"{'-' if fix.is_removal else '+'} {fix.rdtype} {fix.value.partition('<')[0]}"
        case PolicyFile():
            return "/".join(fix.body.split("\r\n")[1:-1])
    return fix.where


def _value(fix: Fix) -> str:
    return fix.value if isinstance(fix, DnsRecord) else fix.body if isinstance(fix, PolicyFile) else fix.text


def _marked(fix: Fix) -> str:
    return fix.marked if isinstance(fix, DnsRecord | PolicyFile) else ""
