"""What can be said of a certificate that a mail server shows (RFC 5280, RFC 8461 section 4.2, requirements section 4).

Without MTA-STS or DANE no sender must look at it, and mail is still encrypted: so these are advice here (CERT-1), and
what a promise makes of them is judged where protocols meet. Parameters beside ``host``: ``date`` and ``left`` tell of
an end or a beginning, ``names`` are what the certificate covers, ``issuer`` is the last that vouches.
"""

from checker.finding import Entry, Severity, Who

_STS = "RFC 8461 section 4.2"
_DATES = "RFC 5280 section 4.1.2.5"
_PATH = "RFC 5280 section 6"
_EFFECT = "Senders that don't check certificates still encrypt; those that do will not deliver."
_RENEW = "Renew the certificate and let the mail server load it. With certbot: `certbot renew`, then `postfix reload`."
_REPLACE = (
    "Get a certificate for {host} from a public certificate authority, and configure its full chain in the mail "
    "server. Let's Encrypt gives such certificates free of charge."
)

CATALOGUE: tuple[Entry, ...] = (
    Entry(
        code="certificate-expired",
        severity=Severity.ADVICE,
        title="The certificate of {host} has expired",
        detail="It was valid until {date}. " + _EFFECT,
        remedy=_RENEW,
        who=Who.MAIL_SERVER,
        reference=_DATES,
        requirements=("CERT-1", "CERT-10"),
        group="certificate",
        cost=3,
    ),
    Entry(
        code="certificate-not-yet-valid",
        severity=Severity.ADVICE,
        title="The certificate of {host} is not valid yet",
        detail="It begins on {date}. " + _EFFECT,
        remedy="Wait for that day, or install the certificate that is valid now. If today is later than that, check "
        "the clock of the machine that made the certificate.",
        who=Who.MAIL_SERVER,
        reference=_DATES,
        requirements=("CERT-1", "CERT-10"),
        group="certificate",
        cost=3,
    ),
    Entry(
        code="certificate-ends-soon",
        severity=Severity.ADVICE,
        title="The certificate of {host} ends in {left}",
        detail="It is valid until {date}. Automatic renewal has usually acted by now.",
        remedy="Look why it was not renewed yet, and that the mail server loads the new one.",
        who=Who.MAIL_SERVER,
        reference=_DATES,
        requirements=("CERT-10",),
        group="certificate",
        cost=1,
    ),
    Entry(
        code="certificate-wrong-name",
        severity=Severity.ADVICE,
        title="The certificate of {host} is for another name",
        detail="It covers {names}, and not the name that the MX record gives. " + _EFFECT,
        remedy=_REPLACE,
        who=Who.MAIL_SERVER,
        reference=_STS,
        requirements=("CERT-1", "CERT-2", "CERT-5"),
        group="certificate",
        cost=3,
    ),
    Entry(
        code="certificate-wildcard-too-wide",
        severity=Severity.ADVICE,
        title="The certificate of {host} covers all of a top-level domain",
        detail="It names {name}, and no public authority may issue that. Some senders' libraries refuse such a name.",
        remedy=_REPLACE,
        who=Who.MAIL_SERVER,
        reference="RFC 9525 section 6.3",
        requirements=("CERT-9",),
        group="certificate",
        cost=1,
    ),
    Entry(
        code="certificate-without-names",
        severity=Severity.ADVICE,
        title="The certificate of {host} names no server where senders look",
        detail="Its subjectAltName, the field for server names, holds none; its subject is {subject}. Common names no "
        "longer count. " + _EFFECT,
        remedy=_REPLACE,
        who=Who.MAIL_SERVER,
        reference=_STS,
        requirements=("CERT-3", "CERT-12"),
        group="certificate",
        cost=3,
    ),
    Entry(
        code="certificate-self-signed",
        severity=Severity.ADVICE,
        title="The certificate of {host} is self-signed",
        detail="It vouches for itself, as an impostor's would. " + _EFFECT,
        remedy=_REPLACE,
        who=Who.MAIL_SERVER,
        reference=_PATH,
        requirements=("CERT-1", "CERT-22"),
        group="certificate",
        cost=3,
    ),
    Entry(
        code="certificate-chain-incomplete",
        severity=Severity.ADVICE,
        title="{host} leaves out a certificate of its chain",
        detail="The certificate of its issuer “{issuer}” was not sent, and it is no root that senders trust. Senders "
        "don't fetch what is missing, so they find no path to a root. " + _EFFECT,
        remedy="Configure the full chain, the server's own certificate first (certbot: fullchain.pem, not cert.pem). "
        "If the issuer is a private one, get a certificate from a public one.",
        who=Who.MAIL_SERVER,
        reference="RFC 5246 section 7.4.2",
        requirements=("CERT-13", "CERT-14"),
        group="certificate",
        cost=3,
    ),
    Entry(
        code="certificate-untrusted",
        severity=Severity.ADVICE,
        title="No trusted authority vouches for the certificate of {host}",
        detail="Its chain ends at “{issuer}”. Senders don't trust that authority, or a certificate of the chain has "
        "expired, has a bad signature, or is made for another purpose. " + _EFFECT,
        remedy=_REPLACE
        + " If yours is from a public one, the chain that the server sends is old or lacks a certificate.",
        who=Who.MAIL_SERVER,
        reference=_PATH,
        requirements=("CERT-1", "CERT-2", "CERT-11"),
        group="certificate",
        cost=3,
    ),
    Entry(
        code="certificate-unreadable",
        severity=Severity.SERIOUS,
        title="{host} sends a certificate that can't be read",
        detail="{why} A sender's TLS library may refuse the handshake, and the mail then goes in clear text or waits.",
        remedy=_REPLACE,
        who=Who.MAIL_SERVER,
        reference="RFC 5280 section 4.1",
        requirements=("CERT-12",),
        group="certificate",
        cost=4,
    ),
    Entry(
        code="certificate-weak-key",
        severity=Severity.ADVICE,
        title="The certificate of {host} has a weak key",
        detail="A key of the kind {key} stands in its chain. At least RSA with 2048 bits or an elliptic curve of 224 "
        "is asked for, since shorter keys can be computed.",
        remedy="Make a new key (EC P-256, or RSA 2048) and get a certificate for it.",
        who=Who.MAIL_SERVER,
        reference="RFC 9325 section 4.5",
        requirements=("CERT-15",),
        group="certificate",
        cost=2,
    ),
    Entry(
        code="certificate-weak-signature",
        severity=Severity.ADVICE,
        title="The chain of {host} is signed with {algorithm}",
        detail="Signatures with MD5 and SHA-1 can be forged, so most senders' libraries don't accept them.",
        remedy="Get a certificate from an authority that signs with SHA-256 or better.",
        who=Who.MAIL_SERVER,
        reference="RFC 9325 section 4.5",
        requirements=("CERT-16",),
        group="certificate",
        cost=2,
    ),
    Entry(
        code="certificate-chain-disordered",
        severity=Severity.ADVICE,
        title="{host} sends its chain out of order, or with certificates that don't belong to it",
        detail="Each certificate should be followed by its issuer's, and nothing else. Most senders sort it out; some "
        "don't.",
        remedy="Configure the certificates in order: the server's own, then each issuer's.",
        who=Who.MAIL_SERVER,
        reference="RFC 5246 section 7.4.2",
        requirements=("CERT-13",),
        group="certificate",
        cost=1,
    ),
    Entry(
        code="certificate-good",
        severity=Severity.GOOD,
        title="{host} proves who it is",
        detail="Its certificate names it, a trusted authority vouches for it, and it is valid until {date}.",
        who=Who.NOBODY,
        reference=_STS,
        requirements=("CERT-2",),
    ),
)
