"""What every page may show."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from portal.languages import Addresses
from projects_api.choices import Role
from projects_api.filtersets import knows_private
from projects_api.kept import EDITION
from projects_api.models import roles_of
from projects_api.selectors.notifications import unread_count


def product(request: HttpRequest) -> dict[str, Any]:
    return {
        "addresses": Addresses(request),
        "demo": settings.DEMO,
        # The page is made for a static edition: of when, and where the live server is.
        "edition": request.META.get(EDITION),
        "email_on": settings.EMAIL_ON,
        "map_review_number": settings.MAP_REVIEW_NUMBER,
        "tile_attribution": settings.BASE_MAPS[0].attribution if settings.BASE_MAPS else "",
        "version": settings.VERSION,
        # Asked for by the templates that have the navigation, and free for who is not signed in.
        "field_app": SimpleLazyObject(lambda: _is_engineer(getattr(request, "user", None))),
        "unread": SimpleLazyObject(lambda: unread_count(getattr(request, "user", None))),
        "office": SimpleLazyObject(lambda: knows_private(getattr(request, "user", None))),
    }


def _is_engineer(user: Any) -> bool:
    """By the roles, which the page has asked for anyway; whether there are sites, the app itself finds out."""
    return any(Role.ENGINEER in held for held in roles_of(user).values())
