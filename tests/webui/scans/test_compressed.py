"""Reports are sent compressed, to who understands that, and no length tells a secret."""

import gzip
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from webui.scans.models import Scan


def test_a_report_is_sent_compressed(db: None, broker: Any, client: Client, finish: Callable[[], None]) -> None:
    """To who understands it, under the same tag, and a cache knows that there are two."""
    page = client.post("/scan", {"domain": "example.test"})["Location"]
    finish()
    Scan.objects.update(created_at=timezone.now() - timedelta(days=2, hours=12))
    plain, small = client.get(page), client.get(page, headers={"accept-encoding": "gzip, br"})
    assert "Content-Encoding" not in plain
    assert small["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.content) == plain.content
    assert len(small.content) < len(plain.content) / 2
    assert small["ETag"] == plain["ETag"]
    assert small["ETag"].startswith("W/")
    again = client.get(page, headers={"accept-encoding": "gzip", "if-none-match": small["ETag"]})
    assert (again.status_code, again["ETag"], again.content) == (304, small["ETag"], b"")
    for answer in (plain, small, again):
        assert {"Cookie", "Accept-Encoding"} <= set(re.split(r",\s*", answer["Vary"]))


def test_no_page_holds_the_secret_that_deletes_it(
    db: None, broker: Any, client: Client, finish: Callable[[], None]
) -> None:
    """Nor does the page that shows what was typed: so the length of what is compressed tells nothing."""
    asked = client.post("/scan", {"domain": "example.test"})
    finish()
    [secret] = [cookie.value for cookie in asked.cookies.values()]
    for answer in (client.get(asked["Location"]), client.post("/scan", {"domain": "no domain"})):
        assert secret not in answer.content.decode()
