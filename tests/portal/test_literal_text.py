"""Stored text is text: whatever is in any field shows literally on every page, in both languages, and runs nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from projects_api.models import (
    Allocation,
    AnnualPlan,
    Bureau,
    Estimate,
    Milestone,
    Project,
    Region,
    School,
    Spending,
    User,
)
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from tests.cast import Cast
from tests.portal.conftest import Page

pytestmark = pytest.mark.once  # words and forms; what is behind them is tried on both engines (tests/api, tests/record)

Visit = Callable[..., Page]

# Each would run, or break the page, in one of the languages between the table and the screen.
PIECES = ("{{7*191}}", "{% b", "${7*191}", "`", "</script>", "<img src=x onerror=alert(1)>", "%(x)s", "{0}", "'\"&amp;")
HOSTILE = " ".join(PIECES)
# What no service would accept, put straight into the tables: writing direction, controls, an invisible character.
WORSE = HOSTILE + " \u202egnikcart\u202c \u200b\x07 مرحبا"
IDENTIFIERS = {
    "code",
    "key",
    "username",
    "password",
    "email",
    "first_name",
    "last_name",
    "digest",
    "time_zone",
    "currency",
}
PATHS = (
    "/",
    "/projects/",
    "/regions/610526/",
    "/projects/610526-2023-001/",
    "/plans/",
    "/plans/610526-2023/",
    "/maps/status/",
)
EVERYBODY = ("public", "official", "superuser")
TABLES = (Project, Milestone, AnnualPlan, School, Region, Bureau, Estimate, Allocation, Spending, User)


def text_fields(model: type[models.Model]) -> list[Any]:
    """The fields that hold words: not choices, not identifiers, not what the product computes."""
    return [
        field
        for field in model._meta.fields
        if isinstance(field, (models.CharField, models.TextField))
        and not field.choices
        and field.name not in IDENTIFIERS
        and field.name not in {"head_hash", "next_milestone", "site_crs", "footprint_crs", "source_key"}
    ]


class Elements(HTMLParser):
    """Which elements a browser would make of the page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.in_script = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self.in_script = False

    def handle_data(self, data: str) -> None:
        if self.in_script and data.strip():
            json.loads(data)  # a script with content is a data block, and whole
        else:
            self.words.append(data)


@pytest.fixture
def hostile(cast: Cast) -> Cast:
    # Only what stands still has words for it, and only a delay with a reason an explanation.
    Milestone.objects.update(delay_reason="other", delay_note="x")
    Project.objects.update(status="suspended", status_reason="other", status_note="x")
    for model in TABLES:
        fields = text_fields(model)
        assert fields or model in (Estimate, Allocation, Spending)
        if fields:
            # PostgreSQL holds a column to its length; the first pieces are the dangerous ones.
            model._default_manager.update(**{field.name: WORSE[: field.max_length or 500] for field in fields})
    Project.objects.filter(code=cast.published).update(source_key=WORSE)  # different in every project
    return cast


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_field_shows_literally_on_every_page(hostile: Cast, visit: Visit, language: str) -> None:
    for person in EVERYBODY:
        for path in PATHS:
            page = visit(path, person, language)
            assert page.status == 200, (path, person)
            seen = Elements(page.html)
            assert "1337" not in page.html, (path, person)
            for tag, attributes in seen.tags:
                assert tag != "img" or (attributes.get("src") or "").endswith("/badge.svg"), (path, person)
                assert not [name for name in attributes if name.startswith("on")], (path, tag)
                assert not (attributes.get("href") or "").lower().startswith("javascript:")
            scripts = [attributes for tag, attributes in seen.tags if tag == "script"]
            assert all(s.get("src") or s.get("type") in ("application/json", "application/ld+json") for s in scripts), (
                path
            )
            if path != "/maps/status/":  # the map fetches its sites
                assert "{{7*191}} {% b ${7*191} ` </script>" in "".join(seen.words), (path, person)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_of_the_admin_shows_it_literally(hostile: Cast, browser_of: Any, language: str) -> None:
    client: Client = browser_of("superuser", language)
    for model in TABLES:
        name = f"admin:projects_api_{model._meta.model_name}"
        first = model._default_manager.all()[0]
        for path in (reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[first.pk])):
            page = Page(client.get(path))
            assert page.status == 200, path
            assert "<img src=x" not in page.html and "1337" not in page.html, path


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_the_services_accepted_is_told_literally_in_the_changes(cast: Cast, visit: Visit, language: str) -> None:
    now = datetime(2023, 7, 3, 2, tzinfo=UTC)
    official, project = cast.user("official"), cast.project()
    texts = ("title_zh", "title_en", "description", "responsible_leader", "contractor", "address", "note")
    common: dict[str, Any] = {
        "project_id": project.pk,
        "actor": official,
        "at": now,
        "expected": None,
        "reason": HOSTILE,
    }
    project_change(changes=dict.fromkeys(texts, HOSTILE), **common)
    delay = {"planned": date(2023, 8, 1), "delay_reason": "other", "delay_note": HOSTILE, "note": HOSTILE}
    milestone_change(key="topping_out", changes=delay, **common)
    for person in EVERYBODY:
        page = visit("/projects/610526-2023-001/", person, language)
        assert page.status == 200
        told = "".join(Elements(page.html.partition('class="changes"')[2]).words)
        assert HOSTILE in told
        assert "<img src=x" not in page.html and "1337" not in page.html


@pytest.mark.parametrize("piece", PIECES)
def test_a_search_shows_its_words_literally(cast: Cast, visit: Visit, piece: str) -> None:
    page = visit("/projects/?q=" + "".join(f"%{byte:02x}" for byte in piece.encode()))
    assert page.status == 200
    assert [a.get("value") for tag, a in Elements(page.html).tags if a.get("id") == "filter-q"] == [piece]
    assert "1337" not in page.html


def test_the_address_of_a_missing_page_is_no_code_either(visit: Visit) -> None:
    template, script = "%7B%7B7*191%7D%7D", "%3Cscript%3E"
    for path in (
        f"/projects/{template}/",
        f"/plans/{script}-2023/",
        f"/{template}{script}",
        f"/projects/?{template}=1",
    ):
        page = visit(path)
        assert page.status in (400, 404)
        assert "1337" not in page.html and "<script>" not in page.html


def test_titles_of_any_length_and_without_a_break_are_shown(cast: Cast, visit: Visit) -> None:
    Project.objects.update(title_zh="建" * 200, title_en="W" * 200)
    if connection.vendor == "sqlite":
        Milestone.objects.update(title_en="M" * 100)
    for path in PATHS:
        assert visit(path).status == 200
