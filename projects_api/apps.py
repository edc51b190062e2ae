from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProjectsApiConfig(AppConfig):
    """The record: what is built, where, when, for how much, and who said so."""

    name = "projects_api"
    verbose_name = _("School construction record")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from projects_api import rules  # noqa: F401  registers the permissions
        from projects_api.api import openapi  # noqa: F401  registers schema extensions
