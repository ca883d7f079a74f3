"""The service's settings from environment variables, typed, each refused with a sentence (``.env.example`` lists them).

The one rule of this file: every setting has a default with which ``python3 manage.py up`` works on a bare machine.
"""

import os
import re
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Literal, cast
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from checker.network.live import NetworkSettings, SettingsError
from webui.broker import broker_url, make_private
from webui.secret_files import with_secret_files

__all__ = ["ROOT", "ServiceSettings", "SettingsError", "current", "is_everywhere", "load_env_file", "read_env_file"]

ROOT = Path(__file__).resolve().parent.parent
_SWITCH = {"1": True, "on": True, "true": True, "yes": True, "0": False, "off": False, "false": False, "no": False}
_LISTEN = re.compile(r"(?P<host>[^:\[\]]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - this is the table of what listens on all addresses
_BROKER_SCHEMES = ("redis", "rediss", "redis+socket")
_LONGEST_S = 3600
_CONTACT = re.compile(r"[^\s@/:?&<>\"]+@[^\s@/:?&<>\"]+|https://[^\s<>\"]+")
_TOKEN = r"[A-Za-z0-9._~+/=-]{20,}"  # noqa: S105 - what one looks like (RFC 6750 section 2.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What an operator may choose.

    ``is_embedded``: the queue is in a Valkey that ``up`` starts. ``is_https``: people come by https only.
    """

    var: Path
    listen: tuple[str, int]
    hosts: tuple[str, ...]
    is_debug: bool
    is_https: bool
    secret_key: str
    database: dict[str, Any]
    broker_url: str
    is_embedded: bool
    is_sandboxed: bool
    sandbox_greeting_s: float
    lease_s: float
    proxies: tuple[IPv4Network | IPv6Network, ...]
    trusted_tokens: tuple[str, ...]
    contact: str
    log: Literal["text", "json"]
    log_level: Literal["info", "warning"]
    metrics_networks: tuple[IPv4Network | IPv6Network, ...]
    network: NetworkSettings

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "ServiceSettings":
        """Read them all. Makes ``var`` and, at the first start, the secret key in it. Raises SettingsError."""
        environment = with_secret_files(environment)
        database_url, redis_url = environment.get("DATABASE_URL", ""), environment.get("REDIS_URL", "")
        var = _var(environment.get("MAILSEAL_VAR", ""))
        listen = _listen(environment.get("MAILSEAL_LISTEN") or "127.0.0.1:8000")
        return cls(
            var=var,
            listen=listen,
            hosts=_hosts(environment.get("MAILSEAL_HOSTS", ""), listen[0]),
            is_debug=_switch(environment, "MAILSEAL_DEBUG", default=False),
            is_https=_switch(environment, "MAILSEAL_HTTPS", default=False),
            secret_key=environment.get("SECRET_KEY") or _secret_key(var / "secret_key"),
            database=_database(
                database_url or f"sqlite:///{var}/mailseal.sqlite3", environment.get("DATABASE_PASSWORD", "")
            ),
            broker_url=_redis(redis_url) if redis_url else broker_url(var),
            is_embedded=not redis_url,
            is_sandboxed=_switch(environment, "MAILSEAL_SANDBOX", default=not (database_url or redis_url)),
            sandbox_greeting_s=_seconds(environment, "MAILSEAL_SANDBOX_GREETING_S", default=2.5),
            lease_s=_seconds(environment, "MAILSEAL_LEASE_S", default=10.0),
            proxies=_networks("MAILSEAL_PROXIES", environment.get("MAILSEAL_PROXIES", "")),
            trusted_tokens=_trusted_tokens(environment.get("MAILSEAL_TRUSTED_TOKENS", "")),
            contact=_contact(environment.get("MAILSEAL_CONTACT", "").strip()),
            log=_log(environment.get("MAILSEAL_LOG") or "text"),
            log_level=_log_level(environment.get("MAILSEAL_LOG_LEVEL") or "warning"),
            metrics_networks=_networks("MAILSEAL_METRICS_NETWORKS", environment.get("MAILSEAL_METRICS_NETWORKS", "")),
            network=NetworkSettings.from_environment(environment),
        )


def load_env_file(command: Sequence[str]) -> None:
    """Take over the settings in ``.env``; the environment wins. Not for tests: they are the same on every machine."""
    if "test" not in command[1:2]:
        for name, value in read_env_file(ROOT / ".env").items():
            os.environ.setdefault(name, value)


def read_env_file(path: Path) -> dict[str, str]:
    """The settings in a ``.env`` file: ``NAME=value`` a line, ``#`` comments, quotes round a value are taken off.

    Nothing is expanded. No file: no settings. Raises SettingsError.
    """
    settings: dict[str, str] = {}
    if not path.exists():
        return settings
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        name, equals, value = line.strip().partition("=")
        if not name or name.startswith("#"):
            continue
        if not equals or not re.fullmatch(r"[A-Z_0-9]+", name):
            raise SettingsError(f"{path.name}, line {number}: write NAME=value, or # before a remark.")
        settings[name] = re.sub(r"^(['\"])(.*)\1$", r"\2", value)
    return settings


def is_everywhere(host: str) -> bool:
    """Does this address listen on all of the machine's?"""
    return host in _EVERYWHERE


def _var(text: str) -> Path:
    """The folder of our data, closed to others: who reads the database has the links to all reports."""
    var = (ROOT / (text or "var")).resolve()
    try:
        make_private(var, "Set MAILSEAL_VAR to a folder of Mailseal's own, which nothing else uses.")
    except OSError as error:
        raise SettingsError(f"MAILSEAL_VAR: the folder {var} can't be made private: {error.strerror}.") from None
    return var


def _listen(text: str) -> tuple[str, int]:
    parts = _LISTEN.fullmatch(text)
    if not parts or not 0 < int(parts["port"]) < 2**16:
        raise SettingsError(
            f"MAILSEAL_LISTEN: “{text}” is not an address and a port. Write it like 127.0.0.1:8000 or [::1]:8000."
        )
    return parts["host"].strip("[]"), int(parts["port"])


def _hosts(text: str, listens_on: str) -> tuple[str, ...]:
    """The names under which pages may be asked for: any other could be a stranger's page that speaks to us."""
    own = socket.gethostname() if is_everywhere(listens_on) else listens_on
    own = f"[{own}]" if ":" in own else own
    return tuple(dict.fromkeys((*_LOOPBACK, own, *_listed(text))))


def _networks(name: str, text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(network) for network in _listed(text))
    except ValueError as error:
        raise SettingsError(
            f"{name}: {error}. Write addresses or networks, like 10.0.0.1,10.1.0.0/16, fd00::/8."
        ) from None


def _trusted_tokens(text: str) -> tuple[str, ...]:
    """A token is never told, not even in the refusal of it: logs keep that."""
    tokens = tuple(_listed(text))
    if any(not re.fullmatch(_TOKEN, token) for token in tokens):
        raise SettingsError(
            "MAILSEAL_TRUSTED_TOKENS: each has at least 20 characters, of letters, digits and -._~+/=. "
            "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(24))'."
        )
    return tokens


def _log(text: str) -> Literal["text", "json"]:
    if text not in ("text", "json"):
        raise SettingsError(f"MAILSEAL_LOG: “{text}” is neither text nor json. Write one of these two.")
    return cast("Literal['text', 'json']", text)


def _log_level(text: str) -> Literal["info", "warning"]:
    if text not in ("info", "warning"):
        raise SettingsError(f"MAILSEAL_LOG_LEVEL: “{text}” is neither info nor warning. Write one of these two.")
    return cast("Literal['info', 'warning']", text)


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _secret_key(path: Path) -> str:
    """Django's key, made once and whole: of several that start together, one file stands and all read that."""
    if not path.exists():
        try:
            with NamedTemporaryFile("w", dir=path.parent, prefix="key") as file:  # mode 600
                file.write(secrets.token_urlsafe(48))
                file.flush()
                Path(path).hardlink_to(file.name)
        except FileExistsError:
            pass
        except OSError as error:
            raise SettingsError(f"The secret key can't be kept in {path}: {error.strerror}.") from None
    try:
        key = path.read_text("ascii").strip()
    except (OSError, UnicodeError):
        key = ""
    if not key:
        raise SettingsError(f"The secret key in {path} can't be read. Delete that file, and a new key is made.")
    return key


def _database(url: str, password: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme == "sqlite" and len(parts.path) > 1:
        return _sqlite(ROOT / unquote(parts.path[1:]))
    if parts.scheme not in ("postgres", "postgresql"):
        raise SettingsError("DATABASE_URL: it begins with sqlite:/// or postgres://. Correct it, or leave it out.")
    if find_spec("psycopg") is None:
        raise SettingsError(
            "DATABASE_URL: PostgreSQL needs psycopg, which Mailseal doesn't bring because of its licence (LGPL). "
            "Install it first: pip --python .venv/bin/python install --require-hashes -r requirements-postgres.txt."
        )
    return _postgres(parts, password)


def _sqlite(file: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,
        "OPTIONS": {
            # Writers queue up for the lock instead of failing over it; readers don't wait for them.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


def _postgres(parts: SplitResult, password: str) -> dict[str, Any]:
    try:
        port = str(parts.port or "")
    except ValueError:
        raise SettingsError("DATABASE_URL: the port is no number from 1 to 65535.") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or "") or password,
        "HOST": unquote(parts.hostname or ""),
        "PORT": port,
        "OPTIONS": {"connect_timeout": "5"} | dict(parse_qsl(parts.query)),  # seconds: a host that is gone says nothing
    }


def _redis(url: str) -> str:
    if urlsplit(url).scheme not in _BROKER_SCHEMES:
        raise SettingsError(
            "REDIS_URL: it begins with redis://, rediss:// or redis+socket://. Correct it, or leave it out and "
            "Mailseal starts a broker of its own."
        )
    return url


def _contact(text: str) -> str:
    """Whom the page about the probe tells people to write to."""
    if text and not _CONTACT.fullmatch(text):
        raise SettingsError(f"MAILSEAL_CONTACT: “{text}” is no mail address and no address that begins with https://.")
    return text


def _switch(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    if not (text := environment.get(name, "")):
        return default
    if text.lower() not in _SWITCH:
        raise SettingsError(f"{name}: “{text}” is neither on nor off. Write one of these two.")
    return _SWITCH[text.lower()]


def _seconds(environment: Mapping[str, str], name: str, *, default: float) -> float:
    if not (text := environment.get(name, "")):
        return default
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]+)?", text) or not 0 < float(text) <= _LONGEST_S:
        raise SettingsError(f"{name}: “{text}” is no number of seconds. Write one above 0, up to {_LONGEST_S}.")
    return float(text)


def current() -> ServiceSettings:
    """The settings of this process."""
    return ServiceSettings.from_environment(os.environ)
