"""Reading ``fixtures/source``: a bureau's TOML file with the tables it names."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from projects_api.choices import STANDARD_STAGES
from projects_api.interchange.demo.money import Fact, money_of
from projects_api.interchange.demo.schedules import Stage, story_of

HOME = Path(__file__).resolve().parents[3] / "fixtures" / "source"
PREFIXES = {"610526": "蒲", "411525": "固"}


@dataclass(frozen=True)
class Project:
    """A demonstration project: what the office writes, what happened, who reports."""

    code: str
    changes: dict[str, Any]
    engineer: str
    stages: dict[str, Stage]
    not_applicable: frozenset[str]
    events: tuple[Mapping[str, Any], ...]
    money: tuple[Fact, ...]


@dataclass(frozen=True)
class Source:
    """A bureau's whole demonstration. ``record`` holds the times at which things were written down."""

    code: str
    bureau: Mapping[str, Any]
    people: tuple[Mapping[str, Any], ...]
    plan: Mapping[str, Any]
    record: Mapping[str, Any]
    townships: tuple[Mapping[str, str], ...]
    boundary: Mapping[str, Any]
    schools: tuple[Mapping[str, Any], ...]
    children: Mapping[str, Any]
    fieldwork: tuple[Mapping[str, Any], ...]
    projects: tuple[Project, ...] = field(default=())

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.bureau["time_zone"])

    def time(self, value: datetime) -> datetime:
        return value.replace(tzinfo=self.zone)


def read_source(name: str) -> Source:
    """``pucheng`` or ``gushi``. Raises ValueError or KeyError where the sources contradict themselves."""
    data = tomllib.loads((HOME / f"{name}.toml").read_text(encoding="utf-8"))
    code = data["bureau"]["code"]
    townships = tuple(row for row in _table("townships.csv") if row["county"] == code)
    named = {row["code"]: row for row in _table("pucheng_2023.csv")} if name == "pucheng" else {}
    given = [_with_plan(entry, named.get(entry["code"]), data["plan"]["year"]) for entry in data["project"]]
    boundary = json.loads((HOME / data["bureau"]["boundary"]).read_text(encoding="utf-8"))
    return Source(
        code=code,
        bureau=data["bureau"],
        people=tuple(data["people"]),
        plan=data["plan"],
        record=data["record"],
        townships=townships,
        boundary=boundary["features"][0]["geometry"],
        schools=(
            *data.get("school", ()),
            *(_school(entry) for entry in given if isinstance(entry.get("school"), dict)),
        ),
        children=data["children"],
        fieldwork=tuple(data.get("fieldwork", ())),
        projects=tuple(_project(entry, data, number) for number, entry in enumerate(given, start=1)),
    )


def _table(name: str) -> list[dict[str, str]]:
    with (HOME / name).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _with_plan(entry: dict[str, Any], row: dict[str, str] | None, year: int) -> dict[str, Any]:
    """The entry, with what the plan's own table says about the project."""
    if row is None:
        return {"year": year, "precision": "illustrative", **entry}
    return {
        **entry,
        "year": int(row["plan_year"]),
        "title_zh": row["title_zh"],
        "title_en": row["title_en"],
        "kind": row["project_kind"],
        "stage": row["school_stage"],
        "target": row["plan_target"],
        "region": row["township_code"],
        "site": [float(row["longitude"]), float(row["latitude"])],
        "precision": row["location_precision"],
    }


def _school(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The school that a project builds or mends, with the project's size and place."""
    return {
        **entry["school"],
        # The plan names no township of the urban projects; where their schools lie is as invented as the pins.
        "region": entry["school"].get("region") or entry["region"],
        "stage": entry["stage"],
        "classes": entry["classes"],
        "places": entry["places"],
        "boarding": entry.get("boarding", False),
        "location": entry["site"],
        "precision": entry["precision"],
        "events": [],
    }


def _project(entry: Mapping[str, Any], data: Mapping[str, Any], number: int) -> Project:
    defaults, until = data["defaults"], data["record"]["until"]
    keys = [stage.key for stage in STANDARD_STAGES[entry["kind"]]]
    stages = story_of(
        entry["code"],
        keys,
        anchors=entry.get("planned", {}),
        short_year=entry.get("schedule_year", entry["year"]),
        actual=entry.get("actual", {}),
        started=entry.get("started", {}),
        stops_after=entry.get("stops_after"),
        until=until,
    )
    not_applicable = frozenset(entry.get("not_applicable", ()))
    stages = {key: Stage(stage.planned) if key in not_applicable else stage for key, stage in stages.items()}
    investment = Decimal(entry["investment"])
    money = money_of(
        number,
        entry["kind"],
        entry.get("stage", ""),
        investment,
        stages,
        prefix=PREFIXES[data["bureau"]["code"]],
        until=until,
    )
    school = entry.get("school")
    changes: dict[str, Any] = {
        "title_zh": entry["title_zh"],
        "title_en": entry["title_en"],
        "kind": entry["kind"],
        "stage": entry.get("stage", ""),
        "plan": f"{data['bureau']['code']}-{entry['year']}",
        "plan_target": entry["target"],
        "description": entry["description"] + defaults["remark"],
        "classes": entry.get("classes"),
        "places": entry.get("places"),
        "floor_area": Decimal(entry["floor_area"]) if "floor_area" in entry else None,
        "land_area": Decimal(entry["land_area"]) if "land_area" in entry else None,
        "total_investment": investment,
        "contractor": entry["contractor"],
        "school": school["code"] if isinstance(school, dict) else school,
        "published": entry.get("published", True),
        "illustrative": True,
        **{
            name: defaults[name]
            for name in ("responsible_leader", "responsible_unit", "supervising_firm", "contact_name", "contact_phone")
        },
    }
    # Where the plan names no township, it is the school's: both maps of townships tell one story.
    if region := entry.get("region") or (school.get("region") if isinstance(school, dict) else ""):
        changes["region"] = region
    if "site" in entry:
        changes["site"] = {"type": "Point", "coordinates": entry["site"]}
        changes["location_precision"] = entry["precision"]
    return Project(
        entry["code"],
        changes,
        entry.get("engineer", ""),
        stages,
        not_applicable,
        tuple(entry.get("events", ())),
        tuple(money),
    )
