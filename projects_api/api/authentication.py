"""Who is asking: a device token, or the browser's session."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from projects_api.services.tokens import token_owner

# What a browser says by itself on every request once somebody has typed the password of a proxy in front of the site,
# which passes it on: it was meant for the proxy. Public pages show pictures and offer files of the API, and refusing these
# schemes would break them there. Any other scheme comes from a program, which would take the public's view for its own.
OF_A_PROXY = frozenset({b"basic", b"digest", b"negotiate", b"ntlm"})


class TokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Token …``. A revoked or expired token, or a closed account, ends at the next request.

    A header that is there and cannot be read as one is 401, never nobody.
    """

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        words = authentication.get_authorization_header(request).split()
        if "Authorization" not in request.headers or (words and words[0].lower() in OF_A_PROXY):
            return None
        if len(words) != 2 or words[0].lower() != b"token":
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
