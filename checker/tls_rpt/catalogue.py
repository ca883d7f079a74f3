"""What can be said of the TLS reporting record (RFC 8460 section 3).

Without it nothing is unsafe: nobody is told of failures. Parameters: ``name`` is where the record stands,
``published`` the record as it is, ``faults`` its faults in sentences, ``uris`` addresses for reports and ``rejected``
those that can't be used, ``target`` an alias's end, ``why`` a look-up's own sentence.
"""

from checker.finding import Entry, Severity, Who

_RECORD = "RFC 8460 section 3"

CATALOGUE: tuple[Entry, ...] = (
    Entry(
        code="tls-rpt-several",
        severity=Severity.SERIOUS,
        title="There are {count} TLS reporting records, and one is allowed",
        detail="Where {name} has more than one record that begins with “v=TLSRPTv1;”, senders act as if there was "
        "none. Nobody tells the domain when mail could not be encrypted.",
        remedy="Put all addresses for reports into one record at {name}, and delete the others.",
        who=Who.DNS,
        reference=_RECORD,
        requirements=("RPT-2",),
        group="policy",
        cost=3,
    ),
    Entry(
        code="tls-rpt-invalid",
        severity=Severity.SERIOUS,
        title="The TLS reporting record is written wrongly",
        detail="{faults} Senders ignore the record, so nobody tells the domain when mail could not be encrypted.",
        remedy="Replace the TXT record at {name} by a well-formed one.",
        who=Who.DNS,
        reference=_RECORD,
        requirements=("RPT-2", "RPT-4", "RPT-6", "RPT-7", "RPT-8"),
        group="policy",
        cost=3,
    ),
    Entry(
        code="tls-rpt-rua-unusable",
        severity=Severity.SERIOUS,
        title="No report can be sent to what the TLS reporting record names",
        detail="It names {rejected}. {faults} An address must begin with “mailto:” or “https://”. Reports go nowhere.",
        remedy="Name an address in the form “mailto:reports@example.com” in the record at {name}.",
        who=Who.DNS,
        reference=_RECORD,
        requirements=("RPT-5", "RPT-6", "RPT-7"),
        group="policy",
        cost=3,
    ),
    Entry(
        code="tls-rpt-rua-partly-unusable",
        severity=Severity.ADVICE,
        title="The TLS reporting record names something that no report can be sent to",
        detail="It names {rejected}. {faults} Reports go to the other addresses only; some senders drop the whole "
        "record.",
        remedy="Correct that address in the record at {name}, or leave it out.",
        who=Who.DNS,
        reference=_RECORD,
        requirements=("RPT-5", "RPT-6", "RPT-7"),
        group="policy",
        cost=1,
    ),
    Entry(
        code="tls-rpt-repeats-field",
        severity=Severity.ADVICE,
        title="The TLS reporting record has a field twice",
        detail="{faults} The standard doesn't say which counts; several addresses belong into one field, with commas.",
        remedy="Write all addresses for reports into one “rua=” in the record at {name}.",
        who=Who.DNS,
        reference=_RECORD,
        requirements=("RPT-8",),
        group="policy",
        cost=1,
    ),
    Entry(
        code="tls-rpt-unresolvable",
        severity=Severity.ADVICE,
        title="DNS can't give the TLS reporting record to everybody",
        detail="{why} Senders that meet this send no reports.",
        remedy="Mend the zone or the alias at {name}, so that every resolver gets an answer.",
        who=Who.DNS,
        reference=_RECORD,
        requirements=("RPT-3",),
        group="policy",
        cost=1,
    ),
    Entry(
        code="tls-rpt-alias-dangling",
        severity=Severity.ADVICE,
        title="The TLS reporting record is an alias of a name that does not exist",
        detail="{name} leads to {target}, and DNS has no such name. Nobody gets reports; whoever gets hold of that "
        "name could have them sent to himself.",
        remedy="Delete the CNAME record at {name}, or let it name a record that exists.",
        who=Who.DNS,
        reference=_RECORD,
        requirements=("RPT-3",),
        group="policy",
        cost=1,
    ),
    Entry(
        code="tls-rpt-absent",
        severity=Severity.NOTE,
        title="Nobody reports failed encryption to the domain",
        detail="There is no TLS reporting record at {name}. With one, large senders tell every day whether mail could "
        "be encrypted. Nothing is unsafe without it.",
        remedy="Publish a TLS reporting record at {name}.",
        who=Who.DNS,
        reference=_RECORD,
        requirements=("RPT-14",),
    ),
    Entry(
        code="tls-rpt-foreign",
        severity=Severity.NOTE,
        title="A TXT record answers where the TLS reporting record would stand, and is none",
        detail="{name} gives “{published}”. Often a wildcard record (“*”) answers for every name. Senders see that it "
        "is no TLS reporting record, and send no reports.",
        who=Who.NOBODY,
        reference=_RECORD,
        requirements=("RPT-2",),
    ),
    Entry(
        code="tls-rpt-delegated",
        severity=Severity.NOTE,
        title="Somebody else keeps the TLS reporting record",
        detail="{name} is an alias of {target}. Senders follow it; whoever runs that name decides where reports go.",
        who=Who.NOBODY,
        reference=_RECORD,
        requirements=("RPT-3",),
    ),
    Entry(
        code="tls-rpt-same-domain",
        severity=Severity.NOTE,
        title="All reports go to the very domain that they speak of",
        detail="They are sent to {uris}. When mail to this domain fails, so may the report that says so. An address at "
        "another domain, or one that begins with “https://”, is safer.",
        who=Who.NOBODY,
        reference="RFC 8460 section 5.3",
        requirements=("RPT-10",),
    ),
    Entry(
        code="tls-rpt-look-up-failed",
        severity=Severity.UNKNOWN,
        title="The TLS reporting record could not be looked up",
        detail="{why} It is not known whether senders meet the same failure.",
        remedy="Scan again in some minutes; if it stays so, check that the domain's name servers answer for {name}.",
        who=Who.NOBODY,
        reference=_RECORD,
        requirements=("RPT-1",),
    ),
    Entry(
        code="tls-rpt-valid",
        severity=Severity.GOOD,
        title="Failed encryption is reported to the domain",
        detail="Senders that take part send their reports to {uris}.",
        who=Who.NOBODY,
        reference=_RECORD,
        requirements=("RPT-1", "RPT-4", "RPT-5"),
    ),
)
