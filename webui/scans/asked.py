"""What somebody asks to have looked at, page or program: a domain, unless its owner wants to be left alone."""

from django.conf import settings

from checker.names import DomainName, InvalidDomain, parse_domain

LEFT_ALONE = "do-not-probe"  # the code of an InvalidDomain that is a domain, and that nobody may have looked at


def parse_asked(text: str) -> DomainName:
    """The domain that was meant. Raises InvalidDomain, also for one on the do-not-probe list."""
    domain = parse_domain(text)
    if settings.NETWORK.do_not_probe.covers(domain):
        raise InvalidDomain(
            LEFT_ALONE,
            f"Nothing was started, because whoever runs {domain} asked us not to look at it. Try another domain.",
        )
    return domain
