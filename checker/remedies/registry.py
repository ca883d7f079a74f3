"""What goes with each finding, by its code: the one registry of what can be pasted.

The one rule of this file: a code has its builder in exactly one module.
"""

from collections.abc import Mapping
from itertools import chain

from checker.assessment.judged import Judged
from checker.assessment.states import DomainState
from checker.remedies import caa, certificates, dane, mail_dns, policy, reporting, server_settings
from checker.remedies.builder import Builder
from checker.remedies.commands import commands
from checker.remedies.messages import message
from checker.remedies.remedy import Remedy

MODULES: tuple[Mapping[str, Builder], ...] = (
    mail_dns.FIXES,
    policy.FIXES,
    reporting.FIXES,
    server_settings.FIXES,
    certificates.FIXES,
    dane.FIXES,
    caa.FIXES,
)
FIXES: Mapping[str, Builder] = dict(chain.from_iterable(fixes.items() for fixes in MODULES))


def to_paste(judged: Judged, state: DomainState) -> Remedy:
    """The fixes, the commands that show the finding, and the message to who must act."""
    build = FIXES.get(judged.code)
    fixes = build(judged, state) if build else ()
    shown_by = commands(judged, state)
    return Remedy(fixes=fixes, commands=shown_by, message=message(judged, state, fixes, shown_by))
