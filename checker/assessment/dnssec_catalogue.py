"""What can be said of what DNSSEC protects on the way of a domain's mail (RFC 4035, RFC 7672 section 2.1).

Parameters: ``hosts`` are servers, joined for reading; ``why`` is a look-up's own sentence.
"""

from checker.finding import Entry, Severity, Who

_STATES = "RFC 4035 section 4.3"
_NO_NEED = "MTA-STS protects mail without it (RFC 8461 section 2); DANE needs it."

CATALOGUE: tuple[Entry, ...] = (
    Entry(
        code="dnssec-policy-bogus",
        severity=Severity.SERIOUS,
        title="The DNS signatures on the way to the policy are broken",
        detail="{why} Senders whose resolver validates find no MTA-STS policy, and deliver as if there were none. "
        "Those that hold an earlier one can't renew it.",
        remedy="Sign the zone anew, or remove the stale DS record at the registrar.",
        who=Who.DNS,
        reference="RFC 4035 section 5.5",
        requirements=("SEC-1", "SEC-3"),
        group="dns",
        cost=4,
    ),
    Entry(
        code="dnssec-not-seen",
        severity=Severity.UNKNOWN,
        title="What DNSSEC protects can't be seen from here",
        detail="The DNS resolver that Mailseal asks here checks no signatures, or its word isn't to be taken. So "
        "nothing is said of DNSSEC and DANE, neither good nor bad. Who runs this Mailseal can change that: run "
        "unbound on the same machine (it validates as it comes), and set `MAILSEAL_RESOLVERS=127.0.0.1`. If this "
        "machine's own resolver validates, `MAILSEAL_TRUST_AD=always` is enough.",
        who=Who.NOBODY,
        reference="RFC 4035 section 4.9.3",
        requirements=("SEC-2",),
    ),
    Entry(
        code="dnssec-unsigned",
        severity=Severity.NOTE,
        title="The MX records are not signed",
        detail=f"Who can forge DNS answers can lead mail to another server. {_NO_NEED}",
        who=Who.NOBODY,
        reference=_STATES,
        requirements=("SEC-1", "SEC-5", "SEC-11"),
    ),
    Entry(
        code="dnssec-servers-unsigned",
        severity=Severity.NOTE,
        title="The MX records are signed, the addresses of {hosts} are not",
        detail=f"DNSSEC proves which servers take the mail, but not where they are. {_NO_NEED}",
        who=Who.NOBODY,
        reference=_STATES,
        requirements=("SEC-4", "SEC-5", "SEC-11"),
    ),
    Entry(
        code="dnssec-signed",
        severity=Severity.GOOD,
        title="DNSSEC proves the way to the mail servers",
        detail="The MX records and the addresses of every server are signed, and the signatures hold. Nobody on the "
        "network can forge them for who checks.",
        who=Who.NOBODY,
        reference=_STATES,
        requirements=("SEC-1", "SEC-5"),
    ),
)
