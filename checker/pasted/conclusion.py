"""Is what was pasted still so? One answer from one report.

The one rule of this file: what could not be seen is never a "no longer", and what is the sender's own doing is never
held against the domain.
"""

from dataclasses import dataclass
from typing import Literal

from checker.assessment.judged import Sender
from checker.listing import joined
from checker.names import DomainName
from checker.pasted.codes import RESULT_TYPES, is_about_the_way, result_type, senders_of, sights_of_code
from checker.pasted.evidence import NO_SERVER, Evidence, Place, look
from checker.pasted.known import Entry, Sight, entries
from checker.pasted.match import Match
from checker.report.document import DeliveryEntry, Report
from checker.report.document_servers import ServerSection

type State = Literal["reproduced", "no-longer", "not-here", "unknown"]

_OWN_SETTINGS = (
    "These words are about the sender’s own settings, or about what the sender itself asked for. Nothing at the "
    "recipient’s side brings them about, so whoever runs the sending server must act."
)
_NOT_TESTED = (
    "These words are about a session that breaks off after TLS was agreed on, in software of one kind on both sides. "
    "Mailseal doesn’t test that."
)
_NO_FAILURE = "The text holds no failure that we know. What was found out about the domain stands below."
_OTHER_CODE = (
    "The code {code} isn’t about the way to the server: rather about the mailbox, the content or the sender’s "
    "reputation, which Mailseal doesn’t look at."
)
_BARE_CODE = "The code {code} alone doesn’t tell what failed. What was found out about the domain stands below."
_RUNNING = "The check still runs. The answer stands here when it is over."

_NOTHING_TO_LOOK_AT = "{domain} names no mail server now, so there is none to look at."
_ONLY_LOGGED: tuple[Sight, ...] = ("policy",)  # a sender that can't get a policy delivers without


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The answer, and why. ``sights``: what the words speak of. ``senders``: the kinds that say so.

    ``host`` is the server of the report that it is about, if it is one.
    """

    state: State
    why: str
    sights: tuple[Sight, ...] = ()
    senders: tuple[Sender, ...] = ()
    host: DomainName | None = None


def conclude(match: Match, report: Report) -> Conclusion:
    """What this report says about what was pasted."""
    entry = entries()[match.key] if match.key else None
    sights = _sights(match, entry)
    senders = entry.senders if entry else senders_of(sights)
    if entry and entry.aside == "sender":
        return Conclusion("not-here", _OWN_SETTINGS)
    if entry and entry.aside == "not-tested":
        return Conclusion("unknown", _NOT_TESTED)
    if not sights:
        return Conclusion("unknown", _why_nothing_known(match.status_code))
    if report["state"] == "running":
        return Conclusion("unknown", _RUNNING, sights, senders)
    server = _named(match.server, report) or (_at(match, report) if match.server is None else None)
    if match.server and server is None and report["mx"]["hosts"]:
        return Conclusion("not-here", _not_its_server(match.server, report), sights, senders)
    places = tuple(_place(each, match) for each in ([server] if server else report["servers"]))
    host = DomainName(server["host"]) if server else None
    seen = {sight: look(sight, report, places) for sight in sights}
    state, why = _answer(list(seen.values()))
    stops_mail = any(evidence.is_there for sight, evidence in seen.items() if sight not in _ONLY_LOGGED)
    if state == "reproduced" and stops_mail and _is_taken_all_the_same(senders, host, report):
        state, why = "no-longer", f"{why} But a sender of this kind delivers all the same now."
    if state == "unknown" and report["mx"]["status"] in NO_SERVER:
        why = _NOTHING_TO_LOOK_AT.format(domain=report["domain"])
    return Conclusion(state, f"{why}{_elsewhere(match, server)}", sights, senders, host)


def _sights(match: Match, entry: Entry | None) -> tuple[Sight, ...]:
    """What to look for: what the words mean, narrowed by the result type; without words, what the codes mean."""
    of_result = RESULT_TYPES.get(match.result_type or "", ())
    if entry is None:
        return of_result or (sights_of_code(match.status_code) if match.status_code else ())
    sights = entry.by_way.get(match.way, entry.sights)
    if match.result_type == result_type("", entry.text.result_type):
        return sights  # what the text is filed under, and says nothing more of the failure
    narrowed = tuple(sight for sight in sights if sight in of_result)
    return narrowed or sights


def _why_nothing_known(code: str | None) -> str:
    if code is None:
        return _NO_FAILURE
    return (_BARE_CODE if is_about_the_way(code) else _OTHER_CODE).format(code=code)


def _answer(seen: list[Evidence]) -> tuple[State, str]:
    there = [evidence.why for evidence in seen if evidence.is_there]
    if there:
        return "reproduced", " ".join(there)
    untold = [evidence.why for evidence in seen if evidence.is_there is None]
    gone = [evidence.why for evidence in seen if evidence.is_there is False]
    if not untold:
        return "no-longer", f"We looked, and now {joined(gone)}."
    as_far = f" As far as we could see, {joined(gone)}." if gone else ""
    return "unknown", f"We could not tell {joined(untold)}.{as_far}"


def _named(name: DomainName | None, report: Report) -> ServerSection | None:
    """The server of this name, or that is an alias of it."""
    of_name = (s for s in report["servers"] if name and name in (s["host"], *(s["cname"] or ())))
    return next(of_name, None)


def _at(match: Match, report: Report) -> ServerSection | None:
    """The server that has this address."""
    address = str(match.address)
    return next((s for s in report["servers"] if any(e["address"] == address for e in s["endpoints"])), None)


def _place(server: ServerSection, match: Match) -> Place:
    """The address that was named, if the server has it; else all of them."""
    named = tuple(e for e in server["endpoints"] if e["address"] == str(match.address))
    return Place(server, named or tuple(server["endpoints"]))


def _elsewhere(match: Match, server: ServerSection | None) -> str:
    """A word where the address that was named isn't among those of the server: a pool changes."""
    addresses = [endpoint["address"] for endpoint in server["endpoints"]] if server else []
    if match.address is None or not addresses or str(match.address) in addresses:
        return ""
    return f" The address {match.address} is not among those that were looked at."


def _not_its_server(name: DomainName, report: Report) -> str:
    hosts = report["mx"]["hosts"] or []
    them = "Its only one is" if len(hosts) == 1 else "Those are"
    now = f"{them} {joined(hosts[:3])}{' and more' if len(hosts) > 3 else ''}."
    return (
        f"{name} is not a mail server of {report['domain']} now. {now} The sender goes by DNS records that have "
        "changed since, or hands its mail to a server of its own."
    )


def _is_taken_all_the_same(senders: tuple[Sender, ...], host: DomainName | None, report: Report) -> bool:
    """Does each of these senders that comes to the server, or to the domain, hand the mail over there?"""
    deliveries = [d for d in report["deliveries"] if d["sender"] in senders and d["variant"] is None]
    ends = [end for delivery in deliveries if (end := _ends_at(delivery, host)) is not None]
    return bool(ends) and all(ends)


def _ends_at(delivery: DeliveryEntry, host: DomainName | None) -> bool | None:
    """Delivered there? Null: it doesn't come there, or that could not be told."""
    if delivery["outcome"] == "unknown":
        return None
    here = {step["action"] for step in delivery["steps"] if host is None or step["host"] == host} - {"try"}
    return None if not here else "fail" not in here and "skip" not in here
