"""The one filterset that narrows lists, maps, tiles, exports and pages (mechanism 4): same query string, same result.

Unknown parameters, unreadable values and private fields are refused by name: a typing error never widens a result.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import date
from functools import cached_property
from math import cos, radians
from typing import Any
from urllib.parse import urlencode

import django_filters as filters
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point, Polygon
from django.contrib.gis.measure import D
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects_api.bounds import PLACES_MAX
from projects_api.boxes import read_bbox, read_near
from projects_api.choices import Kind, Light, LocationPrecision, PlanTarget, SchoolStage, Status, StatusReason
from projects_api.errors import FieldError, InvalidInput, NotFound
from projects_api.filterfields import (
    YEAR,
    BooleanFilter,
    CodeFilter,
    CodesFilter,
    DateFilter,
    LineFilter,
    MomentFilter,
    NumberFilter,
    YearFilter,
)
from projects_api.geodesy import Bounds
from projects_api.models import Project, User, roles_of
from projects_api.models.projects import READS_ALL
from projects_api.selectors.bureaus import day_for
from projects_api.selectors.crowds import within
from projects_api.selectors.lights import since, with_light
from projects_api.selectors.places import within_region
from projects_api.spelling import search_words
from projects_api.tiling import covering

MAX_PARAMETERS = 60
LONGEST_SCOPE = 1000
# Filters over what only a bureau's own people may know.
PRIVATE_FILTERS = frozenset({"published", "archived"})


class ProjectFilterSet(filters.FilterSet):
    """Filters of everything that lists projects or their sites."""

    base_filters: dict[str, filters.Filter]
    # Those that take several values, by comma or repeated.
    several: frozenset[str]

    bureau = CodeFilter(field_name="bureau__code", label=gettext_lazy("Bureau"))
    region = CodeFilter(method="by_region", label=gettext_lazy("Division, with what lies in it"))
    school = CodeFilter(field_name="school__code", label=gettext_lazy("School"))
    plan = CodeFilter(method="by_plan", label=gettext_lazy("Plan"))
    plan_target = CodesFilter(choices=PlanTarget, label=gettext_lazy("Target in the plan"))
    kind = CodesFilter(choices=Kind, label=gettext_lazy("Kind"))
    stage = CodesFilter(choices=SchoolStage, label=gettext_lazy("School stage"))
    status = CodesFilter(choices=Status, label=gettext_lazy("Status"))
    status_reason = CodesFilter(choices=StatusReason, label=gettext_lazy("Why it stands still"))
    location_precision = CodesFilter(choices=LocationPrecision, label=gettext_lazy("Location known by"))
    located = BooleanFilter(method="by_located", label=gettext_lazy("Has a site"))
    year = YearFilter(field_name="plan__year", min_value=1950, max_value=2100, label=gettext_lazy("Year of the plan"))
    q = LineFilter(method="by_words", label=gettext_lazy("Search"))
    # Blanks are no place: stripped they would be no filter either, and everything an answer.
    in_bbox = filters.CharFilter(method="by_bbox", strip=False, label=gettext_lazy("West, south, east, north"))
    near = filters.CharFilter(method="by_distance", strip=False, label=gettext_lazy("Longitude, latitude"))
    radius = filters.CharFilter(method="with_near", label=gettext_lazy("Radius in metres"))
    updated_since = MomentFilter(field_name="updated_at", lookup_expr="gte", label=gettext_lazy("Updated since"))
    light = CodesFilter(choices=Light, method="by_light", label=gettext_lazy("Light"))
    late = BooleanFilter(
        field_name="late_from", method="by_day", label=gettext_lazy("A stage is behind its planned day")
    )
    critical = BooleanFilter(
        field_name="critical_from", method="by_day", label=gettext_lazy("The finish is behind the plan")
    )
    stale = BooleanFilter(field_name="stale_from", method="by_day", label=gettext_lazy("No report for a long time"))
    published = BooleanFilter(method="by_published", label=gettext_lazy("Published"))
    archived = BooleanFilter(method="by_archived", label=gettext_lazy("Archived"))
    next_due_after = DateFilter(field_name="next_due", lookup_expr="gte")
    next_due_before = DateFilter(field_name="next_due", lookup_expr="lte")
    progress_min = NumberFilter(field_name="progress", lookup_expr="gte", min_value=0, max_value=100)
    progress_max = NumberFilter(field_name="progress", lookup_expr="lte", min_value=0, max_value=100)
    places_min = NumberFilter(field_name="places", lookup_expr="gte", min_value=0, max_value=PLACES_MAX)
    places_max = NumberFilter(field_name="places", lookup_expr="lte", min_value=0, max_value=PLACES_MAX)
    total_investment_min = NumberFilter(field_name="total_investment", lookup_expr="gte", min_value=0, max_value=10**13)
    total_investment_max = NumberFilter(field_name="total_investment", lookup_expr="lte", min_value=0, max_value=10**13)

    class Meta:
        model = Project
        fields: list[str] = []

    def __init__(self, data: QueryDict, *args: Any, today: date | None = None, **kwargs: Any) -> None:
        # A filter that nobody asks for says nothing, and copying all thirty costs more than the query itself.
        self.base_filters = {name: made for name, made in type(self).base_filters.items() if name in data}
        super().__init__(data, *args, **kwargs)
        self._today = today

    @cached_property
    def day(self) -> date:
        """By which lights and the like are told: one query where a bureau is named, when a filter wants it."""
        return self._today or day_for(self.data, timezone.now())

    def by_region(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        return queryset.filter(within_region("region__code", value))

    def by_plan(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        code, _dash, year = value.rpartition("-")
        if not (code and YEAR.fullmatch(year)):
            raise InvalidInput.one("?plan", "invalid", _("A plan looks like 610526-2023."))
        return queryset.filter(plan__bureau__code=code, plan__year=int(year))

    def by_located(self, queryset: QuerySet[Project], name: str, value: bool) -> QuerySet[Project]:
        return queryset.filter(site__isnull=not value)

    def by_words(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        """Every word must occur in a title, the code, the address, or the name of the school or the region, also as pinyin.

        Public fields only.
        """
        for word in search_words(value):
            queryset = queryset.filter(
                Q(search_text__contains=word)
                | Q(region__search_text__contains=word)
                | Q(school__search_text__contains=word)
            )
        return queryset

    def by_bbox(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        return in_window(queryset, read_bbox(value))

    def by_distance(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        near = read_near(value, self.data.get("radius"))
        centre = Point(near.lon, near.lat, srid=4326)
        # The box uses the spatial index; the sphere decides. A degree of longitude shrinks with the cosine of latitude.
        high = near.radius / 110_500
        wide = min(high / max(cos(radians(min(abs(near.lat) + high, 89.9))), 0.001), 180)
        box = Polygon.from_bbox((near.lon - wide, near.lat - high, near.lon + wide, near.lat + high))
        box.srid = 4326
        return (
            within(queryset, covering(*box.extent))
            .filter(site__isnull=False, site__bboverlaps=box)
            .annotate(distance=Distance("site", centre))
            .filter(distance__lte=D(m=near.radius))
        )

    def with_near(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        if not self.data.get("near"):
            raise InvalidInput.one("?near", "required", _("A radius needs the point it is around."))
        return queryset

    def by_light(self, queryset: QuerySet[Project], name: str, value: list[str]) -> QuerySet[Project]:
        return with_light(queryset, value, self.day)

    def by_day(self, queryset: QuerySet[Project], name: str, value: bool) -> QuerySet[Project]:
        """A stored day from which it is true: `schedule.outlook`."""
        return queryset.filter(since(name, self.day)) if value else queryset.exclude(since(name, self.day))

    def by_published(self, queryset: QuerySet[Project], name: str, value: bool) -> QuerySet[Project]:
        return queryset.filter(published=value)

    def by_archived(self, queryset: QuerySet[Project], name: str, value: bool) -> QuerySet[Project]:
        return queryset.filter(archived_at__isnull=not value)

    def filter_queryset(self, queryset: QuerySet[Project]) -> QuerySet[Project]:
        queryset = super().filter_queryset(queryset)
        # Archived projects are found only by those who ask for them.
        return queryset if self.data.get("archived") else unarchived(queryset)


ProjectFilterSet.several = frozenset(
    name for name, made in ProjectFilterSet.base_filters.items() if isinstance(made, CodesFilter)
)


def unarchived(queryset: QuerySet[Project]) -> QuerySet[Project]:
    return queryset.filter(archived_at__isnull=True)


def in_window(queryset: QuerySet[Project], box: Bounds) -> QuerySet[Project]:
    """Those whose site lies in the box, its edges included."""
    window = Polygon.from_bbox((box.west, box.south, box.east, box.north))
    window.srid = 4326
    # The numbers of the places use an index on both engines, the geometry decides. SpatiaLite takes a missing site to
    # overlap everything (it answers -1 for what it cannot compare).
    return within(queryset, covering(*box)).filter(site__isnull=False, site__bboverlaps=window)


def filtered(
    request: HttpRequest,
    queryset: QuerySet[Project],
    *,
    user: Any = None,
    today: date | None = None,
    view_parameters: Iterable[str] = (),
    besides: Iterable[str] = (),
) -> QuerySet[Project]:
    """The visible projects narrowed by the request's own query string. Lazy: no query here.

    ``user`` is who asks where that is not the session's user (a token, or nobody, whoever asks). ``view_parameters`` are the
    names that the view reads itself (``page`` …), ``besides`` the filters that it applies itself. Raises InvalidInput that
    names every unknown parameter, unreadable value, private filter.
    """
    names = ProjectFilterSet.base_filters.keys()
    data = checked_query(request.GET, known=names | set(view_parameters), several=ProjectFilterSet.several)
    refuse_private(data, user if user is not None else request.user)
    if own := set(besides) & data.keys():
        data = data.copy()
        for name in own:
            del data[name]
    return _narrowed(data, queryset, today)


def _narrowed(data: QueryDict, queryset: QuerySet[Project], today: date | None) -> QuerySet[Project]:
    if not data:
        return unarchived(queryset)  # as below, without the form that would find nothing wrong
    filterset = ProjectFilterSet(data, queryset=queryset, today=today)
    if not filterset.is_valid():
        raise InvalidInput(
            [
                FieldError(f"?{name}", e.code or "invalid", "; ".join(e.messages))
                for name, found in filterset.errors.as_data().items()
                for e in found
            ]
        )
    narrowed: QuerySet[Project] = filterset.qs
    return narrowed


# What an alert cannot be about: what only a bureau's own people know, and a moment.
_NOT_LASTING = PRIVATE_FILTERS | {"updated_since"}


def alert_scope(data: QueryDict) -> str:
    """A query string as an alert keeps it (`models.Alert`): checked, without what is empty, in a fixed order.

    ``project=CODE`` is alone. Raises InvalidInput; NotFound for a project that is not public.
    """
    if code := data.get("project"):
        checked_query(data, known=("project",))
        if not Project.objects.visible_to(AnonymousUser()).filter(code=code).exists():
            raise NotFound(_("There is no project %(code)s that you can see.") % {"code": code})
        return urlencode({"project": code})
    checked_query(data, known=ProjectFilterSet.base_filters.keys() - _NOT_LASTING, several=ProjectFilterSet.several)
    _narrowed(data, Project.objects.none(), None)
    scope = urlencode(sorted((name, value) for name, values in data.lists() for value in values if value))
    if len(scope) > LONGEST_SCOPE:
        raise InvalidInput.one("?", "too_long", _("At most %(max)s characters.") % {"max": LONGEST_SCOPE})
    return scope


def public_projects(scope: str) -> QuerySet[Project]:
    """The public projects that an alert's scope means today; none where it can no longer be read."""
    projects: QuerySet[Project] = Project.objects.visible_to(AnonymousUser())
    data = QueryDict(scope)
    if code := data.get("project"):
        return projects.filter(code=code)
    try:
        return _narrowed(data, projects, None)
    except InvalidInput:
        return projects.none()


def narrows(data: QueryDict, *, besides: Iterable[str] = ()) -> bool:
    """Whether a query string asks for less than all: anything filled in, ``besides`` what the view reads itself."""
    own = set(besides)
    return any(value for name, values in data.lists() if name not in own for value in values)


def checked_query(data: QueryDict, *, known: Iterable[str], several: Container[str] = ()) -> QueryDict:
    """A query string whose names are all known and whose values are clean text. Raises InvalidInput.

    ``several``: the names that may come more than once. Of any other only one value would count, and nobody could say which.
    """
    if sum(len(values) for _name, values in data.lists()) > MAX_PARAMETERS:
        raise InvalidInput.one("?", "too_many_parameters", _("At most %(max)s parameters.") % {"max": MAX_PARAMETERS})
    names = set(known)
    problems = []
    for name, values in data.lists():
        shown = f"?{name[:60]}".encode("ascii", "backslashreplace").decode()
        if name not in names:
            problems.append(FieldError(shown, "unknown_parameter", _("There is no such parameter.")))
        elif any("\x00" in value or len(value) > 1000 for value in values):
            problems.append(FieldError(shown, "invalid", _("Not a readable value.")))
        elif len(values) > 1 and name not in several:
            problems.append(FieldError(shown, "repeated", _("This takes one value: name it once.")))
    if problems:
        raise InvalidInput(problems)
    return data


def refuse_private(data: QueryDict, user: Any) -> None:
    private = sorted(PRIVATE_FILTERS & data.keys())
    if private and not knows_private(user):
        raise InvalidInput(
            [
                FieldError(f"?{name}", "private_field", _("Only a bureau's own people can filter by this."))
                for name in private
            ]
        )


def knows_private(user: Any) -> bool:
    """Whether this person reads all of some bureau's projects, and so may filter and sort by private fields."""
    if not isinstance(user, User) or not user.is_active:
        return False
    return user.is_superuser or any(held & READS_ALL for held in roles_of(user).values())
