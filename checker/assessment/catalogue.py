"""What can be said of a domain's servers taken together, which no single address shows.

Parameters beside ``host``: ``addresses`` are those concerned, ``others`` those that differ from them, both joined for
reading; ``hosts`` are names, joined; ``what`` is what differs; ``why`` is a sentence.
"""

from checker.finding import Entry, Severity, Who

_SMTP = "RFC 5321 section 5.1"

CATALOGUE: tuple[Entry, ...] = (
    Entry(
        code="servers-all-dead",
        severity=Severity.CRITICAL,
        title="No mail server takes mail",
        detail="We tried every server that DNS names ({hosts}), each address twice, and none gave the answers that "
        "begin a delivery. Senders keep the mail, try for days, and then return it.",
        remedy="Start the mail server and open port 25 to the Internet, or let the MX records name a server that runs.",
        who=Who.MAIL_SERVER,
        reference=_SMTP,
        requirements=("SMTP-1",),
        group="reachability",
        cost=12,
    ),
    Entry(
        code="server-dead",
        severity=Severity.SERIOUS,
        title="{host} takes no mail",
        detail="None of its addresses gave the answers that begin a delivery, in two tries each. Other servers of the "
        "domain work, so mail arrives, but late, and not at all when the others are away.",
        remedy="Start the mail server on {host} and open port 25 to the Internet, or remove its MX record.",
        who=Who.MAIL_SERVER,
        reference=_SMTP,
        requirements=("SMTP-1", "SMTP-5"),
        group="reachability",
        cost=6,
    ),
    Entry(
        code="server-dead-others-unknown",
        severity=Severity.SERIOUS,
        title="{host} takes no mail",
        detail="None of its addresses gave the answers that begin a delivery, in two tries each. We could not see "
        "whether another server of the domain works.",
        remedy="Start the mail server on {host} and open port 25 to the Internet, or remove its MX record.",
        who=Who.MAIL_SERVER,
        reference=_SMTP,
        requirements=("SMTP-1", "SMTP-5"),
        group="reachability",
        cost=6,
    ),
    Entry(
        code="server-decoy",
        severity=Severity.ADVICE,
        title="The last server, {host}, never takes mail",
        detail="{host} comes after all other servers and gives nobody an answer that begins a delivery. Some owners "
        "publish such a server on purpose, against spam. It costs honest senders time, and it cannot help when the "
        "others are away.",
        remedy="Remove the MX record of {host}, or let it take mail.",
        who=Who.DNS,
        reference=_SMTP,
        requirements=("MX-26",),
        group="reachability",
        cost=3,
    ),
    Entry(
        code="server-address-dead",
        severity=Severity.ADVICE,
        title="Not every address of {host} takes mail",
        detail="{addresses} did not, in two tries; {others} did. Senders that begin with the dead address lose time "
        "before they try the next one.",
        remedy="Mend the server at {addresses}, or remove that address from DNS.",
        who=Who.MAIL_SERVER,
        reference=_SMTP,
        requirements=("SMTP-1", "GEN-2"),
        group="reachability",
        cost=1,
    ),
    Entry(
        code="server-ipv6-dead",
        severity=Severity.ADVICE,
        title="{host} takes mail over IPv4 but not over IPv6",
        detail="DNS gives it {addresses}, where it takes no mail; {others} works. Many senders try IPv6 first and lose "
        "time, and those that have only IPv6 cannot deliver.",
        remedy="Let the mail server answer on {addresses}, or remove the AAAA record.",
        who=Who.MAIL_SERVER,
        reference="RFC 5321 section 5.2",
        requirements=("MX-25",),
        group="reachability",
        cost=2,
    ),
    Entry(
        code="starttls-on-some-addresses",
        severity=Severity.ADVICE,
        title="{host} offers encryption on some of its addresses only",
        detail="{addresses} does not offer STARTTLS, {others} does. Which one a sender gets is chance, so the same "
        "mail is encrypted one day and readable on the way the next.",
        remedy="Give the server at {addresses} the same configuration as the others.",
        who=Who.MAIL_SERVER,
        reference="RFC 7672 section 9.2",
        requirements=("SMTP-25", "GEN-2"),
        group="consistency",
        cost=3,
    ),
    Entry(
        code="server-addresses-differ",
        severity=Severity.ADVICE,
        title="The addresses of {host} are not alike",
        detail="{addresses} differs from {others} in its {what}. Which one a sender gets is chance, so a fault shows "
        "only now and then and is hard to find.",
        remedy="Give the server at {addresses} the same configuration as the others.",
        who=Who.MAIL_SERVER,
        reference="RFC 9325 section 3.9",
        requirements=("GEN-2", "TLS-29"),
        group="consistency",
        cost=2,
    ),
    Entry(
        code="server-certificates-differ",
        severity=Severity.NOTE,
        title="The addresses of {host} show different certificates",
        detail="{addresses} shows another one than {others}. Each is good, so senders don't mind. Remember all of them "
        "when you renew.",
        who=Who.MAIL_SERVER,
        reference="RFC 9325 section 3.9",
        requirements=("GEN-2", "TLS-29"),
    ),
    Entry(
        code="port-25-unknown",
        severity=Severity.UNKNOWN,
        title="Whether the mail servers answer, or port 25 is blocked here",
        detail="No connection to {hosts} came about, and nothing refused it. Either the mail servers are away, or the "
        "network that this scan ran in drops connections to port 25, as many networks do. So nothing is held against "
        "the domain.",
        remedy="Scan from another place, where port 25 is known to be open.",
        who=Who.NOBODY,
        reference=_SMTP,
        requirements=("SMTP-1",),
    ),
    Entry(
        code="port-25-blocked",
        severity=Severity.UNKNOWN,
        title="Whether the mail servers answer: port 25 is blocked here",
        detail="No connection to {hosts} came about, and none to well-known mail servers that answer everyone. So the "
        "network that this scan ran in drops connections to port 25, and nothing is held against the domain.",
        remedy="Scan from another place, where port 25 is known to be open.",
        who=Who.NOBODY,
        reference=_SMTP,
        requirements=("SMTP-1",),
    ),
    Entry(
        code="server-left-alone",
        severity=Severity.UNKNOWN,
        title="{host} was not looked at",
        detail="Whoever runs it asked not to be probed, so no connection was made. It is left out of the verdict.",
        who=Who.NOBODY,
        reference=_SMTP,
        requirements=("GEN-5",),
    ),
    Entry(
        code="servers-not-determined",
        severity=Severity.UNKNOWN,
        title="Whether any mail server works",
        detail="No server gave an answer that settles it ({hosts}). So nothing is held against the domain.",
        remedy="Scan again in some minutes, or from another place.",
        who=Who.NOBODY,
        reference=_SMTP,
        requirements=("SMTP-1",),
    ),
    Entry(
        code="server-not-determined",
        severity=Severity.UNKNOWN,
        title="Not all that counts could be seen of {host}",
        detail="What could not be seen is left out of the verdict, which may change once it is known.",
        remedy="Scan again in some minutes, or from another place.",
        who=Who.NOBODY,
        reference=_SMTP,
        requirements=("SMTP-1",),
    ),
)
