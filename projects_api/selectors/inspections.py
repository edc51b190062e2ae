"""Reading inspections, findings and certificates. All private but a certificate's number and day (`public.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, When
from django.utils import timezone

from projects_api.choices import FindingState, Severity
from projects_api.models import (
    Bureau,
    Certificate,
    Finding,
    Inspection,
    LedgerEntry,
    Membership,
    Project,
    User,
    in_force,
)
from projects_api.selectors.facts import FINDING_PARTS
from projects_api.selectors.moment import read_once

# Somebody still has to mend it; what is mended waits for the inspector, not for its owner.
TO_MEND = (FindingState.OPEN, FindingState.REOPENED)


def inspections_of(project: Project) -> QuerySet[Inspection]:
    return Inspection.objects.filter(project=project).select_related("author").order_by("-held_on", "-number")


def findings_of(project: Project) -> QuerySet[Finding]:
    """Ready for `serializers.inspections.finding_out`, by number."""
    return Finding.objects.filter(project=project).select_related("project__bureau", *FINDING_PARTS).order_by("number")


def findings_readable_by(user: Any) -> QuerySet[Finding]:
    """Findings are for who reads the project's private fields. The most urgent first."""
    return (
        Finding.objects.filter(project__in=Project.objects.read_in_full_by(user))
        .select_related("project__bureau", *FINDING_PARTS)
        .order_by("deadline", "pk")
    )


def overdue(today: date) -> Q:
    """Of findings: still to be mended, and the deadline has passed."""
    return Q(state__in=TO_MEND, deadline__lt=today)


def serious_open(project: Project) -> QuerySet[Finding]:
    """What completion acceptance waits for: serious and not struck off, whether mended or not."""
    serious = Finding.objects.filter(project=project, severity=Severity.SERIOUS)
    return serious.exclude(state=FindingState.STRUCK_OFF).order_by("number")


@read_once(lambda project: project.pk)
def certificates_of(project: Project) -> QuerySet[Certificate]:
    rows = Certificate.objects.filter(project=project).select_related("project", "inspection", "issued_by")
    return rows.order_by("issued_on", "number")


# Serious ones come first, whatever the words sort like.
_WEIGHT = Case(
    When(severity=Severity.SERIOUS, then=0),
    When(severity=Severity.MAJOR, then=1),
    default=2,
    output_field=IntegerField(),
)
_SETTLED = Case(When(state=FindingState.STRUCK_OFF, then=1), default=0, output_field=IntegerField())


def most_urgent_first(findings: QuerySet[Finding]) -> QuerySet[Finding]:
    """What is not struck off first, then by severity and deadline."""
    return findings.order_by(_SETTLED, _WEIGHT, "deadline", "project__code", "number")


@dataclass(frozen=True)
class Tally:
    """How many findings stand where: to be mended (serious or overdue among them), waiting for the inspector, done."""

    to_mend: int
    serious: int
    overdue: int
    mended: int
    struck_off: int

    @property
    def open(self) -> int:
        """Everything that is not struck off."""
        return self.to_mend + self.mended


def tally_of(findings: QuerySet[Finding], today: date) -> Tally:
    """``serious`` counts what completion acceptance waits for, mended or not. One query."""
    serious = Q(severity=Severity.SERIOUS) & ~Q(state=FindingState.STRUCK_OFF)
    return Tally(
        **findings.order_by().aggregate(
            to_mend=Count("pk", filter=Q(state__in=TO_MEND)),
            serious=Count("pk", filter=serious),
            overdue=Count("pk", filter=overdue(today)),
            mended=Count("pk", filter=Q(state=FindingState.RECTIFIED)),
            struck_off=Count("pk", filter=Q(state=FindingState.STRUCK_OFF)),
        )
    )


def inspections_readable_by(user: Any) -> QuerySet[Inspection]:
    """Inspections of the projects that the user reads in full, the newest first."""
    return (
        Inspection.objects.filter(project__in=Project.objects.read_in_full_by(user))
        .select_related("project__bureau", "author")
        .order_by("-held_on", "-pk")
    )


def finding_entries(project: Project) -> list[LedgerEntry]:
    """The ledger's entries about the project's findings, oldest first. One query."""
    return list(project.ledger.filter(action__startswith="finding.").order_by("version"))


def people_of(bureau: Bureau) -> QuerySet[User]:
    """Who holds a role in the bureau now, by name."""
    held = Membership.objects.filter(in_force(bureau.day_of(timezone.now())), bureau=bureau)
    return User.objects.filter(is_active=True, memberships__in=held).distinct().order_by("username")
