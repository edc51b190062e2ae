"""``coordinates/``: what pasted coordinates may mean, before anything is saved."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.idempotency import idempotency_key
from projects_api.api.serializers.coordinates import CoordinatesInput, CoordinatesOut, coordinates_out
from projects_api.api.views.base import IDEMPOTENCY, View, body
from projects_api.errors import InvalidInput
from projects_api.models import Bureau
from projects_api.services.sites import coordinates_read


class Coordinates(View):
    needs: ClassVar = {"POST": "signed in"}

    @extend_schema(
        operation_id="coordinates_read", request=CoordinatesInput, parameters=[IDEMPOTENCY], responses=CoordinatesOut
    )
    def post(self, request: Request) -> Response:
        """Every reading of pasted coordinates that lies in the bureau's county, with words on what was understood.

        Changes nothing, so that an Idempotency-Key, though taken, makes no difference. What fits nowhere is a 400 that tells why
        of each try.
        """
        values: dict[str, Any]
        idempotency_key(request)
        values, _reason = body(request, CoordinatesInput)
        bureau = Bureau.objects.select_related("region").filter(code=values["bureau"]).first()
        if bureau is None:
            raise InvalidInput.one("/bureau", "unknown_bureau", _("There is no such bureau."))
        reading = coordinates_read(
            values["text"], bureau=bureau, crs=values.get("crs", ""), shape=values.get("shape", "")
        )
        return Response(coordinates_out(reading))
