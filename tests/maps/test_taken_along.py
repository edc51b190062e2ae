"""Maps that are taken along, as one file and on paper: for this reader, as of now, with nothing to fetch."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mapviews.maps import VIEWS
from mapviews.paper.drawing import crowd_symbol, svg, within
from mapviews.paper.frame import frame_of
from mapviews.paper.numbers import apart
from mapviews.paper.panels import Amount, Area, Mark, Panel, status_look
from mapviews.paper.sheet import PAINTERS
from projects_api.geodesy import Bounds
from projects_api.models import Project
from tests.factories import make_user
from tests.maps.conftest import HOSTILE_TEXT

Make = Callable[..., Project]


def get(client: Client, url: str, **headers: str) -> Any:
    response = client.get(url, headers={"accept-language": "en"} | headers)
    assert response.status_code == 200, response.content[:500]
    return response


def pages_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [page.get_textpage().get_text_bounded() for page in document]
    finally:
        document.close()


def words_of(pdf: bytes) -> str:
    return "\n".join(pages_of(pdf))


@pytest.mark.parametrize("view", VIEWS)
def test_a_file_holds_all_that_its_map_would_have_fetched(client: Client, make_project: Make, view: str) -> None:
    make_project(title_en="Only this school")
    response = get(client, f"/maps/{view}/download/?bureau=999001")
    page = response.content.decode()
    assert response["Content-Disposition"].startswith(f'attachment; filename="schoolworks-{view}-999001-')
    blocks = dict(re.findall(r'<script type="application/json" data-url="([^"]+)">(.*?)</script>', page, re.S))
    assert {address.partition("?")[0] for address in blocks} == {*VIEWS[view].shell.paths, "/maps/search.json"}
    assert all(json.loads(text) for text in blocks.values())
    names = json.loads(blocks["/maps/search.json"])["sites"]
    assert "\nonly this school" in names["spelled"][0] and names["place"][0], (
        "every way to type it, as the search has it"
    )
    assert "Public edition" in page
    markup = re.sub(r"<script.*?</script>|<style>.*?</style>", "", page, flags=re.S)
    assert not re.search(r'(?:src|href)="(?!http://testserver/|#)', markup), (
        "nothing is fetched, links lead to the live pages"
    )


def test_text_in_a_file_never_ends_its_block(client: Client, make_project: Make) -> None:
    make_project(title_en=f"{HOSTILE_TEXT} \u2028", title_zh=HOSTILE_TEXT)
    page = get(client, "/maps/status/download/").content.decode()
    blocks = re.findall(r'<script type="application/json" data-url="[^"]+">(.*?)</script>', page, re.S)
    titles = [json.loads(text)["title"] for text in blocks if "title" in json.loads(text)]
    assert titles == [[f"{HOSTILE_TEXT} \u2028"]]
    assert "<img src=x" not in page
    assert "14" + "4137" not in page  # {{7*191}} was not worked out
    assert page.count("<script>") == 2


def test_an_insiders_file_and_paper_say_so(client: Client, bureau: Any, make_project: Make) -> None:
    make_project(published=False, title_en="Not yet public")
    client.force_login(make_user("wang", bureau=bureau, roles=("official",)))
    page = get(client, "/maps/status/download/").content.decode()
    assert "Not yet public" in page
    assert "Internal: as name of wang sees it" in page
    assert page.count("Internal · name of wang") == 6
    paper = words_of(get(client, "/maps/status/map.pdf").content)
    assert "Not yet public" in paper
    assert "Internal · name of wang" in paper


@pytest.mark.parametrize("view", PAINTERS)
def test_paper_names_its_sites_its_day_and_its_scale(
    client: Client, make_project: Make, view: str, settings: Any
) -> None:
    settings.MAP_REVIEW_NUMBER = "GS(2024)0650"
    make_project(title_en="First school")
    make_project(title_en=HOSTILE_TEXT, site=Point(109.41, 34.8, srid=4326))
    make_project(site=None, title_en="Nobody knows where")
    paper = words_of(get(client, f"/maps/{view}/map.pdf?bureau=999001").content)
    assert "GS(2024)0650" in paper
    assert re.search(r"Scale\s+1\s+:\s+[\d,]+", paper)
    assert "3 projects" in paper
    assert "1 without a known location" in re.sub(r"\s+", " ", paper) and "Nobody knows where" in paper
    if view in ("status", "lights"):
        assert "First school" in paper
        flat = re.sub(r"\s", "", paper)
        assert re.sub(r"\s", "", HOSTILE_TEXT) in flat, "as it was written"


def test_file_and_paper_show_the_month_and_the_way_that_the_map_shows(client: Client, make_project: Make) -> None:
    make_project()
    chosen = "bureau=999001&month=2026-12&way=known"
    paper = words_of(get(client, f"/maps/timeline/map.pdf?{chosen}").content)
    assert re.findall(r"[A-Z][a-z]+ 20\d\d\b", paper.partition("Scale")[2]) == ["December 2026"], "one month, not six"
    assert "What was known then" in paper
    page = get(client, f"/maps/timeline/download/?{chosen}").content.decode()
    config = json.loads(re.findall(r'<script id="map-config" type="application/json">(.*?)</script>', page, re.S)[0])
    assert (config["month"], config["way"]) == ("2026-12", "known")
    assert re.search(r'value="known" checked', page) and "month=2026-12" in page


def test_a_picture_has_the_papers_size(client: Client, make_project: Make) -> None:
    make_project()
    sizes = {}
    for paper in ("A4", "A3"):
        response = get(client, f"/maps/status/map.png?paper={paper}")
        assert response["Content-Type"] == "image/png"
        sizes[paper] = Image.open(io.BytesIO(response.content)).size
    assert sizes["A4"] == pytest.approx((1754, 1240), abs=2)
    assert sizes["A3"] == pytest.approx((2480, 1754), abs=2)


@pytest.mark.parametrize(
    "query",
    ["extent=1,2,3", "extent=109,34,109,35", "paper=A5", "paper=%7B%7B7*191%7D%7D", "no_such=1", "on=2999-01-01"],
)
@pytest.mark.parametrize("file", ["map.pdf", "map.png", "download/"])
def test_wrong_addresses_are_named(client: Client, db: None, file: str, query: str) -> None:
    if file == "download/" and query.startswith("paper"):
        query = "paper=A4"  # a file has no paper
    assert client.get(f"/maps/status/{file}?{query}").status_code == 400


@given(st.lists(st.tuples(st.floats(0, 40), st.floats(0, 40)), max_size=25))
def test_marks_on_paper_do_not_cover_each_other(places: list[tuple[float, float]]) -> None:
    moved = apart(places, 5.0)
    near = [
        (a, b)
        for at, a in enumerate(moved)
        for b in moved[:at]
        if ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5 < 2.5
    ]
    assert not near


def test_a_drawing_is_in_its_frame_and_its_bar_is_true() -> None:
    ring = [(109.3, 34.7), (109.9, 34.7), (109.9, 35.2), (109.3, 35.2), (109.3, 34.7)]
    look = status_look("in_use", "primary")
    panel = Panel(areas=(Area((ring,)),), marks=(Mark(109.6, 34.95, look, title="<b>"),))
    frame = frame_of([panel], 200, 100)
    for lon, lat in ring:
        x, y = frame.at(lon, lat)
        assert 0 <= x <= 200
        assert 0 <= y <= 100
    x0, _y = frame.at(109.6, 34.95)
    x1, _y = frame.at(109.7, 34.95)
    assert (x1 - x0) * frame.scale == pytest.approx(9130, rel=0.005)  # PROJ: 0.1 degrees at 34.95 N
    drawn = svg(panel, frame)
    assert "<b>" not in drawn
    assert "NaN" not in drawn


def test_three_thousand_marks_are_counted_not_piled_up() -> None:
    """And what they are is still seen: a ring that their looks share, where most are in use and some are not begun."""
    looks = [status_look(status, "") for status in ("in_use", "in_use", "in_use", "approved")]
    marks = tuple(
        Mark(109.3 + n % 60 / 100, 34.7 + n // 60 / 100, looks[n % 4], ring="behind" if n % 8 == 3 else "")
        for n in range(3000)
    )
    panel = Panel(marks=marks)
    drawn = svg(panel, frame_of([panel], 273, 152))
    counts = [int(n) for n in re.findall(r'fill="#1d2429">(\d+)</text>', drawn)]
    assert sum(counts) == 3000
    # From the top: a quarter approved, the rest in use; an eighth is behind, on an arc of its own. One look fills the whole ring.
    crowd = crowd_symbol(marks[:8], 10, 10, 4)
    approved, in_use = re.findall(r'd="(M[^"]*)L10.00 10.00z" fill="(#[0-9a-f]+)"', crowd)
    assert approved == ("M10.00 6.00A4.00 4.00 0 0 1 12.83 7.17A4.00 4.00 0 0 1 14.00 10.00", looks[3].fill)
    assert (in_use[0].startswith("M14.00 10.00A"), in_use[0].endswith(" 10.00 6.00"), in_use[1]) == (
        True,
        True,
        looks[0].fill,
    )
    assert re.search(r'd="M10.00 5.50A[^"]* 13.18 6.82" fill="none" stroke="#d55e00"', crowd)
    assert "M10.00 6.00A4.00 4.00 0 0 1 10.00 14.00A4.00 4.00 0 0 1 10.00 6.00L" in crowd_symbol(marks[:1], 10, 10, 4)


@pytest.mark.parametrize("file", ["download/", "map.pdf"])
def test_more_sites_than_a_file_holds_are_refused_with_the_way_on(
    client: Client, make_project: Make, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    monkeypatch.setattr("mapviews.clusters.MANY", 1)
    make_project(status="in_use")
    make_project()
    assert client.get(f"/maps/status/{file}").status_code == 400
    assert client.get(f"/maps/status/{file}?status=in_use").status_code == 200


def test_paper_shows_the_part_of_the_map_that_is_on_the_screen(client: Client, make_project: Make) -> None:
    make_project(title_en="In the picture", site=Point(109.42, 34.82, srid=4326))
    make_project(title_en="At the other end", site=Point(109.88, 35.18, srid=4326))
    make_project(site=None)
    whole, part = (
        words_of(get(client, f"/maps/status/map.pdf?bureau=999001{more}").content)
        for more in ("", "&extent=109.4,34.8,109.45,34.85")
    )
    assert "In the picture" in whole and "At the other end" in whole
    assert "In the picture" in part and "At the other end" not in part
    assert "3 projects · 1 of them in this part of the map" in re.sub(r"\s+", " ", part)
    assert "extent" not in part and "109.4,34.8" not in part, "how it was asked for is not what it says"
    scales = [int(re.findall(r"Scale 1 : ([\d,]+)", paper)[0].replace(",", "")) for paper in (whole, part)]
    assert scales[0] > 5 * scales[1]
    around = words_of(get(client, "/maps/status/map.pdf?extent=100,30,120,40").content)
    assert re.findall(r"Scale 1 : [\d,]+", around) == re.findall(r"Scale 1 : [\d,]+", whole), "no empty margins"


def test_a_file_opens_on_what_was_on_the_screen_and_holds_the_rest(client: Client, make_project: Make) -> None:
    make_project(title_en="At the other end", site=Point(109.88, 35.18, srid=4326))
    page = get(client, "/maps/status/download/?q=end&extent=109.4,34.8,109.45,34.85").content.decode()
    config = json.loads(re.findall(r'<script id="map-config" type="application/json">(.*?)</script>', page, re.S)[0])
    assert config["bounds"] == [[34.8, 109.4], [34.85, 109.45]] and config["query"] == "?q=end"
    assert "At the other end" in page
    assert 'href="http://testserver/maps/status/?q=end"' in page, "the live map, not the file"


def test_names_stand_where_their_part_of_the_township_is_seen() -> None:
    ring = [(109.0, 34.0), (110.0, 34.0), (110.0, 35.0), (109.0, 35.0), (109.0, 34.0)]
    beside = [(lon + 1, lat) for lon, lat in ring]
    areas = tuple(
        Area((shape,), label=name, at=(lon, 34.5))
        for shape, name, lon in ((ring, "A town", 109.5), (beside, "Other", 110.5))
    )
    panel = Panel(areas=areas)
    frame = frame_of([panel], 200, 100, Bounds(109.9, 34.0, 110.001, 34.03))
    (town, other) = within(panel, frame).areas
    x, y = frame.at(*(town.at or (0, 0)))
    assert 0 < x < 200 and 0 < y < 100 and town.label == "A town"
    assert other.label == "", "no room for it"


def test_many_amounts_are_joined_and_none_is_lost_and_without_a_boundary_they_are_the_frame() -> None:
    amounts = tuple(Amount(109.3 + n % 60 / 100, 34.7 + n // 60 / 100, 1_000_000, 500_000) for n in range(600))
    few, many = (Panel(amounts=found, unit=(1_000_000, "%(n)s million yuan")) for found in (amounts[:20], amounts))
    frame = frame_of([many], 273, 152)
    assert all(0 <= x <= 273 and 0 <= y <= 152 for x, y in (frame.at(a.lon, a.lat) for a in amounts))
    drawn = svg(few, frame_of([few], 273, 152))
    assert drawn.count('fill="#e69f00"') == 2 * 20 + 1 and "1 million yuan<" in drawn, (
        "each with what is done, and the key"
    )
    with translation.override("en"):
        drawn = svg(many, frame)
    assert 20 < drawn.count('fill="#e69f00"') < 200 and "(sites near each other together)" in drawn
    radii = [float(r) for r in re.findall(r'r="([\d.]+)" fill="#e69f00" fill-opacity="0.2"', drawn)]
    key = radii.pop() ** 2 / int(re.findall(r">(\d+) million yuan", drawn)[0])
    assert sum(radius**2 for radius in radii) / key == pytest.approx(600, rel=0.02)


def test_a_sheet_of_three_stages_is_not_pushed_to_its_second_page(client: Client, make_project: Make) -> None:
    make_project(kind="new_build", places=1_350)
    first = pages_of(get(client, "/maps/coverage/map.pdf?bureau=999001").content)[0]
    for words in (
        "Junior high school:",
        "in use, with its service radius",
        "being built, with",
        "the radius does not apply",
    ):
        assert words in first
