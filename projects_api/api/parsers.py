"""Bodies are strict JSON (``projects_api.strictjson``); everything else is 415."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from projects_api.errors import InvalidInput
from projects_api.strictjson import loads


class StrictJSONParser(BaseParser):
    """``application/json`` of at most ``DATA_UPLOAD_MAX_MEMORY_SIZE`` bytes, whose top level is an object."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        charset = parse_header_parameters(media_type or "")[1].get("charset", "utf-8")
        if charset.strip("'\"").lower() not in ("utf-8", "utf8", "us-ascii"):
            # Two bytes of GBK are often a letter of another script in UTF-8: 小学 would be kept as Сѧ.
            words = _("JSON is UTF-8 here; this body says that it is %(charset)s.") % {"charset": charset[:40]}
            raise UnsupportedMediaType(media_type or "", detail=words)
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        # One byte more than allowed is enough to know that it is too much, whatever Content-Length says.
        body = loads(stream.read(limit + 1), max_bytes=limit)
        if not isinstance(body, dict):
            raise InvalidInput.one("", "not_an_object", _("The body must be a JSON object."))
        return body
