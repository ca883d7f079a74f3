"""Under which address the style, the script, fonts and pictures stand, and how long a browser keeps them.

The address holds a digest of them all, so it changes with any of them and a browser never asks for one twice. What
refers to its neighbour (the style to its fonts) needs no change. The one rule of this file: nothing is built. What lies
in ``static/`` when a process starts is what it serves.
"""

import hashlib
from pathlib import Path

from servestatic.base import Headers

from webui.headers import PERMISSIONS_POLICY

DIGEST_CHARACTERS = 12
FOR_GOOD = "public, max-age=31536000, immutable"  # a year; RFC 8246
ASK_EACH_TIME = "no-cache"  # while somebody works on these files


def address_of(folder: Path) -> str:
    """``/static/<digest>/``: of the names and contents of all files in the folder."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            content = file.read_bytes()
            digest.update(f"{file.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return f"/static/{digest.hexdigest()[:DIGEST_CHARACTERS]}/"


class StaticHeaders:
    """Headers of each file. A picture that is opened by itself is a document too, and gets the rules of one."""

    def __init__(self, *, for_good: bool) -> None:
        self._cache_control = FOR_GOOD if for_good else ASK_EACH_TIME

    def __call__(self, headers: Headers, path: str, url: str) -> None:
        """Add them: servestatic calls this once for each file."""
        headers["Cache-Control"] = self._cache_control
        headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = PERMISSIONS_POLICY
        headers["X-Content-Type-Options"] = "nosniff"
