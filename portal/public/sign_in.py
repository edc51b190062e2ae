"""Sign-in: Django's own view (safe ``next``, no cache); the demonstration's accounts are offered only in a demonstration."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView

from projects_api.selectors.pages import demo_accounts


class SignIn(LoginView):
    template_name = "accounts/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["accounts"] = demo_accounts() if settings.DEMO else []
        return context
