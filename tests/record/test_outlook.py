"""The outlook in the rows: after every write it is what the facts say, and the database answers for any day as Python does."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from projects_api.choices import Light
from projects_api.errors import DomainError
from projects_api.models import Milestone, Project
from projects_api.schedule.baseline import current_measure
from projects_api.schedule.facts import milestones_of
from projects_api.schedule.forecast import ALWAYS, forecast
from projects_api.selectors.documents import project_document
from projects_api.selectors.lights import light_on, since, with_light
from projects_api.selectors.schedule import outlook_of, settings_of, stored_outlook
from projects_api.selectors.verify import verify
from projects_api.services.baselines import baseline_approve
from projects_api.services.bureaus import calendar_change, lights_change
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from tests.cast import Cast
from tests.factories import make_project

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2024, 2, 27, 4, tzinfo=UTC)
COLUMNS = ("yellow_from", "red_from", "late_from", "critical_from", "stale_from", "term_missed_from")
STEPS = (
    {"status": "approved"},
    {"status": "suspended", "status_reason": "funds"},
    {"status": "cancelled", "status_reason": "land"},
    {"status": "proposed"},
)
DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(0, 700, 30)]


def fresh(project: Project) -> Project:
    return Project.objects.select_related("bureau", "region", "school", "plan__bureau", "template").get(pk=project.pk)


def assert_true_to_its_facts(project: Project) -> None:
    """The stored days are those of a calculation from the document."""
    found = fresh(project)
    reported = found.updated_at.astimezone(SHANGHAI).date()
    assert stored_outlook(found) == outlook_of(project_document(found), found.bureau, reported=reported)


class Year:
    """Random acts of an office and a site on one project, forward in time; some are refused, as they would be."""

    def __init__(self, cast: Cast, seed: int, *, start: date = date(2024, 4, 1), apart: int = 12) -> None:
        self.random = random.Random(seed)
        self.at = START
        self.project = make_project(cast.bureau(), at=START, kind="rural_upgrade")
        self.keys = list(self.project.milestones.values_list("key", flat=True))
        for place, key in enumerate(self.keys):
            self.write(milestone_change, key=key, changes={"planned": start + timedelta(days=apart * place)})

    def write(self, service: Callable[..., Any], **values: Any) -> None:
        service(project_id=self.project.pk, actor=None, at=self.at, expected=None, **values)

    def day(self, low: int, high: int) -> date:
        return self.at.date() + timedelta(days=self.random.randint(low, high))

    def act(self) -> None:
        pick, key = self.random.choice, self.random.choice(self.keys)
        act = self.random.randrange(8)
        if act < 4:
            changes: Any = pick(
                [
                    {"started": self.day(-20, 0), "percent": self.random.randrange(100)},
                    {"actual": self.day(-10, 0)},
                    {"forecast": self.day(-5, 90), "delay_reason": "weather"},
                    {"forecast": None},
                    {"state": "not_applicable"},
                ]
            )
            self.write(milestone_change, key=key, changes=changes, reason="r", confirmed=True)
        elif act == 4:
            self.write(milestone_change, key=key, changes=pick([{"planned": self.day(-5, 300)}, {"weight": 0}]))
        elif act == 5:
            self.write(baseline_approve, reason="r")
        elif act == 6:
            self.write(project_change, changes=pick(STEPS))
        else:
            self.write(project_change, changes={"needed_by": pick([None, self.day(0, 400)])})


@pytest.mark.parametrize("seed", range(3))
def test_after_every_write_the_row_is_what_the_facts_say(cast: Cast, seed: int) -> None:
    year = Year(cast, seed)
    version, measured, checked = 0, 0, 0
    for _step in range(40):
        year.at += timedelta(hours=year.random.randrange(1, 120))
        try:
            with transaction.atomic():
                year.act()
        except DomainError:
            continue
        row = fresh(year.project)
        if row.version > version:
            assert_true_to_its_facts(row)
            checked += 1
            measured += row.measured_finish is not None
        version = row.version
    assert checked > 10 and measured > 3
    assert verify().sound


def test_a_setting_of_the_bureau_moves_every_row_at_once(cast: Cast) -> None:
    years = [Year(cast, seed) for seed in (1, 2)]
    bureau = years[0].project.bureau
    before = [stored_outlook(fresh(year.project)) for year in years]
    own = {"bureau_id": bureau.pk, "actor": None, "at": START + timedelta(days=9), "expected": None}
    lights_change(rules={"stale_days": 7, "behind_yellow": 5, "behind_red": 6}, **own)  # type: ignore[arg-type]
    calendar_change(rules={"closed_weekdays": [5, 6]}, **own)  # type: ignore[arg-type]
    for year, old in zip(years, before, strict=True):
        assert_true_to_its_facts(year.project)
        assert stored_outlook(fresh(year.project)) != old


@pytest.fixture
def six(cast: Cast) -> list[Project]:
    """Projects that turn on different days: on plan, slipped, in hand, cancelled, over, without dates."""
    starts = (date(2024, 6, 1), date(2024, 8, 1), date(2024, 11, 1), date(2024, 6, 1), date(2024, 2, 1))
    years = [Year(cast, 0, start=start, apart=40) for start in starts]
    _on_plan, slipped, in_hand, cancelled, over = years
    for year in years:
        year.at += timedelta(days=3)
    slipped.write(milestone_change, key="acceptance", changes={"forecast": date(2025, 6, 1)})
    in_hand.write(project_change, changes={"status": "approved"})
    cancelled.write(project_change, changes=STEPS[2])
    for key in over.keys:
        over.write(milestone_change, key=key, changes={"actual": date(2024, 2, 28)})
    return [year.project for year in years] + [make_project(cast.bureau(), at=START)]


def test_the_database_answers_for_any_day_as_python_does(six: list[Project]) -> None:
    """The same comparison written three times: for one object, as an annotation, as a filter."""
    mine = Project.objects.filter(pk__in=[project.pk for project in six])
    turns = {getattr(project, column) for project in mine for column in COLUMNS} - {None, ALWAYS}
    seen: set[tuple[str, ...]] = set()
    for day in sorted({*DAYS, *turns, *(turn - timedelta(days=1) for turn in turns)}):
        expected = {project.pk: stored_outlook(project).light_on(day).value for project in mine}
        assert dict(mine.annotate(light=light_on(day)).values_list("pk", "light")) == expected, day
        for light in Light.values:
            found = set(with_light(mine, [light], day).values_list("pk", flat=True))
            assert found == {pk for pk, value in expected.items() if value == light}, (day, light)
        both = set(with_light(mine, ["red", "yellow"], day).values_list("pk", flat=True))
        assert both == {pk for pk, value in expected.items() if value in ("red", "yellow")}
        for column in COLUMNS[2:]:
            true = {p.pk for p in mine if getattr(p, column) is not None and getattr(p, column) <= day}
            assert set(mine.filter(since(column, day)).values_list("pk", flat=True)) == true, (day, column)
            assert set(mine.exclude(since(column, day)).values_list("pk", flat=True)) == set(expected) - true
        seen.add(tuple(expected[project.pk] for project in six))
    assert {light for row in seen for light in row} == set(Light.values), "every light burns on some day"
    assert len(seen) > 3, "and they turn on different days"


def test_the_days_go_by_without_a_write(six: list[Project]) -> None:
    """One query a day, however many projects; and the finish is what a forecast made on that day says."""
    rows = {project.pk: fresh(project) for project in six}
    for day in DAYS:
        with CaptureQueriesContext(connection) as captured:
            list(Project.objects.filter(pk__in=rows).annotate(light=light_on(day)))
        assert len(captured) == 1
    for project in six:
        row = rows[project.pk]
        calendar, _rules = settings_of(row.bureau)
        document = project_document(row)
        facts = milestones_of(document)
        measure = current_measure(facts, document.get("baselines", {}), calendar)
        for day in [day for day in DAYS if day > date(2024, 3, 5)][::3]:
            if row.finish is not None:
                found = stored_outlook(row).finish_on(day, calendar)
                assert found == forecast(facts, measure, calendar, day).finish, (project.code, day)


# --- days lost ----------------------------------------------------------------------------------------------


def slipped(project: Project) -> dict[str, tuple[int | None, int | None]]:
    rows = Milestone.objects.filter(project=project).order_by("position")
    return {m.key: (m.slip_days, m.days_lost) for m in rows if m.slip_days is not None or m.days_lost is not None}


def test_a_stage_lost_moves_what_the_stages_after_it_have_lost_themselves(cast: Cast) -> None:
    """The later stage is reported first; when the earlier one's delay is known, the loss is found to be its."""
    year = Year(cast, 2)
    project, keys = year.project, year.keys
    assert slipped(project) == {}
    first, second = keys[0], keys[1]
    planned: dict[str, Any] = dict(project.milestones.values_list("key", "planned"))
    year.write(baseline_approve, reason="plan")

    def told(key: str, days: int | None) -> None:
        later = None if days is None else planned[key] + timedelta(days=days)
        year.write(milestone_change, key=key, changes={"forecast": later, "delay_reason": "weather"})

    told(second, 30)
    assert slipped(project) == {second: (30, 30)}
    told(first, 40)
    assert slipped(project)[first] == (40, 40) and slipped(project)[second][1] == 0
    told(first, None)
    assert slipped(project) == {second: (30, 30)}
    told(second, None)
    assert slipped(project) == {}, "what is taken back leaves nothing"
    assert verify().sound, "what follows from facts is no fact: the ledger does not hold it"


def test_a_command_puts_right_what_an_older_version_stored(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    year = Year(cast, 7)
    other = make_project(cast.bureau(), at=START)
    Project.objects.filter(pk=year.project.pk).update(red_from=date(2001, 1, 1), late_from=date(2001, 1, 1))
    kept = Project.objects.values().get(pk=other.pk)
    versions = dict(Project.objects.values_list("pk", "version"))

    call_command("refresh_outlooks")
    assert_true_to_its_facts(year.project)
    assert Project.objects.values().get(pk=other.pk) == kept, "what was right is left alone"
    assert dict(Project.objects.values_list("pk", "version")) == versions, (
        "nothing was recorded: the facts are the same"
    )
    assert f"{cast.bureau().name_zh}：1个项目有变化" in capsys.readouterr().out

    call_command("refresh_outlooks")
    assert f"{cast.bureau().name_zh}：0个项目有变化" in capsys.readouterr().out
