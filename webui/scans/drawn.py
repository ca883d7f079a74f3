"""Pages that this process has drawn, for who asks for the same one next: a shared link is opened by many.

The one rule of this file: a page is kept under its ETag, which stands for all that it shows, so none is ever out of
date; and what is kept has a limit in bytes.
"""

from collections import OrderedDict
from threading import Lock

LIMIT_BYTES = 16 * 2**20  # some hundred pages


class DrawnPages:
    """Pages by their tag; the one that was asked for longest ago goes first. Safe for threads."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit, self._size = limit_bytes, 0
        self._pages: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, tag: str) -> bytes | None:
        """The page under this tag. None: it isn't kept, or not any more."""
        with self._lock:
            if tag in self._pages:
                self._pages.move_to_end(tag)
            return self._pages.get(tag)

    def keep(self, tag: str, page: bytes) -> None:
        """Keep a page. One that is larger than all that may be kept is not."""
        with self._lock:
            if tag in self._pages or len(page) > self._limit:
                return
            self._pages[tag] = page
            self._size += len(page)
            while self._size > self._limit:
                _, oldest = self._pages.popitem(last=False)
                self._size -= len(oldest)


DRAWN = DrawnPages(LIMIT_BYTES)
