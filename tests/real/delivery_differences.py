"""Where Mailseal's simulation and Postfix end differently, and why that is right. All else must agree.

The one rule of this file: a reason is a fact about the two, so a test fails where there is no difference any more.
"""

from collections.abc import Iterable, Iterator, Mapping

from tests.real.delivery_lab import LEVELS, Case


def _at(domain: str, levels: Iterable[str] = LEVELS) -> Iterator[Case]:
    return ((domain, level) for level in levels)


_NULL_MX = "RFC 7505 section 4 names 5.1.10, which the report shows; Postfix has 5.1.0 for it."
_NO_DOMAIN = "RFC 3463 has 5.1.2 for a domain that doesn't exist, which the report shows; Postfix has 5.4.4."
_NUMBER = (
    "RFC 5321 section 5.1 wants a name in an MX record, so the report counts no server. Postfix takes an address too."
)
_COMMON_NAME = (
    "RFC 8461 section 4.2 reads the subjectAltName only. Postfix takes the common name of a certificate without one."
)
_ANY_LISTED_NAME = (
    "RFC 8461 (4.1 and 4.2) wants the server's own name listed, and in its certificate. postfix-mta-sts-resolver "
    "has Postfix look for any listed name in the certificate, whatever the server is called."
)
_LAST_FIELD = "RFC 8461 section 3.2: the first of two fields counts. postfix-mta-sts-resolver takes the last."
_NO_TYPE = (
    "RFC 8461 section 3.2 wants text/plain, and a file without any type is commonly read. "
    "postfix-mta-sts-resolver throws it away."
)
_ODD_ID = "RFC 8461 section 3.1: an id has letters and digits only. postfix-mta-sts-resolver takes any."
_DOT_FIRST = "Not a name by RFC 8461. Postfix reads a dot in front as all names below, and delivers."
_SECURITY_LEVEL = (
    "RFC 7672 asks for no more than TLS 1.0. Where the server must prove itself, Postfix keeps to OpenSSL's "
    "security level, which has none older than 1.2 on Debian."
)
_DOMAIN_NAME = (
    "RFC 7672 section 3.2.2: where the MX record isn't signed, only the server's name counts for usage 2. Postfix "
    "takes the domain's name as well."
)

DIFFERENCES: Mapping[Case, str] = {
    **dict.fromkeys(_at("null-mx"), _NULL_MX),
    **dict.fromkeys(_at("nxdomain"), _NO_DOMAIN),
    **dict.fromkeys(_at("numeric"), _NUMBER),
    ("common-name", "secure"): _COMMON_NAME,
    **dict.fromkeys(_at("enforced-common-name", ("secure", "mta-sts")), _COMMON_NAME),
    ("dane-ta-common-name", "secure"): _COMMON_NAME,
    ("enforced-lent", "mta-sts"): _ANY_LISTED_NAME,
    ("enforced-beside", "mta-sts"): _ANY_LISTED_NAME,
    ("policy-mode-twice", "mta-sts"): _LAST_FIELD,
    ("policy-no-type", "mta-sts"): _NO_TYPE,
    ("policy-odd-id", "mta-sts"): _ODD_ID,
    ("policy-dot-first", "mta-sts"): _DOT_FIRST,
    ("dane-old-tls", "dane"): _SECURITY_LEVEL,
    ("dane-ta-open", "dane"): _DOMAIN_NAME,
}

_WAITS = "Where TLS fails and nobody asks for it, Postfix waits for minimal_backoff_time, then goes on in clear text."
ON_SECOND_TRY: Mapping[Case, str] = {
    **dict.fromkeys(_at("no-suite", ("may", "dane", "mta-sts")), _WAITS),
    **dict.fromkeys(_at("dane-no-suite", ("may", "mta-sts")), _WAITS),
}
"""Where Postfix needs a second try to end as simulated."""

WITHOUT_WORDS: frozenset[Case] = frozenset({("numeric", "secure")})
"""Where the report has no words for Postfix's failure, since by it the mail comes to no server."""
