"""The Celery app: it carries ids of scans to workers, and nothing else (docs/decisions/0002)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webui.settings")

app = Celery("mailseal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["webui.scans"])
