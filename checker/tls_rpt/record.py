"""The TXT record at ``_smtp._tls.<domain>`` (RFC 8460 section 3).

    record = %s"v=TLSRPTv1" 1*(delim field) [delim]     rua = %s"rua=" URI *(*WSP "," *WSP URI)

The one rule of this file: a record is good if it can be read; whether a report can go to what it names is another
question, asked of each URI. A comma always parts two of them: within one it is percent-encoded, like ``!`` and ``;``.
"""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from checker.defect import Defect, DefectLog
from checker.fields import (
    WSP,
    Field,
    RecordGrammar,
    RecordReading,
    extensions,
    first_of,
    is_text,
    parse_fields,
    read_answer,
    shown,
)
from checker.network.ports import TxtRecord
from checker.tls_rpt.facts import Record

_GRAMMAR = RecordGrammar(
    version="v=TLSRPTv1",
    required="rua",
    standard="TLS reporting",
    reference="RFC 8460 section 3",
    look_alike=re.compile(r"(?<![a-z0-9])tls-?rptv[0-9]|^[\s\"']*(v\s*=\s*\"?tls-?rpt|rua\s*=)", re.IGNORECASE),
)

# RFC 3986 appendix A without "!", "," and ";", which RFC 8460 wants encoded.
_ENCODED = r"%[0-9A-Fa-f]{2}"
_SEGMENT = rf"(?:[A-Za-z0-9._~$&'()*+=:@-]|{_ENCODED})"
_REGISTERED_NAME = rf"(?:[A-Za-z0-9._~$&'()*+=-]|{_ENCODED})*"
_AUTHORITY = (
    rf"(?:(?:[A-Za-z0-9._~$&'()*+=:-]|{_ENCODED})*@)?(?P<host>\[[0-9A-Fa-fvV:.]+\]|{_REGISTERED_NAME})(?::[0-9]*)?"
)
_URI = re.compile(
    rf"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):"
    rf"(?://{_AUTHORITY}(?:/{_SEGMENT}*)*|(?P<path>/?(?:{_SEGMENT}+(?:/{_SEGMENT}*)*)?))"
    rf"(?:\?(?:[/?]|{_SEGMENT})*)?(?:#(?:[/?]|{_SEGMENT})*)?"
)
_NOT_IN_URI = re.compile(r"[^A-Za-z0-9._~$&'()*+=:@/?#\[\]%-]|%(?![0-9A-Fa-f]{2})")
# RFC 6068 section 2, decoded: dot-atom or quoted string, "@", a domain in A-labels
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_SUB_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(
    rf"(?:{_ATOM}(?:\.{_ATOM})*|\"(?:[^\"\\\r\n]|\\.)*\")@(?P<host>{_SUB_DOMAIN}(?:\.{_SUB_DOMAIN})*)"
)


def read_record(answer: Sequence[TxtRecord]) -> RecordReading[Record]:
    """What the TXT records at the name amount to. Never raises. The line of a defect is the record's number."""
    return read_answer(answer, _GRAMMAR, parse_record)


def parse_record(text: str) -> tuple[Record | None, tuple[Defect, ...]]:
    """The record in this text, null if the grammar has no room for it, and all that is wrong with it. Never raises."""
    log = DefectLog(_GRAMMAR.reference)
    fields = parse_fields(text, _GRAMMAR, log)
    found = first_of(fields, "rua", log)
    others = extensions(fields, _GRAMMAR, log)
    if found is None:
        log.add(
            "missing-rua", "There is no “rua”. Add one, such as “rua=mailto:tls-reports@example.com”.", is_fatal=True
        )
        return None, log.listed()
    uris = tuple(_destinations(found, log))
    if log.is_fatal:
        return None, log.listed()
    usable = tuple(uri for uri, is_usable in uris if is_usable)
    return Record(rua=tuple(uri for uri, _ in uris), usable_rua=usable, extensions=others), log.listed()


def _destinations(field: Field, log: DefectLog) -> Iterator[tuple[str, bool]]:
    """Each URI as written, and whether a report can go there."""
    if not field.value:
        said = "“rua” has no value. Write where reports go: “mailto:” and an address."
        log.add("empty-value", said, 1, field.column, is_fatal=True)
        return
    column = field.value_column
    for piece in field.value.split(","):
        uri = piece.strip(WSP)
        at = column + len(piece) - len(piece.lstrip(WSP))
        if uri:
            yield uri, _is_usable(uri, at, log)
        else:
            # Behind the last comma there is nothing to point at.
            said = "There is no address beside a comma. Remove the comma, or write one."
            log.add("empty-uri", said, 1, min(column, field.value_column + len(field.value) - 1), is_fatal=True)
        column += len(piece) + 1


def _is_usable(uri: str, column: int, log: DefectLog) -> bool:
    """Can a report be sent there? Faults are noted: of the form fatal, of the address not."""
    parts = _URI.fullmatch(uri)
    if parts is None:
        _note_no_uri(uri, column, log)
        return False
    scheme = parts["scheme"].lower()
    if scheme == "mailto":
        return _is_mailable(uri, parts["path"] or "", column, log)
    if scheme == "https":
        return _is_web_host(uri, parts["host"] or "", column, log)
    said = f"No report goes to “{shown(uri)}”: write “mailto:” and an address, or “https://”."
    log.add("rua-http" if scheme == "http" else "rua-scheme", said, 1, column)
    return False


def _is_mailable(uri: str, path: str, column: int, log: DefectLog) -> bool:
    address = _ADDRESS.fullmatch(unquote(path))
    if address is None:
        said = f"“{shown(uri)}” holds no mail address. Write “mailto:” and one, such as tls-reports@example.com."
        log.add("rua-not-an-address", said, 1, column)
        return False
    _note_short_host(address["host"], column, log)
    return True


def _is_web_host(uri: str, host: str, column: int, log: DefectLog) -> bool:
    if not host:
        log.add("rua-without-host", f"“{shown(uri)}” names no host. Write “https://”, a host and a path.", 1, column)
        return False
    _note_short_host(host, column, log)
    return True


def _note_short_host(host: str, column: int, log: DefectLog) -> None:
    """Allowed by RFC 3986, and hardly ever meant."""
    if "." not in host and not host.startswith("["):
        log.add("rua-host-without-dot", f"“{shown(host)}” has no dot in it. Write the full name of a host.", 1, column)


def _note_no_uri(uri: str, column: int, log: DefectLog) -> None:
    odd = _NOT_IN_URI.search(uri)
    at = column + (odd.start() if odd else 0)
    if not is_text(uri):
        return  # noted for the whole record
    if odd and odd[0] in WSP:
        log.add("rua-blank", "Write a comma between two addresses, and no blank inside one.", 1, at, is_fatal=True)
    elif odd and odd[0] == "!":
        said = "Remove “!” and what follows. A size limit is for DMARC; in an address “!” is written “%21”."
        log.add("rua-size-limit", said, 1, at, is_fatal=True)
    elif odd:
        log.add("rua-uri", f"“{shown(odd[0])}” can't stand here. Write it percent-encoded.", 1, at, is_fatal=True)
    elif ":" not in uri and "@" in uri:
        log.add("rua-without-scheme", f"Write “mailto:” in front: “mailto:{shown(uri)}”.", 1, column, is_fatal=True)
    else:
        said = f"“{shown(uri)}” is no URI. Write “mailto:” and an address, or “https://” and a host."
        log.add("rua-uri", said, 1, column, is_fatal=True)
