"""A mistake of ours, told for the log.

The one rule of this file: only types and places are told, never the exception's own text. That may hold what a peer
sent, terminal escapes among it.
"""

import traceback


def where(failure: BaseException) -> str:
    """The type of a failure and the frames it went through, and so on for those inside a group."""
    frames = "".join(traceback.format_tb(failure.__traceback__))
    inner = failure.exceptions if isinstance(failure, BaseExceptionGroup) else ()
    return "\n".join([f"{type(failure).__name__}\n{frames}", *map(where, inner)])
