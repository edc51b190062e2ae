"""The legend's sections: what colour, shape and line stand for, the same words and marks on every map."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from projects_api.choices import Light, SchoolStage, Status


@dataclass(frozen=True)
class Row:
    """``field`` and ``code`` name what the browser counts beside the row; ``field`` also says which mark stands before it."""

    field: str
    code: str
    word: str


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    rows: tuple[Row, ...]


def sections(keys: tuple[str, ...]) -> list[Section]:
    """The sections named, in the active language. Raises KeyError for one that does not exist."""
    known = {
        "status": lambda: Section("status", _("Status"), tuple(Row("status", s.value, str(s.label)) for s in Status)),
        "light": lambda: Section("light", _("Light"), tuple(Row("light", c.value, str(c.label)) for c in Light)),
        "stage": lambda: Section(
            "stage", _("School stage"), tuple(Row("stage", s.value, str(s.label)) for s in SchoolStage)
        ),
        "behind": lambda: Section(
            "behind", _("Compared with the plan"), (Row("behind", "", _("behind what was promised for that month")),)
        ),
        "differs": lambda: Section(
            "differs", _("Compared with the other map"), (Row("differs", "", _("different on the other map")),)
        ),
        "place": lambda: Section(
            "place",
            _("Location"),
            (Row("place", Status.IN_USE.value, _("dashed and paler: only approximately known")),),
        ),
    }
    return [known[key]() for key in keys]
