"""The server matrix: address by stage, alike addresses in one row, the odd one first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import compress

from checker.network.bounds import SLOW_GREETING_S
from checker.report.document import Report
from checker.report.document_servers import EndpointSection, ServerSection, Stage
from webui.scans.presentation.certificates import certificate_mark, name_mark
from webui.scans.presentation.marks import COULD_NOT_TELL, IN_PROGRESS, NOT_ASKED, NOT_REACHED, WAITING, Mark
from webui.scans.presentation.stages import UNSEEN, Passage, ended_inside_tls, is_waited_for, passage, works
from webui.scans.presentation.times import counted, earlier, milliseconds, parse_time
from webui.scans.presentation.tls import asked_instead, tls_mark

MANY = 6  # servers: from here on those alike share a block

COLUMNS = ("Connect", "Greeting", "STARTTLS", "TLS", "Certificate", "Name", "Policy", "DANE")
_SAYS_NOTHING = {"not", "unk", "na"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell; equal neighbours that say nothing are one, as wide as they were together."""

    label: str
    span: int
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One address, or several that behave alike."""

    address: str
    note: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerBlock:
    """A server with its rows. ``note`` says its preference and how many addresses it has.

    ``number`` counts from 1 in the order of the report. ``others``: more servers of which all the same is to be said.
    """

    host: str
    note: str
    rows: tuple[Row, ...]
    number: int = 0
    others: tuple["ServerBlock", ...] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """An endpoint with its marks, and what makes it alike to another: all but the milliseconds."""

    endpoint: EndpointSection
    marks: tuple[Mark, ...]

    @property
    def likeness(self) -> tuple[object, ...]:
        faceless = tuple(replace(m, fact="") if m.fact.endswith("s") else m for m in self.marks)
        return (*faceless, tuple(self.endpoint["certificates"][:1]), self.endpoint["detail"])


def columns(report: Report) -> tuple[str, ...]:
    """The columns of the matrix: a question that nobody asked has none."""
    return tuple(_shown(COLUMNS, report))


def _shown[T](cells: Iterable[T], report: Report) -> Iterator[T]:
    has_policy = report["mta_sts"]["covered"] is not None  # without a valid policy nobody is listed or not
    has_dane = any(e["dane"]["status"] is not None for server in report["servers"] for e in server["endpoints"])
    return compress(cells, (*[True] * (len(COLUMNS) - 2), has_policy, has_dane))


def server_blocks(report: Report) -> tuple[ServerBlock, ...]:
    """Every server of the report, in the order that senders try them; of many, those alike together."""
    at = parse_time(report["started_at"])
    blocks = tuple(_block(server, number, report, at) for number, server in enumerate(report["servers"], 1))
    return folded(blocks) if report["state"] != "running" else blocks


def server_block(report: Report, number: int) -> ServerBlock:
    """One server with a row for each address, alike or not."""
    return _block(report["servers"][number - 1], number, report, parse_time(report["started_at"]), is_grouped=False)


def _block(server: ServerSection, number: int, report: Report, at: datetime, *, is_grouped: bool = True) -> ServerBlock:
    marks = [_as_of(report, _marks(e, server, report, at)) for e in server["endpoints"]]
    seen = [_Seen(e, tuple(_shown(cells, report))) for e, cells in zip(server["endpoints"], marks, strict=True)]
    groups: dict[tuple[object, ...], list[_Seen]] = {}
    for one in seen:
        groups.setdefault(one.likeness if is_grouped else (one.endpoint["address"],), []).append(one)
    alike = sorted(groups.values(), key=_oddness)
    rows = tuple(
        _row(group, report, is_grouped and _is_odd(group, len(alike), len(seen)) and report["state"] != "running")
        for group in alike
    )
    note = _note(server, alike if is_grouped else [seen], report, is_told=is_grouped)
    return ServerBlock(host=server["host"], note=note, rows=rows or (_no_address(server, report),), number=number)


def _is_odd(group: list[_Seen], groups: int, addresses: int) -> bool:
    return groups > 1 and len(group) == 1 and addresses > 2


def folded(blocks: tuple[ServerBlock, ...]) -> tuple[ServerBlock, ...]:
    """Of many servers those of which all the same is to be said share a block, and the odd ones come first."""
    if len(blocks) < MANY:
        return blocks
    alike: dict[object, list[ServerBlock]] = {}
    for block in blocks:
        alike.setdefault(_look(block), []).append(block)
    together = (replace(first, others=tuple(others)) for first, *others in alike.values())
    return tuple(sorted(together, key=lambda block: (_calm(block), len(block.others))))


def _look(block: ServerBlock) -> object:
    """All that is shown of a server but its names, its preference and what differs each time."""
    if len(block.rows) != 1:
        return block.host
    marks = tuple((cell.label, cell.mark.tone, cell.mark.words) for cell in block.rows[0].cells)
    return (marks, block.note.partition(". ")[2])


def _calm(block: ServerBlock) -> int:
    tones = {cell.mark.tone for row in block.rows for cell in row.cells}
    return next((at for at, tone in enumerate(("bad", "warn", "unk")) if tone in tones), 3)


def _as_of(report: Report, marks: Iterator[Mark]) -> Iterator[Mark]:
    """In a report that has ended nothing is on its way any more: what had not come by then could not be told."""
    is_over = report["state"] != "running"
    for mark in marks:
        yield COULD_NOT_TELL if is_over and mark in (WAITING, IN_PROGRESS) else mark


def _oddness(group: list[_Seen]) -> tuple[bool, bool, int]:
    tones = {mark.tone for mark in group[0].marks}
    return ("bad" not in tones, "warn" not in tones, len(group))


def _note(server: ServerSection, alike: list[list[_Seen]], report: Report, *, is_told: bool) -> str:
    sizes = [len(group) for group in alike]
    is_counted = report["state"] == "running" or not is_told
    addresses = counted(sum(sizes), "address", "addresses") if is_counted else _how_alike(sizes)
    parts = (f"Preference {server['preference']}", server["operator"], addresses if sum(sizes) else "")
    return ". ".join(part for part in parts if part)


def _how_alike(sizes: list[int]) -> str:
    total = sum(sizes)
    addresses = counted(total, "address", "addresses")
    match sizes:
        case [] | [1]:
            return addresses
        case [2]:
            return f"{addresses}, alike"
        case [_]:
            return f"{addresses}, all alike"
        case [1, _] if total > 2:
            return f"{addresses}: 1 differs, {total - 1} alike"
        case _:
            return f"{addresses}, not alike"


def _row(group: list[_Seen], report: Report, is_odd: bool) -> Row:
    first, *rest = (one.endpoint for one in group)
    notes = []
    if rest:
        notes.append(f"and {', '.join(e['address'] for e in rest)}, {'all ' if len(rest) > 1 else ''}alike")
    elif is_odd:
        notes.append("differs from its neighbours")
    if first["detail"] and first["outcome"] != "tls":
        notes.append(first["detail"].removesuffix("."))
    note = "; ".join(filter(None, (". ".join(notes), *_reused([first, *rest], report))))
    return Row(address=first["address"], note=note, cells=tuple(merged(columns(report), group[0].marks)))


def _reused(endpoints: list[EndpointSection], report: Report) -> Iterator[str]:
    """What wasn't looked at for this check; named where it isn't the whole row."""
    addresses: dict[str, list[str]] = {}
    for endpoint in endpoints:
        if endpoint["reused"]:
            addresses.setdefault(earlier(endpoint["reused"], report["started_at"]), []).append(endpoint["address"])
    for when, seen in addresses.items():
        yield when if len(seen) == len(endpoints) else f"{', '.join(seen)} {when}"


def _no_address(server: ServerSection, report: Report) -> Row:
    marks = {
        "none": Mark("bad", "no address"),
        "nxdomain": Mark("bad", "no such name"),
        None: WAITING if report["state"] == "running" else COULD_NOT_TELL,
    }
    mark = marks.get(server["address_status"], COULD_NOT_TELL)
    following = NOT_REACHED if mark.tone == "bad" else mark
    cells = tuple(_shown((mark, *[following] * 5, _policy(server["host"], report), NOT_ASKED), report))
    name = "No address" if mark.tone == "bad" else "Addresses"
    return Row(address=name, note="", cells=tuple(merged(columns(report), cells)))


def merged(labels: tuple[str, ...], marks: tuple[Mark, ...]) -> Iterator[Cell]:
    """One cell for each run of equal marks that say nothing."""
    start = 0
    for end in range(1, len(marks) + 1):
        if end < len(marks) and marks[end] == marks[start] and marks[start].tone in _SAYS_NOTHING:
            continue
        joint = " and " if end - start == 2 else " to "
        label = labels[start] if end - start == 1 else f"{labels[start]}{joint}{labels[end - 1]}"
        yield Cell(label=label, span=end - start, mark=marks[start])
        start = end


def _marks(endpoint: EndpointSection, server: ServerSection, report: Report, at: datetime) -> Iterator[Mark]:
    others_work = any(works(other) for other in server["endpoints"] if other is not endpoint)
    yield _stage(endpoint, "connect", others_work) or Mark("ok", "open", _took(endpoint, "connect"))
    yield _stage(endpoint, "greeting", others_work) or _greeting(endpoint)
    yield _stage(endpoint, "ehlo", others_work) or _stage(endpoint, "starttls", False) or Mark("ok", "offered")
    yield _stage(endpoint, "handshake", False) or _inside_tls(endpoint) or _tls(endpoint, server)
    yield from _certificate(endpoint, server, report, at)
    yield _policy(server["host"], report)
    yield _dane(endpoint)


def _tls(endpoint: EndpointSection, server: ServerSection) -> Mark:
    return tls_mark(asked_instead(endpoint, server["endpoints"])["tls"])


def _took(endpoint: EndpointSection, stage: Stage) -> str:
    taken = endpoint["stages_ms"].get(stage)
    return "" if taken is None else milliseconds(taken)


def _greeting(endpoint: EndpointSection) -> Mark:
    taken = _took(endpoint, "greeting")
    return Mark("warn", "slow", taken) if _is_slow(endpoint) else Mark("ok", "220", taken)


def _is_slow(endpoint: EndpointSection) -> bool:
    taken = endpoint["stages_ms"].get("greeting")
    return taken is not None and taken >= SLOW_GREETING_S * 1000


_SILENT = {"timeout": "no answer", "reset": "cut off", "closed": "hangs up", "bad-reply": "unreadable"}
_ENDED = {
    "connect": {"timeout": "times out", "refused": "refused", "unreachable": "unreachable", "reset": "cut off"},
    "greeting": _SILENT | {"timeout": "no greeting"},
    "ehlo": _SILENT | {"ehlo-refused": "EHLO refused"},
    "starttls": _SILENT | {"no-starttls": "not offered", "starttls-refused": "refused"},
    "handshake": _SILENT | {"handshake-failed": "fails"},
}


def _stage(endpoint: EndpointSection, stage: Stage, others_work: bool) -> Mark | None:
    """The mark of a stage that was not passed; null where it was. A dead address beside a live one is a warning."""
    match passage(endpoint, stage):
        case Passage.PASSED:
            return None
        case Passage.NOT_REACHED:
            return NOT_REACHED
        case Passage.UNSEEN:
            return COULD_NOT_TELL
        case Passage.PENDING:
            return IN_PROGRESS if is_waited_for(endpoint, stage) else WAITING
        case Passage.ENDED:
            outcome = endpoint["outcome"] or ""
            if outcome in ("greeting-4xx", "greeting-5xx"):
                words = (endpoint["greeting"] or "")[:3] or "refused"
            else:
                words = _ENDED[stage].get(outcome, "fails")
            return Mark("warn" if others_work else "bad", words)


def _inside_tls(endpoint: EndpointSection) -> Mark | None:
    if not ended_inside_tls(endpoint):
        return None
    if endpoint["outcome"] in UNSEEN:
        return COULD_NOT_TELL
    return Mark("warn", _ENDED["ehlo"].get(endpoint["outcome"] or "", "fails"), "once TLS had started")


def _certificate(endpoint: EndpointSection, server: ServerSection, report: Report, at: datetime) -> Iterator[Mark]:
    """The cells Certificate and Name."""
    before = _stage(endpoint, "handshake", False)
    if before:
        beyond = NOT_REACHED if before.tone == "bad" else before
        yield from (beyond, beyond)
        return
    certificate = next(
        (report["certificates"][c] for c in endpoint["certificates"] if c in report["certificates"]), None
    )
    if certificate is None:
        nothing = Mark("bad", "none sent") if endpoint["tls"] else COULD_NOT_TELL
        yield from (nothing, NOT_REACHED if endpoint["tls"] else COULD_NOT_TELL)
        return
    if server["conditions"]["trusted"]:  # another server may send the same leaf in a worse chain
        certificate = {**certificate, "trusted": True}
    yield certificate_mark(certificate, at)
    yield name_mark(certificate, server["host"])


def _policy(host: str, report: Report) -> Mark:
    """Is the server listed? A server that is not is skipped under a policy in force, and only reported on trial."""
    section = report["mta_sts"]
    mode = section["policy"]["mode"]
    if mode == "none":
        return Mark("na", "switched off")
    lines = [line["line"] for line in section["mx_lines"] or () if host in line["covers"]]
    if lines:
        return Mark("ok", "listed", f"line {lines[0]}")
    return Mark("warn" if mode == "testing" else "bad", "not listed")


def _dane(endpoint: EndpointSection) -> Mark:
    if endpoint["dane"]["status"] == "invalid" and endpoint["dane"]["matched"]:
        return Mark("bad", "matches in part")
    return {
        None: NOT_ASKED,
        "absent": Mark("na", "none"),
        "insecure": Mark("na", "not signed"),
        "unusable": Mark("warn", "unusable"),
        "failed": Mark("bad", "look-up fails"),
        "valid": Mark("ok", "matches"),
        "invalid": Mark("bad", "no match"),
    }.get(endpoint["dane"]["status"], COULD_NOT_TELL)
