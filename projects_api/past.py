"""Lists of another day: the same filters, over documents instead of rows.

``as_of`` replays the ledger (what was known then), ``on`` reads the dates of the facts (how it was then by what is known
now); both together say how a day was by what another day knew of it. A past state has no table to query, so this costs
time in proportion to the projects that the reader may see; lists of today never come here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _

from projects_api.choices import PlanTarget, Status
from projects_api.errors import FieldError, InvalidInput
from projects_api.filtersets import ProjectFilterSet
from projects_api.geodesy import read_bbox, read_near
from projects_api.models import AnnualPlan, Bureau, Project
from projects_api.schedule.facts import milestones_of
from projects_api.schedule.outlook import Outlook
from projects_api.schedule.targets import reach
from projects_api.schedule.travel import document_on
from projects_api.selectors.documents import Document, documents_of
from projects_api.selectors.ledger import documents_as_of
from projects_api.selectors.places import region_prefix
from projects_api.selectors.schedule import forecast_of, outlook_of

EARTH_RADIUS = 6_371_008.8  # metres, mean (IUGG)


@dataclass(frozen=True)
class Past:
    """A project as it was: its document, its version and the time of its newest entry then."""

    document: Document
    version: int
    recorded: datetime
    day: date
    bureau: Bureau

    @property
    def outlook(self) -> Outlook:
        """Calculated here, with the bureau's calendar and rules of today: 0.3 ms."""
        zone = ZoneInfo(self.bureau.time_zone)
        return outlook_of(self.document, self.bureau, reported=min(self.recorded.astimezone(zone).date(), self.day))


def past_projects(user: Any, data: QueryDict, *, as_of: date | None, on: date | None) -> list[Past]:
    """The projects that the reader may see and could have seen then, that the filters leave, by code.

    ``data`` has been checked by ``filtersets.filtered``. Raises InvalidInput for a filter that has no past.
    """
    day = on or as_of
    assert day is not None
    wanted, lights = predicates(data, today=day)
    visible = Project.objects.visible_to(user)
    in_full = set(Project.objects.read_in_full_by(user).values_list("pk", flat=True))
    found = []
    for pk, past in _pasts(visible, as_of=as_of, on=on):
        public_then = past.document["published"] and not past.document["archived"]
        if (public_then or pk in in_full) and all(fits(past.document) for fits in wanted):
            found.append(past)
    found = [past for past in found if all(fits(past.outlook) for fits in lights)] if lights else found
    return sorted(found, key=lambda past: str(past.document["code"]))


def _pasts(projects: Any, *, as_of: date | None, on: date | None) -> Iterator[tuple[int, Past]]:
    bureaus = {bureau.pk: bureau for bureau in Bureau.objects.all()}
    of = {pk: bureaus[bureau] for pk, bureau in projects.order_by().values_list("pk", "bureau_id")}
    day = on or as_of
    assert day is not None
    if as_of:
        states = ((pk, document, version, at) for pk, document, version, at in documents_as_of(projects, as_of))
    else:
        states = ((p.pk, document, p.version, p.updated_at) for p, document in documents_of(projects))
    for pk, document, version, at in states:
        if on:
            zone = of[pk].time_zone
            document = document_on(document, on, recorded=at.astimezone(ZoneInfo(zone)).date(), zone=zone)
        yield pk, Past(document, version, at, day, of[pk])


def past_scoreboard(
    plan: AnnualPlan, user: Any, *, as_of: date | None, on: date | None
) -> dict[str, dict[str, list[str]]]:
    """The plan's scoreboard of another day: target -> met, met_late, open, in_time -> codes. As `selectors.plans.scoreboard`."""
    data = QueryDict(mutable=True)
    data["plan"] = plan.slug
    scores: dict[str, dict[str, list[str]]] = {}
    for past in past_projects(user, data, as_of=as_of, on=on):
        document = past.document
        target = document["plan_target"]
        score = scores.setdefault(target, {"met": [], "met_late": [], "open": [], "in_time": []})
        facts = milestones_of(document)
        _measure, expected = forecast_of(facts, document.get("baselines", {}), past.bureau, past.day)
        found = reach(target, facts, expected, plan.year)
        score[found.bucket].append(document["code"])
        if found.in_time and document["status"] not in (Status.CANCELLED, Status.SUSPENDED):
            score["in_time"].append(document["code"])
    return {target: scores[target] for target in PlanTarget.values if target in scores}


Fits = Callable[[Document], bool]
Looks = Callable[[Outlook], bool]


def predicates(data: QueryDict, *, today: date) -> tuple[list[Fits], list[Looks]]:
    """The filters in a query string as tests of a document, and those as tests of its outlook.

    Raises InvalidInput for those that have no past.
    """
    form = ProjectFilterSet(data, queryset=Project.objects.none(), today=today).form
    form.is_valid()
    given = {name: value for name, value in form.cleaned_data.items() if value not in (None, "", [])}
    given.pop("radius", None)
    lights = [LOOKS[name](value, today) for name in sorted(given.keys() & LOOKS.keys()) for value in (given.pop(name),)]
    timeless = sorted(given.keys() - PREDICATES.keys())
    if timeless:
        words = _("This filter cannot be combined with as_of or on.")
        raise InvalidInput([FieldError(f"?{name}", "no_past", words) for name in timeless])
    if "archived" not in given:
        given["archived"] = False
    return [PREDICATES[name](value, data, today) for name, value in given.items()], lights


def _equal(member: str) -> Callable[..., Fits]:
    return lambda value, data, today: lambda document: document[member] == value


def _among(member: str) -> Callable[..., Fits]:
    return lambda value, data, today: lambda document: document[member] in value


def _at_least(member: str) -> Callable[..., Fits]:
    return lambda value, data, today: (
        lambda document: document[member] is not None and Decimal(document[member]) >= value
    )


def _at_most(member: str) -> Callable[..., Fits]:
    return lambda value, data, today: (
        lambda document: document[member] is not None and Decimal(document[member]) <= value
    )


def _region(value: str, data: QueryDict, today: date | None) -> Fits:
    prefix = region_prefix(value)
    return lambda document: str(document["region"]).startswith(prefix)


def _year(value: Decimal, data: QueryDict, today: date | None) -> Fits:
    return lambda document: bool(document["plan"]) and str(document["plan"]).endswith(f"-{int(value)}")


def _words(value: str, data: QueryDict, today: date | None) -> Fits:
    words = [word.casefold() for word in value.split()[:8]]

    def fits(document: Document) -> bool:
        text = "\n".join(str(document[name]) for name in ("title_zh", "title_en", "code", "address")).casefold()
        return all(word in text for word in words)

    return fits


def _in_bbox(value: str, data: QueryDict, today: date | None) -> Fits:
    box = read_bbox(value)
    return lambda document: bool(document["site"]) and box.contains(*document["site"]["coordinates"])


def _near(value: str, data: QueryDict, today: date | None) -> Fits:
    near = read_near(value, data.get("radius"))
    return lambda document: (
        bool(document["site"]) and (distance(near.lon, near.lat, *document["site"]["coordinates"]) <= near.radius)
    )


def distance(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Metres on the sphere (haversine), as ST_DistanceSphere."""
    half_lat, half_lon = radians(other_lat - lat) / 2, radians(other_lon - lon) / 2
    chord = sin(half_lat) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS * asin(sqrt(min(chord, 1.0)))


LOOKS: dict[str, Callable[..., Looks]] = {
    "light": lambda value, today: lambda found: found.light_on(today) in value,
    "late": lambda value, today: lambda found: found.late_on(today) is value,
    "critical": lambda value, today: lambda found: found.critical_on(today) is value,
    "stale": lambda value, today: lambda found: found.stale_on(today) is value,
}
PREDICATES: dict[str, Callable[..., Fits]] = {
    "bureau": _equal("bureau"),
    "region": _region,
    "school": _equal("school"),
    "plan": _equal("plan"),
    "plan_target": _among("plan_target"),
    "kind": _among("kind"),
    "stage": _among("stage"),
    "status": _among("status"),
    "location_precision": _among("location_precision"),
    "located": lambda value, data, today: lambda document: bool(document["site"]) is value,
    "year": _year,
    "q": _words,
    "in_bbox": _in_bbox,
    "near": _near,
    "published": _equal("published"),
    "archived": _equal("archived"),
    "next_due_after": lambda value, data, today: lambda d: bool(d["next_due"]) and d["next_due"] >= value.isoformat(),
    "next_due_before": lambda value, data, today: lambda d: bool(d["next_due"]) and d["next_due"] <= value.isoformat(),
    "progress_min": _at_least("progress"),
    "progress_max": _at_most("progress"),
    "places_min": _at_least("places"),
    "places_max": _at_most("places"),
    "total_investment_min": _at_least("total_investment"),
    "total_investment_max": _at_most("total_investment"),
}
