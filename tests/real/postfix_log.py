"""What Postfix's log tells of deliveries: how each recipient's mail ended, at which server, and over what TLS.

The one rule of this file: only what Postfix itself says counts; nothing is concluded from what else is known.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_LINE = re.compile(r" (?P<process>postfix\S*\[[0-9]+\]): (?P<text>.*)")
_TLS = re.compile(r"(?P<kind>[A-Z][a-z]+) TLS connection established to (?P<relay>\S+): ")
_STATUS = re.compile(
    r"\w+: to=<(?P<to>[^>]+)>, relay=(?P<relay>[^,]+), .*dsn=(?P<dsn>[0-9.]+), status=(?P<status>\w+) \((?P<said>.*)\)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to deliver. ``relay`` is the last server that was tried, null for none; ``tls`` null: no TLS there.

    ``status`` is "sent", "deferred" or "bounced". ``tls`` is "Verified" where the certificate or a TLSA record proved
    the server as the level asks, "Trusted" where an authority vouches for it under whatever name, "Untrusted" or
    "Anonymous".
    """

    status: str
    dsn: str
    relay: str | None
    said: str
    tls: str | None


def attempts(log: Iterable[str]) -> Mapping[str, list[Attempt]]:
    """All attempts, by recipient. A process delivers one mail at a time, so its TLS lines belong to its next status."""
    established: dict[str, dict[str, str]] = {}
    found: dict[str, list[Attempt]] = {}
    for line in log:
        entry = _LINE.search(line)
        if entry is None:
            continue
        process, text = entry["process"], entry["text"]
        if tls := _TLS.match(text):
            established.setdefault(process, {})[tls["relay"]] = tls["kind"]
        elif status := _STATUS.match(text):
            relay = status["relay"]
            attempt = Attempt(
                status=status["status"],
                dsn=status["dsn"],
                relay=None if relay == "none" else relay.partition("[")[0],
                said=status["said"],
                tls=established.pop(process, {}).get(relay),
            )
            found.setdefault(status["to"], []).append(attempt)
    return found
