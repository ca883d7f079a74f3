"""What can be said of one endpoint's TLS, from one handshake (RFC 9325, NIST SP 800-52, requirements section 3).

Parameters beside ``host`` and ``address``: ``why`` is the failure's own sentence, ``version`` and ``suite`` are what
was negotiated, ``weakness`` names a cipher.
"""

from checker.finding import Entry, Severity, Who

_SETTING = 'In Postfix: `postconf -e "smtpd_tls_protocols = >=TLSv1.2"`, then `postfix reload`.'

CATALOGUE: tuple[Entry, ...] = (
    Entry(
        code="tls-handshake-failed",
        severity=Severity.CRITICAL,
        title="{host} offers STARTTLS, and then TLS fails",
        detail="{why} Most senders then send the mail in clear text, where anyone on the way can read it; senders that "
        "insist on TLS don't deliver at all.",
        remedy="Look into the mail server's log for the TLS error. The usual causes are a key that doesn't fit the "
        "certificate, files that the server may not read, and versions or cipher suites that are switched off.",
        who=Who.MAIL_SERVER,
        reference="RFC 3207 section 4",
        requirements=("SMTP-17", "TLS-31"),
        group="tls",
        cost=8,
    ),
    Entry(
        code="tls-handshake-unknown",
        severity=Severity.UNKNOWN,
        title="Whether {host} completes TLS",
        detail="{why} That is on our side, so it says nothing about the server.",
        who=Who.NOBODY,
        reference="RFC 3207 section 4",
    ),
    Entry(
        code="tls-no-nist-suite",
        severity=Severity.SERIOUS,
        title="{host} accepts no cipher suite of NIST SP 800-52",
        detail="It took {suite}, but none of the suites in the American standard for TLS servers. A sender with a "
        "current TLS library may not agree on encryption with it, and then uses clear text.",
        remedy="Allow the suites ECDHE with AES-GCM, which every current sender has, and leave the rest to the "
        "defaults of a current TLS library.",
        who=Who.MAIL_SERVER,
        reference="NIST SP 800-52r2 section 3.3.1",
        requirements=("NIST-1", "NIST-2"),
        group="tls",
        cost=6,
    ),
    Entry(
        code="tls-version-old",
        severity=Severity.SERIOUS,
        title="{host} speaks {version} at best",
        detail="We offered every version up to TLS 1.3, and it chose {version}, which has been withdrawn. Senders that "
        "follow current rules don't speak it, so their mail is sent in clear text or not at all.",
        remedy="Update the mail server's TLS library, or allow TLS 1.2 and 1.3. " + _SETTING,
        who=Who.MAIL_SERVER,
        reference="RFC 8996 section 4",
        requirements=("TLS-3", "TLS-4"),
        group="tls",
        cost=6,
    ),
    Entry(
        code="tls-1-3-missing",
        severity=Severity.NOTE,
        title="{host} chose TLS 1.2 though TLS 1.3 was offered",
        detail="TLS 1.2 is sound with the right suites. TLS 1.3 is quicker and leaves out what can go wrong.",
        remedy="Update the mail server's TLS library when it suits you.",
        who=Who.MAIL_SERVER,
        reference="RFC 9325 section 3.1.1",
        requirements=("TLS-5",),
    ),
    Entry(
        code="tls-anonymous-preferred",
        severity=Severity.SERIOUS,
        title="{host} chooses a suite without a certificate",
        detail="Of all that was offered it took {suite}. Without a certificate no sender can tell the server from an "
        "impostor, so the mail is encrypted, but to anyone who answers.",
        remedy="Take the anonymous suites (aNULL) off the list, or put them last.",
        who=Who.MAIL_SERVER,
        reference="RFC 7672 section 8.2",
        requirements=("TLS-14",),
        group="tls",
        cost=4,
    ),
    Entry(
        code="tls-weak-cipher-chosen",
        severity=Severity.SERIOUS,
        title="{host} chooses a broken cipher: {weakness}",
        detail="Of all that was offered it took {suite}. Mail sent so can be read by a determined listener.",
        remedy="Allow suites with AES-GCM, and leave the rest to the defaults of a current TLS library.",
        who=Who.MAIL_SERVER,
        reference="RFC 9325 section 4.1",
        requirements=("TLS-8",),
        group="tls",
        cost=5,
    ),
    Entry(
        code="tls-3des-chosen",
        severity=Severity.ADVICE,
        title="{host} chooses an old cipher: 3DES",
        detail="Of all that was offered it took {suite}. 3DES is weaker than what every current sender has, and some "
        "senders no longer offer it, so they would use clear text.",
        remedy="Put suites with AES-GCM first, and take 3DES off the list.",
        who=Who.MAIL_SERVER,
        reference="RFC 9325 section 4.1",
        requirements=("TLS-9",),
        group="tls",
        cost=3,
    ),
    Entry(
        code="tls-no-forward-secrecy",
        severity=Severity.ADVICE,
        title="{host} chooses a suite without forward secrecy",
        detail="It took {suite}. Who records the mail today and steals the server's key later can read it all.",
        remedy="Put the ECDHE suites first, and let the server's order decide.",
        who=Who.MAIL_SERVER,
        reference="RFC 9325 section 4.1",
        requirements=("TLS-10",),
        group="tls",
        cost=2,
    ),
    Entry(
        code="tls-current",
        severity=Severity.GOOD,
        title="{host} encrypts with {version}",
        detail="The handshake ended with {suite}.",
        who=Who.NOBODY,
        reference="RFC 9325 section 3.1.1",
        requirements=("TLS-4", "TLS-5"),
    ),
)
