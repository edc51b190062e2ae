"""What the views share: finding the project, checking the body, the answers that every operation may give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from projects_api.api.negotiation import Negotiation
from projects_api.api.serializers.fields import Line, StrictSerializer
from projects_api.api.serializers.projects import project_out
from projects_api.errors import Compressed, DomainError, InvalidInput, NotFound, SignInNeeded, StaleVersion
from projects_api.filtersets import checked_query
from projects_api.models import Project, User
from projects_api.models.base import the_one
from projects_api.public import public_document
from projects_api.selectors.documents import as_reported, project_document
from projects_api.selectors.facts import Document
from projects_api.selectors.projects import project_detail

IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": r'^(W/)?"[0-9]{1,10}(-[a-z-]{1,40})?"$'},
    OpenApiParameter.HEADER,
    required=True,
    description='The ETag of the state you change, like "7".',
)
IF_MATCH_MAYBE = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": r'^(\*|(W/)?"[0-9]{1,10}(-[a-z-]{1,40})?")$'},
    OpenApiParameter.HEADER,
    description="The state that you have seen; 412 if it has moved on.",
)
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": 200, "pattern": "^[ -~]*$"},
    OpenApiParameter.HEADER,
    description="The same key and body again: one effect, the first answer.",
)


def number_parameter(name: str, low: int, high: int, description: str = "") -> OpenApiParameter:
    """A whole number in the query, with its bounds."""
    return OpenApiParameter(name, {"type": "integer", "minimum": low, "maximum": high}, description=description)


AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATE, description="As the record knew it at the end of that day.")
ON = OpenApiParameter("on", OpenApiTypes.DATE, description="As it was on that day, by what is known now.")
CODE = OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH)


class LengthNeeded(DomainError):
    status = 411
    kind = "length-needed"
    title = gettext_lazy("Say how long the body is")


class View(APIView):
    """Each method names who may try it in ``needs``; the rules decide on the object (`permissions.demand`)."""

    needs: ClassVar[dict[str, str]] = {"GET": "anyone"}
    # Without OPTIONS and TRACE, so that Allow names only what is answered.
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    # Names of the query string that this view reads; everything else is refused by name.
    query: ClassVar[frozenset[str]] = frozenset()

    # What everybody gets is kept (`projects_api.kept`): every answer of the API follows from the record, the day and the address.
    kept: ClassVar[bool] = True

    # What it answers with beside JSON.
    speaks: ClassVar[tuple[str, ...]] = ()

    def get_content_negotiator(self) -> Negotiation:
        return Negotiation(*self.speaks)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(request.method or "")
        super().initial(request, *args, **kwargs)
        if any("\x00" in str(part) for part in kwargs.values()):
            raise NotFound()  # no name holds it, and PostgreSQL would not even look
        if request.headers.get("Transfer-Encoding") and not request.headers.get("Content-Length"):
            # Django would take it for an empty body.
            raise LengthNeeded(_("Send the body whole, with its Content-Length."))
        if (coding := request.headers.get("Content-Encoding", "").strip().lower()) not in ("", "identity"):
            raise Compressed(_("The body is compressed (%(encoding)s); send it as it is.") % {"encoding": coding[:40]})
        self.check_query(request)

    def check_query(self, request: Request) -> None:
        checked_query(request._request.GET, known=self.query)

    def project(self, code: str, *, stages: bool = True) -> Project:
        """The project, if it exists for this user. 1-3 queries, its milestones included unless they are not asked for."""
        found = project_detail(self.request.user).filter(code=code)
        project = the_one(found if stages else found.prefetch_related(None))
        if project is None:
            raise NotFound(_("There is no project %(code)s that you can see.") % {"code": code})
        return project


Serializer = TypeVar("Serializer", bound=serializers.Serializer[Any])


def body(request: Request, serializer: type[serializers.Serializer[Any]]) -> tuple[dict[str, Any], str]:
    """The checked body and its ``reason``."""
    return checked_body(request.data, serializer)


def checked_body(data: Any, serializer: type[serializers.Serializer[Any]]) -> tuple[dict[str, Any], str]:
    checked = serializer(data=data)
    checked.is_valid(raise_exception=True)
    values = dict(checked.validated_data)
    reason = values.pop("reason", "")
    return values, reason


def changes(request: Request, serializer: type[serializers.Serializer[Any]]) -> tuple[dict[str, Any], str]:
    values, reason = body(request, serializer)
    if not values:
        raise InvalidInput.one("", "empty", _("The body changes nothing: name at least one field."))
    return values, reason


class Nothing(StrictSerializer):
    """The body of a write that takes none and stands in no ledger: whatever it names is refused by name."""


class Reason(StrictSerializer):
    """The body of a write that says all else by its address; it may be left out."""

    reason = Line(max_length=500, required=False)


def signed_in(request: Request) -> User:
    """The person behind the request; the view's ``needs`` has asked for one."""
    if not isinstance(request.user, User):
        raise SignInNeeded()
    return request.user


def shown_part(user: Any, project: Project, *, money: bool = False) -> str:
    """Which part of a project's record this person reads, for the ETag: "" the whole. No query of its own."""
    if not user.has_perm("project.read_private", project):
        return "public"
    return "" if not money or user.has_perm("money.read", project) else "without-money"


def shown_document(user: Any, project: Project, document: Document) -> Document:
    """The part of a document that this user may read."""
    whole = user.has_perm("project.read_private", project)
    return as_reported(document) if whole else public_document(document)


@contextmanager
def showing(current: Callable[[], tuple[Document, int]]) -> Iterator[None]:
    """Puts what stands now, and its version, into a StaleVersion on its way out, so that the writer can start again from it."""
    try:
        yield
    except StaleVersion as error:
        error.current, error.version = current()
        raise


def current_state(request: Request, project: Project) -> AbstractContextManager[None]:
    """`showing` the project."""

    def current() -> tuple[Document, int]:
        fresh = Project.objects.select_related("bureau", "region", "school", "plan__bureau").get(code=project.code)
        document = shown_document(request.user, fresh, project_document(fresh))
        return project_out(document, fresh.version), fresh.version

    return showing(current)


def now() -> datetime:
    """The clock of the outside world: read here, passed inward."""
    return timezone.now()
