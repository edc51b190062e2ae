"""Reading inspections, findings and certificates. All private but a certificate's number and day (`public.py`)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from projects_api.choices import FindingState, Severity
from projects_api.models import Certificate, Finding, Inspection, Project
from projects_api.selectors.documents import FINDING_PARTS

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


def certificates_of(project: Project) -> QuerySet[Certificate]:
    rows = Certificate.objects.filter(project=project).select_related("project", "inspection", "issued_by")
    return rows.order_by("issued_on", "number")
