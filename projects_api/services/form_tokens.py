"""A form that anybody may send, known again: made here, for one purpose, not too long ago, not filled in by a machine at once.

A token holds the id of what the form will make, so that a form sent twice makes it once. `worked` is whether the browser has
spent a second or so on it (hashcash: a number whose SHA-256 with the token begins with zeros); who cannot is not kept out, but
looked at twice.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.core import signing
from django.utils.translation import gettext as _

from projects_api.errors import InvalidInput

GOOD_FOR = timedelta(hours=24)
QUICKEST = timedelta(seconds=3)
BITS = 16  # 65,536 tries on average: about half a second on a cheap phone, and a cost for who sends thousands


def form_token(purpose: str, *, at: datetime) -> str:
    return _signer(purpose).sign_object({"id": uuid4().hex, "at": int(at.timestamp())})


def read_form(token: str, purpose: str, *, at: datetime) -> UUID:
    """The id that the form was made with. Raises InvalidInput (``/token``: expired, too_quick)."""
    try:
        held = _signer(purpose).unsign_object(token)
        key, age = UUID(held["id"]), at.timestamp() - held["at"]
    except (signing.BadSignature, ValueError, KeyError, TypeError):
        key, age = None, 0
    if key is None or age > GOOD_FOR.total_seconds():
        raise InvalidInput.one(
            "/token", "expired", _("The form had expired. Everything is still there: send it again.")
        )
    if age < QUICKEST.total_seconds():
        raise InvalidInput.one(
            "/token", "too_quick", _("That was very quick. Everything is still there: send it again.")
        )
    return key


def worked(token: str, number: str) -> bool:
    if not (number.isascii() and number.isdigit() and len(number) < 12):
        return False
    digest = hashlib.sha256(f"{token}:{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> (32 - BITS) == 0


def _signer(purpose: str) -> signing.Signer:
    return signing.Signer(salt=f"form.{purpose}")
