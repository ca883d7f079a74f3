"""Tables that come with Mailseal, each with its source in the file, and the one that both sides of the wire need.

The one rule of this file: it reads what is beside it and nothing else.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any


def read_table(name: str) -> Any:
    """A JSON file of this folder."""
    return json.loads((files(__name__) / name).read_text("utf-8"))


@cache
def nist_suites() -> frozenset[int]:
    """The IANA codes of the suites in NIST SP 800-52 revisions 1 and 2."""
    table = read_table("nist.json")
    return frozenset(int(code, 16) for revision in ("r1", "r2") for code in table[revision]["suites"])
