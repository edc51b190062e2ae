"""Money as recorded facts. Amounts in yuan. Value of work done and money paid are two figures, never added together."""

from __future__ import annotations

from django.db import models
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from projects_api.bounds import EARLIEST, LATEST, MONEY_MAX
from projects_api.choices import EstimateKind, FundSource, SpendingKind
from projects_api.models.base import FigureField, LineField, ProseField, between, one_of
from projects_api.models.projects import Project


class MoneyFact(models.Model):
    """A numbered fact of a project; set aside (``archived``) when it was wrong, never deleted."""

    number = models.PositiveIntegerField(_("number"))
    amount = FigureField(_("amount (yuan)"), max_digits=15, decimal_places=2)
    dated = models.DateField(_("date"), null=True, blank=True)
    document_number = LineField(_("document number"), max_length=100, blank=True)
    note = ProseField(_("note"), max_length=500, blank=True)
    archived = models.BooleanField(_("set aside"), default=False)
    illustrative = models.BooleanField(_("illustrative"), default=False)
    # By the bureau's choice (`publishing.PublishingRules`), kept in the row so that the document says what was public when.
    public = models.BooleanField(_("public"), default=False, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.model_name} {self.number}: {self.amount}"


def money_constraints(model: str) -> list[CheckConstraint | UniqueConstraint]:
    return [
        UniqueConstraint(fields=["project", "number"], name=f"{model}_numbered_once"),
        between(
            "dated",
            EARLIEST,
            LATEST,
            name=f"{model}_date_in_range",
            message=_("A date between 1949-10-01 and 2100-12-31."),
        ),
    ]


class Estimate(MoneyFact):
    """A link of the estimate chain 估算 → 概算 → 预算 → 结算 → 决算, with its approval document."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="estimates", verbose_name=_("project"))
    kind = models.CharField(_("kind"), max_length=20, choices=EstimateKind.choices)

    class Meta:
        verbose_name = _("estimate")
        verbose_name_plural = _("estimates")
        ordering = ["project", "number"]
        constraints = [
            *money_constraints("estimate"),
            one_of("kind", EstimateKind, name="estimate_kind_known", message=_("Unknown kind of estimate.")),
            between(
                "amount",
                0,
                MONEY_MAX,
                name="estimate_amount_in_range",
                message=_("An amount in yuan, not negative."),
                null=False,
            ),
        ]


class Allocation(MoneyFact):
    """Money allotted from a source for a year."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="allocations", verbose_name=_("project"))
    source = models.CharField(_("source"), max_length=20, choices=FundSource.choices)
    year = models.PositiveSmallIntegerField(_("year"))

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ["project", "number"]
        constraints = [
            *money_constraints("allocation"),
            one_of("source", FundSource, name="allocation_source_known", message=_("Unknown source of money.")),
            between(
                "year",
                1950,
                2100,
                name="allocation_year_in_range",
                message=_("The year must lie between 1950 and 2100."),
                null=False,
            ),
            between(
                "amount",
                0,
                MONEY_MAX,
                name="allocation_amount_in_range",
                message=_("An amount in yuan, not negative."),
                null=False,
            ),
        ]


class Spending(MoneyFact):
    """An entry by date and stage; a correction downwards is a negative entry."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="spending", verbose_name=_("project"))
    kind = models.CharField(_("kind"), max_length=20, choices=SpendingKind.choices)
    milestone = models.SlugField(_("stage"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("spending entry")
        verbose_name_plural = _("spending entries")
        ordering = ["project", "number"]
        constraints = [
            *money_constraints("spending"),
            one_of("kind", SpendingKind, name="spending_kind_known", message=_("Unknown kind of spending.")),
            between(
                "amount",
                -MONEY_MAX,
                MONEY_MAX,
                name="spending_amount_in_range",
                message=_("An amount in yuan."),
                null=False,
            ),
            CheckConstraint(
                condition=~Q(amount=0),
                name="spending_is_not_nothing",
                violation_error_code="amount",
                violation_error_message=_("A spending entry of zero says nothing."),
            ),
        ]
