"""The tables of what hangs on projects: stages, baselines, money, inspections, photos, answers, certificates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from projects_api.choices import STAGE_NAMES, InspectionKind, InspectionResult, QuestionKind
from projects_api.interchange.opendata.columns import CODE, DATE, DECIMAL, TEXT, Column, Reading, Row, of_field
from projects_api.interchange.opendata.table import PROJECT, SAYS_NOTHING, Owners, Table, hanging, made, of_model
from projects_api.interchange.opendata.words import TITLES, about
from projects_api.models import Baseline, Certificate, Milestone, Project
from projects_api.models.milestones import PLAN_NAMES
from projects_api.public import (
    PUBLIC_BASELINE_FIELDS,
    PUBLIC_CERTIFICATE_FIELDS,
    PUBLIC_MEMBERS,
    PUBLIC_MILESTONE_FIELDS,
    first_and_current,
    public_elsewhere,
    without,
)
from projects_api.selectors.documents import PARTS


def _milestone_columns() -> tuple[Column, ...]:
    names = [field.name for field in Milestone._meta.fields if field.name in PUBLIC_MILESTONE_FIELDS - SAYS_NOTHING]
    own = [name for name in names if name not in PLAN_NAMES]
    return of_model("milestones", Milestone, ["key", *own, *(name for name in names if name in PLAN_NAMES)])


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


BASELINE_COLUMNS = of_model(
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


CERTIFICATE_COLUMNS = of_model("certificates", Certificate, ["number", *sorted(PUBLIC_CERTIFICATE_FIELDS)])

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
        else made(name, TEXT if name == "proof" else DATE, table=part)
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

    return (PROJECT, key, *columns), hanging(rows_of)


def _typed(column: Column, value: Any) -> Any:
    """From the JSON of a document."""
    return value if value in (None, "") or column.type not in _READ else _READ[column.type](value)


# Evidence that another record holds (decision 41): the same members as of our own, so under the same names.
_TOLD = (
    ("photos", _("photo")),
    ("inspections", _("inspection")),
    ("certificates", _("certificate")),
    ("questions", _("question")),
)
_LISTS = {
    "kind": (*InspectionKind.choices, *QuestionKind.choices),
    "result": InspectionResult.choices,
}
_DAYS = ("taken", "held_on", "issued_on", "asked", "due", "answered")
_MEMBERS = ("url", "kind", "result", *_DAYS, "caption", "milestone", "answer", "proof")


def _told_column(name: str) -> Column:
    kind = DATE if name in _DAYS else CODE if name in _LISTS else TEXT
    return Column(
        name,
        kind,
        TITLES.get(f"elsewhere.{name}", TITLES.get(name)),
        codes=tuple(_LISTS.get(name, ())),
        about=about("elsewhere", name),
    )


ELSEWHERE_COLUMNS = (
    PROJECT,
    Column("part", CODE, TITLES["part"], codes=_TOLD),
    Column("key", TEXT, TITLES["key"], about=about("elsewhere", "key")),
    of_field(Project, "source", about=about("elsewhere", "source")),
    *(_told_column(name) for name in _MEMBERS),
)


def _elsewhere(owners: Owners, reading: Reading) -> dict[int, list[Row]]:
    """What `public_elsewhere` leaves, by part and key; one query."""
    found: dict[int, list[Row]] = {}
    asked = Project.objects.filter(pk__in=owners).exclude(elsewhere={}).values_list("pk", "source", "elsewhere")
    columns = ELSEWHERE_COLUMNS[4:]
    for project, source, elsewhere in asked:
        for part, rows in public_elsewhere(elsewhere).items():
            for key in sorted(rows, key=lambda key: (len(key), key) if key.isdigit() else (0, key)):
                facts = rows[key]["public"]
                values = [_typed(column, facts.get(column.name)) for column in columns]
                found.setdefault(project, []).append([part, key, source, *values])
    return found


def _part_table(part: str, title: Any, words: Any, *, key: str = "number", **only: Any) -> Table:
    model = PARTS[part].all().model
    name = of_field(model, key) if key == "number" else made(key, TEXT, key, table=part)
    columns, read = _member(part, name, only or {"public": True})
    return Table(part, title, words, columns, read, ("project", key))


HANGING = (
    Table(
        "milestones", _("Stages"), _("Every stage of every project: planned, expected and reached, and why late."),
        (PROJECT, *MILESTONE_COLUMNS), hanging(_milestones), ("project", "key"),
    ),
    Table(
        "baselines", _("Baselines"), _("The dates that were promised: the first promise and the one that holds now."),
        (PROJECT, *BASELINE_COLUMNS), hanging(_baselines), ("project", "number"),
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
        (PROJECT, *CERTIFICATE_COLUMNS), hanging(_certificates), ("number",),
    ),
    Table(
        "elsewhere", _("Evidence held elsewhere"), _("Photos, inspections, certificates and answers that another record holds."),
        ELSEWHERE_COLUMNS, hanging(_elsewhere), ("project", "part", "key"),
    ),
)  # fmt: skip
