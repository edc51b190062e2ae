"""Idempotency-Key on every POST: the same key and body again give the first answer and one effect."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import orjson
from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api import engine
from projects_api.api.renderers import plain
from projects_api.errors import InvalidInput, KeyReused
from projects_api.models import IdempotencyRecord, User

KEPT_HEADERS = ("ETag", "Location")
LONGEST_KEY = 200


def idempotency_key(request: Request) -> str:
    """The key of this request, "" without one. Raises InvalidInput when it is unusable."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if key and not (len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise InvalidInput.one("Idempotency-Key", "invalid", _("At most 200 printable ASCII characters."))
    return key


def once(
    request: Request, user: User, act: Callable[[], Response], *, keep: Callable[[Any], Any] = lambda data: data
) -> Response:
    """Run ``act`` unless this user's key has run it before: then the first answer comes again.

    The record is written in the transaction of the effect, so the two stand or fall together; two requests at once meet
    in the unique key, and the later one waits and finds the first answer. A refused request leaves no record: it had no
    effect and may be sent again. ``keep`` takes out of the answer what must not be stored.
    """
    key = idempotency_key(request)
    if not key:
        return act()
    mark = fingerprint(request)
    try:
        with engine.writer():
            first = IdempotencyRecord.objects.filter(user=user, key=key).first()
            if first is not None:
                return repeated(first, mark)
            record = IdempotencyRecord.objects.create(user=user, key=key, fingerprint=mark, created=timezone.now())
            response = act()
            record.status = response.status_code
            record.headers = {name: response[name] for name in KEPT_HEADERS if response.has_header(name)}
            record.body = orjson.dumps(keep(response.data), default=plain).decode()
            record.save(update_fields=["status", "headers", "body"])
            return response
    except IntegrityError:
        # Another process won the race between our look and our insert.
        first = IdempotencyRecord.objects.filter(user=user, key=key).first()
        if first is None:
            raise
        return repeated(first, mark)


def fingerprint(request: Request) -> str:
    """What makes two requests the same: method, address and body."""
    address = request.get_full_path().encode("ascii", "backslashreplace").decode()
    body = json.dumps(request.data, sort_keys=True, default=str)
    text = f"{request.method}\n{address}\n{body}".encode("utf-8", "surrogatepass")
    # Keyed, since a body may hold a password: the fingerprint alone must not let anyone try passwords.
    return hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()


def repeated(record: IdempotencyRecord, mark: str) -> Response:
    if record.fingerprint != mark:
        raise KeyReused(_("The same Idempotency-Key came before with another request. Use a new key."))
    return Response(
        orjson.loads(record.body), status=record.status, headers={**record.headers, "Idempotency-Replayed": "true"}
    )
