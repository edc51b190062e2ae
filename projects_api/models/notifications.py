"""Notifications: the outbox that a write fills in its own transaction, what people chose, and when periodic tasks are due."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from projects_api.choices import MailWhen, NotificationKind
from projects_api.models.base import one_of
from projects_api.models.projects import Project


class Notification(models.Model):
    """One thing told to one person, once: ``key`` names it within the project, and the database refuses it twice.

    ``facts`` are plain JSON (numbers, days, stages), never ready text: words are made in the reader's language
    (`selectors.notification_words`). ``mail`` says how it goes out, decided when it is made; ``emailed_at`` is set only after
    the mail server took it. Until then ``next_attempt_at`` is when it may be tried: in the future while a worker has it.
    """

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="notifications", verbose_name=_("recipient")
    )
    project = models.ForeignKey(Project, models.PROTECT, related_name="notifications", verbose_name=_("project"))
    kind = models.CharField(_("kind"), max_length=20, choices=NotificationKind.choices)
    key = models.CharField(_("key"), max_length=200)
    facts: models.JSONField[Any, Any] = models.JSONField(_("facts"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created"))
    in_app = models.BooleanField(_("shown in the app"), default=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    mail = models.CharField(_("e-mail"), max_length=10, choices=MailWhen.choices, default=MailWhen.OFF)
    emailed_at = models.DateTimeField(_("e-mailed"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    mail_error = models.CharField(_("last answer of the mail server"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["recipient", "-created_at"], name="notification_by_reader"),
            models.Index(
                fields=["recipient"], condition=Q(read_at__isnull=True, in_app=True), name="notification_unread"
            ),
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(emailed_at__isnull=True) & ~Q(mail="off"),
                name="notification_to_mail",
            ),
        ]
        constraints = [
            UniqueConstraint(fields=["recipient", "project", "key"], name="notification_once"),
            one_of("kind", NotificationKind, name="notification_kind_known", message=_("Unknown kind.")),
            one_of("mail", MailWhen, name="notification_mail_known", message=_("Unknown way of sending it.")),
        ]

    def __str__(self) -> str:
        return f"{self.recipient_id}: {self.key}"


class NotificationChoice(models.Model):
    """What a person wants to be told, and how; without a row, and for a kind that is not named, the product's defaults.

    ``kinds``: kind -> ``{"app": bool, "mail": "off" | "now" | "digest"}``. ``language``: that of their mails, "" for the
    installation's.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_choice", verbose_name=_("user")
    )
    language = models.CharField(_("language of the e-mails"), max_length=10, blank=True)
    kinds: models.JSONField[Any, Any] = models.JSONField(_("kinds"), default=dict, blank=True)

    class Meta:
        verbose_name = _("choice of notifications")
        verbose_name_plural = _("choices of notifications")
        ordering = ["user__username"]

    def __str__(self) -> str:
        return f"{self.user_id}"


class PeriodicTask(models.Model):
    """When a task of the worker is due next, and when it last came to its end (`projects_api.tasks`)."""

    name = models.CharField(_("name"), max_length=60, primary_key=True)
    due_at = models.DateTimeField(_("due"))
    finished_at = models.DateTimeField(_("last finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("periodic task")
        verbose_name_plural = _("periodic tasks")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
