"""The files of a production set-up, as far as they can be judged without a container engine."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from webui.settings import CELERY_BEAT_SCHEDULE

ROOT = Path(__file__).resolve().parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "web", "interactive", "background", "beat")
PROGRAMS = {"python", "redis-server"}
OTHERS_VARIABLES = {"POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD_FILE"}  # of PostgreSQL's image


def test_every_part_is_there() -> None:
    assert set(SERVICES) == {*OURS, "postgres", "redis", "unbound"}


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if "command" in service])
def test_a_service_starts_with_a_known_program(name: str) -> None:
    """What its image has in its path."""
    assert SERVICES[name]["command"][0] in PROGRAMS


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_hardened(name: str) -> None:
    """No root, nothing to write on, no capability, no way to more, and limits."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert name == "unbound" or not service["user"].startswith(("0", "root"))


@pytest.mark.parametrize("name", SERVICES)
def test_every_variable_is_explained(name: str) -> None:
    """In .env.example, which lists all settings."""
    known = set(re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE))
    assert set(SERVICES[name].get("environment", {})) <= known | OTHERS_VARIABLES


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "migrate"])
def test_what_stays_up_has_a_health_check(name: str) -> None:
    """Its own here, or its image's."""
    images = {"web": "Dockerfile", "unbound": "deploy/unbound.Dockerfile"}
    here, image = SERVICES[name].get("healthcheck", {}), images.get(name)
    assert here.get("test") or (image and "\nHEALTHCHECK " in (ROOT / image).read_text("utf-8"))


@pytest.mark.parametrize("name", OURS)
def test_every_setting_can_be_made(name: str) -> None:
    """What stands in .env reaches our containers too; without one they start all the same."""
    assert SERVICES[name]["env_file"] == [{"path": ".env", "required": False}]


def test_no_secret_stands_in_the_file() -> None:
    """They come from files, which the repository does not hold."""
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert name.endswith("_FILE") or "PASSWORD" not in name
            assert not re.search(r"://[^/]*:[^/]*@", str(value))
    assert "secrets/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_every_queue_has_a_worker() -> None:
    """Also those that only beat sends to."""
    words = [word for name in OURS for word in SERVICES[name]["command"]]
    served = {queue for before, word in pairwise(words) if before == "-Q" for queue in word.split(",")}
    assert {entry["options"]["queue"] for entry in CELERY_BEAT_SCHEDULE.values()} | {"interactive"} <= served


def test_only_the_site_is_reachable_from_outside() -> None:
    """And that only on loopback, for a proxy in front."""
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"web"}
    assert SERVICES["web"]["ports"] == ["127.0.0.1:8000:8000"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_the_image_copies_what_there_is() -> None:
    """Each source of a COPY exists, and no bootstrap runs in it."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    sources = [word for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE) for word in line.split()[:-1]]
    assert sources
    assert all((ROOT / source).exists() for source in sources)
    assert "MAILSEAL_NO_BOOTSTRAP=1" in text
    assert re.search(r"^USER [1-9]", text, re.MULTILINE)


def test_djangos_own_check_has_nothing_to_say(tmp_path: Path) -> None:
    """``check --deploy`` with the settings of the composition, but for the database, whose driver isn't needed here."""
    settings = SERVICES["web"]["environment"]
    given = {name: re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", str(value)) for name, value in settings.items()}
    (tmp_path / "secret_key").write_text("0Kx8vQ+2mAbCdEfGhIjKlMnOpQrStUvWxYz1234567890abcdefghijklmnopqrst")
    ours = {
        "DATABASE_URL": "",
        "DATABASE_PASSWORD_FILE": "",
        "SECRET_KEY_FILE": str(tmp_path / "secret_key"),
        "MAILSEAL_HELO_NAME": "check.example.org",
        "MAILSEAL_HOSTS": "check.example.org",
        "MAILSEAL_VAR": str(tmp_path / "var"),
        "MAILSEAL_NO_BOOTSTRAP": "1",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **given, **ours},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
