"""Entering a filled form: every project's report, or none; and looking first at what it would do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from projects_api import engine
from projects_api.errors import DomainError, FieldError, InvalidInput
from projects_api.models import ProgressReport, User
from projects_api.services.reports import Draft, report_submit


def paper_submit(
    *,
    drafts: Mapping[int, Draft],
    actor: User,
    at: datetime,
) -> list[ProgressReport]:
    """The reports of a form by project id, all or nothing.

    Raises InvalidInput whose pointers begin with the project's id (``/17/entries/infill/percent``): every bad one.
    """
    errors: list[FieldError] = []
    reports: list[ProgressReport] = []
    with engine.writer():
        for project_id, draft in drafts.items():
            try:
                reports.append(report_submit(project_id=project_id, actor=actor, at=at, draft=draft))
            except DomainError as error:
                found = error.errors or [FieldError("", error.kind, error.detail or error.title)]
                errors += [FieldError(f"/{project_id}{item.pointer}", item.code, item.message) for item in found]
        if errors:
            raise InvalidInput(errors)
    return reports
