"""What can be said of CAA records (RFC 8659).

Parameters: ``named`` are the names that they count for, ``found`` is where they stand, ``allowed`` are the authorities
that may issue, by the domains that they call themselves.
"""

from checker.finding import Entry, Severity, Who

CATALOGUE: tuple[Entry, ...] = (
    Entry(
        code="caa-restricted",
        severity=Severity.GOOD,
        title="DNS says who may issue certificates",
        detail="For {named} that is {allowed}. Every other public authority has to refuse.",
        who=Who.NOBODY,
        reference="RFC 8659 section 4.2",
        requirements=("CERT-23",),
    ),
    Entry(
        code="caa-unrestricted",
        severity=Severity.NOTE,
        title="Any public authority may issue certificates",
        detail="For {named} no CAA record names who may. A mistake of any one authority is enough for somebody "
        "else to get a certificate that senders trust.",
        remedy="Publish a CAA record that names the authority in use.",
        who=Who.DNS,
        reference="RFC 8659 section 3",
        requirements=("CERT-23",),
    ),
    Entry(
        code="caa-excludes-issuer",
        severity=Severity.ADVICE,
        title="The next certificate of {named} will be refused",
        detail="Its certificate is from {authority}. The CAA records at {found} allow {allowed}, so that authority may "
        "not renew it.",
        remedy="Add a CAA record that allows {domain}, or get the next certificate from an authority that is allowed.",
        who=Who.DNS,
        reference="RFC 8659 section 4.2",
        requirements=("CERT-23",),
        group="certificate",
        cost=2,
    ),
    Entry(
        code="caa-malformed",
        severity=Severity.ADVICE,
        title="A CAA record can't be read",
        detail="{faults} It stands at {found} and counts for {named}. An authority has to take such a record for one "
        "that allows nobody.",
        remedy="Publish the record anew, as 0 issue with the authority's domain behind it.",
        who=Who.DNS,
        reference="RFC 8659 section 4.2",
        requirements=("CERT-23",),
        group="certificate",
        cost=1,
    ),
    Entry(
        code="caa-unknown-critical",
        severity=Severity.ADVICE,
        title="A CAA record forbids all certificates",
        detail="The records at {found} have the tag {tags}, which no authority knows, marked as critical. So none may "
        "issue for {named}, whatever the other records say.",
        remedy="Remove the record, or correct its tag, or set its flags to 0.",
        who=Who.DNS,
        reference="RFC 8659 section 4.1",
        requirements=("CERT-23",),
        group="certificate",
        cost=2,
    ),
    Entry(
        code="caa-look-up-fails",
        severity=Severity.ADVICE,
        title="The next certificate of {named} will be refused",
        detail="{why} Authorities have to look for CAA records before they issue, and may not go on where that fails.",
        remedy="Let the name servers answer questions for CAA, and sign the zone anew if its signatures are broken.",
        who=Who.DNS,
        reference="RFC 8659 section 3",
        requirements=("CERT-19",),
        group="certificate",
        cost=2,
    ),
)
