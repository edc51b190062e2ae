"""What the public sees at one moment, as validators: one for each thing that an address may speak of.

A validator is a digest of what is read for it, rows of the record or versions of the ledger: while it stands, so do the files.
What is said of others counts (a region's name, a bureau's calendar, how long other projects' stages took), what is not does not.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from projects_api.choices import QuestionState
from projects_api.kept import surroundings
from projects_api.models import (
    AnnualPlan,
    Bureau,
    Membership,
    Milestone,
    Project,
    Question,
    Region,
    School,
    SchoolEvent,
)
from projects_api.selectors.ledger import newest_entry
from projects_api.selectors.places import region_prefix, schools_visible_to

Validators = dict[str, str]
# Of a bureau and a plan, on no page: who is told of what, and their own chains, which move with every setting.
_UNSAID = ("notifications", "version", "head_hash")


@dataclass(frozen=True)
class World:
    """Validators by code (plans: by slug).

    ``standing``: changes whenever anything is to be made. ``whole``: with every entry of the ledger. ``lasting``: with the
    program and its settings alone. ``projects``: what is about a project; ``pages``: with how stages of its bureau went and who
    confirmed its own; ``asked``: with how many questions wait. ``mapped``: those whose page may hold a map (`mapviews.own`).
    ``regions``, ``bureaus``, ``plans``, ``schools``: with the projects in them.
    """

    newest: int
    standing: str
    whole: str
    lasting: str
    projects: Validators
    pages: Validators
    asked: Validators
    mapped: Validators
    plans: Validators
    regions: Validators
    bureaus: Validators
    schools: Validators


class _Row(NamedTuple):
    pk: int
    code: str
    version: int
    bureau: int
    region: int
    land: str
    school: int | None
    plan: int | None


def standing(told: str) -> str:
    """`World.standing` alone. ``told`` is what the run was asked for: other addresses are other pages. Three queries."""
    return _standing(newest_entry(), surroundings(), told, _days(), _waiting())


def world(told: str) -> World:
    """All of it: about 16 queries, none per project."""
    newest, waiting = newest_entry(), _waiting()
    every = (surroundings(), told, _days())
    public = Project.objects.visible_to(AnonymousUser()).order_by("code")
    columns = ("pk", "code", "version", "bureau_id", "region_id", "region__code", "school_id", "plan_id")
    rows = [_Row(*values) for values in public.values_list(*columns)]

    bureaus = list(Bureau.objects.filter(pk__in={row.bureau for row in rows}).select_related("region").order_by("code"))
    seats = _rows(Region.objects.filter(pk__in={bureau.region_id for bureau in bureaus}))
    said = _rows(Bureau.objects.filter(pk__in={bureau.pk for bureau in bureaus}), *_UNSAID)
    of_bureau = {bureau.pk: _digest(every, said[bureau.pk], seats[bureau.region_id]) for bureau in bureaus}
    lands = _rows(Region.objects.all(), "boundary", "search_text")
    plans = _rows(AnnualPlan.objects.all(), *_UNSAID)
    register = list(schools_visible_to(AnonymousUser()).values_list("pk", "code", "bureau_id", "region_id"))
    schools = _schools([pk for pk, *_where in register])
    own = {
        row.code: _digest(
            of_bureau[row.bureau], row, lands[row.region], schools.get(row.school or 0), plans.get(row.plan or 0)
        )
        for row in rows
    }

    counties = {bureau.region.code: bureau.pk for bureau in bureaus}
    codes = dict(Region.objects.order_by("code").values_list("pk", "code"))
    above = _divisions(codes.values())
    in_bureau, in_plan, in_region, in_school = _lists(), _lists(), _lists(), _lists()
    for row in rows:
        in_bureau[row.bureau].append(own[row.code])
        in_plan[row.plan].append(own[row.code])
        in_school[row.school].append(own[row.code])
        for code in above(row.land):
            in_region[code].append(own[row.code])
    # What stands around a list of one region: the others, bureaus, years. A county's page has figures of its plans too.
    frame = _digest(every, lands, of_bureau, plans, sorted(in_region.keys() | counties.keys()))
    published = AnnualPlan.objects.filter(published=True).order_by("bureau__code", "-year")
    years = list(published.values_list("pk", "bureau_id", "bureau__code", "year"))
    for pk, _code, _bureau, land in register:
        for code in above(codes.get(land, "")):
            if code in in_region or code in counties:
                in_region[code].append(schools[pk])
    grounds = _grounds(every)
    figures = {pk: [in_plan[plan] for plan, bureau, *_year in years if bureau == pk] for pk in of_bureau}
    return World(
        newest=newest,
        standing=_standing(newest, *every, waiting),
        whole=_digest(every, newest),
        lasting=_digest(*every[:2]),
        projects=own,
        pages=_pages(public, rows, own),
        asked={code: _digest(validator, waiting.get(code, 0)) for code, validator in own.items()},
        mapped={
            code: own[code]
            for code in public.filter(Q() if settings.BASE_MAPS else Q(footprint__isnull=False)).values_list(
                "code", flat=True
            )
            if code in own
        },
        plans={
            f"{code}-{year}": _digest(every, of_bureau.get(bureau), plans.get(pk), in_plan[pk])
            for pk, bureau, code, year in years
        },
        regions={
            code: _digest(frame, in_region[code], figures.get(counties.get(code, 0)))
            for code in sorted(in_region.keys() | counties.keys())
        },
        bureaus={bureau.code: _digest(of_bureau[bureau.pk], in_bureau[bureau.pk]) for bureau in bureaus},
        schools={
            code: _digest(grounds[bureau], lands[land], schools[pk], in_school[pk])
            for pk, code, bureau, land in register
        },
    )


def _pages(public: QuerySet[Project], rows: Iterable[_Row], own: Validators) -> Validators:
    """With what the odds of a project's day are drawn from, the record of its bureau for the stages that it has not finished; and
    with the roles by whose holders it is said that a stage was confirmed."""
    finished = Milestone.objects.filter(actual__isnull=False, started__isnull=False, duration__gt=0)
    record = _grouped(
        finished.filter(project__bureau__in={row.bureau for row in rows}).order_by("key", "pk"),
        ("project__bureau_id", "key"), ("actual", "started", "duration"),
    )  # fmt: skip
    left: dict[int, list[str]] = defaultdict(list)
    still = Milestone.objects.filter(project__in=public.order_by().values("pk"), actual__isnull=True)
    for project, key in still.order_by("project_id", "key").values_list("project_id", "key"):
        left[project].append(key)
    roles = _grouped(Membership.objects.order_by("pk"), ("bureau_id",), ("user_id", "role", "since", "ended"))
    return {
        row.code: _digest(
            own[row.code], roles.get((row.bureau,)), [record.get((row.bureau, key)) for key in left[row.pk]]
        )
        for row in rows
    }


def _schools(ids: Iterable[int | None]) -> dict[int, str]:
    """With what happened to them."""
    wanted = {pk for pk in ids if pk}
    happened = SchoolEvent.objects.filter(school__in=wanted).order_by("school_id", "number")
    events = _grouped(happened, ("school_id",), _columns(SchoolEvent))
    schools = _rows(School.objects.filter(pk__in=wanted), "search_text")
    return {pk: _digest(row, events.get((pk,))) for pk, row in schools.items()}


def _grounds(every: object) -> dict[int, str]:
    """Of every bureau, also of one without public projects: what it is, its county's boundary, and how its divisions are called,
    any of which an act may speak of."""
    bureaus = Bureau.objects.order_by("pk").values_list("pk", "region_id")
    said = _rows(Bureau.objects.all(), *_UNSAID)
    seats = _rows(Region.objects.filter(pk__in=[region for _pk, region in bureaus]))
    names = _digest(list(Region.objects.order_by("pk").values_list("pk", "name_zh", "name_en")))
    return {pk: _digest(every, said[pk], seats[region], names) for pk, region in bureaus}


def _divisions(codes: Iterable[str]) -> Callable[[str], list[str]]:
    """Which of the divisions a place lies in, itself among them."""
    by_prefix = {region_prefix(code): code for code in codes}
    lengths = sorted({len(prefix) for prefix in by_prefix})
    return lambda land: [by_prefix[land[:n]] for n in lengths if n <= len(land) and land[:n] in by_prefix]


def _lists() -> dict[Any, list[str]]:
    return defaultdict(list)


def _rows(rows: QuerySet[Any], *without: str) -> dict[int, str]:
    """A digest of each row by its id: what is not a column yet is in it as soon as it is one."""
    return {pk: _digest(values) for pk, *values in rows.order_by().values_list("pk", *_columns(rows.model, *without))}


def _grouped(rows: QuerySet[Any], by: tuple[str, ...], columns: Iterable[str]) -> dict[tuple[Any, ...], str]:
    """A digest of all rows of each group, in their order."""
    found: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for values in rows.values_list(*by, *columns):
        found[values[: len(by)]].append(values[len(by) :])
    return {key: _digest(group) for key, group in found.items()}


def _columns(model: type[Any], *without: str) -> list[str]:
    return [column.attname for column in model._meta.concrete_fields if column.attname not in without]


def _standing(newest: int, program: str, told: str, days: list[date], waiting: dict[str, int]) -> str:
    return _digest(program, told, days, waiting, newest)


def _days() -> list[date]:
    """Which day it is, here and in every bureau: lights and days late change at midnight."""
    zones = {settings.TIME_ZONE, *Bureau.objects.order_by().values_list("time_zone", flat=True).distinct()}
    return sorted({timezone.localdate(timezone=ZoneInfo(zone)) for zone in zones})


def _waiting() -> dict[str, int]:
    """How many questions nobody has looked at, by project: the page says so, and the ledger does not know of them."""
    rows = Question.objects.filter(state=QuestionState.WAITING).order_by("project__code")
    return dict(rows.values_list("project__code").annotate(Count("pk")))


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(_plain(parts)).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _plain(value: Any) -> Any:
    """A geometry's ``repr`` is its place in memory."""
    if isinstance(value, GEOSGeometry):
        return bytes(value.wkb)
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value
