"""A TLS report (RFC 8460 section 4.4) that was pasted, whole or in part: who sent it, and which failure it tells.

The one rule of this file: it isn't parsed as JSON, since people paste pieces.
"""

import re
from dataclasses import dataclass

from checker.pasted.codes import RESULT_TYPES

_RESULT = re.compile(r"[\"']?result-type[\"']?:?[ ]?[\"']?([a-z-]{5,40})", re.IGNORECASE)
_KEYS = {
    ("google", "validation-failure"): "google-report-not-listed",
    ("microsoft", "sts-policy-fetch-error"): "microsoft-report-fetch",
    ("microsoft", "validation-failure"): "microsoft-report-eof",
}


@dataclass(frozen=True, slots=True)
class Reported:
    """The result type, and the known text that a report of this sender with it is. Null: it is no such thing."""

    key: str | None = None
    result_type: str | None = None


def report_says(flat: str) -> Reported:
    """What a TLS report in this text tells; nothing, if there is none."""
    kinds = (match[1].lower() for match in _RESULT.finditer(flat))
    kind = next((kind for kind in kinds if kind in RESULT_TYPES), None)
    if kind is None:
        return Reported()
    lower = flat.lower()
    key = next((key for (sender, of), key in _KEYS.items() if of == kind and sender in lower), None)
    return Reported(key, kind)
