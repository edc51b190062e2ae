"""OC4IDS packages: valid by the standard's own schema, only what is public, read back without loss."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import transaction

from projects_api.interchange.oc4ids import package, record
from projects_api.models import Project
from projects_api.selectors.projects import project_detail
from projects_api.services.baselines import baseline_approve
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from tests.interchange.conftest import run_command
from tests.oc4ids import faults

RING = [[115.64, 32.16], [115.65, 32.16], [115.65, 32.17], [115.64, 32.16]]
AT = datetime(2027, 3, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def _loaded(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("loaddata", "pucheng", "gushi", verbosity=0)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def loaded(_loaded, db):
    """Both bureaus, loaded once for the module; what a test changes is gone after it."""


def exported(*arguments):
    ran = run_command("export_oc4ids", *arguments)
    assert ran.code == 0, ran.error
    return json.loads(ran.out)


def find(items, key):
    return next(item for item in items if item["id"] == key)


@pytest.fixture
def late(loaded):
    """A project under way whose dates were promised anew, with every word that a project can have."""
    project = Project.objects.filter(bureau__code="411525", status="under_construction").earliest("code")
    project_change(
        project_id=project.pk, actor=None, at=AT, expected=None,
        changes={
            "address": "中原路 1 号", "needed_by": date(2028, 9, 1),
            "footprint": {"type": "Polygon", "coordinates": [RING]},
        },
    )  # fmt: skip
    changes = {
        "forecast": date(2027, 8, 15),
        "delay_reason": "weather",
        "delay_note": "连续降雨",
        "planned": date(2027, 8, 15),
    }
    milestone_change(project_id=project.pk, key="topping_out", actor=None, at=AT, expected=None, changes=changes)
    changes = {"planned": date(2028, 10, 20)}
    milestone_change(project_id=project.pk, key="handover", actor=None, at=AT, expected=None, changes=changes)
    baseline_approve(project_id=project.pk, actor=None, at=AT, expected=None, reason="雨季延误，顺延工期")
    return project.code


def test_everything_public_is_a_valid_package(late):
    whole = exported()
    assert faults(whole) == []
    public = Project.objects.visible_to(AnonymousUser())
    assert len(whole["projects"]) == public.count() == 27
    assert whole["publishedDate"] == "2027-03-01T02:00:00+00:00"
    assert exported() == whole
    gushi = exported("--bureau", "411525", "--licence", "https://creativecommons.org/licenses/by/4.0/")
    assert faults(gushi) == [] and gushi["publisher"]["name"] == "固始县教育局"
    assert [project["id"] for project in gushi["projects"]] == [
        project["id"] for project in whole["projects"] if "411525" in project["id"]
    ]


def test_a_project_says_what_where_for_whom_when_and_why_late(late):
    found = find(exported("--bureau", "411525")["projects"], f"oc4ids-000000-{late}")
    assert (found["status"], found["type"], found["sector"]) == ("implementation", "construction", ["education"])
    assert [page["title"] for page in found["documents"]] == [
        found["title"],
        "New Xiushui Nine-year School (illustrative)",
    ]
    site, footprint = found["locations"]
    assert site["geometry"]["coordinates"] == [115.6437, 32.1608] and site["gazetteer"]["identifiers"] == ["411525003"]
    assert footprint["geometry"]["type"] == "Polygon" and site["address"]["streetAddress"] == "中原路 1 号"
    roles = {party["name"]: party["roles"] for party in found["parties"]}
    assert roles["固始县教育局"] == ["publicAuthority"] and roles["河南示例建设集团有限公司"] == ["supplier"]
    assert found["benefits"][0]["beneficiaries"][0]["numberOfPeople"] == 2100
    assert found["budget"]["amount"] == {"amount": 168_000_000, "currency": "CNY"}

    top = find(found["milestones"], "topping_out")
    assert (top["status"], top["dueDate"]) == ("partiallyMet", "2027-08-15T00:00:00+08:00")
    start = find(found["milestones"], "commencement")
    assert start["status"] == "met" and start["dateMet"] and start["code"] == "commencement"
    assert "settlement_audit" not in json.dumps(found)

    forecasts = {metric["id"]: metric for metric in found["forecasts"]}
    first, second = (find(forecasts[f"baseline-{n}"]["observations"], "finish") for n in (1, 2))
    assert first["period"]["endDate"] < second["period"]["endDate"]
    assert find(forecasts["currentForecast"]["observations"], "topping_out")["period"]["endDate"][:10] == "2027-08-15"
    metrics = {metric["id"]: metric for metric in found["metrics"]}
    assert find(metrics["physicalProgress"]["observations"], "overall")["measure"] == 29
    assert metrics["delayReasons"]["observations"] == [{"id": "topping_out", "measure": "weather", "notes": "连续降雨"}]
    [change] = found["contractingProcesses"][0]["summary"]["modifications"]
    assert change["rationale"] == "雨季延误，顺延工期" and change["type"] == "duration"
    assert change["oldContractPeriod"]["endDate"] == first["period"]["endDate"] == found["period"]["endDate"]
    assert change["newContractPeriod"]["endDate"] == second["period"]["endDate"]


def test_the_queries_do_not_grow_with_the_projects(loaded, django_assert_num_queries):
    few = Project.objects.filter(bureau__code="411525")
    for projects in (few, Project.objects.all()):
        with django_assert_num_queries(11):
            parts = list(package(projects))
        assert len(parts) == projects.visible_to(AnonymousUser()).count() + 2
    one = project_detail(AnonymousUser()).get(code="610526-2023-001")
    assert json.dumps(record(one))[:200] in json.dumps(json.loads(b"".join(package(Project.objects.filter(pk=one.pk)))))


def test_nothing_public_and_an_unknown_bureau_are_said_with_2(loaded):
    Project.objects.filter(bureau__code="411525").update(published=False)
    for arguments in (("--bureau", "999999"), ("--bureau", "411525")):
        ran = run_command("export_oc4ids", *arguments)
        assert ran.code == 2 and ran.error and not ran.out
