"""A project that is suspended or cancelled: the step there, and why and since when, for everybody to read (decision 42)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from projects_api.choices import STANDS_STILL, Status
from projects_api.errors import InvalidInput
from projects_api.models import Project
from projects_api.schedule.progress import check_transition

WHY = ("status_reason", "status_note", "status_since")
_NOTHING = {"status_reason": "", "status_note": "", "status_since": None}


def status_apply(project: Project, changes: Mapping[str, Any], *, today: date) -> None:
    """Take over what ``changes`` say of the status and its reason. Raises RuleBroken (no such step), InvalidInput
    (``/status_reason`` required, ``/status_since`` in the future).

    A new status has a reason of its own: that of the one before is gone. Without a day it is ``today``, the bureau's. Who halts
    a project, or takes the reason of a halt away, must say why; what was halted before anybody asked may be changed otherwise.
    """
    status = changes.get("status") or project.status
    moved = status != project.status
    explained = moved or bool(project.status_reason)
    if moved:
        check_transition(Status(project.status), Status(status))
        project.status = status
        forget_why(project)
        if status in STANDS_STILL:
            project.status_since = today
    for name in WHY:
        if name in changes and not (name == "status_since" and changes[name] is None):
            setattr(project, name, changes[name])
    if project.status in STANDS_STILL and explained and not project.status_reason:
        raise InvalidInput.one(
            "/status_reason", "required", _("Choose why: everybody who waits for this school reads it.")
        )
    if project.status_since and project.status_since > today:
        raise InvalidInput.one("/status_since", "in_future", _("This is a fact, so it cannot lie in the future."))


def forget_why(project: Project, *, besides: Collection[str] = ()) -> None:
    """The reason was that of another status. ``besides``: what the file that brings the new one says itself."""
    for name in WHY:
        if name not in besides:
            setattr(project, name, _NOTHING[name])
