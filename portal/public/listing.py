"""What stands around a list of projects: filters that are links with their counts, what is chosen, orders, places to be near."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet, TextChoices
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from projects_api.choices import Kind, Light, SchoolStage, Status
from projects_api.filtersets import ProjectFilterSet
from projects_api.models import AnnualPlan, Bureau, Project, Region
from projects_api.selectors.facets import FACETS, Key, Tally, tally
from projects_api.selectors.moment import read_once
from projects_api.selectors.places import lies_in
from projects_api.wording import grouped

VOCABULARIES: dict[str, type[TextChoices]] = {"stage": SchoolStage, "status": Status, "kind": Kind, "light": Light}
# Parameters that narrow nothing, or belong to another.
_APART = frozenset({"page", "page_size", "ordering", "radius"})
FEW = 8  # choices of a facet that stand open; more are one press away


@dataclass(frozen=True)
class Choice:
    """``href`` adds it to the filters, or takes it away where it is ``chosen``."""

    value: str
    words: str
    count: int
    href: str
    chosen: bool


@dataclass(frozen=True)
class Facet:
    name: str
    words: str
    choices: list[Choice]

    @property
    def open(self) -> list[Choice]:
        return self.choices[:FEW]

    @property
    def more(self) -> list[Choice]:
        return self.choices[FEW:]


@dataclass(frozen=True)
class Chip:
    """A filter that is chosen; ``href`` is the list without it, ``count`` what that would hold (None: not counted)."""

    name: str
    label: str
    words: str
    href: str
    count: int | None = None


@dataclass(frozen=True)
class Known:
    """The rows that the facets name, by id."""

    regions: dict[int, Region]
    bureaus: dict[int, Bureau]
    years: dict[int, int]


@read_once(lambda: None)
def known() -> Known:
    """Three queries; a county has some dozens of divisions."""
    bureaus = Bureau.objects.select_related("region").defer("region__boundary", "region__point")
    return Known(
        regions={region.pk: region for region in Region.objects.defer("boundary", "source")},
        bureaus={bureau.pk: bureau for bureau in bureaus},
        years=dict(AnnualPlan.objects.filter(published=True).values_list("pk", "year")),
    )


def chosen_keys(query: QueryDict, rows: Known) -> dict[str, frozenset[Key]]:
    """The facets' keys that the (checked) query asks for."""
    chosen: dict[str, frozenset[Key]] = {}
    for name in VOCABULARIES:
        if values := _codes(query, name):
            chosen[name] = frozenset(values)
    if code := query.get("region"):
        inside = lies_in(code)
        chosen["region"] = frozenset(pk for pk, region in rows.regions.items() if inside(region.code))
    if code := query.get("bureau"):
        chosen["bureau"] = frozenset(pk for pk, bureau in rows.bureaus.items() if bureau.code == code)
    if year := query.get("year"):
        # The filter of the list knows plans that are not public too; nobody is told of them by a count.
        chosen["year"] = frozenset(AnnualPlan.objects.filter(year=int(year)).values_list("pk", flat=True))
    return chosen


@read_once(lambda projects, query, rows, today: (today, *(pair for pair in query.lists() if pair[0] != "page")))
def counted(projects: QuerySet[Project], query: QueryDict, rows: Known, today: date) -> Tally:
    """``projects``: narrowed by everything but the facets. One query, one more where a year is chosen."""
    return tally(projects, chosen_keys(query, rows), today)


def facets(request: HttpRequest, found: Tally, rows: Known) -> list[Facet]:
    """Those that would divide the list, or have divided it."""
    query = request.GET
    labels = {
        "bureau": _("County"),
        "region": _("Region"),
        "stage": _("School stage"),
        "status": _("Status"),
        "kind": _("Kind"),
        "light": _("Light"),
        "year": _("Year"),
    }
    held = {name: _held(name, found.counts[name], rows) for name in FACETS}
    if len(held["bureau"]) > 1 and not query.get("bureau") and not query.get("region"):
        held["region"] = []  # the townships of several counties in one list help nobody
    made = []
    for name, options in held.items():
        chosen = set(_codes(query, name))
        choices = [
            Choice(value, words, n, _toggled(query, name, value), value in chosen)
            for value, words, n in options
            if n or value in chosen
        ]
        if len(choices) > 1 or any(choice.chosen for choice in choices):
            made.append(Facet(name, labels[name], choices))
    return made


def _held(name: str, counts: Mapping[Key, int], rows: Known) -> list[tuple[str, str, int]]:
    """(value, words, how many) of a facet, in the order in which they are read."""
    if name in VOCABULARIES:
        return [(code.value, str(code.label), counts.get(code.value, 0)) for code in VOCABULARIES[name]]
    if name == "region":
        held = [(rows.regions[pk], n) for pk, n in counts.items() if isinstance(pk, int) and pk in rows.regions]
        return [(region.code, region.name, n) for region, n in sorted(held, key=lambda row: (-row[1], row[0].code))]
    if name == "bureau":
        return [(bureau.code, bureau.region.name, counts.get(pk, 0)) for pk, bureau in sorted(rows.bureaus.items())]
    years: dict[int, int] = {}
    for pk, n in counts.items():
        if isinstance(pk, int) and pk in rows.years:
            years[rows.years[pk]] = years.get(rows.years[pk], 0) + n
    return [(str(year), str(year), n) for year, n in sorted(years.items(), reverse=True)]


def chips(request: HttpRequest, found: Tally, rows: Known) -> list[Chip]:
    """Every filter that narrows the list, each with the way back."""
    query = request.GET
    made = []
    for name in query:
        if name in _APART or not any(query.getlist(name)):
            continue
        label = _label(name)
        if name in VOCABULARIES:
            values = _codes(query, name)
            for value in values:
                count = found.without(name) if len(values) == 1 else None
                words = str(VOCABULARIES[name](value).label)
                made.append(Chip(name, label, words, _toggled(query, name, value), count))
            continue
        count = found.without(name) if name in FACETS else None
        made.append(Chip(name, label, _words(name, query.get(name, ""), rows), _toggled(query, name, ""), count))
    return made


def _label(name: str) -> str:
    own = {
        "q": _("Search"),
        "region": _("Region"),
        "year": _("Year"),
        "near": _("Near"),
        "in_bbox": _("On the map"),
        "status": _("Status"),
        "kind": _("Kind"),
        "stage": _("School stage"),
        "light": _("Light"),
        "bureau": _("County"),
        "plan": _("Plan"),
    }
    if name in own:
        return own[name]
    label = ProjectFilterSet.base_filters[name].label
    return str(label) if label else name


def words_of(name: str, value: str, rows: Known) -> str:
    """A filter in words: ``School stage: Kindergarten``; several values with commas."""
    if name in VOCABULARIES:
        words = _(", ").join(str(VOCABULARIES[name](code).label) for code in value.split(","))
    else:
        words = _words(name, value, rows)
    return _label(name) + pgettext("sentence", ": ") + words


def _words(name: str, value: str, rows: Known) -> str:
    if name == "region":
        return next((region.name for region in rows.regions.values() if region.code == value), value)
    if name == "bureau":
        return next((bureau.region.name for bureau in rows.bureaus.values() if bureau.code == value), value)
    if name == "near":
        spot = place_named(value, rows)
        return spot or _("the place you gave")
    if name == "in_bbox":
        return _("this part of it")
    return {"true": _("yes"), "false": _("no")}.get(value, value)


def place_named(near: str, rows: Known) -> str:
    """The place that was chosen from the list of places, if it was one."""
    named = {spot_of(region): region.name for region in rows.regions.values()}
    named |= {middle_of(bureau): _in_the_middle(bureau) for bureau in rows.bureaus.values()}
    return named.get(near, "") if near else ""


def spot_of(region: Region) -> str:
    """``lon,lat`` as `near` takes it, rounded to about a kilometre; empty where the place is not known."""
    return f"{region.point.x:.2f},{region.point.y:.2f}" if region.point else ""


def middle_of(bureau: Bureau) -> str:
    return f"{(bureau.west + bureau.east) / 2:.2f},{(bureau.south + bureau.north) / 2:.2f}"


def _in_the_middle(bureau: Bureau) -> str:
    return _("the middle of %(county)s") % {"county": bureau.region.name}


def spots(rows: Known, shown: Iterable[Key]) -> list[tuple[str, str]]:
    """Places to be near without telling a browser's position: divisions with a point in the counties ``shown`` (bureaus), and
    the middle of a county that has none."""
    counties = {
        rows.bureaus[pk].region_id: rows.bureaus[pk] for pk in shown if isinstance(pk, int) and pk in rows.bureaus
    }
    near = [region for region in rows.regions.values() if region.point and region.parent_id in counties]
    bare = counties.keys() - {region.parent_id for region in near}
    middles = [(middle_of(bureau), _in_the_middle(bureau)) for key, bureau in counties.items() if key in bare]
    return [(spot_of(region), region.name) for region in sorted(near, key=lambda region: region.code)] + middles


def _codes(query: QueryDict, name: str) -> list[str]:
    return list(dict.fromkeys(code for part in query.getlist(name) for code in part.split(",") if code))


def _toggled(query: QueryDict, name: str, value: str) -> str:
    """The query string with the value added, or taken away if it is there; from the first page on. ``""`` takes all away.

    Vocabularies take several values, everything else one.
    """
    changed = query.copy()
    changed.pop("page", None)
    for other in [other for other in changed if not any(changed.getlist(other))]:
        del changed[other]
    values = _codes(query, name) if name in VOCABULARIES else [value] * (query.get(name) == value)
    changed.pop(name, None)
    if value and value not in values:
        changed[name] = ",".join([*values, value]) if name in VOCABULARIES else value
    elif left := [code for code in values if value and code != value]:
        changed[name] = ",".join(left)
    if name == "near":
        changed.pop("radius", None)
        if changed.get("ordering") == "distance":
            del changed["ordering"]
    if name == "bureau":
        changed.pop("region", None)
    text = changed.urlencode(safe=",")
    return f"?{text}" if text else "."


def in_kilometres(metres: float) -> str:
    """A distance from a rounded position: nothing finer than a kilometre."""
    if metres < 1000:
        return _("less than 1 km")
    return _("about %(n)s km") % {"n": grouped(round(metres / 1000))}


def parameters(query: QueryDict, *besides: str) -> list[tuple[str, str]]:
    """What a form keeps as hidden fields."""
    return [(name, value) for name, values in query.lists() if name not in besides for value in values if value]
