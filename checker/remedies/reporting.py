"""Records that mend a domain's TLS reporting (RFC 8460 section 3).

The one rule of this file: an address that reports can go to is kept; where there is none, a mailbox of the domain
stands in, which the owner has to set up.
"""

import re
from collections.abc import Iterator, Mapping

from checker.assessment.judged import Judged
from checker.assessment.states import DomainState
from checker.names import DomainName
from checker.network.ports import TxtRecord
from checker.observation import Seen
from checker.remedies.builder import Builder
from checker.remedies.remedy import DnsRecord, Fix
from checker.remedies.txt import broken_alias, replacing
from checker.remedies.values import is_host_name
from checker.tls_rpt.facts import record_name
from checker.tls_rpt.record import parse_record

_PREFIX = "v=TLSRPTv1;"
_BETWEEN = re.compile(r"[;,\s]+")
_BEFORE = re.compile(r"[\"']*(?:rua\s*=)?\s*[\"']*", re.IGNORECASE)
_MAIL = re.compile(r"(?:mailto:)?([A-Za-z0-9._%+-]{1,64})@([a-z0-9.-]{1,253})(?:\?.*)?", re.IGNORECASE)
_WEB = re.compile(r"https://([a-z0-9.-]{1,253})(:[0-9]{1,5})?([/?][A-Za-z0-9._~/%?=&@:+-]*)?", re.IGNORECASE)
_KEPT = 5  # addresses in one record; senders need not heed more than two (RFC 8460 section 3)


def record(state: DomainState) -> tuple[DnsRecord, ...]:
    """The record, with every address that reports can go to, in place of what is there now."""
    facts = state.facts.tls_rpt
    old = _own(state)
    addresses = list(dict.fromkeys(uri for record in old for uri in _addresses(record.text)))[:_KEPT]
    rua = ",".join(addresses) or f"mailto:{stand_in(state.facts.domain)}"
    return replacing(record_name(state.facts.domain), facts.answer, old, f"{_PREFIX} rua={rua};")


def stand_in(domain: DomainName) -> str:
    """The mailbox where no address for reports is known."""
    return f"tlsrpt@{domain}"


def _own(state: DomainState) -> list[TxtRecord]:
    """The records that are meant for TLS reporting."""
    facts = state.facts.tls_rpt
    records = facts.answer.value.records if isinstance(facts.answer, Seen) else ()
    if facts.status not in ("valid", "invalid"):
        return []
    exact = [record for record in records if record.text.startswith(_PREFIX)]
    return exact or [record for record in records if "tls" in record.text.lower()] or list(records)


def _addresses(text: str) -> Iterator[str]:
    """What can be used of a record, however broken it is: the record's own, or whatever looks like an address."""
    parsed, _ = parse_record(text)
    for found in parsed.rua if parsed else _BETWEEN.split(text):
        uri = _usable(found)
        if uri and parse_record(f"{_PREFIX} rua={uri};")[1] == ():
            yield uri


def _usable(found: str) -> str | None:
    """An address in harmless characters alone, null if it is none. A bare mail address gets its ``mailto:``."""
    uri = _BEFORE.sub("", found, count=1).partition("!")[0].strip("\"'")
    mail = _MAIL.fullmatch(uri)
    if mail and is_host_name(mail[2].lower()):
        return f"mailto:{mail[1]}@{mail[2].lower()}"
    web = _WEB.fullmatch(uri)
    return uri if web and is_host_name(web[1].lower()) else None


def _rewrite(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    return record(state)


def _end_the_alias(judged: Judged, state: DomainState) -> tuple[Fix, ...]:
    """A record in place of an alias without an end. What else keeps an answer back is no record's fault."""
    return record(state) if broken_alias(record_name(state.facts.domain), state.facts.tls_rpt.answer) else ()


FIXES: Mapping[str, Builder] = {
    "tls-rpt-several": _rewrite,
    "tls-rpt-invalid": _rewrite,
    "tls-rpt-rua-unusable": _rewrite,
    "tls-rpt-rua-partly-unusable": _rewrite,
    "tls-rpt-repeats-field": _rewrite,
    "tls-rpt-untidy": _rewrite,
    "tls-rpt-unresolvable": _end_the_alias,
    "tls-rpt-alias-dangling": _end_the_alias,
    "tls-rpt-absent": _rewrite,
    "tls-rpt-missing-with-policy": _rewrite,
}
