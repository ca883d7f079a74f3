"""The tests of the service once more, with PostgreSQL and Redis as Debian brings them."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.servers import postgresql, redis_server
from webui.environment import ROOT

pytestmark = pytest.mark.real

IN_A_HURRY = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")  # what is stored is thrown away
# Whole services share a database and a queue here, so the tests that start one run one after the other.
PYTEST = ("-m", "pytest", "tests/webui", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider")
PATIENCE_S = 600


def test_the_service_is_the_same_on_postgresql_and_redis(folder: Path) -> None:
    """Everything in tests/webui, with a database for each of its processes."""
    place = folder / "databases"
    place.mkdir()
    place.chmod(0o711)
    with ExitStack() as stack:
        database_url, _ = stack.enter_context(postgresql(place / "postgresql", "", *IN_A_HURRY))
        redis_url, _ = stack.enter_context(redis_server(place / "redis"))
        settings = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "MAILSEAL_SANDBOX": "on"}
        done = subprocess.run(
            [sys.executable, *PYTEST],
            cwd=ROOT,
            env=os.environ | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
    assert done.returncode == 0, done.stdout
