"""The one letter for who asked and left an address: the answer, or why it was not published. Then the address is forgotten."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from projects_api import engine
from projects_api.choices import QuestionState
from projects_api.models import Project, Question
from projects_api.selectors.alerts import NOBODY
from projects_api.services import post
from projects_api.services.post import AT_A_TIME, LEASE, REFUSALS, line, link

log = logging.getLogger(__name__)
NOT_PUBLIC = timedelta(days=1)  # between two looks whether the project is public again
_TOLD = (QuestionState.ANSWERED, QuestionState.REFUSED)


def deliver_answers(*, at: datetime, clock: Callable[[], datetime]) -> int:
    """Send the letters that may go out by now (`post.send`). Nothing happens without ``EMAIL_URL``."""
    return post.send(_waiting, at=at, clock=clock) if settings.EMAIL_ON else 0


def _waiting(at: datetime) -> Sequence[Answer]:
    due = Question.objects.filter(next_attempt_at__lte=at, state__in=_TOLD).exclude(email="")
    if not due.exists():
        return []
    with engine.writer():
        rows = list(due.select_related("project__bureau").order_by("next_attempt_at", "pk")[:AT_A_TIME])
        due.filter(pk__in=[row.pk for row in rows]).update(next_attempt_at=at + LEASE, attempts=F("attempts") + 1)
    return [Answer(row) for row in rows]


@dataclass
class Answer:
    """A letter (`post.Letter`)."""

    question: Question

    def message(self, connection: Any, at: datetime) -> EmailMessage | None:
        question = Question.objects.select_related("project__bureau").filter(pk=self.question.pk).first()
        if question is None or not question.email or question.state not in _TOLD:
            return None
        if not Project.objects.visible_to(NOBODY).filter(pk=question.project_id).exists():
            return None
        with translation.override(question.language):
            title, bureau = line(question.project.title), line(question.project.bureau.name)
            if question.state == QuestionState.ANSWERED:
                subject = _("Your question is answered: %(project)s") % {"project": title}
                address = link(f"/projects/{question.project.code}/questions/#question-{question.number}")
                text = f"{question.public_text}\n\n{bureau}:\n{question.answer}\n\n{address}"
            else:
                subject = _("Your question was not published: %(project)s") % {"project": title}
                words = _("%(bureau)s has read what you wrote and does not publish it. The reason: %(reason)s")
                text = words % {"bureau": bureau, "reason": question.refusal}
            text += "\n\n-- \n" + _(
                "This is the only e-mail about it; your address is deleted now. Replies are not read."
            )
            return EmailMessage(
                subject=post.subject(subject),
                body=f"{text}\n",
                to=[question.email],
                headers={
                    "Message-ID": post.message_id(f"{question.pk}\n{question.state}"),
                    "Auto-Submitted": "auto-generated",
                },
                connection=connection,
            )

    def taken(self, at: datetime) -> None:
        self._forget()

    def dropped(self, at: datetime) -> None:
        """The decision was taken back: it waits for the next one. Or the project is not public: it waits until it is again."""
        row = Question.objects.filter(pk=self.question.pk)
        with engine.writer():
            row.exclude(state__in=_TOLD).update(next_attempt_at=None)
            row.filter(state__in=_TOLD).update(next_attempt_at=at + NOT_PUBLIC, attempts=0)

    def put_off(self, at: datetime, why: str) -> None:
        with engine.writer():
            Question.objects.filter(pk=self.question.pk).update(next_attempt_at=at + post.pause(self.question.attempts))

    def refused(self, at: datetime, why: str) -> None:
        log.warning("the mail server refuses the address of question %s", self.question.pk)
        if self.question.attempts + 1 < REFUSALS:
            self.put_off(at, why)
        else:
            self._forget()

    def _forget(self) -> None:
        with engine.writer():
            Question.objects.filter(pk=self.question.pk).update(email="", next_attempt_at=None, attempts=0)
