"""The policy file (RFC 8461 section 3.2).

    policy = field *WSP *(term field *WSP) [term]      term = LF / CRLF      field = name ":" *WSP value
    version = %s"STSv1"      mode = %s"testing" / %s"enforce" / %s"none"      max_age = 1*10DIGIT
    value of another name = vchar [*(SP / vchar) vchar]      vchar = %x21-7E / UTF8-2 / UTF8-3 / UTF8-4

The one rule of this file: the strict reading is the policy. Beside it stands what senders make of the file that are
known to overlook some faults, and only where they overlook all of it. Columns are octets of a line, from 1.
"""

import re
from dataclasses import dataclass
from typing import get_args

from checker.defect import Defect, DefectLog
from checker.fields import NAME, NAME_CHARACTERS, WSP, shown
from checker.mta_sts.facts import Mode, Policy
from checker.mta_sts.pattern import faults

REFERENCE = "RFC 8461 section 3.2"
MAX_AGE_S = 31557600  # a year of 365.25 days
ASSUMED_MAX_AGE_S = 86400  # what lenient senders take where there is none

MODES: tuple[Mode, ...] = get_args(Mode.__value__)
_KEYS = ("version", "mode", "max_age", "mx")
_SPELLINGS = {**{key: key for key in _KEYS}, "maxage": "max_age", "max-age": "max_age"}
_BYTE_ORDER_MARK = "\xef\xbb\xbf"
_UTF_16_MARKS = ("\xff\xfe", "\xfe\xff")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SECONDS_ALONE = re.compile(r"[0-9]{1,19}")  # more than the grammar's ten: senders that go on reading stop at 64 bits
_MAX_AGE_DIGITS = 10
_WITH_UNIT = re.compile(r"([0-9]{1,10})[ \t]*(s|sec|m(?!o)|min|h|d|w|y)[a-z]*", re.IGNORECASE)
_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800, "y": MAX_AGE_S}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedPolicy:
    """The strict reading, the lenient one, and every defect. ``policy`` is null exactly if a defect is fatal.

    ``lenient_policy`` is null if one is fatal to lenient senders too, and equal to ``policy`` where that isn't null.
    """

    policy: Policy | None
    lenient_policy: Policy | None
    defects: tuple[Defect, ...]


def parse_policy(body: str) -> ParsedPolicy:
    """The policy in the body of a response, one character per octet. Never raises; time and memory are linear."""
    log = DefectLog(REFERENCE)
    reader = _Reader(log)
    text = _whole(body, log)
    if not log.is_hopeless:
        reader.read(text, 1 + 3 * (text != body))
    policy = reader.policy()
    return ParsedPolicy(
        policy=None if log.is_fatal else policy,
        lenient_policy=None if log.is_hopeless else policy,
        defects=log.listed(),
    )


def _whole(body: str, log: DefectLog) -> str:
    """What is wrong with the file as a whole, before any line of it is looked at; the text behind a byte-order mark."""
    if body.startswith(_UTF_16_MARKS) or "\0" in body[:4]:
        log.add("not-utf-8", "The file is not in UTF-8. Save it as plain text in ASCII or UTF-8.", is_fatal=True)
        return body
    text = body.removeprefix(_BYTE_ORDER_MARK)
    if text != body:
        said = "The file begins with an invisible byte-order mark. Save it as UTF-8 without BOM."
        log.add("byte-order-mark", said, 1, 1, is_tolerated=True)
    first = text.lstrip(" \t\r\n")
    if not first:
        log.add("empty", "The file is empty. It needs at least version, mode and max_age.", is_fatal=True)
    elif first.startswith("<"):
        said = "This is a web page, not a policy. The file must be plain text that begins with “version: STSv1”."
        log.add("html", said, is_fatal=True)
    return text


class _Reader:
    """Goes through the lines and keeps what they say."""

    def __init__(self, log: DefectLog) -> None:
        self._log = log
        self._seen: set[str] = set()
        self._last_blank = -1
        self._mode: Mode | None = None
        self._max_age: int | None = None
        self._patterns: list[tuple[str, int]] = []
        self._extensions: dict[str, str] = {}

    def read(self, text: str, first_column: int) -> None:
        """All lines, and then what is missing. Where nothing can save the file any more, the rest is only counted."""
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        for number, line in enumerate(lines, 1):
            if self._log.is_full and self._log.is_hopeless:
                self._log.stop(len(lines) - number + 1)
                return
            # The last line may end without LF: its CR is none of a CRLF.
            content = line.removesuffix("\r") if number < len(lines) or text.endswith("\n") else line
            self._read_line(content, number, first_column if number == 1 else 1)
        self._check_complete()

    def policy(self) -> Policy | None:
        """What was read, null if that is no policy to anybody."""
        if self._mode is None:
            return None
        return Policy(
            mode=self._mode,
            max_age=ASSUMED_MAX_AGE_S if self._max_age is None else self._max_age,
            mx=tuple(pattern for pattern, _ in self._patterns),
            mx_lines=tuple(line for _, line in self._patterns),
            extensions=tuple(self._extensions.items()),
        )

    def _read_line(self, line: str, number: int, column: int) -> None:
        """One line; where a bare CR stands in it, lenient senders see several."""
        pieces = line.split("\r")
        for position, piece in enumerate(pieces):
            if position:
                said = "A line ends here with CR alone. End lines with LF or CRLF."
                self._log.add("bare-cr", said, number, column - 1, is_tolerated=True)
            if piece or len(pieces) == 1:
                self._read_field(piece, number, column)
            column += len(piece) + 1

    def _read_field(self, piece: str, line: int, column: int) -> None:
        text = piece.strip(WSP)
        if not text:
            self._note_blank(line, column if piece else 0)
            return
        if piece[0] in WSP:
            said = "Remove the blank at the start of the line."
            self._log.add("leading-blank", said, line, column, is_tolerated=True)
            column += len(piece) - len(piece.lstrip(WSP))
        written, colon, rest = text.partition(":")
        if not colon:
            self._note_no_field(text, line, column)
            return
        key, value = written.rstrip(WSP), rest.lstrip(WSP)
        if key != written:
            said = "Remove the blank before the colon."
            self._log.add("blank-before-colon", said, line, column + len(key), is_tolerated=True)
        start = column + len(written) + 1 + len(rest) - len(value)
        self._take(key, value, line, column, start)

    def _note_blank(self, line: int, column: int) -> None:
        """Lines without anything, once for those that follow each other. Many senders pass over them."""
        if self._last_blank != line - 1:
            said = "A policy has no empty lines. Remove what is empty here."
            self._log.add("blank-line", said, line, column, is_tolerated=True)
        self._last_blank = line

    def _note_no_field(self, text: str, line: int, column: int) -> None:
        if text.startswith(("#", "//", ";")):
            code, said = "comment", "A policy has no comments. Remove the line."
        else:
            code, said = "field-without-value", f"“{shown(text)}” is no field. A field is a name, “:” and a value."
        self._log.add(code, said, line, column, is_tolerated=True)

    def _take(self, key: str, value: str, line: int, column: int, start: int) -> None:
        """One field. Of all but ``mx`` the first counts, and later ones are ignored, malformed or not."""
        is_misspelt = self._is_misspelt(key, line, column)
        if key != "mx" and key in self._seen:
            if not is_misspelt:
                said = f"“{shown(key)}” stands here again. The first one counts: remove this one."
                self._log.add("duplicate-field", said, line, column)
            return
        self._seen.add(key)
        if key in _KEYS and not value:
            said = f"“{key}” has no value. Write one behind the colon, or remove the line."
            self._log.add("empty-value", said, line, column, is_fatal=True)
        elif key == "version":
            self._take_version(value, line, start)
        elif key == "mode":
            self._take_mode(value, line, start)
        elif key == "max_age":
            self._take_max_age(value, line, start)
        elif key == "mx":
            self._take_pattern(value, line, start)
        else:
            self._take_extension(key, value, line, column, start)

    def _take_version(self, value: str, line: int, start: int) -> None:
        if value == "STSv1":
            return
        if value.lower() == "stsv1":
            said = "Write “STSv1” exactly so: capital letters count."
            self._log.add("version-case", said, line, start, is_fatal=True)
        else:
            said = f"“{shown(value)}” is no version. Write “version: STSv1”."
            self._log.add("version-unknown", said, line, start, is_fatal=True)

    def _take_mode(self, value: str, line: int, start: int) -> None:
        self._mode = next((mode for mode in MODES if mode == value), None)
        if self._mode is not None:
            return
        if value.lower() in MODES:
            said = f"Write “{value.lower()}” in small letters."
            self._log.add("mode-case", said, line, start, is_fatal=True)
        else:
            said = f"“{shown(value)}” is no mode. Write “enforce”, “testing” or “none”."
            self._log.add("mode-unknown", said, line, start, is_fatal=True)

    def _take_max_age(self, value: str, line: int, start: int) -> None:
        if not _SECONDS_ALONE.fullmatch(value):
            self._note_bad_max_age(value, line, start)
            return
        self._max_age = min(int(value), MAX_AGE_S)
        if int(value) > MAX_AGE_S:
            said = f"max_age is at most {MAX_AGE_S} seconds, about a year. Write a smaller number."
            self._log.add("max-age-too-large", said, line, start, is_tolerated=True)
        elif len(value) > _MAX_AGE_DIGITS:
            said = f"max_age has at most {_MAX_AGE_DIGITS} digits. Leave out the zeros in front."
            self._log.add("max-age-too-long", said, line, start, is_tolerated=True)

    def _note_bad_max_age(self, value: str, line: int, start: int) -> None:
        unit = _WITH_UNIT.fullmatch(value)
        if unit:
            seconds = min(int(unit[1]) * _SECONDS[unit[2].lower()], MAX_AGE_S)
            code, said = "max-age-unit", f"max_age is in seconds, without a unit. Write “max_age: {seconds}”."
        elif re.fullmatch("[0-9]+", value):
            code, said = "max-age-too-long", f"max_age is at most {MAX_AGE_S} seconds. Write a smaller number."
        else:
            code = "max-age-not-a-number"
            said = f"“{shown(value)}” is no number of seconds. Write digits alone, such as “max_age: 604800”."
        self._log.add(code, said, line, start, is_fatal=True)

    def _take_pattern(self, value: str, line: int, start: int) -> None:
        if self._log.is_full and not value.isascii():
            # No sender is known to go on here, and to turn thousands of names into A-labels would take seconds.
            self._log.add("mx-u-label", "Write the name in ASCII.", line, start, is_fatal=True)
            return
        found = faults(value)
        meant = value if not found else found[0].meant if len(found) == 1 else None
        for fault in found:
            is_tolerated = meant is not None
            self._log.add(fault.code, fault.detail, line, start + fault.at, is_fatal=True, is_tolerated=is_tolerated)
        if meant is not None:
            self._patterns.append((meant.lower(), line))

    def _take_extension(self, key: str, value: str, line: int, column: int, start: int) -> None:
        """A field that the standard doesn't know: its form counts, its meaning doesn't."""
        is_named = self._check_key(key, line, column)
        if not value:
            said = f"“{shown(key)}” has no value. Write one, or remove the line."
            self._log.add("empty-value", said, line, column, is_tolerated=True)
        elif control := _CONTROL.search(value):
            is_tab = control[0] == "\t"
            code, name = ("tab-in-value", "TAB") if is_tab else ("control-character", "control character")
            at = start + control.start()
            self._log.add(code, f"Replace the {name} by a space.", line, at, is_fatal=True, is_tolerated=is_tab)
        elif (text := _decoded(value)) is None:
            self._log.add("not-utf-8", "The value is not in UTF-8. Save the file so.", line, start, is_fatal=True)
        elif is_named:
            self._extensions[key] = text

    def _check_key(self, key: str, line: int, column: int) -> bool:
        if NAME.fullmatch(key):
            return True
        code, said = "name-characters", f"“{shown(key)}” is no name for a field. Remove the line, or correct the name."
        if not key:
            said = "There is no name before the colon. Remove the line, or write one."
        elif NAME.fullmatch(key[:NAME_CHARACTERS]):
            code, said = "name-too-long", f"The name of a field has at most {NAME_CHARACTERS} characters."
        self._log.add(code, said, line, column, is_tolerated=True)
        return False

    def _is_misspelt(self, key: str, line: int, column: int) -> bool:
        """A name that nobody knows, and that was meant to be one of ours."""
        meant = _SPELLINGS.get(key.lower())
        if meant is None or meant == key:
            return False
        said = f"“{key}” means nothing here. Write “{meant}”."
        self._log.add("key-case" if key.lower() == meant else "key-spelling", said, line, column)
        return True

    def _check_complete(self) -> None:
        """Nothing is filled in for what isn't there."""
        if "version" not in self._seen:
            self._log.add("missing-version", "There is no version. Add “version: STSv1” as first line.", is_fatal=True)
        if "mode" not in self._seen:
            said = "There is no mode. Add “mode: testing”, or “mode: enforce” once all servers pass."
            self._log.add("missing-mode", said, is_fatal=True)
        if "max_age" not in self._seen:
            said = "There is no max_age. Add one in seconds, such as “max_age: 604800” for a week."
            self._log.add("missing-max-age", said, is_tolerated=True)
        if "mx" not in self._seen and self._mode in ("enforce", "testing"):
            said = f"Mode {self._mode} needs the names of the mail servers. Add a line “mx: …” for each."
            self._log.add("missing-mx", said, is_fatal=True)


def _decoded(value: str) -> str | None:
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return None
