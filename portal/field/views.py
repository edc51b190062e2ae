"""``/field/``: one page for the site, its script, its service worker, its manifest.

The page holds nothing about the reader and both languages: the same bytes serve everybody, so it can be kept on the phone.
What is private comes over the API.
"""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from portal.field.assets import app
from portal.office.acting import signed_in
from projects_api.selectors.fieldwork import reportable

_YEAR = 365 * 24 * 3600


@login_required
@ensure_csrf_cookie
@require_safe
def field(request: HttpRequest) -> HttpResponse:
    """The app for who reports on sites; everybody else is told where to go. At most 3 queries."""
    if not reportable(signed_in(request)).exists():
        return render(request, "field/nobody.html")
    return _frame()


@require_safe
def frame(request: HttpRequest) -> HttpResponse:
    """The same page for the phone to keep: it asks for no sign-in, since it holds nothing."""
    return _frame()


def _frame() -> HttpResponse:
    response = HttpResponse(app().frame)
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def script(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(app().script, content_type="text/javascript; charset=utf-8")
    current = app().script_url.endswith(f"?v={request.GET.get('v', '')}")
    response["Cache-Control"] = f"public, max-age={_YEAR}, immutable" if current else "no-cache"
    return response


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(app().worker, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    response["Service-Worker-Allowed"] = reverse("field")
    return response


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """In the reader's language, for the home screen."""
    icons = [
        {"src": static(f"portal/field/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": use}
        for size in (192, 512)
        for use in ("any", "maskable")
    ]
    about = {
        "id": reverse("field"),
        "name": _("SchoolWorks: from the site"),
        "short_name": _("SchoolWorks field"),
        "start_url": reverse("field"),
        "scope": reverse("field"),
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#15517d",
        "icons": icons,
    }
    response = JsonResponse(about, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-cache"
    return response
