"""What day it is: the bureau's where a map's filters name one, the installation's elsewhere, by one rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import time_machine
from django.test import Client

from projects_api.models import Bureau, Project

# In Shanghai, where the installation is, 2 November has begun; in Ürümqi it is 1 November until 18:00 UTC.
BETWEEN = datetime(2026, 11, 1, 17, 30, tzinfo=UTC)


def test_where_a_bureau_is_named_it_is_its_day(
    client: Client, make_bureau: Callable[..., Bureau], make_project: Callable[..., Project]
) -> None:
    bureau = make_bureau("659001", "Western County", 85.0)
    Bureau.objects.filter(pk=bureau.pk).update(time_zone="Asia/Urumqi")
    late = {"late_from": date(2026, 11, 2), "red_from": date(2026, 11, 2), "measured_finish": date(2026, 11, 2)}
    make_project(of=bureau, **late)
    named, tomorrow = "bureau=659001", "on=2026-11-02"

    def asked(path: str, *more: str) -> Any:
        return client.get(f"{path}?{'&'.join(more)}", headers={"host": "localhost", "accept-language": "en"})

    with time_machine.travel(BETWEEN, tick=False):
        maps = ("marks.json", "cells.geojson", "investment/areas.json", "status/")
        for path in (
            *(f"/maps/{name}" for name in maps),
            *(f"/api/v1/{name}" for name in ("projects/", "sites.geojson")),
        ):
            assert asked(path, tomorrow).status_code == 200, path
            assert asked(path, tomorrow, named).status_code == 400, path
        for path in ("/api/v1/projects/", "/projects/", "/maps/search.json"):

            def names(*more: str, path: str = path) -> bool:
                return "School number" in asked(path, "late=true", "q=School", *more).content.decode()

            assert names() and not names(named), path
        lights = [asked("/maps/lights/sites.json", *more).json() for more in ((), (named,))]
        assert [found["vocab"]["light"][found["light"][0]] for found in lights] == ["red", "green"]
        pages = [asked("/maps/compare/", *more).content.decode() for more in ((), (named,))]
        days = [set(re.findall(r'max="([\d-]+)"', page)) for page in pages]
        assert days == [{"2026-11-02"}, {"2026-11-01"}]
        assert "-2026-11-01.html" in asked("/maps/status/download/", named)["Content-Disposition"]
    with time_machine.travel(BETWEEN.replace(hour=18), tick=False):
        assert asked("/maps/marks.json", tomorrow, named).status_code == 200
    # A bureau that is none, and what no database takes, are answered as ever.
    statuses = [asked("/maps/marks.json", f"bureau={code}").status_code for code in ("0", "%00", "x" * 300)]
    assert statuses == [200, 400, 400]
