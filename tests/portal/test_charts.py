"""Gantt, S-curve and wall chart as their readers meet them: words and numbers beside every shape, in two languages."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from mapviews.styles import LIGHT_STYLES
from portal.charts.axis import Axis
from portal.charts.gantt import GanttRow, gantt_chart
from portal.charts.scurve import CurvePoint, scurve_chart
from portal.charts.wall import WallRow, wall_chart
from projects_api.late_words import project_words, slip_words
from tests.servers import ROOT

pytestmark = pytest.mark.once

TODAY = date(2023, 7, 3)
TERM = date(2023, 9, 1)
HOSTILE = "<img src=x onerror=alert(1)> {{7*191}} </script> '\"&amp; %(x)s"
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@pytest.fixture(autouse=True)
def _plain_static(settings: Any) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


def number(percentage: str) -> float:
    return float(percentage.removesuffix("%"))


class Markup(HTMLParser):
    """The elements of a fragment, and the cells of its tables."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[list[str]]] = []
        self.cell: list[str] | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td") and self.cell is not None:
            self.tables[-1][-1].append(" ".join(" ".join(self.cell).split()))
            self.cell = None

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)


def stage(key: str = "roof", **facts: Any) -> GanttRow:
    return GanttRow(**{"key": key, "title": key.capitalize(), "state_word": "Scheduled"} | facts)


def planned(start: date, finish: date) -> dict[str, Any]:
    return {
        "baseline_start": start,
        "baseline_finish": finish,
        "forecast_start": start,
        "forecast_finish": finish,
    }


def draw(name: str, chart: dict[str, Any]) -> str:
    return render_to_string(f"charts/_{name}.html", {name: chart})


def points(*rows: tuple[date, float | None, float | None, float | None]) -> list[CurvePoint]:
    return [{"day": d, "planned": p, "actual": a, "forecast": f} for d, p, a, f in rows]


def project(n: int = 1, **facts: Any) -> WallRow:
    given: dict[str, Any] = {
        "code": f"610526-2023-{n:03}",
        "title": f"School {n}",
        "url": f"/projects/610526-2023-{n:03}/",
    }
    given |= {"region": "Dangmu", "light": "green", "light_word": "on plan", "progress": 40, "group": "To be completed"}
    return WallRow(**given | facts)


# Days along the width.


@given(st.lists(st.integers(1, 400), min_size=2, max_size=12), DAYS)
def test_stages_that_follow_each_other_touch_and_fill_the_width(lengths: list[int], first: date) -> None:
    starts = [first + timedelta(days=sum(lengths[:n])) for n in range(len(lengths))]
    ends = [start + timedelta(days=length - 1) for start, length in zip(starts, lengths, strict=True)]
    bars = Axis(first, ends[-1]).bars(zip(starts, ends, strict=True))
    assert len(bars) == len(lengths)
    assert number(bars[0]["x"]) == 0
    for one, following in zip(bars, bars[1:], strict=False):
        assert number(one["x"]) + number(one["w"]) == pytest.approx(number(following["x"]), abs=0.11)
    assert number(bars[-1]["x"]) + number(bars[-1]["w"]) == pytest.approx(100, abs=0.11)


@given(DAYS, DAYS, DAYS)
def test_nothing_is_drawn_beside_the_chart(start: date, finish: date, day: date) -> None:
    axis = Axis(date(2023, 1, 1), date(2023, 12, 31))
    bar = axis.bar(start, finish)
    seen = start <= finish and start <= axis.last and finish >= axis.first
    assert (bar is not None) == seen
    if bar:
        assert 0 <= number(bar["x"]) <= 100
        assert number(bar["x"]) + number(bar["w"]) <= 100.1
    x = axis.x(day)
    assert (x is not None) == (day.year == 2023)
    assert x is None or 0 <= number(x) <= 100


@given(st.lists(DAYS, min_size=1, max_size=5))
def test_months_are_named_as_often_as_there_is_room(days: list[date]) -> None:
    axis = Axis.of_months(days)
    assert axis.first.day == 1 and (axis.last + timedelta(days=1)).day == 1
    assert axis.first <= min(days) and max(days) <= axis.last
    ticks = axis.ticks()
    assert len(ticks) <= 14
    assert len([tick for tick in ticks if not tick["more"]]) <= 6
    assert all(0 <= number(tick["x"]) < 97 for tick in ticks)
    xs = [number(year["x"]) for year in axis.years()]
    assert xs == sorted(xs) and len(xs) == axis.last.year - axis.first.year + 1


def test_over_many_years_every_tick_is_a_year_and_not_a_january() -> None:
    axis = Axis.of_months([date(2015, 11, 18), date(2026, 11, 26)])
    assert [tick["word"] for tick in axis.ticks()] == [str(year) for year in range(2016, 2027)]
    assert {year["word"] for year in axis.years()} == {""}, "said once"


@pytest.mark.parametrize(
    ("days", "done", "words"),
    [
        (None, False, ""),
        (0, True, "on plan"),
        (1, True, "1 day late"),
        (1200, True, "1,200 days late"),
        (12, False, "expected 12 days late"),
        (-3, True, "3 days early"),
    ],
)
def test_a_slip_is_said_in_words(days: int | None, done: bool, words: str) -> None:
    assert slip_words(days, done) == words


@pytest.mark.parametrize(
    ("days", "state", "words", "chinese"),
    [
        (None, {"over": True, "known": True}, "", ""),
        (370, {"over": True, "known": True}, "finished 370 days late", "晚370天建成"),
        (0, {"over": True, "known": True}, "finished on time", "按期建成"),
        (-1, {"over": True, "known": True}, "finished 1 day early", "提前1天建成"),
        (0, {"over": False, "known": True}, "expected on time", "预计按期"),
        (12, {"over": False, "known": True}, "expected 12 days late", "预计晚12天"),
        (12, {"over": False, "known": False}, "overdue by 12 days", "已逾期12天"),
        (0, {"over": False, "known": False}, "", ""),
        (0, {"over": False, "known": False, "suspended": True}, "work is suspended", "已暂停"),
        (
            464,
            {"over": False, "known": False, "suspended": True, "since": "2024-05-03"},
            "suspended since 3 May 2024 · overdue by 464 days",
            "2024年5月3日起暂停 · 已逾期464天",
        ),
    ],
)
def test_what_is_over_or_stands_still_is_not_said_to_be_late_still(
    days: int | None, state: dict[str, Any], words: str, chinese: str
) -> None:
    assert project_words(days, **state) == words
    with translation.override("zh-hans"):
        assert project_words(days, **state) == chinese


# Gantt.


def test_a_stage_in_progress_is_solid_until_today_and_open_until_it_is_expected() -> None:
    row = stage(
        **planned(date(2023, 6, 1), date(2023, 7, 20)) | {"forecast_finish": date(2023, 8, 9)},
        actual_start=date(2023, 6, 11),
        slip_days=20,
    )
    chart = gantt_chart([row], today=TODAY)
    axis, drawn = chart["axis"], chart["rows"][0]
    assert drawn["baseline"] == axis.bar(date(2023, 6, 1), date(2023, 7, 20))
    assert drawn["actual"] == axis.bar(date(2023, 6, 11), TODAY)
    assert drawn["forecast"] == axis.bar(date(2023, 6, 11), date(2023, 8, 9))
    assert (drawn["finish"], drawn["slip"]) == ("9 Aug 2023", "expected 20 days late")


def test_a_finished_stage_has_no_forecast_and_a_single_day_is_a_point() -> None:
    day = date(2023, 5, 5)
    finished = stage(**planned(day, day), actual_start=day, actual_finish=day, slip_days=0, critical=True)
    later = stage("works", **planned(date(2023, 6, 1), date(2024, 5, 1)))
    chart = gantt_chart([finished, later], today=TODAY)
    drawn = chart["rows"][0]
    assert drawn["forecast"] is None
    assert drawn["actual"] == drawn["baseline"] == {"x": chart["axis"].x(day)}
    assert not drawn["hatched"]  # what is done can hold up nothing


def test_the_calendar_ends_with_the_work_when_all_is_done_and_reaches_today_while_it_is_not() -> None:
    row = stage(**planned(date(2020, 3, 1), date(2020, 5, 1)), actual_start=date(2020, 3, 1))
    assert gantt_chart([row], today=TODAY)["axis"].last == date(2023, 7, 31)
    done = stage(**planned(date(2020, 3, 1), date(2020, 5, 1)), actual_finish=date(2020, 5, 4))
    chart = gantt_chart([done], today=TODAY)
    assert chart["axis"].last == date(2020, 5, 31)
    assert chart["today"] is None and "today" not in draw("gantt", chart)


def test_the_deadline_is_on_the_calendar_although_the_work_ends_before() -> None:
    chart = gantt_chart([stage(**planned(date(2023, 3, 1), date(2023, 5, 1)))], today=date(2023, 4, 1), needed_by=TERM)
    assert chart["axis"].last == date(2023, 9, 30)
    assert "1 September 2023" in draw("gantt", chart)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_number_of_the_gantt_is_in_its_table_too(language: str) -> None:
    rows = [
        stage("permit", **planned(date(2023, 1, 2), date(2023, 2, 3)), actual_finish=date(2023, 2, 7), slip_days=4),
        stage("roof", **planned(date(2023, 3, 4), date(2023, 8, 5)), critical=True, float_days=0, links=["permit"]),
    ]
    with translation.override(language):
        html = draw("gantt", gantt_chart(rows, today=TODAY, baseline_name="No. 7"))
    bars, numbers = Markup(html).tables
    assert [row[0].split()[0] for row in bars[1:]] == [row[0] for row in numbers[1:]] == ["Permit", "Roof"]
    spans = {
        "en": ("2 Jan 2023 – 3 Feb 2023", "7 Feb 2023"),
        "zh-hans": ("2023年1月2日 – 2023年2月3日", "2023年2月7日"),
    }
    assert (numbers[1][2], numbers[1][4]) == spans[language]
    assert bars[1][1].startswith(spans[language][1])
    assert numbers[2][-1] == "Permit"
    if language == "en":
        assert numbers[1][5] == "4 days late"
        assert numbers[2][6] == "0 days (critical)"
        assert "critical" in bars[2][0] and "critical" not in bars[1][0]
        unknown = draw("gantt", gantt_chart([stage(baseline_finish=date(2023, 8, 5))], today=TODAY))
        assert Markup(unknown).tables[0][1][1].startswith("planned 5 Aug 2023"), (
            "the plan's day is not passed off as expected"
        )
        assert "No. 7" in html


def test_a_project_without_dates_says_so() -> None:
    html = draw("gantt", gantt_chart([stage()], today=TODAY, needed_by=TERM))
    assert "<svg" not in html and "nothing to draw" in html


# S-curve.


@pytest.mark.parametrize(
    ("plan", "actual", "words"),
    [
        (45.0, 38.0, "On 3 July 2023: planned 45%, done 38%: 7 points behind the plan."),
        (45.04, 44.96, "On 3 July 2023: planned 45%, done 45%: on plan."),
        (10.0, 12.5, "On 3 July 2023: planned 10%, done 12.5%: 2.5 points ahead of the plan."),
        (None, 12.5, "On 3 July 2023: 12.5% done."),
    ],
)
def test_the_curve_says_where_the_work_stands(plan: float | None, actual: float, words: str) -> None:
    rows = points((date(2023, 1, 1), 0, 0, None), (TODAY, plan, actual, actual), (TERM, 100, None, 90))
    assert scurve_chart(rows, today=TODAY)["standing"] == words


def test_the_browser_draws_the_numbers_of_the_table() -> None:
    rows = points((TERM, 100, None, 90.06), (date(2023, 1, 1), 0, 0, None), (TODAY, 45, 38, 38))
    chart = scurve_chart(rows, today=TODAY, needed_by=date(2023, 10, 1))
    html = draw("scurve", chart)
    (table,) = Markup(html).tables
    assert table[1:] == [
        ["1 Jan 2023", "0%", "0%", "–"],
        ["3 Jul 2023", "45%", "38%", "38%"],
        ["1 Sep 2023", "100%", "–", "90.1%"],
    ]
    block = re.search(r'<script id="scurve-data" type="application/json">(.*?)</script>', html)
    assert block
    data = json.loads(unescape(block[1]))
    assert data["curves"] == {"planned": [0, 45, 100], "actual": [0, 38, None], "forecast": [None, 38, 90.1]}
    # January to October, October being on the axis for the sake of a day in it: 304 days, each drawn at its middle.
    assert data["across"] == [1.6, 603.6, 801]
    assert '<polyline points="1.6,100 603.6,62" class="curve curve-actual"/>' in html, "the same places, drawn"
    assert '<path d="M603.6 0V100" class="chart-today"/>' in html and 'class="chart-needed"' in html
    assert 'max="2" value="1"' in html  # the slider stands on the last day with an actual value


@pytest.mark.parametrize("rows", [[], points((TODAY, None, None, None))])
def test_a_curve_without_a_value_is_not_drawn(rows: list[CurvePoint]) -> None:
    html = draw("scurve", scurve_chart(rows, today=TODAY))
    assert "there is no curve" in html and "<polyline" not in html


# Wall chart.


def test_a_wall_row_is_readable_without_its_drawing() -> None:
    row = project(
        light="red", light_word="far behind", progress=31, planned_progress=70, finish=date(2024, 2, 6), slip_days=43,
        leader="王建国", bars=[("baseline", date(2023, 3, 1), date(2023, 12, 25)), ("actual", date(2023, 3, 9), TODAY),
                            ("forecast", TODAY, date(2024, 2, 6))],
        marks=[(date(2023, 5, 2), "planned", "Roof"), (date(2023, 5, 30), "met", "Roof"), (date(2023, 9, 9), "expected", "Keys")],
    )  # fmt: skip
    html = draw("wall", wall_chart([row], year=2023, today=TODAY))
    wall, numbers = Markup(html).tables
    head, group, line = wall
    assert head[0] == "Project" and head[-1] == "Leader"
    assert group == ["To be completed 1 far behind 1"]
    assert line[:3] == ["School 1 Dangmu · 610526-2023-001", "far behind", "31% planned 70%"]
    assert line[4:] == ["6 Feb 2024 expected 43 days late", "王建国"]
    assert numbers[1][1:] == [
        "1 Mar – 25 Dec",
        "9 Mar – 3 Jul",
        "3 Jul 2023 – 6 Feb 2024",
        "Roof: planned 2 May, met 30 May; Keys: expected 9 Sep",
    ]
    ready = draw("wall", wall_chart([project(over=True, progress=93, slip_days=43)], year=2023, today=TODAY))
    assert "finished 43 days late" in ready and "expected 43" not in ready, (
        "ready, though the last payment is still to come"
    )


def test_the_months_of_a_leap_year_lie_where_its_days_do() -> None:
    chart = wall_chart([project()], year=2024, today=date(2024, 2, 29))
    assert [month["word"] for month in chart["months"]][:3] == ["Jan", "Feb", "Mar"]
    assert number(chart["months"][2]["x"]) == pytest.approx(100 * 60 / 366, abs=0.05)
    assert number(chart["today"]["x"]) == pytest.approx(100 * 59.5 / 366, abs=0.05)
    with translation.override("zh-hans"):
        assert wall_chart([project()], year=2024, today=TODAY)["months"][11]["word"] == "12月"


def test_groups_and_rows_keep_their_order_and_lights_are_counted() -> None:
    rows = [
        project(1, group="Upgrade", light="red", light_word="far behind"),
        project(2, group="Start"),
        project(3, group="Upgrade"),
        project(4, group="Upgrade"),
    ]
    chart = wall_chart(rows, year=2023, today=TODAY)
    assert [(g["word"], g["count"]) for g in chart["groups"]] == [("Upgrade", 3), ("Start", 1)]
    assert [line["row"].title for line in chart["groups"][0]["rows"]] == ["School 1", "School 3", "School 4"]
    assert [(t["light"], t["count"]) for t in chart["groups"][0]["tally"]] == [("green", 2), ("red", 1)]
    assert [(t["word"], t["count"]) for t in chart["tally"]] == [("on plan", 3), ("far behind", 1)]


@pytest.mark.parametrize(
    ("start", "finish", "before", "beyond"),
    [
        (date(2023, 1, 1), date(2023, 12, 31), False, False),
        (date(2022, 12, 31), date(2023, 12, 31), True, False),
        (date(2023, 1, 1), date(2024, 1, 1), False, True),
        (date(2024, 2, 1), date(2024, 3, 1), False, True),
    ],
)
def test_work_outside_of_the_year_is_cut_off_and_said_to_go_on(
    start: date, finish: date, before: bool, beyond: bool
) -> None:
    (group,) = wall_chart([project(bars=[("forecast", start, finish)])], year=2023, today=TODAY)["groups"]
    drawing = group["rows"][0]["drawing"]
    assert ("w-before" in drawing, "w-beyond" in drawing) == (before, beyond)
    assert ("<rect" in drawing) == (start.year <= 2023)


@given(
    st.lists(
        st.tuples(st.dates(date(2022, 11, 1), date(2024, 2, 1)), st.text("主体封顶abc ", min_size=1, max_size=9)),
        max_size=12,
    )
)
def test_words_under_the_marks_never_run_into_each_other(marks: list[tuple[date, str]]) -> None:
    row = project(marks=[(day, "met", title) for day, title in marks])
    (group,) = wall_chart([row], year=2023, today=TODAY)["groups"]
    words = re.findall(r'<text x="([\d.]+)%">([^<]*)</text>', group["rows"][0]["drawing"])
    # A full-width letter of 10 px on a chart of 560 px, as on a desk of 1280: 1.8 % of the width.
    spans = [(float(x) - w / 2, float(x) + w / 2) for x, title in words for w in [_ink(title)]]
    assert all(left >= -0.1 and right <= 100.1 for left, right in spans)
    assert all(one[1] <= following[0] for one, following in zip(spans, spans[1:], strict=False))
    if any(day.year == 2023 for day, _title in marks):
        assert words


def _ink(title: str) -> float:
    return sum(1.8 if ord(letter) > 0x2E7F else 1.0 for letter in title)


def test_a_node_that_moved_is_named_once_where_it_is_now() -> None:
    marks = [(date(2023, 3, 1), "planned", "Roof"), (date(2023, 8, 1), "expected", "Roof")]
    (group,) = wall_chart([project(marks=marks)], year=2023, today=TODAY)["groups"]
    (x,) = re.findall(r'<text x="([\d.]+)%">Roof</text>', group["rows"][0]["drawing"])
    assert float(x) == pytest.approx(100 * 212 / 365, abs=0.6)


def heavy_wall() -> list[WallRow]:
    """300 projects with four nodes each, planned and now, titles as long as in the plans."""
    rows = []
    for n in range(300):
        start = date(2023, 1, 10) + timedelta(days=n % 120)
        nodes = [(start + timedelta(days=50 * i), f"竣工验收{i}") for i in range(4)]
        marks = [(day, "planned", title) for day, title in nodes]
        marks += [(day + timedelta(days=9), "expected", title) for day, title in nodes]
        bars = [("baseline", start, nodes[-1][0]), ("actual", start, TODAY), ("forecast", TODAY, nodes[-1][0])]
        rows.append(
            project(
                n, title=("新蒲城中学教学楼及运动场建设项目", "城南第二幼儿园")[n % 2], region="城关街道",
                light=list(LIGHT_STYLES)[n % 4], light_word="严重滞后",
                planned_progress=60, bars=bars, marks=marks, finish=nodes[-1][0], slip_days=9, leader="王建国",
                group=("年内建成", "年内开工", "提升改造")[n // 100],
            )
        )  # fmt: skip
    return rows


def processor_time(work: Callable[[], object]) -> float:
    """Seconds of the processor: a machine that is busy with other tests takes longer, but does not do more."""
    begun = time.thread_time()
    work()
    return time.thread_time() - begun


def test_a_wall_of_300_projects_is_small_and_quick() -> None:
    """At most 400 KB and 150 ms, rows to HTML, where formatting 100,000 numbers takes 12 ms: the best of five each."""
    rows, took, yardstick = heavy_wall(), [], []
    with translation.override("zh-hans"):
        for _turn in range(5):
            yardstick.append(processor_time(lambda: [f"{n:>8}".strip() for n in range(100_000)]))
            took.append(processor_time(lambda: draw("wall", wall_chart(rows, year=2023, today=TODAY))))
        html = draw("wall", wall_chart(rows, year=2023, today=TODAY))
    assert html.count('<th scope="row"><a ') == 300
    assert len(html.encode()) <= 400_000
    assert min(took) <= 150 / 12 * min(yardstick), (took, yardstick)


def test_an_empty_year_says_so() -> None:
    assert "No project in this year yet." in draw("wall", wall_chart([], year=2023, today=TODAY))


# All of them.


def test_titles_are_text_and_nothing_is_inline() -> None:
    gantt = gantt_chart(
        [stage(**planned(TODAY, TERM), links=["roof"]) for _n in range(2)] + [stage(HOSTILE, **planned(TODAY, TERM))],
        today=TODAY,
        baseline_name=HOSTILE,
    )
    wall = wall_chart(
        [
            project(
                title=HOSTILE,
                region=HOSTILE,
                leader=HOSTILE,
                light_word=HOSTILE,
                group=HOSTILE,
                marks=[(TODAY, "met", HOSTILE)],
            )
        ],
        year=2023,
        today=TODAY,
    )
    curve = scurve_chart(points((TODAY, 1, 1, 1)), today=TODAY)
    for html in (draw("gantt", gantt), draw("wall", wall), draw("scurve", curve)):
        for tag, attributes in Markup(html).tags:
            assert tag not in ("img", "style")
            assert "style" not in attributes
            assert not [name for name in attributes if name.startswith("on")]
            assert tag != "script" or attributes.get("type") == "application/json"
    assert "7*191" in draw("wall", wall)
    assert HOSTILE.split()[0] not in draw("wall", wall)


def test_ids_that_shapes_use_are_defined_once() -> None:
    charts = {
        "gantt": gantt_chart([stage(**planned(TODAY, TERM), critical=True)], today=TODAY, needed_by=TERM),
        "wall": wall_chart(heavy_wall(), year=2023, today=TODAY),
    }
    for name, chart in charts.items():
        html = draw(name, chart)
        defined = re.findall(r' id="([^"]+)"', html)
        used = set(re.findall(r'href="#([^"]+)"', html)) | set(re.findall(r"url\(#([^)]+)\)", html))
        assert used <= set(defined), name
        assert len(defined) == len(set(defined)), name


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_lights_differ_in_shape_and_stand_out_in_grey() -> None:
    assert list(LIGHT_STYLES) == ["green", "yellow", "red", "none"]
    assert len({light.path for light in LIGHT_STYLES.values()}) == 4
    for code, light in LIGHT_STYLES.items():
        assert contrast(light.stroke, "#ffffff") >= 3, code
        assert not light.glyph or contrast(light.ink, light.fill) >= 3, code


def test_vendored_files_are_those_that_script_vendor_recorded() -> None:
    vendor = ROOT / "portal" / "static" / "portal" / "vendor"
    lines = (vendor / "VERSIONS").read_text(encoding="utf-8").splitlines()
    recorded = {line[66:]: line[:64] for line in lines if re.match(r"[0-9a-f]{64}  ", line)}
    present = {
        str(file.relative_to(vendor)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in vendor.rglob("*")
        if file.is_file() and file.name != "VERSIONS"
    }
    assert present == recorded
    assert {"dexie/LICENSE", "dexie/NOTICE"} <= set(present)


def test_our_script_builds_no_markup_and_names_no_host() -> None:
    text = (ROOT / "portal" / "static" / "portal" / "scurve.js").read_text(encoding="utf-8")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?://", text
    )
