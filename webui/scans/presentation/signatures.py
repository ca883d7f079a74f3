"""Which of the domain's DNS answers are signed, and what that means for mail (RFC 4035 section 4.3, RFC 7672).

The one rule of this file: "not signed" is no fault, and what could not be told is never taken for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from checker.listing import joined
from checker.network.ports import Security
from checker.report.document import Report
from checker.report.document_servers import ServerSection
from webui.scans.presentation.marks import COULD_NOT_TELL, WAITING, Mark
from webui.scans.presentation.policies import has_policy

_NAMED = 2  # servers that a row names
_MARKS: Mapping[Security, Mark] = {
    "secure": Mark("ok", "signed"),
    "insecure": Mark("na", "not signed"),
    "bogus": Mark("bad", "signature wrong"),
}
_MAIL_IS_LOST = "Resolvers that check signatures refuse this answer, and senders behind them can’t deliver."
_MEANINGS: Mapping[str, Mapping[Security, str]] = {
    "mx": {
        "secure": "Nobody on the way can name other servers.",
        "insecure": "Who controls the way to the name servers could name servers of their own.",
        "bogus": _MAIL_IS_LOST,
    },
    "address": {
        "secure": "Nobody on the way can give other addresses.",
        "insecure": "As a rule, senders that know DANE look for nothing pinned here.",
        "bogus": _MAIL_IS_LOST,
    },
    "tlsa": {
        "secure": "What is pinned counts, and so does the answer that nothing is.",
        "insecure": "What is pinned has no effect.",
        "bogus": "Senders that know DANE don’t use the server.",
    },
    "policy": {
        "secure": "Nobody on the way can hide the policy from senders whose resolver checks.",
        "insecure": "MTA-STS doesn’t need it: the policy’s web site proves itself.",
        "bogus": "Senders behind a resolver that checks signatures find no policy.",
    },
}
_UNKNOWN = "We got no answer that tells."
_HOW_TO_TELL = (
    "The resolver that this service asks checks no signatures (DNSSEC), so what is signed can’t be told, and what is "
    "pinned can’t be judged. Whoever runs the service can change that: run a resolver that checks them, such as "
    "Unbound, on the same machine, and name it in MAILSEAL_RESOLVERS."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRow:
    """An answer of DNS, or the same of several servers: whether it is signed, and what that means."""

    name: str
    about: str
    mark: Mark
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """The part on DNSSEC. ``how_to_tell`` stands alone where no resolver here checks signatures."""

    rows: tuple[SignedRow, ...] = ()
    how_to_tell: str = ""


def signatures(report: Report) -> Signatures | None:
    """Null while nothing is known, or nobody asked."""
    rows = tuple(_rows(report))
    if any(map(_is_known, rows)):
        return Signatures(rows=rows)
    return Signatures(how_to_tell=_HOW_TO_TELL) if report["vantage"]["dnssec"] is False else None


def signatures_of(server: ServerSection, report: Report) -> Signatures | None:
    """Of one server's names alone."""
    rows = tuple(_of_servers({**report, "servers": [server]}))
    return Signatures(rows=rows) if any(map(_is_known, rows)) else None


def _is_known(row: SignedRow) -> bool:
    return row.mark not in (COULD_NOT_TELL, WAITING)


def _rows(report: Report) -> Iterator[SignedRow]:
    domain, policy = report["domain_unicode"], report["mta_sts"]
    mx = _row(domain, "which servers take its mail", "mx", report["mx"]["dnssec"], report)
    is_told_why = report["mx"]["dnssec"] == "bogus" and report["mx"]["error"]
    yield replace(mx, meaning=f"{mx.meaning} {report['mx']['error']}") if is_told_why else mx
    yield from _of_servers(report)
    if has_policy(report):
        yield _row(f"_mta-sts.{domain}", "the record for MTA-STS", "policy", policy["dnssec"]["record"], report)
        yield _row(f"mta-sts.{domain}", "addresses of the policy’s host", "policy", policy["dnssec"]["host"], report)


def _of_servers(report: Report) -> Iterator[SignedRow]:
    """For addresses, then for what is pinned, a row for all servers of which the same is to be said."""
    servers = report["servers"]
    for kind, about, states in (
        ("address", "addresses", [server["dnssec"]["address"] for server in servers]),
        ("tlsa", "pinned certificates", [server["dnssec"]["tlsa"] for server in servers]),
    ):
        for state in dict.fromkeys(states):
            hosts = [server["host"] for server, own in zip(servers, states, strict=True) if own == state]
            yield _row(_named(hosts, len(servers)), about, kind, state, report)


def _row(name: str, about: str, kind: str, state: Security | None, report: Report) -> SignedRow:
    if state is None:
        is_running = report["state"] == "running"
        mark, meaning = (WAITING, "Still being asked for.") if is_running else (COULD_NOT_TELL, _UNKNOWN)
        return SignedRow(name=name, about=about, mark=mark, meaning=meaning)
    return SignedRow(name=name, about=about, mark=_MARKS[state], meaning=_MEANINGS[kind][state])


def _named(hosts: list[str], total: int) -> str:
    if len(hosts) <= _NAMED:
        return joined(hosts)
    return f"All {total} servers" if len(hosts) == total else joined(hosts, 1)
