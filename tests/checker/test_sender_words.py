"""The tables of what senders print: complete, sourced, and in the terms of the simulation."""

import re
from typing import get_args

import pytest

from checker.assessment.judged import Sender
from checker.sender_words import Failure, KnownText, Words, all_words, known_texts, real_senders

DATE = re.compile(r"\d{4}(-\d\d-\d\d)?")


def test_all_known_texts_are_read() -> None:
    assert len(known_texts()) == 55


@pytest.mark.parametrize("known", known_texts(), ids=lambda known: known.pattern[:40])
def test_every_known_text_has_software_a_source_and_a_meaning(known: KnownText) -> None:
    assert known.software
    assert known.pattern
    assert known.source
    assert known.meaning


@pytest.mark.parametrize("words", all_words(), ids=lambda words: f"{words.software}: {words.text[:40]}")
def test_words_are_in_the_terms_of_the_simulation_and_have_the_source_of_a_known_text(words: Words) -> None:
    assert words.senders
    assert words.senders <= set(get_args(Sender.__value__))
    assert words.failures
    assert words.failures <= set(get_args(Failure.__value__))
    assert any(known.software == words.software and known.source == words.source for known in known_texts())


def test_placeholders_are_filled_where_they_are_known_and_stay_where_not() -> None:
    words = next(words for words in all_words() if words.text.startswith("TLS is required, but host"))
    filled = words.filled({"mx": "mx1.example.com", "ip": "192.0.2.1", "nothing": "x"})
    assert filled == "TLS is required, but host mx1.example.com[192.0.2.1] refused to start TLS: <reply>"


def test_every_kind_of_sender_has_somebody_real() -> None:
    """With a source and a date; a sender that keeps policies is the one that meets them."""
    kinds = {real.kind for real in real_senders()}
    assert kinds == set(get_args(Sender.__value__)) - {"mta-sts-cached"}
    assert all(real.name and real.source != "general knowledge" for real in real_senders())
    assert all(DATE.fullmatch(real.date) for real in real_senders())
