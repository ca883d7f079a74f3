"""What builds a fix: a function of the finding and of all that was seen. Below every module that has some."""

from collections.abc import Callable

from checker.assessment.judged import Judged
from checker.assessment.states import DomainState
from checker.remedies.remedy import Fix

type Builder = Callable[[Judged, DomainState], tuple[Fix, ...]]
