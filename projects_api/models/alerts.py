"""E-mail alerts without an account, and the counters that keep forms open to everybody from being abused."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from projects_api.choices import AlertWhen
from projects_api.models.base import one_of


class Alert(models.Model):
    """One address that wants to be told of the public changes of what ``scope`` names.

    ``scope`` is a query string of the API's public filters in a fixed order, or ``project=CODE``; "" is everything. Until
    ``confirmed_at`` is set the row does nothing but wait for it, and is swept when it was not confirmed in time. It is its own
    outbox: the ledger holds what there is to tell, ``told_up_to`` how far it was told, ``until`` the last entry of the letter
    that is under way (so that a letter sent again is the same letter). ``asking``: the letter that asks for confirmation (or
    says that there is nothing to confirm any more) waits; ``asked_at``: when the last such one was sent.
    Unsubscribed, refused for good or never confirmed, the row is deleted: an address is kept only while it is needed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    address = models.EmailField(_("e-mail address"), max_length=254)
    scope = models.CharField(_("what it is about"), max_length=1000, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES)
    how = models.CharField(_("how often"), max_length=10, choices=AlertWhen.choices, default=AlertWhen.NOW)
    made_at = models.DateTimeField(_("signed up"))
    asking = models.BooleanField(default=True, editable=False)
    asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    told_up_to = models.PositiveBigIntegerField(default=0, editable=False)
    until = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(_("last sent"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    next_attempt_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("e-mail alert")
        verbose_name_plural = _("e-mail alerts")
        ordering = ["made_at", "pk"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(next_attempt_at__isnull=False), name="alert_to_look_at"
            )
        ]
        constraints = [
            UniqueConstraint(fields=["address", "scope"], name="alert_once"),
            one_of("how", AlertWhen, name="alert_how_known", message=_("Unknown way of sending it.")),
        ]

    def __str__(self) -> str:
        return str(self.pk)  # never the address


class Throttle(models.Model):
    """How often something was done within a window. ``key`` is a keyed hash: no address, no host is kept."""

    key = models.CharField(max_length=64, primary_key=True)
    since = models.DateTimeField(db_index=True)
    used = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("counter of a limit")
        verbose_name_plural = _("counters of limits")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key
