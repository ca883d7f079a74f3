"""The real clock."""

import asyncio
import time


class SystemClock:
    """Monotonic time of this machine, in seconds."""

    def monotonic(self) -> float:
        """Seconds since some fixed point."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
