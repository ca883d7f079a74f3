"""What a line of the log may hold: never the token of a link, which is all that it takes to read a report."""

import logging
import re
from copy import copy

_LINK = re.compile(r"/(r|scans)/+[\w-]+")


class Line(logging.Formatter):
    """One line an event. Only our own mistakes come with a traceback, and a client's, ``django.security``, without."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, with links cut, wherever in it they stand."""
        if record.name.startswith("django.security."):
            record = copy(record)
            record.exc_info = record.exc_text = None
        return _LINK.sub(r"/\1/…", super().format(record))
