"""What a bureau sets: working calendar, rules of the lights, templates; and the projects that follow them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects_api.models import LedgerEntry, Milestone, MilestoneTemplate, Project, Spending
from projects_api.selectors.documents import project_document
from projects_api.selectors.ledger import replay
from projects_api.selectors.verify import verify
from projects_api.services.milestones import milestone_change
from projects_api.services.templates import template_create
from tests.cast import Cast
from tests.factories import make_money, make_project

CALENDAR, LIGHTS = "calendars/610526/", "lights/610526/"
OPEN: dict[str, Any] = {
    "closed_weekdays": [],
    "winter": None,
    "spring_festival": None,
    "public_holidays": False,
    "closures": [],
}
STANDARD = {
    "behind_yellow": 10, "behind_red": 30, "slip_yellow": 1, "slip_red": 90, "start_red": 3, "stale_days": 30,
    "term_start": "09-01",
}  # fmt: skip
# Three stages with which a light can be told by hand: at least 25 working days from the first to the last.
SHORT: list[dict[str, Any]] = [
    {"key": "commencement", "title_zh": "开工", "title_en": "Start", "weight": 0, "duration": 5},
    {
        "key": "works", "title_zh": "施工", "title_en": "Works", "weight": 90,
        "shortest": 10, "duration": 15, "longest": 30, "after": {"commencement": {"kind": "FS", "lag": 0}},
    },
    {
        "key": "handover", "title_zh": "移交", "title_en": "Handover", "weight": 10,
        "duration": 5, "after": {"works": {"kind": "FS", "lag": 0}},
    },
]  # fmt: skip


def put(person: Any, path: str, body: Mapping[str, Any]) -> Any:
    """PUT from the newest state."""
    return person.put(path, body, if_match=person.get(path).etag)


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def term(days: int) -> str:
    """In so many days, as a setting; the day after where no term can begin."""
    day = in_days(days)
    return f"{day + timedelta(days=(day.month, day.day) == (2, 29)):%m-%d}"


def planned_project(cast: Cast, bureau: str, days: int) -> Project:
    """A public project of the three stages, to be ready in so many days."""
    office = cast.bureau(bureau)
    if not MilestoneTemplate.objects.filter(bureau=office, kind="renovation").exists():
        template_create(
            bureau_id=office.pk, actor=None, at=timezone.now(), expected=None, kind="renovation", stages=SHORT
        )
    project = make_project(office, kind="renovation", at=timezone.now())
    for key, before in (("commencement", 20), ("works", 5), ("handover", 0)):
        report(project, key, planned=in_days(days - before))
    return project


def report(project: Project, key: str, **changes: Any) -> None:
    milestone_change(
        project_id=project.pk, key=key, actor=None, at=timezone.now(), expected=None, changes=changes, reason="test"
    )


def lights(api: Any, *projects: Project) -> list[str]:
    """As the public list, the sites and the filter have them, which agree."""
    rows = {row["code"]: row["light"] for row in api().get("projects/?page_size=200").ok()["results"]}
    sites = {f["id"]: f["properties"]["light"] for f in api().get("sites.geojson").ok()["features"]}
    for project in projects:
        found = api().get(f"projects/?q={project.code}&light={rows[project.code]}").ok()
        assert found["count"] == 1 and sites[project.code] == rows[project.code]
    return [rows[project.code] for project in projects]


def entries(code: str = "610526") -> list[LedgerEntry]:
    return list(LedgerEntry.objects.filter(subject=f"bureau:{code}").order_by("version"))


# --- reading and putting ------------------------------------------------------------------------------------


def test_what_nobody_has_set_reads_as_the_default(cast: Cast, api: Any) -> None:
    assert api().get(CALENDAR).ok() == {"bureau": "610526", "version": 0, **OPEN}
    assert api().get("lights/411525/").ok() == {"bureau": "411525", "version": 0, **STANDARD}
    for path in ("calendars/999999/", "lights/999999/"):
        api().get(path).problem(404)
        api("superuser").put(path, {}, if_match='"0"').problem(404)


def test_a_setting_is_put_whole_and_read_back(cast: Cast, api: Any) -> None:
    admin = api("bureau_admin")
    wanted = {
        "closed_weekdays": [6],
        "winter": ["11-15", "03-10"],
        "spring_festival": [10, 15],
        "public_holidays": True,
        "closures": [["2026-06-07", "2026-06-09", "高考"], ["2028-02-29", "2028-02-29"]],
    }
    answer = put(admin, CALENDAR, wanted | {"reason": "as every year"})
    assert answer.ok() == {"bureau": "610526", "version": 1, **wanted} and answer.version == 1
    assert api().get(CALENDAR).ok() == answer.data
    assert put(admin, CALENDAR, {"closed_weekdays": [6]}).ok() == {
        "bureau": "610526", "version": 2, **OPEN, "closed_weekdays": [6],
    }, "what is not named is off"  # fmt: skip
    changed = put(admin, LIGHTS, {"slip_red": 60, "term_start": "08-25", "behind_yellow": 0}).ok()
    rules = STANDARD | {"slip_red": 60, "term_start": "08-25", "behind_yellow": 0}
    assert changed == {"bureau": "610526", "version": 3, **rules}
    assert put(admin, LIGHTS, {}).ok() == {"bureau": "610526", "version": 4, **STANDARD}
    assert put(admin, CALENDAR, OPEN).ok() == {"bureau": "610526", "version": 5, **OPEN}, "null is off, as it reads"
    assert api().get("lights/411525/").ok()["version"] == 0, "the other bureau has its own"


def test_what_changes_nothing_leaves_no_entry(cast: Cast, api: Any) -> None:
    admin = api("bureau_admin")
    assert [put(admin, LIGHTS, {"slip_red": 60}).ok()["version"] for _ in range(2)] == [1, 1]
    assert len(entries()) == 1


@pytest.mark.parametrize(("path", "body"), [(CALENDAR, {"closed_weekdays": [6]}), (LIGHTS, {"slip_red": 60})])
def test_a_change_names_the_version_it_starts_from(cast: Cast, api: Any, path: str, body: dict[str, Any]) -> None:
    admin = api("bureau_admin")
    before = admin.get(path).ok()
    admin.put(path, body).problem(428)
    admin.put(path, body, if_match="*").problem(428)
    admin.put(path, body, if_match="0").problem(400, "If-Match")
    assert admin.get(path).ok() == before
    # Calendar and lights share the bureau's version: either write makes the other's reader stale.
    put(admin, LIGHTS if path == CALENDAR else CALENDAR, {"reason": "first"}).ok()
    stale = admin.put(path, body, if_match='"0"')
    problem = stale.problem(412)
    assert problem["version"] == 1 and stale.etag == '"1"'
    assert problem["current"] == before | {"version": 1} == admin.get(path).ok()
    assert admin.put(path, body, if_match=stale.etag).ok()["version"] == 2


ALL_WEEK = list(range(7))
BAD_CALENDARS: list[tuple[dict[str, Any], set[tuple[str, str]]]] = [
    ({"winter": ["13-45", "03-10"]}, {("/winter/0", "not_a_month_day")}),
    ({"winter": ["11-15", "02-30"]}, {("/winter/1", "not_a_month_day")}),
    ({"winter": ["11-15", 310]}, {("/winter/1", "not_a_string")}),
    ({"winter": ["11-15"]}, {("/winter", "not_a_pair")}),
    ({"winter": "11-15"}, {("/winter", "not_a_pair")}),
    ({"closed_weekdays": [6, 9]}, {("/closed_weekdays/1", "out_of_range")}),
    ({"closed_weekdays": [6, 6]}, {("/closed_weekdays/1", "duplicate")}),
    ({"closed_weekdays": [True]}, {("/closed_weekdays/0", "not_an_integer")}),
    ({"closed_weekdays": None}, {("/closed_weekdays", "not_a_list")}),
    ({"spring_festival": [-1, 61]}, {("/spring_festival/0", "out_of_range"), ("/spring_festival/1", "out_of_range")}),
    ({"spring_festival": 7}, {("/spring_festival", "not_a_pair")}),
    ({"public_holidays": "yes"}, {("/public_holidays", "not_a_boolean")}),
    ({"closures": [["2026-02-29", "2026-03-01"]]}, {("/closures/0/0", "not_a_date")}),
    ({"closures": [["2026-06-09", "2026-06-07"]]}, {("/closures/0/1", "ends_before_start")}),
    ({"closures": [["2026-06-07", "2026-06-07", "a\u202eb"]]}, {("/closures/0/2", "bidi_control")}),
    ({"closures": [["2026-01-01", "2031-01-02"]]}, {("/closures/0/1", "too_long")}),
    ({"closures": [["1900-01-01", "1900-01-02"]]}, {("/closures/0/0", "out_of_range"), ("/closures/0/1", "out_of_range")}),
    ({"closures": ["2026-06-07"]}, {("/closures/0", "not_a_closure")}),
    ({"closures": [["2026-06-07", "2026-06-07"]] * 201}, {("/closures", "too_many")}),
    ({"closed_weekdays": ALL_WEEK}, {("", "no_working_day")}),
    ({"winter": ["01-01", "12-31"]}, {("", "no_working_day")}),
    ({"summer": ["07-01", "08-31"]}, {("/summer", "unknown_field")}),
    ({"reason": "x" * 501}, {("/reason", "too_long")}),
    (
        {"closed_weekdays": [9], "winter": ["13-45", "03-10"], "spring_festival": [1, 99]},
        {("/closed_weekdays/0", "out_of_range"), ("/winter/0", "not_a_month_day"), ("/spring_festival/1", "out_of_range")},
    ),
]  # fmt: skip
BAD_LIGHTS: list[tuple[dict[str, Any], set[tuple[str, str]]]] = [
    ({"behind_yellow": 101}, {("/behind_yellow", "out_of_range")}),
    ({"behind_red": -1}, {("/behind_red", "out_of_range")}),
    ({"slip_yellow": 1.5}, {("/slip_yellow", "out_of_range")}),
    ({"slip_red": "90"}, {("/slip_red", "out_of_range")}),
    ({"slip_red": 3651}, {("/slip_red", "out_of_range")}),
    ({"start_red": True}, {("/start_red", "out_of_range")}),
    ({"stale_days": None}, {("/stale_days", "out_of_range")}),
    ({"stale_days": 10**14}, {("/stale_days", "out_of_range")}),
    ({"term_start": "13-45"}, {("/term_start", "invalid")}),
    ({"term_start": "02-29"}, {("/term_start", "invalid")}),
    ({"term_start": "9-1"}, {("/term_start", "invalid")}),
    ({"term_start": 901}, {("/term_start", "invalid")}),
    ({"behind_red": 9}, {("/behind_red", "below_yellow")}),
    ({"behind_yellow": 40, "slip_yellow": 91}, {("/behind_red", "below_yellow"), ("/slip_red", "below_yellow")}),
    ({"amber": 1}, {("/amber", "unknown_field")}),
    ({"slip_red": -1, "term_start": ""}, {("/slip_red", "out_of_range"), ("/term_start", "invalid")}),
]


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [(CALENDAR, *case) for case in BAD_CALENDARS] + [(LIGHTS, *case) for case in BAD_LIGHTS],
    ids=lambda value: "" if isinstance(value, set) else str(value)[:60],  # a set has no order of its own
)
def test_each_wrong_member_is_named_and_nothing_is_written(
    cast: Cast, api: Any, path: str, body: dict[str, Any], named: set[tuple[str, str]]
) -> None:
    before = api().get(path).ok()
    problem = put(api("bureau_admin"), path, body).problem(400)
    assert {(error["pointer"], error["code"]) for error in problem["errors"]} == named
    assert api().get(path).ok() == before and entries() == []


@pytest.mark.parametrize("body", [[], "winter", 7, None])
@pytest.mark.parametrize("path", [CALENDAR, LIGHTS])
def test_what_is_no_object_is_refused(cast: Cast, api: Any, path: str, body: Any) -> None:
    text = {None: "null", 7: "7", "winter": '"winter"'}.get(body, "[]") if not isinstance(body, list) else "[]"
    api("bureau_admin").call("PUT", path, text, if_match='"0"').problem(400)
    assert entries() == []


# --- all projects of the bureau follow at once --------------------------------------------------------------


def test_a_threshold_turns_the_lights_of_this_bureau_and_no_other(cast: Cast, api: Any) -> None:
    ours, other = planned_project(cast, cast.pucheng, 60), planned_project(cast, cast.pucheng, 60)
    theirs = planned_project(cast, cast.gushi, 60)
    for project in (ours, theirs):
        report(project, "handover", forecast=in_days(70))
    versions = list(Project.objects.order_by("pk").values_list("version", flat=True))
    seen = api().get("sites.geojson")
    assert lights(api, ours, other, theirs) == ["yellow", "green", "yellow"], "ten days late, by the default rule"
    admin = api("bureau_admin")

    put(admin, LIGHTS, {"slip_red": 10}).ok()
    assert lights(api, ours, other, theirs) == ["red", "green", "yellow"]
    assert api().get("sites.geojson", if_none_match=seen.etag).status == 200, "a kept answer is of no use any more"
    totals = {row["light"]: row["projects"] for row in api().get("statistics/?kind=renovation").ok()["by_light"]}
    assert totals == {"green": 1, "yellow": 1, "red": 1, "none": 0}

    put(admin, LIGHTS, {"slip_yellow": 11}).ok()
    assert lights(api, ours, other, theirs) == ["green", "green", "yellow"]
    put(admin, LIGHTS, {"slip_yellow": 0, "slip_red": 10}).ok()
    assert lights(api, ours, other, theirs) == ["red", "green", "yellow"], "0 switches a rule off, only that one"
    assert list(Project.objects.order_by("pk").values_list("version", flat=True)) == versions, "no fact has changed"


def test_a_calendar_turns_the_lights_of_this_bureau_and_no_other(cast: Cast, api: Any) -> None:
    ours, theirs = planned_project(cast, cast.pucheng, 30), planned_project(cast, cast.gushi, 30)
    assert lights(api, ours, theirs) == ["green", "green"], "25 days of work in 31"
    closed = {"closures": [[in_days(0).isoformat(), in_days(19).isoformat(), "heat"]]}
    put(api("bureau_admin"), CALENDAR, closed).ok()
    assert lights(api, ours, theirs) == ["yellow", "green"], "25 days of work in 11"
    row = api().get(f"projects/?q={ours.code}").ok()["results"][0]
    # From the 20th day on: five days, fifteen, five.
    assert (row["forecast_finish"], row["slip_days"]) == (in_days(44).isoformat(), 14)
    assert api().get(f"projects/{ours.code}/schedule/").ok()["forecast_finish"] == row["forecast_finish"]
    put(api("bureau_admin"), CALENDAR, {}).ok()
    assert lights(api, ours, theirs) == ["green", "green"]


@pytest.mark.parametrize("rule", ["stale_days", "term_start"])
def test_the_other_rules_move_their_flags(cast: Cast, api: Any, rule: str) -> None:
    project = planned_project(cast, cast.pucheng, 40)
    report(project, "handover", forecast=in_days(45))
    report(project, "commencement", started=in_days(0))
    Project.objects.filter(pk=project.pk).update(updated_at=timezone.now() - timedelta(days=20))
    flag, value = {"stale_days": ("stale", 10), "term_start": ("misses_term", term(42))}[rule]

    def flags() -> tuple[bool, bool]:
        row = api().get(f"projects/?q={project.code}").ok()["results"][0]
        return row["stale"], row["misses_term"]

    put(api("bureau_admin"), LIGHTS, {"term_start": term(100)}).ok()
    assert flags() == (False, False)
    put(api("bureau_admin"), LIGHTS, {"term_start": term(100), rule: value}).ok()
    assert flags() == (flag == "stale", flag == "misses_term")


def test_the_number_of_queries_is_constant_for_200_projects(cast: Cast, api: Any) -> None:
    """Per 200: projects, milestones, baselines, and writes of as many rows as the engine takes (SQLite: 90)."""
    first = planned_project(cast, cast.pucheng, 60)
    report(first, "handover", forecast=in_days(70))
    admin, counts, rules = api("bureau_admin"), [], iter(({"slip_red": 10}, {"slip_red": 90}, {"slip_red": 10}))

    def count() -> None:
        etag, body = admin.get(LIGHTS).etag, next(rules)
        with CaptureQueriesContext(connection) as captured:
            admin.put(LIGHTS, body, if_match=etag).ok()
        counts.append(len(captured))

    count()
    for size in (200, 400):
        copies(first, size - Project.objects.filter(bureau=cast.bureau()).count())
        count()
        red = Project.objects.filter(bureau=cast.bureau(), red_from__lte=in_days(0)).count()
        assert red == (0 if size == 200 else size - 2), "all but the cast's own two follow"
    few, many, twice = counts
    # Token, roles, bureau; who has roles there; begin, lock, bureau, templates (2), settings, 3 reads, 1 write, no more projects,
    # templates (2), version, entry, end.
    assert few <= 20, counts
    assert many - few <= 3 and twice - many <= 7, counts


def copies(project: Project, number: int) -> None:
    """The same project many times over, as rows alone."""
    milestones = list(project.milestones.all())
    rows = [copy(project) for _ in range(number)]
    for place, row in enumerate(rows):
        row.pk, row._state = None, copy(project._state)
        row.code = f"{project.bureau.code}-2022-{Project.objects.count() + place + 100:05d}"
    rows = Project.objects.bulk_create(rows)
    fresh = []
    for row in rows:
        for milestone in milestones:
            again = copy(milestone)
            again.pk, again.project_id = None, row.pk
            fresh.append(again)
    Milestone.objects.bulk_create(fresh)


def test_the_history_of_the_settings_is_public_and_sound(cast: Cast, api: Any) -> None:
    project = planned_project(cast, cast.gushi, 60)  # a template of Gushi's: version 1 of its own chain
    newest = LedgerEntry.objects.order_by("-pk").values_list("pk", flat=True)[0]
    admin = api("bureau_admin")
    put(admin, CALENDAR, {"closed_weekdays": [6], "reason": "quiet Sundays"}).ok()
    put(admin, LIGHTS, {"slip_red": 60, "reason": "stricter"}).ok()
    for who, whole in (("public", False), ("gushi_official", False), ("official", True), ("superuser", True)):
        rows = api(who).get(f"changes/?since={newest}").ok()["results"]
        assert [(row["subject"], row["version"], row["action"]) for row in rows] == [
            ("bureau:610526", 1, "bureau.calendar"),
            ("bureau:610526", 2, "bureau.lights"),
        ]
        assert rows[1]["patch"][0]["path"].startswith("/lights") and rows[1]["partial"] is False
        seen = [(row["project"], row["actor"], row["reason"]) for row in rows]
        said = [
            (None, "bureau_admin", words) if whole else (None, None, None) for words in ("quiet Sundays", "stricter")
        ]
        assert seen == said, who
        assert (rows[0]["salt"] is not None) is whole
    result = verify()
    assert result.sound, result.faults
    assert Project.objects.get(pk=project.pk).template == MilestoneTemplate.objects.get(bureau=cast.bureau(cast.gushi))
    bureau = cast.bureau()
    bureau.lights = bureau.lights | {"slip_red": 61}
    bureau.save(update_fields=["lights"])
    assert [fault.subject for fault in verify().faults] == ["bureau:610526"], "what was changed behind it is found"


# --- templates ----------------------------------------------------------------------------------------------

NEW = {"bureau": "610526", "kind": "renovation", "stages": SHORT, "note": "三步"}


def create(api: Any, who: str = "bureau_admin", **changes: Any) -> Any:
    return api(who).post("templates/", NEW | changes, if_match=api().get(CALENDAR).etag)


def stages(*changed: tuple[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """The three stages, some of them changed."""
    found = [dict(stage) for stage in SHORT]
    for place, members in changed:
        found[place] |= members
    return found


def test_the_products_templates_are_there_for_everybody(cast: Cast, api: Any) -> None:
    page = api().get("templates/?page_size=200").ok()
    assert page["count"] == len(page["results"]) == 10, "five kinds, two versions"
    assert {row["bureau"] for row in page["results"]} == {None}
    one = api().get("templates/standard/new_build/2/").ok()
    assert one in page["results"] and one["id"] == "standard/new_build/2" and len(one["stages"]) == 21
    filing = next(stage for stage in one["stages"] if stage["key"] == "completion_filing")
    assert filing["limit"] == {"after": "completion_acceptance", "days": 15}
    assert filing["after"] == {"completion_acceptance": {"kind": "FS", "lag": 0}}
    assert {row["kind"] for row in api().get("templates/?kind=new_build").ok()["results"]} == {"new_build"}
    for name in ("standard/new_build/3", "standard/castle/1", "610526/new_build/1", f"standard/new_build/{10**30}"):
        api().get(f"templates/{name}/").problem(404)
    api().get("templates/?kind=castle").problem(400, "?kind")
    api().get("templates/?version=2").problem(400, "?version")


def test_a_bureaus_next_version(cast: Cast, api: Any) -> None:
    answer = create(api)
    made = answer.ok(201)
    assert answer.headers["Location"] == "/api/v1/templates/610526/renovation/3/" and answer.version == 1
    assert (made["id"], made["version"], made["note"]) == ("610526/renovation/3", 3, "三步"), (
        "after the product's own two"
    )
    filled: dict[str, Any] = {
        "public": True,
        "shortest": None,
        "longest": None,
        "after": {},
        "needs_acceptance": False,
        "limit": None,
    }
    assert made["stages"] == [filled | stage | {"position": place} for place, stage in enumerate(SHORT, 1)]
    assert api().get("templates/610526/renovation/3/").ok() == made
    assert create(api, note="again").ok(201)["version"] == 4
    own = api().get("templates/?bureau=610526&kind=renovation").ok()["results"]
    assert {row["id"] for row in own} == {f"standard/renovation/{n}" for n in (1, 2)} | {
        f"610526/renovation/{n}" for n in (3, 4)
    }
    theirs = api().get("templates/?bureau=411525&kind=renovation").ok()["results"]
    assert {row["id"] for row in theirs} == {"standard/renovation/1", "standard/renovation/2"}
    assert [entry.action for entry in entries()] == ["bureau.template"] * 2 and verify().sound


def test_a_template_names_the_version_it_starts_from_and_is_made_once(cast: Cast, api: Any) -> None:
    admin = api("bureau_admin")
    admin.post("templates/", NEW).problem(428)
    first = admin.post("templates/", NEW, if_match='"0"', idempotency_key="once")
    again = admin.post("templates/", NEW, if_match='"0"', idempotency_key="once")
    assert first.ok(201) == again.ok(201) and again.headers["Idempotency-Replayed"] == "true"
    assert admin.post("templates/", NEW, if_match='"0"').problem(412)["version"] == 1
    api("official").post("templates/", NEW, if_match='"1"').problem(403)
    admin.post("templates/", NEW | {"bureau": "411525"}, if_match='"0"').problem(403)
    admin.post("templates/", NEW | {"bureau": "999999"}, if_match='"0"').problem(400, "/bureau", "unknown_bureau")
    assert MilestoneTemplate.objects.filter(bureau__isnull=False).count() == 1


FS = {"kind": "FS", "lag": 0}
LINK = "/stages/1/after/commencement"


def linked(**link: Any) -> list[dict[str, Any]]:
    """The works wait for the commencement by this link."""
    return stages((1, {"after": {"commencement": link}}))


def termed(after: str) -> list[dict[str, Any]]:
    """The handover has 15 days from the end of that stage."""
    return stages((2, {"limit": {"after": after, "days": 15}}))


LONG = stages((0, {"duration": 2000}), (1, {"duration": 2000, "longest": 2000}))
MANY = [SHORT[0] | {"key": f"s{n}", "weight": 1, "duration": 1} for n in range(101)]
BAD_TEMPLATES: list[tuple[str, list[Any], set[tuple[str, str]]]] = [
    ("self-dependency", stages((1, {"after": {"works": FS}})), {("/stages/1/after/works", "self_dependency")}),
    ("unknown predecessor", stages((1, {"after": {"roof": FS}})), {("/stages/1/after/roof", "unknown_predecessor")}),
    ("pointer escaped", stages((1, {"after": {"a/b~": FS}})), {("/stages/1/after/a~1b~0", "unknown_predecessor")}),
    ("invisible key", stages((1, {"after": {"a\u200b": FS}})), {("/stages/1/after", "invisible_character")}),
    ("lag 10000", linked(lag=10_000), {(f"{LINK}/lag", "max_value")}),
    ("negative lag", linked(lag=-1), {(f"{LINK}/lag", "min_value")}),
    ("unknown kind", linked(kind="FF"), {(f"{LINK}/kind", "invalid_choice")}),
    ("unknown member of a link", linked(log=1), {(f"{LINK}/log", "unknown_field")}),
    ("links in a list", stages((1, {"after": ["commencement"]})), {("/stages/1/after", "not_a_dict")}),
    ("negative duration", stages((0, {"duration": -1})), {("/stages/0/duration", "min_value")}),
    ("duration of eleven years", stages((0, {"duration": 3661})), {("/stages/0/duration", "max_value")}),
    ("duration as text", stages((0, {"duration": "5"})), {("/stages/0/duration", "invalid")}),
    ("all together beyond ten years", LONG, {("/stages", "too_long")}),
    ("weights that sum to zero", stages((1, {"weight": 0}), (2, {"weight": 0})), {("/stages", "no_weight")}),
    ("negative weight", stages((1, {"weight": -1})), {("/stages/1/weight", "min_value")}),
    ("usual below shortest", stages((1, {"duration": 9})), {("/stages/1/duration", "constraint")}),
    ("longest below usual", stages((1, {"longest": 14})), {("/stages/1/longest", "constraint")}),
    ("a range of nothing", stages((1, {"duration": None})), {("/stages/1/duration", "required")}),
    ("term from nowhere", termed("roof"), {("/stages/2/limit/after", "unknown_predecessor")}),
    ("term from itself", termed("handover"), {("/stages/2/limit/after", "unknown_predecessor")}),
    ("term of no length", stages((2, {"limit": {"after": "works"}})), {("/stages/2/limit", "required")}),
    ("key twice", stages((2, {"key": "works", "after": {}})), {("/stages/2/key", "duplicate")}),
    ("key with a space", stages((2, {"key": "hand over"})), {("/stages/2/key", "invalid")}),
    ("no key", [{"title_zh": "一", "title_en": "one", "weight": 1}], {("/stages/0/key", "required")}),
    ("no title", stages((0, {"title_zh": " "})), {("/stages/0/title_zh", "blank")}),
    ("unknown member", stages((0, {"percent": 5})), {("/stages/0/percent", "unknown_field")}),
    ("no stage", [], {("/stages", "required")}),
    ("101 stages", MANY, {("/stages", "too_many")}),
    (
        "several",
        stages((1, {"after": {"works": FS, "roof": FS}, "weight": 0}), (2, {"weight": 0, "limit": {"after": "x"}})),
        {
            ("/stages/1/after/works", "self_dependency"), ("/stages/1/after/roof", "unknown_predecessor"),
            ("/stages", "no_weight"), ("/stages/2/limit/after", "unknown_predecessor"), ("/stages/2/limit", "required"),
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "named"), [case[1:] for case in BAD_TEMPLATES], ids=[case[0] for case in BAD_TEMPLATES]
)
def test_a_template_that_cannot_be_is_refused(cast: Cast, api: Any, wrong: Any, named: set[tuple[str, str]]) -> None:
    problem = create(api, stages=wrong).problem(400)
    assert {(error["pointer"], error["code"]) for error in problem["errors"]} == named
    assert not MilestoneTemplate.objects.filter(bureau__isnull=False).exists() and entries() == []


def test_every_stage_hears_what_is_wrong_with_it(cast: Cast, api: Any) -> None:
    wrong = stages((0, {"duration": 9, "shortest": 20}), (1, {"longest": 14}))
    problem = create(api, stages=wrong).problem(400)
    assert {error["pointer"] for error in problem["errors"]} == {"/stages/0/duration", "/stages/1/longest"}


def test_a_term_may_say_at_once(cast: Cast, api: Any) -> None:
    made = create(api, stages=stages((2, {"limit": {"after": "works", "days": 0}}))).ok(201)
    assert made["stages"][2]["limit"] == {"after": "works", "days": 0}


def test_a_cycle_is_named_by_its_path(cast: Cast, api: Any) -> None:
    circle = stages((0, {"after": {"handover": {"kind": "SS", "lag": 3}}}))
    (error,) = create(api, stages=circle).problem(400, "/stages/0/after/handover", "cycle")["errors"]
    assert "commencement → works → handover → commencement" in error["message"]


def test_running_projects_keep_their_stages_and_new_ones_get_the_newest(cast: Cast, api: Any) -> None:
    before = make_project(cast.bureau(), kind="renovation")
    running = project_document(before)
    assert running["template"] == "standard/renovation/2" and len(running["milestones"]) == 21
    create(api).ok(201)
    create(api, stages=stages((1, {"duration": 20}))).ok(201)
    assert project_document(cast.project(before.code)) == running
    assert cast.project(before.code).version == before.version
    made = api("official").post("projects/", {"bureau": "610526", "title_zh": "新", "kind": "renovation"}).ok(201)
    assert made["template"] == "610526/renovation/4"
    assert [stage["key"] for stage in made["milestones"]] == ["commencement", "works", "handover"]
    assert made["milestones"][1]["duration"] == 20
    theirs = (
        api("gushi_official").post("projects/", {"bureau": "411525", "title_zh": "新", "kind": "renovation"}).ok(201)
    )
    assert theirs["template"] == "standard/renovation/2", "another bureau's is nothing to it"
    assert verify().sound


# --- moving a project to another version --------------------------------------------------------------------


@pytest.fixture
def moved(cast: Cast, api: Any) -> Project:
    """A project of the three stages, and the next version: works longer and renamed, handover gone, acceptance new."""
    create(api).ok(201)
    project = make_project(cast.bureau(), kind="renovation")
    works = {"duration": 20, "title_en": "Building works"}
    last = SHORT[2] | {"key": "acceptance", "title_zh": "验收", "title_en": "Acceptance"}
    create(api, stages=[*stages((1, works))[:2], last]).ok(201)
    return project


def test_the_preview_says_what_would_change_and_changes_nothing(cast: Cast, api: Any, moved: Project) -> None:
    path = f"projects/{moved.code}/template/"
    before = project_document(cast.project(moved.code))
    plan = api("official").get(f"{path}?to=610526/renovation/4")
    assert plan.ok() == {
        "template": "610526/renovation/4",
        "added": ["acceptance"],
        "changed": {"works": {"title_en": ["Works", "Building works"], "duration": [15, 20]}},
        "removed": ["handover"],
        "kept": [],
    }
    assert plan.version == moved.version
    report(moved, "handover", note="the keys lie in the office")
    after = api("official").get(f"{path}?to=610526/renovation/4").ok()
    assert (after["removed"], after["kept"]) == ([], ["handover"]), "what is known of stays"
    nothing = api("official").get(f"{path}?to=610526/renovation/3").ok()
    assert nothing == {"template": "610526/renovation/3", "added": [], "changed": {}, "removed": [], "kept": []}
    report(moved, "handover", note="")
    assert project_document(cast.project(moved.code)) == before
    api("official").get(path).problem(400, "?to", "required")
    for name in ("610526/renovation/9", "411525/renovation/1", "610526/renovation", "x", "610526/renovation/3/4"):
        api("official").get(f"{path}?to={name}").problem(400, "/template", "unknown_template")
    api("official").get(f"{path}?from=x").problem(400, "?from")


def test_a_move_does_what_the_preview_said(cast: Cast, api: Any, moved: Project) -> None:
    official, path = api("official"), f"projects/{moved.code}/template/"
    report(moved, "works", planned=in_days(30))
    body = {"template": "610526/renovation/4", "reason": "acceptance comes first"}
    old = official.get(f"projects/{moved.code}/").etag
    answer = official.put(path, body, if_match=old)
    project = answer.ok()
    assert project["template"] == "610526/renovation/4" and answer.version == project["version"] == moved.version + 2
    shown = {stage["key"]: stage for stage in project["milestones"]}
    assert list(shown) == ["commencement", "works", "acceptance"]
    assert (shown["works"]["duration"], shown["works"]["title"]) == (20, "Building works")
    assert shown["works"]["planned"] == in_days(30).isoformat(), "its own dates stay"
    assert official.put(path, body, if_match=old).problem(412)["current"] == project
    official.put(path, body).problem(428)
    again = official.put(path, body, if_match=answer.etag)
    assert again.ok() == project and again.version == answer.version, "nothing to change, no entry"
    entry = official.get(f"projects/{moved.code}/history/").ok()[-1]
    assert (entry["action"], entry["reason"]) == ("project.template", "acceptance comes first")
    chain = LedgerEntry.objects.filter(subject=f"project:{moved.code}").order_by("version")
    assert replay(e.patch for e in chain) == project_document(cast.project(moved.code)) and verify().sound


KNOWN: dict[str, dict[str, Any]] = {
    "planned": {"planned": date(2026, 1, 1)},
    "begun": {"started": date(2023, 6, 1)},
    "late for a reason": {"delay_reason": "land"},
    "not applicable": {"state": "not_applicable"},
}


@pytest.mark.parametrize("name", [*KNOWN, "paid for"])
def test_a_stage_about_which_something_is_known_stays(cast: Cast, api: Any, moved: Project, name: str) -> None:
    if name in KNOWN:
        report(moved, "handover", **KNOWN[name])
    else:
        make_money(
            Spending,
            moved,
            actor=cast.user("official"),
            kind="money_paid",
            dated=date(2023, 1, 5),
            milestone="handover",
        )
    body = {"template": "610526/renovation/4", "reason": "r"}
    path = f"projects/{moved.code}/template/"
    plan = api("official").get(f"{path}?to=610526/renovation/4").ok()
    assert (plan["removed"], plan["kept"]) == ([], ["handover"])
    project = api("official").put(path, body, if_match=api("official").get(path.replace("template/", "")).etag).ok()
    assert [stage["key"] for stage in project["milestones"]] == ["commencement", "works", "acceptance", "handover"]
    assert verify().sound


def test_a_project_moves_to_no_other_kinds_template(cast: Cast, api: Any, moved: Project) -> None:
    create(api, kind="new_build").ok(201)
    official, path = api("official"), f"projects/{moved.code}/template/"
    before = official.get(f"projects/{moved.code}/")
    for name in ("610526/new_build/3", "standard/new_build/2"):
        official.get(f"{path}?to={name}").problem(400, "/template", "other_kind")
        body = {"template": name, "reason": "r"}
        official.put(path, body, if_match=before.etag).problem(400, "/template", "other_kind")
    assert official.get(f"projects/{moved.code}/").ok() == before.ok()
    official.get(f"{path}?to=standard/renovation/1").ok()


def test_a_move_that_cannot_be_is_refused(cast: Cast, api: Any, moved: Project) -> None:
    official, path = api("official"), f"projects/{moved.code}/template/"
    etag = official.get(f"projects/{moved.code}/").etag
    before = official.get(f"projects/{moved.code}/").ok()
    right = {"template": "610526/renovation/4", "reason": "r"}
    for body, pointer in (
        ({"template": right["template"]}, "/reason"),
        (right | {"reason": "  "}, "/reason"),
        ({"reason": "r"}, "/template"),
        (right | {"template": "610526/renovation/99"}, "/template"),
        (right | {"template": 4}, "/template"),
        (right | {"stages": []}, "/stages"),
    ):
        official.put(path, body, if_match=etag).problem(400, pointer)
    assert official.get(f"projects/{moved.code}/").ok() == before
    cancelled = official.change(f"projects/{moved.code}/", {"status": "cancelled", "status_reason": "land"})
    official.put(path, right, if_match=cancelled.etag).problem(409)
