from __future__ import annotations

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The pages: public, field, office."""

    name = "portal"
