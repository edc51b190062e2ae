"""REST framework's hook into ``projects_api.rules``: each view names the permission of each method, and nothing else."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from projects_api.errors import NotAllowed, SignInNeeded


class ByRules(BasePermission):
    """``view.needs[method]``: ``"anyone"``, ``"signed in"``, or a rule that the view checks on its object with `demand`.

    A method without an entry is refused: nothing is open by oversight.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        method = (request.method or "").upper()
        if method == "HEAD":
            method = "GET"
        need = getattr(view, "needs", {}).get(method)
        if need is None:
            # Not a method of this view: REST framework answers 405 by itself.
            return method not in getattr(view, "allowed_methods", [])
        if need != "anyone" and not request.user.is_authenticated:
            raise SignInNeeded()
        return True


def demand(user: Any, permission: str, thing: Any) -> None:
    """Raise unless the rule allows it: 401 where signing in could help, else 403."""
    if user.has_perm(permission, thing):
        return
    raise NotAllowed() if user.is_authenticated else SignInNeeded()
