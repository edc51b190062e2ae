"""``tokens/``: a token per device, shown once, listed and revoked by its owner."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth import authenticate
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.idempotency import idempotency_key, once
from projects_api.api.serializers.others import TokenCreate, TokenIssued, TokenOut
from projects_api.api.views.base import IDEMPOTENCY, Nothing, View, body, now, signed_in
from projects_api.errors import RuleBroken, SignInNeeded
from projects_api.models import DeviceToken, User
from projects_api.selectors.facts import Document
from projects_api.services.tokens import token_create, token_for_key, token_revoke, token_works


def token_out(token: DeviceToken) -> Document:
    return {"id": token.pk, "device": token.device, "created": token.created, "expires": token.expires}


class Tokens(View):
    needs: ClassVar = {"GET": "signed in", "POST": "anyone"}

    @extend_schema(operation_id="tokens_list", responses=TokenOut(many=True))
    def get(self, request: Request) -> Response:
        """Your own devices' tokens that still work."""
        mine = DeviceToken.objects.filter(user=signed_in(request), revoked__isnull=True, expires__gt=now()).order_by(
            "-created"
        )
        return Response([token_out(token) for token in mine], headers={"Cache-Control": "no-store"})

    @extend_schema(
        operation_id="tokens_create",
        request=TokenCreate,
        parameters=[IDEMPOTENCY],
        responses={201: TokenIssued},
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """Sign in on a device. The token is shown this once; only its hash is kept."""
        values, _reason = body(request, TokenCreate)
        # The same answer, after the same time, for an unknown name, a wrong password and a closed account.
        user = authenticate(request._request, username=values["username"], password=values["password"])
        if not isinstance(user, User):
            raise SignInNeeded(_("Name or password is wrong, or the account is locked for a while."))
        key = idempotency_key(request)
        token = token_for_key(user, key) if key else ""

        def create() -> Response:
            row, shown = token_create(user=user, device=values["device"], at=now(), token=token)
            headers = {"Cache-Control": "no-store", "Location": f"/api/v1/tokens/{row.pk}/"}
            return Response({**token_out(row), "token": shown}, status=201, headers=headers)

        def without_token(data: Any) -> Any:
            return {name: value for name, value in data.items() if name != "token"}

        response = once(request, user, create, keep=without_token)
        if key and "token" not in response.data:
            if not token_works(token=token, at=now()):
                raise RuleBroken(
                    _("The token that this Idempotency-Key stands for was revoked or has expired. Send a new key.")
                )
            response.data = {**response.data, "token": token}
        return response


class TokenView(View):
    needs: ClassVar = {"DELETE": "signed in"}

    @extend_schema(operation_id="tokens_revoke", request=None, responses={204: None})
    def delete(self, request: Request, token_id: Any) -> Response:
        """Revoke it; it ends at the next request."""
        body(request, Nothing)
        token_revoke(user=signed_in(request), token_id=token_id, at=now())
        return Response(status=204)
