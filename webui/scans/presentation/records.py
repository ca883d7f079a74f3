"""What was published and said, as it came: records, and the transcript of each address."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from checker.report.document import Report
from checker.report.document_servers import EndpointSection, TranscriptLine
from webui.scans.presentation.certificates import RecordLine
from webui.scans.presentation.marks import Mark
from webui.scans.presentation.stages import ENDED
from webui.scans.presentation.times import earlier

_NO_MX = {
    "null-mx": ("0 .", Mark("na", "A “null MX” (RFC 7505): this domain takes no mail.")),
    "nxdomain": ("", Mark("bad", "No such domain in DNS.")),
    "none": ("", Mark("bad", "No MX record, and no address either.")),
    "failed": ("", Mark("unk", "Could not tell: the look-up failed.")),
}
_WRONGLY_SIGNED = Mark("bad", "The signature is wrong, so resolvers that check it give no answer.")
_NO_ADDRESS = {
    "none": Mark("bad", "No address in DNS."),
    "nxdomain": Mark("bad", "No such name in DNS."),
    "failed": Mark("unk", "Could not tell its addresses: the look-up failed."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What was said with one address. ``ended`` is how it ended, in words."""

    address: str
    host: str
    ended: str
    lines: tuple[RecordLine, ...]


def published(report: Report) -> tuple[RecordLine, ...]:
    """The records that decide where mail goes. What nobody asked for is told once, among what we could not see."""
    return (*_mx(report), *_addresses(report))


def _mx(report: Report) -> Iterator[RecordLine]:
    mx = report["mx"]
    status = mx["status"]
    if status in _NO_MX:
        text, note = _NO_MX[status] if mx["dnssec"] != "bogus" else ("", _WRONGLY_SIGNED)
        yield RecordLine(gutter="MX", lines=(text or "none",), note=note, soft=not text)
        return
    if status == "implicit":
        note = Mark("warn", "Without MX records, mail goes to the domain’s own address.")
        yield RecordLine(gutter="MX", lines=("none published",), note=note, soft=True)
        return
    if status == "invalid":
        note = Mark("bad", "Says “no mail here” beside real servers (RFC 7505 section 3).")
        yield RecordLine(gutter="MX", lines=("0 .",), note=note)
    for server in report["servers"]:
        yield RecordLine(gutter="MX", lines=(f"{server['preference']} {server['host']}",))


def _addresses(report: Report) -> Iterator[RecordLine]:
    for server in report["servers"]:
        found = [e["address"] for e in server["endpoints"]]
        for family, addresses in (("A", [a for a in found if ":" not in a]), ("AAAA", [a for a in found if ":" in a])):
            if addresses:
                yield RecordLine(gutter=family, lines=tuple(f"{server['host']} {address}" for address in addresses))
        note = _NO_ADDRESS.get(server["address_status"] or "")
        if note and server["dnssec"]["address"] == "bogus":
            note = _WRONGLY_SIGNED
        if note:
            yield RecordLine(gutter="A", lines=(server["host"],), note=note)


def transcripts(report: Report) -> tuple[Transcript, ...]:
    """The dialogue with each address that was spoken to."""
    return tuple(
        Transcript(
            address=endpoint["address"],
            host=server["host"],
            ended=how_it_ended(endpoint, report),
            lines=tuple(transcript_lines(endpoint["transcript"])),
        )
        for server in report["servers"]
        for endpoint in server["endpoints"]
        if endpoint["transcript"]
    )


def how_it_ended(endpoint: EndpointSection, report: Report) -> str:
    """How it ended, in words, and when it was seen if that was for another check."""
    ended = ENDED.get(endpoint["outcome"] or "", "not finished")
    return f"{ended}; {earlier(endpoint['reused'], report['started_at'])}" if endpoint["reused"] else ended


def transcript_lines(transcript: list[TranscriptLine]) -> Iterator[RecordLine]:
    """Lines of one sender at one moment stand together."""
    for (at_ms, sender), lines in groupby(transcript, key=lambda line: (line["at_ms"], line["from"])):
        letter = {"server": " S", "client": " C"}.get(sender, "")
        yield RecordLine(
            gutter=f"{at_ms / 1000:.3f}{letter}",
            lines=tuple(line["line"] for line in lines),
            soft=not letter,
        )
