"""The files of ``/open-data/``: on demand, as they are now, a few large ones at a time; and those of last night."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import chain, islice
from threading import BoundedSemaphore
from typing import TypeVar

from django.contrib.auth.models import AnonymousUser
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.errors import answer as refusal
from portal.languages import Addresses
from projects_api.errors import FieldError, InvalidInput, NotFound, Unavailable
from projects_api.filtersets import checked_query, filtered
from projects_api.interchange import oc4ids
from projects_api.interchange.opendata import nightly
from projects_api.interchange.opendata.columns import Reading
from projects_api.interchange.opendata.formats import CSV, FILES, OC4IDS, File, written
from projects_api.interchange.opendata.licence import licence
from projects_api.interchange.opendata.table import Scope, public_scope
from projects_api.interchange.opendata.tables import TABLES
from projects_api.models import Bureau, Project
from projects_api.past import past_projects, when_in
from projects_api.selectors.ledger import newest_entry, validator

TIMES = ("as_of", "on")
NOBODY = AnonymousUser()
Answer = TypeVar("Answer", bound=HttpResponseBase)
# A large file keeps a thread of the server for as long as its reader takes: of the eight of a process these many may.
AT_ONCE = 2
SMALL = 3  # pieces, of 500 projects: what has fewer is whole before the answer begins, and waits for nobody
WAIT = 30  # seconds
_places = BoundedSemaphore(AT_ONCE)


@require_safe
def file(request: HttpRequest, name: str) -> HttpResponseBase:
    """A file on demand, streamed: the public's rows as they are now, narrowed by the filters of the list."""
    found = FILES.get(name)
    if found is None:
        if name in TABLES:
            return redirect("open-data-table", name=name)
        raise NotFound(_("There is no file %(name)s.") % {"name": name[:60]})
    when = when_in(request.GET, timezone.localdate())
    if when.given and not found.has_past:
        why = _("Of another day there are projects, milestones, baselines and certificates, as CSV, XLSX and GeoJSON.")
        raise InvalidInput([FieldError(f"?{given}", "no_past", why) for given in when.given])
    own = {"bom"} if found.format == CSV else set()
    scope = _scope(request, found, own | (set(TIMES) if found.has_past else set()))
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"}
    if found.of_projects:
        # Only what is of projects ends in the ledger with every change.
        words = (request.get_full_path(), str(timezone.localdate()), origin(request), get_language() or "")
        headers["ETag"] = f'W/"{validator(NOBODY, *words)}"'
        if fresh := get_conditional_response(request, etag=headers["ETag"]):
            return fresh
    if when.given:
        scope = replace(scope, pasts=past_projects(NOBODY, request.GET, when))
    pieces = _pieces(request, found, scope, when.day)
    begun = list(islice(pieces, SMALL))  # what goes wrong there is still an answer, not a body cut off
    body: Iterator[bytes] = iter(begun)
    if len(begun) == SMALL:
        if not _places.acquire(blocking=False):
            return _busy(request, found)
        body = Taken(chain(begun, pieces), _places.release)
    response = StreamingHttpResponse(body, content_type=found.media_type, headers=headers)
    stem, _dot, ending = name.rpartition(".")
    return with_licence(response, f"{stem}-{when.day:%Y-%m-%d}.{ending}", found)


def _scope(request: HttpRequest, found: File, own: set[str]) -> Scope:
    code = request.GET.get("bureau", "")
    bureau = (
        Bureau.objects.select_related("region").defer("region__boundary").filter(code=code).first() if code else None
    )
    if found.of_projects:
        projects = filtered(request, Project.objects.visible_to(NOBODY), user=NOBODY, view_parameters=own)
        return Scope(projects, bureau)
    checked_query(request.GET, known={"bureau", *own})
    if code and bureau is None:
        raise InvalidInput.one("?bureau", "invalid", _("There is no such bureau."))
    return public_scope(bureau)


def _pieces(request: HttpRequest, found: File, scope: Scope, day: date) -> Iterator[bytes]:
    if found.format == OC4IDS:
        uri = Addresses(request).origin + request.get_full_path()
        return oc4ids.package(scope.projects, uri=uri, licence=licence().url, bureau=scope.bureau)
    bom = request.GET.get("bom", "")
    if bom not in ("", "true", "false"):
        raise InvalidInput.one("?bom", "invalid", _("true or false."))
    return written(found, scope, Reading(day, origin(request)), bom=bom != "false")


@require_safe
def nightly_file(request: HttpRequest, name: str, bureau: str = "") -> HttpResponseBase:
    """A file of the nightly edition, with validators and its length. What was taken back since is not given any more."""
    checked_query(request.GET, known=())
    edition = nightly.current()
    if edition is None:
        raise NotFound(_("No files have been made yet."))
    made = {"Last-Modified": http_date(edition.made_at.timestamp()), "Cache-Control": "no-cache"}
    moment = int(edition.made_at.timestamp())
    if name == nightly.MANIFEST and not bureau:
        body = (edition.directory / name).read_bytes()
        made["ETag"] = f'"{hashlib.sha256(body).hexdigest()}"'
        whole = HttpResponse(body, content_type="application/json", headers=made)
        return get_conditional_response(request, etag=made["ETag"], last_modified=moment) or with_licence(whole)
    found = edition.folders.get(bureau, {}).get(name)
    if found is None:
        raise NotFound(_("There is no file %(name)s.") % {"name": name[:60]})
    if name in FILES and nightly.withdrawn(edition):
        address = reverse("open-data-file", args=[name])
        return HttpResponseRedirect(
            f"{address}?bureau={bureau}" if bureau else address, headers={"Cache-Control": "no-store"}
        )
    headers = made | {
        "ETag": f'"{found.sha256}"',
        "Repr-Digest": f"sha-256=:{_base64(found.sha256)}:",
    }
    fresh = get_conditional_response(request, etag=headers["ETag"], last_modified=moment)
    if fresh is not None:
        return fresh
    known = FILES.get(name)
    media = (
        known.media_type
        if known
        else "application/csvm+json"
        if name == nightly.METADATA
        else "text/plain; charset=utf-8"
    )
    try:
        opened = edition.path(bureau, name).open("rb")
    except FileNotFoundError as error:  # two editions later
        raise NotFound(_("There is no file %(name)s.") % {"name": name[:60]}) from error
    response = FileResponse(opened, content_type=media, headers=headers | {"Content-Length": str(found.size)})
    return with_licence(response, name if known else "", known)


class Taken:
    """A large file on its way: it has one of the places until its end, or until its reader goes."""

    def __init__(self, pieces: Iterator[bytes], give_back: Callable[[], None]) -> None:
        self._pieces, self._give_back, self._has = pieces, give_back, True

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._has:
            self._has = False
            self._give_back()


def _busy(request: HttpRequest, found: File) -> HttpResponseBase:
    """Where there is no place: last night's file if nothing was written since, else a word of when, and where that file is."""
    edition = nightly.current()
    query = {name for name, value in request.GET.items() if value} - {"bureau"}
    folder = request.GET.get("bureau", "")
    if edition and len(edition.folders) == 1:
        folder = ""  # the only bureau is the whole
    kept = edition and not query and found.name in edition.folders.get(folder, {}) and not nightly.withdrawn(edition)
    address = nightly_address(folder, found.name)
    if kept and edition and found.of_projects and edition.ledger == newest_entry():
        return HttpResponseRedirect(address, headers={"Cache-Control": "no-store"})
    words = _("Several large files are being made just now. Try again in half a minute.")
    if kept:
        words += " " + _("Last night's is here: %(address)s") % {"address": Addresses(request).origin + address}
    response = refusal(request, Unavailable(words))
    response["Retry-After"] = str(WAIT)
    if kept:
        response["Link"] = f'<{address}>; rel="alternate"'
    return response


def nightly_address(folder: str, name: str) -> str:
    if folder:
        return reverse("open-data-nightly-part", args=[folder, name])
    return reverse("open-data-nightly", args=[name])


def _base64(digest: str) -> str:
    return b64encode(bytes.fromhex(digest)).decode()


def with_licence(response: Answer, filename: str = "", known: File | None = None) -> Answer:
    """Anybody's page may read it, and says what describes it and how it may be used; others' terms its description tells."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Link"] = f'<{reverse("open-data-metadata")}>; rel="describedby"; type="application/csvm+json"'
    if known is None or known.table is None or not known.table.terms:
        response["Link"] += f', <{licence().url}>; rel="license"'
    if filename:
        response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def origin(request: HttpRequest) -> str:
    return Addresses(request).origin


def reading(request: HttpRequest) -> Reading:
    return Reading(timezone.localdate(), origin(request))
