"""Counts replies inside TLS, to see whether a server obeys there what was sent in clear before (RFC 3207 section 4.2).

The one rule of this file: a count is told only once the reply to QUIT has come, for until then a reply may be missing.
"""

from collections.abc import AsyncIterator

from checker.network.ports import Network, Stream, StreamFailure
from checker.observation import Failed, FailureKind
from checker.smtp.facts import Reply
from checker.smtp.reply import NotAReply, ReplyParser

PUSHED = "NOOP"
"""The command that is sent behind STARTTLS: it has a reply and no effect."""
_CLOSING = 221


async def count_replies(stream: Stream, network: Network, timeout: float) -> int | Failed:
    """EHLO and QUIT inside TLS, and the replies up to the one to QUIT: two, if nothing else is obeyed."""
    ends = network.clock.monotonic() + timeout
    count = 0
    try:
        await stream.write(f"EHLO {network.helo_name}\r\n".encode("ascii"), timeout)
        async for reply in _replies(stream, network, ends):
            count += 1
            if reply.code == _CLOSING:
                return count
            if count == 1:
                await stream.write(b"QUIT\r\n", timeout)
    except StreamFailure as failure:
        return failure.failed
    return Failed(FailureKind.CLOSED, "The server left before it had answered QUIT inside TLS.")


async def _replies(stream: Stream, network: Network, ends: float) -> AsyncIterator[Reply]:
    """Reply by reply, to the end of the stream or what is none. Raises StreamFailure."""
    parser = ReplyParser(network.bounds)
    while data := await stream.read(network.bounds.read_bytes, max(0.0, ends - network.clock.monotonic())):
        parser.receive(data)
        for parsed in parser.parse():
            if isinstance(parsed, Reply):
                yield parsed
            elif isinstance(parsed, NotAReply):
                return
