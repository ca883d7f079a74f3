"""Is this process alive, and can it do its work? For load balancers and container engines.

The one rule of this file: ``/healthz`` asks nobody, so that a database which is away gets no web server killed.
"""

import logging
from collections.abc import Callable
from typing import Literal

from django.db import DEFAULT_DB_ALIAS, Error, close_old_connections, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from webui.coordination import CoordinationAway, client, reaching

type State = Literal["ok", "away", "waiting", "unknown"]

logger = logging.getLogger(__name__)


@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return _kept_by_nobody(HttpResponse("ok\n", content_type="text/plain; charset=utf-8"))


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Each part and how it is; status 503 unless all are ``ok``."""
    parts = _parts()
    is_ready = all(state == "ok" for state in parts.values())
    return _kept_by_nobody(JsonResponse({"ready": is_ready, "parts": parts}, status=200 if is_ready else 503))


def _parts() -> dict[str, State]:
    close_old_connections()  # one from before the database was started anew
    database = _asked(_database_answers, "away")
    return {
        "database": database,
        "migrations": _asked(_migrations_are_applied, "waiting") if database == "ok" else "unknown",
        "broker": _asked(_broker_answers, "away"),
    }


def _asked(is_well: Callable[[], bool], otherwise: State) -> State:
    try:
        return "ok" if is_well() else otherwise
    except (Error, CoordinationAway) as away:
        logger.warning("not ready: %s (%s)", is_well.__name__.strip("_").replace("_", " "), type(away).__name__)
        return otherwise


def _database_answers() -> bool:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


def _migrations_are_applied() -> bool:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _broker_answers() -> bool:
    with reaching():
        return bool(client().ping())


def _kept_by_nobody(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
