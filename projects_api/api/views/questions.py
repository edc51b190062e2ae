"""``projects/{code}/questions/`` and ``questions/``: what the public has asked, for everybody; what the office does with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.http import FileResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.conditional import etag_of, expected_version, not_modified, unchanged, versioned
from projects_api.api.idempotency import once
from projects_api.api.pagination import Pages, page_of
from projects_api.api.permissions import demand
from projects_api.api.serializers.fields import StrictSerializer
from projects_api.api.serializers.questions import (
    AnswerInput,
    AssignInput,
    DraftInput,
    NothingInput,
    OfficeQuestionOut,
    QuestionOut,
    RefuseInput,
    ReleaseInput,
    office_question_out,
    question_out,
)
from projects_api.api.views.base import CODE, IDEMPOTENCY, IF_MATCH, View, body, now, showing, signed_in
from projects_api.api.views.reference import PAGE_PARAMETERS, PAGING
from projects_api.errors import InvalidInput, NotAllowed, NotFound
from projects_api.models import Project, Question, User
from projects_api.selectors.facts import Document
from projects_api.selectors.questions import TABS, may_be_asked, public_questions, questions_for, tabs_of
from projects_api.services import photo_files
from projects_api.services.questions import (
    question_answer,
    question_assign,
    question_draft,
    question_refuse,
    question_release,
    question_reopen,
)

LIST = OpenApiParameter("list", str, enum=list(TABS), description="One of the lists of `/office/questions/`; else all.")


class AllQuestions(View):
    needs: ClassVar = {"GET": "signed in"}
    query: ClassVar = PAGING | {"list"}

    @extend_schema(
        operation_id="questions_all", parameters=[LIST, *PAGE_PARAMETERS], responses=page_of(OfficeQuestionOut)
    )
    def get(self, request: Request) -> Response:
        """Those of your bureau for the office, else those assigned to you; the earliest term first."""
        user, at = signed_in(request), now()
        if not may_be_asked(user):
            raise NotAllowed(_("Questions are answered by the bureau’s own people."))
        name = request.query_params.get("list")
        if name is not None and name not in TABS:
            raise InvalidInput.one("?list", "invalid_choice", _("One of: %(names)s.") % {"names": ", ".join(TABS)})
        rows = tabs_of(user, at)[name] if name else questions_for(user)
        pages = Pages()
        found = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([office_question_out(question, at) for question in found])


class Questions(View):
    @extend_schema(operation_id="questions_list", parameters=[CODE], responses=QuestionOut(many=True))
    def get(self, request: Request, code: str) -> Response:
        """The released ones, the newest first. No names, no addresses."""
        project = self.project(code, stages=False)
        etag = etag_of(project.version, "questions")
        if not_modified(request, etag):
            return unchanged(etag)
        rows = [question_out(project, question) for question in public_questions(project)]
        return versioned(rows, project.version, part="questions")


def _one(user: User, project: Project, question_id: UUID) -> Question:
    """Raises NotFound, for who has nothing to do with it too."""
    rows = questions_for(user) if may_be_asked(user) else Question.objects.none()
    found: Question | None = rows.filter(project=project, pk=question_id).first()
    if found is None:
        raise NotFound(_("There is no such question that you can see."))
    return found


class QuestionView(View):
    needs: ClassVar = {"GET": "signed in"}

    @extend_schema(operation_id="questions_read", parameters=[CODE], responses=OfficeQuestionOut)
    def get(self, request: Request, code: str, question_id: UUID) -> Response:
        """One question as it came and what became of it: for the office, and for whom it is assigned to."""
        project = self.project(code, stages=False)
        found = _one(signed_in(request), project, question_id)
        return versioned(office_question_out(found, now()), found.version, part="office")


class QuestionPhoto(View):
    needs: ClassVar = {"GET": "signed in"}
    speaks: ClassVar = ("image/jpeg",)

    @extend_schema(
        operation_id="questions_photo", parameters=[CODE], responses={(200, "image/jpeg"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, code: str, question_id: UUID) -> FileResponse:
        """The photo that came with it, for who looks at it."""
        found = _one(signed_in(request), self.project(code, stages=False), question_id)
        if not found.photo:
            raise NotFound(_("This picture is not here."))
        response = FileResponse(photo_files.kept(found.pk, photo_files.DISPLAY), content_type="image/jpeg")
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


class _Act(View):
    """One act on a question: what is sent, which service takes it. Who may is the office, but for proposing an answer."""

    needs: ClassVar = {"POST": "signed in"}
    moderates: ClassVar = True

    def act(
        self, request: Request, code: str, question_id: UUID, sent: type[StrictSerializer], do: Callable[..., Any]
    ) -> Response:
        """``do`` gets the checked body, its reason, and the frame of every service."""
        project, user = self.project(code, stages=False), signed_in(request)
        _one(user, project, question_id)
        if self.moderates:
            demand(user, "question.moderate", project)

        def write() -> Response:
            expected = expected_version(request)
            values, reason = body(request, sent)
            frame = {"question_id": question_id, "actor": user, "at": now(), "expected": expected}

            def current() -> tuple[Document, int]:
                fresh = _one(user, project, question_id)
                return office_question_out(fresh, now()), fresh.version

            with showing(current):
                do(values, reason, frame)
            fresh = _one(user, self.project(code, stages=False), question_id)
            return versioned(office_question_out(fresh, now()), fresh.version, part="office")

        return once(request, user, write, keep=_without_the_asker)


def _without_the_asker(answer: Any) -> Any:
    """For a request that comes again the answer is stored, longer than these may be: they are forgotten with the question."""
    return answer | {"name": "", "text": ""}


def _schema(name: str, sent: type[Any]) -> Any:
    return extend_schema(
        operation_id=f"questions_{name}",
        request=sent,
        parameters=[CODE, IF_MATCH, IDEMPOTENCY],
        responses=OfficeQuestionOut,
    )


def _shown(values: dict[str, Any]) -> dict[str, Any]:
    return {
        "as_written": values.get("as_written", False),
        "with_photo": values.get("with_photo", False),
        "with_place": values.get("with_site", False),
    }


class Release(_Act):
    @_schema("release", ReleaseInput)
    def post(self, request: Request, code: str, question_id: UUID) -> Response:
        """Make a waiting question public, with or without its photo and place."""

        def do(values: dict[str, Any], _reason: str, frame: dict[str, Any]) -> None:
            question_release(**frame, **_shown(values))

        return self.act(request, code, question_id, ReleaseInput, do)


class Answer(_Act):
    @_schema("answer", AnswerInput)
    def post(self, request: Request, code: str, question_id: UUID) -> Response:
        """Answer in public, or correct the answer; a question that waits is released with it. 409 `not-confirmed` where the
        answer holds numbers or addresses."""

        def do(values: dict[str, Any], _reason: str, frame: dict[str, Any]) -> None:
            confirm = values.get("confirm", False)
            question_answer(**frame, answer=values["answer"], confirm=confirm, **_shown(values))

        return self.act(request, code, question_id, AnswerInput, do)


class Refuse(_Act):
    @_schema("refuse", RefuseInput)
    def post(self, request: Request, code: str, question_id: UUID) -> Response:
        """Do not publish it, or take it back from the public; who asked is told why. `unwanted`: nobody is."""

        def do(values: dict[str, Any], reason: str, frame: dict[str, Any]) -> None:
            question_refuse(**frame, reason=reason, spam=values.get("unwanted", False))

        return self.act(request, code, question_id, RefuseInput, do)


class ReopenQuestion(_Act):
    @_schema("reopen", NothingInput)
    def post(self, request: Request, code: str, question_id: UUID) -> Response:
        """Take a release, a refusal or *unwanted* back: it waits again, and is not public."""

        def do(_values: dict[str, Any], _reason: str, frame: dict[str, Any]) -> None:
            question_reopen(**frame)

        return self.act(request, code, question_id, NothingInput, do)


class Assign(_Act):
    @_schema("assign", AssignInput)
    def post(self, request: Request, code: str, question_id: UUID) -> Response:
        """Give it to somebody of the bureau, who is told and may propose an answer."""

        def do(values: dict[str, Any], _reason: str, frame: dict[str, Any]) -> None:
            question_assign(**frame, username=values["assignee"])

        return self.act(request, code, question_id, AssignInput, do)


class Propose(_Act):
    moderates: ClassVar = False

    @_schema("propose", DraftInput)
    def post(self, request: Request, code: str, question_id: UUID) -> Response:
        """Propose an answer: whom it is assigned to, or the office; the office publishes it."""

        def do(values: dict[str, Any], _reason: str, frame: dict[str, Any]) -> None:
            question_draft(**frame, answer=values["answer"])

        return self.act(request, code, question_id, DraftInput, do)
