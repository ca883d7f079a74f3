"""The levels as a page shows them: tone, seal and rung of the ladder.

What a level is called, what it means and where its band lies is decided in ``checker.assessment``; here are only its
looks.
"""

from dataclasses import dataclass

from checker.assessment import level as assessment
from checker.assessment.headline import TITLES
from checker.assessment.score import BANDS
from webui.scans.presentation.marks import Seal, Tone, Wax


@dataclass(frozen=True, slots=True)
class Level:
    """One level. ``letter`` is its grade without what the number adds, empty where it has none."""

    code: str
    name: str
    tone: Tone
    wax: Wax
    letter: str = ""
    low: int = 0
    high: int = 0
    rung: str = ""


def _rung(code: assessment.Level, tone: Tone, wax: Wax, letter: str, rung: str) -> Level:
    band = BANDS[code]
    return Level(code, TITLES[code], tone, wax, letter, band.least, band.most, rung)


LADDER = (  # lowest first
    _rung("losing-mail", "bad", "bad", "F", "Some senders cannot deliver."),
    _rung("exposed", "bad", "bad", "F", "Mail may travel in clear text."),
    _rung("degraded", "warn", "mid", "D-", "A server is down."),
    _rung("encrypted", "warn", "mid", "D", "But to a server nobody checked."),
    _rung("partly-enforced", "warn", "mid", "C", "Some servers keep the promise."),
    _rung("ready", "ok", "good", "B", "Servers prove who they are."),
    _rung("testing", "ok", "good", "B+", "Insisting is on trial."),
    _rung("enforced", "ok", "good", "A", "Checked, and insisted on."),
)
NO_MAIL = Level("no-mail", TITLES["no-mail"], "na", "unk")
INCONCLUSIVE = Level("inconclusive", TITLES["inconclusive"], "unk", "unk")
_BY_CODE = {level.code: level for level in (*LADDER, NO_MAIL, INCONCLUSIVE)}
_NO_MAIL_NAMES = {"nxdomain": "No such domain", "none": "No mail server"}


def level_of(code: str) -> Level:
    """The level with this code. A level that this page doesn't know yet looks inconclusive, under its own name."""
    return _BY_CODE.get(code) or Level(code, code.replace("-", " ").capitalize(), "unk", "unk")


def level_name(level: Level, mx_status: str | None) -> str:
    """The level's name on the page: ``no-mail`` has three kinds."""
    return _NO_MAIL_NAMES.get(mx_status or "", level.name) if level is NO_MAIL else level.name


def typographic(grade: str) -> str:
    """``D−`` with a real minus."""
    return grade.replace("-", "−")


def seal_of(level: Level, name: str, grade: str | None) -> Seal:
    """The seal of a verdict. Whole ones (A and B) carry the name round the rim."""
    grade = grade or level.letter
    if not grade:
        return Seal("seal-none" if level is NO_MAIL else "seal-unknown", level.wax, f"No grade, {name}")
    symbol = "seal-" + grade.lower().replace("+", "-plus") if "+" in grade else "seal-" + grade.lower()
    symbol = symbol.removesuffix("-") + ("-minus" if grade.endswith("-") else "")
    rim = name.upper() if level.wax == "good" else ""
    return Seal(symbol, level.wax, f"Grade {typographic(grade)}, {name}", rim)
