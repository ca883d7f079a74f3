"""Under which domains certificate authorities know themselves in CAA records, by the organisation that issues.

The one rule of this file: only what an authority says of itself. Of any other nothing is known or concluded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PART = re.compile(r"(?:\\.|[^,\\])+")
_ORGANISATION = "O="
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """``organisations`` as in the issuer's name of a certificate; the first of ``domains`` is the one to publish."""

    organisations: tuple[str, ...]
    domains: tuple[str, ...]
    source: str


AUTHORITIES: tuple[Authority, ...] = (
    Authority(
        organisations=("Let's Encrypt", "Internet Security Research Group"),
        domains=("letsencrypt.org",),
        source="https://letsencrypt.org/docs/caa/",
    ),
    Authority(
        organisations=("Google Trust Services", "Google Trust Services LLC"),
        domains=("pki.goog",),
        source="https://pki.goog/repository/",
    ),
    Authority(
        organisations=("Amazon",),
        domains=("amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"),
        source="https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html",
    ),
    Authority(
        organisations=("Sectigo Limited", "COMODO CA Limited", "The USERTRUST Network"),
        domains=("sectigo.com", "usertrust.com", "trust-provider.com", "comodoca.com", "comodo.com", "entrust.net"),
        source="https://www.sectigo.com/legal",
    ),
    Authority(
        organisations=("DigiCert Inc", "DigiCert, Inc."),
        domains=(
            "digicert.com",
            "www.digicert.com",
            "digicert.ne.jp",
            "thawte.com",
            "geotrust.com",
            "rapidssl.com",
            "symantec.com",
            "digitalcertvalidation.com",
            "quovadisglobal.com",
        ),
        source="https://docs.digicert.com/en/certcentral/manage-certificates/dns-caa-resource-record-check.html",
    ),
    Authority(
        organisations=("GlobalSign nv-sa",),
        domains=("globalsign.com",),
        source="https://www.globalsign.com/en/repository",
    ),
    Authority(
        organisations=("GoDaddy.com, Inc.", "Starfield Technologies, Inc."),
        domains=("godaddy.com", "starfieldtech.com"),
        source="https://certs.godaddy.com/repository",
    ),
    Authority(
        organisations=("Entrust, Inc.", "Entrust Limited"),
        domains=("entrust.net", "affirmtrust.com"),
        source="https://www.entrust.com/legal-compliance/entrust-certificate-services-repository",
    ),
    Authority(
        organisations=("SSL Corporation", "SSL Corp"),
        domains=("ssl.com",),
        source="https://www.ssl.com/repository/",
    ),
    Authority(
        organisations=("Microsoft Corporation",),
        domains=("microsoft.com",),
        source="https://www.microsoft.com/pkiops/docs/repository.htm",
    ),
    Authority(
        organisations=("D-Trust GmbH",),
        domains=("d-trust.net", "dtrust.de", "d-trust.de"),
        source="https://www.d-trust.net/en/support/repository",
    ),
    Authority(
        organisations=("Certainly",),
        domains=("certainly.com",),
        source="https://www.certainly.com/repository/index.html",
    ),
)

_BY_ORGANISATION: Mapping[str, Authority] = {
    organisation: authority for authority in AUTHORITIES for organisation in authority.organisations
}


def authority_of(issuer: str) -> Authority | None:
    """Who issued a certificate, from its issuer's name (RFC 4514 text); null where it is not known."""
    named = (part for part in _PART.findall(issuer) if part.startswith(_ORGANISATION))
    organisations = (_ESCAPED.sub(r"\1", part.removeprefix(_ORGANISATION)) for part in named)
    return next((_BY_ORGANISATION[name] for name in organisations if name in _BY_ORGANISATION), None)
