"""What somebody on the path between sender and server could still do, in words."""

from checker.report.document import Report
from webui.scans.presentation.marks import Mark
from webui.scans.presentation.sights import Sight

_NAMES = {
    "starttls-stripping": "Take out STARTTLS",
    "mx-forgery": "Forge the MX records",
    "mta-sts-blocking": "Hide the policy",
    "rogue-certificate": "Get a false certificate",
    "passive-capture": "Record today, decrypt later",
}


def threats(report: Report) -> tuple[Sight, ...]:
    """Each with why it is possible, stopped or unknown; what is possible first."""
    rank = {True: 0, False: 1, None: 2}
    told = sorted(report["threats"], key=lambda threat: rank[threat["exposed"]])
    return tuple(Sight(mark=_mark(threat["code"], threat["exposed"]), text=threat["why"]) for threat in told)


def _mark(code: str, exposed: bool | None) -> Mark:
    name = _NAMES.get(code, code.replace("-", " ").capitalize())
    match exposed:
        case True:
            return Mark("warn", name, "Possible")
        case False:
            return Mark("ok", name, "Stopped")
        case None:
            return Mark("unk", name, "Could not tell")
