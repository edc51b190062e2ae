"""``projects/{code}/photos/``: photos announced, sent in parts, shown, published.

Originals and previews are for those who read the project's private fields; the public gets copies without metadata of what
the office has published.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import IO, Any, ClassVar
from uuid import UUID

from django.core.files.base import File
from django.http import FileResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.conditional import VARY, expected_version, not_modified, unchanged, versioned
from projects_api.api.idempotency import once
from projects_api.api.pagination import page_of
from projects_api.api.permissions import demand
from projects_api.api.serializers.photos import (
    PairsOut,
    PhotoChange,
    PhotoInput,
    PhotoOut,
    announcement_of,
    photo_out,
)
from projects_api.api.views.base import (
    CODE,
    IDEMPOTENCY,
    IF_MATCH,
    View,
    body,
    changes,
    current_state,
    now,
    shown_part,
    signed_in,
)
from projects_api.api.views.reference import PAGE_PARAMETERS, PAGING, code_parameter, paged, text_parameter
from projects_api.choices import PhotoState
from projects_api.errors import InvalidInput, NotFound
from projects_api.models import Photo, Project, User
from projects_api.pictures import FORMATS
from projects_api.selectors.photos import before_and_after, photos_of
from projects_api.services import photo_files
from projects_api.services.photos import (
    offset_of,
    original_receive,
    photo_announce,
    photo_change,
    photo_known,
    preview_receive,
    uploading,
)

UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
PART = "application/offset+octet-stream"
PHOTO_PAGE = page_of(PhotoOut)
OFFSET = OpenApiParameter(
    "Upload-Offset",
    {"type": "integer", "minimum": 0},
    OpenApiParameter.HEADER,
    required=True,
    description="Where this part starts: what HEAD answered.",
)
ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/heic": "heic", "image/heif": "heif"}


class PartParser(BaseParser):
    """A part of a file: handed on as it streams in, never as a whole in memory."""

    media_type = PART

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return stream


class PictureParser(PartParser):
    """A small picture; its bytes say what it is, not its header."""

    media_type = "image/*"


class Photos(View):
    needs: ClassVar = {"GET": "anyone", "POST": "signed in"}
    query: ClassVar = PAGING | {"report", "milestone", "state"}

    def check_query(self, request: Request) -> None:
        if request.method in ("GET", "HEAD"):
            super().check_query(request)

    @extend_schema(
        operation_id="photos_list",
        parameters=[
            CODE,
            OpenApiParameter("report", OpenApiTypes.UUID),
            OpenApiParameter("milestone", str),
            OpenApiParameter("state", str, enum=PhotoState.values),
            *PAGE_PARAMETERS,
        ],
        responses=PHOTO_PAGE,
    )
    def get(self, request: Request, code: str) -> Response:
        """The project's photos, the newest first; the public sees the published ones."""
        project = self.project(code)
        whole = reads_whole(request, project)
        photos = photos_of(project, whole=whole)
        if (report := request.query_params.get("report")) is not None:
            of_report = _uuid(report, "?report")
            photos = photos.filter(report=of_report) if whole else photos.none()
        if milestone := text_parameter(request, "milestone"):
            shown = {m.key for m in project.milestones.all() if whole or m.public}
            photos = photos.filter(milestone=milestone) if milestone in shown else photos.none()
        if state := code_parameter(request, "state", PhotoState.values):
            photos = photos.filter(state=state)
        return paged(self, request, photos, lambda photo: photo_out(photo, project, whole=whole))

    @extend_schema(
        operation_id="photos_announce", request=PhotoInput, parameters=[CODE, IDEMPOTENCY], responses={201: PhotoOut}
    )
    def post(self, request: Request, code: str) -> Response:
        """Announce a photo before sending it. The same `id` with the same words again is the same photo."""
        project = self.project(code)
        user = signed_in(request)
        values, reason = body(request, PhotoInput)
        said = announcement_of(values)
        # What was announced before the assignment ended was announced: asking again is no new photo.
        if photo_known(project, user, said) is None:
            demand(user, "milestone.report", project)
            if not user.has_perm("milestone.report_from_site", project) and not reason:
                raise InvalidInput.one("/reason", "required", _("Reporting for the engineer needs a reason."))

        def act() -> Response:
            held = photo_known(project, user, said)
            photo = held or photo_announce(project_id=project.pk, actor=user, at=now(), said=said, reason=reason)
            fresh = self.project(code)
            location = {"Location": f"/api/v1/projects/{code}/photos/{photo.pk}/"}
            shown = photo_out(one_photo(fresh, photo.pk, whole=True), fresh, whole=True)
            return versioned(shown, fresh.version, status=201, headers=location)

        return once(request, user, act)


class PhotoView(View):
    needs: ClassVar = {"GET": "anyone", "PATCH": "signed in"}

    @extend_schema(operation_id="photos_read", parameters=[CODE], responses=PhotoOut)
    def get(self, request: Request, code: str, photo_id: UUID) -> Response:
        """One photo: what was said of it, what it holds, what a reviewer should know."""
        project = self.project(code)
        whole = reads_whole(request, project)
        shown = photo_out(one_photo(project, photo_id, whole=whole), project, whole=whole)
        return versioned(shown, project.version, part=shown_part(request.user, project))

    @extend_schema(operation_id="photos_change", request=PhotoChange, parameters=[CODE, IF_MATCH], responses=PhotoOut)
    def patch(self, request: Request, code: str, photo_id: UUID) -> Response:
        """Publish a photo or take it back; set it aside (`archived`, with a reason) or fetch it out again; word its caption."""
        project = self.project(code)
        user = signed_in(request)
        demand(user, "project.publish", project)
        expected = expected_version(request)
        values, reason = changes(request, PhotoChange)
        with current_state(request, project):
            photo_change(
                project_id=project.pk,
                photo_ids=[photo_id],
                actor=user,
                at=now(),
                expected=expected,
                reason=reason,
                **values,
            )
        fresh = self.project(code)
        return versioned(photo_out(one_photo(fresh, photo_id, whole=True), fresh, whole=True), fresh.version)


class PhotoPreview(View):
    needs: ClassVar = {"GET": "signed in", "PUT": "signed in"}
    parser_classes = [PictureParser]
    speaks: ClassVar = ("image/jpeg",)

    @extend_schema(
        operation_id="photos_preview", parameters=[CODE], responses={(200, "image/jpeg"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, code: str, photo_id: UUID) -> Response | FileResponse:
        """The small picture, at most 640 pixels a side: the device's, later one made from the original."""
        project = self.project(code)
        demand(request.user, "project.read_private", project)
        photo = one_photo(project, photo_id, whole=True)
        name = photo_files.PREVIEW if photo.state == PhotoState.COMPLETE else photo_files.FROM_DEVICE
        return shown_picture(request, photo, name, etag=f'"{photo.sha256 or "device"}-preview"')

    @extend_schema(
        operation_id="photos_send_preview",
        parameters=[CODE],
        request={"image/*": OpenApiTypes.BINARY},
        responses={204: None},
    )
    def put(self, request: Request, code: str, photo_id: UUID) -> Response:
        """Send a small picture first, at most 200 KB. Without effect once the original is here."""
        photo = photo_sent_by(signed_in(request), self.project(code), photo_id)
        stream = sent_bytes(request)
        if stream is None:
            raise InvalidInput.one("", "empty", _("The body is empty: send a picture."))
        preview_receive(photo, stream)
        return Response(status=204)


class PhotoOriginal(View):
    needs: ClassVar = {"GET": "signed in", "PATCH": "signed in"}
    parser_classes = [PartParser]
    speaks: ClassVar = tuple(FORMATS)

    def readable(self, request: Request, code: str, photo_id: UUID) -> Photo:
        project = self.project(code)
        demand(request.user, "project.read_private", project)
        return one_photo(project, photo_id, whole=True)

    def head(self, request: Request, code: str, photo_id: UUID) -> Response:
        """How much of the original is here."""
        photo = self.readable(request, code, photo_id)
        return Response(
            headers={
                "Upload-Offset": str(offset_of(photo)),
                "Upload-Length": str(photo.size),
                "Cache-Control": "no-store",
            }
        )

    @extend_schema(
        operation_id="photos_original",
        parameters=[CODE],
        responses={(200, media_type): OpenApiTypes.BINARY for media_type in FORMATS},
    )
    def get(self, request: Request, code: str, photo_id: UUID) -> Response | FileResponse:
        """The file as it came, with its metadata, to download. `HEAD` answers how much of it is here
        (`Upload-Offset`, `Upload-Length`).
        """
        photo = self.readable(request, code, photo_id)
        if photo.state != PhotoState.COMPLETE:
            raise NotFound(_("This picture is not here."))
        return shown_picture(
            request, photo, photo_files.ORIGINAL, etag=f'"{photo.sha256}"', media_type=photo.media_type, download=True
        )

    @extend_schema(
        operation_id="photos_send",
        parameters=[CODE, OFFSET],
        request={PART: OpenApiTypes.BINARY},
        responses={204: None},
    )
    def patch(self, request: Request, code: str, photo_id: UUID) -> Response:
        """Send the next part of the original. A wrong offset is 409 and names the right one; the last part is answered when
        the file has been checked: 415 or 413 say that it is refused for good.
        """
        photo = photo_sent_by(signed_in(request), self.project(code), photo_id)
        offset = _number(request.headers.get("Upload-Offset", ""), "Upload-Offset")
        length = _number(request.headers.get("Content-Length") or "0", "Content-Length")
        here = original_receive(photo, sent_bytes(request), offset=offset, length=length, at=now())
        return Response(status=204, headers={"Upload-Offset": str(here), "Upload-Length": str(photo.size)})


class PhotoPublic(View):
    needs: ClassVar = {"GET": "anyone"}
    speaks: ClassVar = ("image/jpeg",)

    @extend_schema(
        operation_id="photos_public", parameters=[CODE], responses={(200, "image/jpeg"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, code: str, photo_id: UUID) -> Response | FileResponse:
        """The picture without metadata, at most 1,600 pixels a side: for everybody once it is published."""
        project = self.project(code)
        photo = one_photo(project, photo_id, whole=reads_whole(request, project))
        if photo.state != PhotoState.COMPLETE:
            raise NotFound(_("This picture is not here."))
        return shown_picture(request, photo, photo_files.DISPLAY, etag=f'"{photo.sha256}-display"', cache="no-cache")


class PhotoPairs(View):
    needs: ClassVar = {"GET": "anyone"}

    @extend_schema(operation_id="photos_pairs", parameters=[CODE], responses=PairsOut)
    def get(self, request: Request, code: str) -> Response:
        """Before and after: photos from the same spot (15 m), at least 30 days apart, the newest first."""
        project = self.project(code)
        found = before_and_after(project, whole=reads_whole(request, project))
        rows = [
            {
                "before": str(before.pk),
                "after": str(after.pk),
                "days": (after.captured_at - before.captured_at) // timedelta(days=1),
            }
            for before, after in found
        ]
        return versioned({"pairs": rows}, project.version, part=shown_part(request.user, project))


def sent_bytes(request: Request) -> IO[bytes] | None:
    """The body as `PartParser` hands it on; None when it is empty."""
    stream: Any = request.data
    return stream or None


def reads_whole(request: Request, project: Project) -> bool:
    return bool(request.user.has_perm("project.read_private", project))


def one_photo(project: Project, photo_id: UUID, *, whole: bool) -> Photo:
    photo = photos_of(project, whole=whole).filter(pk=photo_id).first()
    if photo is None:
        raise NotFound(_("The project has no such photo."))
    return photo


def photo_sent_by(user: User, project: Project, photo_id: UUID) -> Photo:
    demand(user, "milestone.report", project)
    return uploading(project, photo_id, user)


def shown_picture(
    request: Request,
    photo: Photo,
    name: str,
    *,
    etag: str,
    media_type: str = "image/jpeg",
    download: bool = False,
    cache: str = "private, no-cache",
) -> Response | FileResponse:
    """A file of a photo. Asked for again it is 304, but it is asked for: it may be taken back."""
    if not_modified(request, etag):
        return unchanged(etag)
    file: File[bytes] = photo_files.kept(photo.pk, name)
    response = FileResponse(
        file, content_type=media_type, as_attachment=download, filename=f"{photo.pk}.{ENDINGS[media_type]}"
    )
    for header, value in (("ETag", etag), ("Cache-Control", cache), ("Vary", VARY)):
        response[header] = value
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise InvalidInput.one(name, "invalid", _("A whole number of bytes."))
    return int(text)


def _uuid(text: str, pointer: str) -> UUID:
    if not UUID_TEXT.fullmatch(text):  # UUID() would take braces, urn: and any dashes too
        raise InvalidInput.one(pointer, "invalid", _("Not an id."))
    return UUID(text)
