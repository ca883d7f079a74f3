"""The words that senders' software prints for the steps of a delivery that failed.

The one rule of this file: only software that is such a sender speaks, each text once, and a placeholder that we can't
fill stays one.
"""

from collections.abc import Iterator
from dataclasses import replace

from checker.assessment.judged import Delivery, Message, Step
from checker.assessment.states import DomainState
from checker.sender_words import Words, all_words, real_senders

_BY_POLICY = ("mta-sts", "mta-sts-cached")
_BY_BOTH = "dane-mta-sts"
_ARRIVES = ("authenticated", "encrypted", "plaintext")


def spoken(delivery: Delivery, state: DomainState, by_both: Delivery) -> Delivery:
    """The delivery with what is printed at each failed step, in their order.

    ``by_both`` is how it ends for a sender that obeys DANE and MTA-STS. Where DANE lets it deliver, software that is
    such a sender prints nothing, though the policy by itself would stop it.
    """
    is_saved = delivery.sender in _BY_POLICY and by_both.outcome in _ARRIVES
    messages: dict[tuple[str, str], Message] = {}
    for step, words in _said(delivery):
        if is_saved and _obeys_both(words.software):
            continue
        message = Message(
            software=words.software, text=words.filled(_values(step, state)), code=words.code, source=words.source
        )
        messages.setdefault((words.software, words.text), message)
    return replace(delivery, messages=tuple(messages.values()))


def _said(delivery: Delivery) -> Iterator[tuple[Step, Words]]:
    for step in delivery.steps:
        for words in all_words():
            if step.failure in words.failures and delivery.sender in words.senders and _may_speak(delivery, words):
                yield step, words


def _obeys_both(software: str) -> bool:
    """As far as is known it never is a sender that goes by the policy alone."""
    kinds = {sender.kind for sender in real_senders() if sender.name.startswith(software)}
    return _BY_BOTH in kinds and kinds.isdisjoint(_BY_POLICY)


def _may_speak(delivery: Delivery, words: Words) -> bool:
    """In the row of one software only that one."""
    software = delivery.variant
    if software is None or software == "best-down":
        return True
    return words.software.lower().startswith(software.partition("-")[0].lower())  # a plug-in speaks as what it serves


def _values(step: Step, state: DomainState) -> dict[str, str]:
    """What each placeholder stands for, as far as it is known."""
    values: dict[str, str] = {"domain": state.facts.domain, "d": state.facts.domain}
    if step.host is not None:
        values |= {"mx": step.host, "host": step.host}
    if step.address is not None:
        values |= {"ip": str(step.address), "addr": str(step.address)}
    if step.said is not None:
        values["reply"] = step.said
    if state.policy.policy is not None:
        values["list"] = ", ".join(state.policy.policy.mx)
    return values
