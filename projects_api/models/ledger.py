"""The ledger (mechanism 1): what every accepted write leaves behind, and nothing may change.

Database triggers refuse UPDATE, DELETE and TRUNCATE on this table on both engines (migration ``0002``).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from projects_api.models.base import LineField, ProseField


def _one_of(*subjects: str) -> Q:
    """Exactly one of them is given."""
    found = Q()
    for given in subjects:
        found |= Q(**{f"{name}__isnull": name != given for name in subjects})
    return found


class LedgerEntryManager(models.Manager["LedgerEntry"]):
    def get_by_natural_key(self, subject: str, version: int) -> LedgerEntry:
        return self.get(subject=subject, version=version)


class LedgerEntry(models.Model):
    """One accepted write to one project, plan, bureau or school.

    ``subject``  ``project:610526-2023-001``, ``plan:610526-2023``, ``bureau:610526`` or ``school:610526-S01``: names the chain
    ``version``  number within the chain, from 1; it *is* the version of the subject
    ``patch``    RFC 6902, from the document before to the document after; the first is ``add ""`` with the whole document
    ``previous`` hash of entry ``version - 1`` ("" for the first); ``hash`` SHA-256 of the canonical entry (RFC 8785)
    ``salt``     128 random bits in the hash: it can be published without anybody trying all values of what stays private
    ``public``   the project was published after this entry and a public path changed: the public may read its public part
    ``id``       grows with commit order (writes to the ledger are serialised): the cursor of the change feed
    """

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    subject = LineField(_("subject"), max_length=60)
    project = models.ForeignKey(
        "projects_api.Project",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ledger",
        verbose_name=_("project"),
    )
    plan = models.ForeignKey(
        "projects_api.AnnualPlan",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ledger",
        verbose_name=_("annual plan"),
    )
    bureau = models.ForeignKey(
        "projects_api.Bureau",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ledger",
        verbose_name=_("bureau"),
    )
    school = models.ForeignKey(
        "projects_api.School",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ledger",
        verbose_name=_("school"),
    )
    version = models.PositiveIntegerField(_("version"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("actor"),
    )
    actor_name = LineField(_("actor's user name"), max_length=150, blank=True)
    action = LineField(_("action"), max_length=40)
    at = models.DateTimeField(_("at"))
    reason = ProseField(_("reason"), max_length=500, blank=True)
    patch: models.JSONField[Any, Any] = models.JSONField(_("change"))
    public = models.BooleanField(_("public"), default=False)
    salt = models.CharField(_("salt"), max_length=32)
    previous = models.CharField(_("previous hash"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64)

    objects = LedgerEntryManager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["id"]
        indexes = [models.Index(fields=["public", "id"], name="ledger_public_feed")]
        constraints = [
            UniqueConstraint(fields=["subject", "version"], name="ledger_version_once"),
            CheckConstraint(
                condition=_one_of("project", "plan", "bureau", "school"),
                name="ledger_entry_has_one_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} v{self.version}"

    def natural_key(self) -> tuple[str, int]:
        return (self.subject, self.version)


LedgerEntry.natural_key.dependencies = [  # type: ignore[attr-defined]
    "projects_api.project",
    "projects_api.annualplan",
    "projects_api.school",
    "projects_api.user",
]
