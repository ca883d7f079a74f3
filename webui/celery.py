"""The Celery app: it carries ids of scans to workers, and nothing else (docs/decisions/0002)."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_embedded_init

from webui.lifeline import end_with

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webui.settings")

_WORKER = os.getpid()  # the timer of the sweeps is forked from it later

app = Celery("mailseal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["webui.scans"])


@beat_embedded_init.connect
def _beat_ends_with_its_worker(**_: Any) -> None:
    """A worker that is killed can't stop the process that times its sweeps."""
    end_with(_WORKER)
