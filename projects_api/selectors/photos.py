"""Reading photos: all of a project's for who reads its private fields, the published ones for everybody."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from projects_api.choices import PhotoState
from projects_api.models import Photo, Project
from projects_api.plausibility import Shot, pairs


def photos_of(project: Project, *, whole: bool) -> QuerySet[Photo]:
    """The project's photos, the newest first; not ``whole``: what the public sees."""
    photos = project.photos.select_related("uploader").order_by("-taken_at", "pk")
    return photos if whole else photos.filter(published=True)


def before_and_after(project: Project, *, whole: bool) -> list[tuple[Photo, Photo]]:
    """Complete photos from the same spot, at least 30 days apart, the newest first (`plausibility.pairs`). One query."""
    placed = photos_of(project, whole=whole).filter(
        Q(position__isnull=False) | Q(exif_position__isnull=False), state=PhotoState.COMPLETE, archived=False
    )
    photos = {str(photo.pk): photo for photo in placed}
    shots = [Shot(key, photo.captured_at, (photo.place.x, photo.place.y)) for key, photo in photos.items()]
    return [(photos[before.id], photos[after.id]) for before, after in pairs(shots)]
