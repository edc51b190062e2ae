"""What every page may show."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def product(request: HttpRequest) -> dict[str, Any]:
    return {
        "demo": settings.DEMO,
        "map_review_number": settings.MAP_REVIEW_NUMBER,
        "tile_attribution": settings.TILE_ATTRIBUTION,
        "version": settings.VERSION,
    }
