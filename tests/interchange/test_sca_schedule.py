"""Planned end against actual end in the real SCA file: the product's totals against a count made from the file alone."""

from __future__ import annotations

import csv
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.utils import timezone

from projects_api.choices import Status
from projects_api.models import Bureau, Project
from projects_api.selectors.opening import no_day, opens_next
from projects_api.selectors.statistics import statistics
from projects_api.selectors.timeline import stories
from tests.cast import Api
from tests.interchange.conftest import run

STARTED, PLANNED, ACTUAL = (
    f"Project Phase {name}" for name in ("Actual Start Date", "Planned End Date", "Actual End Date")
)


def day(text: str) -> date | None:
    """A date of the file; words that stand where a date should ("PNS", "DOES" …) and blanks are none."""
    try:
        return datetime.strptime(text.strip(), "%m/%d/%Y").date()
    except ValueError:
        return None


class Phase(NamedTuple):
    started: date | None
    planned: date | None
    actual: date | None

    @property
    def is_refused(self) -> bool:
        """It ends before it starts: the import takes it for an error."""
        return self.started is not None and self.actual is not None and self.actual < self.started


def counted(phases: list[Phase]) -> dict[str, int]:
    ended = [(p.actual - p.planned).days for p in phases if p.actual and p.planned]
    return {
        "on_time": sum(days <= 0 for days in ended),
        "late": sum(days > 0 for days in ended),
        "open": sum(p.actual is None for p in phases),
        "undated": sum(p.actual is not None and p.planned is None for p in phases),
        "days_late": sum(days for days in ended if days > 0),
        "days_early": -sum(days for days in ended if days < 0),
    }


@pytest.fixture
def phases(sca: tuple[Path, Path]) -> list[Phase]:
    with sca[0].open(encoding="utf-8-sig", newline="") as stream:
        rows: list[dict[str, Any]] = [
            {name.strip(): cell for name, cell in row.items()} for row in csv.DictReader(stream)
        ]
    return [Phase(day(row[STARTED]), day(row[PLANNED]), day(row[ACTUAL])) for row in rows]


@pytest.mark.once  # the file itself is imported on both engines (test_nyc_sca)
def test_on_time_late_and_open_are_what_the_file_says(
    db: None, sca: tuple[Path, Path], phases: list[Phase], plain_static: None
) -> None:
    taken = [phase for phase in phases if not phase.is_refused]
    assert (len(phases), len(phases) - len(taken)) == (7796, 1), "one phase ends before it starts"
    expected = counted(taken)
    assert expected["on_time"] and expected["late"] and expected["open"], "the file has some of each"
    assert sum(expected[name] for name in ("on_time", "late", "open", "undated")) == len(taken), "none is left out"
    assert counted(phases) != expected, "the refused phase would have counted"

    assert run(sca[0], "--mapping", "nyc_sca", "--sites", sca[1]).code == 0
    found = statistics(Project.objects.all(), today=timezone.localdate(), money_of=[])
    assert found["stages"] == expected
    assert Api().get("statistics/?bureau=NYC").ok()["stages"] == expected, "the file is public, so everybody reads it"

    # A day that has passed is no opening to come, and today in its place is none either.
    today = timezone.localdate()
    projects = Project.objects.filter(bureau__code="NYC")
    assert all(one.finish and one.finish >= today for one in opens_next(projects, today, 50))
    over, unknown = projects.filter(status="accepted").first(), projects.filter(no_day(today)).first()
    assert over and unknown
    pages = [Api().get(f"/en/projects/{one.code}/").text for one in (over, unknown)]
    assert "Ready since" in pages[0] and "<dt>Opens</dt>" not in pages[0] and "no date known" in pages[1]
    drawn = Api().get(f"projects/{unknown.code}/schedule/").ok()
    assert {point["forecast"] for point in drawn["curve"]} == {None} and not re.search(r"expected [\d,]+ day", pages[1])
    assert not any("taken over from nyc_sca" in page for page in pages), "a source has a title"

    # The city's facts are of before 2020: whatever day one asks for since, the status is what its phases proved by then.
    told = stories(projects, today)
    then = {pk: [status for since, status in story.happened if since < date(2020, 1, 1)] for pk, story in told.items()}
    assert {pk: (steps or [Status.PROPOSED])[-1] for pk, steps in then.items()} == dict(
        projects.values_list("pk", "status")
    )
    accepted = Api().get("projects/?bureau=NYC&on=2020-01-01&status=accepted&page_size=1").ok()
    assert accepted["count"] == projects.filter(status="accepted").count() > 0

    # Days lost at a stage: what it inherits from none, for the file links none; so they are the days late, all of them.
    for name in ("reason", "region", "contractor"):
        rows = found[f"days_lost_by_{name}"]
        assert sum(row["days"] for row in rows) == expected["days_late"], name
        assert sum(row["stages"] for row in rows) == expected["late"], name

    # A project that is over is not late any more; one that is not measured has no light.
    lights = {row["light"]: row["projects"] for row in found["by_light"]}
    assert sum(lights.values()) == Project.objects.count() and Bureau.objects.get(code="NYC").lights == {}
    over = Project.objects.filter(status="accepted")
    assert over.exists() and not over.filter(late_from__isnull=False).exists()
