"""Bodies are strict JSON (``projects_api.strictjson``); everything else is 415."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from projects_api.errors import InvalidInput
from projects_api.strictjson import loads


class StrictJSONParser(BaseParser):
    """``application/json`` of at most ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes, whose top level is an object."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        # One byte more than allowed is enough to know that it is too much, whatever Content-Length says.
        body = loads(stream.read(limit + 1), max_bytes=limit)
        if not isinstance(body, dict):
            raise InvalidInput.one("", "not_an_object", _("The body must be a JSON object."))
        return body
