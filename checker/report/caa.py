"""The sections on CAA: who may issue certificates for a name.

The one rule of this file: that everybody may is said only where the records were seen, or seen to be none.
"""

from typing import Literal

from checker.caa.allowed import may_issue
from checker.caa.facts import CaaFacts
from checker.observation import Failed, NotTried, Seen
from checker.report.document_policies import CaaSection


def caa_section(facts: CaaFacts | None) -> CaaSection | None:
    """Of one name. Failed: by what authorities meet too, so that none may issue (RFC 8659 section 3)."""
    if facts is None:
        return None
    issuers = may_issue(facts)
    return {
        "status": _status(facts, is_restricted=issuers is not None),
        "found_at": facts.found_at,
        "issuers": None if issuers is None else list(issuers),
        "error": facts.answer.detail if isinstance(facts.answer, Failed | NotTried) and facts.answer.detail else None,
    }


def _status(facts: CaaFacts, *, is_restricted: bool) -> Literal["restricted", "open", "failed"] | None:
    match facts.answer:
        case Seen():
            return "restricted" if is_restricted else "open"
        case Failed() as failed:
            return "failed" if failed.meets_everybody else None
        case _:
            return None
