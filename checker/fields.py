"""The grammar that the TXT records of MTA-STS and TLS reporting share (RFC 8461 section 3.1, RFC 8460 section 3).

    record  = version 1*(delim field) [delim]        delim = *WSP ";" *WSP        field = name "=" value
    name    = (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".")
    value   = 1*(%x21-3A / %x3C / %x3E-7E)

The one rule of this file: of several TXT records those are dropped first that don't begin with the version and ``;``,
and one must be left; only then is anything parsed. Text has one character per octet. Columns count from 1; lines are
the records of an answer, in its order.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from checker.defect import DEFECTS_KEPT, Defect, DefectLog
from checker.network.ports import TxtRecord
from checker.printable import printable

WSP = " \t"
NAME_CHARACTERS = 32

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_NAME_CHARACTERS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_VALUE = re.compile(r"[\x21-\x3a\x3c\x3e-\x7e]+")
_NOT_TEXT = re.compile(r"[^\t\x20-\x7e]+")
_OTHER_SIGNS = ",:\\"  # what stands for the first delimiter, or before it as an escape that a zone file would need
_LIKE_A_FIELD = re.compile(r"[ \t]*[A-Za-z0-9_.-]+[ \t]*=")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordGrammar:
    """What sets one record apart. ``look_alike`` finds text that was meant to be one, well-formed or not.

    ``has_forgiving_senders``: some are known to overlook an empty field and a blank at the end.
    """

    version: str
    required: str
    standard: str
    reference: str
    look_alike: re.Pattern[str]
    has_forgiving_senders: bool = False

    @property
    def prefix(self) -> str:
        """How a record must begin to be kept among several."""
        return f"{self.version};"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One ``name=value`` as written. Columns are where each begins; ``value`` may be anything, or empty."""

    name: str
    value: str
    column: int
    value_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReading[R]:
    """What a TXT answer amounts to. ``record`` is null unless valid; a defect's line is the record's number."""

    status: Literal["valid", "invalid", "absent"]
    record: R | None = None
    defects: tuple[Defect, ...] = ()


type Parsed[R] = tuple[R | None, tuple[Defect, ...]]


def read_answer[R](
    answer: Sequence[TxtRecord], grammar: RecordGrammar, parse: Callable[[str], Parsed[R]]
) -> RecordReading[R]:
    """Find the one record among all that stand at the name, and parse it. Never raises."""
    texts = list(enumerate((record.text for record in answer), 1))
    kept = [(line, text) for line, text in texts if text.startswith(grammar.prefix)] if len(texts) > 1 else texts
    meant = [(line, text) for line, text in kept or texts if grammar.look_alike.search(text)]
    if not meant:
        return RecordReading(status="absent", defects=_foreign(texts, grammar))
    readings = [(line, *parse(text)) for line, text in meant]
    defects = tuple(_in_line(defect, line) for line, _, each in readings for defect in each)[:DEFECTS_KEPT]
    if len(kept) > 1:
        return RecordReading(status="invalid", defects=(_several(len(kept), grammar), *defects))
    if not kept:
        return RecordReading(status="invalid", defects=(_dropped(grammar), *defects))
    _, record, _ = readings[0]
    return RecordReading(status="invalid" if record is None else "valid", record=record, defects=defects)


def parse_fields(text: str, grammar: RecordGrammar, log: DefectLog) -> list[Field]:
    """The fields behind the version, all faults of the frame noted: version, delimiters, names, characters."""
    for odd in _NOT_TEXT.finditer(text):
        _note_odd_characters(odd, log)
    pieces = list(_pieces(text))
    rest = _take_version(pieces[0][1], pieces, grammar, log)
    _check_ends(text, rest, grammar, log)
    fields = [_field(column, piece, log) for column, piece in rest if piece.strip(WSP)]
    return [field for field in fields if field]


def first_of(fields: Sequence[Field], name: str, log: DefectLog) -> Field | None:
    """The field of this name. The first counts and later ones are ignored, malformed or not.

    RFC 8461 section 3.2 says so; RFC 8460 is silent, and nothing else would be safer.
    """
    named = [field for field in fields if field.name == name]
    for field in named[1:]:
        _note_duplicate(field, log)
    return named[0] if named else None


def extensions(fields: Sequence[Field], grammar: RecordGrammar, log: DefectLog) -> tuple[tuple[str, str], ...]:
    """The fields that the standard doesn't know, checked as it wants it: their form counts, their meaning doesn't."""
    found: dict[str, str] = {}
    for field in fields:
        if field.name == grammar.required:
            continue
        if field.name == "v" or field.name in found:
            _note_duplicate(field, log)
            continue
        if field.name.lower() == grammar.required:
            log.add(
                "key-case",
                f"“{shown(field.name)}” is not “{grammar.required}”: keys are in lower case.",
                1,
                field.column,
            )
        check_value(field, log)
        found[field.name] = field.value
    return tuple(found.items())


def check_value(field: Field, log: DefectLog) -> None:
    """A value has at least one character, no blank and no ``=``."""
    name = shown(field.name)
    if _VALUE.fullmatch(field.value) or not is_text(field.value):
        return
    if not field.value.strip(WSP):
        log.add("empty-value", f"“{name}” has no value.", 1, field.column, is_fatal=True)
        return
    blank = re.search(r"[ \t]", field.value)
    at = field.value_column + (blank.start() if blank else field.value.index("="))
    if blank:
        said = f"The value of “{name}” has a blank in it. Remove it, or write “;” between two fields."
        log.add("blank-in-value", said, 1, at, is_fatal=True)
    else:
        said = f"The value of “{name}” has “=” in it. Write “;” between two fields."
        log.add("value-characters", said, 1, at, is_fatal=True)


def is_text(text: str) -> bool:
    """Nothing but printable ASCII, blanks and tabs. What isn't has a defect of its own already."""
    return not _NOT_TEXT.search(text)


def shown(text: str) -> str:
    """A piece of the input, for a sentence."""
    return printable(text.encode("latin-1", "replace"), 60)


def _in_line(defect: Defect, line: int) -> Defect:
    return replace(defect, line=line) if defect.line else defect


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """What stands between the semicolons, with the column where it begins."""
    column = 1
    for piece in text.split(";"):
        yield column, piece
        column += len(piece) + 1


def _take_version(
    first: str, pieces: list[tuple[int, str]], grammar: RecordGrammar, log: DefectLog
) -> list[tuple[int, str]]:
    """The pieces behind the version. Where it is missing, the first is a field if it looks like one."""
    version = grammar.version
    behind = first.removeprefix(version)
    if first.startswith(version) and not behind.strip(WSP):
        if behind and len(pieces) > 1:
            said = f"Write “{grammar.prefix}” without a blank: some senders look for exactly that."
            log.add("blank-before-delimiter", said, 1, len(version) + 1)
        return pieces[1:]
    if first.startswith(version) and behind[0] in WSP:
        log.add("missing-delimiter", f"Write “;” behind “{version}”.", 1, len(version) + 1, is_fatal=True)
        return [(len(version) + 1, behind), *pieces[1:]]
    if first.startswith(version) and behind[0] in _OTHER_SIGNS:
        said = f"Write “;” alone behind “{version}”, without “{behind[0]}”."
        log.add("missing-delimiter", said, 1, len(version) + 1, is_fatal=True)
        return [(len(version) + 2, behind[1:]), *pieces[1:]] if behind[1:] else pieces[1:]
    if _note_bad_version(first, grammar, log):
        return pieces[1:]
    wanted = [column for column, piece in pieces if piece.strip(WSP) == version]
    if wanted:
        log.add("version-not-first", f"“{version}” must come first.", 1, wanted[0], is_fatal=True)
    else:
        log.add("missing-version", f"The record must begin with “{grammar.prefix}”.", is_fatal=True)
    behind_first = pieces if _LIKE_A_FIELD.match(first) else pieces[1:]
    return [(column, piece) for column, piece in behind_first if piece.strip(WSP) != version]


def _note_bad_version(first: str, grammar: RecordGrammar, log: DefectLog) -> bool:
    """Name what is wrong with something that was meant to be the version."""
    version = grammar.version
    core = re.sub(r"[ \t\"']", "", first)
    if first.strip(WSP) == version:
        log.add("leading-blank", "Remove the blank in front of the record.", 1, 1, is_fatal=True)
    elif core == version and re.search("[\"']", first):
        log.add("quotes", "Remove the quotation marks: here they are part of the record.", 1, 1, is_fatal=True)
    elif core == version:
        log.add("blank-in-version", f"Write “{version}” without blanks.", 1, 1, is_fatal=True)
    elif core.lower() == version.lower():
        log.add("version-case", f"Write “{version}” exactly so: capital letters count.", 1, 1, is_fatal=True)
    elif core.lower().startswith("v="):
        log.add("version-unknown", f"“{shown(first)}” is no version. Write “{version}”.", 1, 1, is_fatal=True)
    else:
        return False
    return True


def _check_ends(text: str, rest: list[tuple[int, str]], grammar: RecordGrammar, log: DefectLog) -> None:
    """No field may be empty; one delimiter may end the record, and a blank only as part of it."""
    forgiven = grammar.has_forgiving_senders
    for column, piece in rest[:-1]:
        if not piece.strip(WSP):
            said = "There is nothing between two semicolons. Remove one of them."
            log.add("empty-field", said, 1, column, is_fatal=True, is_tolerated=forgiven)
    end = text.rstrip(WSP)
    if end and end != text and not end.endswith(";"):
        log.add("trailing-blank", "Remove the blank at the end.", 1, len(end) + 1, is_fatal=True, is_tolerated=forgiven)


def _field(column: int, piece: str, log: DefectLog) -> Field | None:
    """One piece taken apart, with the faults of its name; null if it has no ``=``."""
    column += len(piece) - len(piece.lstrip(WSP))
    written, equals, value = piece.strip(WSP).partition("=")
    name = written.rstrip(WSP)
    if not equals:
        said = f"“{shown(name)}” is no field. A field is a name, “=” and a value."
        log.add("field-without-value", said, 1, column, is_fatal=True)
        return None
    if name != written or value[:1] in tuple(WSP):
        said = "Remove the blank beside “=”."
        log.add("blank-in-field", said, 1, column + len(name), is_fatal=True)
    _check_name(name, column, log)
    start = column + len(written) + 1 + len(value) - len(value.lstrip(WSP))
    return Field(name=name, value=value.lstrip(WSP), column=column, value_column=start)


def _check_name(name: str, column: int, log: DefectLog) -> None:
    if NAME.fullmatch(name) or not is_text(name):
        return
    if _NAME_CHARACTERS.fullmatch(name):
        said = f"The name of a field has at most {NAME_CHARACTERS} characters."
        log.add("name-too-long", said, 1, column, is_fatal=True)
    else:
        said = f"“{shown(name)}” is no name for a field: it begins with a letter or digit, and holds no blank or sign."
        log.add("name-characters", said, 1, column, is_fatal=True)


def _note_odd_characters(odd: re.Match[str], log: DefectLog) -> None:
    if min(odd[0]) < "\x20" or max(odd[0]) == "\x7f":
        log.add("control-character", "Remove the line end or control character.", 1, odd.start() + 1, is_fatal=True)
    else:
        said = f"“{shown(odd[0])}” is not ASCII. Look for typographic quotes or blanks from a text program."
        log.add("not-ascii", said, 1, odd.start() + 1, is_fatal=True)


def _note_duplicate(field: Field, log: DefectLog) -> None:
    said = f"“{shown(field.name)}” stands here again. The first one counts: remove this one."
    log.add("duplicate-field", said, 1, field.column)


def _foreign(texts: list[tuple[int, str]], grammar: RecordGrammar) -> tuple[Defect, ...]:
    """Records that have nothing to do with the standard: most come from a wildcard in DNS."""
    said = f"A TXT record answers here that is not for {grammar.standard}. Often a wildcard record (*) is the cause."
    return tuple(
        Defect(code="foreign-record", detail=said, line=line, column=1 if text else 0, reference=grammar.reference)
        for line, text in texts[:1]
    )


def _several(count: int, grammar: RecordGrammar) -> Defect:
    said = f"{count} records begin with “{grammar.prefix}”, so none of them counts. Leave one and delete the others."
    return Defect(code="several-records", detail=said, reference=grammar.reference, is_fatal=True)


def _dropped(grammar: RecordGrammar) -> Defect:
    said = f"Of several TXT records only those count that begin with “{grammar.prefix}”, and none does."
    return Defect(code="dropped", detail=said, reference=grammar.reference, is_fatal=True)
