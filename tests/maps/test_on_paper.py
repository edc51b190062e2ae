"""What a map's sheet says: the same answers as its page, and over an internal one a mark that is seen."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image, ImageChops

from projects_api.models import Milestone, Project
from tests.factories import make_user
from tests.maps.test_taken_along import get, pages_of

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
        "1 Much too late 47 days behind · Land", "2 Before its time 3 days early", "Nobody knows where · 90 days behind · Funds",
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
    assert "2 of 2 sites are different." in first and "Nobody knows where" in first
    assert "First school In use · 100 % Not measured" in second and "Nobody knows where Under construction" in second
    assert "Tendering" in first and "Far behind" in first, "both legends"
    sides = "left_day=2023-06-30&left_known=1&right_day=2023-06-30"
    (paper,) = map(flat, pages_of(get(client, f"/maps/compare/map.pdf?{sides}&status=cancelled").content))
    assert re.search(r"30 June 2023 · as known then.*30 June 2023 [^·]", paper) and "Nothing is different." in paper
    assert "Far behind" not in paper
