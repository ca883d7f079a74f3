"""What a peer sent, as text that is safe to store, log and show.

The one rule of this file: nothing raw leaves. Printable characters stay, in ASCII or proper UTF-8; every other byte
(controls, terminal escapes, NUL, invisible and turning characters, broken UTF-8) stands as ``\\xNN``.
"""


def printable(data: bytes, limit: int) -> str:
    """``data`` as at most ``limit`` characters, then ``…`` if there was more. Never raises."""
    # A character has at most four bytes, so what is cut off here is beyond the limit.
    text = data[: 4 * limit + 4].decode("utf-8", "backslashreplace")
    if not text.isprintable():
        text = "".join(map(_visible, text))
    return text if len(text) <= limit else text[:limit] + "…"


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode())
