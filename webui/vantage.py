"""What all workers know of this service's own network, kept in Redis, and the sentence about it on every page.

The one rule of this file: strangers are asked about us at most once in ten minutes, by one worker for all; and a Redis
that is away costs neither a scan nor a page.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import get_args

from django.conf import settings
from django.http import HttpRequest

from checker.network.bounds import Bounds
from checker.network.ports import Standing, Subsystem, VantageStanding
from checker.network.standing import life_of
from webui import coordination
from webui.coordination import CoordinationAway

NOTICE_S = 600  # a notice ends by itself if no scan renews it
CLAIM_S = 90  # longer than asking takes, so that a worker that died over it doesn't block the others for long
POLL_S = 0.5
REREAD_S = 5.0  # so seldom does a web process look whether there is a notice

_STANDINGS: tuple[Standing, ...] = get_args(Standing.__value__)
_SENTENCES: dict[Subsystem, str] = {
    "resolver": "The DNS resolver of this service doesn’t answer at the moment, so no domain can be looked at.",
    "port-25": "Outbound port 25 is blocked at this service at the moment, so no mail server can be looked at.",
}
_STILL_WORKS = "Finished reports still work."
_STILL_WORKS_WITH_DEMO = "Demo domains and finished reports still work."


class SharedStanding:
    """``VantageStanding`` for all workers of a service. ``own`` serves while Redis is away."""

    def __init__(self, own: VantageStanding, vantage_name: str, bounds: Bounds) -> None:
        self._own, self._name, self._bounds = own, vantage_name, bounds

    async def of(self, part: Subsystem, ask: Callable[[], Awaitable[Standing]]) -> Standing:
        """What was found out in the last minutes, is being found out now, or ``ask`` finds out."""
        try:
            while (known := await asyncio.to_thread(self._recall, part)) is None:
                if await asyncio.to_thread(coordination.claim, self._key(part), CLAIM_S):
                    break
                await asyncio.sleep(POLL_S)
        except CoordinationAway:
            return await self._own.of(part, ask)
        return known or await self._find_out(part, ask)

    async def was_seen_working(self, part: Subsystem) -> None:
        """Take the notice off the pages. What control hosts said stays: it isn't asked again the sooner."""
        with suppress(CoordinationAway):
            await asyncio.to_thread(_take_off, part)

    def _recall(self, part: Subsystem) -> Standing | None:
        found = coordination.recall(self._key(part))
        return next((standing for standing in _STANDINGS if standing == found), None)

    async def _find_out(self, part: Subsystem, ask: Callable[[], Awaitable[Standing]]) -> Standing:
        try:
            with suppress(CoordinationAway):  # another may have found out between our look and our claim
                if known := await asyncio.to_thread(self._recall, part):
                    return known
            standing = await ask()
            with suppress(CoordinationAway):
                await asyncio.to_thread(self._keep, part, standing)
        finally:
            with suppress(CoordinationAway):
                coordination.let_go(self._key(part))
        return standing

    def _keep(self, part: Subsystem, standing: Standing) -> None:
        coordination.remember(self._key(part), standing, round(life_of(part, self._bounds)))
        if standing == "away":
            coordination.remember(_notice(part), standing, NOTICE_S)
        elif standing == "works":
            coordination.forget(_notice(part))

    def _key(self, part: Subsystem) -> str:
        return f"standing:{self._name}:{part}"


def _notice(part: Subsystem) -> str:
    return f"notice:{part}"


def _take_off(part: Subsystem) -> None:
    if coordination.recall(_notice(part)) is not None:
        coordination.forget(_notice(part))


class _Notices:
    """What this process last read: a page must not wait for Redis, least of all for one that is away."""

    def __init__(self) -> None:
        self._read_at = float("-inf")
        self._sentences: tuple[str, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """What is wrong, and what works all the same."""
        if time.monotonic() - self._read_at >= REREAD_S:
            self._read_at = time.monotonic()
            with suppress(CoordinationAway):
                self._sentences = tuple(text for part, text in _SENTENCES.items() if coordination.recall(_notice(part)))
        return self._sentences

    def forget(self) -> None:
        """Read anew the next time."""
        self._read_at, self._sentences = float("-inf"), ()


NOTICES = _Notices()


def vantage_notice(request: HttpRequest) -> dict[str, Callable[[], str]]:
    """Context processor: ``vantage_notice`` is what every page says while this service's own network is at fault."""

    def notice() -> str:
        sentences = NOTICES.sentences()
        still = _STILL_WORKS_WITH_DEMO if settings.MAILSEAL_SANDBOX else _STILL_WORKS
        return " ".join((*sentences, still)) if sentences else ""

    return {"vantage_notice": notice}
