"""The map app; disarms branca before the first map is drawn."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MapviewsConfig(AppConfig):
    name = "mapviews"
    label = "mapviews"
    verbose_name = _("Maps")

    def ready(self) -> None:
        from mapviews.disarm import disarm

        disarm()
