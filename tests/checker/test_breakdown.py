"""A mistake of ours in the log: where, and never in the words of a peer."""

from checker.breakdown import where

SAID = "said by \x1b[2J a peer"


def fail() -> None:
    words = SAID
    raise ExceptionGroup(words, [ValueError(words), TypeError(words)])


def test_types_and_places_are_told_and_no_words() -> None:
    try:
        fail()
    except ExceptionGroup as failure:
        told = where(failure)
    for part in ("ExceptionGroup\n", "ValueError\n", "TypeError\n", "in fail\n"):
        assert part in told
    assert "peer" not in told
    assert "\x1b" not in told
