"""``python -m benchmarks.order QUEUE DOMAIN …``: orders scans past the web server, and prints the token of each."""

import os
import sys
from collections.abc import Sequence

import django


def order(queue: str, domains: Sequence[str]) -> list[str]:
    """Order them in the service at hand, and return when all are queued. Of a domain in hand, one more link."""
    from checker.names import parse_domain
    from webui.scans.models import Scan
    from webui.scans.services import request_scan

    return [request_scan(parse_domain(domain), queue=Scan.Queue(queue)).link.token for domain in domains]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webui.settings")
    django.setup()
    print("\n".join(order(sys.argv[1], sys.argv[2:])))
