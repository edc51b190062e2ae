"""The charts in Chromium, under the product's own content security policy: drawn, readable by keyboard, phone and printer.

Every test also fails on a request to another host, a violation of the policy, or an error in the console (the `page` fixture).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.template import engines
from django.test import override_settings
from django.utils import translation
from playwright.sync_api import expect

from portal.charts.gantt import GanttRow, gantt_chart
from portal.charts.scurve import CurvePoint, scurve_chart
from portal.charts.wall import WallRow, wall_chart

pytestmark = pytest.mark.browser

TODAY = date(2023, 7, 3)
TERM = date(2023, 9, 1)
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PLAIN = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PAGE = """<!doctype html>{% load static %}<html lang="en"><head><meta charset="utf-8"><title>Charts</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
{% for sheet in sheets %}<link rel="stylesheet" href="{% static sheet %}">{% endfor %}
<script defer src="{% static 'portal/scurve.js' %}"></script></head>
<body><main class="wide">{% include template %}</main></body></html>"""


def gantt() -> dict[str, Any]:
    def stage(n: int, **facts: Any) -> GanttRow:
        start = date(2022, 11, 7) + timedelta(days=60 * n)
        days: dict[str, Any] = {"baseline_start": start, "baseline_finish": start + timedelta(days=59)}
        late = timedelta(days=20)
        forecast: dict[str, Any] = {
            "forecast_start": start + late,
            "forecast_finish": start + timedelta(days=59) + late,
        }
        return GanttRow(key=str(n), title=f"Stage {n} of a school with a rather long name", **days, **forecast, **facts)

    rows = [
        stage(0, actual_start=date(2022, 11, 27), actual_finish=date(2023, 1, 25), slip_days=20),
        stage(3, actual_start=date(2023, 5, 26), percent=60, critical=True, slip_days=20, state="in_progress"),
        stage(5, critical=True, public=False, slip_days=20),
    ]
    return gantt_chart(rows, today=TODAY, needed_by=TERM, closed=[(date(2022, 12, 1), date(2023, 2, 28))])


def scurve() -> dict[str, Any]:
    points: list[CurvePoint] = []
    for week in range(60):
        day = date(2022, 11, 7) + timedelta(days=7 * week)
        value = min(100.0, week * 2.0)
        done = day <= TODAY
        points.append(
            {
                "day": day,
                "planned": value,
                "actual": value / 2 if done else None,
                "forecast": None if done else value / 2,
            }
        )
    return scurve_chart(points, today=TODAY, needed_by=TERM)


def wall() -> dict[str, Any]:
    rows = [
        WallRow(
            code=f"610526-2023-{n:03}",
            title="Dangmu Central Primary School",
            url="/projects/",
            region="Dangmu",
            light="yellow",
            light_word="behind",
            progress=40,
            planned_progress=55,
            bars=[("baseline", date(2022, 11, 1), date(2023, 12, 1)), ("forecast", TODAY, date(2024, 2, 1))],
            marks=[(date(2023, 4, 4), "met", "Topping-out"), (date(2023, 10, 4), "expected", "Acceptance")],
            finish=date(2024, 2, 1),
            slip_days=62,
            leader="Wang Jianguo",
            group=("To be completed", "To be started")[n // 30],
        )
        for n in range(60)
    ]
    return wall_chart(rows, year=2023, today=TODAY)


@pytest.fixture
def show(page: Any) -> Callable[[str], None]:
    """Open a chart on a page of its own, with the policy that the product sends."""

    def open_chart(name: str) -> None:
        policy = page.request.get("/").headers["content-security-policy"]
        chart = {"gantt": gantt, "scurve": scurve, "wall": wall}[name]
        with translation.override("en"), override_settings(STORAGES=PLAIN):
            sheets = ["portal/base.css", "portal/charts.css", *(["portal/wall.css"] if name == "wall" else [])]
            context = {"template": f"charts/_{name}.html", "sheets": sheets, name: chart()}
            html = engines["django"].from_string(PAGE).render(context)
        headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": policy}
        page.route("**/a-chart", lambda route: route.fulfill(status=200, headers=headers, body=html))
        page.goto("/a-chart")

    return open_chart


def drawn(page: Any) -> Any:
    """The curve's SVG, ready to be read day by day."""
    page.wait_for_selector("[data-drawn=yes]", state="attached")
    return page.locator(".scurve-plot")


def test_the_curve_is_drawn_and_says_what_it_shows(page: Any, show: Any) -> None:
    show("scurve")
    expect(drawn(page)).to_be_visible()
    words = page.locator(".scurve-figure svg text").all_text_contents()
    assert {"0%", "100%", "today", "needed by", "2023"} <= set(words)
    label = page.locator(".scurve-figure").get_attribute("aria-label")
    assert label == page.locator(".scurve-standing").inner_text()
    assert "behind the plan" in label


def test_the_curve_is_read_day_by_day_with_the_keyboard_and_the_pointer(page: Any, show: Any) -> None:
    show("scurve")
    drawn(page)
    slider, output = page.get_by_label("Read a day"), page.locator(".scurve-reader output")
    assert output.inner_text() == "3 July 2023 · Planned progress 68% · Actual progress 34%"
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert output.inner_text() == "10 July 2023 · Planned progress 70% · Expected progress 35%"
    assert slider.get_attribute("aria-valuetext") == output.inner_text()
    page.keyboard.press("Home")
    assert output.inner_text() == "7 November 2022 · Planned progress 0% · Actual progress 0%"
    box = page.locator(".scurve-figure").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("Number(document.querySelector('#scurve-day').value) > 20")
    assert "2023" in output.inner_text()


def test_the_curve_is_drawn_at_the_width_of_the_sheet_that_it_is_printed_on(page: Any, show: Any) -> None:
    show("scurve")
    wide = drawn(page).bounding_box()["width"]
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 680, "height": 900})
    assert drawn(page).bounding_box()["width"] < 680 < wide and page.locator("polyline").count() == 3
    assert page.locator(".curve-pointer").is_hidden() and page.get_by_role("cell", name="68%").count() == 0


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], indirect=True)
def test_without_javascript_the_curve_and_its_table_are_there(page: Any, show: Any) -> None:
    show("scurve")
    assert page.locator(".curve-actual").last.is_visible() and page.get_by_label("Read a day").is_hidden()
    page.get_by_text("The curves as a table").click()
    expect(page.get_by_role("row")).to_have_count(61)


@pytest.mark.parametrize("page", [PHONE], indirect=True)
@pytest.mark.parametrize("name", ["gantt", "scurve", "wall"])
def test_a_phone_shows_a_chart_without_scrolling_sideways(page: Any, show: Any, name: str) -> None:
    show(name)
    if name == "scurve":
        drawn(page)
    else:
        # The title stands above its bars, which have the whole width.
        title = page.locator("tbody th[scope=row]").first.bounding_box()
        bars = page.locator("tbody td:nth-child(3) svg, tbody td:nth-child(4) svg").first.bounding_box()
        assert bars["y"] >= title["y"] + title["height"] - 1
        assert bars["width"] > 340
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("summary").last.bounding_box()["height"] >= 43.5


BARS = """() => [...document.querySelectorAll('.gantt-table tbody tr')].map(row => {
  const cell = row.querySelector('.chart-row').getBoundingClientRect();
  const box = name => {
    const rect = row.querySelector(`rect.${name}`)?.getBoundingClientRect();
    const inside = rect && rect.top >= cell.top && rect.bottom <= cell.bottom;
    return rect && [(rect.left - cell.left) / cell.width, (rect.right - cell.left) / cell.width, inside];
  };
  const tall = cell.height / row.getBoundingClientRect().height;
  return { plan: box('plan'), rest: box('rest'), done: box('done'), tall };
})"""


def test_bars_lie_where_their_days_do(page: Any, show: Any) -> None:
    """The line of today and the end of what is done are the same day, in every row and whatever the row's height."""
    show("gantt")
    found = page.evaluate(BARS)
    # 1 November 2022 to 30 November 2023 are 395 days.
    first, second, third = found
    assert first["plan"][:2] == pytest.approx([6 / 395, 66 / 395], abs=0.003)
    assert first["rest"] is None
    assert second["done"][:2] == pytest.approx([206 / 395, 245 / 395], abs=0.003)
    assert second["rest"][1] == pytest.approx(266 / 395, abs=0.003)
    assert third["done"] is None
    for row in found:
        assert row["tall"] > 0.95
        assert all(box[2] for box in (row["plan"], row["rest"], row["done"]) if box)


def test_the_wall_chart_prints_on_a3_with_its_header_on_every_sheet(page: Any, show: Any) -> None:
    show("wall")
    pdf = page.pdf(prefer_css_page_size=True)
    assert b"/MediaBox [0 0 1191" in pdf  # 420 mm
    assert 2 <= pdf.count(b"/Type /Page\n") <= 4
    page.emulate_media(media="print")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.wall-table thead')).display") == "table-header-group"
    )
    expect(page.get_by_text("Topping-out").first).to_be_visible()
