"""Records and files that mend a domain's MTA-STS (RFC 8461 section 3)."""

from collections.abc import Mapping

from checker.remedies.builder import Builder

FIXES: Mapping[str, Builder] = {}
