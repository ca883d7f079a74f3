"""How much of a DNS answer is kept: a name may hold thousands of records, each of which would stand in the report.

The one rule of this file: what is left out is counted, and what is cut says so.
"""

from collections.abc import Sequence
from dataclasses import replace

from checker.defect import Defect
from checker.names import DomainName
from checker.network.ports import Answer, LookUp, Network, TxtRecord
from checker.observation import Failed, Seen


def kept[R](answer: Seen[Answer[R]], most: int) -> Seen[Answer[R]]:
    """The first records of an answer, and how many more there were."""
    records = answer.value.records
    left_out = max(0, len(records) - most)
    return Seen(replace(answer.value, records=records[:most], left_out=left_out)) if left_out else answer


async def look_up_txt(name: DomainName, version: str, network: Network) -> LookUp[TxtRecord]:
    """The TXT records of a name, as many and as much of each as ``bounds`` lets a report hold.

    Where there are too many, those that begin with ``version`` are kept first, as it is they that count.
    """
    found = await network.resolver.look_up_txt(name)
    if isinstance(found, Failed):
        return found
    records = tuple(_shortened(record, network.bounds.txt_record_octets) for record in found.value.records)
    most = network.bounds.txt_records_kept
    if len(records) > most:
        records = tuple(sorted(records, key=lambda record: not record.text.startswith(version)))
    return kept(Seen(replace(found.value, records=records)), most)


def too_long(records: Sequence[TxtRecord], version: str, reference: str) -> tuple[Defect, ...]:
    """The defect of a record of this version that is longer than what is kept: what is left of it means nothing."""
    if not any(record.is_cut and record.text.startswith(version) for record in records):
        return ()
    detail = "The record is so long that it was not read to its end. No sender is known to need so much."
    return (Defect(code="record-too-long", detail=detail, reference=reference, is_fatal=True),)


def _shortened(record: TxtRecord, most: int) -> TxtRecord:
    if len(record.text) <= most:
        return record
    strings: list[str] = []
    for string in record.strings:
        strings.append(string[:most])
        most -= len(strings[-1])
        if not most:
            break
    return TxtRecord(tuple(strings), is_cut=True)
