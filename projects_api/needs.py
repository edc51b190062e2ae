"""How many children there are, by township and stage; which schools are measured by how far they reach; pure.

Service radii: urban areas only (GB 50180-2018 and the county standards behind it): kindergarten 300 m, primary school 500 m,
junior high school 1,000 m. Rural schools and schools with boarders are exempt and never scored this way.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from projects_api.choices import RegionKind, SchoolStage
from projects_api.errors import FieldError, InvalidInput
from projects_api.text import clean_line

STAGES = (SchoolStage.KINDERGARTEN.value, SchoolStage.PRIMARY.value, SchoolStage.JUNIOR_HIGH.value)
RADIUS = {"kindergarten": 300, "primary": 500, "junior_high": 1000}
MOST_CHILDREN = 200_000
MOST_TOWNSHIPS = 500
SOURCE_LENGTH = 200
_CODE = re.compile(r"[0-9A-Za-z-]{1,12}", re.ASCII)


def reach(stage: str, division: str, boarding: bool) -> int | None:
    """The service radius in metres that a school of ``stage`` (one of ``STAGES``) is measured by; None: exempt.

    ``division``: the kind of the township-level division it lies in. Urban is what is a subdistrict: a town's seat is not told
    apart from its villages by the record, so it is not scored.
    """
    return RADIUS[stage] if division == RegionKind.SUBDISTRICT and not boarding else None


def shared(stage: str, places: int) -> dict[str, int]:
    """Places by stage: a nine-year school has six years of primary and three of junior high; others keep to their own."""
    if stage == SchoolStage.NINE_YEAR:
        primary = round(places * 6 / 9)
        return {"primary": primary, "junior_high": places - primary}
    return {stage: places} if stage in STAGES else {}


def compared(asked: Collection[str]) -> tuple[str, ...]:
    """Those of ``STAGES`` that a filter by school stages is about (a nine-year school: two); all where nothing is asked for."""
    return tuple(stage for stage in STAGES if not asked or any(stage in shared(one, 9) for one in asked))


def counting(stages: Collection[str]) -> list[str]:
    """The stages of all schools that have places in any of ``stages``: fewer would tell a gap that there is not."""
    return [one.value for one in SchoolStage if shared(one.value, 9).keys() & set(stages)]


@dataclass(frozen=True)
class Children:
    """``of``: children by township code and stage; a pair that is absent is not known, which is not none.

    ``counted``: the day they were counted on, ``source``: by whom; ``illustrative``: invented, and shown as such.
    """

    of: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    counted: date | None = None
    source: str = ""
    illustrative: bool = False

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Children:
        """From plain JSON ``{"townships": {code: {stage: n}}, "counted", "source", "illustrative"}``.

        Raises InvalidInput that names every wrong member.
        """
        errors = [
            FieldError(f"/{name}", "unknown_field", _("There is no such field."))
            for name in sorted(map(str, document.keys() - {"townships", "counted", "source", "illustrative"}))
        ]
        counted, source = None, ""
        try:
            counted = _day(document.get("counted"))
        except ValueError:
            errors.append(FieldError("/counted", "invalid", _("A date like 2023-06-30.")))
        try:
            said = document.get("source", "")
            if isinstance(said, str):
                source = clean_line(said, pointer="/source", max_length=SOURCE_LENGTH, allow_blank=True)
            else:
                errors.append(FieldError("/source", "invalid", _("A line of text.")))
        except InvalidInput as refusal:
            errors += refusal.errors
        illustrative = document.get("illustrative", False)
        if not isinstance(illustrative, bool):
            errors.append(FieldError("/illustrative", "invalid", _("true or false.")))
        of = _townships(document.get("townships", {}), errors)
        if errors:
            raise InvalidInput(errors)
        return cls(of, counted, source, illustrative)

    def by_township(self, stages: Collection[str] = STAGES) -> dict[str, int]:
        """Children of these stages together, by township; one of which a stage is not known is left out."""
        return {
            code: sum(known[stage] for stage in stages)
            for code, known in self.of.items()
            if stages and all(stage in known for stage in stages)
        }

    def document(self) -> dict[str, Any]:
        """{} where nothing is known."""
        if not self.of:
            return {}
        return {
            "townships": {code: dict(self.of[code]) for code in sorted(self.of)},
            "counted": self.counted.isoformat() if self.counted else None,
            "source": self.source,
            "illustrative": self.illustrative,
        }


def _day(text: Any) -> date | None:
    if text in (None, ""):
        return None
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise ValueError(text)
    day = date.fromisoformat(text)
    if not 1949 <= day.year <= 2100:
        raise ValueError(text)
    return day


def _townships(given: Any, errors: list[FieldError]) -> dict[str, dict[str, int]]:
    if not isinstance(given, Mapping):
        errors.append(FieldError("/townships", "invalid", _("Children by township and stage.")))
        return {}
    if len(given) > MOST_TOWNSHIPS:
        errors.append(FieldError("/townships", "too_many", _("At most %(n)s townships.") % {"n": MOST_TOWNSHIPS}))
        return {}
    found: dict[str, dict[str, int]] = {}
    for code, stages in given.items():
        if not _CODE.fullmatch(str(code)) or not isinstance(stages, Mapping):
            errors.append(FieldError("/townships", "invalid", _("Children by township and stage.")))
            continue
        kept = {}
        for stage, n in stages.items():
            pointer = f"/townships/{code}/{stage}" if stage in STAGES else f"/townships/{code}"
            if stage not in STAGES:
                errors.append(
                    FieldError(pointer, "unknown_stage", _("Choose one of: %(names)s.") % {"names": ", ".join(STAGES)})
                )
            elif isinstance(n, bool) or not isinstance(n, int) or not 0 <= n <= MOST_CHILDREN:
                words = _("A whole number between 0 and %(most)s.") % {"most": f"{MOST_CHILDREN:,}"}
                errors.append(FieldError(pointer, "invalid", words))
            else:
                kept[stage] = n
        if kept:
            found[str(code)] = {stage: kept[stage] for stage in STAGES if stage in kept}
    return found
