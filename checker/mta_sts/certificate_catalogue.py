"""What can be said of the policy host's certificate (RFC 8461 section 3.3).

Other than a mail server's, it is checked by every sender, and without a good one there is no policy: so it is serious.
Parameters as in the catalogue of certificates: ``host``, ``date``, ``left``, ``names``, ``issuer``, ``why``.
"""

from checker.finding import Entry, Severity, Who

_CERTIFICATE = "RFC 8461 section 3.3"
_EFFECT = "Senders refuse the policy of a host that can't prove who it is, so it never takes effect."
_REPLACE = "Get a certificate for {host} from a public authority, and set it up with its full chain."

CERTIFICATE_ENTRIES: tuple[Entry, ...] = (
    Entry(
        code="mta-sts-host-certificate-expired",
        severity=Severity.SERIOUS,
        title="The certificate of the policy host has expired",
        detail="It was valid until {date}. " + _EFFECT,
        remedy="Renew the certificate of {host}, and let the web server load it.",
        who=Who.POLICY_HOST,
        reference=_CERTIFICATE,
        requirements=("STS-24", "CERT-10"),
        group="policy",
        cost=6,
    ),
    Entry(
        code="mta-sts-host-certificate-not-yet-valid",
        severity=Severity.SERIOUS,
        title="The certificate of the policy host is not valid yet",
        detail="It begins on {date}. " + _EFFECT,
        remedy="Set up a certificate for {host} that is valid now.",
        who=Who.POLICY_HOST,
        reference=_CERTIFICATE,
        requirements=("STS-24", "CERT-10"),
        group="policy",
        cost=6,
    ),
    Entry(
        code="mta-sts-host-certificate-wrong-name",
        severity=Severity.SERIOUS,
        title="The certificate of the policy host is for another name",
        detail="It covers {names}, and not {host}. That counts also where the host is an alias of a provider's. "
        + _EFFECT,
        remedy=_REPLACE,
        who=Who.POLICY_HOST,
        reference=_CERTIFICATE,
        requirements=("STS-23", "STS-24"),
        group="policy",
        cost=6,
    ),
    Entry(
        code="mta-sts-host-certificate-self-signed",
        severity=Severity.SERIOUS,
        title="The certificate of the policy host is self-signed",
        detail="It vouches for itself, as an impostor's would. " + _EFFECT,
        remedy=_REPLACE,
        who=Who.POLICY_HOST,
        reference=_CERTIFICATE,
        requirements=("STS-24",),
        group="policy",
        cost=6,
    ),
    Entry(
        code="mta-sts-host-certificate-chain-incomplete",
        severity=Severity.SERIOUS,
        title="The policy host leaves out a certificate of its chain",
        detail="The certificate of its issuer “{issuer}” was not sent. Browsers find it by themselves; senders of mail "
        "mostly don't, and then refuse the policy.",
        remedy="Set up the full chain for {host}, the host's own certificate first.",
        who=Who.POLICY_HOST,
        reference=_CERTIFICATE,
        requirements=("STS-25",),
        group="policy",
        cost=6,
    ),
    Entry(
        code="mta-sts-host-certificate-untrusted",
        severity=Severity.SERIOUS,
        title="No trusted authority vouches for the policy host",
        detail="The chain of its certificate ends at “{issuer}”, and leads to no authority that senders trust. "
        + _EFFECT,
        remedy=_REPLACE,
        who=Who.POLICY_HOST,
        reference=_CERTIFICATE,
        requirements=("STS-24",),
        group="policy",
        cost=6,
    ),
    Entry(
        code="mta-sts-host-certificate-unreadable",
        severity=Severity.SERIOUS,
        title="The policy host shows no certificate that can be read",
        detail="{why} " + _EFFECT,
        remedy=_REPLACE,
        who=Who.POLICY_HOST,
        reference=_CERTIFICATE,
        requirements=("STS-24",),
        group="policy",
        cost=6,
    ),
    Entry(
        code="mta-sts-host-certificate-ends-soon",
        severity=Severity.ADVICE,
        title="The certificate of the policy host ends in {left}",
        detail="It is valid until {date}. After that senders refuse the policy.",
        remedy="Look why the certificate of {host} was not renewed yet, and that the web server loads the new one.",
        who=Who.POLICY_HOST,
        reference=_CERTIFICATE,
        requirements=("STS-24", "CERT-10"),
        group="policy",
        cost=1,
    ),
)
