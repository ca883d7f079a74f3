"""What a request may carry: so many bytes are read and no more, for so long, whether its size was told or not.

Django writes whatever comes to a file first, and believes the Content-Length that it was told, or that none is needed.
The one rule of this file: what is too large isn't read to its end. Django learns its size, and answers in its own way.
"""

import asyncio
from typing import cast

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGIReceiveEvent, ASGISendCallable, HTTPScope, Scope

WITHIN_S = 30.0  # 64 KB, also over a slow line
_LENGTH = b"content-length"


def limit_bodies(application: ASGI3Application, most: int, within_s: float = WITHIN_S) -> ASGI3Application:
    """The application, behind a limit of so many bytes for each body, and of so many seconds for sending it."""

    async def limited(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] == "http":
            try:
                async with asyncio.timeout(within_s):
                    events, size = await _read(scope, receive, most)
            except TimeoutError:
                await _too_slow(send)
                return
            scope, receive = _with_size(scope, size), _again(events, receive)
        await application(scope, receive, send)

    return limited


async def _too_slow(send: ASGISendCallable) -> None:
    """408 (RFC 9110 section 15.5.9), and the connection is closed: who drips bytes must not hold it for ever."""
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 408, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": b"That took too long to arrive.\n", "more_body": False})


async def _read(scope: HTTPScope, receive: ASGIReceiveCallable, most: int) -> tuple[list[ASGIReceiveEvent], int]:
    """The whole body and its size; or none, and a size that is too large."""
    nothing: list[ASGIReceiveEvent] = [{"type": "http.request", "body": b"", "more_body": False}]
    if (size := _claimed(scope)) > most:
        return nothing, size
    events, size, is_whole = [], 0, False
    while not is_whole:
        event = await receive()
        events.append(event)
        is_whole = event["type"] != "http.request" or not event["more_body"]
        size += len(event["body"]) if event["type"] == "http.request" else 0
        if size > most:
            return nothing, size
    return events, size


def _claimed(scope: HTTPScope) -> int:
    """The size that the client told; uvicorn has refused what is no number."""
    return max((int(value) for name, value in scope["headers"] if name == _LENGTH), default=0)


def _with_size(scope: HTTPScope, size: int) -> HTTPScope:
    others = [(name, value) for name, value in scope["headers"] if name != _LENGTH]
    return cast("HTTPScope", {**scope, "headers": [*others, (_LENGTH, str(size).encode())] if size else others})


def _again(events: list[ASGIReceiveEvent], receive: ASGIReceiveCallable) -> ASGIReceiveCallable:
    """Gives what was read once more, and then what comes: but not the rest of a body that was too large."""
    waiting = iter(events)

    async def read_on() -> ASGIReceiveEvent:
        if event := next(waiting, None):
            return event
        while (event := await receive())["type"] == "http.request":
            pass
        return event

    return read_on
