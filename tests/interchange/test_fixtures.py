"""The demonstration fixtures: what they promise, and what their ledgers say."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone, translation
from django.utils.html import strip_tags

from projects_api.interchange.demo.source import HOME
from projects_api.models import (
    AnnualPlan,
    Bureau,
    Certificate,
    Finding,
    Inspection,
    LedgerEntry,
    Milestone,
    Photo,
    ProgressReport,
    Project,
    Question,
    Region,
    School,
    SchoolEvent,
    User,
)
from projects_api.patches import follow
from projects_api.selectors.documents import project_document
from projects_api.selectors.facts import plan_document
from projects_api.selectors.ledger import document_as_of, replay
from projects_api.selectors.photos import before_and_after
from projects_api.selectors.plans import projects_of_plan, scoreboard
from projects_api.services.milestones import milestone_change
from projects_api.tiling import place_of
from projects_api.wording import day
from tests.interchange.conftest import run


@pytest.fixture(scope="module")
def _loaded(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("loaddata", "pucheng", "gushi", verbosity=0)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def loaded(_loaded, db):
    """Both bureaus, loaded once for the module; what a test changes is gone after it."""


def test_pucheng_has_its_divisions_boundary_and_18_published_projects(loaded):
    county = Region.objects.get(code="610526")
    assert county.boundary is not None and county.boundary.num_points > 50
    assert county.children.count() == 17
    assert Region.objects.get(children__children=county).name_zh == "陕西省"
    projects = Project.objects.filter(bureau__code="610526")
    assert [p.code for p in projects] == [f"610526-2023-{n:03}" for n in range(1, 19)]
    assert not projects.filter(published=False).exists() and not projects.filter(school=None).exists()
    assert {p.status for p in projects} >= {"in_use", "accepted", "under_construction", "suspended", "tendering"}
    assert not Milestone.objects.filter(illustrative=False).exists()
    assert not Milestone.objects.filter(planned=None).exists()


def test_gushi_has_33_divisions_approvals_and_projects_marked_illustrative(loaded):
    assert Region.objects.get(code="411525").children.count() == 33
    projects = Project.objects.filter(bureau__code="411525")
    assert not projects.filter(illustrative=False).exists()
    assert projects.filter(published=False).count() == 1 and projects.filter(site=None).count() == 1
    assert {"informatization", "new_build", "rural_upgrade"} <= set(projects.values_list("kind", flat=True))
    events = SchoolEvent.objects.filter(school__bureau__code="411525")
    assert {"establishment", "alteration", "cancellation"} == set(events.values_list("kind", flat=True))
    assert {"approved", "refused", "pending"} == set(events.values_list("decision", flat=True))


def test_every_place_lies_inside_its_county(loaded):
    for bureau in Bureau.objects.select_related("region"):
        boundary = bureau.region.boundary
        for project in Project.objects.filter(bureau=bureau, site__isnull=False):
            assert boundary and project.site and boundary.contains(project.site), project
            assert project.place == place_of(project.site.x, project.site.y), (
                "rows are loaded as they are, places after them"
            )
        for school in School.objects.filter(bureau=bureau, location__isnull=False):
            assert boundary and school.location and boundary.contains(school.location), school


def test_the_plan_of_2023_tells_its_story(loaded):
    plan = AnnualPlan.objects.get(bureau__code="610526", year=2023)
    projects = projects_of_plan(plan, AnonymousUser(), date(2026, 11, 21))
    scores = {s.target: (len(s.met), s.planned) for s in scoreboard(projects, plan.year)}
    assert scores == {"complete": (1, 2), "start": (4, 6), "upgrade": (7, 10)}


def test_every_chain_of_the_ledger_holds_and_leads_to_the_rows(loaded):
    call_command("verify_ledger", verbosity=0)
    for project in Project.objects.select_related("bureau", "region", "school", "plan__bureau"):
        entries = list(project.ledger.order_by("version"))
        assert replay(entry.patch for entry in entries) == project_document(project), project
        assert [e.at for e in entries] == sorted(e.at for e in entries)
    for plan in AnnualPlan.objects.select_related("bureau"):
        assert replay(e.patch for e in LedgerEntry.objects.filter(plan=plan).order_by("version")) == plan_document(plan)


def test_what_was_known_then_differs_from_now(loaded):
    project = Project.objects.select_related("bureau").get(code="610526-2023-003")
    known = document_as_of(project, date(2023, 6, 30))
    assert known is not None
    then, version = known[:2]
    assert version < project.version
    assert then["milestones"]["commencement"]["actual"] == "2023-06-16"
    assert then["milestones"]["topping_out"]["actual"] is None


def test_the_demo_accounts_are_there_with_their_roles_and_half_of_the_sites(loaded):
    roles = {u.username: [m.role for m in u.memberships.all()] for u in User.objects.prefetch_related("memberships")}
    assert roles == {
        "bureau_admin": ["bureau_admin"],
        "official": ["official"],
        "supervisor": ["supervisor"],
        "engineer": ["engineer"],
        "engineer2": ["engineer"],
        "gushi_official": ["official"],
        "gushi_engineer": ["engineer"],
    }
    for user in User.objects.all():
        assert user.is_demo and user.check_password(f"demo-{user.username}")
    assert User.objects.get(username="engineer").assignments.count() == 9


def test_importing_the_plan_again_changes_nothing(loaded, tmp_path):
    path = Path(shutil.copy(HOME / "pucheng_2023.csv", tmp_path))
    ran = run(path, "--mapping", "schoolworks", "--bureau", "610526")
    assert (ran.count("unchanged"), ran.count("changed"), ran.count("created")) == (18, 0, 0)


def test_a_row_without_coordinates_takes_no_place_away(loaded, tmp_path):
    """The plan's table is filled again every year, by who has not been there."""
    known = dict(Project.objects.filter(bureau__code="610526").values_list("code", "site"))
    with (HOME / "pucheng_2023.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = [row | {"latitude": "", "longitude": "", "location_precision": ""} for row in csv.DictReader(stream)]
    path = tmp_path / "again.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    ran = run(path, "--mapping", "schoolworks", "--bureau", "610526")
    assert (ran.count("unchanged"), ran.count("changed")) == (18, 0)
    assert dict(Project.objects.filter(bureau__code="610526").values_list("code", "site")) == known
    assert None not in known.values()


def test_the_sources_are_the_shared_files(shared_data):
    pairs = {
        "610526.geojson": "boundaries",
        "411525.geojson": "boundaries",
        "townships.csv": ".",
        "pucheng_2023.csv": "plans",
    }
    for name, folder in pairs.items():
        assert (HOME / name).read_bytes() == (shared_data / folder / name).read_bytes()


def test_the_evidence_is_marked_as_invented_and_its_pictures_come_with_it(loaded, client, empty_storage, plain_static):
    photos = list(Photo.objects.select_related("project"))
    assert len(photos) == 5 and all("示意图" in photo.caption for photo in photos)
    for photo in photos:
        original = HOME.parent / "photos" / str(photo.pk) / "original"
        assert hashlib.sha256(original.read_bytes()).hexdigest() == photo.sha256
        seen = client.get(f"/api/v1/projects/{photo.project.code}/photos/{photo.pk}/public/")
        assert (seen.status_code, photo.published) in ((200, True), (404, False))
        assert not photo.published or b"".join(seen.streaming_content).startswith(b"\xff\xd8")
    # Both before and after, a review that waits, something to be mended, a certificate, an answer and a question that waits.
    assert [len(before_and_after(project, whole=False)) for project in (photos[0].project, photos[-1].project)] == [
        1,
        1,
    ]
    assert set(ProgressReport.objects.values_list("state", flat=True)) == {"accepted", "submitted"}
    assert set(Finding.objects.values_list("state", flat=True)) == {"struck_off", "open"}
    assert Certificate.objects.get().content["illustrative"] is True
    assert set(Question.objects.values_list("state", flat=True)) == {"answered", "waiting"}
    words = [
        *ProgressReport.objects.values_list("text", flat=True), *Finding.objects.values_list("description", flat=True),
        *Question.objects.values_list("text", flat=True), *Inspection.objects.values_list("note", flat=True),
    ]  # fmt: skip
    assert all("示例" in text for text in words)


# --- what the pages say of one thing they say everywhere: progress, opening, nothing hidden ---


@pytest.fixture
def page(loaded, plain_static):
    """A page's text in English."""

    def read(path: str) -> str:
        answer = Client().get(path, HTTP_ACCEPT_LANGUAGE="en")
        assert answer.status_code == 200, path
        return " ".join(strip_tags(answer.content.decode()).split())

    return read


def english(when):
    with translation.override("en"):
        return day(when)


def schedule(code: str) -> dict:
    return Client().get(f"/api/v1/projects/{code}/schedule/").json()


def recorded(code: str) -> list[tuple[date, int]]:
    """The progress of the whole as the ledger said it, by day."""
    document: dict = {}
    said: dict[date, int] = {}
    bureau = Project.objects.get(code=code).bureau
    for entry in LedgerEntry.objects.filter(project__code=code).order_by("version"):
        follow(document, entry.patch)
        said[bureau.day_of(entry.at)] = document["progress"]
    return sorted(said.items())


@pytest.mark.parametrize("code", ["610526-2023-006", "610526-2023-005", "610526-2023-003", "610526-2023-014"])
def test_the_actual_curve_is_never_behind_the_ledger_and_stands_still_with_the_work(page, code):
    """What was done on a day is told a little later: the curve is ahead of the ledger by that, and ends where it ends."""
    said, found = recorded(code), schedule(code)
    points = [(date.fromisoformat(p["day"]), p["actual"]) for p in found["curve"] if p["actual"] is not None]
    for then, percent in (point for point in points if point[0] >= said[0][0]):
        by_then = max((n for told, n in said if told <= then), default=0)
        soon = max((n for told, n in said if told <= then + timedelta(days=45)), default=0)
        assert by_then <= percent < soon + 1, (then, percent, by_then, soon)
    last = said[-1]
    after = {percent for then, percent in points if then >= last[0]}
    assert len(after) == 1 and int(after.pop()) == last[1], "nothing was reported since, so nothing rose"


@pytest.mark.parametrize("code", ["610526-2023-001", "411525-2026-005", "610526-2023-003"])
def test_there_is_one_opening_and_one_lateness_on_every_page(page, code):
    """The handover, and not the filing of papers that stands before it in the list."""
    project = Project.objects.get(code=code)
    handover = project.milestones.get(key="handover")
    row = Client().get(f"/api/v1/projects/{code}/").json()
    opens, promised = (row.get(name) or schedule(code)[name] for name in ("forecast_finish", "baseline_finish"))
    assert promised == handover.planned.isoformat() or project.baselines.count() > 1
    if handover.actual:
        assert opens == handover.actual.isoformat()
    slip = (date.fromisoformat(opens) - date.fromisoformat(promised)).days
    text = page(f"/en/projects/{code}/")
    assert text.count(english(date.fromisoformat(opens))) >= 2
    figures = set(re.findall(r"(\d+) days? (?:late|later than promised)\b", text))
    assert str(slip) in figures
    assert english(date.fromisoformat(opens)) in page(f"/en/projects/?q={code}")


def test_what_the_public_does_not_see_moves_no_figure_that_it_reads(page):
    """Hidden audits count in nothing; and a stage that is taken out of view takes its date off the plan's page."""
    code = "610526-2023-006"
    found = schedule(code)
    shown = [stage["finish"] for stage in found["stages"]]
    assert max(p["day"] for p in found["curve"]) <= max([*shown, found["today"]])
    audit = Milestone.objects.filter(key="settlement_audit", public=False, project__code="610526-2023-001").get()
    before = Project.objects.get(code="610526-2023-001")
    official = User.objects.get(username="official")
    milestone_change(
        project_id=audit.project_id, key=audit.key, changes={"percent": 0, "actual": None}, actor=official,
        at=timezone.now(), expected=None,
    )  # fmt: skip
    after = Project.objects.get(code="610526-2023-001")
    assert (after.progress, after.status) == (before.progress, before.status)
    accepted = before.milestones.get(key="completion_acceptance")
    secret = english(accepted.actual)
    assert secret in page("/en/plans/610526-2023/")
    Milestone.objects.filter(pk=accepted.pk).update(public=False)
    for path in ("/en/plans/610526-2023/", "/en/plans/610526-2023/wall/", "/en/projects/610526-2023-001/"):
        assert secret not in page(path), path
