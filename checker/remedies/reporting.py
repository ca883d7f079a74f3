"""Records that mend a domain's TLS reporting (RFC 8460 section 3)."""

from collections.abc import Mapping

from checker.remedies.builder import Builder

FIXES: Mapping[str, Builder] = {}
