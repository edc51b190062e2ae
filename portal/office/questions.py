"""``/office/questions/``: what the public asks. Look at it, release or refuse it, hand it on, answer it in public."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.office.acting import Refusal, attempt, done, signed_in, version_in
from portal.office.fields import Field, set_faults
from portal.public.questions import photo_of
from projects_api.api.pagination import LARGEST_PAGE_NUMBER, Pages, whole_number
from projects_api.choices import QuestionState as State
from projects_api.errors import InvalidInput, NotAllowed, NotFound, StaleVersion
from projects_api.filtersets import checked_query
from projects_api.masking import find
from projects_api.models import Question
from projects_api.models.questions import LONGEST_ANSWER
from projects_api.selectors.questions import may_be_asked, questions_for, tab_counts, tabs_of
from projects_api.services.questions import (
    people_of,
    question_answer,
    question_assign,
    question_draft,
    question_refuse,
    question_release,
    question_reopen,
)
from projects_api.wording import coordinates


@login_required
@require_safe
def questions(request: HttpRequest) -> HttpResponse:
    """The lists, the earliest term first. Six queries (and the roles)."""
    query = checked_query(request.GET, known=("page", "list"))
    user = signed_in(request)
    if not may_be_asked(user):
        raise NotAllowed(_("Questions are answered by the bureau’s own people."))
    now = timezone.now()
    tabs, counts = tabs_of(user, now), tab_counts(user, now)
    first = next((name for name in ("waiting", "open", "mine") if counts[name]), "waiting")
    name = query.get("list", first)
    if name not in tabs:
        raise InvalidInput.one("?list", "invalid_choice", _("One of: %(names)s.") % {"names": ", ".join(tabs)})
    number = whole_number(query.get("page") or "1", "?page", 1, LARGEST_PAGE_NUMBER)
    paginator = Paginator(tabs[name], Pages.page_size)
    if number > paginator.num_pages:
        raise NotFound(_("There are only %(n)s pages of this list.") % {"n": paginator.num_pages})
    page = paginator.page(number)
    words = {
        "waiting": _("To be looked at"), "open": _("To be answered"), "mine": _("Mine"), "overdue": _("Overdue"),
        "answered": _("Answered"), "closed": _("Not published"),
    }  # fmt: skip
    context = {
        "tabs": [(key, words[key], counts[key]) for key in tabs],
        "tab": name,
        "page": page,
        "late": {question.pk for question in page.object_list if question.is_overdue(now)},
    }
    return render(request, "questions/office.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def question(request: HttpRequest, question_id: UUID) -> HttpResponse:
    """One question, and what can be done with it. Five queries to read."""
    checked_query(request.GET, known=())
    found = _readable(request, question_id)
    if request.method != "POST":
        return _page(request, found)
    act, words = request.POST.get("act", ""), ""

    def do() -> None:
        nonlocal words
        acts = _acts(request, found)
        if act not in acts:
            raise NotAllowed()
        words, deed = acts[act]
        deed()

    refusal = attempt(do)
    if refusal:
        return _page(request, _readable(request, question_id), refusal, act)
    return done(request, words, reverse("office-question", args=[question_id]))


def _acts(request: HttpRequest, found: Question) -> dict[str, tuple[str, Callable[[], Any]]]:
    """What this person may do to it: name, the words when it is done, the deed."""
    user, sent = signed_in(request), request.POST
    expected = version_in(sent)
    signed: dict[str, Any] = {"question_id": found.pk, "actor": user, "at": timezone.now(), "expected": expected}
    shown: dict[str, Any] = {name: name in sent for name in ("as_written", "with_photo", "with_place")}
    acts: dict[str, tuple[str, Callable[[], Any]]] = {
        "draft": (
            _("The proposed answer is with the office."),
            lambda: question_draft(**signed, answer=sent.get("answer", "")),
        )
    }
    if not user.has_perm("question.moderate", found.project):
        return acts
    return acts | {
        "release": (_("The question is public."), lambda: question_release(**signed, **shown)),
        "answer": (
            _("The answer is public."),
            lambda: question_answer(**signed, answer=sent.get("answer", ""), confirm="confirm" in sent, **shown),
        ),
        "refuse": (_("It is not published."), lambda: question_refuse(**signed, reason=sent.get("reason", ""))),
        "spam": (
            _("It is put aside as unwanted."),
            lambda: question_refuse(**signed, reason="", spam=True),
        ),
        "reopen": (_("It waits again, and is not public."), lambda: question_reopen(**signed)),
        "assign": (_("Saved."), lambda: question_assign(**signed, username=sent.get("assignee", ""))),
    }


def _readable(request: HttpRequest, question_id: UUID) -> Question:
    user = signed_in(request)
    found = questions_for(user).filter(pk=question_id).first() if may_be_asked(user) else None
    if found is None:
        raise NotFound(_("There is no such question that you can see."))
    return found


def _page(request: HttpRequest, found: Question, refusal: Refusal | None = None, act: str = "") -> HttpResponse:
    """After a conflict it goes on from what stands now, which is shown beside what was typed."""
    sent = request.POST
    stale = refusal is not None and refusal.status == StaleVersion.status
    answer = Field(
        "answer", _("The answer, for everybody"),
        sent.get("answer", "") if act in ("answer", "draft") else found.draft or found.answer,
        rows=6, max_length=LONGEST_ANSWER, hint=_("A statement of the bureau: it stays in the public record."),
    )  # fmt: skip
    reason = Field(
        "reason", _("Why it is not published"), sent.get("reason", "") if act == "refuse" else found.refusal,
        max_length=500, hint=_("Told to who asked, where they left an address."),
    )  # fmt: skip
    people = people_of(found.project)
    chosen = sent.get("assignee", "") if act == "assign" else found.assignee.username if found.assignee else ""
    assignee = Field(
        "assignee", _("Who answers it"), chosen,
        options=[("", "–"), *((name, person.get_full_name()) for name, person in people.items())],
    )  # fmt: skip
    # What the answer is asked about is said once, above its box.
    wrong = {key: words for key, words in refusal.faults.items() if key != "/confirm"} if refusal else {}
    faults = set_faults([answer, reason, assignee], wrong)
    moderates = signed_in(request).has_perm("question.moderate", found.project)
    public = {
        name: name in sent if act else name != "as_written" for name in ("as_written", "with_photo", "with_place")
    }
    context = {
        "version": sent["version"] if refusal and not stale and "version" in sent else found.version,
        "stale": stale,
        "typed": sent.get("answer" if act in ("answer", "draft") else "reason", ""),
        "public": public,
        "question": found,
        "project": found.project,
        "marked": _marked(found.text),
        "masked": bool(find(found.text)),
        "place": coordinates(found.place.x, found.place.y) if found.place else "",
        "overdue": found.is_overdue(timezone.now()),
        "moderates": moderates,
        "waits": found.state == State.WAITING,
        "may_reopen": moderates and found.state in (State.RELEASED, State.REFUSED, State.SPAM) and found.text,
        "may_refuse": moderates and found.state in (State.WAITING, State.RELEASED, State.ANSWERED),
        "may_answer": moderates and found.state in (State.WAITING, State.RELEASED, State.ANSWERED),
        "may_draft": not moderates and found.is_open,
        "confirm": bool(refusal and "/confirm" in refusal.faults),
        "answer": answer,
        "reason": reason,
        "assignee": assignee,
        "refusal": refusal,
        "faults": faults,
    }
    return render(request, "questions/office_question.html", context, status=refusal.status if refusal else 200)


def _marked(text: str) -> str:
    """The text with what will be hidden marked, safe to show."""
    parts: list[tuple[str, str, str]] = []
    last = 0
    for start, end, _kind in find(text):
        parts.append((text[last:start], text[start:end], ""))
        last = end
    marked = format_html_join("", "{}<mark>{}</mark>{}", parts)
    return marked + format_html_join("", "{}", [(text[last:],)])


@login_required
@require_safe
def photo(request: HttpRequest, question_id: UUID) -> FileResponse:
    """The photo that came with it, for who looks at it."""
    checked_query(request.GET, known=())
    found = _readable(request, question_id)
    if not found.photo:
        raise NotFound(_("This picture is not here."))
    return photo_of(found)
