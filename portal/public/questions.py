"""``/projects/{code}/questions/``: what the public asks about a project, what the bureau answers, and the form to ask."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal.office.acting import Refusal, attempt
from portal.office.fields import Field, set_faults
from portal.public.guests import host_of, refusable, trapped
from projects_api.api.pagination import LARGEST_PAGE_NUMBER, whole_number
from projects_api.choices import QuestionKind
from projects_api.errors import NotFound
from projects_api.filtersets import checked_query
from projects_api.geodesy import BD09, GCJ02, WGS84
from projects_api.models import Project, Question
from projects_api.models.questions import LONGEST_QUESTION
from projects_api.selectors.alerts import NOBODY
from projects_api.selectors.moment import read_once
from projects_api.selectors.questions import figures_of, public_questions
from projects_api.services import photo_files
from projects_api.services.form_tokens import form_token, read_form, worked
from projects_api.services.questions import MAX_PHOTO, PURPOSE, Asked, due_day, question_receive, term_of
from projects_api.wording import coordinates

ON_A_PAGE = 20


@require_safe
def questions(request: HttpRequest, code: str) -> HttpResponse:
    """The public ones, the newest first, and how well the term is kept. Six queries."""
    query = checked_query(request.GET, known=("page",))
    project = _project(code)
    number = whole_number(query.get("page") or "1", "?page", 1, LARGEST_PAGE_NUMBER)
    paginator = Paginator(public_questions(project), ON_A_PAGE)
    if number > paginator.num_pages:
        raise NotFound(_("There are only %(n)s pages of this list.") % {"n": paginator.num_pages})
    page = paginator.page(number)
    today = project.bureau.day_of(timezone.now())
    context = {
        "project": project,
        "page": page,
        "rows": [shown(question, today) for question in page.object_list],
        "figures": figures_of(project, today),
        "term": term_of(project),
    }
    return render(request, "questions/project.html", context)


def shown(question: Question, today: Any) -> dict[str, Any]:
    """A public question as `questions/_question.html` shows it."""
    place = question.place if question.place_public else None
    return {
        "question": question,
        "place": coordinates(place.x, place.y) if place else "",
        "overdue": question.is_open and question.due_on < today,
    }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def question_new(request: HttpRequest, code: str) -> HttpResponse:
    """The form. Three queries to read, about 15 to write; a form sent twice is one question."""
    checked_query(request.GET, known=())
    project = _project(code)
    if request.method != "POST":
        return _form(request, project)
    if not trapped(request):
        refusal = attempt(lambda: _receive(request, project))
        if refusal:
            return _form(request, project, refusal)
    return HttpResponseRedirect(reverse("question-sent", args=[code]), status=303)


def _receive(request: HttpRequest, project: Project) -> Question:
    sent, at = request.POST, timezone.now()
    token = sent.get("token", "")
    file = request.FILES.get("photo")
    photo = None
    if isinstance(file, UploadedFile) and file.file is not None:
        photo = (file.file, file.content_type or "", file.size or 0)
    asked = Asked(
        id=read_form(token, _purpose(project), at=at),
        kind=sent.get("kind", ""),
        text=sent.get("text", ""),
        language=get_language() or "",
        name=sent.get("name", ""),
        email=sent.get("email", ""),
        place=sent.get("place", ""),
        crs=sent.get("crs", ""),
        photo=photo,
        worked=worked(token, sent.get("work", "")),
    )
    return question_receive(project=project, asked=asked, host=host_of(request), at=at)


def _purpose(project: Project) -> str:
    return f"{PURPOSE}.{project.code}"


def _form(request: HttpRequest, project: Project, refusal: Refusal | None = None) -> HttpResponse:
    sent = request.POST
    kind = Field(
        "kind", _("What is it?"), sent.get("kind", QuestionKind.QUESTION.value),
        options=[(choice.value, str(choice.label)) for choice in QuestionKind],
    )  # fmt: skip
    text = Field(
        "text", _("Your words"), sent.get("text", ""), rows=6, max_length=LONGEST_QUESTION, required=True,
        hint=_("They will be public. Write no names, telephone numbers or addresses; numbers are hidden."),
    )  # fmt: skip
    photo = Field(
        "photo", _("A photo (optional)"), type="file", accept="image/*",
        hint=_("At most %(n)s MB. Where and when it was taken is removed from it.") % {"n": MAX_PHOTO // 1024**2},
    )  # fmt: skip
    place = Field(
        "place", _("Where? (optional)"), sent.get("place", ""), max_length=200,
        hint=_("Longitude and latitude, as a map app gives them. It must lie in the county."),
    )  # fmt: skip
    crs = Field(
        "crs", _("From which app?"), sent.get("crs", WGS84),
        options=[(WGS84, _("Phone position, GPS")), (GCJ02, _("Gaode, Tencent")), (BD09, _("Baidu"))],
    )  # fmt: skip
    name = Field(
        "name", _("Your name (optional)"), sent.get("name", ""), max_length=60, autocomplete="name",
        hint=_("For the bureau alone. It is deleted 30 days after the answer."),
    )  # fmt: skip
    email = Field(
        "email", _("Your e-mail address (optional)"), sent.get("email", ""), type="email", max_length=254,
        autocomplete="email", hint=_("For one e-mail with the answer; then it is deleted."),
    )  # fmt: skip
    fields = [kind, text, photo, place, crs, name, email]
    faults = set_faults(fields, refusal.faults if refusal else {})
    if refusal and request.FILES:
        photo.hint = _("Please choose the photo again: a browser forgets it.")
    term, at = term_of(project), timezone.now()
    # A form that was only too quick or too old comes back with a new token, one with another fault keeps its own.
    stale = refusal is None or "/token" in refusal.faults or not sent.get("token")
    context = {
        "project": project,
        "fields": {field.id: field for field in fields},
        "refusal": refusal,
        "faults": faults,
        "term": term,
        "due": due_day(project, at, term) if term else None,
        "token": form_token(_purpose(project), at=at) if stale else sent["token"],
    }
    return refusable(render(request, "questions/new.html", context), refusal)


@never_cache
@require_safe
def question_sent(request: HttpRequest, code: str) -> HttpResponse:
    """What happens next."""
    checked_query(request.GET, known=())
    project = _project(code)
    term = term_of(project)
    return render(
        request,
        "questions/sent.html",
        {"project": project, "term": term, "due": due_day(project, timezone.now(), term) if term else None},
    )


@require_safe
def question_photo(request: HttpRequest, code: str, number: int) -> FileResponse:
    """The photo of a public question, where the office has released it. Two queries."""
    checked_query(request.GET, known=())
    found = public_questions(_project(code)).filter(number=number, photo_public=True).first()
    if found is None:
        raise NotFound(_("This picture is not here."))
    return photo_of(found)


def photo_of(question: Question) -> FileResponse:
    """Never kept: it may be taken back."""
    response = FileResponse(photo_files.kept(question.pk, photo_files.DISPLAY), content_type="image/jpeg")
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@read_once(lambda code: code)
def _project(code: str) -> Project:
    """A public project: these pages are the same for everybody. Raises NotFound. One query."""
    rows = Project.objects.visible_to(NOBODY).filter(code=code) if "\x00" not in code else Project.objects.none()
    found: Project | None = rows.select_related("bureau__region").defer("footprint", "bureau__region__point").first()
    if found is None:
        raise NotFound(_("There is no project %(code)s that you can see.") % {"code": code.replace("\x00", "")})
    return found
