"""What can be said of the MTA-STS record (RFC 8461 section 3.1).

Parameters: ``name`` is where the record stands, ``host`` the policy host, ``published`` the record as it is, ``faults``
its faults in sentences, ``target`` an alias's end, ``why`` a look-up's own sentence. Of several records ``count`` tells
how many. ``parent`` is the domain above.
"""

from checker.finding import Entry, Severity, Who

_RECORD = "RFC 8461 section 3.1"

RECORD_ENTRIES: tuple[Entry, ...] = (
    Entry(
        code="mta-sts-record-several",
        severity=Severity.SERIOUS,
        title="There are {count} MTA-STS records, and one is allowed",
        detail="Where {name} has more than one record that begins with “v=STSv1;”, senders act as if there was none, "
        "even when all say the same. New senders find no policy, and mail can be read and diverted on its way.",
        remedy="Leave one MTA-STS record at {name}, with a new id.",
        who=Who.DNS,
        reference=_RECORD,
        requirements=("STS-6", "STS-7"),
        group="policy",
        cost=6,
    ),
    Entry(
        code="mta-sts-record-invalid",
        severity=Severity.SERIOUS,
        title="The MTA-STS record is written wrongly",
        detail="{faults} Senders that keep to the standard ignore such a record, and those that don't know the policy "
        "yet never ask for it.",
        remedy="Replace the TXT record at {name} by a well-formed one.",
        who=Who.DNS,
        reference=_RECORD,
        requirements=("STS-8", "STS-9", "STS-10", "STS-11", "STS-12", "STS-14"),
        group="policy",
        cost=6,
    ),
    Entry(
        code="mta-sts-record-missing",
        severity=Severity.ADVICE,
        title="There is a policy file, but no record that announces it",
        detail="Senders look for a TXT record at {name} first, and without it never ask for the file. The policy "
        "protects nobody who doesn't know it from earlier.",
        remedy="Publish the MTA-STS record at {name}, or take the file away if the policy is not wanted yet.",
        who=Who.DNS,
        reference="RFC 8461 section 3",
        requirements=("STS-21",),
        group="policy",
        cost=3,
    ),
    Entry(
        code="mta-sts-record-unresolvable",
        severity=Severity.SERIOUS,
        title="DNS can't give the MTA-STS record to everybody",
        detail="{why} Senders that meet this find no policy, and know no more than if there was none.",
        remedy="Mend the zone or the alias at {name}, so that every resolver gets an answer.",
        who=Who.DNS,
        reference="RFC 8461 section 3.3",
        requirements=("STS-5", "STS-17"),
        group="policy",
        cost=5,
    ),
    Entry(
        code="mta-sts-record-alias-dangling",
        severity=Severity.ADVICE,
        title="The MTA-STS record is an alias of a name that does not exist",
        detail="{name} leads to {target}, and DNS has no such name. There is no record so, and whoever gets hold of "
        "that name can publish one for this domain.",
        remedy="Delete the CNAME record at {name}, or the wildcard (“*”) that answers for it, or let it name a record "
        "that exists.",
        who=Who.DNS,
        reference="RFC 8461 section 10.3",
        requirements=("STS-5", "STS-37"),
        group="policy",
        cost=2,
    ),
    Entry(
        code="mta-sts-record-repeats-field",
        severity=Severity.ADVICE,
        title="The MTA-STS record has a field twice",
        detail="{faults} Where they differ, senders go by the first, and it may not be the one that was changed last.",
        remedy="Leave each field once in the record at {name}.",
        who=Who.DNS,
        reference="RFC 8461 section 3.2",
        requirements=("STS-13",),
        group="policy",
        cost=1,
    ),
    Entry(
        code="mta-sts-record-untidy",
        severity=Severity.ADVICE,
        title="Some senders may not read the MTA-STS record",
        detail="{faults} The standard's grammar allows it as it is.",
        remedy="Write the TXT record at {name} in the plain form, “v=STSv1; id=…”.",
        who=Who.DNS,
        reference=_RECORD,
        requirements=("STS-6", "STS-10", "STS-12"),
        group="policy",
        cost=1,
    ),
    Entry(
        code="mta-sts-record-foreign",
        severity=Severity.NOTE,
        title="A TXT record answers where the MTA-STS record would stand, and is none",
        detail="{name} gives “{published}”. Often a wildcard record (“*”) answers for every name. Senders see that it "
        "is no MTA-STS record, and go on without a policy.",
        who=Who.NOBODY,
        reference=_RECORD,
        requirements=("STS-8",),
    ),
    Entry(
        code="mta-sts-record-delegated",
        severity=Severity.NOTE,
        title="Somebody else keeps the MTA-STS record",
        detail="{name} is an alias of {target}. Senders follow it; whoever runs that name decides when senders look "
        "for a new policy.",
        who=Who.NOBODY,
        reference="RFC 8461 section 8.2",
        requirements=("STS-4", "STS-5"),
    ),
    Entry(
        code="mta-sts-record-at-parent",
        severity=Severity.NOTE,
        title="The domain above has an MTA-STS record; it doesn't count here",
        detail="{parent} publishes one. Senders take a policy only from the very domain that stands in the address.",
        who=Who.NOBODY,
        reference="RFC 8461 section 3.4",
        requirements=("STS-2",),
    ),
    Entry(
        code="mta-sts-record-look-up-failed",
        severity=Severity.UNKNOWN,
        title="The MTA-STS record could not be looked up",
        detail="{why} Senders that meet the same failure go by the policy that they know from earlier, if any.",
        remedy="Scan again in some minutes; if it stays so, check that the domain's name servers answer for {name}.",
        who=Who.NOBODY,
        reference="RFC 8461 section 3.3",
        requirements=("STS-17",),
    ),
    Entry(
        code="mta-sts-record-valid",
        severity=Severity.GOOD,
        title="The MTA-STS record is in order",
        detail="It tells senders that there is a policy, and by its id “{id}” which edition of it.",
        who=Who.NOBODY,
        reference=_RECORD,
        requirements=("STS-1", "STS-10"),
    ),
)
