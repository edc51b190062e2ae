"""The bureau that a mapping makes, checked as the record would hold it: every page of its projects asks it for the day."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from projects_api.choices import RegionKind, RegionLevel
from projects_api.drafts import BoundsTuple, BureauDraft, RegionDraft
from projects_api.interchange.sections import Section
from projects_api.interchange.values import CellError, safe_text


def bureau_draft(section: Section) -> BureauDraft:
    """The table [bureau] without its divisions. Raises MappingError."""
    code = section.text("code")
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z_-]{0,11}", code):
        raise section.fail("code", _("is not a code (at most 12 letters, digits, - and _)"))
    zh, en = _line(section, "name_zh"), _line(section, "name_en")
    bounds = section.take("bounds", list, words=_("a list of four numbers"))
    if len(bounds) != 4 or not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in bounds):
        raise section.fail("bounds", _("must be four numbers: west, south, east, north"))
    west, south, east, north = (float(v) for v in bounds)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise section.fail("bounds", _("must be a box in degrees: west, south, east, north"))
    box: BoundsTuple = (west, south, east, north)
    root = RegionDraft(
        code,
        section.choice("level", RegionLevel.values),
        section.choice("kind", RegionKind.values, ""),
        zh,
        en,
    )
    create, currency = section.flag("create", True), section.text("currency", "CNY")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise section.fail("currency", _("is not the code of a currency, like %(example)s") % {"example": "CNY"})
    zone = section.text("time_zone", "Asia/Shanghai")
    if zone not in available_timezones():
        raise section.fail("time_zone", _("is not a time zone, like %(example)s") % {"example": "Asia/Shanghai"})
    return BureauDraft(code, create, zh, en, currency, zone, box, (root,))


def _line(section: Section, key: str) -> str:
    """A name as the record holds it."""
    try:
        return safe_text(section.text(key), max_length=100)
    except CellError as error:
        raise section.fail(key, str(error)) from None
