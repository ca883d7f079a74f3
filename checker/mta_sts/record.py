"""The TXT record at ``_mta-sts.<domain>`` (RFC 8461 section 3.1).

    record = %s"v=STSv1" 1*(delim field) [delim]        id = %s"id=" 1*32(ALPHA / DIGIT)

The one rule of this file: ``id`` is what makes a record; it is compared by senders, never ordered.
"""

import re
from collections.abc import Sequence

from checker.defect import Defect, DefectLog
from checker.fields import WSP, Field, RecordGrammar, RecordReading, extensions, first_of, parse_fields, read_answer
from checker.mta_sts.facts import Record
from checker.network.ports import TxtRecord

ID_CHARACTERS = 32

_GRAMMAR = RecordGrammar(
    version="v=STSv1",
    required="id",
    standard="MTA-STS",
    reference="RFC 8461 section 3.1",
    look_alike=re.compile(r"(?<![a-z0-9])stsv[0-9]|^[\s\"']*(v\s*=\s*\"?(sts|mta-?sts)|id\s*=)", re.IGNORECASE),
    has_forgiving_senders=True,
)
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9]")


def read_record(answer: Sequence[TxtRecord]) -> RecordReading[Record]:
    """What the TXT records at the name amount to. Never raises. The line of a defect is the record's number."""
    return read_answer(answer, _GRAMMAR, parse_record)


def parse_record(text: str) -> tuple[Record | None, tuple[Defect, ...]]:
    """The record in this text, null if the grammar has no room for it, and all that is wrong with it. Never raises."""
    log = DefectLog(_GRAMMAR.reference)
    fields = parse_fields(text, _GRAMMAR, log)
    found = first_of(fields, "id", log)
    others = extensions(fields, _GRAMMAR, log)
    if found is None:
        log.add("missing-id", "There is no “id”. Add one, such as “id=20260131T120000”.", is_fatal=True)
        return None, log.listed()
    _check_id(found, log)
    record = None if log.is_fatal else Record(id=found.value, extensions=others)
    return record, log.listed()


def _check_id(field: Field, log: DefectLog) -> None:
    """Letters and digits alone. Some senders take other characters too; none can be relied upon to."""
    if _ID.fullmatch(field.value):
        return
    odd = _NOT_IN_ID.search(field.value)
    if not field.value:
        log.add("empty-value", "“id” has no value. Write letters or digits.", 1, field.column, is_fatal=True)
    elif odd is None:
        said = f"“id” has {len(field.value)} characters, and at most {ID_CHARACTERS} are allowed. Shorten it."
        log.add("id-too-long", said, 1, field.value_column + ID_CHARACTERS, is_tolerated=True)
    else:
        said = "“id” holds only letters and digits. Leave out every other sign, or write “;” before the next field."
        is_mark = odd[0] not in WSP and odd[0] != "="
        at = field.value_column + odd.start()
        log.add("id-characters", said, 1, at, is_fatal=True, is_tolerated=is_mark and field.value.isascii())
