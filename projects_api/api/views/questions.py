"""``projects/{code}/questions/``: what the public has asked and what the bureau answered; the same for everybody."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.conditional import etag_of, not_modified, unchanged, versioned
from projects_api.api.views.base import CODE, View
from projects_api.choices import QuestionKind, QuestionState
from projects_api.models import Project, Question
from projects_api.selectors.documents import Document, geometry, iso, proof_of
from projects_api.selectors.questions import public_questions


class QuestionOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=QuestionKind.choices)
    text = serializers.CharField(help_text="What looked like somebody’s number or address is [***].")
    asked = serializers.DateField()
    due = serializers.DateField(help_text="The last day of the bureau’s term.")
    site = serializers.JSONField(
        allow_null=True, help_text="A GeoJSON point in WGS84, where one was given and released."
    )
    photo = serializers.CharField(allow_null=True, help_text="Its address.")
    answer = serializers.CharField(help_text='"" while there is none.')
    answered = serializers.DateField(allow_null=True)
    salt = serializers.CharField()
    proof = serializers.CharField(
        help_text="SHA-256 of salt, a line break and text, as the ledger holds it since its release."
    )


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


def question_out(project: Project, question: Question) -> Document:
    photo = reverse("question-photo", args=[project.code, question.number]) if question.photo_public else None
    answered = question.state == QuestionState.ANSWERED and question.answered_at
    return {
        "number": question.number,
        "kind": question.kind,
        "text": question.public_text,
        "asked": iso(project.bureau.day_of(question.asked_at)),
        "due": iso(question.due_on),
        "site": geometry(question.place) if question.place_public else None,
        "photo": photo,
        "answer": question.answer if answered else "",
        "answered": iso(project.bureau.day_of(answered)) if answered else None,
        "salt": question.salt,
        "proof": proof_of(question),
    }
