"""Device tokens: issued once, kept hashed, listed and revoked by their owner."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from projects_api.errors import NotFound
from projects_api.models import DeviceToken, User
from projects_api.models.base import the_one
from projects_api.services.sign_in import may_sign_in


def digest(token: str) -> str:
    """SHA-256: the token has 256 random bits of its own, so a slow hash would protect nothing more."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_for_key(user: User, idempotency_key: str) -> str:
    """The token of a request that carries an Idempotency-Key: made from it, so that a repetition can give the first
    answer again although only the hash is kept. Unguessable without ``SECRET_KEY``."""
    message = f"schoolworks.device-token\x1f{user.pk}\x1f{idempotency_key}".encode()
    return (
        base64.urlsafe_b64encode(hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).digest())
        .rstrip(b"=")
        .decode()
    )


def token_create(*, user: User, device: str, at: datetime, token: str = "") -> tuple[DeviceToken, str]:
    """A new token of a device; the second value is the token itself, shown this once."""
    token = token or secrets.token_urlsafe(32)
    row = DeviceToken.objects.create(
        user=user,
        device=device,
        digest=digest(token),
        created=at,
        expires=at + timedelta(days=settings.TOKEN_DAYS),
    )
    return row, token


def token_owner(*, token: str, at: datetime) -> tuple[User, DeviceToken] | None:
    """The person behind a token, or None if it is unknown, revoked, expired, or its owner may not sign in. One query."""
    row = the_one(
        DeviceToken.objects.select_related("user").filter(digest=digest(token), revoked__isnull=True, expires__gt=at)
    )
    if row is None or not may_sign_in(row.user):
        return None
    return row.user, row


def token_works(*, token: str, at: datetime) -> bool:
    """Whether somebody can sign in with it. One query."""
    return token_owner(token=token, at=at) is not None


def token_revoke(*, user: User, token_id: UUID, at: datetime) -> None:
    """Revoke one's own token; it ends at the next request. Somebody else's does not exist for you."""
    if not DeviceToken.objects.filter(pk=token_id, user=user, revoked__isnull=True).update(revoked=at):
        raise NotFound()
