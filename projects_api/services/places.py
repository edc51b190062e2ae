"""Taking back the newest change of a project's place; changing it is `services.projects.project_change`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Point, Polygon
from django.utils.translation import gettext as _

from projects_api.errors import RuleBroken
from projects_api.models import LedgerEntry, User
from projects_api.selectors.place_history import newest_place_change
from projects_api.services.writing import checked, project_write


def place_restore(
    *, project_id: int, actor: User | None, at: datetime, expected: int | None, reason: str = ""
) -> LedgerEntry | None:
    """Site and outline, their systems and how well they were known as before their newest change, by a new entry.

    Done twice it brings the change back. Raises RuleBroken where there is none, StaleVersion. One query more than a change.
    """
    with project_write(
        project_id, actor=actor, action="project.change", at=at, reason=reason, expected=expected
    ) as write:
        project = write.project
        change = newest_place_change(project)
        if change is None:
            raise RuleBroken(_("The place has not been changed yet: there is nothing to undo."))
        before = change.before
        project.site = _point(before["site"])
        project.footprint = _polygon(before["footprint"])
        project.site_crs = before["site_crs"] or ""
        project.site_accuracy = before.get("site_accuracy")
        project.footprint_crs = before.get("footprint_crs") or ""
        project.location_precision = before["location_precision"] or ""
        checked(project)
        project.save()
    return write.entry


def _point(geometry: dict[str, Any] | None) -> Point | None:
    return Point(geometry["coordinates"], srid=4326) if geometry else None


def _polygon(geometry: dict[str, Any] | None) -> Polygon | None:
    return Polygon(*geometry["coordinates"], srid=4326) if geometry else None
