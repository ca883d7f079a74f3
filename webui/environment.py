"""The service's settings from environment variables, typed, each refused with a sentence (README, ``.env.example``).

The one rule of this file: every setting has a default with which ``python3 manage.py up`` works on a bare machine.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from checker.network.live import NetworkSettings, SettingsError

ROOT = Path(__file__).resolve().parent.parent
_ON, _OFF = {"1", "on", "true", "yes"}, {"0", "off", "false", "no"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What an operator may choose. ``redis_url`` empty: the embedded broker's socket in ``var``."""

    var: Path
    listen: tuple[str, int]
    hosts: tuple[str, ...]
    secret_key: str
    database: dict[str, Any]
    redis_url: str
    is_sandboxed: bool
    sandbox_greeting_s: float
    lease_s: float
    network: NetworkSettings

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "ServiceSettings":
        """Read them. Makes the ``var`` folder and, at the first start, the secret key. Raises SettingsError."""
        var = Path(environment.get("MAILSEAL_VAR") or ROOT / "var")
        var.mkdir(parents=True, exist_ok=True)
        host, port = _listen(environment.get("MAILSEAL_LISTEN") or "127.0.0.1:8000")
        is_embedded = not (environment.get("DATABASE_URL") or environment.get("REDIS_URL"))
        return cls(
            var=var,
            listen=(host, port),
            hosts=_hosts(environment.get("MAILSEAL_HOSTS", ""), host),
            secret_key=environment.get("SECRET_KEY") or _secret_key(var / "secret_key"),
            database=_database(environment.get("DATABASE_URL", ""), var),
            redis_url=environment.get("REDIS_URL", ""),
            is_sandboxed=_switch("MAILSEAL_SANDBOX", environment.get("MAILSEAL_SANDBOX", ""), is_embedded),
            sandbox_greeting_s=_seconds("MAILSEAL_SANDBOX_GREETING_S", environment, 4.0),
            lease_s=_seconds("MAILSEAL_LEASE_S", environment, 10.0),
            network=NetworkSettings.from_environment(environment),
        )


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise SettingsError(f"MAILSEAL_LISTEN: {text!r} is not an address and a port. Write it like 127.0.0.1:8000.")
    return host.strip("[]"), int(port)


def _hosts(text: str, listens_on: str) -> tuple[str, ...]:
    """The names under which pages are asked for; any, where it listens on every address and nobody said."""
    named = tuple(name.strip() for name in text.split(",") if name.strip())
    if not named and listens_on in ("0.0.0.0", "::"):  # noqa: S104
        return ("*",)
    return named or ("localhost", "127.0.0.1", "[::1]", listens_on)


def _secret_key(path: Path) -> str:
    """Django's key, made once. Two that start together agree on the one that was written first."""
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    if not (key := path.read_text("ascii").strip()):
        raise SettingsError(
            f"The secret key in {path} is empty. Delete that file: a new key is made at the next start."
        )
    return key


def _database(url: str, var: Path) -> dict[str, Any]:
    parts = urlsplit(url or f"sqlite:///{var / 'mailseal.sqlite3'}")
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": parts.path[1:],  # sqlite:///name is relative, sqlite:////name absolute
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    if parts.scheme not in ("postgres", "postgresql"):
        raise SettingsError("DATABASE_URL: it begins with sqlite:/// or postgres://. Correct it, or leave it out.")
    if find_spec("psycopg") is None:
        raise SettingsError(
            "DATABASE_URL: PostgreSQL needs psycopg, which is not installed because of its licence (LGPL). "
            "Install it beside Mailseal: .venv/bin/python -m pip install 'psycopg[binary]'."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }


def _switch(name: str, text: str, default: bool) -> bool:
    if not text:
        return default
    if text.lower() not in _ON | _OFF:
        raise SettingsError(f"{name}: {text!r} is neither on nor off.")
    return text.lower() in _ON


def _seconds(name: str, environment: Mapping[str, str], default: float) -> float:
    text = environment.get(name) or str(default)
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 3600:
        raise SettingsError(f"{name}: {text!r} is not a number of seconds above 0.")
    return seconds
