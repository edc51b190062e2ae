"""What every page may show."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from projects_api.filtersets import knows_private


def product(request: HttpRequest) -> dict[str, Any]:
    return {
        "demo": settings.DEMO,
        "map_review_number": settings.MAP_REVIEW_NUMBER,
        "tile_attribution": settings.TILE_ATTRIBUTION,
        "version": settings.VERSION,
        # Asked for by the templates that have the navigation, and free for who is not signed in.
        "office": SimpleLazyObject(lambda: knows_private(getattr(request, "user", None))),
    }
