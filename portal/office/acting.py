"""What every form of the office does with a refusal: the form comes back as it was filled in, each fault at its field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from rest_framework.serializers import Serializer, ValidationError

from projects_api.api.problems import as_domain_error
from projects_api.errors import DomainError, InvalidInput, NotAllowed, NotFound, SignInNeeded
from projects_api.models import Project, User
from projects_api.models.base import the_one
from projects_api.selectors.projects import project_detail

# Not about what was filled in: these are pages of their own.
_ELSEWHERE = (NotAllowed, NotFound, SignInNeeded)


@dataclass(frozen=True)
class Refusal:
    """Why nothing was changed. ``faults`` are by JSON pointer as the API names them (``/winter_from``, ``/stages/3/after``);
    ``wait``: seconds after which it may be tried again, 0 where that makes no difference."""

    words: str
    status: int
    faults: dict[str, list[str]] = field(default_factory=dict)
    wait: int = 0


def attempt(act: Callable[[], object]) -> Refusal | None:
    """Do it; what stood in the way, or None when it is done."""
    try:
        act()
    except _ELSEWHERE:
        raise
    except DomainError as error:
        faults: dict[str, list[str]] = {}
        for item in error.errors:
            faults.setdefault(item.pointer, []).append(str(item.message))
        return Refusal(str(error.detail) or str(error.title), error.status, faults, getattr(error, "wait", 0))
    return None


def signed_in(request: HttpRequest) -> User:
    """Who acts; the pages behind ``login_required`` have nobody else."""
    if not isinstance(request.user, User):
        raise SignInNeeded()
    return request.user


def allowed(request: HttpRequest, permission: str, subject: Any) -> User:
    """Who acts, if they may. Raises NotAllowed."""
    user = signed_in(request)
    if not user.has_perm(permission, subject):
        raise NotAllowed()
    return user


def version_in(form: QueryDict) -> int:
    """The version that the form was made from (``version``): what was written since is not overwritten. Raises InvalidInput."""
    text = form.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput.one("/version", "invalid", _("This form is incomplete. Load the page again."))
    return int(text)


def taken(serializer: type[Serializer[Any]], data: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """What a form says as the API takes it, by the API's own checks, and its ``reason``. Raises InvalidInput."""
    checked = serializer(data=data)
    try:
        checked.is_valid(raise_exception=True)
    except ValidationError as error:
        raise as_domain_error(error) or error from error
    values = dict(checked.validated_data)
    return values, values.pop("reason", "")


def done(request: HttpRequest, words: str, address: str) -> HttpResponse:
    """It is done: said on the page that follows. 303, so that loading that page again repeats nothing."""
    messages.success(request, words)
    return HttpResponseRedirect(address, status=303)


def project_for(request: HttpRequest, code: str, permission: str) -> Project:
    """The project with its milestones, for who may do this to it. Raises NotFound, NotAllowed. Two queries (and the roles)."""
    found = the_one(project_detail(request.user).filter(code=code))
    if found is None:
        raise NotFound(_("There is no project %(code)s that you can see.") % {"code": code})
    allowed(request, permission, found)
    return found
