"""What a map's sheet says: the same answers as its page, and over an internal one a mark that is seen."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation
from PIL import Image, ImageChops

from mapviews.paper.counties import parted
from mapviews.paper.drawing import svg
from mapviews.paper.frame import frame_of
from mapviews.paper.grid import degrees, step, ticks
from mapviews.paper.names import placed
from mapviews.paper.numbers import apart, box_about, extent_of, numbered, overlap, touches
from mapviews.paper.panels import Area, Mark, Panel, status_look
from projects_api.models import Milestone, Project
from tests.cast import Cast, _standing, cast
from tests.factories import make_user
from tests.maps.test_taken_along import get, pages_of

__all__ = ["_standing", "cast"]

Make = Callable[..., Project]


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def picture_of(client: Client, url: str) -> Image.Image:
    return Image.open(io.BytesIO(get(client, url).content)).convert("L")


def part(picture: Image.Image, top: float, bottom: float) -> Image.Image:
    """The middle of an A4 page's breadth, from and to a share of its height."""
    return picture.crop((100, round(top * 1240), 1650, round(bottom * 1240)))


def drawn(picture: Image.Image, *, darker: int = 12) -> float:
    """The share of the pixels that are not white."""
    return sum(picture.histogram()[: 256 - darker]) / (picture.width * picture.height)


def test_an_internal_sheet_is_marked_over_the_map_and_on_every_page(
    client: Client, bureau: Any, make_project: Make
) -> None:
    make_project(total_investment=Decimal(50_000_000))
    public, public_money = (
        picture_of(client, f"/maps/{view}/map.png?bureau=999001") for view in ("status", "investment")
    )
    client.force_login(make_user("wang", bureau=bureau, roles=("official",)))
    internal, money = (picture_of(client, f"/maps/{view}/map.png?bureau=999001") for view in ("status", "investment"))
    difference = ImageChops.difference(part(internal, 0.2, 0.6), part(public, 0.2, 0.6))
    assert sum(difference.histogram()[8:]) > 0.01 * difference.width * difference.height, "over the opaque areas"
    # The table of the townships is the picture's second page, and below its few rows there is nothing else.
    assert public_money.height == money.height == pytest.approx(2 * 1240, abs=2)
    assert drawn(part(money, 1.4, 1.9)) > 0.01 > drawn(part(public_money, 1.4, 1.9))
    assert drawn(part(public_money, 1.0, 1.3)) > 0.001, "with the table"


def test_the_sheet_of_what_is_late_says_by_how_much_and_why(client: Client, make_project: Make) -> None:
    today = timezone.localdate()
    make_project(measured_finish=today, finish=today - timedelta(days=3), title_en="Before its time")
    promised = {"measured_finish": today, "yellow_from": today, "red_from": today}
    late = make_project(**promised, finish=today + timedelta(days=47), title_en="Much too late")
    later = make_project(**promised, finish=today + timedelta(days=90), site=None, title_en="Nobody knows where")
    for project, reason, days in ((late, "weather", 17), (late, "land", 30), (later, "funds", 1)):
        Milestone.objects.create(project=project, key=reason, position=1, delay_reason=reason, days_lost=days)
    (paper,) = map(flat, pages_of(get(client, "/maps/lights/map.pdf?bureau=999001").content))
    # Text lies in columns; what belongs together stands in its order.
    for words in (
        "1 Much too late expected 47 days late · Land", "2 Before its time finished 3 days early",
        "Nobody knows where · expected 90 days late · Funds",
        "What the days were lost to Land 30 days Weather 17 days Funds 1 day",
    ):  # fmt: skip
        assert words in paper


def test_the_sheet_of_two_sides_names_them_and_lists_what_differs(client: Client, make_project: Make) -> None:
    make_project(title_en="First school", status="in_use", progress=100)
    make_project(title_en="Nobody knows where", site=None)
    first, second = map(
        flat, pages_of(get(client, "/maps/compare/map.pdf?left_layer=status&right_layer=light&bureau=999001").content)
    )
    assert "Projects by status · Today" in first and "What is late · Today" in first
    assert "2 sites, as each layer has them." in first and "Nobody knows where" in first
    assert "First school In use · 100 % Not measured" in second and "Nobody knows where Under construction" in second
    assert "Tendering" in first and "Far behind" in first, "both legends"
    assert "different on the other map" not in first, "two readings, of which none differs"
    paper = flat(pages_of(get(client, "/maps/compare/map.pdf?bureau=999001&left_day=2023-06-30").content)[0])
    assert "2 of 2 sites are different." in paper and "different on the other map" in paper
    sides = "left_day=2023-06-30&left_known=1&right_day=2023-06-30"
    (paper,) = map(flat, pages_of(get(client, f"/maps/compare/map.pdf?{sides}&status=cancelled").content))
    assert re.search(r"30 June 2023 · as known then.*30 June 2023 [^·]", paper) and "No project matches" in paper
    assert "Far behind" not in paper


def test_numbers_lie_on_no_mark_and_on_no_other_number() -> None:
    """A county's town on a map of the province: sixty sites within two centimetres, some on one spot, some at the edge."""
    chance = random.Random(49)
    places = [(chance.gauss(30, 6), chance.gauss(8, 6)) for _n in range(56)] + [(2.0, 2.0)] * 4
    texts = [str(number) for number in range(1, len(places) + 1)]
    drawn, middles = numbered(places, texts, 6.0, (240, 160))
    labels = [box_about(middle, *extent_of(text, 6.0)) for middle, text in zip(middles, texts, strict=True)]
    hidden = {n for n, label in enumerate(labels) for place in drawn if touches(label, place, 2.6)}
    hidden |= {n for n, label in enumerate(labels) for box in labels[:n] if overlap(label, box)}
    hidden |= {
        n for n, box in enumerate(labels) if not (box[0] >= 0 and box[2] <= 240 and box[1] >= 0 and box[3] <= 160)
    }
    assert not hidden
    assert numbered(places[:1], ["1"], 6.0, (240, 160))[0] == places[:1], "nothing is moved without need"
    assert all(2.5 <= y <= 157.5 for _x, y in apart(places, 5.0, (240, 160)))


def square(lon: float, lat: float, name: str = "", size: float = 0.4, **more: Any) -> Area:
    ring = [(lon, lat), (lon + size, lat), (lon + size, lat + size), (lon, lat + size), (lon, lat)]
    return Area((ring,), name=name, **more)


def test_counties_far_from_each_other_have_a_map_each() -> None:
    look = status_look("in_use", "")
    marks = tuple(Mark(lon, 34.9, look, title=str(lon)) for lon in (109.1, 115.2, 115.5))
    west, east = square(109, 34.8, "West"), square(115, 34.8, "East")
    panel = Panel("Places", (west, east, square(115.1, 34.9, size=0.1)), marks=marks, figures="3 of both counties")
    parts = parted([panel])
    assert [(part.name, [mark.title for mark in part.panels[0].marks]) for part in parts] == [
        ("West", ["109.1"]), ("East", ["115.2", "115.5"]),
    ]  # fmt: skip
    assert [len(part.panels[0].areas) for part in parts] == [1, 2], "a township goes with its county"
    beside = parted([Panel(areas=(west, square(109.5, 34.8, "East")), marks=marks[:1])])
    assert [part.name for part in beside] == [""]
    with translation.override("en"):
        *_counties, elsewhere = parted([Panel(areas=(west, east), marks=(*marks, Mark(-73.9, 40.7, look)))])
    assert (elsewhere.name, len(elsewhere.panels[0].marks)) == ("Elsewhere", 1), "a bureau without a boundary"


def test_without_a_boundary_a_sheet_has_the_degrees_and_names_make_way_for_marks() -> None:
    mark = Mark(-73.95, 40.7, status_look("in_use", ""))
    panel = Panel(marks=(mark, Mark(-73.8, 40.8, mark.look)))
    drawn = svg(panel, frame_of([panel], 273, 152))
    assert ">73.90°W<" in drawn and ">40.75°N<" in drawn and " km<" in drawn
    assert list(ticks(-0.25, 0.25, step(200)))[:2] == [-0.2, 0.0] and degrees(-0.2, 0.2, "NS") == "0.2°S"
    township = square(109, 34.8, label="Town", at=(109.2, 35.0))
    frame = frame_of([Panel(areas=(township,))], 100, 100)
    ((_area, x, y),) = placed([township], frame, [])
    ((_area, moved_x, moved_y),) = placed([township], frame, [box_about((x, y), 5, 5)])
    assert (x, y) != (moved_x, moved_y)
    everywhere = [(0.0, 0.0, 100.0, 100.0)]
    assert not list(placed([square(109, 34.8, label="Town", quiet=True)], frame, everywhere))
    assert list(placed([township], frame, everywhere)) == [(township, x, y)], "what has a figure is never left out"


def test_the_sheet_of_a_month_names_its_sites_as_they_were_then(client: Client, cast: Cast) -> None:
    (paper,) = map(flat, pages_of(get(client, "/maps/timeline/map.pdf?bureau=610526&month=2024-03").content))
    assert re.search(r"March 2024: begun \d+( .promised \d+.)? · accepted \d+", paper) and "What happened" in paper
    assert "1 Public School of Pucheng Education Bureau Approved" in paper
    (six,) = map(flat, pages_of(get(client, "/maps/timeline/map.pdf?bureau=610526&way=known").content))
    assert len(re.findall(r"[A-Z][a-z]+ \d{4}: begun \d", six)) == 6 and "What was known then" in six
