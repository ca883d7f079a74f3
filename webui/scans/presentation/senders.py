"""What each kind of sender will do, worst first; those that only we could not see share calm rows at the end."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from checker.report.document import DeliveryEntry, Report, StepEntry
from webui.scans.presentation.marks import Mark
from webui.scans.presentation.times import counted

_STEPS_SHOWN = 4

# kind: its name, and in a few words what it checks
_SENDERS = {
    "opportunistic": ("A sender that encrypts when it can", "checks nothing, falls back to clear text"),
    "mandatory-tls": ("A sender that insists on encryption", "checks no certificate, never sends clear text"),
    "forced-tls": ("A sender with forced TLS", "sends only if every server of the domain encrypts"),
    "verified-tls": ("A sender that checks certificates", "against the server’s name, for which DNS alone vouches"),
    "mta-sts": ("A sender that obeys MTA-STS", "the domain’s own policy, met for the first time"),
    "mta-sts-cached": ("A sender with the MTA-STS policy cached", "remembers the policy from an earlier message"),
    "dane": ("A sender that obeys DANE", "certificates pinned in signed DNS"),
    "dane-mta-sts": ("A sender that obeys DANE and MTA-STS", "DANE first, where the domain has it"),
}
# software that reads the standards otherwise where they leave it open
_READ_OTHERWISE = {
    "mox": ("A sender that asks for DANE and MTA-STS alike", "both must hold, as in mox"),
    "Stalwart": ("A sender that obeys DANE and MTA-STS", "and wants the server listed all the same, as in Stalwart"),
    "Exim": ("A sender that obeys DANE under a signed MX record only", "as in Exim"),
}
_WORST_FIRST = ("refused", "deferred", "plaintext", "encrypted", "authenticated", "unknown")
_OUTCOMES = {
    "authenticated": Mark("ok", "Arrives, verified", icon="sealed"),
    "encrypted": Mark("warn", "Arrives, encrypted", icon="closed"),
    "plaintext": Mark("bad", "Arrives in clear text", icon="postcard"),
    "deferred": Mark("bad", "Waits, then bounces", icon="wait"),
    "refused": Mark("bad", "Bounces at once"),
}
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
    "tlsa-invalid": "a server’s certificate fits none of its TLSA records",
    "dnssec-invalid": "the signatures of a DNS answer don’t hold",
    "validation-failure": "TLS fails, or a server is not the one that the policy lists",
    "sts-policy-fetch-error": "the policy file can’t be fetched",
    "sts-policy-invalid": "the policy file has a fault",
    "sts-webpki-invalid": "the certificate of the policy’s web server is not accepted",
}
_MTA_STS = {"mta-sts", "mta-sts-cached"}
_HAVE_POLICIES = {*_MTA_STS, "dane-mta-sts"}
_DANE = {"dane", "dane-mta-sts"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prints:
    """What the sender prints: words verbatim with the software's name, or the code with what it means."""

    words: str
    meaning: str = ""
    software: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderRow:
    """A kind of sender.

    ``does`` is what it does, server by server; ``after`` the code of the final bounce; ``report`` what a TLS report of
    it says, with the reason when nobody gets one. ``senders`` are the kinds that share the row, as the report has them.
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


def sender_rows(report: Report) -> tuple[SenderRow, ...]:
    """The rows of the table. What happens with the best server down stands elsewhere."""
    deliveries = [d for d in report["deliveries"] if d["variant"] != "best-down"]
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
        if delivery["variant"] != "best-down" and steps:
            alike.setdefault(tuple(_does({**delivery, "steps": steps})), []).append(delivery)
    rows = []
    for does, deliveries in alike.items():
        name, kind = _together([_key(d) for d in deliveries], f"{len(deliveries)} kinds of sender")
        outcomes = {d["outcome"] for d in deliveries}
        outcome = _OUTCOMES.get(outcomes.pop(), _UNKNOWN) if len(outcomes) == 1 else Mark("not", "Differs")
        rows.append(SenderRow(name=name, kind=kind, outcome=outcome, does=does))
    return tuple(rows)


def _alike_together(deliveries: list[DeliveryEntry], report: Report, *, is_all: bool) -> list[SenderRow]:
    """One row for all that fare wholly alike, in what they do and in what they print."""
    alike: dict[SenderRow, list[str]] = {}
    for delivery in deliveries:
        alike.setdefault(_row(delivery, report), []).append(_key(delivery))
    if is_all and len(alike) == 1 and len(deliveries) > 1:
        every = ("Every sender", "whatever it checks")
        return [_named(row, senders, every) for row, senders in alike.items()]
    return [
        _named(row, senders, _together(senders, f"{len(senders)} kinds of sender")) for row, senders in alike.items()
    ]


def _named(row: SenderRow, senders: list[str], name: tuple[str, str]) -> SenderRow:
    return replace(row, name=name[0], kind=name[1], senders=tuple(senders))


def _without_repeats(rows: list[SenderRow]) -> Iterator[SenderRow]:
    """A long walk that is the one of the row above isn't told again."""
    for before, row in zip([None, *rows], rows, strict=False):
        is_told = before is not None and before.does == row.does and len(row.does) > 1
        yield replace(row, does=("The same.",)) if is_told else row


def _row(delivery: DeliveryEntry, report: Report) -> SenderRow:
    """How it fares, without its name."""
    code = delivery["status_code"]
    codes = [Prints(words=code, meaning=_CODES.get(code, ""))] if code else []
    messages = [Prints(words=m["text"], software=m["software"]) for m in delivery["messages"]]
    return SenderRow(
        name="",
        kind="",
        outcome=_outcome(delivery["outcome"], report),
        does=(*_before(delivery, report), *_does(delivery)) or ("Nothing more is known.",),
        prints=tuple(messages or codes),
        after=(delivery["final_status_code"] or "") if delivery["outcome"] == "deferred" else "",
        report=_reported(delivery["result_type"], report),
    )


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


def _key(delivery: DeliveryEntry) -> str:
    """Its kind; a variant is the software that reads the policy otherwise."""
    return delivery["variant"] or delivery["sender"]


def _name(key: str) -> tuple[str, str]:
    known = _SENDERS.get(key) or _READ_OTHERWISE.get(key)
    if known:
        return known
    examples = "" if key.startswith("lenient") else f", as {key} does"
    return "A sender that reads the policy leniently", f"overlooks faults in the file{examples}"


def _before(delivery: DeliveryEntry, report: Report) -> Iterator[str]:
    """How it comes to its policy. That a domain has none is no news for each sender."""
    sentence = _how_it_comes_to_a_policy(delivery)
    first = next((d for d in report["deliveries"] if _key(d) == "mta-sts"), delivery)
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
    reasons: dict[tuple[str, ...], list[str]] = {}
    for delivery in deliveries:
        why = tuple(dict.fromkeys(_does(delivery))) or ("This version does not look at what decides it.",)
        reasons.setdefault(why, []).append(_key(delivery))
    for why, senders in reasons.items():
        name, kind = _together(senders, together if len(reasons) == 1 else f"{len(senders)} kinds of sender")
        yield SenderRow(
            name=name, kind=kind, outcome=_UNKNOWN, does=why, senders=tuple(senders), nothing="Could not tell"
        )


def _together(senders: list[str], together: str) -> tuple[str, str]:
    if len(senders) == 1:
        return _name(senders[0])
    names = [_name(sender)[0].removeprefix("A sender that ").removeprefix("A sender with ") for sender in senders]
    if set(senders) <= _MTA_STS:
        return "Senders that obey MTA-STS", "met for the first time, or with the policy cached"
    if set(senders) <= _DANE:
        return "Senders that obey DANE", "certificates pinned in signed DNS, with MTA-STS or without"
    if set(senders) <= _MTA_STS | _DANE:
        return "Senders that obey MTA-STS or DANE", "a policy or pinned certificates that the domain publishes"
    return together, "; ".join(names)
