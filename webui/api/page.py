"""The page that explains the API, with commands that work as they stand."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from webui import limits
from webui.api.formats import WAIT_S
from webui.problems import KINDS
from webui.scans import services

_PICK = """sed 's/.*"{}": "\\([^"]*\\)".*/\\1/'"""
_JSON = "-H 'Content-Type: application/json'"
_GOOD_ENOUGH = (
    "import json, sys; report = json.load(sys.stdin); verdict = report['verdict'] or {}; "
    "sys.exit(verdict.get('level') not in ('enforced', 'testing', 'ready'))"
)


@require_safe
def api_page(request: HttpRequest) -> HttpResponse:
    """How to use the API."""
    context = {
        "commands": commands(request),
        "scans": reverse("api:scans"),
        "kinds": KINDS,
        "scans_rule": limits.SCANS,
        "kept_days": services.KEPT_FOR.days,
        "wait_s": WAIT_S,
        "kilobytes": settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024,
    }
    return render(request, "api.html", context)


def commands(request: HttpRequest) -> dict[str, str]:
    """What to paste into a POSIX shell, from the order of a scan to the end of its link: each goes on from the last."""
    scans = request.build_absolute_uri(reverse("api:scans"))
    domain = "all-good.demo.test" if settings.MAILSEAL_SANDBOX else "example.org"
    return {
        "order": f'ORDER=$(curl -sS {scans} \\\n  {_JSON} \\\n  -d \'{{"domain": "{domain}"}}\')\n'
        'echo "$ORDER"\n'
        f'TOKEN=$(echo "$ORDER" | {_PICK.format("token")})\n'
        f'SECRET=$(echo "$ORDER" | {_PICK.format("deletion_secret")})',
        "read": f'curl -sS "{scans}/$TOKEN?wait={WAIT_S}"',
        "judge": f'curl -fsS "{scans}/$TOKEN?wait={WAIT_S}" |\n  python3 -c "{_GOOD_ENOUGH}"\necho $?',
        "delete": f'curl -sS -i -X DELETE "{scans}/$TOKEN" \\\n  -H "Deletion-Secret: $SECRET"',
        "fail": f'curl -sS -i {scans} \\\n  {_JSON} \\\n  -d \'{{"domain": "192.0.2.1"}}\'',
    }
