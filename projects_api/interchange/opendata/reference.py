"""Reference data, public as a whole: schools and their approvals, plans, divisions, bureaus. Narrowed by the bureau alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from projects_api.interchange.opendata.columns import CODE, DECIMAL, TEXT, Column, Reading, of_field
from projects_api.interchange.opendata.table import Chunks, Scope, Table, by_key, of_model, ordinate, plain, slug
from projects_api.interchange.opendata.words import TITLES, about
from projects_api.models import AnnualPlan, Bureau, Region, School, SchoolEvent
from projects_api.selectors.areas import outlines_of
from projects_api.selectors.places import schools_visible_to, standing, within_region
from projects_api.selectors.plans import plans_visible_to

SCHOOL_COLUMNS = (
    *of_model(
        "schools", School, ["code", "bureau", "region", "name_zh", "name_en", "stage", "classes", "places", "boarding"]
    ),
    ordinate("location", "X"),
    ordinate("location", "Y"),
    *of_model("schools", School, ["location_precision", "illustrative"]),
)
EVENT_COLUMNS = (
    of_field(SchoolEvent, "school", about=about("", "school")),
    *of_model("school_events", SchoolEvent, ["number", "kind", "applicant", "applied", "decision", "decided", "document_number",
                                              "authority", "summary_zh", "summary_en", "illustrative"]),
)  # fmt: skip
PLAN_COLUMNS = (
    Column("id", TEXT, TITLES["plan"], ("bureau__code", "year"), slug),
    *of_model(
        "plans", AnnualPlan, ["bureau", "year", "title_zh", "title_en", "document_number", "issued", "illustrative"]
    ),
)
REGION_COLUMNS = (
    *of_model("regions", Region, ["code", "parent", "level", "kind", "name_zh", "name_en"]),
    ordinate("point", "X"),
    ordinate("point", "Y"),
    *of_model("regions", Region, ["point_precision", "source"]),
)
BUREAU_COLUMNS = of_model(
    "bureaus",
    Bureau,
    ["code", "name_zh", "name_en", "region", "west", "south", "east", "north", "currency", "time_zone"],
)


CELL, BOUNDARY = "cell", "boundary"
OUTLINES = ((BOUNDARY, _("boundary")), (CELL, _("approximate cell")))
OUTLINE_COLUMNS = (
    *of_model("boundaries", Region, ["code", "parent", "level", "kind", "name_zh", "name_en"]),
    Column("outline", CODE, TITLES["outline"], codes=OUTLINES, about=about("boundaries", "outline")),
    *(Column(name, DECIMAL, TITLES[name], about=about("", "box")) for name in ("west", "south", "east", "north")),
    of_field(Region, "source", about=about("boundaries", "source")),
)
SHAPES = 50  # outlines at a time: a county may have ten thousand corners


def _outlines(scope: Scope, reading: Reading, chunk: int) -> Chunks:
    """Every division, with its outline as GeoJSON last; two queries more for each fifty of them."""
    names = ("pk", "code", "parent__code", "level", "kind", "name_zh", "name_en", "source")
    for found in by_key(_regions(scope), "code", names, min(chunk, SHAPES)):
        outlines = outlines_of(row[0] for row in found)
        rows = []
        for pk, *facts, source in found:
            known = outlines.get(pk)
            outline = (CELL if known.approximate else BOUNDARY) if known else ""
            rows.append(
                [*facts, outline, *(known.box if known else [None] * 4), source, known.shape if known else None]
            )
        yield rows


def _boundaries(scope: Scope, reading: Reading, chunk: int) -> Chunks:
    for rows in _outlines(scope, reading, chunk):
        yield [row[:-1] for row in rows]


def _schools(scope: Scope) -> QuerySet[Any]:
    found = schools_visible_to(AnonymousUser()).filter(standing())
    return found if scope.bureau is None else found.filter(bureau=scope.bureau)


def _events(scope: Scope) -> QuerySet[Any]:
    return SchoolEvent.objects.filter(school__in=_schools(scope), archived=False)


def _plans(scope: Scope) -> QuerySet[Any]:
    found = plans_visible_to(AnonymousUser())
    return found if scope.bureau is None else found.filter(bureau=scope.bureau)


def _regions(scope: Scope) -> QuerySet[Any]:
    found = Region.objects.all()
    return found if scope.bureau is None else found.filter(within_region("code", scope.bureau.region.code))


def _bureaus(scope: Scope) -> QuerySet[Any]:
    return Bureau.objects.all() if scope.bureau is None else Bureau.objects.filter(pk=scope.bureau.pk)


def _reference(
    name: str, title: Any, words: Any, columns: tuple[Column, ...], rows: Callable[[Scope], QuerySet[Any]],
    *, order: str = "code", key: tuple[str, ...] = ("code",),
) -> Table:  # fmt: skip
    located = any(column.name == "lon" for column in columns)
    return Table(name, title, words, columns, plain(rows, columns, order), key, of_projects=False, located=located)


REFERENCE = (
    _reference("schools", _("Schools"), _("Schools and kindergartens with their places."), SCHOOL_COLUMNS, _schools),
    _reference(
        "school_events", _("Approvals of schools"), _("Establishment, alteration and cancellation of schools."),
        EVENT_COLUMNS, _events, order="pk", key=("school", "number"),
    ),
    _reference(
        "plans", _("Annual plans"), _("The plans that were published."), PLAN_COLUMNS, _plans, order="pk", key=("id",)
    ),
    _reference("regions", _("Divisions"), _("Counties and townships by official code, each with a point."),
               REGION_COLUMNS, _regions),
    Table(
        "boundaries", _("Outlines of divisions"), _("Boundaries where they are known, else approximate cells, and which it is."),
        OUTLINE_COLUMNS, _boundaries, ("code",), of_projects=False, shaped=_outlines,
        terms=_(
            "Each row names its source, whose terms hold. "
            "Who shows boundaries on a public map in China needs a map review number."
        ),
    ),
    _reference("bureaus", _("Bureaus"), _("The education bureaus that publish here."), BUREAU_COLUMNS, _bureaus),
)  # fmt: skip
