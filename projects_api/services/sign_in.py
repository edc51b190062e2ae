"""Who may sign in: the product's own authentication backend."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend


class AccountBackend(ModelBackend):
    """Django's password backend (equal timing for unknown names), with demo accounts shut out unless ``DEMO`` is on.

    ``user_can_authenticate`` is asked again for every session request, so turning ``DEMO`` off ends demo sessions.
    """

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and may_sign_in(user)


def may_sign_in(user: Any) -> bool:
    return bool(user.is_active) and (settings.DEMO or not user.is_demo)
