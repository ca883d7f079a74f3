"""The Django project: settings, the Celery app, and one folder per product area."""
