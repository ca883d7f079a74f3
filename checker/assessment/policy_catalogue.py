"""What can be said of a domain's policy beside its servers and its past, which neither shows alone.

Parameters beside ``host``: ``hosts`` are servers, ``listed`` lines of the policy, ``pattern`` the line that is
suggested and ``patterns`` several; ``instead`` is the line it replaces (empty where it is added) and ``mend`` says so
in words. ``since``, ``until`` are moments in words, ``why`` sentences, ``hint`` a sentence or nothing, ``id`` the
record's, ``age`` a span of time.
"""

from checker.finding import Entry, Severity, Who

_APPLIES = "RFC 8461 section 5"
_MATCHES = "RFC 8461 section 4.1"
_REPORTS = "RFC 8460 section 1"
_EDITIONS = "RFC 8461 section 8.1"

COVERAGE: tuple[Entry, ...] = (
    Entry(
        code="mta-sts-no-mx-covered",
        severity=Severity.CRITICAL,
        title="The policy lists none of the mail servers",
        detail="It is enforced, and lists {listed}, while DNS names {hosts}. So senders that honour it find no server "
        "they may deliver to: they keep the mail for days and then return it. {hint}",
        remedy="{mend} Serve the new file first, then give the record a new id.",
        who=Who.POLICY_HOST,
        reference=_MATCHES,
        requirements=("STS-55", "STS-58", "STS-61"),
        group="policy",
        cost=12,
    ),
    Entry(
        code="mta-sts-mx-not-covered",
        severity=Severity.SERIOUS,
        title="The policy does not list {host}",
        detail="It lists {listed}. Senders that honour an enforced policy pass over {host}, also when all other "
        "servers are away. A certificate does not help: what counts is the name in the MX record. {hint}",
        remedy="{mend} Serve the new file first, then give the record a new id.",
        who=Who.POLICY_HOST,
        reference=_MATCHES,
        requirements=("STS-55", "STS-56", "STS-57", "STS-58", "STS-70"),
        group="policy",
        cost=5,
    ),
    Entry(
        code="mta-sts-no-server-passes",
        severity=Severity.CRITICAL,
        title="No mail server passes the policy",
        detail="The policy is enforced, and no server keeps what it promises. {why} So senders that honour it can't "
        "deliver: they keep the mail for days and then return it.",
        remedy="Let {hosts} offer TLS 1.2 or newer with a certificate for its name from a public authority. Until then "
        "set the policy to `mode: testing`, with a new id in the record.",
        who=Who.MAIL_SERVER,
        reference=_APPLIES,
        requirements=("STS-57", "STS-61"),
        group="policy",
        cost=12,
    ),
    Entry(
        code="mta-sts-server-fails-policy",
        severity=Severity.SERIOUS,
        title="{host} does not pass the policy that lists it",
        detail="{why} Senders that honour the policy do not deliver there, and try what else the domain has.",
        remedy="Let {host} offer TLS 1.2 or newer with a certificate for its name from a public authority.",
        who=Who.MAIL_SERVER,
        reference=_APPLIES,
        requirements=("STS-57", "STS-61"),
        group="policy",
        cost=5,
    ),
    Entry(
        code="mta-sts-testing-would-fail",
        severity=Severity.ADVICE,
        title="The policy would fail if it were enforced",
        detail="It is on trial, so mail still arrives. {why}",
        remedy="Mend that first, and leave the policy at `mode: testing` until every server passes.",
        who=Who.MAIL_SERVER,
        reference=_APPLIES,
        requirements=("STS-63",),
        group="policy",
        cost=3,
    ),
    Entry(
        code="mta-sts-listed-unused",
        severity=Severity.NOTE,
        title="The policy lists names that no mail server has",
        detail="No MX record leads to {listed}. That is allowed, and right while you move to a new server. Whoever can "
        "get that name could take mail under it, so remove what is no longer needed.",
        who=Who.NOBODY,
        reference=_MATCHES,
        requirements=("STS-53", "STS-70"),
    ),
    Entry(
        code="mta-sts-pattern-broad",
        severity=Severity.ADVICE,
        title="The policy allows every name under a top-level domain",
        detail="The line {listed} lists the servers of strangers too. Whoever owns a name there, with a certificate "
        "for it, may take this domain's mail.",
        remedy="{mend} Serve the new file first, then give the record a new id.",
        who=Who.POLICY_HOST,
        reference="RFC 8461 section 10.4",
        requirements=("STS-67",),
        group="policy",
        cost=3,
    ),
    Entry(
        code="mta-sts-pattern-wildcard",
        severity=Severity.NOTE,
        title="The policy allows every name under the domain",
        detail="The line {listed} lists each host of that domain. Where users or customers get names of their own "
        "there, any of them could take mail.",
        who=Who.NOBODY,
        reference="RFC 8461 section 10.4",
        requirements=("STS-67",),
    ),
)

MODES: tuple[Entry, ...] = (
    Entry(
        code="mta-sts-absent",
        severity=Severity.ADVICE,
        title="Nothing tells senders to insist on encryption",
        detail="The domain has no MTA-STS policy. Whoever sits between sender and server can take the offer of "
        "encryption out, or send the mail to a server of their own, and most senders notice nothing.",
        remedy="Serve a policy in `mode: testing`, publish its record, and enforce it when the reports show no fault.",
        who=Who.POLICY_HOST,
        reference="RFC 8461 section 1",
        requirements=("STS-20", "STS-21"),
        group="policy",
        cost=2,
    ),
    Entry(
        code="mta-sts-fails-beside-dane",
        severity=Severity.ADVICE,
        title="DANE lets mail through that the policy holds back",
        detail="At {hosts} the key is the one that DNS names, so senders that know DANE deliver. The enforced policy "
        "is not kept there: senders that know MTA-STS alone, Gmail for one, hold the mail or look for another server. "
        "Software that asks for both holds it too.",
        remedy="Let {hosts} keep the policy as well: a line for each in the file, and a certificate for its name from "
        "a public authority.",
        who=Who.MAIL_SERVER,
        reference="RFC 8461 section 2",
        requirements=("STS-71", "DANE-52"),
    ),
    Entry(
        code="mta-sts-absent-beside-dane",
        severity=Severity.ADVICE,
        title="Only senders that know DANE are told to insist on encryption",
        detail="They are well served. Some large senders know MTA-STS alone, Gmail for one, and the domain has no "
        "policy for them: mail from there can still be read or led elsewhere on the way.",
        remedy="Serve a policy in `mode: testing`, publish its record, and enforce it when the reports show no fault.",
        who=Who.POLICY_HOST,
        reference="RFC 8461 section 2",
        requirements=("STS-20", "STS-21"),
    ),
    Entry(
        code="mta-sts-none",
        severity=Severity.ADVICE,
        title="The policy is switched off",
        detail="Its mode is “none”: senders deliver as if there was no policy. That is the right way to take a policy "
        "back, and protects nobody. {hint}",
        remedy="To protect the domain's mail set the policy to `mode: testing`, later to `mode: enforce`, each time "
        "with a new id in the record.",
        who=Who.POLICY_HOST,
        reference="RFC 8461 section 8.3",
        requirements=("STS-51", "STS-63", "STS-69"),
        group="policy",
        cost=2,
    ),
    Entry(
        code="mta-sts-testing",
        severity=Severity.NOTE,
        title="The policy is on trial, and every server passes",
        detail="Senders report what would fail, and deliver all the same. So nothing is enforced yet.",
        remedy="Set the policy to `mode: enforce` once the reports show no fault for weeks. Give it a `max_age` of "
        "weeks, and the record a new id.",
        who=Who.POLICY_HOST,
        reference=_APPLIES,
        requirements=("STS-60", "STS-63"),
    ),
    Entry(
        code="mta-sts-testing-for-weeks",
        severity=Severity.ADVICE,
        title="The policy has been on trial for {age}",
        detail="We have seen it in mode testing since {since}. Senders report faults and do not insist, so it protects "
        "nobody yet.",
        remedy="Set the policy to `mode: enforce`, with a `max_age` of weeks, and give the record a new id.",
        who=Who.POLICY_HOST,
        reference=_APPLIES,
        requirements=("STS-63",),
        group="policy",
        cost=2,
    ),
    Entry(
        code="mta-sts-max-age-before-enforce",
        severity=Severity.NOTE,
        title="Under enforcement {age} would be short",
        detail="While the policy is on trial a short “max_age” does no harm. Once it is enforced, it protects only as "
        "long as senders remember it.",
        who=Who.NOBODY,
        reference="RFC 8461 section 10.2",
        requirements=("STS-60",),
    ),
    Entry(
        code="mta-sts-null-mx",
        severity=Severity.NOTE,
        title="A policy for a domain that takes no mail",
        detail="The domain says by a null MX that it takes no mail, so there is nothing that its policy could protect.",
        who=Who.NOBODY,
        reference="RFC 7505 section 3",
        requirements=("STS-59",),
    ),
    Entry(
        code="mta-sts-enforced",
        severity=Severity.GOOD,
        title="The policy is enforced, and every server passes",
        detail="Senders that know MTA-STS deliver only to servers that are listed and prove who they are. The first "
        "time they must find the policy; after that they remember it for {age}.",
        who=Who.NOBODY,
        reference=_APPLIES,
        requirements=("STS-55", "STS-57", "STS-72"),
    ),
    Entry(
        code="tls-rpt-missing-with-policy",
        severity=Severity.ADVICE,
        title="Nobody tells you when senders can't keep to the policy",
        detail="The policy is in mode {mode}, and no TLS reporting record asks senders for reports. So you don't learn "
        "whose mail fails, or would fail.",
        remedy="Publish a TLS reporting record with an address that you read.",
        who=Who.DNS,
        reference=_REPORTS,
        requirements=("STS-64", "RPT-14"),
        group="policy",
        cost=1,
    ),
)

EDITIONS: tuple[Entry, ...] = (
    Entry(
        code="mta-sts-id-reused",
        severity=Severity.SERIOUS,
        title="The policy has changed, and its id has not",
        detail="Senders compare only the id, “{id}”. Those that fetched the policy before see no change, and go by the "
        "old one until {until}, or longer if they fetch it late.",
        remedy="Give the record a new id; any that was not used before will do.",
        who=Who.DNS,
        reference=_EDITIONS,
        requirements=("STS-15", "STS-66"),
        group="policy",
        cost=4,
    ),
    Entry(
        code="mta-sts-id-changed-alone",
        severity=Severity.NOTE,
        title="The id has changed, and the policy has not",
        detail="Senders fetch the policy again and find the same. If a change was meant, the file is still the old "
        "one: the file must be changed first, the id after it.",
        who=Who.NOBODY,
        reference=_EDITIONS,
        requirements=("STS-15", "STS-68"),
    ),
    Entry(
        code="mta-sts-removed-while-cached",
        severity=Severity.SERIOUS,
        title="The policy was removed while senders still hold it",
        detail="Without a record senders keep to the policy that they know. Those that fetched it when we last saw it, "
        "on {since}, enforce it until {until}. If a server changes before that, their mail stops.",
        remedy="To keep the policy publish record and file again. To take it back publish both with `mode: none`, a "
        "`max_age` of one day and a new id, and remove them after {until}.",
        who=Who.DNS,
        reference="RFC 8461 section 8.3",
        requirements=("STS-16", "STS-69"),
        group="policy",
        cost=4,
    ),
    Entry(
        code="mta-sts-old-policy-cached",
        severity=Severity.NOTE,
        title="Senders may go by an older policy",
        detail="What is published now gives them none. Those that fetched the policy when we last saw it, on {since}, "
        "keep to it (mode {mode}) until {until}.",
        who=Who.NOBODY,
        reference="RFC 8461 section 5.1",
        requirements=("STS-16", "STS-65", "STS-66"),
    ),
    Entry(
        code="mta-sts-old-policy-stops-mail",
        severity=Severity.SERIOUS,
        title="An older policy keeps senders from {hosts}",
        detail="Senders that fetched the policy when we last saw it, on {since}, enforce it until {until}. It lists "
        "{listed}, and so they pass over {hosts}.",
        remedy="Serve a policy that lists {hosts}, and give the record a new id, so that senders fetch it at once.",
        who=Who.POLICY_HOST,
        reference=_EDITIONS,
        requirements=("STS-16", "STS-65", "STS-68", "STS-70"),
        group="policy",
        cost=6,
    ),
)

CATALOGUE: tuple[Entry, ...] = (*COVERAGE, *MODES, *EDITIONS)
