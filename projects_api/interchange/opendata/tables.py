"""Which tables there are, their columns, and their rows in chunks.

The columns of projects, stages, money and the like are those of ``projects_api.public``; whose rows they are is `visible_to` with
a reader who is nobody. Chunks are asked for by key, each a short query that is read to its end: a slow reader of a download keeps
no lock and no cursor open, and memory does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import FloatField, Func, QuerySet
from django.utils.translation import gettext_lazy as _

from projects_api.choices import STAGE_NAMES, Light
from projects_api.interchange.opendata.columns import (
    BOOLEAN,
    CODE,
    DATE,
    DECIMAL,
    INTEGER,
    JSON,
    MOMENT,
    TEXT,
    Column,
    Reader,
    Reading,
    Row,
    of_field,
)
from projects_api.interchange.opendata.words import TITLES, about
from projects_api.models import (
    AnnualPlan,
    Baseline,
    Bureau,
    Certificate,
    Milestone,
    Project,
    Region,
    School,
    SchoolEvent,
)
from projects_api.models.milestones import PLAN_NAMES
from projects_api.public import (
    PUBLIC_BASELINE_FIELDS,
    PUBLIC_CERTIFICATE_FIELDS,
    PUBLIC_FIELDS,
    PUBLIC_MEMBERS,
    PUBLIC_MILESTONE_FIELDS,
    first_and_current,
    without,
)
from projects_api.schedule.outlook import Outlook
from projects_api.selectors.documents import PARTS
from projects_api.selectors.places import schools_visible_to, standing, within_region
from projects_api.selectors.plans import plans_visible_to
from projects_api.selectors.schedule import OUTLOOK

CHUNK = 500  # projects; of their stages and the like 20 times as many rows
# What is the same for everything that is public says nothing.
SAYS_NOTHING = frozenset({"published", "archived", "public"})


@dataclass(frozen=True)
class Scope:
    """The public projects that the reader chose, or the whole of a bureau, or everything."""

    projects: QuerySet[Project]
    bureau: Bureau | None = None


def public_scope(bureau: Bureau | None = None) -> Scope:
    projects = Project.objects.visible_to(AnonymousUser())
    return Scope(projects if bureau is None else projects.filter(bureau=bureau), bureau)


Chunks = Iterator[list[Row]]


@dataclass(frozen=True)
class Table:
    """``read(scope, reading, chunk)`` gives rows in the order of ``columns``. ``of_projects``: the filters of projects narrow it,
    else the bureau alone does. ``located``: it has lon and lat, and so is a GeoJSON too. ``key``: the columns that name a row."""

    name: str
    title: Any
    about: Any
    columns: tuple[Column, ...]
    read: Callable[[Scope, Reading, int], Chunks]
    key: tuple[str, ...]
    of_projects: bool = True
    located: bool = False


# --- columns that are made from several ---


def _ordinate(of: str, axis: str) -> Column:
    source = Func(of, function=f"ST_{axis}", output_field=FloatField())
    name = {"X": "lon", "Y": "lat"}[axis]
    return Column(name, DECIMAL, TITLES[name], (source,), _rounded, about=about("", "site"))


def _rounded(reading: Reading, value: float | None) -> float | None:
    return None if value is None else round(value, 7)


def _slug(reading: Reading, bureau: str, year: int | None) -> str | None:
    return None if year is None else f"{bureau}-{year}"


def _template(reading: Reading, bureau: int | None, code: str, kind: str | None, version: int | None) -> str:
    return "" if kind is None else f"{code if bureau else 'standard'}/{kind}/{version}"


def _json(reading: Reading, text: str | None) -> Any:
    return None if text is None else orjson.loads(text)


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


def _made(name: str, kind: str, *source: Any, make: Any = None, codes: Any = (), table: str = "projects") -> Column:
    return Column(name, kind, TITLES[name], source, make, codes, about(table, name))


_SPECIAL: dict[str, tuple[Column, ...]] = {
    "region": (
        of_field(Project, "region", about=about("", "region")),
        _made("region_name_zh", TEXT, "region__name_zh"),
        _made("region_name_en", TEXT, "region__name_en"),
    ),
    "school": (
        of_field(Project, "school", about=about("", "school")),
        _made("school_name_zh", TEXT, "school__name_zh"),
        _made("school_name_en", TEXT, "school__name_en"),
    ),
    "plan": (_made("plan", TEXT, "bureau__code", "plan__year", make=_slug),),
    "site": (_ordinate("site", "X"), _ordinate("site", "Y")),
    "footprint": (
        Column("footprint", JSON, Project._meta.get_field("footprint").verbose_name,
               (AsGeoJSON("footprint", precision=7),), _json, about=about("", "footprint")),
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
    _made("light", CODE, *_STORED, make=_light, codes=tuple(Light.choices)),
    _made("late", BOOLEAN, "late_from", make=_since),
    _made("critical", BOOLEAN, "critical_from", make=_since),
    _made("stale", BOOLEAN, "stale_from", make=_since),
    _made("misses_term", BOOLEAN, "term_missed_from", make=_since),
    _made("baseline_finish", DATE, "measured_finish"),
    _made("forecast_finish", DATE, "bureau", *_STORED, make=_finish),
    _made("slip_days", INTEGER, "bureau", *_STORED, make=_slip),
)


def _of_model(table: str, model: Any, names: Iterable[str]) -> tuple[Column, ...]:
    return tuple(of_field(model, name, about=about(table, name)) for name in names)


def _project_columns() -> tuple[Column, ...]:
    """`PUBLIC_FIELDS`, with the names of what they have codes of; what the list of the API adds."""
    found: list[Column] = []
    for field in sorted(Project._meta.fields, key=lambda field: field.name not in FIRST):
        if field.name in PUBLIC_FIELDS - SAYS_NOTHING:
            found += _SPECIAL.get(field.name) or _of_model("projects", Project, [field.name])
            if field.name == "total_investment":
                found.append(_made("currency", TEXT, "bureau__currency"))
    found += _EXPECTED
    found += [_made("updated", MOMENT, "updated_at"), of_field(Project, "version")]
    found.append(_made("url", TEXT, "code", make=_url))
    return tuple(found)


# --- rows ---


def by_key(rows: QuerySet[Any], key: str, sources: Iterable[Any], chunk: int) -> Iterator[list[tuple[Any, ...]]]:
    """The rows in the order of a unique column, in chunks; one query for each and one that finds nothing more."""
    asked = rows.order_by(key).values_list(key, *sources)
    page = list(asked[:chunk])
    while page:
        yield [row[1:] for row in page]
        page = list(asked.filter(**{f"{key}__gt": page[-1][0]})[:chunk]) if len(page) == chunk else []


def _plain(rows: Callable[[Scope], QuerySet[Any]], columns: tuple[Column, ...], key: str = "code") -> Any:
    """A table whose rows are those of one query."""
    reader = Reader(columns)

    def read(scope: Scope, reading: Reading, chunk: int) -> Chunks:
        for found in by_key(rows(scope), key, reader.sources, chunk):
            yield reader.rows(found, reading)

    return read


@dataclass(frozen=True)
class Owner:
    """A project that rows hang on."""

    code: str
    zone: str


Owners = dict[int, Owner]


def _hanging(rows_of: Callable[[Owners, Reading], dict[int, list[Row]]]) -> Any:
    """A table of rows that hang on projects, in the order of the projects' codes. ``rows_of``: by project, without its code."""

    def read(scope: Scope, reading: Reading, chunk: int) -> Chunks:
        for found in by_key(scope.projects, "code", ("pk", "code", "bureau__time_zone"), chunk):
            owners = {pk: Owner(code, zone) for pk, code, zone in found}
            rows = rows_of(owners, reading)
            yield [[owner.code, *row] for pk, owner in owners.items() for row in rows.get(pk, ())]

    return read


_PROJECT = Column("project", TEXT, Milestone._meta.get_field("project").verbose_name, about=about("", "project"))


def _milestone_columns() -> tuple[Column, ...]:
    names = [field.name for field in Milestone._meta.fields if field.name in PUBLIC_MILESTONE_FIELDS - SAYS_NOTHING]
    own = [name for name in names if name not in PLAN_NAMES]
    return _of_model("milestones", Milestone, ["key", *own, *(name for name in names if name in PLAN_NAMES)])


MILESTONE_COLUMNS = _milestone_columns()


def _milestones(owners: Owners, reading: Reading) -> dict[int, list[Row]]:
    names = [column.name for column in MILESTONE_COLUMNS]
    key, zh, en, after = (names.index(name) for name in ("key", "title_zh", "title_en", "after"))
    found: dict[int, list[Row]] = {}
    hidden: dict[int, set[str]] = {}
    rows = Milestone.objects.filter(project__in=owners).order_by("project", "position", "key")
    for project, public, *row in rows.values_list("project_id", "public", *names):
        if not public:
            hidden.setdefault(project, set()).add(row[key])
            continue
        if not (row[zh] or row[en]):
            row[zh], row[en] = STAGE_NAMES.get(row[key], ("", ""))
        found.setdefault(project, []).append(row)
    for project, stages in found.items():
        gone = frozenset(hidden.get(project, ()))
        for row in stages:
            row[after] = without(row[after], gone) or None
    return found


BASELINE_COLUMNS = _of_model(
    "baselines", Baseline, ["number", *(f.name for f in Baseline._meta.fields if f.name in PUBLIC_BASELINE_FIELDS)]
)


def _baselines(owners: Owners, reading: Reading) -> dict[int, list[Row]]:
    """The first promise and the one that holds now."""
    names = [column.name for column in BASELINE_COLUMNS]
    number, stages = names.index("number"), names.index("stages")
    all_of: dict[int, dict[str, Row]] = {}
    for project, *row in Baseline.objects.filter(project__in=owners).values_list("project_id", *names):
        all_of.setdefault(project, {})[str(row[number])] = row
    hidden = hidden_of(all_of)
    found = {project: [rows[n] for n in first_and_current(rows)] for project, rows in all_of.items()}
    for project, rows in found.items():
        for row in rows:
            row[stages] = without(row[stages], hidden.get(project, frozenset()))
    return found


def hidden_of(projects: Iterable[int]) -> dict[int, frozenset[str]]:
    """The stages that the public does not see, by project. One query."""
    found: dict[int, set[str]] = {}
    for project, key in Milestone.objects.filter(project__in=list(projects), public=False).values_list(
        "project_id", "key"
    ):
        found.setdefault(project, set()).add(key)
    return {project: frozenset(keys) for project, keys in found.items()}


def _certificates(owners: Owners, reading: Reading) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    names = [column.name for column in CERTIFICATE_COLUMNS]
    for project, *row in (
        Certificate.objects.filter(project__in=owners).order_by("number").values_list("project_id", *names)
    ):
        found.setdefault(project, []).append(row)
    return found


CERTIFICATE_COLUMNS = _of_model("certificates", Certificate, ["number", *sorted(PUBLIC_CERTIFICATE_FIELDS)])

_READ: dict[str, Callable[[str], Any]] = {DECIMAL: Decimal, DATE: date.fromisoformat}


def _member(part: str, key: Column, only: dict[str, Any]) -> tuple[tuple[Column, ...], Any]:
    """A table of what is public while its bureau (or a person) publishes it: the member ``public`` of each of a part's facts, and
    so by the rule of `selectors.documents` and no other. ``only``: what those rows have in common, to read no more than them."""
    model = PARTS[part].all().model
    named = {f.name for f in model._meta.fields}
    order = [f.name for f in model._meta.fields if f.name in PUBLIC_MEMBERS[part]]
    order += sorted(PUBLIC_MEMBERS[part] - named)
    columns = tuple(
        of_field(model, name, about=about(part, name))
        if name in named
        else _made(name, TEXT if name == "proof" else DATE, table=part)
        for name in order
    )

    def rows_of(owners: Owners, reading: Reading) -> dict[int, list[Row]]:
        shown = list(PARTS[part].all().filter(project__in=owners, **only).order_by("project", "pk"))
        hidden = hidden_of({row.project_id for row in shown}) if part == "photos" and shown else {}
        found: dict[int, list[Row]] = {}
        for row in shown:
            more = (owners[row.project_id].zone, hidden.get(row.project_id, ())) if part == "photos" else ()
            facts = PARTS[part].facts(row, *more).get("public")
            if facts is not None:
                values = [_typed(column, facts.get(column.name)) for column in columns]
                found.setdefault(row.project_id, []).append(
                    [number if isinstance(number := getattr(row, key.name), int) else str(number), *values]
                )
        return found

    return (_PROJECT, key, *columns), _hanging(rows_of)


def _typed(column: Column, value: Any) -> Any:
    """From the JSON of a document."""
    return value if value in (None, "") or column.type not in _READ else _READ[column.type](value)


def _part_table(part: str, title: Any, words: Any, *, key: str = "number", **only: Any) -> Table:
    model = PARTS[part].all().model
    name = of_field(model, key) if key == "number" else _made(key, TEXT, key, table=part)
    columns, read = _member(part, name, only or {"public": True})
    return Table(part, title, words, columns, read, ("project", key))


# --- reference data: public as a whole ---

SCHOOL_COLUMNS = (
    *_of_model(
        "schools", School, ["code", "bureau", "region", "name_zh", "name_en", "stage", "classes", "places", "boarding"]
    ),
    _ordinate("location", "X"),
    _ordinate("location", "Y"),
    *_of_model("schools", School, ["location_precision", "illustrative"]),
)
EVENT_COLUMNS = (
    of_field(SchoolEvent, "school", about=about("", "school")),
    *_of_model("school_events", SchoolEvent, ["number", "kind", "applicant", "applied", "decision", "decided", "document_number",
                                              "authority", "summary_zh", "summary_en", "illustrative"]),
)  # fmt: skip
PLAN_COLUMNS = (
    Column("id", TEXT, TITLES["plan"], ("bureau__code", "year"), _slug),
    *_of_model(
        "plans", AnnualPlan, ["bureau", "year", "title_zh", "title_en", "document_number", "issued", "illustrative"]
    ),
)
REGION_COLUMNS = (
    *_of_model("regions", Region, ["code", "parent", "level", "kind", "name_zh", "name_en"]),
    _ordinate("point", "X"),
    _ordinate("point", "Y"),
    *_of_model("regions", Region, ["point_precision", "source"]),
)
BUREAU_COLUMNS = _of_model(
    "bureaus",
    Bureau,
    ["code", "name_zh", "name_en", "region", "west", "south", "east", "north", "currency", "time_zone"],
)


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
    return Table(name, title, words, columns, _plain(rows, columns, order), key, of_projects=False, located=located)


PROJECT_COLUMNS = _project_columns()

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "projects", _("Projects"), _("What is built, where, for whom, for how much, how far it is and when it opens."),
            PROJECT_COLUMNS, _plain(lambda scope: scope.projects, PROJECT_COLUMNS), ("code",), located=True,
        ),
        Table(
            "milestones", _("Stages"), _("Every stage of every project: planned, expected and reached, and why late."),
            (_PROJECT, *MILESTONE_COLUMNS), _hanging(_milestones), ("project", "key"),
        ),
        Table(
            "baselines", _("Baselines"), _("The dates that were promised: the first promise and the one that holds now."),
            (_PROJECT, *BASELINE_COLUMNS), _hanging(_baselines), ("project", "number"),
        ),
        _part_table("estimates", _("Estimates"), _("From the estimate to the final accounts, where the bureau publishes them.")),
        _part_table("allocations", _("Allocations"), _("Money allotted by source and year, where the bureau publishes it.")),
        _part_table("spending", _("Spending"), _("Value of work done and money paid, where the bureau publishes them.")),
        _part_table("inspections", _("Inspections"), _("Inspections that were passed, where the bureau publishes them.")),
        _part_table("photos", _("Photos"), _("Photos that were published: caption, day, stage."), key="id", published=True),
        _part_table(
            "questions", _("Questions and answers"), _("What the public asked, without its words, and what the bureau answered."),
            number__isnull=False,
        ),
        Table(
            "certificates", _("Certificates"), _("Certificates of completion acceptance."),
            (_PROJECT, *CERTIFICATE_COLUMNS), _hanging(_certificates), ("number",),
        ),
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
        _reference("bureaus", _("Bureaus"), _("The education bureaus that publish here."), BUREAU_COLUMNS, _bureaus),
    )
}  # fmt: skip
