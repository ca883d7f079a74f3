"""What can be said of a server's TLSA records by themselves (RFC 7671, RFC 7672).

Parameters beside ``host``: ``name`` is where the records stand; ``records`` are quoted, joined for reading; ``faults``
are records with what keeps senders from using each; ``why`` is a look-up's own sentence.
"""

from checker.finding import Entry, Severity, Who

CATALOGUE: tuple[Entry, ...] = (
    Entry(
        code="dane-look-up-fails",
        severity=Severity.CRITICAL,
        title="Senders that check DANE cannot deliver to {host}",
        detail="{why} Its addresses are signed, so these senders have to ask for TLSA records at {name}. Without an "
        "answer they may not deliver: they keep the mail and return it after some days.",
        remedy="Let the name servers answer for {name}, if only that there is no such record. Some old servers and "
        "firewalls fail on TLSA questions: update them.",
        who=Who.DNS,
        reference="RFC 7672 section 2.1.2",
        requirements=("DANE-2", "DANE-10"),
        group="dane",
        cost=12,
    ),
    Entry(
        code="dane-look-up-fails-unasked",
        severity=Severity.NOTE,
        title="The question for TLSA records of {host} fails",
        detail="{why} Nobody is harmed today, since no sender asks where addresses aren't signed. On the day that "
        "DNSSEC is switched on, mail from senders that check DANE would stop.",
        remedy="Let the name servers answer for {name} before DNSSEC is switched on.",
        who=Who.DNS,
        reference="RFC 7672 section 2.2.2",
        requirements=("DANE-3",),
    ),
    Entry(
        code="dane-without-dnssec",
        severity=Severity.SERIOUS,
        title="The TLSA records of {host} have no effect",
        detail="At {name} stands {records}, but DNSSEC doesn't protect the records or the server's addresses. Senders "
        "leave them aside: who can forge the answers could forge the records too.",
        remedy="Sign the zones with DNSSEC and register the key with the registrar. Until then the records promise "
        "what nobody checks.",
        who=Who.DNS,
        reference="RFC 7672 section 2.2.2",
        requirements=("DANE-3", "DANE-9"),
        group="dane",
        cost=3,
    ),
    Entry(
        code="dane-none-usable",
        severity=Severity.SERIOUS,
        title="No sender can use the TLSA records of {host}",
        detail="{faults} Senders that check DANE then only ask for encryption, whoever answers: the records "
        "prove nothing.",
        remedy="Publish a 3 1 1 record with the server's key, and remove these.",
        who=Who.DNS,
        reference="RFC 7672 section 2.2",
        requirements=("DANE-10", "DANE-20", "DANE-21"),
        group="dane",
        cost=6,
    ),
    Entry(
        code="dane-record-unusable",
        severity=Severity.SERIOUS,
        title="Not every TLSA record of {host} can be used",
        detail="{faults} Senders leave such records aside.",
        remedy="Remove these records, or publish them anew without the fault.",
        who=Who.DNS,
        reference="RFC 7671 section 9",
        requirements=("DANE-20",),
        group="dane",
        cost=3,
    ),
    Entry(
        code="dane-usage-not-for-mail",
        severity=Severity.ADVICE,
        title="Some TLSA records of {host} are not for mail",
        detail="At {name} stands {records}. Usages 0 and 1 are for the web's authorities, and mail senders leave them "
        "aside. The others count.",
        remedy="Remove the records of usage 0 and 1.",
        who=Who.DNS,
        reference="RFC 7672 section 3.1.3",
        requirements=("DANE-21",),
        group="dane",
        cost=1,
    ),
    Entry(
        code="dane-whole-certificate",
        severity=Severity.NOTE,
        title="A TLSA record of {host} names a whole certificate",
        detail="{records} stops fitting with every renewal of the certificate, even where the key stays. A record of "
        "the form 3 1 1 names the key alone.",
        remedy="Publish a 3 1 1 record beside it, and remove it after two TTLs.",
        who=Who.DNS,
        reference="RFC 7671 section 5.1",
        requirements=("DANE-22", "DANE-23"),
    ),
    Entry(
        code="dane-issuer-by-key",
        severity=Severity.NOTE,
        title="A TLSA record of {host} names an issuer by its key",
        detail="{records} works with most senders. One of the form 2 0 1 works with all, and keeps the limits that the "
        "issuer's certificate sets.",
        who=Who.NOBODY,
        reference="RFC 7672 section 3.1.2",
        requirements=("DANE-22",),
    ),
    Entry(
        code="dane-full-data",
        severity=Severity.ADVICE,
        title="A TLSA record of {host} holds all the data instead of a digest",
        detail="{records} makes answers large, and some senders can't use such a record.",
        remedy="Publish the SHA-256 digest instead: matching type 1.",
        who=Who.DNS,
        reference="RFC 7671 section 10.1.2",
        requirements=("DANE-24",),
        group="dane",
        cost=1,
    ),
    Entry(
        code="dane-sha512-only",
        severity=Severity.ADVICE,
        title="All TLSA records of {host} use SHA-512",
        detail="Every sender has to know SHA-256, and only some know SHA-512. Those that don't can use none of these "
        "records.",
        remedy="Publish the same with SHA-256, matching type 1, beside or instead of them.",
        who=Who.DNS,
        reference="RFC 6698 section 6",
        requirements=("DANE-25",),
        group="dane",
        cost=1,
    ),
    Entry(
        code="dane-digests-differ",
        severity=Severity.ADVICE,
        title="SHA-256 and SHA-512 cover different keys of {host}",
        detail="Of the records that begin with {kind}, {weaker} have a SHA-256 digest and {stronger} a SHA-512 digest. "
        "Senders go by the strongest that they know and leave the others aside, so a key that has only one of them is "
        "lost to some.",
        remedy="Publish the same keys with each digest, or SHA-256 alone.",
        who=Who.DNS,
        reference="RFC 7671 section 8.3",
        requirements=("DANE-27",),
        group="dane",
        cost=1,
    ),
    Entry(
        code="dane-rollover-prepared",
        severity=Severity.GOOD,
        title="{host} can change its key without losing mail",
        detail="At {name} stands {records}: the next key is announced already, or its issuer is.",
        who=Who.NOBODY,
        reference="RFC 7671 section 8.1",
        requirements=("DANE-28",),
    ),
    Entry(
        code="dane-single-key",
        severity=Severity.NOTE,
        title="One key of {host} is all that TLSA records name",
        detail="{records} names one key. When a renewal brings a new key before its record has "
        "been in DNS for two TTLs, mail from senders that check DANE stops.",
        remedy="Keep the key at renewals (certbot: `--reuse-key`). For a new key, publish its 3 1 1 record beside "
        "this one at least two TTLs before the server shows it, and remove the old record afterwards.",
        who=Who.DNS,
        reference="RFC 7671 section 8.1",
        requirements=("DANE-28",),
    ),
    Entry(
        code="dane-ttl-long",
        severity=Severity.NOTE,
        title="Senders keep the TLSA records of {host} for {hours} hours",
        detail="After an emergency change of the key, mail from senders that check DANE waits until they forget the "
        "old records.",
        remedy="Give the records a TTL of an hour or so.",
        who=Who.DNS,
        reference="RFC 7671 section 13",
        requirements=("DANE-29",),
    ),
    Entry(
        code="dane-answer-large",
        severity=Severity.NOTE,
        title="The TLSA answer of {host} is large",
        detail="Its records take {octets} octets, more than one packet holds. Some networks lose such answers, and a "
        "sender that gets none keeps the mail.",
        remedy="Remove records that are no longer needed, and publish digests instead of full data.",
        who=Who.DNS,
        reference="RFC 7671 section 10.1.1",
        requirements=("DANE-31",),
    ),
    Entry(
        code="dane-at-alias",
        severity=Severity.ADVICE,
        title="The TLSA records of {host} stand behind an alias",
        detail="{host} is an alias, and senders go by the records of {base}. They look at the alias's end first, then "
        "at its start, and both must be signed: whoever runs one of them can break the other's mail.",
        remedy="Put the server's own name in the MX record.",
        who=Who.DNS,
        reference="RFC 7672 section 2.2.3",
        requirements=("DANE-5", "DANE-6"),
    ),
)
