"""What a reviewer is told of a photo, in words: where and when it was taken, what it looks like."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from projects_api.choices import PhotoPlace, PhotoState, PhotoTime
from projects_api.geodesy import bearing
from projects_api.models import Photo, Project
from projects_api.selectors.photos import looking_alike

_WELL = "met"
_DOUBT = "overdue"
_OPEN = "scheduled"


@dataclass(frozen=True)
class Flag:
    """``looks``: the shape that stands before the words (`pages.state_mark`)."""

    looks: str
    words: str


@dataclass(frozen=True)
class PhotoView:
    """A photo with what is said of it. ``alike``: earlier photos that look the same; ``hidden`` more this reader may not see."""

    photo: Photo
    project: Project
    flags: list[Flag]
    where: str
    stage: str
    alike: list[Photo] = field(default_factory=list)
    hidden: int = 0


def views_of(photos: Iterable[Photo], project: Project, user: Any) -> list[PhotoView]:
    """Two queries at any number; the project with its milestones and bureau."""
    rows = list(photos)
    alike = looking_alike(rows, user)
    titles = {milestone.key: milestone.title for milestone in project.milestones.all()} if rows else {}
    return [
        PhotoView(
            photo,
            project,
            flags_of(photo),
            where_of(photo, project),
            titles.get(photo.milestone, photo.milestone),
            *alike[photo.pk],
        )
        for photo in rows
    ]


def flags_of(photo: Photo) -> list[Flag]:
    """Place, time, look: each says that it fits, that it does not, or that it cannot be told."""
    found = photo.findings
    flags = []
    if place := found.get("place"):
        looks = {PhotoPlace.FAR: _DOUBT, PhotoPlace.UNKNOWN: _OPEN}.get(place, _WELL)
        flags.append(Flag(looks, str(PhotoPlace(place).label)))
    if time := found.get("time"):
        looks = {PhotoTime.EARLY: _DOUBT, PhotoTime.LATE: _DOUBT, PhotoTime.UNKNOWN: _OPEN}.get(time, _WELL)
        flags.append(Flag(looks, str(PhotoTime(time).label)))
    if found.get("duplicates"):
        flags.append(Flag(_DOUBT, _("Looks like an earlier photo")))
    elif photo.state == PhotoState.COMPLETE:
        flags.append(Flag(_WELL, _("Unlike any earlier photo")))
    return flags


def where_of(photo: Photo, project: Project) -> str:
    """``1.2 km north-east of the site``; "" where either place is not known."""
    metres, spot, site = photo.findings.get("distance_m"), photo.place, project.site
    if metres is None or spot is None or site is None:
        return ""
    if metres == 0:
        return _("within the site’s outline") if project.footprint else _("at the site’s point")
    values = {"far": far(metres), "way": way(bearing(site.x, site.y, spot.x, spot.y))}
    return _("%(far)s %(way)s of the site") % values


def far(metres: int) -> str:
    if metres < 1000:
        return _("%(n)s m") % {"n": metres}
    return _("%(n)s km") % {"n": f"{metres / 1000:,.1f}"}


def way(degrees: float) -> str:
    """One of the eight winds."""
    winds = [
        pgettext("direction", "north"),
        pgettext("direction", "north-east"),
        pgettext("direction", "east"),
        pgettext("direction", "south-east"),
        pgettext("direction", "south"),
        pgettext("direction", "south-west"),
        pgettext("direction", "west"),
        pgettext("direction", "north-west"),
    ]
    return winds[round(degrees / 45) % 8]
