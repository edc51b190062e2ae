"""The forms for a school and for an act on it: what was typed, as the API takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.office.children_form import townships_of
from portal.office.fields import Field, whole
from portal.office.place_form import as_text
from portal.school_words import label_of
from projects_api.approvals import ALTERED
from projects_api.choices import Decision, LocationPrecision, SchoolEventKind, SchoolStage
from projects_api.coordinates import POINT, system_name, zones_near
from projects_api.errors import InvalidInput
from projects_api.geodesy import BD09, CGCS2000, GCJ02, WGS84
from projects_api.models import Bureau, SchoolEvent
from projects_api.selectors.facts import Document
from projects_api.services.sites import bureau_bounds, coordinates_read

EMPTY: Document = dict.fromkeys(ALTERED, "") | {"classes": None, "places": None, "boarding": False, "location": None}
ACT = ("applicant", "applied", "decision", "decided", "document_number", "authority", "summary_zh", "summary_en")


class FactsForm:
    """What a school is. ``start``: what the form begins with; ``stands``: what was before the act, if that is something else."""

    def __init__(
        self, bureau: Bureau, start: Mapping[str, Any], sent: QueryDict | None, *, prefix: str = "", stands: Any = None
    ) -> None:
        self.bureau, self.prefix = bureau, prefix
        self.start, self.stands = start, start if stands is None else stands
        self.crs = sent.get(self._id("location_crs"), "") if sent is not None else ""
        shown = {name: _typed(name, start[name]) for name in ALTERED}
        self.typed = {name: sent.get(self._id(name), "") for name in ALTERED} if sent is not None else shown

    def changes(self) -> dict[str, Any]:
        """What differs from what stood. Raises InvalidInput at the place."""
        found: dict[str, Any] = {}
        for name in ALTERED:
            if name == "location_precision" and not self.typed["location"].strip():
                continue
            if self.typed[name].strip() == _typed(name, self.start[name]):
                if self.start[name] != self.stands[name]:
                    found[name] = self.start[name]
            elif (value := self._value(name)) != self.stands[name]:
                found[name] = value
        return found

    def _value(self, name: str) -> Any:
        text = self.typed[name].strip()
        if name in ("classes", "places"):
            return whole(text) if text else None
        if name == "boarding":
            return text == "yes"
        return self._place(text) if name == "location" else text

    def _place(self, text: str) -> Any:
        if not text:
            return None
        pointer = "/" + self._id("location").replace("-", "/")
        reading = coordinates_read(
            text, bureau=self.bureau, crs=self.crs, shape=POINT, pointer=pointer, crs_pointer=f"{pointer}_crs"
        )
        if reading.chosen is None:
            words = _("Say which system these numbers are in.")
            raise InvalidInput.one(f"{pointer}_crs", "system_not_said", words)
        return reading.chosen.geometry

    def fields(self) -> list[Field]:
        townships = townships_of(self.bureau)
        county = [(self.bureau.region.code, self.bureau.region.name)]
        zones = [f"EPSG:{4534 + zone - 25}" for zone in zones_near(bureau_bounds(self.bureau))]
        stages = [(stage.value, str(stage.label)) for stage in SchoolStage]
        return [
            self._field("name_zh", max_length=200),
            self._field("name_en", max_length=200),
            self._field("stage", options=[*([] if self.start["stage"] else [("", _("choose"))]), *stages]),
            self._field("region", options=[*county, *townships]),
            self._field("classes", type="number"),
            self._field("places", type="number"),
            self._field("boarding", options=[("", _("no")), ("yes", _("yes"))]),
            self._field("location", hint=_("Longitude and latitude, or the survey's metres; empty: not known.")),
            Field(
                self._id("location_crs"),
                _("Which system are these numbers in?"),
                self.crs,
                options=[
                    ("", _("choose")),
                    *((code, system_name(code)) for code in (WGS84, GCJ02, BD09, CGCS2000, *zones)),
                ],
            ),
            self._field(
                "location_precision", options=[("", "—"), *((p.value, str(p.label)) for p in LocationPrecision)]
            ),
        ]

    def _field(self, name: str, **more: Any) -> Field:
        return Field(self._id(name), label_of(name), self.typed[name], **more)

    def _id(self, name: str) -> str:
        return f"{self.prefix}-{name}" if self.prefix else name


def _typed(name: str, value: Any) -> str:
    """As it stands in its field."""
    if name == "location":
        return as_text([[tuple(value["coordinates"])]]) if value else ""
    if name == "boarding":
        return "yes" if value else ""
    return "" if value is None else str(value)


class ActForm:
    """An act of one kind. ``recorded``: the one that is decided or set right."""

    def __init__(
        self, kind: str, sent: QueryDict | None, *, prefix: str = "", recorded: Document | None = None, closed: str = ""
    ) -> None:
        self.kind, self.prefix = kind, prefix
        begin = {name: (recorded or {}).get(name) or "" for name in ACT} | {"closed": closed or "", "reason": ""}
        if not recorded:
            begin["decision"] = Decision.APPROVED.value
        self.recorded, self.had_closed = recorded, bool(closed)
        self.confirmed = sent is not None and sent.get("confirm") == "yes"
        ids = {name: name if name == "reason" else self._id(name) for name in begin}
        self.typed = {name: sent.get(ids[name], "").strip() for name in begin} if sent is not None else begin

    def act(self) -> dict[str, Any]:
        """The act's own members."""
        said: dict[str, Any] = {name: self.typed[name] for name in ACT}
        said["decided"] = said["decided"] or None
        return said

    def data(self) -> dict[str, Any]:
        """With what goes beside them in the API's body."""
        said = self.act() | {"reason": self.typed["reason"]}
        # Emptied again, it is the day of the decision; never said, it stays unsaid.
        closed = self.typed["closed"] or (self.had_closed and said["decided"])
        if self.kind == SchoolEventKind.CANCELLATION and closed:
            said["closed"] = closed
        return said | ({"confirm": True} if self.confirmed else {})

    def fields(self) -> list[Field]:
        words = {
            "applicant": _("Applicant"), "applied": _("Applied for on"), "decision": _("Decision"), "decided": _("Decided on"),
            "document_number": _("Document number"), "authority": _("Approving authority"),
            "summary_zh": _("What was decided (Chinese)"), "summary_en": _("What was decided (English)"),
        }  # fmt: skip
        more: dict[str, dict[str, Any]] = {
            "applicant": {"max_length": 200, "required": True},
            "applied": {"type": "date", "required": True},
            "decision": {"options": [(each.value, str(each.label)) for each in Decision]},
            "decided": {"type": "date", "hint": _("With document number and authority; empty while it is pending.")},
            "document_number": {"max_length": 100},
            "authority": {"max_length": 200, "offers": "authorities"},
            "summary_zh": {"max_length": 300, "hint": _("One sentence, public.")},
            "summary_en": {"max_length": 300},
        }
        fields = [Field(self._id(name), words[name], self.typed[name], **more[name]) for name in ACT]
        if self.kind == SchoolEventKind.CANCELLATION:
            hint = _("The last day on which it teaches may be later; empty: the day of the decision.")
            fields.append(Field("closed", _("Closed from"), self.typed["closed"], type="date", hint=hint))
        return fields

    def reason(self, hint: str = "") -> Field:
        return Field("reason", _("Note for the record"), self.typed["reason"], max_length=500, rows=2, hint=hint)

    def _id(self, name: str) -> str:
        return f"{self.prefix}-{name}" if self.prefix else name


def authorities(bureau: Bureau) -> list[str]:
    """What stands in the bureau's acts already, to choose from. One query."""
    rows = SchoolEvent.objects.filter(school__bureau=bureau).exclude(authority="")
    return sorted(set(rows.values_list("authority", flat=True).order_by()))
