"""What goes on from a pasted text to the report of its domain: names out of fixed lists, and checked names and numbers.

The one rule of this file: nothing passes that could be somebody's sentence. It travels in the address of a page, which
anybody may write as they like.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from checker.names import DomainName, IPAddress
from checker.pasted.codes import RESULT_TYPES, STATUS_CODE
from checker.pasted.known import entries
from checker.pasted.places import parse_address, parse_name
from checker.pasted.recognised import Recognised

UNKNOWN = "unknown"  # in the place of a key: a text was pasted, and none of its words are known
_LONGEST = 253  # a domain name


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The match in a pasted text. ``key`` is that of a known text, ``way`` which of the ways to say it that was.

    ``result_type``: RFC 8460 section 4.3.
    """

    key: str | None = None
    way: int = 0
    server: DomainName | None = None
    address: IPAddress | None = None
    status_code: str | None = None
    result_type: str | None = None

    def parameters(self) -> dict[str, str]:
        """As the parameters of an address."""
        given = {
            "text": self.key or UNKNOWN,
            "way": self.way,
            "server": self.server,
            "address": self.address,
            "code": self.status_code,
            "result": self.result_type,
        }
        return {name: str(value) for name, value in given.items() if value}


def match_of(recognised: Recognised) -> Match:
    """What is kept of it."""
    return Match(
        key=recognised.key,
        way=recognised.way,
        server=recognised.server,
        address=recognised.address,
        status_code=recognised.status_code,
        result_type=recognised.result_type,
    )


def parse_match(parameters: Mapping[str, str]) -> Match | None:
    """The match in the parameters of an address. None: no text was pasted. What isn't ours in them isn't there."""
    given = {name: value for name, value in parameters.items() if len(value) <= _LONGEST}
    key = given.get("text", "")
    if key != UNKNOWN and key not in entries():
        return None
    code, result = given.get("code", ""), given.get("result", "")
    return Match(
        key=key if key in entries() else None,
        way=_way(key, given.get("way", "")),
        server=parse_name(given.get("server", "")),
        address=parse_address(given.get("address", "")),
        status_code=code if STATUS_CODE.fullmatch(code) else None,
        result_type=result if result in RESULT_TYPES else None,
    )


def _way(key: str, text: str) -> int:
    ways = entries()[key].texts if key in entries() else ()
    return next((number for number in range(len(ways)) if text == str(number)), 0)
