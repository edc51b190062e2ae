"""Who is asking: a device token, or the browser's session."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from projects_api.services.tokens import token_owner


class TokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Token …``. A revoked or expired token, or a closed account, ends at the next request."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        words = authentication.get_authorization_header(request).split()
        if not words or words[0].lower() != b"token":
            return None
        if len(words) != 2:
            raise exceptions.AuthenticationFailed(_("The Authorization header must read: Token …"))
        try:
            owner = token_owner(token=words[1].decode("ascii"), at=timezone.now())
        except UnicodeDecodeError:
            owner = None
        if owner is None:
            raise exceptions.AuthenticationFailed(_("This token is unknown, expired or revoked."))
        return owner

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session, with CSRF checked; says "sign in" (401) like the token does."""

    def authenticate_header(self, request: Request) -> str:
        return "Token"
