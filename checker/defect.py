"""A fault in something that a peer published or sent, found by a codec."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One departure from a grammar. A codec reports all of them, never only the first.

    ``code`` is kebab-case and stable; ``detail`` is a sentence for people; ``line`` and ``column`` count from 1
    (0: the whole input, or the whole line); ``reference`` is written like ``RFC 5321 section 4.2``. ``is_fatal``:
    because of it the standard gives the input no meaning; otherwise it is read all the same. ``is_tolerated``: it is
    fatal, and senders that are known read the input nevertheless.
    """

    code: str
    detail: str
    line: int = 0
    column: int = 0
    reference: str = ""
    is_fatal: bool = False
    is_tolerated: bool = False


DEFECTS_KEPT = 50  # of one input: more than that helps nobody, and a hostile input has room for thousands


class DefectLog:
    """What a codec found wrong in one input: the first defects in full, the others counted.

    A defect of the whole input (line 0) is always kept: a codec has few of them.
    """

    def __init__(self, reference: str) -> None:
        self._reference = reference
        self._kept: list[Defect] = []
        self._left_out = 0
        self._unread = 0
        self.is_fatal = False
        self.is_hopeless = False  # fatal to lenient senders too

    @property
    def is_full(self) -> bool:
        """Whatever comes is only counted."""
        return len(self._kept) >= DEFECTS_KEPT

    def add(
        self,
        code: str,
        detail: str,
        line: int = 0,
        column: int = 0,
        *,
        is_fatal: bool = False,
        is_tolerated: bool = False,
    ) -> None:
        """Note a defect. ``is_tolerated`` makes it fatal as well."""
        self.is_fatal |= is_fatal or is_tolerated
        self.is_hopeless |= is_fatal and not is_tolerated
        if self.is_full and line:
            self._left_out += 1
            return
        defect = Defect(
            code=code,
            detail=detail,
            line=line,
            column=column,
            reference=self._reference,
            is_fatal=is_fatal or is_tolerated,
            is_tolerated=is_tolerated,
        )
        self._kept.append(defect)

    def stop(self, lines: int) -> None:
        """Nothing can save the input any more, so this many lines of it are not looked at."""
        self._unread = lines

    def listed(self) -> tuple[Defect, ...]:
        """All of them in the order of the input, those of the whole first. The last says what was left out."""
        kept = sorted(self._kept, key=lambda defect: (defect.line, defect.column))
        return (*kept, self._others()) if self._left_out or self._unread else tuple(kept)

    def _others(self) -> Defect:
        much = f"{self._unread} more lines were not looked at" if self._unread else f"There are {self._left_out} more"
        return Defect(
            code="more-defects",
            detail=f"{much}. Mend these first, then check again.",
            reference=self._reference,
            is_fatal=self.is_fatal,
            is_tolerated=self.is_fatal and not self.is_hopeless,
        )
