"""The Celery app: it carries ids of scans to workers, and nothing else (docs/decisions/0002)."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, celeryd_init, setup_logging

from webui.heartbeat import WorkerSign

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webui.settings")

PATIENT_S = 15.0

app = Celery("mailseal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["webui.scans"])
app.steps["worker"].add(WorkerSign)


@celeryd_init.connect
@beat_init.connect
def _be_patient(**_: Any) -> None:
    """No person waits for a worker or the timer: on a busy machine a broker that is slow is no reason to reconnect."""
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, "socket_timeout": PATIENT_S}


@setup_logging.connect
def _log_as_the_settings_say(**_: Any) -> None:
    """To be here is enough: else Celery would set the level of the whole log to its own --loglevel."""
