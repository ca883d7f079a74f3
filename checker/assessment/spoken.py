"""The words that senders' software prints for the steps of a delivery that failed.

The one rule of this file: only software that is such a sender speaks, each text once, and a placeholder that we can't
fill stays one.
"""

from collections.abc import Iterator
from dataclasses import replace

from checker.assessment.judged import Delivery, Message, Step
from checker.assessment.states import DomainState
from checker.sender_words import Words, all_words


def spoken(delivery: Delivery, state: DomainState) -> Delivery:
    """The delivery with what is printed at each failed step, in their order."""
    messages: dict[tuple[str, str], Message] = {}
    for step, words in _said(delivery):
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
