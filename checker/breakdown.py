"""A mistake of ours: it costs one fact, and is told for the log.

The one rule of this file: only types and places are told, never the exception's own text. That may hold what a peer
sent, terminal escapes among it.
"""

import logging
import traceback
from collections.abc import Awaitable

_LOG = logging.getLogger(__name__)


class Frames(str):
    """Where a mistake happened, over several lines: our own words, which a log may take as they are."""

    __slots__ = ()


def where(failure: BaseException) -> Frames:
    """The type of a failure and the frames it went through, and so on for those inside a group."""
    frames = "".join(traceback.format_tb(failure.__traceback__))
    inner = failure.exceptions if isinstance(failure, BaseExceptionGroup) else ()
    return Frames("\n".join([f"{type(failure).__name__}\n{frames}", *map(where, inner)]))


async def survived[T](asked: Awaitable[T], otherwise: T) -> T:
    """What was asked, or ``otherwise`` where a mistake of ours came in between: it costs this one fact."""
    try:
        return await asked
    except Exception as failure:
        _LOG.error("A probe broke down: %s", where(failure))
        return otherwise
