"""The filter form of maps and lists: a plain GET form whose names are the API's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from mapviews.extent import OF_THE_PAPER
from projects_api.choices import Kind, Light, SchoolStage, Status
from projects_api.models import AnnualPlan, Bureau, Project, Region
from projects_api.selectors.places import region_names

# What the form shows; other parameters of the address stay as hidden fields.
FIELDS = ("bureau", "region", "kind", "stage", "status", "light", "year", "q")
_SEVERAL = ("kind", "stage", "status", "light")  # of which an address may name several at once
_PAGING = ("page", "page_size", *OF_THE_PAPER)


@dataclass(frozen=True)
class Field:
    """One control: a select with ``options`` (value, words), or a text box where there are none."""

    name: str
    label: str
    value: str
    options: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True)
class FilterForm:
    """The form with what it was filled with. ``bureaus`` are those that have projects for this reader."""

    fields: tuple[Field, ...]
    kept: tuple[tuple[str, str], ...]
    bureaus: tuple[Bureau, ...]
    chosen: tuple[Bureau, ...]
    active: bool
    only_bureau: bool

    def day(self, at: datetime) -> date:
        """As `selectors.bureaus.day_for`, without its query."""
        named = [bureau for bureau in self.chosen if bureau.code == self.fields[0].value]
        return named[0].day_of(at) if named else localdate(at)

    def first_view(self, home: Collection[int], *, of_sites: bool = True) -> list[list[float]] | None:
        """``[[south, west], [north, east]]`` that a map opens on; None where the sites themselves say it better.

        The one bureau chosen; without any filter the reader's own (``home``: bureau ids), or else the installation's
        first, so that a parent sees the county and not the distance between two. Filters frame what they find, where a
        map is one ``of_sites``.
        """
        if of_sites and self.active and not (len(self.chosen) == 1 and self.only_bureau):
            return None
        return self.county(home)

    def county(self, home: Collection[int]) -> list[list[float]] | None:
        """The same whatever was filtered: where a map looks that found nothing."""
        mine = [bureau for bureau in self.chosen if bureau.pk in home] or list(self.chosen)
        if not mine:
            return None
        bureau = min(mine, key=lambda b: b.pk)
        return [[bureau.south, bureau.west], [bureau.north, bureau.east]]


def bureaus_shown(visible: QuerySet[Project], query: QueryDict) -> tuple[tuple[Bureau, ...], tuple[Bureau, ...]]:
    """(bureaus that have visible projects, those of them that the ``bureau`` filter leaves). One query."""
    has_projects = Exists(visible.filter(bureau=OuterRef("pk")).order_by())
    found = Bureau.objects.filter(has_projects).select_related("region")
    bureaus = tuple(found.defer("region__boundary", "region__point"))
    wanted = query.get("bureau")
    return bureaus, tuple(b for b in bureaus if not wanted or b.code == wanted)


def filter_form(request: HttpRequest, visible: QuerySet[Project], own: Collection[str] = ()) -> FilterForm:
    """The form for a request whose parameters are already known to be good. 3 queries: bureaus, regions, years; one more for a
    division that is not offered.

    ``own``: parameters of the page that narrow nothing; they are kept.
    """
    query = request.GET
    bureaus, chosen = bureaus_shown(visible, query)

    def select(name: str, label: str, options: list[tuple[str, str]]) -> Field:
        value = ",".join(filter(None, query.getlist(name))) if name in _SEVERAL else query.get(name, "")
        if value and value not in dict(options):
            # Several values, a division of a county not chosen: left out, the next change would lose it unsaid.
            options = [*options, (value, _words_of(name, value, dict(options)))]
        return Field(name, label, value, (("", _("All")), *options))

    fields = (
        select("bureau", _("Bureau"), [(b.code, b.name) for b in bureaus]),
        select("region", _("Region"), _regions(chosen, len(bureaus))),
        select("kind", _("Kind"), [(k.value, str(k.label)) for k in Kind]),
        select("stage", _("School stage"), [(s.value, str(s.label)) for s in SchoolStage]),
        select("status", _("Status"), [(s.value, str(s.label)) for s in Status]),
        select("light", _("Light"), [(code.value, str(code.label)) for code in Light]),
        select("year", _("Year"), [(str(year), str(year)) for year in _years(chosen)]),
        Field("q", _("Search"), query.get("q", "")),
    )
    kept = tuple((n, v) for n, values in query.lists() if n not in FIELDS + _PAGING for v in values)
    narrowing = {field.name for field in fields if field.value} | {name for name, _value in kept if name not in own}
    return FilterForm(fields, kept, bureaus, chosen, active=bool(narrowing), only_bureau=narrowing == {"bureau"})


def _words_of(name: str, value: str, known: dict[str, str]) -> str:
    """What a control says of a value that it does not offer. A division's name costs a query."""
    if name == "region":
        return region_names([value]).get(value, value)
    return _(", ").join(known.get(part, part) for part in value.split(","))


def _regions(bureaus: tuple[Bureau, ...], known: int) -> list[tuple[str, str]]:
    """The divisions of the one bureau chosen; where there are several, their counties, so that the page stays small."""
    if len(bureaus) == 1:
        regions = Region.objects.filter(parent=bureaus[0].region_id).defer("boundary", "point")
        return [(region.code, region.name) for region in regions]
    return [(bureau.region.code, bureau.region.name) for bureau in bureaus]


def _years(bureaus: tuple[Bureau, ...]) -> list[int]:
    plans = AnnualPlan.objects.filter(bureau__in=[b.pk for b in bureaus], published=True)
    return list(plans.order_by("-year").values_list("year", flat=True).distinct())
