"""Photos from the site: announced, received in parts, checked when whole, published or set aside by the office.

The ledger has an entry when a photo is announced, when its original has been checked (or refused), and for what the office
decides. Parts that arrive and the preview are no facts: they leave no entry, and do not make anybody's version stale.
What an original is suspected of is written down for the reviewer (`plausibility`) and stops nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import IO
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from projects_api import engine
from projects_api.canonical import canonical
from projects_api.choices import PhotoRefusal, PhotoState
from projects_api.errors import (
    InvalidInput,
    KeyReused,
    NotAllowed,
    NotFound,
    RuleBroken,
    TooLarge,
    WrongMediaType,
)
from projects_api.geodesy import rings_of
from projects_api.models import LedgerEntry, Photo, Project, User
from projects_api.models.photos import MAX_BYTES
from projects_api.pictures import FORMATS, Picture, PictureRefused, read_picture, small_picture
from projects_api.plausibility import SAME_LOOK, Site, bands_of, hamming, hash_of, neighbours, place_of, time_of
from projects_api.selectors.facts import Document, geometry, moment
from projects_api.services import photo_files
from projects_api.services.writing import checked, project_write

MAX_PREVIEW = 200 * 1024
MAX_DUPLICATES = 10
REFUSALS = {PhotoRefusal.TOO_MANY_PIXELS: TooLarge}


@dataclass(frozen=True)
class Announcement:
    """What a device says of a photo that it is going to send. ``taken_at`` by its clock; ``position`` (longitude, latitude)."""

    id: UUID
    taken_at: datetime
    size: int
    media_type: str
    report: UUID | None = None
    milestone: str = ""
    caption: str = ""
    position: tuple[float, float] | None = None
    accuracy: int | None = None

    def digest(self) -> str:
        said = {
            "taken_at": moment(self.taken_at),
            "report": str(self.report) if self.report else None,
            "position": list(self.position) if self.position else None,
            **{name: getattr(self, name) for name in ("size", "media_type", "milestone", "caption", "accuracy")},
        }
        return hashlib.sha256(canonical(said)).hexdigest()


def photo_known(project: Project, uploader: User, said: Announcement) -> Photo | None:
    """The photo, if this very one was announced before. Raises KeyReused when the id came with other words or another person."""
    held = Photo.objects.filter(pk=said.id).first()
    if held is None:
        return None
    if (held.project_id, held.uploader_id, held.digest) != (project.pk, uploader.pk, said.digest()):
        raise KeyReused(
            _("A photo with this id was announced before, with other words. Send the new one under a new id.")
        )
    return held


def photo_announce(*, project_id: int, actor: User, at: datetime, said: Announcement, reason: str = "") -> Photo:
    """Make room for a photo; announced again it is the same one.

    Raises WrongMediaType, TooLarge (the file, or the project's quota), InvalidInput (``/milestone``, ``/size``), KeyReused.
    """
    if said.media_type not in FORMATS:
        raise WrongMediaType(_("Photos are JPEG, PNG, WebP or HEIC."))
    if said.size > MAX_BYTES:
        raise TooLarge(_("A photo has at most 25 MB. Send a smaller one."))
    with project_write(project_id, actor=actor, action="photo.announce", at=at, reason=reason) as write:
        project = write.project
        if (held := photo_known(project, actor, said)) is not None:
            return held
        if said.milestone and not project.milestones.filter(key=said.milestone).exists():
            raise InvalidInput.one("/milestone", "unknown_milestone", _("The project has no such milestone."))
        _check_room(project, said.size, at)
        photo = Photo(
            id=said.id,
            project=project,
            report=said.report,
            milestone=said.milestone,
            uploader=actor,
            announced_at=at,
            taken_at=said.taken_at,
            caption=said.caption,
            position=Point(*said.position, srid=4326) if said.position else None,
            accuracy=said.accuracy,
            size=said.size,
            media_type=said.media_type,
            digest=said.digest(),
        )
        photo.findings = _findings(photo)
        checked(photo, exclude={"id", "project", "uploader"})
        photo.save(force_insert=True)
    return photo


def _check_room(project: Project, size: int, at: datetime) -> None:
    """What was refused, or announced long ago and never came, takes no room."""
    coming = Q(state__in=(PhotoState.ANNOUNCED, PhotoState.PREVIEW), announced_at__gt=at - photo_files.KEPT_FOR)
    taken = project.photos.filter(Q(state=PhotoState.COMPLETE) | coming).aggregate(n=Count("pk"), size=Sum("size"))
    if taken["n"] >= settings.PHOTO_QUOTA_COUNT:
        words = _("This project has %(n)s photos, and there is room for no more.") % {"n": taken["n"]}
        raise TooLarge(words)
    if (taken["size"] or 0) + size > settings.PHOTO_QUOTA_BYTES:
        room = settings.PHOTO_QUOTA_BYTES // 1024**2
        raise TooLarge(_("The photos of this project would need more than their %(n)s MB.") % {"n": room})


def uploading(project: Project, photo_id: UUID, actor: User) -> Photo:
    """The photo that this person is sending. Raises NotFound, NotAllowed."""
    photo = Photo.objects.filter(pk=photo_id, project=project).first()
    if photo is None:
        raise NotFound(_("The project has no such photo."))
    if photo.uploader_id != actor.pk:
        raise NotAllowed(_("Only who announced a photo sends it."))
    return photo


def preview_receive(photo: Photo, stream: IO[bytes]) -> None:
    """Keep the device's small picture until the original is here; after that it says nothing new.

    Raises TooLarge (200 KB, 50 million pixels), WrongMediaType.
    """
    data = stream.read(MAX_PREVIEW + 1)
    if len(data) > MAX_PREVIEW:
        raise TooLarge(_("A preview has at most 200 KB."))
    if photo.state not in (PhotoState.ANNOUNCED, PhotoState.PREVIEW):
        return
    try:
        small = small_picture(data)
    except PictureRefused as refused:
        raise refusal(refused.why) from refused
    photo_files.keep(photo.pk, photo_files.FROM_DEVICE, small)
    with engine.writer():
        Photo.objects.filter(pk=photo.pk, state=PhotoState.ANNOUNCED).update(state=PhotoState.PREVIEW)


def offset_of(photo: Photo) -> int:
    """How many bytes of the original are here. While it is not checked the last byte is never counted: where the server
    died before the check, the device comes back with it, and the check is made.
    """
    if photo.state in (PhotoState.COMPLETE, PhotoState.REFUSED):
        return photo.size
    return min(photo_files.arrived(photo.pk), photo.size - 1)


def original_receive(photo: Photo, stream: IO[bytes] | None, *, offset: int, length: int, at: datetime) -> int:
    """Take a part of the original that starts at ``offset`` and has ``length`` bytes; how many are here now.

    With the last part the file is checked: complete, or refused and the refusal raised, now and whenever it is sent again.
    Raises WrongOffset, TooLarge, WrongMediaType, Unavailable.
    """
    if photo.state == PhotoState.REFUSED:
        raise refusal(PhotoRefusal(photo.refusal))
    here = offset_of(photo)
    if offset != here:
        raise photo_files.gone_on(here)
    if offset + length > photo.size:
        raise TooLarge(_("More bytes than announced."))
    if stream is not None and length:
        here = photo_files.append(photo.pk, stream, offset=offset, length=length, size=photo.size)
    if here == photo.size:
        with photo_files.upload(photo.pk) as file:
            photo.refresh_from_db()  # two that sent the last byte: one check
            if photo.state not in (PhotoState.COMPLETE, PhotoState.REFUSED):
                _finish(photo, file, at)
        photo_files.forget_upload(photo.pk)
    if photo.state == PhotoState.REFUSED:
        raise refusal(PhotoRefusal(photo.refusal))
    return here


def refusal(why: PhotoRefusal) -> TooLarge | WrongMediaType:
    """A refused file as an answer: 413 for too many pixels, else 415."""
    return REFUSALS.get(why, WrongMediaType)(str(why.label))


def _finish(photo: Photo, file: IO[bytes], at: datetime) -> None:
    """Decode, keep, and only then write it down: a crash on the way leaves the upload as it was."""
    zone = ZoneInfo(Project.objects.values_list("bureau__time_zone", flat=True).get(pk=photo.project_id))
    file.seek(0)
    try:
        picture = read_picture(file, photo.media_type, zone)
    except PictureRefused as refused:
        with project_write(photo.project_id, actor=photo.uploader, action="photo.refuse", at=at, archived_too=True):
            photo.state, photo.refusal = PhotoState.REFUSED, refused.why
            photo.save(update_fields=["state", "refusal"])
        return
    file.seek(0)
    photo_files.keep(photo.pk, photo_files.ORIGINAL, file)
    photo_files.keep(photo.pk, photo_files.DISPLAY, picture.display)
    photo_files.keep(photo.pk, photo_files.PREVIEW, picture.preview)
    with project_write(
        photo.project_id, actor=photo.uploader, action="photo.complete", at=at, archived_too=True
    ) as write:
        photo.project = write.project
        photo.state, photo.completed_at = PhotoState.COMPLETE, at
        photo.sha256, photo.width, photo.height = picture.sha256, picture.width, picture.height
        photo.exif_at = picture.taken_at
        photo.exif_position = Point(*picture.position, srid=4326) if picture.position else None
        photo.exif_direction = picture.direction
        photo.set_phash(picture.phash)
        photo.findings = _findings(photo, picture)
        checked(photo, exclude={"id", "project", "uploader"})
        photo.save()


def _findings(photo: Photo, picture: Picture | None = None) -> Document:
    """What a reviewer should know. Two queries, one of them on four indexes."""
    project = photo.project
    exact = photo.exif_position
    spot = exact or photo.position
    place, distance = place_of((spot.x, spot.y) if spot else None, _site(project), None if exact else photo.accuracy)
    written = project.reports.filter(pk=photo.report or UUID(int=0)).values_list("made_at", flat=True).first()
    when = time_of(taken=photo.exif_at, announced=photo.taken_at, received=photo.announced_at, reported=written)
    alike = duplicates(photo, picture.phash) if picture else []
    return {"place": place.value, "distance_m": distance, "time": when.value, "duplicates": [str(key) for key in alike]}


def _site(project: Project) -> Site:
    outline = geometry(project.footprint)
    return Site(
        point=(project.site.x, project.site.y) if project.site else None,
        rings=rings_of(outline) if outline else (),
        precision=project.location_precision,
    )


def duplicates(photo: Photo, phash: int) -> list[UUID]:
    """Earlier photos of the bureau that look the same, the most alike first, at most 10.

    One query: a hash that differs in at most 6 bits has a band among the 17 nearest of one of the four bands, and each band
    has its index. The bureau is asked for here and not there, where planners would rather read all its photos.
    """
    near = Q()
    for number, band in enumerate(bands_of(phash), start=1):
        near |= Q(**{f"look_{number}__in": neighbours(band)})
    rows = (
        Photo.objects.filter(near)
        .order_by()
        .values_list("pk", "project__bureau", "state", "look_1", "look_2", "look_3", "look_4")
    )
    apart = sorted(
        (hamming(phash, hash_of([band or 0 for band in bands])), str(key), key)
        for key, bureau, state, *bands in rows
        if key != photo.pk and bureau == photo.project.bureau_id and state == PhotoState.COMPLETE
    )
    return [key for distance, _text, key in apart if distance <= SAME_LOOK][:MAX_DUPLICATES]


def photo_change(
    *,
    project_id: int,
    photo_ids: Collection[UUID],
    actor: User,
    at: datetime,
    expected: int | None,
    published: bool | None = None,
    archived: bool | None = None,
    caption: str | None = None,
    reason: str = "",
) -> LedgerEntry | None:
    """Publish photos or take them back, set them aside or fetch them out again, word their caption: all or nothing, one entry.

    One that is set aside is not published. Raises NotFound, RuleBroken (not complete), InvalidInput (setting aside needs a
    reason), StaleVersion.
    """
    action = f"photo.{_act(published, archived)}"
    # What must not be seen is taken away, wherever it is.
    taken = published is False or archived is True
    with project_write(
        project_id, actor=actor, action=action, at=at, reason=reason, expected=expected, archived_too=taken
    ) as write:
        photos = list(Photo.objects.filter(pk__in=photo_ids, project=write.project))
        if not photos or len(photos) != len(set(photo_ids)):
            raise NotFound(_("The project has no such photo."))
        for photo in photos:
            if archived and not photo.archived and not reason:
                raise InvalidInput.one("/reason", "required", _("Say why the photo is set aside."))
            photo.archived = photo.archived if archived is None else archived
            photo.published = (photo.published if published is None else published) and (
                bool(published) or not archived
            )
            photo.caption = photo.caption if caption is None else caption
            if photo.published and (photo.state != PhotoState.COMPLETE or photo.archived):
                raise RuleBroken(_("Only a complete photo that is not set aside can be published."))
            photo.save(update_fields=["archived", "published", "caption"])
    return write.entry


def _act(published: bool | None, archived: bool | None) -> str:
    if archived is not None:
        return "archive" if archived else "restore"
    return "caption" if published is None else "publish" if published else "unpublish"
