"""TXT records that replace what stands at a name: the MTA-STS record and the one of TLS reporting.

The one rule of this file: a name that leads elsewhere by an alias is mended where it leads, or, if that is nowhere,
the alias goes first: beside a CNAME no other record may stand (RFC 1034 section 3.6.2).
"""

from collections.abc import Sequence

from checker.names import DomainName
from checker.network.ports import Answer, TxtRecord
from checker.observation import Failed, FailureKind, Observation, Seen
from checker.remedies.remedy import DnsRecord
from checker.remedies.values import CURRENT, changed, is_owner_name, named, shown


def replacing(
    name: DomainName, answer: Observation[Answer[TxtRecord]], old: Sequence[TxtRecord], value: str
) -> tuple[DnsRecord, ...]:
    """Removals of the ``old`` records and of a broken alias, then the new record."""
    alias = broken_alias(name, answer)
    owner = name if alias else _owner(name, answer)
    removed = (DnsRecord(name=owner, rdtype="TXT", value=shown(record.text), is_removal=True) for record in old)
    marked = changed(old[0].text, value) if len(old) == 1 else value
    return *alias, *removed, DnsRecord(name=owner, rdtype="TXT", value=value, marked=marked)


def broken_alias(name: DomainName, answer: Observation[Answer[object]]) -> tuple[DnsRecord, ...]:
    """The removal of an alias that leads nowhere, if there is one."""
    match answer:
        case Seen(Answer(rcode="nxdomain", aliases=(first, *_))):
            target = named(first)
        case Failed(failure=FailureKind.ALIAS_CHAIN):
            target = CURRENT
        case _:
            return ()
    return (DnsRecord(name=name, rdtype="CNAME", value=target, is_removal=True),)


def _owner(name: DomainName, answer: Observation[Answer[TxtRecord]]) -> DomainName:
    aliases = answer.value.aliases if isinstance(answer, Seen) else ()
    return aliases[-1] if aliases and is_owner_name(aliases[-1]) else name
