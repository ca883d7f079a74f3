"""How many requests may wait or listen at the same time: in all, and of one client.

The one rule of this file: who holds a trusted token counts only among all, for it may speak for many.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from asgiref.typing import HTTPScope

from webui.clients import client_of_scope, is_trusted_scope

MOST_OF_ONE = 100  # an office behind one address, each with a page open


class Crowd:
    """Who is here. It belongs to one event loop."""

    def __init__(self, most: int, most_of_one: int = MOST_OF_ONE) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._count = 0
        self._clients: Counter[str] = Counter()

    @contextmanager
    def place(self, scope: HTTPScope) -> Iterator[bool]:
        """Is there room for this request? While the block lasts, it takes it."""
        client = "" if is_trusted_scope(scope) else client_of_scope(scope)
        if self._count >= self._most or (client and self._clients[client] >= self._most_of_one):
            yield False
            return
        self._count += 1
        self._clients[client] += 1
        try:
            yield True
        finally:
            self._count -= 1
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]
