"""Who asks whether Mailseal works is told which part doesn't."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests.webui.conftest import Broker

# The check closes a connection that isn't as it should be, and one in a test's own transaction is none.
pytestmark = pytest.mark.django_db(transaction=True)


def parts(client: Client) -> tuple[int, dict[str, str]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()["parts"]


def test_a_process_that_answers_is_alive(client: Client) -> None:
    """It needs no database, or the web server would be killed over one that is away."""
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (200, b"ok\n", "no-store")


def test_all_is_well(client: Client, broker: Broker) -> None:
    """Each part is named."""
    assert parts(client) == (200, {"database": "ok", "migrations": "ok", "broker": "ok"})


@pytest.fixture
def unapplied_migration(transactional_db: None) -> Iterator[None]:
    """The newest is forgotten, and known again when the test is over: this table isn't emptied after each test."""
    newest, recorder = MigrationLoader(connection).graph.leaf_nodes("scans"), MigrationRecorder(connection)
    for app, name in newest:
        recorder.record_unapplied(app, name)
    yield
    for app, name in newest:
        recorder.record_applied(app, name)


def test_a_migration_waits(client: Client, unapplied_migration: None, broker: Broker) -> None:
    """New code over an old database would fail at the first request."""
    assert parts(client) == (503, {"database": "ok", "migrations": "waiting", "broker": "ok"})


@pytest.fixture
def without_broker(broker: Broker) -> Iterator[None]:
    broker.stop()
    yield
    broker.start()


def test_the_broker_is_away(client: Client, without_broker: None) -> None:
    """Scans would wait."""
    assert parts(client) == (503, {"database": "ok", "migrations": "ok", "broker": "away"})


@pytest.fixture
def without_database(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The name of the database leads to a folder, which no SQLite opens, or to one that no PostgreSQL has."""
    with django_db_blocker.unblock():
        before = connection.settings_dict["NAME"]
        connection.close()
        kept, connection.connection = connection.connection, None
        connection.settings_dict["NAME"] = "/" if connection.vendor == "sqlite" else "no_such_database"
        yield
        connection.close()
        connection.connection = kept
        connection.settings_dict["NAME"] = before


def test_the_database_is_away(client: Client, without_database: None, broker: Broker) -> None:
    """What can't be known then is called so."""
    assert parts(client) == (503, {"database": "away", "migrations": "unknown", "broker": "ok"})
