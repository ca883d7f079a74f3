"""The web server's way in: static files first, everything else is Django's."""

import os
from typing import cast

from asgiref.typing import ASGI3Application
from django.conf import settings
from django.core.asgi import get_asgi_application
from servestatic import ServeStaticASGI

from webui.bodies import limit_bodies
from webui.clients import behind_proxies
from webui.static_files import StaticHeaders

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webui.settings")


_django = cast("ASGI3Application", get_asgi_application())
from webui.api.waiting import waiting_for_scans  # noqa: E402 - it knows models, which are there only now
from webui.scans.events import live_events  # noqa: E402

_pages = waiting_for_scans(live_events(limit_bodies(_django, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)))
application = ServeStaticASGI(
    behind_proxies(_pages, settings.MAILSEAL_PROXIES),
    root=settings.STATICFILES_DIRS[0],
    prefix=settings.STATIC_URL,
    autorefresh=settings.DEBUG,
    allow_all_origins=False,
    add_headers_function=StaticHeaders(for_good=not settings.DEBUG),
)
