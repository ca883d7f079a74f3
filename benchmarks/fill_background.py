"""``python -m benchmarks.fill_background 500``: queues so many scans that nobody waits for, in the service at hand."""

import os
import sys

import django

DOMAIN = "{number}.enforced.demo.test"
FIRST = 100_000  # apart from what other parts of a bench scan


def fill(count: int) -> None:
    """Queue them, and return when all are."""
    from checker.names import parse_domain
    from webui.scans.models import Scan
    from webui.scans.services import request_scan

    for number in range(FIRST, FIRST + count):
        request_scan(parse_domain(DOMAIN.format(number=number)), queue=Scan.Queue.BACKGROUND)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webui.settings")
    django.setup()
    fill(int(sys.argv[1]))
