"""The certificates that a domain's servers have pinned in DNS: each record as published, and what it fits (RFC 7672).

The one rule of this file: the numbers of a record stand beside plain words for them, never in their place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checker.listing import joined
from checker.report.document import Report
from checker.report.document_servers import ServerSection, TlsaRecord
from webui.scans.presentation.certificates import RecordLine
from webui.scans.presentation.listing import CHARACTERS_SHOWN
from webui.scans.presentation.marks import COULD_NOT_TELL, WAITING, Mark
from webui.scans.presentation.policies import Published
from webui.scans.presentation.times import counted, lasting

_NAMED = 3  # addresses that a line names
_PORT = 25
_USAGES = {
    0: "The {} of an authority for web sites",
    1: "The server’s own {}, vouched for by an authority for web sites",
    2: "The {} of the server’s authority",
    3: "The server’s own {}",
}
_SELECTORS = {0: "certificate", 1: "key"}
_MATCHINGS = {0: "in full", 1: "as its SHA-256 digest", 2: "as its SHA-512 digest"}
_MEANINGS = {
    "absent": "Nothing is pinned for it.",
    "insecure": "There are records, but DNSSEC doesn’t protect them, so no sender goes by them.",
    "unusable": "Senders can’t use any of the records. Those that know DANE ask for encryption, and verify nothing.",
}
_STATUS = {
    "absent": Mark("na", "none"),
    "insecure": Mark("warn", "without effect"),
    "unusable": Mark("warn", "unusable"),
    "failed": Mark("bad", "look-up fails"),
}
_FAILS = "Senders that know DANE don’t use the server while this look-up fails."
_KEPT = "Senders that know DANE deliver only to a server that shows what is pinned."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The part on pinned certificates. ``without`` are the servers for which there are none, if others have some."""

    servers: tuple[Published, ...]
    without: tuple[str, ...] = ()


def pins(report: Report) -> Pins | None:
    """What is pinned, server by server; null where nothing is known of it, or no server was found."""
    statuses = {server["tlsa"]["status"] for server in report["servers"]}
    if not statuses - {None}:
        return None
    return Pins(
        servers=tuple(_published(s, report) for s in report["servers"] if s["tlsa"]["status"] != "absent"),
        without=tuple(s["host"] for s in report["servers"] if s["tlsa"]["status"] == "absent"),
    )


def pins_of(server: ServerSection, report: Report) -> Pins | None:
    """The same of one server."""
    return pins({**report, "servers": [server]})


def _published(server: ServerSection, report: Report) -> Published:
    """One server's records."""
    tlsa = server["tlsa"]
    base = tlsa["base_domain"] or server["host"]
    return Published(
        title=server["host"],
        place=f"_{_PORT}._tcp.{base}",
        came=", ".join(_how_it_came(server)),
        status=_status(server, report),
        meaning=_meaning(server),
        lines=tuple(_lines(server)),
    )


def _how_it_came(server: ServerSection) -> Iterator[str]:
    tlsa = server["tlsa"]
    if tlsa["base_domain"] not in (None, server["host"]):
        yield f"at the name behind the alias {server['host']}"
    if tlsa["ttl"] is not None:
        yield f"resolvers keep it for {lasting(tlsa['ttl'])}"


def _status(server: ServerSection, report: Report) -> Mark:
    status = server["tlsa"]["status"]
    if status is None:
        return WAITING if report["state"] == "running" else COULD_NOT_TELL
    return _STATUS.get(status) or _as_kept(server)


def _as_kept(server: ServerSection) -> Mark:
    """By all of its addresses that could be told. One may fit with the certificate that it shows first alone."""
    kept = {endpoint["dane"]["status"] for endpoint in server["endpoints"]}
    if "invalid" in kept:
        if all(e["dane"]["matched"] for e in server["endpoints"] if e["dane"]["status"] == "invalid"):
            return Mark("bad", "not every certificate matches")
        return Mark("bad", "no match") if "valid" not in kept else Mark("bad", "not every address matches")
    return Mark("ok", "matches") if "valid" in kept else COULD_NOT_TELL


def _meaning(server: ServerSection) -> str:
    tlsa = server["tlsa"]
    if tlsa["status"] == "failed":
        return " ".join(filter(None, (tlsa["error"], _FAILS)))
    if tlsa["status"] != "usable":
        return _MEANINGS.get(tlsa["status"] or "", tlsa["error"] or "It was not seen whether anything is pinned.")
    return " ".join((_KEPT, *_misfits(server)))


def _misfits(server: ServerSection) -> Iterator[str]:
    """Why an address shows nothing that is pinned: one sentence for those that fail alike."""
    reasons: dict[str, list[str]] = {}
    for endpoint in server["endpoints"]:
        if endpoint["dane"]["status"] == "invalid" and endpoint["dane"]["why"]:
            reasons.setdefault(endpoint["dane"]["why"], []).append(endpoint["address"])
    for why, addresses in reasons.items():
        yield f"{joined(addresses, _NAMED)}: {why}"


def _lines(server: ServerSection) -> Iterator[RecordLine]:
    fitting = _fitting(server)
    for record in server["tlsa"]["records"] or ():
        numbers = f"{record['usage']} {record['selector']} {record['matching']}"
        data = record["data"][:CHARACTERS_SHOWN]
        yield RecordLine(gutter=numbers, lines=(data,), note=_note(record, server, fitting))
        left_out = len(record["data"]) - len(data)
        if left_out > 0:
            yield RecordLine(gutter="…", lines=(f"{counted(left_out, 'character')} more",), soft=True)


def _fitting(server: ServerSection) -> Mapping[str, list[str]]:
    """The addresses by the record that they fit."""
    fitting: dict[str, list[str]] = {}
    for endpoint in server["endpoints"]:
        if endpoint["dane"]["matched"]:
            fitting.setdefault(endpoint["dane"]["matched"], []).append(endpoint["address"])
    return fitting


def _note(record: TlsaRecord, server: ServerSection, fitting: Mapping[str, list[str]]) -> Mark:
    what = in_words(record)
    if not record["usable"]:
        return Mark("warn", f"{what}. {record['why'] or 'Senders can’t use it.'}")
    if server["tlsa"]["status"] != "usable":
        return Mark("na", f"{what}.")
    whole = f"{record['usage']} {record['selector']} {record['matching']} {record['data']}"
    addresses = [address for text, named in fitting.items() if _is_cut_of(text, whole) for address in named]
    if addresses:
        return Mark("ok", f"{what}. Fits what is shown at {joined(addresses, _NAMED)}.")
    if fitting:
        return Mark("na", f"{what}. It fits nothing that is shown now: an old one, or one to come.")
    if any(endpoint["dane"]["status"] == "invalid" for endpoint in server["endpoints"]):
        return Mark("bad", f"{what}. It fits nothing that the server shows.")
    return Mark("na", f"{what}.")


def _is_cut_of(text: str, whole: str) -> bool:
    begins, _, ends = text.partition("…")
    return whole.startswith(begins) and whole.endswith(ends)


def in_words(record: TlsaRecord) -> str:
    """``The server’s own key, as its SHA-256 digest``; what no standard knows is said to be unknown."""
    usage = _USAGES.get(record["usage"], "An unknown use of a {}")
    selector = _SELECTORS.get(record["selector"], "part that no standard names")
    matching = _MATCHINGS.get(record["matching"], "in a form that no standard names")
    return f"{usage.format(selector)}, {matching}"
