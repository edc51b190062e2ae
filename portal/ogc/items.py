"""The items' own parameters: how many, from where on, in which box, of which time; everything else is the one filterset's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from django.core.cache import caches
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.ogc.answers import Document
from portal.public_answers import PUBLIC
from projects_api.api.pagination import whole_number
from projects_api.boxes import read_boxes
from projects_api.errors import InvalidInput
from projects_api.filtersets import filtered, in_window
from projects_api.models import Project
from projects_api.models.base import in_reader_language
from projects_api.selectors.ledger import validator
from projects_api.selectors.periods import Period, periods_of, within_period
from projects_api.selectors.sites import NAMES, feature, feature_rows

LIMIT, MOST = 100, 1000
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
OWN = ("f", "limit", "bbox", "bbox-crs", "datetime", "after", "before")
# What stands beside the columns of sites.geojson: column, name in the feature.
ALSO = {
    "school__code": "school", "plan_target": "plan_target", "address": "address", "classes": "classes",
    "floor_area": "floor_area", "total_investment": "total_investment", "contractor": "contractor",
    "needed_by": "needed_by", "status_reason": "status_reason", "status_note": "status_note",
    "status_since": "status_since", "region__name_zh": "region_zh", "region__name_en": "region_en", "pk": "",
}  # fmt: skip
_COLUMNS = (*NAMES, *ALSO.values())
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2}))?", re.ASCII)


@dataclass(frozen=True)
class Page:
    """One page of features. ``after`` and ``before``: the codes that the next and the previous page are asked for by."""

    features: list[Document]
    matched: int
    after: str = ""
    before: str = ""


def narrowed(request: HttpRequest) -> QuerySet[Project]:
    """The public's projects that the query string leaves. Lazy. Raises InvalidInput."""
    projects: QuerySet[Project] = Project.objects.visible_to(PUBLIC)
    projects = filtered(request, projects, user=PUBLIC, view_parameters=OWN)
    asked = request.GET
    if asked.get("bbox-crs") not in (None, "", CRS84):
        words = _("Only %(crs)s: longitude, latitude.") % {"crs": CRS84}
        raise InvalidInput.one("?bbox-crs", "unknown_crs", words)
    if text := asked.get("bbox"):
        # What lies nowhere is in every box (/req/core/fc-bbox-response): a program that walks the boxes misses nothing.
        found = projects.filter(place__isnull=True)
        for box in read_boxes(text, pointer="?bbox"):
            found |= in_window(projects, box)
        projects = found
    if text := asked.get("datetime"):
        projects = within_period(projects, *days(text))
    return projects


def page(request: HttpRequest) -> Page:
    """The page that is asked for, in the order of the codes. Four queries, whatever the number of projects and of pages.

    A page begins after (or ends before) a code, so that nothing is counted off and nobody's new project moves the others.
    """
    projects = narrowed(request)
    limit = min(whole_number(request.GET.get("limit") or str(LIMIT), "?limit", 1, 10**9), MOST)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    if after and before:
        raise InvalidInput.one("?before", "one_of_two", _("Either after or before, not both."))
    matched = kept(request, projects.order_by().count)
    if before:
        rows = list(_rows(projects.filter(code__lt=before).order_by("-code"))[: limit + 1])
        page, more_before, more_after = rows[:limit][::-1], len(rows) > limit, True
    else:
        rows = list(_rows((projects.filter(code__gt=after) if after else projects).order_by("code"))[: limit + 1])
        page, more_before, more_after = rows[:limit], bool(after), len(rows) > limit
    return Page(
        features_of(page),
        matched,
        after=page[-1][0] if page and more_after else "",
        before=page[0][0] if page and more_before else "",
    )


def features_of(rows: list[tuple[Any, ...]]) -> list[Document]:
    """Rows as features, with the title in the reader's language and the days of the stages. One query."""
    pk = len(NAMES) + len(ALSO) - 1
    periods = periods_of(row[pk] for row in rows)
    return [_feature(row, periods.get(row[pk], (None, None))) for row in rows]


def one(code: str) -> Document | None:
    """The feature of a project that the public sees. Two queries."""
    rows = list(_rows(Project.objects.visible_to(PUBLIC).filter(code=code)))
    return features_of(rows)[0] | {"geometry": orjson.loads(rows[0][-1] or "null")} if rows else None


def kept(request: HttpRequest, make: Any) -> Any:
    """What ``make`` says (as JSON) of all that the filters leave: asked of the database once for all pages, until a write."""
    own = ("f", "limit", "after", "before")
    asked = sorted((name, *values) for name, values in request.GET.lists() if name not in own)
    key = "ogc:" + validator(PUBLIC, request.path_info, repr(asked), str(timezone.localdate()))
    found = caches["tiles"].get(key)
    if found is None:
        caches["tiles"].set(key, found := orjson.dumps(make()))
    return orjson.loads(found)


def _rows(projects: QuerySet[Project]) -> QuerySet[Project, Any]:
    return feature_rows(projects, today=timezone.localdate(), also=tuple(ALSO))


def _feature(row: tuple[Any, ...], period: Period) -> Document:
    found = feature(row, _COLUMNS)
    facts = found["properties"]
    del facts[""]
    for name in ("floor_area", "total_investment"):  # a program that draws by them wants numbers; exact to 15 digits
        facts[name] = None if facts[name] is None else float(facts[name])
    facts["title"] = in_reader_language(facts["title_zh"], facts["title_en"])
    facts["region_name"] = in_reader_language(facts.pop("region_zh"), facts.pop("region_en"))
    facts["begins"], facts["ends"] = period
    return found


def days(text: str) -> Period:
    """``datetime`` as its first and last day here; None: open on that side. Raises InvalidInput."""
    first, slash, last = text.partition("/")
    low = _day(first)
    high = _day(last) if slash else low
    if (low is None and high is None) or (low and high and low > high):
        raise _no_datetime()
    return low, high


def _day(text: str) -> date | None:
    # QGIS writes "up to" as an interval that begins in the year 0, which no calendar of ours has.
    if text in ("", "..") or text.startswith("0000-"):
        return None
    if not _MOMENT.fullmatch(text):
        raise _no_datetime()
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise _no_datetime() from error
    try:
        return moment.date() if len(text) == 10 else timezone.localtime(moment).date()
    except (ValueError, OverflowError):  # at the ends of the calendar there is no other time zone
        return moment.date()


def _no_datetime() -> InvalidInput:
    words = _("A day or an RFC 3339 time, or two of them with / between, of which one may be .. (open).")
    return InvalidInput.one("?datetime", "invalid", words)
