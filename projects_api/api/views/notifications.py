"""``notifications/``: what one has been told, and that one has read it."""

from __future__ import annotations

from typing import ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.idempotency import once
from projects_api.api.pagination import page_of
from projects_api.api.serializers.notifications import NotificationOut, ReadInput, ReadOut, notification_out
from projects_api.api.views.base import IDEMPOTENCY, View, body, now, signed_in
from projects_api.api.views.reference import PAGE_PARAMETERS, PAGING, code_parameter, paged
from projects_api.errors import InvalidInput
from projects_api.selectors.notifications import notifications_of, unread_count
from projects_api.services.notifications import notifications_read


class Notifications(View):
    needs: ClassVar = {"GET": "signed in"}
    query: ClassVar = PAGING | {"unread"}

    @extend_schema(
        operation_id="notifications_list",
        parameters=[OpenApiParameter("unread", str, enum=["true"], description="Only those."), *PAGE_PARAMETERS],
        responses=page_of(NotificationOut),
    )
    def get(self, request: Request) -> Response:
        """Your own, the newest first, of projects that you read in full now."""
        rows = notifications_of(signed_in(request))
        if code_parameter(request, "unread", ["true"]):
            rows = rows.filter(read_at__isnull=True)
        return paged(self, request, rows, notification_out)


class NotificationsRead(View):
    needs: ClassVar = {"POST": "signed in"}

    @extend_schema(operation_id="notifications_read", request=ReadInput, parameters=[IDEMPOTENCY], responses=ReadOut)
    def post(self, request: Request) -> Response:
        """Mark as read: `ids`, or all `up_to` the newest that you have seen. Ids that are not yours are passed over."""
        user = signed_in(request)
        values, _reason = body(request, ReadInput)
        if len(values) != 1:
            raise InvalidInput.one("", "one_of", _("Give either ids or up_to."))

        def act() -> Response:
            marked = notifications_read(user=user, at=now(), ids=values.get("ids"), up_to=values.get("up_to"))
            return Response({"marked": marked, "unread": unread_count(user)})

        return once(request, user, act)
