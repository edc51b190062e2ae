"""What somebody of the public asks or has seen, and what the bureau answers."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from projects_api.choices import QuestionKind, QuestionState
from projects_api.models.base import LineField, ProseField, one_of
from projects_api.models.projects import Project

LONGEST_QUESTION, LONGEST_ANSWER = 2000, 4000


class Question(models.Model):
    """One question or observation on a project. Nothing of it is public before the office has released it.

    ``id`` is made with the form that it came in: sent twice, it is one. ``text`` is as it was written, ``public_text`` as it is
    shown (`masking`). ``number`` counts within the project and is given at the first release: what has one is in the project's
    document, without a word of the asker's (decision 32): the answer, the days, and ``proof``, the SHA-256 of ``salt``, a line
    break and the text shown, by which anybody can see that it was not changed afterwards. ``name`` and ``email`` are private and
    optional; ``email`` gets one letter, waits for it until ``next_attempt_at`` and is then deleted. ``careful``: it came without
    the browser's work, so look twice. ``draft`` is what the person it was assigned to proposes as an answer.
    Each act of the office raises ``version`` (decision 47).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="questions", verbose_name=_("project"))
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    number = models.PositiveIntegerField(_("number"), null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=QuestionKind.choices, default=QuestionKind.QUESTION)
    state = models.CharField(_("state"), max_length=20, choices=QuestionState.choices, default=QuestionState.WAITING)
    text = ProseField(_("as it was written"), max_length=LONGEST_QUESTION, blank=True)
    public_text = ProseField(_("as it is shown"), max_length=LONGEST_QUESTION, blank=True)
    salt = models.CharField(max_length=32, blank=True, editable=False)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    name = LineField(_("name"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail address"), max_length=254, blank=True)
    place = models.PointField(_("place"), srid=4326, null=True, blank=True, spatial_index=False)
    place_public = models.BooleanField(_("place is public"), default=False)
    photo = models.BooleanField(_("has a photo"), default=False)
    photo_public = models.BooleanField(_("photo is public"), default=False)
    careful = models.BooleanField(_("look twice"), default=False)
    asked_at = models.DateTimeField(_("asked"))
    due_on = models.DateField(_("to be answered by"))
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("assigned to")
    )
    draft = ProseField(_("proposed answer"), max_length=LONGEST_ANSWER, blank=True)
    answer = ProseField(_("answer"), max_length=LONGEST_ANSWER, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    refusal = ProseField(_("why it is not published"), max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    next_attempt_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("question of the public")
        verbose_name_plural = _("questions of the public")
        ordering = ["asked_at", "pk"]
        indexes = [
            models.Index(fields=["project", "state", "number"], name="question_by_project"),
            models.Index(fields=["state", "due_on"], name="question_by_term"),
            models.Index(
                fields=["next_attempt_at"], condition=Q(next_attempt_at__isnull=False), name="question_to_mail"
            ),
        ]
        constraints = [
            UniqueConstraint(fields=["project", "number"], name="question_number_once"),
            one_of("kind", QuestionKind, name="question_kind_known", message=_("Unknown kind.")),
            one_of("state", QuestionState, name="question_state_known", message=_("Unknown state.")),
            CheckConstraint(
                condition=~Q(state__in=[QuestionState.RELEASED, QuestionState.ANSWERED])
                | (Q(number__isnull=False, released_at__isnull=False) & ~Q(public_text="")),
                name="question_public_was_released",
                violation_error_code="state",
                violation_error_message=_("What is public was released."),
            ),
            CheckConstraint(
                condition=~Q(state=QuestionState.ANSWERED) | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="question_answered_has_answer",
                violation_error_code="answer",
                violation_error_message=_("An answered question has an answer."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def is_overdue(self, at: datetime) -> bool:
        """By the day of its bureau, which must be loaded."""
        return self.is_open and self.due_on < self.project.bureau.day_of(at)

    @property
    def is_public(self) -> bool:
        return self.state in (QuestionState.RELEASED, QuestionState.ANSWERED)

    @property
    def is_open(self) -> bool:
        """Whether its term runs."""
        return self.state in (QuestionState.WAITING, QuestionState.RELEASED)
