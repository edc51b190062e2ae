"""Questions of the public on the wire: the released part for everybody, the whole for the office and whom it asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from rest_framework import serializers

from projects_api.api.serializers.fields import Flag, Line, PointGeometry, Prose, StrictSerializer
from projects_api.choices import QuestionKind, QuestionState
from projects_api.models import Project, Question
from projects_api.models.questions import LONGEST_ANSWER
from projects_api.selectors.facts import Document, geometry, iso, proof_of, username


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


class OfficeQuestionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    version = serializers.IntegerField(help_text="Its own: what an act on it names in `If-Match`.")
    project = serializers.CharField()
    number = serializers.IntegerField(allow_null=True, help_text="Since its first release.")
    state = serializers.ChoiceField(choices=QuestionState.choices)
    kind = serializers.ChoiceField(choices=QuestionKind.choices)
    text = serializers.CharField(
        allow_blank=True, help_text='As it was written; "" when it was deleted after its time.'
    )
    public_text = serializers.CharField(allow_blank=True, help_text="As it is shown, or would be.")
    language = serializers.CharField()
    name = serializers.CharField(allow_blank=True, help_text="Who asks, where they said so; never public.")
    reachable = serializers.BooleanField(help_text="There is an e-mail address. Which is told to nobody.")
    careful = serializers.BooleanField(help_text="It came without the browser’s work: look twice.")
    asked = serializers.DateField()
    due = serializers.DateField()
    overdue = serializers.BooleanField()
    site = PointGeometry(allow_null=True)
    site_public = serializers.BooleanField()
    photo = serializers.CharField(allow_null=True, help_text="The address of the picture, for who is signed in.")
    photo_public = serializers.BooleanField()
    assignee = serializers.CharField(allow_blank=True)
    draft = serializers.CharField(allow_blank=True, help_text="The answer that the assignee proposes.")
    answer = serializers.CharField(allow_blank=True)
    answered = serializers.DateField(allow_null=True)
    refusal = serializers.CharField(allow_blank=True, help_text="Why it is not published.")
    decided = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(allow_blank=True)


def office_question_out(question: Question, at: datetime) -> Document:
    """For the office and whom it is assigned to, as `selectors.questions.questions_for` loads it."""
    project = question.project
    answered = question.state == QuestionState.ANSWERED and question.answered_at
    return {
        "id": str(question.pk),
        "version": question.version,
        "project": project.code,
        "number": question.number,
        "state": question.state,
        "kind": question.kind,
        "text": question.text,
        "public_text": question.public_text,
        "language": question.language,
        "name": question.name,
        "reachable": bool(question.email),
        "careful": question.careful,
        "asked": iso(project.bureau.day_of(question.asked_at)),
        "due": iso(question.due_on),
        "overdue": question.is_overdue(at),
        "site": geometry(question.place),
        "site_public": question.place_public,
        "photo": reverse("api-question-photo", args=[project.code, question.pk]) if question.photo else None,
        "photo_public": question.photo_public,
        "assignee": username(question.assignee),
        "draft": question.draft,
        "answer": question.answer,
        "answered": iso(project.bureau.day_of(answered)) if answered else None,
        "refusal": question.refusal,
        "decided": question.decided_at,
        "decided_by": username(question.decided_by),
    }


class ReleaseInput(StrictSerializer):
    as_written = Flag(required=False, help_text="Also what looks like somebody’s number or address.")
    with_photo = Flag(required=False)
    with_site = Flag(required=False)


class AnswerInput(ReleaseInput):
    answer = Prose(max_length=LONGEST_ANSWER, allow_blank=False)
    confirm = Flag(required=False, help_text="Numbers and addresses in the answer are meant to be public.")


class RefuseInput(StrictSerializer):
    reason = Prose(max_length=500, required=False, help_text="Needed, but for what is unwanted; who asked is told.")
    unwanted = Flag(required=False, help_text="Spam: nobody is told.")


class AssignInput(StrictSerializer):
    assignee = Line(max_length=150, help_text='A user name of the bureau; "" takes it back.')


class DraftInput(StrictSerializer):
    answer = Prose(max_length=LONGEST_ANSWER, allow_blank=False)


class NothingInput(StrictSerializer):
    """No member."""
