"""A message ready to send to who must act, with what was seen, what to change, and how to see it."""

from collections.abc import Sequence

from checker.assessment.judged import Judged
from checker.assessment.states import DomainState
from checker.remedies.remedy import Command, Fix


def message(judged: Judged, state: DomainState, fixes: Sequence[Fix], commands: Sequence[Command]) -> str | None:
    """The message as plain text; null where nobody must act."""
    return None
