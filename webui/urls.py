"""All addresses of the site. Errors are Django's own views over templates/400.html to 500.html, but for status 400."""

from django.urls import include, path

from webui import health, metrics, pages

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", metrics.metrics),
    path("probe", pages.probe, name="probe"),
    path("privacy", pages.privacy, name="privacy"),
    path("", include("webui.scans.urls")),
    path("", include("webui.api.urls")),
]
handler400 = "webui.scans.views.bad_request"
