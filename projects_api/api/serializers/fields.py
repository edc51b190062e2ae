"""Fields that refuse what the record cannot hold, and a serializer that refuses what it does not know."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects_api.bounds import EARLIEST, LATEST, MOMENT, MONEY_MAX
from projects_api.errors import InvalidInput
from projects_api.text import clean_line, clean_text

DECIMAL = re.compile(r"-?\d{1,20}(\.\d{1,20})?", re.ASCII)


class StrictSerializer(serializers.Serializer[Any]):
    """Unknown and read-only members are errors that name them: what is not stored is not silently dropped."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            problems: dict[str, list[serializers.ErrorDetail]] = {}
            for name in data:
                field = self.fields.get(name)
                if field is None:
                    problems[str(name)] = [
                        serializers.ErrorDetail(str(_("There is no such field.")), code="unknown_field")
                    ]
                elif field.read_only:
                    words = str(_("This follows from other facts and cannot be written."))
                    problems[str(name)] = [serializers.ErrorDetail(words, code="read_only")]
            if problems:
                raise serializers.ValidationError(problems)
        return super().to_internal_value(data)


def _raise(error: InvalidInput) -> None:
    raise serializers.ValidationError(
        [serializers.ErrorDetail(str(e.message), code=e.code) for e in error.errors]
    ) from error


class Text(serializers.Field[Any, Any, Any, Any]):
    """Cleaned text of at most ``max_length`` characters; the schema reads its limits (`openapi.LineSchema`)."""

    def __init__(self, *, max_length: int, allow_blank: bool = True, **kwargs: Any) -> None:
        self.max_length = max_length
        self.allow_blank = allow_blank
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        try:
            return self.clean(data)
        except InvalidInput as error:
            _raise(error)
            raise

    def clean(self, data: Any) -> str:
        raise NotImplementedError

    def to_representation(self, value: Any) -> str:
        return str(value)


class Line(Text):
    """One line of text; ``""`` where blank is allowed."""

    def clean(self, data: Any) -> str:
        return clean_line(data, pointer="", max_length=self.max_length, allow_blank=self.allow_blank)


class Prose(Text):
    """Running text; ``""`` is allowed."""

    def clean(self, data: Any) -> str:
        return clean_text(data, pointer="", max_length=self.max_length)


class Day(serializers.DateField):
    """``YYYY-MM-DD`` between 1949-10-01 and 2100-12-31."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso-8601", input_formats=["%Y-%m-%d"], **kwargs)

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str) or len(value) != 10 or not value.isascii():
            self.fail("invalid", format="YYYY-MM-DD")
        day = super().to_internal_value(value)
        if not EARLIEST <= day <= LATEST:
            raise serializers.ValidationError(_("A date between 1949-10-01 and 2100-12-31."), code="out_of_range")
        return day


class Moment(serializers.DateTimeField):
    """A time with its zone (RFC 3339): one without would be read in the server's, whatever the device's is."""

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str) or not MOMENT.fullmatch(value):
            raise serializers.ValidationError(_("A time with its zone, like 2023-06-30T08:00:00Z."), code="invalid")
        return super().to_internal_value(value)


class Yuan(serializers.DecimalField):
    """A decimal string (or number) in yuan, at most two decimals."""

    def __init__(self, *, negative: bool = False, **kwargs: Any) -> None:
        low = -MONEY_MAX if negative else Decimal(0)
        super().__init__(max_digits=15, decimal_places=2, min_value=low, max_value=MONEY_MAX, **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, (str, int, float)):
            self.fail("invalid")
        # Decimal() would also take "1_000", " 1 " and the digits of other scripts.
        if isinstance(data, str) and not DECIMAL.fullmatch(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class Secret(serializers.CharField):
    """A password: a string, kept exactly as it came."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, write_only=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class SquareMetres(Yuan):
    """An area: the same checks, another unit."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_value = None


class Count(serializers.IntegerField):
    """A whole JSON number: no text, no truth value, no fraction."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """true or false, not "yes" or 1."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Code(serializers.ChoiceField):
    """A code of a vocabulary, exactly as it stands there."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input=json.dumps(data)[:40])
        return super().to_internal_value(data)


POINT_SCHEMA = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "const": "Point", "description": "May be left out."},
        "coordinates": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        "crs": {
            "type": "string",
            "description": "WGS84 (default), GCJ-02, BD-09, EPSG:4490, or a CGCS2000 3-degree Gauss-Kruger zone (EPSG:4513-4554)",
        },
    },
    "required": ["coordinates"],
}
POLYGON_SCHEMA = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "const": "Polygon"},
        "coordinates": {
            "type": "array",
            "items": {
                "type": "array",
                "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
            },
        },
        "crs": {"type": "string"},
    },
    "required": ["type", "coordinates"],
}


@extend_schema_field(POINT_SCHEMA)
class PointGeometry(serializers.Field[Any, Any, Any, Any]):
    """GeoJSON, read by ``services.sites`` with the bureau's bounds at hand."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field(POLYGON_SCHEMA)
class PolygonGeometry(PointGeometry):
    pass
