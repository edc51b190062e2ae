"""Rows for tests, made as the product makes them: reference data by the ORM, everything versioned by the services.

Each function takes what the test is about and invents the rest. Nothing here is for production.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Polygon

from projects_api.models import AnnualPlan, Bureau, Membership, Project, Region, School, User
from projects_api.services.money import money_record
from projects_api.services.plans import plan_create
from projects_api.services.projects import project_create

LONG_AGO = datetime(2023, 1, 10, 1, tzinfo=UTC)
_numbers = count(1)

# The counties' bounds (domain.md); the boundaries are boxes a little inside them.
PUCHENG = {"code": "610526", "name_zh": "蒲城县", "name_en": "Pucheng", "box": (109.338, 34.751, 109.915, 35.176)}
GUSHI = {"code": "411525", "name_zh": "固始县", "name_en": "Gushi", "box": (115.343, 31.758, 115.938, 32.581)}


def make_county(county: Mapping[str, Any], *, boundary: bool = True) -> Bureau:
    """A county with two townships and its education bureau."""
    west, south, east, north = county["box"]
    ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
    region = Region.objects.create(
        code=county["code"],
        level="county",
        kind="county",
        name_zh=county["name_zh"],
        name_en=county["name_en"],
        boundary=MultiPolygon(Polygon(ring, srid=4326), srid=4326) if boundary else None,
    )
    for number, name in ((1, "东"), (2, "西")):
        Region.objects.create(
            code=f"{county['code']}{100 + number}",
            level="township",
            kind="town",
            name_zh=f"{name}镇",
            name_en=f"Town {number}",
            parent=region,
        )
    return Bureau.objects.create(
        code=county["code"],
        name_zh=f"{county['name_zh']}教育局",
        name_en=f"{county['name_en']} Education Bureau",
        region=region,
        west=west - 0.01,
        south=south - 0.01,
        east=east + 0.01,
        north=north + 0.01,
    )


def make_user(username: str, *, bureau: Bureau | None = None, roles: tuple[str, ...] = (), **fields: Any) -> User:
    user = User.objects.create_user(username, password=f"demo-{username}", display_name=f"name of {username}", **fields)
    if bureau is not None:
        for role in roles:
            Membership.objects.create(user=user, bureau=bureau, role=role, since=date(2023, 1, 1))
    return user


def make_school(bureau: Bureau, **fields: Any) -> School:
    number = next(_numbers)
    given = {"code": f"{bureau.code}-S{number:04d}", "name_zh": f"第{number}小学", "name_en": f"School {number}"}
    return School.objects.create(**{"bureau": bureau, "region": bureau.region, "stage": "primary", **given, **fields})


def make_plan(bureau: Bureau, year: int = 2023, *, actor: User | None = None, **values: Any) -> AnnualPlan:
    values = {"title_zh": f"{year} 年计划", "published": True, **values}
    return plan_create(actor=actor, at=LONG_AGO, bureau=bureau, year=year, values=values)


def centre(bureau: Bureau) -> dict[str, Any]:
    """A site in the middle of the county, for each of its projects a little further east: the same in any order of tests."""
    step = (Project.objects.filter(bureau=bureau).count() % 200) / 2000
    return {
        "type": "Point",
        "coordinates": [round((bureau.west + bureau.east) / 2 + step, 6), round((bureau.south + bureau.north) / 2, 6)],
    }


def make_project(
    bureau: Bureau, *, actor: User | None = None, at: datetime = LONG_AGO, code: str = "", **changes: Any
) -> Project:
    """A published new building with a site and the milestones of its kind."""
    changes = {
        "title_zh": f"第{next(_numbers)}幼儿园",
        "kind": "new_build",
        "published": True,
        "site": centre(bureau),
        **changes,
    }
    return project_create(actor=actor, at=at, bureau=bureau, changes=changes, code=code)


def make_money(
    model: Any, project: Project, *, actor: User | None = None, at: datetime = LONG_AGO, **values: Any
) -> Any:
    """An estimate, allocation or spending entry of 100 yuan."""
    return money_record(model=model, project_id=project.pk, actor=actor, at=at, values={"amount": 100, **values})
