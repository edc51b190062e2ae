"""Expected refusals raised by plain views become a page or problem details; REST framework's views handle their own."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from portal.errors import answer
from projects_api.api.problems import as_domain_error
from projects_api.errors import TooLarge

# A form's photo, and what a browser puts around it. The API has limits of its own (parts of files, JSON).
LARGEST_FORM = 20 * 1024 * 1024


class FormSizeMiddleware:
    """What is too large for any form is refused before a byte of it is read: reading it is what costs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not request.path.startswith("/api/") and (not length.isdigit() or int(length) > LARGEST_FORM):
            words = _("A form has at most %(n)s MB. Send a smaller photo.") % {"n": LARGEST_FORM // 1024**2}
            return answer(request, TooLarge(words))
        return self.get_response(request)


class ProblemMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        error = as_domain_error(exception)
        return answer(request, error) if error else None
