"""A project's own map: its outline and mark for everybody; for who reads its private fields also photos and findings.

Where a photo was taken is private (docs/photos.md), published or not: the public's map has none.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from mapviews.answers import compressed
from mapviews.maps import OWN
from mapviews.pages import frame_context
from projects_api.choices import FindingState, PhotoState
from projects_api.errors import NotFound
from projects_api.filtersets import checked_query
from projects_api.kept import kept
from projects_api.models import Photo, Project
from projects_api.selectors.facts import geometry
from projects_api.selectors.inspections import findings_of
from projects_api.selectors.photos import before_and_after, photos_of
from projects_api.selectors.projects import project_page

_AROUND = 0.0012  # degrees of land around the site, about 120 m
_VICINITY = 0.02  # the same where the site itself is only about here
MOST = 500  # photos


@kept
@require_safe
def document(request: HttpRequest, code: str) -> HttpResponse:
    """``{"site", "footprint", "photos", "findings"}``: at most 4 queries for the public, 4 more for insiders. NotFound."""
    checked_query(request.GET, known=())
    found = project_page(request.user, code)
    if found is None:
        raise NotFound(_("There is no project %(code)s that you can see.") % {"code": code})
    body: dict[str, Any] = {
        "site": _site(found) if found.site else None,
        "footprint": geometry(found.footprint),
        "photos": [],
        "findings": [],
    }
    full = request.user.has_perm("project.read_private", found)
    if full:
        body |= {"photos": _photos(found), "findings": _findings(found)}
    response = compressed(request, orjson.dumps(body), "application/json")
    # What everybody reads may be kept; who reads more gets photos and findings that change without this page.
    if full:
        response["Cache-Control"] = "private, no-store"
    return response


def _site(found: Project) -> dict[str, Any]:
    assert found.site is not None
    return {
        "lon": round(found.site.x, 7),
        "lat": round(found.site.y, 7),
        "title": found.title,
        "status": found.status,
        "stage": found.stage,
        "approximate": found.is_approximate,
        "precision": found.get_location_precision_display(),
    }


def _photos(found: Project) -> list[dict[str, Any]]:
    """Complete photos with a position; ``pair``: the other picture from the same spot, before or after."""
    shown = {
        photo.pk: photo
        for photo in photos_of(found, whole=True).filter(state=PhotoState.COMPLETE, archived=False)[:MOST]
        if photo.place
    }
    pairs: dict[UUID, tuple[Photo, Photo]] = {}
    for pair in before_and_after(found, whole=True) if len(shown) > 1 else ():
        for photo in pair:
            pairs.setdefault(photo.pk, pair)
    return [
        {
            "id": str(photo.pk),
            "lon": photo.place.x,
            "lat": photo.place.y,
            "direction": photo.exif_direction,
            "published": photo.published,
            **_picture(found, photo),
            "page": reverse("project-photo", args=[found.code, photo.pk]),
            "pair": [_picture(found, one) for one in pairs[photo.pk]] if photo.pk in pairs else None,
        }
        for photo in shown.values()
    ]


def _picture(found: Project, photo: Photo) -> dict[str, Any]:
    return {
        "caption": photo.caption,
        "day": photo.taken_on(found.bureau.time_zone).isoformat(),
        "url": reverse("api-photo-public", args=[found.code, photo.pk]),
    }


def _findings(found: Project) -> list[dict[str, Any]]:
    today = found.bureau.day_of(timezone.now())
    return [
        {
            "number": finding.number,
            "lon": finding.point.x,
            "lat": finding.point.y,
            "text": finding.description,
            "where": finding.place,
            "severity": finding.get_severity_display(),
            "state": finding.get_state_display(),
            "open": finding.state != FindingState.STRUCK_OFF,
            "overdue": finding.state != FindingState.STRUCK_OFF and finding.deadline < today,
            "deadline": finding.deadline.isoformat(),
            "page": reverse("finding", args=[found.code, finding.number]),
        }
        for finding in findings_of(found)
        if finding.point
    ]


def own_map(found: Project, *, full: bool) -> dict[str, Any]:
    """What the project's page needs to hold the map: frame, files, data block; nothing where there is nothing to see. No query.

    A lone mark on empty ground says less than the picture of the county, so the public gets a map where there is an outline or
    a base map. ``full``: the reader knows the private fields, and so photos and findings.
    """
    if not (found.footprint or found.site and (full or settings.BASE_MAPS)):
        return {}
    shapes = [shape.extent for shape in (found.site, found.footprint) if shape]
    around = _VICINITY if found.is_approximate and not found.footprint else _AROUND
    west, south = (min(shape[at] for shape in shapes) - around for at in (0, 1))
    east, north = (max(shape[at] for shape in shapes) + around for at in (2, 3))
    query = f"bureau={found.bureau.code}"
    bounds = [[south, west], [north, east]]
    return frame_context(OWN, query=query, bounds=bounds, words=_words(), own=found.code, searchUrl="")


def _words() -> dict[str, str]:
    ways = [
        _("north"), _("north-east"), _("east"), _("south-east"), _("south"), _("south-west"), _("west"), _("north-west"),
    ]  # fmt: skip
    return {
        "layerFootprint": _("Outline of the site"),
        "layerPhotos": _("Photos"),
        "layerFindings": _("Findings"),
        "ownSite": _("The site"),
        "ownPhoto": _("Photo"),
        "ownPhotoLooks": _("looking %(way)s"),
        "ownWays": "|".join(ways),
        "ownUnpublished": _("not published"),
        "ownBefore": pgettext("photos", "Before"),
        "ownAfter": pgettext("photos", "After"),
        "ownFinding": _("Finding %(n)s"),
        "ownDeadline": _("to be mended by %(day)s"),
        "ownOverdue": _("overdue"),
        "ownData": _("Outline, photos and findings"),
    }
