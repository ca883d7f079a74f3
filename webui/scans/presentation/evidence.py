"""All that was seen at one address: stage by stage with times, what it said, and what TLS came of it."""

from collections.abc import Iterator
from dataclasses import dataclass

from checker.report.document import Report
from checker.report.document_servers import EndpointSection, Stage
from webui.scans.presentation.certificates import RecordLine
from webui.scans.presentation.marks import COULD_NOT_TELL, NOT_REACHED, WAITING, Mark
from webui.scans.presentation.records import how_it_ended, transcript_lines
from webui.scans.presentation.stages import STAGES, Passage, passage
from webui.scans.presentation.times import counted, milliseconds

_NAMES: dict[Stage, str] = {
    "connect": "connect",
    "greeting": "greeting",
    "ehlo": "EHLO",
    "starttls": "STARTTLS",
    "handshake": "TLS",
    "ehlo-tls": "EHLO 2",
}
_DANE = {
    "absent": "nothing is pinned",
    "insecure": "pinned in DNS that is not signed",
    "unusable": "nothing pinned can be used",
    "failed": "the look-up fails",
    "valid": "fits",
    "invalid": "fits nothing that is pinned",
}
_PASSAGES = {
    Passage.ENDED: Mark("bad", "It ended here."),
    Passage.NOT_REACHED: NOT_REACHED,
    Passage.UNSEEN: COULD_NOT_TELL,
    Passage.PENDING: WAITING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One address. ``seen`` holds stages and times, then what was learnt; ``said`` is the whole dialogue."""

    address: str
    ended: str
    seen: tuple[RecordLine, ...]
    said: tuple[RecordLine, ...]


def evidence(endpoint: EndpointSection, report: Report) -> Evidence:
    """All of one address."""
    return Evidence(
        address=endpoint["address"],
        ended=how_it_ended(endpoint, report),
        seen=(*_stages(endpoint), *_learnt(endpoint)),
        said=tuple(transcript_lines(endpoint["transcript"])),
    )


def _stages(endpoint: EndpointSection) -> Iterator[RecordLine]:
    for stage, name in _NAMES.items():
        taken = endpoint["stages_ms"].get(stage)
        if taken is not None:
            yield RecordLine(gutter=name, lines=(milliseconds(taken),))
        elif stage in STAGES and (mark := _PASSAGES.get(passage(endpoint, stage))):
            words = endpoint["detail"] if mark.tone == "bad" and endpoint["detail"] else mark.words
            is_shown = mark.tone == "bad"
            note = Mark("bad", words) if is_shown else None
            yield RecordLine(gutter=name, lines=("no further",) if is_shown else (words,), note=note, soft=True)


def _learnt(endpoint: EndpointSection) -> Iterator[RecordLine]:
    tls = endpoint["tls"]
    if tls and (negotiated := tls["negotiated"]):
        yield RecordLine(gutter="version", lines=(negotiated["version"],))
        yield RecordLine(gutter="cipher", lines=(negotiated["cipher"],))
        if negotiated["group"]:
            yield RecordLine(gutter="group", lines=(negotiated["group"],))
    dane = endpoint["dane"]
    if dane["status"]:
        note = Mark("bad", dane["why"]) if dane["status"] == "invalid" and dane["why"] else None
        shown = f"fits {dane['matched']}" if dane["matched"] else _DANE[dane["status"]]
        yield RecordLine(gutter="DANE", lines=(shown,), note=note, soft=not dane["matched"])
    if endpoint["connections"]:
        yield RecordLine(gutter="cost", lines=(counted(endpoint["connections"], "connection"),), soft=True)
