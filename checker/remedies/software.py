"""Which mail software a finding's server runs, so that the lines to paste are for it.

The one rule of this file: a name of an operator or a greeting is a hint and no proof; without one, people get the
lines for each of the common programs.
"""

import re
from collections.abc import Iterator

from checker.assessment.judged import Judged
from checker.assessment.states import DomainState
from checker.facts import ServerFacts
from checker.observation import Seen
from checker.operators import operator_of
from checker.remedies.remedy import Setting, Software

_GREETED: tuple[tuple[re.Pattern[str], Software], ...] = (
    (re.compile(r"\bPostfix\b", re.IGNORECASE), "Postfix"),
    (re.compile(r"\bExim\b", re.IGNORECASE), "Exim"),
)
OWN: tuple[Software, ...] = ("Postfix", "Exim")


def software_of(judged: Judged, state: DomainState) -> tuple[Software, ...]:
    """What the finding's server runs, or each server's where it names none; Postfix and Exim where nothing tells."""
    concerned = [server for server in state.facts.servers if judged.subject.host in (None, server.host)]
    found = dict.fromkeys(software for server in concerned for software in _hints(server))
    return tuple(found) or OWN


def operated(software: Software, judged: Judged, state: DomainState) -> Setting:
    """What to look at where an operator runs the server, and its customer can't set anything there."""
    return _OPERATORS[software](judged.subject.host or "the server", state.facts.domain)


def _hints(server: ServerFacts) -> Iterator[Software]:
    operator = operator_of(server.host)
    if operator is not None and operator.software is not None:
        yield operator.software
        return
    for greeting in _greetings(server):
        yield from (software for pattern, software in _GREETED if pattern.search(greeting))


def _greetings(server: ServerFacts) -> Iterator[str]:
    for endpoint in server.endpoints:
        for dialogue in (endpoint.smtp, endpoint.earlier_try):
            if dialogue is not None and isinstance(dialogue.greeting, Seen):
                yield dialogue.greeting.value.quoted()


def _exchange_online(host: str, domain: str) -> Setting:
    return Setting(
        software="Exchange Online",
        where=f"Microsoft 365 admin centre: Settings > Domains > {domain} > DNS records",
        text=f"Microsoft runs {host}, and its encryption and certificate are not yours to set.\n"
        "Check that the MX record is exactly the one that this page shows. If it is, open a service request under "
        "Support > Help & support, and name the server and what was found.",
    )


def _google_workspace(host: str, domain: str) -> Setting:
    return Setting(
        software="Google Workspace",
        where=f"Google Admin console: Account > Domains > Manage domains > {domain}",
        text=f"Google runs {host}, and its encryption and certificate are not yours to set.\n"
        "Check that the MX record is `1 smtp.google.com`, or that of an older set-up: aspmx.l.google.com and its "
        "alternates alt1 to alt4. If it is, write to Google Workspace support, and name the server and what was found.",
    )


_OPERATORS = {"Exchange Online": _exchange_online, "Google Workspace": _google_workspace}
