"""Who is served: places that exist and that are coming against children, by township and school stage."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from projects_api.approvals import established as is_established
from projects_api.choices import Kind, Status
from projects_api.models import Bureau, Project, Region, School
from projects_api.models.base import in_reader_language
from projects_api.needs import STAGES, Children, shared
from projects_api.schedule.outlook import Outlook
from projects_api.selectors.areas import Area, Areas
from projects_api.selectors.facts import Document
from projects_api.selectors.places import established, lies_in, standing, within_region
from projects_api.selectors.schedule import OUTLOOK, settings_of

# A project brings places when it is done; mending and equipping do not.
BRINGS = (Kind.NEW_BUILD.value, Kind.EXPANSION.value)
IN_HAND = (
    Status.APPROVED.value, Status.TENDERING.value, Status.UNDER_CONSTRUCTION.value, Status.SUSPENDED.value,
    Status.ACCEPTED.value,
)  # fmt: skip


@dataclass(slots=True)
class Served:
    """Of one township and stage. ``children``: None where nobody has said. ``coming``: places by the year in which they are
    expected to open, 0 where no forecast says. ``schools``: how many of them the places now belong to.
    """

    children: int | None = None
    now: int = 0
    schools: int = 0
    coming: Counter[int] = field(default_factory=Counter)

    @property
    def later(self) -> int:
        return self.coming.total()

    @property
    def gap(self) -> int | None:
        """Places missing when everything in hand is open; negative where some will be left. None: children not known."""
        return None if self.children is None else self.children - self.now - self.later


@dataclass(frozen=True, slots=True)
class Site:
    """A school in use or coming, at its place: what the circles are drawn from."""

    place: tuple[float, float] | None  # longitude and latitude
    name: str
    project: str  # the project's code; empty for a school in use
    stage: str
    places: int | None
    division: str  # the kind of the division it lies in
    boarding: bool
    opens: int | None  # the year; None: in use, 0: nobody knows
    school: str = ""  # the school's code, of one in use


Sites = list[tuple[str, Site]]  # each with the code of the division it lies in


def schools_in_use(
    schools: QuerySet[School],
    bureaus: Collection[int],
    visible: QuerySet[Project],
    *,
    region: str = "",
    stages: Collection[str] = (),
) -> QuerySet[School]:
    """Those of the schools that children can go to, in a division and of some stages where these are given.

    ``schools`` and ``visible``: what the reader sees of the register and of the projects. A school that is still being built
    for the first time, as far as the reader can see, is not in use.
    """
    building = visible.filter(school=OuterRef("pk"), kind=Kind.NEW_BUILD).order_by()
    found = schools.filter(standing() & established(), bureau__in=bureaus).filter(
        Q(~Exists(building)) | Q(Exists(building.filter(status=Status.IN_USE)))
    )
    if region:
        found = found.filter(within_region("region__code", region))
    if stages:
        found = found.filter(stage__in=stages)
    return found.order_by("code")


def schools_in_use_then(
    schools: Iterable[Document],
    projects: Iterable[Document],
    *,
    built_later: Collection[str] = (),
    region: str = "",
    stages: Collection[str] = (),
) -> list[Document]:
    """The same of another day, among the register and the projects as the reader sees them on it.

    ``built_later``: schools of which the record does not know since when they are in it, with a new building. No query.
    """
    building: dict[str, set[str]] = {code: set() for code in built_later}
    for project in projects:
        if project["school"] and project["kind"] == Kind.NEW_BUILD:
            building.setdefault(project["school"], set()).add(project["status"])
    inside = lies_in(region)
    return [
        school
        for school in schools
        if is_established(school)
        and (school["code"] not in building or Status.IN_USE in building[school["code"]])
        and inside(school["region"])
        and (not stages or school["stage"] in stages)
    ]


def sites(
    schools: QuerySet[School], projects: QuerySet[Project], bureaus: Iterable[Bureau], today: date
) -> tuple[Sites, Sites]:
    """(region code, site) of the schools in use, and of the projects in hand that bring places. 2 queries.

    ``projects`` are visible to the reader and filtered; one that names its school counts where the school lies.
    """
    calendars = {bureau.pk: settings_of(bureau)[0] for bureau in bureaus}
    rows = (
        projects.filter(kind__in=BRINGS, status__in=IN_HAND, bureau__in=list(calendars))
        .order_by("code")
        .annotate(
            _region=Coalesce("school__region__code", "region__code"),
            _kind=Coalesce("school__region__kind", "region__kind"),
        )
        .values_list(
            "title_zh", "title_en", "code", "stage", "places", "_region", "_kind", "school__boarding",
            "site", "bureau_id", *OUTLOOK.values(),
        )
    )  # fmt: skip
    coming = []
    for zh, en, code, stage, places, region, kind, boarding, at, bureau, *outlook in rows:
        finish = Outlook(**dict(zip(OUTLOOK, outlook, strict=True))).finish_on(today, calendars[bureau])
        opens = _year(finish)
        coming.append(
            (region, Site(_place(at), in_reader_language(zh, en), code, stage, places, kind, bool(boarding), opens))
        )
    return _in_use(schools), coming


def sites_then(
    schools: Iterable[Document],
    register: Iterable[Document],
    states: Iterable[tuple[Document, Bureau, Outlook]],
    bureaus: Iterable[Bureau],
    day: date,
) -> tuple[Sites, Sites]:
    """The same of another day. ``schools``: in use on it; ``register``: all there were. One query: divisions."""
    keys = {bureau.pk for bureau in bureaus}
    in_hand = [
        (document, bureau, outlook)
        for document, bureau, outlook in states
        if bureau.pk in keys and document["kind"] in BRINGS and document["status"] in IN_HAND
    ]
    lies = {school["code"]: (str(school["region"]), bool(school["boarding"])) for school in register}
    kinds = dict(
        Region.objects.filter(
            code__in={document["region"] for document, *_ in in_hand} | {region for region, _boards in lies.values()}
        ).values_list("code", "kind")
    )
    coming = []
    for document, bureau, outlook in in_hand:
        region, boarding = lies.get(document["school"] or "", (str(document["region"]), False))
        opens = _year(outlook.finish_on(day, settings_of(bureau)[0]))
        name = in_reader_language(document["title_zh"], document["title_en"])
        stage, places = document["stage"], document["places"]
        place = _place_in(document["site"])
        site = Site(place, name, document["code"], stage, places, kinds.get(region, ""), boarding, opens)
        coming.append((region, site))
    now = []
    for school in schools:
        name = in_reader_language(school["name_zh"], school["name_en"])
        kind = kinds.get(school["region"], "")
        place = _place_in(school["location"])
        site = Site(place, name, "", school["stage"], school["places"], kind, school["boarding"], None, school["code"])
        now.append((school["region"], site))
    return now, coming


def _in_use(schools: QuerySet[School]) -> Sites:
    return [
        (region, Site(_place(at), in_reader_language(zh, en), "", stage, places, kind, boarding, None, code))
        for code, zh, en, stage, places, region, kind, boarding, at in schools.values_list(
            "code", "name_zh", "name_en", "stage", "places", "region__code", "region__kind", "boarding", "location"
        )
    ]


def _year(finish: date | None) -> int:
    """In which a project is expected to open; 0: nobody knows."""
    return finish.year if finish else 0


def _place(point: Any) -> tuple[float, float] | None:
    return (round(point.x, 6), round(point.y, 6)) if point else None


def _place_in(point: Mapping[str, Any] | None) -> tuple[float, float] | None:
    return (round(point["coordinates"][0], 6), round(point["coordinates"][1], 6)) if point else None


def served(
    areas: Areas,
    bureaus: Iterable[Bureau],
    now: Iterable[tuple[str, Site]],
    coming: Iterable[tuple[str, Site]],
) -> dict[tuple[str, str], Served]:
    """By area code and stage. No query. What lies in no area of ours is left out."""
    found: dict[tuple[str, str], Served] = defaultdict(Served)
    for bureau in bureaus:
        for code, stages in Children.from_document(bureau.children).of.items():
            for stage, children in stages.items():
                found[code, stage].children = children
    for region, site in now:
        for area, stage, places in _parts(areas, region, site):
            found[area.code, stage].now += places
            found[area.code, stage].schools += 1
    for region, site in coming:
        for area, stage, places in _parts(areas, region, site):
            if places:
                found[area.code, stage].coming[site.opens or 0] += places
    return found


def _parts(areas: Areas, region: str, site: Site) -> Iterable[tuple[Area, str, int]]:
    area = areas.holding(region)
    if area is not None:
        for stage, places in shared(site.stage, site.places or 0).items():
            if stage in STAGES:
                yield area, stage, places
