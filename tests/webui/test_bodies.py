"""How much of a body is read, and what the application behind the limit is told."""

import asyncio
from typing import Any

import pytest

from webui.bodies import limit_bodies

MOST = 100


class Seen:
    """An application that reads as Django does, and notes what it got."""

    def __init__(self) -> None:
        self.body = b""
        self.length: list[bytes] = []
        self.last = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.length = [value for name, value in scope["headers"] if name == b"content-length"]
        while (event := await receive())["type"] == "http.request":
            self.body += event["body"]
            if not event["more_body"]:
                break
        self.last = event["type"] if event["type"] != "http.request" else (await receive())["type"]


def events(*chunks: bytes) -> list[dict[str, Any]]:
    bodies = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    bodies[-1]["more_body"] = False
    return [*bodies, {"type": "http.disconnect"}]


async def sent(incoming: list[dict[str, Any]], *headers: tuple[bytes, bytes]) -> tuple[Seen, int]:
    """What the application saw, and how many events nobody asked for."""
    seen, waiting = Seen(), list(incoming)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    await limit_bodies(seen, MOST)({"type": "http", "headers": list(headers)}, receive, None)  # type: ignore[arg-type]
    return seen, len(waiting)


@pytest.mark.parametrize("chunks", [[b""], [b"a" * MOST], [b"a" * 40, b"b" * 60], [b"", b"a"]])
async def test_what_is_small_enough_arrives_whole(chunks: list[bytes]) -> None:
    """In one piece or several, and its size is told though the client didn't."""
    seen, _ = await sent(events(*chunks))
    whole = b"".join(chunks)
    assert (seen.body, seen.last) == (whole, "http.disconnect")
    assert seen.length == ([str(len(whole)).encode()] if whole else [])


async def test_a_body_that_grows_too_large_is_not_kept() -> None:
    """Nothing of it reaches the application but its size; what still comes is thrown away."""
    seen, _ = await sent(events(b"a" * 60, b"b" * 60, b"c" * 60))
    assert (seen.body, seen.length, seen.last) == (b"", [b"120"], "http.disconnect")


async def test_a_size_that_is_told_to_be_too_large_is_believed() -> None:
    """Not a byte is read."""
    seen, _ = await sent(events(b"a"), (b"content-length", b"101"))
    assert (seen.body, seen.length) == (b"", [b"101"])


async def test_a_client_that_goes_away() -> None:
    """The application hears of it in the middle of a body."""
    seen, left = await sent([{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}])
    assert (seen.body, seen.last, left) == (b"a", "http.disconnect", 0)


async def test_a_body_that_drips_is_not_waited_for() -> None:
    """408, the connection is closed, and the application hears nothing of it."""
    seen, answers = Seen(), []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.001)
        return {"type": "http.request", "body": b"", "more_body": True}

    async def send(event: dict[str, Any]) -> None:
        answers.append(event)

    limited: Any = limit_bodies(seen, MOST, within_s=0.05)
    await limited({"type": "http", "headers": []}, receive, send)
    assert (answers[0]["status"], (b"connection", b"close") in answers[0]["headers"]) == (408, True)
    assert (answers[-1]["more_body"], seen.last) == (False, "")
