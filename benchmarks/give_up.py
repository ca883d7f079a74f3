"""``python -m benchmarks.give_up 1.slow.demo.test``: leaves a scan that runs as if its last attempt had just died.

The sweep then ends it with what was seen. Killing three workers one after the other comes to the same, and takes a
minute.
"""

import os
import sys
import time

import django

WITHIN_S = 30.0


def give_up(domain: str) -> None:
    """Wait for a first snapshot, then take the scan from its worker. Raises TimeoutError if none comes."""
    from django.utils import timezone

    from webui.scans.models import Scan
    from webui.scans.services import ATTEMPTS

    seen = Scan.objects.filter(domain=domain, state=Scan.State.RUNNING).exclude(facts="")
    ends = time.monotonic() + WITHIN_S
    while not seen.update(attempts=ATTEMPTS, lease_until=timezone.now()):
        if time.monotonic() > ends:
            raise TimeoutError(f"no scan of {domain} runs")
        time.sleep(0.1)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webui.settings")
    django.setup()
    give_up(sys.argv[1])
