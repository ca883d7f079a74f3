"""A fault in something that a peer published or sent, found by a codec."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One departure from a grammar. A codec reports all of them, never only the first.

    ``code`` is kebab-case and stable; ``detail`` is a sentence for people; ``line`` and ``column`` count from 1
    (0: the whole input); ``reference`` is written like ``RFC 5321 section 4.2``.
    """

    code: str
    detail: str
    line: int = 0
    column: int = 0
    reference: str = ""
