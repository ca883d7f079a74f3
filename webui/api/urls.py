"""The addresses of the API. Whatever else lies under ``/api/`` is nowhere, and says so as a problem."""

from typing import NoReturn

from django.http import HttpRequest
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView

from webui import problems
from webui.api.endpoints import api
from webui.api.page import api_page
from webui.problems import Problem


@csrf_exempt
def nowhere(request: HttpRequest, rest: str) -> NoReturn:
    """No such address."""
    raise Problem(problems.NOTHING_HERE)


urlpatterns = [
    path("api", api_page, name="api-page"),
    path("api/", RedirectView.as_view(pattern_name="api-page")),
    path("api/v1/", api.urls),
    path("api/<path:rest>", nowhere),
]
