"""What an operator may write, and the sentence for what can't be followed."""

import os
import re
import socket
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.db import ConnectionHandler
from pytest_django import DjangoDbBlocker

from webui.environment import ROOT, ServiceSettings, SettingsError, read_env_file


def read(tmp_path: Path, **environment: str) -> ServiceSettings:
    """The settings that this environment amounts to, over an empty ``var``."""
    return ServiceSettings.from_environment({"MAILSEAL_VAR": str(tmp_path / "var"), **environment})


def test_every_setting_has_a_default(tmp_path: Path) -> None:
    """A bare machine needs none: everything is embedded, in ``var``, on loopback, with the demo domains."""
    found = read(tmp_path)
    assert (found.listen, found.is_debug, found.is_embedded, found.is_sandboxed) == (
        ("127.0.0.1", 8000),
        False,
        True,
        True,
    )
    assert found.database["NAME"] == tmp_path / "var" / "mailseal.sqlite3"
    assert found.hosts == ("127.0.0.1", "localhost", "[::1]")


def test_the_secret_key_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    """Sessions of the form survive a restart, and nobody else on the machine reads the key."""
    first = read(tmp_path).secret_key
    assert read(tmp_path).secret_key == first
    assert len(first) >= 60
    assert stat.S_IMODE((tmp_path / "var" / "secret_key").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "var").iterdir()] == ["secret_key"]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_var_is_closed_to_others(tmp_path: Path) -> None:
    """The database in it holds the links to all reports: made so, and put right where an older Mailseal made it."""
    var = tmp_path / "var"
    read(tmp_path)
    assert mode(var) == 0o700
    var.chmod(0o755)
    read(tmp_path)
    assert mode(var) == 0o700


def test_somebody_elses_var_is_refused(tmp_path: Path) -> None:
    """What is theirs we can't close; as root we could, and must not."""
    theirs = Path("/")
    if os.getuid() == 0:
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        os.chown(theirs, 65534, 65534)
    before = mode(theirs)
    with pytest.raises(SettingsError, match=r"somebody else.* MAILSEAL_VAR to a folder of Mailseal's own.*\.$"):
        read(tmp_path, MAILSEAL_VAR=str(theirs))
    assert mode(theirs) == before


def test_a_folder_for_everybody_is_refused(tmp_path: Path) -> None:
    """To close /tmp would harm the whole machine."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var").chmod(0o1777)
    with pytest.raises(SettingsError, match=r"everybody.*\.$"):
        read(tmp_path)
    assert mode(tmp_path / "var") == 0o1777


def test_all_that_start_together_get_one_key(tmp_path: Path) -> None:
    """Web and worker are started at once on an empty ``var``."""
    keys: list[str] = []
    together = threading.Barrier(8)

    def start() -> None:
        together.wait()
        keys.append(read(tmp_path).secret_key)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


@pytest.mark.parametrize(
    ("text", "listens", "host"),
    [
        ("0.0.0.0:80", ("0.0.0.0", 80), socket.gethostname()),
        ("[::]:80", ("::", 80), socket.gethostname()),
        ("192.0.2.7:8000", ("192.0.2.7", 8000), "192.0.2.7"),
        ("[2001:db8::1]:1", ("2001:db8::1", 1), "[2001:db8::1]"),
        ("check.example.org:65535", ("check.example.org", 65535), "check.example.org"),
    ],
)
def test_where_it_listens(tmp_path: Path, text: str, listens: tuple[str, int], host: str) -> None:
    """Pages may be asked for under the address itself and under loopback, and never under any name at all."""
    found = read(tmp_path, MAILSEAL_LISTEN=text)
    assert found.listen == listens
    assert found.hosts == ("127.0.0.1", "localhost", "[::1]", host)


def test_named_hosts_are_added(tmp_path: Path) -> None:
    """The address itself keeps working: it is what ``up`` prints, and asks for the first page."""
    found = read(tmp_path, MAILSEAL_LISTEN="192.0.2.7:80", MAILSEAL_HOSTS="a.example, b.example")
    assert found.hosts == ("127.0.0.1", "localhost", "[::1]", "192.0.2.7", "a.example", "b.example")


def test_proxies_and_tokens_are_lists(tmp_path: Path) -> None:
    """Empty by default: nobody is believed, and nobody trusted."""
    assert (read(tmp_path).proxies, read(tmp_path).trusted_tokens) == ((), ())
    found = read(
        tmp_path,
        MAILSEAL_PROXIES="10.0.0.1, fd00::/8,",
        MAILSEAL_TRUSTED_TOKENS="a-token-of-twenty-characters, another~token/of+twenty==",
    )
    assert [str(network) for network in found.proxies] == ["10.0.0.1/32", "fd00::/8"]
    assert found.trusted_tokens == ("a-token-of-twenty-characters", "another~token/of+twenty==")


def test_a_token_that_is_refused_is_not_told(tmp_path: Path) -> None:
    """The sentence goes to a log."""
    with pytest.raises(SettingsError) as refused:
        read(tmp_path, MAILSEAL_TRUSTED_TOKENS="short-secret")
    assert "short-secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("environment", "is_embedded", "is_sandboxed"),
    [
        ({}, True, True),
        ({"REDIS_URL": "redis://h"}, False, False),
        ({"DATABASE_URL": "sqlite:///x.sqlite3"}, True, False),
        ({"REDIS_URL": "redis://h", "MAILSEAL_SANDBOX": "on"}, False, True),
        ({"MAILSEAL_SANDBOX": "off"}, True, False),
        ({"MAILSEAL_SANDBOX": "NO"}, True, False),
        ({"MAILSEAL_SANDBOX": ""}, True, True),
    ],
)
def test_the_sandbox_is_for_machines_of_one(
    tmp_path: Path, environment: dict[str, str], is_embedded: bool, is_sandboxed: bool
) -> None:
    """On by itself only where broker and database are embedded; a word of the operator's goes before."""
    found = read(tmp_path, **environment)
    assert (found.is_embedded, found.is_sandboxed) == (is_embedded, is_sandboxed)


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:////srv/mail seal.sqlite3", Path("/srv/mail seal.sqlite3")),
        ("sqlite:////srv/mail%20seal.sqlite3", Path("/srv/mail seal.sqlite3")),
        ("sqlite:///data/x.sqlite3", ROOT / "data/x.sqlite3"),
    ],
)
def test_sqlite_files(tmp_path: Path, url: str, file: Path) -> None:
    """Four slashes begin a path from the root, three one in Mailseal's folder, wherever it was started from."""
    assert read(tmp_path, DATABASE_URL=url).database["NAME"] == file


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAILSEAL_LISTEN", "8000"),
        ("MAILSEAL_LISTEN", "127.0.0.1:0"),
        ("MAILSEAL_LISTEN", "127.0.0.1:65536"),
        ("MAILSEAL_LISTEN", "::1:8000"),
        ("MAILSEAL_LISTEN", "127.0.0.1:http"),
        ("MAILSEAL_SANDBOX", "maybe"),
        ("MAILSEAL_DEBUG", "2"),
        ("MAILSEAL_LEASE_S", "0"),
        ("MAILSEAL_LEASE_S", "-1"),
        ("MAILSEAL_LEASE_S", "nan"),
        ("MAILSEAL_SANDBOX_GREETING_S", "3601"),
        ("DATABASE_URL", "mysql://h/d"),
        ("DATABASE_URL", "sqlite://"),
        ("REDIS_URL", "amqp://h"),
        ("MAILSEAL_VAR", "/dev/null/var"),
        ("MAILSEAL_RESOLVERS", "no address"),
        ("MAILSEAL_SMTP_PORT", "x"),
        ("MAILSEAL_LOG", "xml"),
        ("MAILSEAL_LOG_LEVEL", "loud"),
        ("MAILSEAL_PROXIES", "10.0.0.1/8"),
        ("MAILSEAL_PROXIES", "proxy.example"),
        ("MAILSEAL_TRUSTED_TOKENS", "nineteen-characters"),
        ("MAILSEAL_TRUSTED_TOKENS", "a-token-of-twenty-characters,short"),
        ("MAILSEAL_TRUSTED_TOKENS", "a token of twenty characters"),
    ],
)
def test_what_is_refused(tmp_path: Path, name: str, value: str) -> None:
    """One sentence or two, which name the variable and end like sentences."""
    with pytest.raises(SettingsError, match=rf"^{name}: .*\.$"):
        read(tmp_path, **{name: value})


def test_a_secret_key_that_was_emptied_is_refused(tmp_path: Path) -> None:
    """An empty key would sign anything."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret_key").touch()
    with pytest.raises(SettingsError, match="Delete that file"):
        read(tmp_path)


def test_a_setting_that_is_refused_ends_a_command_with_its_sentence(tmp_path: Path) -> None:
    """Exit status 2, the sentence, and no traceback."""
    environment = os.environ | {"MAILSEAL_NO_BOOTSTRAP": "1", "MAILSEAL_VAR": str(tmp_path), "REDIS_URL": "nonsense"}
    done = subprocess.run(
        [sys.executable, "manage.py", "up"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"REDIS_URL: [^\n]+\.\n", done.stderr)


def test_the_env_file(tmp_path: Path) -> None:
    """Remarks and empty lines are passed over, quotes round a value taken off, nothing expanded."""
    file = tmp_path / ".env"
    file.write_text("# a remark\n\nA=1\nB=two words\nC='x # y'\nD=\nE=$HOME\n")
    assert read_env_file(file) == {"A": "1", "B": "two words", "C": "x # y", "D": "", "E": "$HOME"}
    assert read_env_file(tmp_path / "none") == {}
    file.write_text("A=1\nexport B=2\n")
    with pytest.raises(SettingsError, match=r"\.env, line 2"):
        read_env_file(file)


def test_every_variable_is_in_the_example() -> None:
    """``.env.example`` lists what the code reads and what the design keeps for later, and is itself a valid file."""
    sources = [ROOT / "webui/environment.py", ROOT / "checker/network/live.py"]
    variable = re.compile(r'"((?:MAILSEAL_|DATABASE_|REDIS_|SECRET_)[A-Z_]+)"')
    read_by_code = {name for file in sources for name in variable.findall(file.read_text())}
    example = (ROOT / ".env.example").read_text()
    listed = set(re.findall(r"^#?\s?([A-Z_]+)=", example, flags=re.M))
    assert read_by_code
    assert read_by_code <= listed
    assert read_env_file(ROOT / ".env.example") == {}  # all of it is commented out: a copy changes nothing


def test_sqlite_waits_instead_of_failing(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    """Writers queue up, readers don't wait, and a commit doesn't wait for the disk."""
    connections = ConnectionHandler({"default": read(tmp_path).database})
    with django_db_blocker.unblock(), closing(connections["default"]) as file, file.cursor() as cursor:
        found = [
            cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "busy_timeout")
        ]
    assert found == ["wal", 1, 20000]
    assert file.transaction_mode == "IMMEDIATE"


def test_the_queue_loses_nothing_and_keeps_nothing() -> None:
    """Acknowledged when done, one at a time, no results, nothing but JSON, and a sweep every two seconds."""
    assert settings.CELERY_TASK_ACKS_LATE is True
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    assert settings.CELERY_TASK_IGNORE_RESULT is True
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_BEAT_SCHEDULE["sweep"]["schedule"] == 2.0


def test_postgresql_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mailseal doesn't bring psycopg, and where it is missing tells how to have it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsError, match=r"^DATABASE_URL: .*requirements-postgres\.txt\.$"):
        read(tmp_path, DATABASE_URL="postgres://u:p@h/d")
