"""A fault in something that a peer published or sent, found by a codec."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One departure from a grammar. A codec reports all of them, never only the first.

    ``code`` is kebab-case and stable; ``detail`` is a sentence for people; ``line`` and ``column`` count from 1
    (0: the whole input); ``reference`` is written like ``RFC 5321 section 4.2``. ``is_fatal``: because of it the
    standard gives the input no meaning; otherwise it is read all the same. ``is_tolerated``: it is fatal, and senders
    that are known read the input nevertheless.
    """

    code: str
    detail: str
    line: int = 0
    column: int = 0
    reference: str = ""
    is_fatal: bool = False
    is_tolerated: bool = False
