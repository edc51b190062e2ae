"""Another day: a project, and lists under the same filters, from documents instead of rows.

``as_of`` replays the ledger (what was known then), ``on`` reads the dates of the facts (how it was then by what is known
now); both together say how a day was by what another day knew of it. A past state has no table to query, so this costs
time and memory in proportion to the projects that the reader may see, of one bureau where the filters name one; lists of today
never come here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from threading import BoundedSemaphore
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from projects_api.approvals import approved, school_on
from projects_api.boxes import read_bbox, read_near
from projects_api.choices import Kind
from projects_api.errors import FieldError, InvalidInput, NotFound, Unavailable
from projects_api.filterfields import DateField
from projects_api.filtersets import ProjectFilterSet
from projects_api.geodesy import distance
from projects_api.models import AnnualPlan, Bureau, Project, Region, School
from projects_api.models.base import in_reader_language
from projects_api.schedule.facts import milestones_of
from projects_api.schedule.outlook import Outlook
from projects_api.schedule.travel import document_on
from projects_api.selectors.documents import documents_of, project_document
from projects_api.selectors.facts import Document
from projects_api.selectors.ledger import Known, document_as_of, documents_as_of, first_known
from projects_api.selectors.places import lies_in, region_names, schools_read_whole_by, schools_visible_to
from projects_api.selectors.plans import PlanProject, projects_of_plan
from projects_api.selectors.schedule import ProjectFacts, outlook_of
from projects_api.selectors.schools import school_documents
from projects_api.spelling import finds, search_text, search_words
from projects_api.wording import day as in_words

MOST = 10_000  # projects that are replayed for one answer; their documents take 26 KB of memory each
# Each filter and each day is another answer that nobody keeps, and whole ledgers are read for it. The public may hold so many of
# a process's eight threads with that; who is signed in decides something and is not counted.
AT_ONCE = 4
_seats = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class When:
    """The day that a reader asks for: ``today``, or how it was ``on`` another, or how it was known ``as_of`` another."""

    today: date
    as_of: date | None = None
    on: date | None = None

    @property
    def day(self) -> date:
        return self.on or self.as_of or self.today

    @property
    def given(self) -> dict[str, date]:
        """What was asked for, by parameter; empty for today."""
        return {name: day for name, day in (("as_of", self.as_of), ("on", self.on)) if day}

    @property
    def words(self) -> str:
        """Which day is shown, for pages; empty for today."""
        if self.on and self.as_of:
            words = _("As it was on %(on)s, by what was known on %(as_of)s.")
        elif self.on:
            words = _("As it was on %(on)s, by what is known today.")
        elif self.as_of:
            words = _("As it was known on %(as_of)s. What was reported later does not count.")
        else:
            return ""
        return words % {"on": in_words(self.on), "as_of": in_words(self.as_of)}


def when_in(data: Mapping[str, str], today: date) -> When:
    """``as_of=2023-06-30`` and ``on=…`` of a query string: days of the record, not in the future. Raises InvalidInput."""
    return When(today, as_of=_day_in(data, "as_of", today), on=_day_in(data, "on", today))


def _day_in(data: Mapping[str, str], name: str, today: date) -> date | None:
    text = data.get(name)
    if text is None:
        return None
    try:
        day = DateField().clean(text)
    except ValidationError as error:
        raise InvalidInput.one(f"?{name}", "invalid", "; ".join(error.messages)) from error
    if day is not None and day > today:
        raise InvalidInput.one(f"?{name}", "in_future", _("Nothing is known of the future: give a day up to today."))
    return day


@dataclass(frozen=True)
class Past:
    """A project as it was: its document, its version, the time of its newest entry then and of the newest that is a report."""

    document: Document
    version: int
    recorded: datetime
    heard: datetime
    day: date
    bureau: Bureau

    @cached_property
    def outlook(self) -> Outlook:
        """Calculated here, with the bureau's calendar and rules of today: 0.3 ms."""
        return outlook_of(self.document, self.bureau, reported=min(self.bureau.day_of(self.heard), self.day))


def past_document(project: Project, user: Any, when: When) -> Known:
    """A project's whole document of that day, its version and the time of its newest entry then. Raises NotFound.

    7 queries; with ``as_of`` one.
    """
    found = None
    if when.as_of:
        found = document_as_of(project, when.as_of)
        if found is None:
            raise NotFound(_("On %(day)s the record held nothing about this project yet.") % {"day": when.as_of})
        public_then = found.document["published"] and not found.document["archived"]
        if not public_then and not user.has_perm("project.read_private", project):
            raise NotFound(_("On %(day)s this project was not public yet.") % {"day": when.as_of})
    found = found or Known(project_document(project), project.version, project.updated_at, project.heard_at)
    return found._replace(document=_on(found, when.on, project.bureau)) if when.on else found


def _on(known: Known, on: date, bureau: Bureau) -> Document:
    return document_on(known.document, on, recorded=bureau.day_of(known.at), zone=bureau.time_zone)


def past_projects(user: Any, data: QueryDict, when: When, *, among: QuerySet[Project] | None = None) -> list[Past]:
    """The projects that the reader may see and could have seen then, that the filters leave, by code.

    ``data`` has been checked by ``filtersets.filtered``. ``among``: no others come into question. Raises InvalidInput for
    a filter that has no past, and where more than `MOST` would have to be replayed; Unavailable where too many of the public
    ask for other days.
    """
    with _seat(user):
        return _past_projects(user, data, when, among)


@contextmanager
def _seat(user: Any) -> Iterator[None]:
    if user.is_authenticated:
        yield
        return
    if not _seats.acquire(blocking=False):
        raise Unavailable(_("Many people are looking at other days just now. Try again in a moment."))
    try:
        yield
    finally:
        _seats.release()


def _past_projects(user: Any, data: QueryDict, when: When, among: QuerySet[Project] | None) -> list[Past]:
    wanted, lights = predicates(data, today=when.day)
    visible = Project.objects.visible_to(user)
    if bureau := data.get("bureau"):
        visible = visible.filter(bureau__code=bureau)  # a project never changes it: nothing else need be replayed
    if among is not None:
        visible = visible.filter(pk__in=among.order_by().values("pk"))
    in_full = set(Project.objects.read_in_full_by(user).values_list("pk", flat=True))
    found = []
    for pk, past in _pasts(visible, when):
        public_then = past.document["published"] and not past.document["archived"]
        if (public_then or pk in in_full) and all(fits(past.document) for fits in wanted):
            found.append(past)
    found = [past for past in found if all(fits(past.outlook) for fits in lights)] if lights else found
    return sorted(found, key=lambda past: str(past.document["code"]))


def _pasts(projects: Any, when: When) -> Iterator[tuple[int, Past]]:
    bureaus = {bureau.pk: bureau for bureau in Bureau.objects.all()}
    of = {pk: bureaus[bureau] for pk, bureau in projects.order_by().values_list("pk", "bureau_id")[: MOST + 1]}
    if len(of) > MOST:
        words = _("Another day can be shown of at most %(n)s projects: choose a bureau.") % {"n": f"{MOST:,}"}
        raise InvalidInput([FieldError(f"?{name}", "too_many", words) for name in when.given])
    if when.as_of:
        states = documents_as_of(projects, when.as_of)
    else:
        states = (
            (p.pk, Known(document, p.version, p.updated_at, p.heard_at)) for p, document in documents_of(projects)
        )
    for pk, known in states:
        document = _on(known, when.on, of[pk]) if when.on else known.document
        yield pk, Past(document, known.version, known.at, known.heard, when.day, of[pk])


def past_schools(user: Any, when: When, *, bureau: str = "", code: str = "") -> list[Document]:
    """The register as it was, as far as the reader may see it and could have seen it then, by code.

    About 5 queries for any number of schools; with ``as_of`` the projects of those without an approved act are replayed too.
    """
    rows = schools_visible_to(user)
    if bureau or code:
        rows = rows.filter(**({"bureau__code": bureau} if bureau else {}), **({"code": code} if code else {}))
    found = {school.pk: school_on(known, when.day) for school, known in school_documents(rows, when.as_of)}
    then = {pk: document for pk, document in found.items() if document is not None}
    if when.as_of:
        hidden = _planned_unseen(user, when, {pk for pk, document in then.items() if not approved(document)})
        then = {pk: document for pk, document in then.items() if pk not in hidden}
    return list(then.values())


def _planned_unseen(user: Any, when: When, schools: Collection[int]) -> set[int]:
    """Those of these schools that only a project which was not public then told of (`places.schools_visible_to`)."""
    mine = schools_read_whole_by(user).filter(pk__in=schools).values_list("pk", flat=True)
    new = Project.objects.filter(school__in=schools, kind=Kind.NEW_BUILD).values_list("school_id", flat=True)
    planned = set(new) - set(mine)
    if not planned:
        return planned
    seen = past_projects(user, QueryDict(), when, among=Project.objects.filter(school__in=planned))
    codes = {past.document["school"] for past in seen}
    return planned - set(School.objects.filter(code__in=codes).values_list("pk", flat=True))


def plan_then(plan: AnnualPlan, user: Any, when: When) -> AnnualPlan:
    """The plan as the record knew it, for reading alone: its title and document are facts without a date. Before its first
    entry it is as it was first recorded, without a project. Raises NotFound where it was not public then.

    One query with ``as_of``, two before its first entry; else the plan that was handed in.
    """
    if not when.as_of:
        return plan
    known = document_as_of(plan, when.as_of) or first_known(plan)
    if not known.document["published"] and not user.has_perm("plan.read_unpublished", plan):
        raise NotFound(_("On %(day)s this plan was not public yet.") % {"day": when.as_of})
    then = copy(plan)
    for name in ("title_zh", "title_en", "document_number", "published", "illustrative"):
        setattr(then, name, known.document[name])
    issued = known.document["issued"]
    then.issued, then.version = date.fromisoformat(issued) if issued else None, known.version
    return then


def projects_of_plan_on(plan: AnnualPlan, user: Any, when: When) -> list[PlanProject]:
    """The plan's projects as they are today (three queries), or as they were on another day, by the plan of that day."""
    if not when.given:
        return projects_of_plan(plan, user, when.today)
    data = QueryDict(mutable=True)
    data["plan"] = plan.slug
    # Which plan a project hangs on is a fact without a date: only the record knows that it was another.
    among = Project.objects.filter(bureau=plan.bureau_id) if when.as_of else Project.objects.filter(plan=plan)
    pasts = past_projects(user, data, when, among=among)
    regions = region_names(past.document["region"] for past in pasts)
    return [_plan_project(past, regions) for past in pasts]


def _plan_project(past: Past, regions: Mapping[str, str]) -> PlanProject:
    document = past.document
    stages = milestones_of(document)
    milestones, investment = document["milestones"], document["total_investment"]
    titles = {key: (facts["title_zh"], facts["title_en"]) for key, facts in milestones.items()}
    return PlanProject(
        code=document["code"],
        title=in_reader_language(document["title_zh"], document["title_en"]),
        region=regions.get(document["region"], document["region"]),
        target=document["plan_target"],
        status=document["status"],
        status_since=document.get("status_since"),
        stage=document["stage"],
        progress=document["progress"],
        published=document["published"],
        leader=document["responsible_leader"],
        total_investment=Decimal(investment) if investment is not None else None,
        outlook=past.outlook,
        facts=ProjectFacts(stages, titles, document.get("baselines", {})),
        bureau=past.bureau,
        day=past.day,
    )


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
    """A member may be left out where it says nothing."""
    return lambda value, data, today: lambda document: document.get(member) in value


def _at_least(member: str) -> Callable[..., Fits]:
    return lambda value, data, today: (
        lambda document: document[member] is not None and Decimal(document[member]) >= value
    )


def _at_most(member: str) -> Callable[..., Fits]:
    return lambda value, data, today: (
        lambda document: document[member] is not None and Decimal(document[member]) <= value
    )


def _region(value: str, data: QueryDict, today: date | None) -> Fits:
    inside = lies_in(value)
    return lambda document: inside(str(document["region"]))


def _year(value: Decimal, data: QueryDict, today: date | None) -> Fits:
    return lambda document: bool(document["plan"]) and str(document["plan"]).endswith(f"-{int(value)}")


def _words(value: str, data: QueryDict, today: date | None) -> Fits:
    """Regions and schools by the names they have now, as everywhere where another day is shown. Two queries."""
    words = search_words(value)
    places = [dict(model._default_manager.values_list("code", "search_text")) for model in (Region, School)]

    def fits(document: Document) -> bool:
        own = search_text(*(document[name] for name in ("title_zh", "title_en", "code", "address")))
        near = [known.get(document[name] or "", "") for known, name in zip(places, ("region", "school"), strict=True)]
        return finds(words, own + "".join(near))

    return fits


def _in_bbox(value: str, data: QueryDict, today: date | None) -> Fits:
    box = read_bbox(value)
    return lambda document: bool(document["site"]) and box.contains(*document["site"]["coordinates"])


def _near(value: str, data: QueryDict, today: date | None) -> Fits:
    near = read_near(value, data.get("radius"))
    return lambda document: (
        bool(document["site"]) and (distance(near.lon, near.lat, *document["site"]["coordinates"]) <= near.radius)
    )


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
    "status_reason": _among("status_reason"),
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
