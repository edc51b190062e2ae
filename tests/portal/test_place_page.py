"""``/projects/{code}/place/``: coordinates as people have them, looked at before they are saved, taken back after."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.gis.geos import Point

from projects_api import offsets
from projects_api.models import Project
from projects_api.selectors.change_words import lines_of
from projects_api.services.projects import project_change
from tests.cast import PUBLISHED, Cast
from tests.factories import make_project
from tests.portal.conftest import Page

pytestmark = pytest.mark.once  # words and forms; what is behind them is tried on both engines (tests/api, tests/record)

TOWN = (109.58806, 34.97411)
SURVEY = "点号 X Y\nJ1 3872631.4 371061.5\nJ2 3872631.4 371161.5\nJ3 3872531.4 371161.5\nJ4 3872531.4 371061.5"


@pytest.fixture
def project(cast: Cast) -> Project:
    site = {"type": "Point", "coordinates": [109.58, 34.97]}
    return make_project(cast.bureau(), site=site, location_precision="township_point", title_en="The school")


def address(project: Project) -> str:
    return f"/projects/{project.code}/place/"


def form_of(page: Page) -> dict[str, str]:
    """What a browser would send of the form as it stands."""
    html = page.html[page.html.index('id="place"') : page.html.index("</form>", page.html.index('id="place"'))]
    sent = dict(re.findall(r'<input (?:type="hidden"|id="\w+") name="(\w+)"[^>]* value="([^"]*)"', html))
    sent |= dict(re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>([^<]*)</textarea>', html))
    for name, options in re.findall(r'<select id="\w+" name="(\w+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    return sent


def send(client: Any, project: Project, act: str = "save", start: Any = None, **changes: Any) -> Any:
    form = form_of(start or Page(client.get(address(project)))) | {"act": act} | changes
    return client.post(address(project), form)


def test_the_form_holds_what_is_recorded_and_saying_nothing_changes_nothing(
    cast: Cast, browser_of: Any, project: Project
) -> None:
    official = browser_of("official")
    page = Page(official.get(address(project)))
    assert form_of(page)["site"] == "109.58, 34.97" and form_of(page)["location_precision"] == "township_point"
    assert "Site (WGS84) 109.58, 34.97" in page and "Undo this change" not in page
    assert "there is nothing to preview" in Page(send(official, project, "preview"))
    assert send(official, project).status_code == 303
    assert cast.project(project.code).version == project.version
    assert "Nothing changed." in Page(official.get(address(project)))


def test_a_pin_of_a_phone_is_shown_in_every_reading_and_saved_in_the_one_that_is_taken(
    cast: Cast, browser_of: Any, project: Project
) -> None:
    official = browser_of("official")
    pin = "{:.7f}, {:.7f}".format(*offsets.wgs84_to_gcj02(*TOWN))
    page = Page(send(official, project, "preview", site=pin))
    assert page.status == 200 and "Preview: nothing is saved yet." in page
    assert page.html.count('name="site_use"') == 3 and "choose one" in page
    assert re.search(
        r"GCJ-02 \(Gaode, Tencent, most phones’ maps\) 109.58806, 34.97411 · 86\d m to the north-east of", page.text
    )
    refused = Page(send(official, project, site=pin))
    assert refused.status == 400 and "Say which system these numbers are in" in refused
    assert 'id="site_crs" name="site_crs" aria-invalid="true"' in refused.html
    # The button of a reading says the system; what was typed is still there.
    page = Page(send(official, project, "", start=page, site_use="GCJ-02"))
    assert form_of(page)["site_crs"] == "GCJ-02" and form_of(page)["site"] == pin and "taken" in page
    assert (
        send(official, project, start=page, location_precision="map_pin", reason="the pin of the head").status_code
        == 303
    )
    saved = cast.project(project.code)
    assert saved.site and (round(saved.site.x, 7), round(saved.site.y, 7)) == TOWN
    assert (saved.site_crs, saved.location_precision) == ("GCJ-02", "map_pin")
    entry = saved.ledger.order_by("-version")[0]
    assert (entry.action, entry.reason, entry.actor) == ("project.change", "the pin of the head", cast.user("official"))


def test_a_survey_is_an_outline_and_its_zone_is_found(cast: Cast, browser_of: Any, project: Project) -> None:
    official = browser_of("official")
    page = Page(send(official, project, "preview", footprint=SURVEY, footprint_crs="EPSG:4490"))
    assert "X is north, as surveyors write it" in page and "central meridians 108°, 111° E" in page
    assert "CGCS2000, central meridian 111° E" in page and "9,9" in page and "check the zone" in page
    assert send(official, project, footprint=SURVEY, footprint_crs="EPSG:4490").status_code == 303
    saved = cast.project(project.code)
    assert saved.footprint_crs == "EPSG:4546" and saved.site_crs != saved.footprint_crs
    outline: Any = saved.footprint
    assert len(outline.coords[0]) == 5
    assert saved.site and saved.site.coords == (109.58, 34.97), "the site stays"
    page = Page(official.get(address(project)))
    assert form_of(page)["footprint"].count("\n") == 3 and "4 corners" in page
    assert "The outline came in CGCS2000, central meridian 111° E" in page.text
    assert "km from the site" not in page
    corner = outline.coords[0][0]
    far = Point(corner[0] - 0.05, corner[1], srid=4326)
    Project.objects.filter(pk=project.pk).update(site=far)
    assert re.search(r"The outline lies 4\.\d km from the site", Page(official.get(address(project))).text)
    Project.objects.filter(pk=project.pk).update(site=saved.site)
    assert send(official, project, footprint="").status_code == 303
    assert not cast.project(project.code).footprint and cast.project(project.code).footprint_crs == ""


def test_a_change_is_taken_back_by_a_new_entry_and_the_taking_back_too(
    cast: Cast, browser_of: Any, project: Project
) -> None:
    official = browser_of("official")
    send(official, project, site="34.97411N 109.58806E", site_crs="BD-09", location_precision="address")
    moved = cast.project(project.code)
    page = Page(official.get(address(project)))
    assert re.search(r"Before, the site was \d+ m to the [\w-]+ of the recorded place\. Before: ", page.text), page.text
    undo = {"version": str(moved.version), "act": "undo", "reason": "wrong school"}
    assert official.post(address(project), undo).status_code == 303
    back = cast.project(project.code)
    assert back.site and back.site.coords == (109.58, 34.97)
    assert (back.site_crs, back.location_precision, back.version) == ("WGS84", "township_point", moved.version + 1)
    again = Page(official.post(address(project), undo))
    assert again.status == 412, "sent twice, it is undone once"
    assert official.post(address(project), undo | {"version": str(back.version)}).status_code == 303
    assert cast.project(project.code).site_crs == "BD-09"
    assert moved.site == cast.project(project.code).site


def test_what_somebody_changed_meanwhile_is_shown_and_what_was_drawn_is_kept(
    cast: Cast, browser_of: Any, project: Project
) -> None:
    official = browser_of("official")
    page = Page(official.get(address(project)))
    elsewhere = {"site": {"type": "Point", "coordinates": [109.7, 34.9]}}
    project_change(project_id=project.pk, actor=None, at=PUBLISHED, expected=None, changes=elsewhere)
    mine = {"site": "109.6, 34.95", "site_crs": "WGS84", "footprint": "109.6, 34.95\n109.61, 34.95\n109.61, 34.96",
            "footprint_crs": "WGS84"}  # fmt: skip
    answer = Page(send(official, project, start=page, **mine))
    assert answer.status == 412 and "What stands now" in answer and "Site (WGS84) 109.7, 34.9" in answer
    assert {name: form_of(answer)[name] for name in mine} == mine
    assert "of the recorded place" in answer and cast.project(project.code).footprint is None
    assert send(official, project, start=answer).status_code == 303
    saved = cast.project(project.code)
    assert saved.site and saved.site.coords == (109.6, 34.95) and saved.footprint


def test_how_exact_a_place_is_known_is_a_fact_that_goes_with_it(cast: Cast, browser_of: Any, project: Project) -> None:
    official = browser_of("official")
    sent = {"site": "109.6, 34.95", "site_crs": "WGS84", "location_precision": "device", "accuracy": "12"}
    for wrong in ("0", "100001", "a few", "-3"):
        refused = Page(send(official, project, **sent | {"accuracy": wrong}))
        assert (
            refused.status == 400 and 'id="accuracy-fault-1"' in refused.html and form_of(refused)["accuracy"] == wrong
        )
    assert send(official, project, reason="on site", **sent).status_code == 303
    saved = cast.project(project.code)
    assert (saved.location_precision, saved.site_accuracy) == ("device", 12)
    entry = saved.ledger.order_by("-version")[0]
    assert entry.reason == "on site" and "The site is known to 12 m." in lines_of(entry.patch, {})
    for reader in (official, browser_of("public")):
        assert "Measured on site by a device, ± 12 m" in Page(reader.get(f"/projects/{project.code}/")).text
    page = Page(official.get(address(project)))
    assert form_of(page)["accuracy"] == "12" and "Measured on site by a device, ± 12 m" in page.text
    # Another place is known as it says itself; undoing brings the old place back with what was known of it.
    moved = {"site": "109.61, 34.95", "site_crs": "GCJ-02", "location_precision": "map_pin", "accuracy": ""}
    assert send(official, project, **moved).status_code == 303
    assert cast.project(project.code).site_accuracy is None
    page = Page(official.get(address(project)))
    assert "Before: Measured on site by a device, ± 12 m." in page.text
    assert "Came in GCJ-02" in Page(official.get(f"/projects/{project.code}/")).text
    undo = {"version": str(cast.project(project.code).version), "act": "undo", "reason": ""}
    assert official.post(address(project), undo).status_code == 303
    back = cast.project(project.code)
    assert (back.site_crs, back.site_accuracy) == ("WGS84", 12)
    # Off the map, nothing is left to be exact about.
    assert send(official, project, site="").status_code == 303
    assert cast.project(project.code).site_accuracy is None


def test_a_site_is_put_on_the_map_and_taken_off(cast: Cast, browser_of: Any) -> None:
    project = make_project(cast.bureau(), site=None)
    official = browser_of("official")
    assert "Put the site on the map" in Page(official.get(f"/projects/{project.code}/"))
    site = {"site": "109.6, 34.95", "site_crs": "WGS84"}
    refused = Page(send(official, project, **site))
    assert refused.status == 400 and "Say how well this place is known." in refused
    assert send(official, project, location_precision="address", **site).status_code == 303
    assert send(official, project, site="").status_code == 303
    saved = cast.project(project.code)
    assert saved.site is None and saved.location_precision == ""


@pytest.mark.parametrize(
    ("box", "text", "words"),
    [
        ("site", "116.3, 39.9", "lies outside the bureau"),
        ("site", "109.6, 34.95\n109.7, 34.95\n109.7, 34.96", "One position is expected here, not 3."),
        ("site", "1e308 1e308", "neither degrees nor metres"),
        ("site", "0, 0", "Atlantic"),
        ("site", "nan nan", "no numbers"),
        ("site", "西安80 X=3872631.43 Y=371061.48", "cannot be converted exactly"),
        ("site", "X=72631.43 Y=71061.48", "local independent system"),
        ("site", "1" * 5000, "two numbers make a position; here is one."),
        ("site", "109.6,\u202e34.95 {{7*191}}<script>", "neither degrees nor metres"),
        ("footprint", "109.6, 34.95", "three corners or more"),
        ("footprint", "109.58,34.95\n109.59,34.96\n109.59,34.95\n109.58,34.96", "crosses or touches itself"),
        ("footprint", "109.58,34.95\n109.58,34.95\n109.58,34.95", "collapses"),
        ("footprint", "109.6,34.95\n34.95,109.7\n109.7,34.96", "another order"),
        ("footprint", "109.6,34.95 " * 10_001, "at most 10000 vertices"),
    ],
)
def test_what_cannot_be_a_place_is_refused_at_its_box_and_stays_in_it(
    cast: Cast, browser_of: Any, project: Project, box: str, text: str, words: str
) -> None:
    official = browser_of("official")
    for act in ("preview", "save"):
        page = Page(send(official, project, act, **{box: text, f"{box}_crs": "" if "X=" in text else "WGS84"}))
        assert page.status == 400 and re.search(words, page.text), page
        assert f'href="#{box}"' in page.html and f'id="{box}-fault-1"' in page.html
        assert "<script>" not in page.html.partition("<main")[2].replace('<script id="map-config"', "")
    assert cast.project(project.code).version == project.version


def test_wrong_systems_versions_and_reasons_are_refused(cast: Cast, browser_of: Any, project: Project) -> None:
    official = browser_of("official")
    page = Page(send(official, project, site="109.6, 34.95", site_crs="EPSG:3857"))
    assert page.status == 400 and 'id="site_crs-fault-1"' in page.html
    assert send(official, project, version="x").status_code == 400
    assert send(official, project, reason="x" * 301, site="109.6, 34.95", site_crs="WGS84").status_code == 400
    assert send(official, project, location_precision="guessed").status_code == 400
    assert official.post(address(project), {"act": "undo", "version": str(project.version)}).status_code == 409
    assert cast.project(project.code).version == project.version


def test_only_the_office_finds_the_way_and_gets_in(cast: Cast, browser_of: Any, project: Project) -> None:
    form = {"version": str(project.version), "act": "save", "site": "109.6, 34.95", "site_crs": "WGS84"}
    for person in ("public", "engineer", "supervisor", "viewer", "gushi_official", "official", "bureau_admin"):
        client = browser_of(person)
        may = person in ("official", "bureau_admin")
        assert (f'href="{address(project)}"' in Page(client.get(f"/projects/{project.code}/")).html) == may, person
        if not may:
            assert client.post(address(project), form).status_code == (302 if person == "public" else 403)
    assert cast.project(project.code).version == project.version
    root = browser_of("superuser").get(f"/admin/projects_api/project/{project.pk}/change/")
    assert f'href="{address(project)}"' in root.content.decode()
