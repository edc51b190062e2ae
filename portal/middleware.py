"""Expected refusals raised by plain views become a page or problem details; REST framework's views handle their own."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from portal.errors import answer
from projects_api.api.conditional import ENTITY_TAG
from projects_api.api.problems import as_domain_error
from projects_api.errors import FieldError, InvalidInput, StaleVersion, TooLarge

# A form's photo, and what a browser puts around it. The API has limits of its own (parts of files, JSON).
LARGEST_FORM = 20 * 1024 * 1024
# More than any filter needs, and as much as servers in front carry by default.
LONGEST_ADDRESS = 8000


class SizeMiddleware:
    """What is too large for any form is refused before a byte of it is read: reading it is what costs. An address that is too
    long is refused here and not by the server in front (`config.serving`), which speaks neither JSON nor Chinese.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = len(request.META.get("PATH_INFO", "")) + len(request.META.get("QUERY_STRING", ""))
        if asked > LONGEST_ADDRESS:
            words = _("The address is too long: at most %(max)s characters. Search for fewer words.")
            fault = FieldError("?", "too_long", words % {"max": f"{LONGEST_ADDRESS:,}"})
            return answer(request, InvalidInput([fault]))
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not request.path.startswith("/api/") and (not length.isdigit() or int(length) > LARGEST_FORM):
            words = _("A form has at most %(n)s MB. Send a smaller photo.") % {"n": LARGEST_FORM // 1024**2}
            return answer(request, TooLarge(words))
        return self.get_response(request)


class ReadConditionMiddleware:
    """``If-Match`` on a read, alike for whoever asks: where the answer has a version (`api.conditional`), another one than was
    named is 412, by its number as in a change; elsewhere nothing could match, and it says nothing.

    Before `KeptAnswers`, which knows only whole tags: an answer that is kept would be refused where one that is made is given.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.get_response(request)
        request.META.pop("HTTP_IF_UNMODIFIED_SINCE", None)
        wanted = request.META.pop("HTTP_IF_MATCH", "").strip()
        response = self.get_response(request)
        held = ENTITY_TAG.fullmatch(response.headers.get("ETag", ""))
        if wanted in ("", "*") or held is None or response.status_code not in (200, 304):
            return response
        if held[1] in ENTITY_TAG.findall(wanted):
            return response
        words = _("This is version %(number)s by now.") % {"number": held[1]}
        return answer(request, StaleVersion(words, version=int(held[1])))


class ProblemMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        error = as_domain_error(exception)
        return answer(request, error) if error else None
