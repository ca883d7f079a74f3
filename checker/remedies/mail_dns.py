"""Records that mend what DNS says about where a domain's mail goes."""

from collections.abc import Mapping

from checker.remedies.builder import Builder

FIXES: Mapping[str, Builder] = {}
