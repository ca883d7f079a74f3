"""Who may issue certificates for the names that mail depends on, as CAA records have it (RFC 8659), in words.

The one rule of this file: that everybody may is the usual state and no fault.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from checker.listing import joined
from checker.report.document import Report
from checker.report.document_policies import CaaSection
from checker.report.document_servers import ServerSection
from webui.scans.presentation.marks import COULD_NOT_TELL, Mark
from webui.scans.presentation.policies import has_policy

_NAMED = 2  # names of a row


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerRow:
    """A name, or several of which the same is to be said: who may issue for it, and where that stands."""

    name: str
    about: str
    mark: Mark
    meaning: str


def issuer_rows(report: Report) -> tuple[IssuerRow, ...]:
    """Servers that are alike share a row; empty where nobody asked, or nothing is known."""
    rows = list(_of_servers(report["servers"]))
    caa = report["mta_sts"]["caa"]
    if caa is not None and has_policy(report):
        rows.append(_row([f"mta-sts.{report['domain_unicode']}"], "the policy’s host", caa))
    return tuple(rows) if any(row.mark.tone != "unk" for row in rows) else ()


def issuer_rows_of(server: ServerSection) -> tuple[IssuerRow, ...]:
    """The same of one server."""
    return tuple(row for row in _of_servers([server]) if row.mark.tone != "unk")


def _of_servers(servers: Iterable[ServerSection]) -> Iterator[IssuerRow]:
    alike: list[tuple[CaaSection, list[str]]] = []
    for server in servers:
        caa = server["caa"]
        if caa is None:
            continue
        them = next((hosts for same, hosts in alike if same == caa), None)
        if them is None:
            alike.append((caa, [server["host"]]))
        else:
            them.append(server["host"])
    for caa, hosts in alike:
        yield _row(hosts, "mail servers" if len(hosts) > 1 else "mail server", caa)


def _row(names: list[str], about: str, caa: CaaSection) -> IssuerRow:
    shown = joined(names, None if len(names) <= _NAMED else 1)
    mark, meaning = _words(caa)
    return IssuerRow(name=shown, about=about, mark=mark, meaning=meaning)


def _words(caa: CaaSection) -> tuple[Mark, str]:
    issuers = caa["issuers"]
    match caa["status"]:
        case "restricted" if issuers:
            only = f"Only {joined(issuers)} may, so a false one would have to come from there."
            return Mark("ok", "restricted"), f"{only} The records stand at {caa['found_at']}."
        case "restricted":
            return Mark("na", "nobody"), f"No authority may issue or renew one. The records stand at {caa['found_at']}."
        case "open" if caa["found_at"]:
            return Mark("na", "everybody"), f"The records at {caa['found_at']} restrict nobody."
        case "open":
            return Mark("na", "everybody"), "There is no CAA record, so any authority may issue one."
        case "failed":
            why = f" {caa['error']}" if caa["error"] else ""
            return Mark("warn", "look-up fails"), f"Authorities that meet the same may not issue or renew one.{why}"
        case None:
            return COULD_NOT_TELL, caa["error"] or "We got no answer that tells."
