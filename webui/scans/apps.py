"""The Django app."""

from django.apps import AppConfig


class ScansConfig(AppConfig):
    """Scans and links."""

    name = "webui.scans"
    default_auto_field = "django.db.models.BigAutoField"
