"""Taking a report away: only for the browser that asked for it, which keeps the secret of its link."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from webui.scans import keeping, services

_NOT_YOURS = (
    "Only the browser that asked for this check can delete its report, and this one holds no key to it. The key is a "
    "cookie of the link, so the report can’t be deleted any more where cookies were cleared. It goes by itself after "
    f"{services.KEPT_FOR.days} days."
)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, token: str) -> HttpResponse:
    """Delete the link, and the report with its last link. Read instead of posted to, it is a way to the report."""
    if request.method != "POST":
        return redirect("report", token=token)
    if not services.delete_by_secret(token, keeping.secret_of(request)):
        return render(request, "refused.html", {"reason": _NOT_YOURS}, status=403)
    response = HttpResponseRedirect(reverse("deleted"), status=303)
    keeping.forget_secret(response, token)
    return response


@require_safe
def deleted(request: HttpRequest) -> HttpResponse:
    """Where who deleted a report arrives."""
    return render(request, "deleted.html")
