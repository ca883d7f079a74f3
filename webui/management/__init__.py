"""What ``manage.py`` can do: each command stands in ``commands``."""
