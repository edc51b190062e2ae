"""A small county with a few projects, written straight to the tables: the maps only read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon

from projects_api.models import AnnualPlan, Bureau, Project, Region

NOW = datetime(2026, 11, 1, tzinfo=UTC)

# Each would run somewhere if any layer took text for code: Jinja2, JavaScript template literals, HTML.
HOSTILE = ("{{7*191}}", "{% b", "${1+1}", "`", "</script>", "<img src=x onerror=alert(1)>")
HOSTILE_TEXT = " ".join(HOSTILE)


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any, tmp_path: Path) -> None:
    """Pages are rendered without a collectstatic; the served product has its hashed files."""
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def make_bureau(db: None) -> Callable[..., Bureau]:
    def make(code: str = "999001", name: str = "Test County", west: float = 109.3) -> Bureau:
        box = Polygon.from_bbox((west, 34.7, west + 0.6, 35.2))
        region = Region.objects.create(
            code=code, level="county", kind="county", name_zh=f"{name}县", name_en=name,
            boundary=MultiPolygon(box, srid=4326),
        )  # fmt: skip
        return Bureau.objects.create(
            code=code, name_zh=f"{name}教育局", name_en=f"{name} Bureau", region=region,
            west=west, south=34.7, east=west + 0.6, north=35.2,
        )  # fmt: skip

    return make


@pytest.fixture
def bureau(make_bureau: Callable[..., Bureau]) -> Bureau:
    return make_bureau()


@pytest.fixture
def plan(bureau: Bureau) -> AnnualPlan:
    return AnnualPlan.objects.create(bureau=bureau, year=2023, title_zh="2023年计划", published=True)


def draft(bureau: Bureau, number: int, **fields: Any) -> Project:
    """An unsaved published project with a surveyed site; ``site=None`` leaves it without one."""
    values: dict[str, Any] = {
        "code": f"{bureau.code}-2023-{number:05d}",
        "bureau": bureau,
        "region": bureau.region,
        "title_zh": f"第{number}小学",
        "title_en": f"School number {number}",
        "kind": "new_build",
        "stage": "primary",
        "status": "under_construction",
        "site": Point(bureau.west + 0.1 + (number % 100) * 0.004, 34.8 + (number // 100 % 100) * 0.003, srid=4326),
        "location_precision": "surveyed",
        "published": True,
        "progress": 40,
        "created_at": NOW,
        "updated_at": NOW,
    }
    values |= fields
    if values["site"] is None:
        values["location_precision"] = ""
    return Project(**values)


@pytest.fixture
def make_project(bureau: Bureau) -> Callable[..., Project]:
    made = 0

    def make(*, of: Bureau | None = None, **fields: Any) -> Project:
        nonlocal made
        made += 1
        project = draft(of or bureau, made, **fields)
        project.save()
        return project

    return make


def by_itself(page: Any) -> None:
    """Let the page ask for its first data by itself, where a test listens, as it does when the script that brings it fails."""
    script = re.compile(r"/maps/(\w+/)?(marks|areas)\.js(\?|$)")
    page.route(script, lambda route: route.fulfill(body="", content_type="text/javascript"))
