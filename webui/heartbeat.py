"""A sign of life in a file, for health checks of containers: workers and the timer answer no requests.

The one rule of this file: the loop that does the work gives the sign, so what is there but stuck looks dead.
"""

from contextlib import suppress
from typing import Any

from celery.beat import Scheduler
from celery.bootsteps import StartStopStep
from django.conf import settings

EVERY_S = 5.0


def give_sign() -> None:
    """Touch ``alive`` in the folder of our data. What can't be written is missed by whoever looks."""
    with suppress(OSError):
        (settings.SERVICE.var / "alive").touch()


class WorkerSign(StartStopStep):
    """A worker's, from its main loop."""

    requires = ("celery.worker.components:Timer",)

    def start(self, worker: Any) -> None:
        """From now on."""
        give_sign()
        worker.timer.call_repeatedly(EVERY_S, give_sign)


class Timer(Scheduler):
    """Celery's plain scheduler, which remembers nothing, with a sign each time it looks what is due."""

    def tick(self, *given: Any, **named: Any) -> Any:
        """One look."""
        give_sign()
        return super().tick(*given, **named)
