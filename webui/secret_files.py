"""Secrets in files: ``SECRET_KEY_FILE=/run/secrets/key`` stands for a SECRET_KEY that no list of processes shows.

The one rule of this file: a secret is named once. Given both ways, nobody could tell which one counts.
"""

from collections.abc import Mapping
from pathlib import Path

from checker.network.live import SettingsError

NAMES = ("SECRET_KEY", "DATABASE_URL", "DATABASE_PASSWORD", "REDIS_URL", "MAILSEAL_TRUSTED_TOKENS")


def with_secret_files(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with what the ``…_FILE`` variables point at, without the line end. Raises SettingsError."""
    found = dict(environment)
    for name in NAMES:
        if path := environment.get(f"{name}_FILE"):
            if environment.get(name):
                raise SettingsError(f"{name} and {name}_FILE are both set. Leave one of them out.")
            found[name] = _secret_in(Path(path), f"{name}_FILE")
    return found


def _secret_in(path: Path, variable: str) -> str:
    try:
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(f"{variable}: {path} can't be read: {why}.") from None
    if not secret:
        raise SettingsError(f"{variable}: {path} is empty. Write the secret into it, and nothing else.")
    return secret
