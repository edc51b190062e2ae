"""``/schools/{code}/``: what and where it is, its places, its life by the acts of the authority, what is built for it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.languages import TAGS, Addresses, spoken
from portal.public import facts_for_machines as machines
from portal.public.locator import school_locator
from portal.public.rows import rows_of
from portal.school_words import Act, acts_of, regions_in
from projects_api.approvals import established, standing
from projects_api.choices import APPROXIMATE, Decision, SchoolEventKind, Status
from projects_api.errors import NotFound
from projects_api.filtersets import checked_query
from projects_api.kept import kept
from projects_api.models import School
from projects_api.selectors.facts import Document
from projects_api.selectors.places import schools_visible_to
from projects_api.selectors.projects import project_list
from projects_api.selectors.schools import school_document, with_document
from projects_api.wording import coordinates, grouped


@kept
@require_safe
def school(request: HttpRequest, code: str) -> HttpResponse:
    """At most 9 queries, `kept`'s included. Unknown, entered by mistake, or told only by a project that is not public: 404."""
    checked_query(request.GET, known=())
    rows = with_document(schools_visible_to(request.user)).select_related("bureau__region", "region")
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no school %(code)s that you can see.") % {"code": code})
    document = school_document(found)
    today = found.bureau.day_of(timezone.now())
    life = acts_of(document, regions_in(document), standing(document))
    closed = _closed(found, life)
    gone = closed is not None and closed <= today
    context: dict[str, Any] = {
        "school": found,
        "life": life,
        "established": established(document),
        "refused": _refused(life),
        "closed": closed,
        "gone": gone,
        "since": next((act.decided for act in life if _is(act, SchoolEventKind.ESTABLISHMENT)), None),
        "rows": rows_of(project_list(request.user).filter(school=found, archived_at__isnull=True), timezone.now()),
        "locator": school_locator(found, _looks(document, gone)),
        "coordinates": coordinates(found.location.x, found.location.y) if found.location else "",
        "approximate": found.location_precision in APPROXIMATE,
        "places_words": _("%(n)s places") % {"n": grouped(found.places)} if found.places else "",
        "may_record": request.user.has_perm("school.record", found),
        "noindex": found.withdrawn,
        "structured": _structured(request, found, closed),
    }
    return render(request, "public/school.html", context)


def _looks(document: Document, gone: bool) -> Status:
    """As which project it is marked in the picture."""
    return Status.CANCELLED if gone else Status.IN_USE if established(document) else Status.PROPOSED


def _is(act: Act, kind: SchoolEventKind) -> bool:
    return act.kind == kind and act.decision == Decision.APPROVED


def _refused(life: list[Act]) -> bool:
    """Whether its establishment was refused, and nothing came after that."""
    acts = [act for act in life if act.kind == SchoolEventKind.ESTABLISHMENT]
    return bool(acts) and acts[-1].decision == Decision.REFUSED


def _closed(found: School, life: list[Act]) -> date | None:
    if found.archived_at:
        return found.bureau.day_of(found.archived_at)
    return next((act.decided for act in life if _is(act, SchoolEventKind.CANCELLATION)), None)


def _structured(request: HttpRequest, found: School, closed: date | None) -> list[machines.Facts]:
    addresses = Addresses(request)
    steps = [(found.region.name, "region", (found.region.code,)), (found.name, "school", (found.code,))]
    about: machines.Facts = {
        "@type": "School",
        "identifier": found.code,
        "name": found.name,
        "url": addresses.absolute(reverse("school", args=[found.code])),
        "containedInPlace": {"@type": "AdministrativeArea", "name": found.region.name},
    }
    if found.location and found.location_precision not in APPROXIMATE:
        point = {"latitude": round(found.location.y, 6), "longitude": round(found.location.x, 6)}
        about["geo"] = {"@type": "GeoCoordinates", **point}
    if found.places:
        about["maximumAttendeeCapacity"] = found.places
    if closed:
        about["dissolutionDate"] = closed.isoformat()
    page = {
        "@type": "WebPage",
        "url": addresses.canonical,
        "name": found.name,
        "inLanguage": TAGS[spoken()],
        "about": about,
    }
    return [machines.crumbs(addresses, steps), page]
