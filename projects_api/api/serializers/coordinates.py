"""Pasted coordinates on the wire: what was asked, and every reading of it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from projects_api.api.serializers.fields import (
    POINT_SCHEMA,
    POLYGON_SCHEMA,
    Code,
    Line,
    PointGeometry,
    StrictSerializer,
    Text,
)
from projects_api.coordinates import POINT, POLYGON, Reading, area, system_name
from projects_api.pasted import MAX_TEXT


class Pasted(Text):
    """Text as it was pasted: nothing of it is kept, so what draws nothing is no fault of it (`projects_api.pasted`)."""

    def clean(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(data)

    default_error_messages = {"invalid": serializers.CharField.default_error_messages["invalid"]}


class CoordinatesInput(StrictSerializer):
    """`crs` is what you know of the system, "" if nothing; `EPSG:4490` (CGCS2000) is said of metres too, whose zone is found."""

    bureau = Line(max_length=12, allow_blank=False)
    text = Pasted(max_length=MAX_TEXT, help_text="As pasted: one position, or the corners of an outline, one a line.")
    crs = Line(max_length=20, required=False)
    shape = Code(choices=[POINT, POLYGON], allow_blank=True, required=False, help_text="What is expected.")


class NoteOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


@extend_schema_field({"oneOf": [POINT_SCHEMA, POLYGON_SCHEMA]})
class Geometry(PointGeometry):
    """A site or a footprint."""


class CandidateOut(serializers.Serializer[Any]):
    crs = serializers.CharField()
    name = serializers.CharField(help_text="The system in words.")
    chosen = serializers.BooleanField(help_text="The system was said, and this is the one reading of it that fits.")
    geometry = Geometry(help_text="May be sent as `site` or `footprint` as it is.")
    wgs84 = Geometry(help_text="The same in WGS84.")
    distance_m = serializers.FloatField(help_text="From the first candidate.")
    area_m2 = serializers.FloatField(allow_null=True)


class RefusedOut(serializers.Serializer[Any]):
    crs = serializers.CharField()
    name = serializers.CharField()
    message = serializers.CharField()


class CoordinatesOut(serializers.Serializer[Any]):
    shape = serializers.ChoiceField(choices=[POINT, POLYGON])
    candidates = CandidateOut(many=True)
    refused = RefusedOut(many=True, help_text="Readings that lie outside the county.")
    notes = NoteOut(many=True, help_text="What was understood, and what to look at.")


def coordinates_out(reading: Reading) -> dict[str, Any]:
    return {
        "shape": reading.shape,
        "candidates": [
            {
                "crs": each.crs,
                "name": system_name(each.crs),
                "chosen": each.chosen,
                "geometry": each.geometry,
                "wgs84": each.wgs84,
                "distance_m": round(each.distance, 2),
                "area_m2": round(area(each.rings), 1) if reading.shape == POLYGON else None,
            }
            for each in reading.candidates
        ],
        "refused": [{"crs": crs, "name": system_name(crs), "message": words} for crs, words in reading.refused],
        "notes": [{"code": note.code, "message": note.message} for note in reading.notes],
    }
