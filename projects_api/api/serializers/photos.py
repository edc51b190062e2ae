"""Photos on the wire."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from projects_api.api.serializers.fields import Count, Flag, Line, Moment, PointGeometry, StrictSerializer
from projects_api.bounds import EARLIEST, LATEST
from projects_api.choices import PhotoPlace, PhotoRefusal, PhotoState, PhotoTime
from projects_api.geodesy import read_point
from projects_api.models import Photo, Project
from projects_api.selectors.facts import Document, geometry
from projects_api.services.photos import Announcement, offset_of


class PhotoInput(StrictSerializer):
    """What a device says before it sends a photo. ``id`` makes it one photo however often it is announced."""

    id = serializers.UUIDField(help_text="Made by the device.")
    report = serializers.UUIDField(allow_null=True, required=False, help_text="Its report, which may come later.")
    milestone = Line(max_length=60, required=False, help_text='The key of a stage; "" for none.')
    taken_at = Moment(help_text="By the device's clock.")
    caption = Line(max_length=200, required=False)
    position = PointGeometry(allow_null=True, required=False)
    accuracy = Count(min_value=0, max_value=100_000, allow_null=True, required=False, help_text="Metres.")
    size = Count(min_value=1, max_value=2**31 - 1, help_text="Bytes of the original; more than 25 MB is 413.")
    media_type = Line(
        max_length=100, allow_blank=False, help_text="image/jpeg, image/png, image/webp, image/heic or image/heif."
    )
    reason = Line(max_length=500, required=False)

    def validate_taken_at(self, value: datetime) -> datetime:
        if not EARLIEST.year < value.year < LATEST.year:
            raise serializers.ValidationError(_("A time between 1950 and 2099."), code="out_of_range")
        return value


def announcement_of(values: dict[str, Any]) -> Announcement:
    """Raises InvalidInput for a position that is none."""
    raw = values.pop("position", None)
    place = read_point(raw, pointer="/position") if raw is not None else None
    return Announcement(position=(round(place.lon, 7), round(place.lat, 7)) if place else None, **values)


class PhotoChange(StrictSerializer):
    published = Flag(required=False)
    caption = Line(max_length=200, required=False)
    archived = Flag(required=False, help_text="Set aside, with a reason; nothing is deleted.")
    reason = Line(max_length=500, required=False)


class FindingsOut(serializers.Serializer[Any]):
    place = serializers.ChoiceField(choices=PhotoPlace.choices)
    distance_m = serializers.IntegerField(allow_null=True, help_text="To the site, 0 inside its outline.")
    time = serializers.ChoiceField(choices=PhotoTime.choices)
    duplicates = serializers.ListField(
        child=serializers.UUIDField(), help_text="Earlier photos of the bureau that look the same."
    )


class PhotoOut(serializers.Serializer[Any]):
    """What is not required is for those who read the project's private fields."""

    id = serializers.UUIDField()
    project = serializers.CharField()
    milestone = serializers.CharField(allow_blank=True)
    caption = serializers.CharField(allow_blank=True)
    taken = serializers.DateField(help_text="By the camera where it says so.")
    public = serializers.CharField(allow_blank=True, help_text='Address of the picture without metadata, "" before.')
    report = serializers.UUIDField(required=False, allow_null=True)
    uploader = serializers.CharField(required=False)
    uploader_name = serializers.CharField(required=False)
    announced_at = serializers.DateTimeField(required=False)
    completed_at = serializers.DateTimeField(required=False, allow_null=True)
    taken_at = serializers.DateTimeField(required=False)
    position = PointGeometry(required=False, allow_null=True)
    accuracy = serializers.IntegerField(required=False, allow_null=True)
    exif_at = serializers.DateTimeField(required=False, allow_null=True)
    exif_position = PointGeometry(required=False, allow_null=True)
    exif_direction = serializers.IntegerField(required=False, allow_null=True)
    size = serializers.IntegerField(required=False)
    received = serializers.IntegerField(required=False, help_text="Bytes of the original that are here.")
    media_type = serializers.CharField(required=False)
    state = serializers.ChoiceField(choices=PhotoState.choices, required=False)
    refusal = serializers.ChoiceField(choices=PhotoRefusal.choices, required=False, allow_blank=True)
    refusal_words = serializers.CharField(required=False, allow_blank=True)
    sha256 = serializers.CharField(required=False, allow_blank=True)
    width = serializers.IntegerField(required=False, allow_null=True)
    height = serializers.IntegerField(required=False, allow_null=True)
    findings = FindingsOut(required=False)
    doubtful = serializers.BooleanField(required=False, help_text="A reviewer should look twice.")
    published = serializers.BooleanField(required=False)
    archived = serializers.BooleanField(required=False)
    preview = serializers.CharField(required=False, allow_blank=True)
    original = serializers.CharField(required=False, allow_blank=True)


class PairOut(serializers.Serializer[Any]):
    before = serializers.UUIDField()
    after = serializers.UUIDField()
    days = serializers.IntegerField()


class PairsOut(serializers.Serializer[Any]):
    pairs = PairOut(many=True)


def photo_out(photo: Photo, project: Project, *, whole: bool) -> Document:
    """``whole``: for who reads the project's private fields. The photo needs ``uploader``, the project ``bureau``."""
    at = f"/api/v1/projects/{project.code}/photos/{photo.pk}/"
    complete = photo.state == PhotoState.COMPLETE
    shown = {
        "id": str(photo.pk),
        "project": project.code,
        "milestone": photo.milestone,
        "caption": photo.caption,
        "taken": photo.taken_on(project.bureau.time_zone),
        "public": f"{at}public/" if complete else "",
    }
    if not whole:
        open_stages = {m.key for m in project.milestones.all() if m.public}
        return shown | {"milestone": photo.milestone if photo.milestone in open_stages else ""}
    return shown | {
        "report": str(photo.report) if photo.report else None,
        "uploader": photo.uploader.username,
        "uploader_name": photo.uploader.get_full_name(),
        "announced_at": utc(photo.announced_at),
        "completed_at": utc(photo.completed_at),
        "taken_at": utc(photo.taken_at),
        "position": geometry(photo.position),
        "accuracy": photo.accuracy,
        "exif_at": utc(photo.exif_at),
        "exif_position": geometry(photo.exif_position),
        "exif_direction": photo.exif_direction,
        "size": photo.size,
        "received": offset_of(photo),
        "media_type": photo.media_type,
        "state": photo.state,
        "refusal": photo.refusal,
        "refusal_words": str(PhotoRefusal(photo.refusal).label) if photo.refusal else "",
        "sha256": photo.sha256,
        "width": photo.width,
        "height": photo.height,
        "findings": photo.findings,
        "doubtful": photo.doubtful,
        "published": photo.published,
        "archived": photo.archived,
        "preview": f"{at}preview/" if complete or photo.state == PhotoState.PREVIEW else "",
        "original": f"{at}original/" if complete else "",
    }


def utc(value: datetime | None) -> datetime | None:
    return value.astimezone(UTC) if value else None
