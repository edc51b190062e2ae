"""The facts of a project in the order in which a reader asks for them; which of them show is the allow-list's decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from projects_api.models import Project
from projects_api.public import PUBLIC_FIELDS
from projects_api.wording import area, grouped, money


@dataclass(frozen=True)
class Fact:
    """``long`` text keeps its line breaks."""

    label: str
    value: str
    long: bool = False


def _label(name: str) -> str:
    return capfirst(str(Project._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def _school(project: Project) -> str:
    return project.school.name if project.school else ""


# What the project is and who is responsible: field, and how its value is written.
_SHOWN: tuple[tuple[str, Callable[[Project], Any]], ...] = (
    ("description", lambda p: p.description),
    ("school", _school),
    ("kind", lambda p: p.get_kind_display()),
    ("stage", lambda p: p.get_stage_display()),
    ("classes", lambda p: grouped(p.classes)),
    ("places", lambda p: grouped(p.places)),
    ("floor_area", lambda p: area(p.floor_area)),
    ("land_area", lambda p: area(p.land_area)),
    ("total_investment", lambda p: money(p.total_investment, p.bureau.currency)),
    ("bureau", lambda p: p.bureau.name),
    ("responsible_unit", lambda p: p.responsible_unit),
    ("responsible_leader", lambda p: p.responsible_leader),
    ("contractor", lambda p: p.contractor),
    ("supervising_firm", lambda p: p.supervising_firm),
    ("contact_name", lambda p: p.contact_name),
    ("contact_phone", lambda p: p.contact_phone),
    ("note", lambda p: p.note),
    ("source", lambda p: p.source),
    ("source_key", lambda p: p.source_key),
)
_LONG = frozenset({"description", "note"})
# Units are in the value; a label that repeats them would say them twice.
_LABELS: dict[str, Callable[[], str]] = {
    "floor_area": lambda: _("Floor area"),
    "land_area": lambda: _("Land area"),
    "total_investment": lambda: _("Total investment"),
}


def public_facts(project: Project) -> list[Fact]:
    """What anyone may read; empty facts are left out. Needs bureau, region and school loaded. No query."""
    return _facts(project, lambda name: name in PUBLIC_FIELDS and name != "source")


def private_facts(project: Project) -> list[Fact]:
    """What only who may ``project.read_private`` reads."""
    return _facts(project, lambda name: name not in PUBLIC_FIELDS or name == "source")


def _facts(project: Project, wanted: Callable[[str], bool]) -> list[Fact]:
    found = []
    for name, write in _SHOWN:
        if wanted(name) and (value := str(write(project) or "")):
            label = _LABELS[name]() if name in _LABELS else _label(name)
            found.append(Fact(label, value, name in _LONG))
    return found
