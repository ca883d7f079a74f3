"""What each kind of sender will do, worst first; those that only we could not see share calm rows at the end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from checker.report.document import DeliveryEntry, MessageEntry, Report, StepEntry
from webui.scans.presentation.marks import Mark
from webui.scans.presentation.sender_kinds import RealSender, Who, every_sender, key, who
from webui.scans.presentation.times import counted

_STEPS_SHOWN = 4
_PRINTS_SHOWN = 2

_WORST_FIRST = ("refused", "deferred", "plaintext", "encrypted", "authenticated", "unknown")
_OUTCOMES = {
    "authenticated": Mark("ok", "Arrives, verified", icon="sealed"),
    "encrypted": Mark("warn", "Arrives, encrypted", icon="closed"),
    "plaintext": Mark("bad", "Arrives in clear text", icon="postcard"),
    "deferred": Mark("bad", "Waits, then bounces", icon="wait"),
    "refused": Mark("bad", "Bounces at once"),
}
_BEST_DOWN = "best-down"
_NOBODY_LEFT: StepEntry = {"host": None, "address": None, "action": "fail", "why": "No server is left to try."}
_UNKNOWN = Mark("unk", "Could not tell")
# The enhanced status codes (RFC 3463, RFC 7505, RFC 8461) that our senders end with, in plain words.
_CODES = {
    "4.3.2": "the server says “not now”",
    "4.4.1": "no connection",
    "4.4.2": "the connection was lost",
    "4.4.3": "DNS gave no usable answer",
    "4.7.4": "no TLS, where it is required",
    "4.7.5": "TLS failed, or the server could not be verified",
    "5.1.2": "no such domain",
    "5.1.10": "the domain takes no mail",
    "5.4.4": "no server to send to",
}
# Result types of TLS reports (RFC 8460 section 4.3), in plain words.
_RESULTS = {
    "starttls-not-supported": "a server does not offer TLS",
    "certificate-host-mismatch": "a server’s certificate is for another name",
    "certificate-expired": "a server’s certificate has expired",
    "certificate-not-trusted": "no trusted authority vouches for a server’s certificate",
    "dane-required": "the sender insists on DANE, and the domain has none that counts",
    "tlsa-invalid": "a server’s certificate fits none of its TLSA records",
    "dnssec-invalid": "the signatures of a DNS answer don’t hold",
    "validation-failure": "TLS fails, or a server is not the one that the policy lists",
    "sts-policy-fetch-error": "the policy file can’t be fetched",
    "sts-policy-invalid": "the policy file has a fault",
    "sts-webpki-invalid": "the certificate of the policy’s web server is not accepted",
}
_HAVE_POLICIES = {"mta-sts", "mta-sts-cached", "dane-mta-sts"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prints:
    """What the sender prints: words verbatim with the software's name and their source, or the code with what it
    means."""

    words: str
    meaning: str = ""
    software: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRow:
    """A kind of sender, by the names of those that are known.

    ``real`` is who is behind the names. ``does`` is what it does, server by server; ``after`` the code of the final
    bounce; ``report`` what a TLS report of it says, with the reason when nobody gets one. ``senders`` are the kinds
    that share the row, as the report has them.
    """

    name: str
    kind: str
    outcome: Mark
    does: tuple[str, ...]
    senders: tuple[str, ...] = ()
    prints: tuple[Prints, ...] = ()
    after: str = ""
    report: Prints | None = None
    nothing: str = "Nothing unusual"
    real: tuple[RealSender, ...] = ()

    @property
    def prints_first(self) -> tuple[Prints, ...]:
        """What is shown at once."""
        return self.prints[:_PRINTS_SHOWN]

    @property
    def prints_more(self) -> tuple[Prints, ...]:
        """What is folded away."""
        return self.prints[_PRINTS_SHOWN:]


@dataclass(frozen=True, slots=True, kw_only=True)
class BestDown:
    """What would happen if the servers that are tried first did not answer."""

    hosts: tuple[str, ...]
    rows: tuple[SenderRow, ...]


def sender_rows(report: Report) -> tuple[SenderRow, ...]:
    """The rows of the table. What happens with the best server down stands elsewhere."""
    return _rows([d for d in report["deliveries"] if d["variant"] != _BEST_DOWN], report)


def best_down(report: Report) -> BestDown | None:
    """Null where there is no server behind the best."""
    deliveries = [d for d in report["deliveries"] if d["variant"] == _BEST_DOWN]
    if not deliveries:
        return None
    least = min(server["preference"] for server in report["servers"])
    hosts = tuple(server["host"] for server in report["servers"] if server["preference"] == least)
    return BestDown(hosts=hosts, rows=_rows([_beyond(delivery, hosts) for delivery in deliveries], report))


def _beyond(delivery: DeliveryEntry, hosts: tuple[str, ...]) -> DeliveryEntry:
    """Without what is said of each of these: that they are supposed to be down stands above all rows."""
    steps = [step for step in delivery["steps"] if step["host"] not in hosts]
    return {**delivery, "steps": steps or [_NOBODY_LEFT]}


def _rows(deliveries: list[DeliveryEntry], report: Report) -> tuple[SenderRow, ...]:
    known = [d for d in deliveries if d["outcome"] in _OUTCOMES]
    known.sort(key=lambda d: _WORST_FIRST.index(d["outcome"]))
    unknown = [d for d in deliveries if d["outcome"] not in _OUTCOMES]
    together = "Every sender" if not known else f"{counted(len(unknown), 'kind')} of sender"
    rows = _alike_together(known, report, is_all=not unknown)
    return (*_without_repeats(rows), *_could_not_tell(unknown, together))


def rows_at(host: str, report: Report) -> tuple[SenderRow, ...]:
    """What each kind of sender does at one server, alike ones together. Empty where none comes to it."""
    alike: dict[tuple[str, ...], list[DeliveryEntry]] = {}
    for delivery in report["deliveries"]:
        steps = [step for step in delivery["steps"] if step["host"] == host]
        if delivery["variant"] != _BEST_DOWN and steps:
            alike.setdefault(tuple(_does({**delivery, "steps": steps})), []).append(delivery)
    rows = []
    for does, deliveries in alike.items():
        them = who(deliveries, f"{len(deliveries)} kinds of sender")
        outcomes = {d["outcome"] for d in deliveries}
        outcome = _OUTCOMES.get(outcomes.pop(), _UNKNOWN) if len(outcomes) == 1 else Mark("not", "Differs")
        rows.append(SenderRow(name=them.name, kind=them.kind, outcome=outcome, does=does, real=them.real))
    return tuple(rows)


def _alike_together(deliveries: list[DeliveryEntry], report: Report, *, is_all: bool) -> list[SenderRow]:
    """One row for all that fare wholly alike, in what they do and in what they print."""
    alike: dict[SenderRow, list[DeliveryEntry]] = {}
    for delivery in deliveries:
        alike.setdefault(_row(delivery, report), []).append(delivery)
    if is_all and len(alike) == 1 and len(deliveries) > 1:
        return [_by(row, deliveries, every_sender(deliveries)) for row in alike]
    return [_by(row, them, who(them, f"{len(them)} kinds of sender")) for row, them in alike.items()]


def _by(row: SenderRow, deliveries: list[DeliveryEntry], them: Who) -> SenderRow:
    senders = tuple(key(delivery) for delivery in deliveries)
    prints = tuple(sorted(row.prints, key=lambda printed: not _is_among(printed.software, them)))
    return replace(row, name=them.name, kind=them.kind, real=them.real, senders=senders, prints=prints)


def _is_among(software: str, them: Who) -> bool:
    """The words of those that a row names come first in it."""
    maker = re.split(r"[ ,+]", software)[0]  # as in “Postfix (older), 4.7.5”
    return any(real.name.startswith(maker) for real in them.real)


def _without_repeats(rows: list[SenderRow]) -> Iterator[SenderRow]:
    """A long walk that is the one of the row above isn't told again."""
    for before, row in zip([None, *rows], rows, strict=False):
        is_told = before is not None and before.does == row.does and len(row.does) > 1
        yield replace(row, does=("The same.",)) if is_told else row


def _row(delivery: DeliveryEntry, report: Report) -> SenderRow:
    """How it fares, without its name."""
    code = delivery["status_code"]
    codes = [Prints(words=code, meaning=_CODES.get(code, ""))] if code else []
    messages = [_printed(message) for message in delivery["messages"]]
    return SenderRow(
        name="",
        kind="",
        outcome=_outcome(delivery["outcome"], report),
        does=(*_before(delivery, report), *_does(delivery)) or ("Nothing more is known.",),
        prints=tuple(messages or codes),
        after=(delivery["final_status_code"] or "") if delivery["outcome"] == "deferred" else "",
        report=_reported(delivery["result_type"], report),
    )


def _printed(message: MessageEntry) -> Prints:
    software = ", ".join(filter(None, (message["software"], message["code"])))
    return Prints(words=message["text"], software=software, source=message["source"])


def _reported(result_type: str | None, report: Report) -> Prints | None:
    if result_type is None:
        return None
    meaning = _RESULTS.get(result_type, "")
    is_read = report["tls_rpt"]["status"] != "absent"
    return Prints(words=result_type, meaning=meaning if is_read else f"{meaning}; but the domain asks for no reports")


def _outcome(outcome: str, report: Report) -> Mark:
    mark = _OUTCOMES[outcome]
    if outcome == "refused" and report["mx"]["status"] == "null-mx":
        return Mark("na", mark.words)  # as the domain wishes
    if outcome == "encrypted" and report["verdict"] and report["verdict"]["level"] == "enforced":
        return Mark("ok", mark.words, icon=mark.icon)  # the sender's limit, not the domain's
    return mark


def _before(delivery: DeliveryEntry, report: Report) -> Iterator[str]:
    """How it comes to its policy. That a domain has none is no news for each sender."""
    sentence = _how_it_comes_to_a_policy(delivery)
    first = next((d for d in report["deliveries"] if key(d) == "mta-sts"), delivery)
    has_none = report["verdict"] is not None and report["verdict"]["mta_sts"] == "absent"
    if sentence and not (has_none and sentence == _how_it_comes_to_a_policy(first)):
        yield sentence


def _how_it_comes_to_a_policy(delivery: DeliveryEntry) -> str:
    step = next(iter(delivery["steps"]), None)
    if step is None or delivery["sender"] not in _HAVE_POLICIES or step["action"] != "try" or step["host"]:
        return ""
    return step["why"]


def _does(delivery: DeliveryEntry) -> Iterator[str]:
    """A sentence for each step that ends something or is said of all; an attempt before a delivery is part of it."""
    steps = delivery["steps"][1:] if _how_it_comes_to_a_policy(delivery) else delivery["steps"]
    ends = [step for step in steps if step["action"] != "try" or not step["address"]] or steps
    shown = ends if len(ends) <= _STEPS_SHOWN else [*ends[: _STEPS_SHOWN - 2], ends[-1]]
    for step in shown:
        if step is ends[-1] and len(shown) < len(ends):
            yield f"The same way through {len(ends) - len(shown)} more."
        yield _sentence(step)


_VERBS = {"skip": "Skips", "fail": "Fails at", "deliver": "Delivers to"}


def _sentence(step: StepEntry) -> str:
    address = f" ({step['address']})" if step["address"] and step["host"] else ""
    where = f"{step['host'] or step['address'] or ''}{address}"
    why = (step["why"] or "").strip().removesuffix(".")
    if not where or step["action"] == "try":
        return f"{why[:1].upper()}{why[1:]}." if why else "Stops."
    verb = _VERBS.get(step["action"], step["action"].capitalize())
    return f"{verb} {where}: {why}." if why else f"{verb} {where}."


def _could_not_tell(deliveries: list[DeliveryEntry], together: str) -> Iterator[SenderRow]:
    """One row for each reason."""
    reasons: dict[tuple[str, ...], list[DeliveryEntry]] = {}
    for delivery in deliveries:
        why = tuple(dict.fromkeys(_does(delivery))) or ("This version does not look at what decides it.",)
        reasons.setdefault(why, []).append(delivery)
    for why, senders in reasons.items():
        them = who(senders, together if len(reasons) == 1 else f"{len(senders)} kinds of sender")
        row = SenderRow(name="", kind="", outcome=_UNKNOWN, does=why, nothing="Could not tell")
        yield _by(row, senders, them)
