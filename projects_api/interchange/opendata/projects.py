"""The table of projects: `PUBLIC_FIELDS`, with the names of what they have codes of, and what the list of the API adds."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.utils.translation import gettext_lazy as _

from projects_api.choices import Light
from projects_api.interchange.opendata.columns import (
    BOOLEAN,
    CODE,
    DATE,
    INTEGER,
    JSON,
    MOMENT,
    TEXT,
    Column,
    Reading,
    of_field,
)  # fmt: skip
from projects_api.interchange.opendata.table import (
    SAYS_NOTHING,
    Table,
    from_json,
    made,
    of_model,
    ordinate,
    plain,
    slug,
)
from projects_api.interchange.opendata.words import about
from projects_api.models import Project
from projects_api.public import PUBLIC_FIELDS
from projects_api.schedule.outlook import Outlook
from projects_api.selectors.schedule import OUTLOOK


def _template(reading: Reading, bureau: int | None, code: str, kind: str | None, version: int | None) -> str:
    return "" if kind is None else f"{code if bureau else 'standard'}/{kind}/{version}"


def _url(reading: Reading, code: str) -> str:
    return f"{reading.origin}/projects/{code}/"


def _outlook(*stored: Any) -> Outlook:
    return Outlook(**dict(zip(OUTLOOK, stored, strict=True)))


_STORED = tuple(OUTLOOK.values())


def _light(reading: Reading, *stored: Any) -> str:
    return _outlook(*stored).light_on(reading.day).value


def _since(reading: Reading, since: date | None) -> bool:
    return since is not None and since <= reading.day


def _finish(reading: Reading, bureau: int, *stored: Any) -> date | None:
    return _outlook(*stored).finish_on(reading.day, reading.calendar(bureau))


def _slip(reading: Reading, bureau: int, *stored: Any) -> int | None:
    return _outlook(*stored).slip_on(reading.day, reading.calendar(bureau))


_SPECIAL: dict[str, tuple[Column, ...]] = {
    "region": (
        of_field(Project, "region", about=about("", "region")),
        made("region_name_zh", TEXT, "region__name_zh"),
        made("region_name_en", TEXT, "region__name_en"),
    ),
    "school": (
        of_field(Project, "school", about=about("", "school")),
        made("school_name_zh", TEXT, "school__name_zh"),
        made("school_name_en", TEXT, "school__name_en"),
    ),
    "plan": (made("plan", TEXT, "bureau__code", "plan__year", make=slug),),
    "site": (ordinate("site", "X"), ordinate("site", "Y")),
    "footprint": (
        Column("footprint", JSON, Project._meta.get_field("footprint").verbose_name,
               (AsGeoJSON("footprint", precision=7),), from_json, about=about("", "footprint")),
    ),
    "template": (
        Column("template", TEXT, Project._meta.get_field("template").verbose_name,
               ("template__bureau", "bureau__code", "template__kind", "template__version"), _template,
               about=about("", "template")),
    ),
}  # fmt: skip

# What somebody who opens the file wants to see without scrolling; the others follow in the order of the model.
FIRST = frozenset({"code", "title_zh", "title_en", "kind", "stage", "status"})

_EXPECTED = (
    made("light", CODE, *_STORED, make=_light, codes=tuple(Light.choices)),
    made("late", BOOLEAN, "late_from", make=_since),
    made("critical", BOOLEAN, "critical_from", make=_since),
    made("stale", BOOLEAN, "stale_from", make=_since),
    made("misses_term", BOOLEAN, "term_missed_from", make=_since),
    made("baseline_finish", DATE, "measured_finish"),
    made("forecast_finish", DATE, "bureau", *_STORED, make=_finish),
    made("slip_days", INTEGER, "bureau", *_STORED, make=_slip),
)


def _project_columns() -> tuple[Column, ...]:
    """`PUBLIC_FIELDS`, with the names of what they have codes of; what the list of the API adds."""
    found: list[Column] = []
    for field in sorted(Project._meta.fields, key=lambda field: field.name not in FIRST):
        if field.name in PUBLIC_FIELDS - SAYS_NOTHING:
            found += _SPECIAL.get(field.name) or of_model("projects", Project, [field.name])
            if field.name == "total_investment":
                found.append(made("currency", TEXT, "bureau__currency"))
    found += _EXPECTED
    found += [made("updated", MOMENT, "updated_at"), of_field(Project, "version")]
    found.append(made("url", TEXT, "code", make=_url))
    return tuple(found)


PROJECT_COLUMNS = _project_columns()
PROJECTS = Table(
    "projects", _("Projects"), _("What is built, where, for whom, for how much, how far it is and when it opens."),
    PROJECT_COLUMNS, plain(lambda scope: scope.projects, PROJECT_COLUMNS), ("code",), located=True,
)  # fmt: skip
