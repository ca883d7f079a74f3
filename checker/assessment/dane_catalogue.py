"""What can be said of TLSA records and what the servers show, together (RFC 7671 section 8, RFC 7672).

Parameters beside ``host``: ``why`` is the matcher's own sentence, ``record`` a record with the beginning of its data,
``kinds`` are usages, selectors and matching types; ``named`` are servers, joined for reading.
"""

from checker.finding import Entry, Severity, Who

_BROKEN = "Senders that check DANE don't deliver: they keep the mail and return it after some days."


def _mismatch(code: str, title: str, detail: str, remedy: str, reference: str, *requirements: str) -> Entry:
    return Entry(
        code=code,
        severity=Severity.CRITICAL,
        title=title,
        detail=f"{detail} {_BROKEN}",
        remedy=remedy,
        who=Who.DNS,
        reference=reference,
        requirements=requirements,
        group="dane",
        cost=12,
    )


CATALOGUE: tuple[Entry, ...] = (
    Entry(
        code="dane-matches",
        severity=Severity.GOOD,
        title="{host} shows the key that its TLSA records name",
        detail="The record “{record}” fits. {why}",
        who=Who.NOBODY,
        reference="RFC 7672 section 3.1",
        requirements=("DANE-41", "DANE-42", "DANE-46"),
    ),
    _mismatch(
        "dane-no-match",
        "{host} doesn't fit its TLSA records",
        "{why}",
        "Publish the record of the key that the server shows now. If it shows the wrong one, put the right one back.",
        "RFC 7672 section 2.2",
        "DANE-40",
        "DANE-41",
        "DANE-43",
        "DANE-49",
    ),
    _mismatch(
        "dane-without-tls",
        "{host} has TLSA records and doesn't encrypt",
        "A usable TLSA record tells senders to insist on TLS, and TLS doesn't come about.",
        "Switch STARTTLS on, or else remove the TLSA records until it works.",
        "RFC 7672 section 2.2",
        "DANE-11",
    ),
    _mismatch(
        "dane-expired",
        "A certificate that TLSA records of {host} rest on has expired",
        "{why}",
        "Renew the certificate, or publish a 3 1 1 record, for which dates don't count.",
        "RFC 7672 section 3.1.2",
        "DANE-42",
    ),
    _mismatch(
        "dane-not-yet-valid",
        "A certificate that TLSA records of {host} rest on isn't valid yet",
        "{why}",
        "Show a certificate that is valid, or publish a 3 1 1 record, for which dates don't count.",
        "RFC 7672 section 3.1.2",
        "DANE-42",
    ),
    _mismatch(
        "dane-wrong-name",
        "The certificate of {host} is for another name",
        "{why} Its TLSA records name an issuer (usage 2), and then the name counts.",
        "Get a certificate for the server's own name, or publish a 3 1 1 record, for which names don't count.",
        "RFC 7672 section 3.2.2",
        "DANE-44",
        "DANE-45",
    ),
    _mismatch(
        "dane-not-trusted",
        "The certificate of {host} doesn't lead to the issuer in its TLSA records",
        "{why}",
        "Send the whole chain up to that issuer, or publish a 3 1 1 record, for which no issuer counts.",
        "RFC 7672 section 3.1.2",
        "DANE-42",
    ),
    Entry(
        code="dane-other-key-fails",
        severity=Severity.SERIOUS,
        title="The {kind} certificate of {host} doesn't fit its TLSA records",
        detail="{why} Another certificate of this server does fit, so mail stops only from senders that check DANE and "
        "are shown this one.",
        remedy="Publish a record for each key that the server has.",
        who=Who.DNS,
        reference="RFC 7672 section 8.1",
        requirements=("DANE-48",),
        group="dane",
        cost=6,
    ),
    Entry(
        code="dane-kind-unmatched",
        severity=Severity.SERIOUS,
        title="Some kinds of TLSA records of {host} fit nothing that it shows",
        detail="No record that begins with {kinds} fits what the server shows now. Senders need not know every kind, "
        "and one that goes by these alone doesn't deliver.",
        remedy="For each kind of record publish one that fits now, or remove those that are left from before.",
        who=Who.DNS,
        reference="RFC 7671 section 8",
        requirements=("DANE-26",),
        group="dane",
        cost=3,
    ),
    Entry(
        code="dane-default-certificate",
        severity=Severity.ADVICE,
        title="{host} shows another certificate to senders that don't name it",
        detail="Without a server name in the first message (SNI) it shows another certificate than the one that was "
        "held against its TLSA records. Senders that check DANE should send the name, and not all do.",
        remedy="Let the server show the same certificate where no name is asked for, or publish a record for that key "
        "too.",
        who=Who.MAIL_SERVER,
        reference="RFC 7672 section 8.1",
        requirements=("DANE-47",),
        group="dane",
        cost=1,
    ),
    Entry(
        code="dane-partial",
        severity=Severity.ADVICE,
        title="Not every mail server has TLSA records that count",
        detail="Nothing is promised for {named}. Who can keep senders from the other servers leads their mail there, "
        "and reads it on the way.",
        remedy="Publish a 3 1 1 record for each of these servers; their zones have to be signed too.",
        who=Who.DNS,
        reference="RFC 7672 section 2.2.1",
        requirements=("DANE-13",),
        group="dane",
        cost=2,
    ),
    Entry(
        code="dane-mx-unsigned",
        severity=Severity.ADVICE,
        title="The servers have TLSA records, and the domain isn't signed",
        detail="For {named} signed records name the key, but the domain's MX records aren't protected by DNSSEC. Who "
        "forges them leads the mail to another server, so the records protect little.",
        remedy="Sign the domain's own zone with DNSSEC and register the key with the registrar.",
        who=Who.DNS,
        reference="RFC 7672 section 2.2.1",
        requirements=("DANE-1",),
        group="dane",
        cost=2,
    ),
    Entry(
        code="dane-possible",
        severity=Severity.NOTE,
        title="DANE is one record away",
        detail="The MX records and the addresses of {named} are signed by DNSSEC. With a TLSA record for each server, "
        "senders that check DANE would insist on encryption and on the server's key.",
        remedy="Publish the 3 1 1 record of each server, and keep it in step with the server's key.",
        who=Who.DNS,
        reference="RFC 7672 section 1.3",
        requirements=("DANE-22",),
    ),
    Entry(
        code="dane-shared-key",
        severity=Severity.NOTE,
        title="Servers of different operators share one key",
        detail="The record “{record}” stands for {named}. Who runs one of them can stand in for the others.",
        who=Who.NOBODY,
        reference="RFC 7672 section 2.2.3",
        requirements=("DANE-14",),
    ),
    Entry(
        code="dane-not-seen",
        severity=Severity.UNKNOWN,
        title="Whether senders are told to insist on the server's key",
        detail="With DANE a domain tells senders, by signed DNS records, to insist on encryption. For {named} that "
        "could not be determined, so the verdict holds for senders that know nothing of it.",
        who=Who.NOBODY,
        reference="RFC 7672 section 1",
        requirements=("DANE-2",),
    ),
)
