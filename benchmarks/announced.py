"""``python -m benchmarks.announced``: prints each snapshot that is announced, with the moment before it was stored.

One JSON array a line: the scan, the snapshot's number, whether it is the last, that moment, and the one when the
announcement was heard here, both in seconds since the epoch. The one rule of this file: the first moment is the
worker's own, from before it wrote to the database, so that a viewer waited no longer than what is counted from it. It
begins with an empty line, once it hears everything.
"""

import asyncio
import json
import os
import time
from uuid import UUID

import django
from asgiref.sync import sync_to_async


async def follow() -> None:
    """Until somebody ends this process."""
    from webui.coordination import SCAN_CHANNELS, async_client

    async with async_client() as client, client.pubsub() as subscription:
        await subscription.psubscribe(f"{SCAN_CHANNELS}*")
        async for message in subscription.listen():
            if message["type"] == "psubscribe":
                print(flush=True)
                continue
            heard, scan_id = time.time(), UUID(message["channel"].decode().removeprefix(SCAN_CHANNELS))
            if line := await sync_to_async(_stored)(scan_id):
                print(json.dumps([*line, heard]), flush=True)


def _stored(scan_id: UUID) -> tuple[str, list[int], bool, float] | None:
    from webui.scans.models import Scan
    from webui.scans.services import lease_time

    scan = Scan.objects.defer("facts").get(pk=scan_id)
    moment = scan.finished_at or (scan.lease_until and scan.lease_until - lease_time())
    if moment is None or not scan.report:  # given back meanwhile
        return None
    return str(scan_id), [scan.attempts, scan.report["duration_ms"]], bool(scan.finished_at), moment.timestamp()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webui.settings")
    django.setup()
    asyncio.run(follow())
