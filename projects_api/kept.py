"""What everybody may read is kept whole in the process's memory and sent again for as long as its validator stands.

One mechanism for pages, feeds and data (docs/caching.md). A view says with `kept` that its answer to a reader who is not
signed in depends on nothing but the address, the language, the day and the record. Every write to the record ends in the
ledger, so the newest entry and the time are the validator: one query by the key, and a change is seen by the next request.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.exceptions import DisallowedHost
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import resolve
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language

from projects_api.origins import own_host
from projects_api.release import release as release
from projects_api.selectors.ledger import newest_entry, seen_up_to

# A shared cache may spare the server a crowd, but for one second only: that is how old an answer may be.
CACHE_CONTROL = "public, max-age=0, s-maxage=1, must-revalidate"
VARY = ("Accept-Encoding", "Accept-Language", "Cookie", "Authorization")
_LONGEST_ADDRESS = 2000
_WORTH_PACKING = 1024
_TEXT = (
    "text/",
    "application/json",
    "application/geo+json",
    "application/atom+xml",
    "application/xml",
    "image/svg+xml",
)
# Headers that belong to one sending of an answer.
_NOT_KEPT = ("content-length", "content-encoding")
# Every browser's list for a page begins so, and goes on in its own way. Whoever adds a form that we speak (the JSON of `/ogc/`)
# asks for another answer, and is no browser.
_BROWSER = re.compile(
    r"text/html,application/xhtml\+xml(,(application/xml|image/[\w.+*-]+|\*/\*|application/signed-exchange)(;v=b3)?(;q=0\.\d+)?)*",
    re.ASCII,
)
_LONGEST_ACCEPT = 300
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.ASCII | re.IGNORECASE)

# In the environ of a request that no network brought: the page is for a static edition (`portal.edition`) and says so.
EDITION = "schoolworks.edition"

View = TypeVar("View", bound=Callable[..., Any])


def kept(view: View) -> View:
    """Mark a view (or a class of REST framework's) whose public answer is the same for everyone who asks for its address.

    It must set no cookie, hold no token of a form, and read nothing that changes without the ledger, but a bureau's day.
    """
    view.kept = True  # type: ignore[attr-defined]
    return view


class BoundedCache(BaseCache):
    """Memory of this process, counted in bytes: what was not asked for longest goes first.

    Nothing is copied or pickled, so values must not be changed. Shared by the process's threads, by ``LOCATION``.
    """

    _rooms: dict[str, tuple[OrderedDict[str, Any], threading.Lock, list[int]]] = {}

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.most = int(params.get("OPTIONS", {}).get("MAX_BYTES", 16 * 1024 * 1024))
        self._values, self._lock, self._size = self._rooms.setdefault(location, (OrderedDict(), threading.Lock(), [0]))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        with self._lock:
            value = self._values.get(key)
            if value is None:
                return default
            self._values.move_to_end(key)
            return value

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        with self._lock:
            self._drop(key)
            if _size(key, value) > self.most // 4:
                return  # one answer must not push out all others
            self._values[key] = value
            self._size[0] += _size(key, value)
            while self._size[0] > self.most:
                self._drop(next(iter(self._values)))

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        if self.has_key(key):
            return False
        self.set(key, value)
        return True

    def delete(self, key: str, version: int | None = None) -> bool:
        with self._lock:
            return self._drop(key)

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self._size[0] = 0

    @property
    def bytes_held(self) -> int:
        return self._size[0]

    def _drop(self, key: str) -> bool:
        value = self._values.pop(key, None)
        if value is None:
            return False
        self._size[0] -= _size(key, value)
        return True


def _size(key: str, value: Any) -> int:
    """With what Python needs around it, roughly."""
    return len(key) + (len(value) if isinstance(value, (bytes, Kept)) else sys.getsizeof(value)) + 500


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was made: ``body`` packed with gzip if ``packed``; ``by`` is the validator it was made under."""

    by: str
    body: bytes
    packed: bool
    headers: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.body) + sum(len(name) + len(value) for name, value in self.headers)

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        """For this reader: 304 if it is what they have, packed if they take it so."""
        packed = self.packed and takes_gzip(request)
        body = gzip.decompress(self.body) if self.packed and not packed else self.body
        response = HttpResponse(body, headers=dict(self.headers))
        if packed:
            response["Content-Encoding"] = "gzip"
        response["Content-Length"] = str(len(body))
        return _for_everybody(get_conditional_response(request, etag=response["ETag"], response=response) or response)


class KeptAnswers:
    """The middleware, after the one that knows the language and before everything that costs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.turns = Turns()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD") or EDITION in request.META:
            return self.get_response(request)
        if not for_the_public(request):
            return _own(request, self.get_response(request))
        place = _place(request)
        if place is None:
            return self.get_response(request)
        try:
            found = caches["answers"].get(place)
            if found is None and not _is_kept(request):
                return self.get_response(request)
            newest = newest_entry()
            by = _validator(newest)
            if found is not None and found.by == by:
                return found.answer(request)  # type: ignore[no-any-return]
            # A crowd that comes just after a change: one makes the answer, the others of this process wait for it.
            with self.turns.of(place) as waited:
                if waited:
                    newest = newest_entry()
                    by, found = _validator(newest), caches["answers"].get(place)
                    if found is not None and found.by == by:
                        return found.answer(request)  # type: ignore[no-any-return]
                with seen_up_to(newest):
                    return self._make(request, place, by)
        except DatabaseError:
            # Nobody can say whether what is kept still holds; the view answers that the database is away.
            return self.get_response(request)

    def _make(self, request: HttpRequest, place: str, by: str) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 304:
            return _for_everybody(response)
        made = _as_kept(response, by)
        if made is None:
            return response
        self.keep(place, made)
        return made.answer(request)

    def keep(self, place: str, made: Kept) -> None:
        caches["answers"].set(place, made)


class Turns:
    """One at a time for each name; nobody waits longer than ``patience`` seconds."""

    def __init__(self, patience: float = 20.0) -> None:
        self.patience = patience
        self._guard = threading.Lock()
        self._locks: dict[str, list[Any]] = {}

    @contextmanager
    def of(self, name: str) -> Iterator[bool]:
        """Gives whether somebody else was at it."""
        with self._guard:
            entry = self._locks.setdefault(name, [threading.Lock(), 0])
            entry[1] += 1
        waited = not (mine := entry[0].acquire(blocking=False))
        if waited:
            mine = entry[0].acquire(timeout=self.patience)
        try:
            yield waited
        finally:
            if mine:
                entry[0].release()
            with self._guard:
                entry[1] -= 1
                if not entry[1]:
                    del self._locks[name]


def _validator(newest: int) -> str:
    """What every kept answer depends on. A bureau's day begins on a quarter of an hour, wherever it is."""
    return f"{newest} {int(time.time() // 900)} {surroundings()}"


def surroundings() -> str:
    """What every public answer depends on beside the record: the program, and these settings."""
    told = (settings.DEMO, settings.MAP_REVIEW_NUMBER, settings.BASE_MAPS, settings.SITE_URL, settings.EMAIL_ON)
    return f"{release()} {told}"


def for_the_public(request: HttpRequest) -> bool:
    """Whether nothing in the request says who asks: no session, no token, no message waiting from the page before."""
    return (
        settings.SESSION_COOKIE_NAME not in request.COOKIES
        and "messages" not in request.COOKIES
        and "Authorization" not in request.headers
    )


def takes_gzip(request: HttpRequest) -> bool:
    return _GZIP.search(request.headers.get("Accept-Encoding", "")) is not None


def _place(request: HttpRequest) -> str | None:
    """What an answer is kept under: where the reader stands, what they ask for, in which language and form.

    None where it is not kept: under a host that only looks like ours, each name and port would be one more copy.
    """
    try:
        if not own_host(request):
            return None
        address = request.build_absolute_uri(request.get_full_path())
    except DisallowedHost:
        return None  # refused further in
    accepts = request.headers.get("Accept", "")
    if len(address) > _LONGEST_ADDRESS or len(accepts) > _LONGEST_ACCEPT:
        return None  # never cut: two that begin alike may want different answers
    form = "browser" if _BROWSER.fullmatch(accepts) else accepts
    return f"{get_language()} {form} {address}"


def _is_kept(request: HttpRequest) -> bool:
    try:
        view: Any = resolve(request.path_info).func
    except Http404:
        return False
    return bool(getattr(view, "kept", False) or getattr(getattr(view, "cls", None), "kept", False))


def _as_kept(response: HttpResponseBase, by: str) -> Kept | None:
    """None where it must not be kept: an error, a stream, a cookie, a person's."""
    if response.status_code != 200 or response.streaming or response.cookies or not isinstance(response, HttpResponse):
        return None
    if "no-store" in response.headers.get("Cache-Control", ""):
        return None
    etag = f'W/"{hashlib.sha256(response.content).hexdigest()[:32]}"'  # what is the same again was not changed
    body, packed = response.content, response.headers.get("Content-Encoding") == "gzip"
    if not packed and "Content-Encoding" in response.headers:
        return None
    if not packed and len(body) > _WORTH_PACKING and response.headers.get("Content-Type", "").startswith(_TEXT):
        body, packed = gzip.compress(body, 5, mtime=0), True
    headers = {name: value for name, value in response.headers.items() if name.lower() not in _NOT_KEPT}
    headers.setdefault("ETag", etag)
    return Kept(by, body, packed, tuple(headers.items()))


def _for_everybody(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = CACHE_CONTROL
    patch_vary_headers(response, VARY)
    return response


def _own(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """A page that everybody else shares, made for one who is signed in: no shared cache may take it for theirs."""
    match = request.resolver_match
    if match and (getattr(match.func, "kept", False) or getattr(getattr(match.func, "cls", None), "kept", False)):
        response.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(response, VARY)
    return response
