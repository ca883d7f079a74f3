"""The Celery app: it carries ids of scans to workers, and nothing else (docs/decisions/0002)."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging

from webui.heartbeat import WorkerSign

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webui.settings")

app = Celery("mailseal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["webui.scans"])
app.steps["worker"].add(WorkerSign)


@setup_logging.connect
def _log_as_the_settings_say(**_: Any) -> None:
    """To be here is enough: else Celery would set the level of the whole log to its own --loglevel."""
