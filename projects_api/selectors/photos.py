"""Reading photos: all of a project's for who reads its private fields, the published ones for everybody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from projects_api.choices import PhotoState
from projects_api.models import Photo, Project
from projects_api.plausibility import Shot, pairs
from projects_api.selectors.moment import read_once


@read_once(lambda project, *, whole: (project.pk, whole))
def photos_of(project: Project, *, whole: bool) -> QuerySet[Photo]:
    """The project's photos, the newest first; not ``whole``: what the public sees."""
    photos = project.photos.select_related("uploader").order_by("-taken_at", "pk")
    return photos if whole else photos.filter(published=True)


def looking_alike(photos: Iterable[Photo], user: Any) -> dict[UUID, tuple[list[Photo], int]]:
    """For each photo the earlier ones that look the same: those that ``user`` may see, and how many beside. One query.

    Only photos of one bureau are compared, so what is left out are projects that an engineer is not assigned to.
    """
    wanted = {photo.pk: [UUID(key) for key in photo.findings.get("duplicates", [])] for photo in photos}
    ids = {key for keys in wanted.values() for key in keys}
    found: dict[UUID, Photo] = {}
    if ids:
        readable = Project.objects.read_in_full_by(user).order_by().values("pk")
        rows = Photo.objects.filter(pk__in=ids, project__in=readable).select_related("project", "uploader")
        found = {photo.pk: photo for photo in rows.defer("project__site", "project__footprint")}
    return {
        pk: ([found[key] for key in keys if key in found], sum(key not in found for key in keys))
        for pk, keys in wanted.items()
    }


def before_and_after(project: Project, *, whole: bool) -> list[tuple[Photo, Photo]]:
    """Complete photos from the same spot, at least 30 days apart, the newest first (`plausibility.pairs`). One query."""
    placed = photos_of(project, whole=whole).filter(Q(position__isnull=False) | Q(exif_position__isnull=False))
    return paired(placed)


def paired(rows: Iterable[Photo]) -> list[tuple[Photo, Photo]]:
    """`before_and_after` of photos that the caller has. No query."""
    photos = {
        str(photo.pk): photo
        for photo in rows
        if photo.place is not None and photo.state == PhotoState.COMPLETE and not photo.archived
    }
    shots = [Shot(key, photo.captured_at, (photo.place.x, photo.place.y)) for key, photo in photos.items()]
    return [(photos[before.id], photos[after.id]) for before, after in pairs(shots)]
