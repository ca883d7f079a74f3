"""Where Mailseal's simulation and Postfix end differently, and why that is right. All else must agree.

The one rule of this file: a reason is a fact about the two, so a test fails where there is no difference any more.
"""

from collections.abc import Iterable, Iterator, Mapping

from tests.real.delivery_lab import LEVELS

type Case = tuple[str, str]
"""Domain and level."""


def _at(domain: str, levels: Iterable[str] = LEVELS) -> Iterator[Case]:
    return ((domain, level) for level in levels)


_NULL_MX = "RFC 7505 section 4 names 5.1.10, which the report shows; Postfix has 5.1.0 for it."
_NO_DOMAIN = "RFC 3463 has 5.1.2 for a domain that doesn't exist, which the report shows; Postfix has 5.4.4."
_ITS_OWN_CODE = "The report shows the code for this kind of failure; Postfix repeats the one in the server's refusal."
_ANY_LISTED_NAME = (
    "RFC 8461 (4.1 and 4.2) wants the server's own name listed, and in its certificate. postfix-mta-sts-resolver has "
    "Postfix look for any listed name in the certificate, whatever the server is called."
)

DIFFERENCES: Mapping[Case, str] = {
    **dict.fromkeys(_at("null-mx"), _NULL_MX),
    **dict.fromkeys(_at("nxdomain"), _NO_DOMAIN),
    **dict.fromkeys(_at("refuses", ("encrypt", "secure")), _ITS_OWN_CODE),
    **dict.fromkeys(_at("turns-away"), _ITS_OWN_CODE),
    ("enforced-lent", "mta-sts"): _ANY_LISTED_NAME,
    ("enforced-beside", "mta-sts"): _ANY_LISTED_NAME,
}

ON_SECOND_TRY: Mapping[Case, str] = dict.fromkeys(
    _at("no-suite", ("may", "dane", "mta-sts")),
    "Where TLS fails and nobody asks for it, Postfix waits for minimal_backoff_time, then goes on in clear text.",
)
"""Where Postfix needs a second try to end as simulated."""
