"""All addresses of the site. Errors are Django's own views over templates/400.html to 500.html, but for status 400."""

from django.urls import include, path

urlpatterns = [path("", include("webui.scans.urls")), path("", include("webui.api.urls"))]
handler400 = "webui.scans.views.bad_request"
