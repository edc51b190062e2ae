"""OC4IDS packages: valid by the standard's own schema, only what is public, read back without loss."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.db import transaction

from projects_api.checklists import CHECKLISTS
from projects_api.interchange.oc4ids import package as iter_package
from projects_api.interchange.oc4ids import record
from projects_api.models import LedgerEntry, Milestone, Photo, Project, Question, User
from projects_api.public import PUBLIC_BASELINE_FIELDS, PUBLIC_FIELDS, PUBLIC_MILESTONE_FIELDS
from projects_api.selectors.documents import project_document
from projects_api.selectors.projects import project_detail
from projects_api.services.baselines import baseline_approve
from projects_api.services.bureaus import publishing_change
from projects_api.services.certificates import certificate_issue
from projects_api.services.inspections import inspection_record
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


@pytest.fixture
def evident(loaded):
    """A school that was accepted: a photo, a passed inspection with its certificate, an answered question and an open one."""
    project = Project.objects.get(code="610526-2023-001")
    official = User.objects.get(username="official")
    photo = Photo(
        id="0b0e6e4e-0000-4000-8000-000000000001", project=project, milestone="topping_out", uploader=official, announced_at=AT,
        taken_at=datetime(2023, 5, 2, 4, tzinfo=UTC), caption="主体封顶", size=9, media_type="image/jpeg", digest="kanarienvogel",
        state="complete", sha256="a" * 64, completed_at=AT, width=9, height=9, published=True,
    )  # fmt: skip
    photo.set_phash(1)
    photo.save()
    checks = [
        {"key": point.key, "result": "pass", "note": "kanarienvogel"} for point in CHECKLISTS["completion_acceptance"]
    ]
    values = {
        "kind": "completion_acceptance",
        "held_on": date(2023, 8, 18),
        "result": "passed",
        "note": "kanarienvogel",
    }
    inspection_record(project_id=project.pk, actor=official, at=AT, values={**values, "checklist": checks})
    certificate_issue(
        project_id=project.pk, actor=official, at=AT, expected=None, inspection=1, issued_on=date(2023, 8, 20),
        signatories=[{"name": "kanarienvogel"}],
        special_acceptances=[{"key": "fire", "accepted_on": date(2023, 8, 1), "document_number": "kanarienvogel"}],
    )  # fmt: skip
    asked = {
        "project": project,
        "text": "kanarienvogel",
        "public_text": "kanarienvogel",
        "salt": "kanarienvogel",
        "language": "zh-hans",
    }
    asked |= {"asked_at": datetime(2026, 11, 2, 4, tzinfo=UTC), "due_on": date(2026, 11, 16), "released_at": AT}
    Question.objects.create(number=1, state="released", **asked)
    answer = {"answer": "九月一日。\n校车随之开通。", "answered_at": datetime(2026, 11, 5, 4, tzinfo=UTC)}
    Question.objects.create(number=2, state="answered", **asked, **answer)
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


# Public facts that a package does not hold: all in it are published, and what is next follows from the stages.
NOT_SAID = {"published", "archived", "next_milestone", "next_due"}
OTHER_CODES = {
    "kind": "renovation", "stage": "primary", "status": "suspended", "plan_target": "complete", "delay_reason": "land",
    "status_reason": "land",
    "location_precision": "surveyed", "state": "not_met", "region": "411525004", "approved_at": "2027-01-01T00:00:00+00:00",
}  # fmt: skip


def changed(name, value):
    """Another value of the same kind."""
    if name in OTHER_CODES:
        return OTHER_CODES[name]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if name in ("floor_area", "land_area", "total_investment"):
        return "123.45"
    if isinstance(value, dict) and "coordinates" in value:
        return json.loads(json.dumps(value).replace("115.64", "115.63"))
    if isinstance(value, dict):
        return {}
    if value and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return "2029-01-01"
    return f"{value}-x"


def test_every_public_fact_makes_a_difference(late):
    """A field that becomes public must go into the package: this fails until it does."""
    project = project_detail(AnonymousUser()).get(code=late)
    whole = project_document(project) | {
        "source": "table", "site_accuracy": 5, "footprint_crs": "EPSG:4548", "physical_progress": "三层", "address": "路",
        "physical_progress_on": "2027-02-20", "status_reason": "funds", "status_note": "缺口", "status_since": "2027-02-20",
    }  # fmt: skip
    stage = whole["milestones"]["topping_out"]
    stage |= {"started": "2027-01-04", "actual": "2027-08-01", "state": "met", "percent": 100}
    stage |= {"needs_acceptance": True, "limit": {"after": "foundations", "months": 3}}
    before = record(project, whole)
    assert faults({**exported("--bureau", "411525"), "projects": [json.loads(json.dumps(before))]}) == []
    for fields, holder in (
        (PUBLIC_FIELDS - NOT_SAID, whole),
        (PUBLIC_MILESTONE_FIELDS - {"public"}, stage),
        (PUBLIC_BASELINE_FIELDS, whole["baselines"]["2"]),
    ):
        for name in fields:
            was = holder[name]
            holder[name] = changed(name, was)
            assert record(project, whole) != before, name
            holder[name] = was
    assert record(project, whole) == before


def test_evidence_that_is_public_is_among_the_documents(evident, save):
    whole = exported("--bureau", "610526")
    assert faults(whole) == [] and "kanarienvogel" not in json.dumps(whole)
    built = find(whole["projects"], f"oc4ids-000000-{evident}")
    assert [(found["id"][:12], found["documentType"]) for found in built["documents"]] == [
        ("page-zh", "physicalProgressReport"),
        ("page-en", "physicalProgressReport"),
        ("photo-0b0e6e", "illustration"),
        ("inspection-1", "qualityAssuranceReport"),
        ("certificate-", "completionCertificate"),
    ]
    asked, answered = find(built["metrics"], "publicQuestions")["observations"]
    assert "measure" not in asked and asked["period"] == {"startDate": "2026-11-02T00:00:00+08:00"}
    assert answered["measure"] == "九月一日。\n校车随之开通。" and answered["period"]["endDate"][:10] == "2026-11-05"
    # No package publishes again what is not public here any more, be it the project or its evidence.
    Project.objects.filter(code=evident).update(published=False)
    Photo.objects.update(published=False)
    ran = imported(save(whole))
    assert ran.count("unchanged") == 18 and "held elsewhere" not in ran.out
    assert not Project.objects.get(code=evident).published and not Project.objects.exclude(elsewhere={}).exists()


def test_the_queries_do_not_grow_with_the_projects(loaded, django_assert_num_queries):
    few = Project.objects.filter(bureau__code="411525")
    for projects in (few, Project.objects.all()):
        with django_assert_num_queries(13):
            parts = list(iter_package(projects))
        assert len(parts) == projects.visible_to(AnonymousUser()).count() + 2
    one = project_detail(AnonymousUser()).get(code="610526-2023-001")
    assert json.dumps(record(one))[:200] in json.dumps(
        json.loads(b"".join(iter_package(Project.objects.filter(pk=one.pk))))
    )


def test_nothing_public_and_an_unknown_bureau_are_said_with_2(loaded):
    Project.objects.filter(bureau__code="411525").update(published=False)
    for arguments in (("--bureau", "999999"), ("--bureau", "411525")):
        ran = run_command("export_oc4ids", *arguments)
        assert ran.code == 2 and ran.error and not ran.out


# --- read back ---

# Codes of our own demonstration with another year: new projects in the same bureaus.
COPIES = {"610526-2023-0": "610526-2093-0", "411525-2026-0": "411525-2096-0"}


def imported(path, *arguments):
    return run_command("import_oc4ids", path, *arguments)


def recoded(package):
    text = json.dumps(package, ensure_ascii=False)
    for code, copy in COPIES.items():
        text = text.replace(code, copy)
    return json.loads(text)


def comparable(project):
    """Without when it was written."""
    return {**project, "updated": ""}


def test_a_round_trip_loses_nothing_public(late, evident, save):
    # A sentence from the site, a stage with no name of its own, a school of another stage than the project's.
    said = {"physical_progress": "主体三层完成", "physical_progress_on": date(2027, 2, 20), "site_accuracy": 5}
    Project.objects.filter(code=late).update(**said, footprint_crs="EPSG:4548")
    Milestone.objects.filter(project__code=late, key="infill").update(title_zh="", title_en="")
    Milestone.objects.filter(project__code=late, key="finishes").update(title_zh="", title_en="Finishes")
    Project.objects.filter(code=evident).update(stage="")
    whole = exported()
    path = save(recoded(whole))

    dry = imported(path, "--dry-run")
    assert dry.code == 0 and dry.count("created") == 27 and Project.objects.filter(code__contains="-209").count() == 0
    first = imported(path, "--reason", "从公开数据恢复")
    assert [first.count(word) for word in ("created", "rejected", "without location")] == [27, 0, 1]
    assert "told as held elsewhere: /projects/0" in first.out
    back = {project["id"]: project for project in exported()["projects"]}
    for project in recoded(whole)["projects"]:
        assert comparable(back[project["id"]]) == comparable(project)
    entry = LedgerEntry.objects.filter(project__code="411525-2096-001").get()
    assert (entry.action, entry.reason, entry.version) == ("project.import", "从公开数据恢复", 1)

    second = imported(path)
    assert [second.count(word) for word in ("created", "changed", "unchanged")] == [0, 0, 27]
    assert "-209" not in run_command("verify_ledger").out  # every chain of a copy is sound


def test_what_another_record_holds_is_told_and_is_no_evidence_here(evident, save, client, settings, plain_static):
    official, copy = User.objects.get(username="official"), "610526-2093-001"
    package = recoded(exported("--bureau", "610526"))
    # Another publisher's progress may count stages that its package does not tell.
    metrics = find(package["projects"], "oc4ids-000000-610526-2093-004")["metrics"]
    find(metrics, "physicalProgress")["observations"][0]["measure"] = 98
    imported(save(package))
    made = Project.objects.get(code=copy)
    assert not (
        made.photos.exists() or made.inspections.exists() or made.certificates.exists() or made.questions.exists()
    )
    page = client.get(f"/projects/{copy}/", headers={"accept-language": "en"}).content.decode()
    told = page[page.index('id="told-title"') :].partition("</section>")[0]
    assert "YS-610526-2093-001" in told and "passed" in told.lower() and "九月一日" in told
    assert f'href="{settings.SITE_URL}/api/v1/projects/{copy}/photos/' in told and "<img" not in told
    shown = client.get(f"/api/v1/projects/{copy}/").json()["elsewhere"]
    assert shown["certificates"] == {"YS-610526-2093-001": {"issued_on": "2023-08-20"}}

    # The bureau's choice is asked of these as of its own, and its own numbers go on after theirs.
    rules = {"project_id": made.pk, "actor": official, "at": AT}
    publishing_change(
        bureau_id=made.bureau_id,
        actor=official,
        at=AT,
        expected=None,
        rules={"money": True, "inspections": False},
        reason="收回",
    )
    assert "inspections" not in client.get(f"/api/v1/projects/{copy}/").json()["elsewhere"]
    values = {"kind": "quality", "held_on": date(2026, 9, 1), "result": "passed", "checklist": []}
    assert inspection_record(**rules, values=values).number == 2
    built = find(exported("--bureau", "610526")["projects"], f"oc4ids-000000-{copy}")
    assert not any(one["id"].startswith("inspection") for one in built["documents"])

    # The package's figure holds while the stages stand as it told them.
    late = Project.objects.get(code="610526-2093-004")
    assert late.progress == 98 and all(m.percent == 100 for m in late.milestones.all())
    project_change(project_id=late.pk, actor=official, at=AT, expected=None, changes={"address": "路"})
    assert Project.objects.get(pk=late.pk).progress == 98
    assert "-209" not in run_command("verify_ledger").out


def other(change):
    def made(package):
        change(package["projects"][0])
        return package

    return made


def node(path):
    """``a/0/b`` to the object that holds its last member."""

    def find_in(project):
        *way, last = path.split("/")
        for step in way:
            project = project[int(step) if step.isdigit() else step]
        return project, int(last) if last.isdigit() else last

    return find_in


def put(path, value):
    def change(project):
        holder, last = node(path)(project)
        holder[last] = value

    return other(change)


def claimed(bureau):
    """The project says that it is another bureau's, down to its plan."""

    def change(project):
        project["publicAuthority"]["id"] = f"schoolworks-bureau-{bureau}"
        plan = next(one for one in project["additionalClassifications"] if one["scheme"] == "schoolworks-plan")
        plan["id"] = f"{bureau}-2023"

    return other(change)


def cycle(project):
    for stage, waits in (("foundations", "topping_out"), ("topping_out", "foundations")):
        plan = find(find(project["forecasts"], "stagePlan")["observations"], stage)
        plan["notes"] = f"after={waits} FS 0"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (put("id", None), "/id"),
        (put("title", ["x"]), "/title"),
        (put("title", "x" * 500), "/title"),
        (put("title", "left\u202eright"), "/title"),
        (put("identifiers/0/id", "../../etc"), "/identifiers/0/id"),
        (claimed("999999"), "/publicAuthority/id"),
        (claimed("411525"), "/identifiers"),
        (put("status", "finished"), "/status"),
        (put("status", "cancelled"), "/status"),
        (put("additionalClassifications/0/id", "palace"), "/additionalClassifications/0/id"),
        (put("budget/amount/amount", 10**20), "/budget/amount/amount"),
        (put("budget/amount/amount", 1e300), "/budget/amount/amount"),
        (put("budget/amount/amount", "5"), "/budget/amount/amount"),
        (put("budget/amount/amount", 0.001), "/budget/amount/amount"),
        (put("budget/amount/currency", "USD"), "/budget/amount/currency"),
        (put("locations/0/geometry/coordinates", [0, 0]), "/locations/0/geometry/coordinates"),
        (put("locations/0/geometry/coordinates", [34.9, 109.6]), "/locations/0/geometry/coordinates"),
        (put("locations/0/geometry", {"type": "Point", "coordinates": [1e308, "x"]}), "/locations/0/geometry"),
        (put("locations/0/gazetteer/identifiers", ["110000"]), "/locations/0/gazetteer/identifiers/0"),
        (put("milestones/0/dueDate", "2023-02-30T00:00:00Z"), "/milestones/0/dueDate"),
        (put("milestones/0/id", "a b"), "/milestones/0/id"),
        (put("milestones/1/id", "project_approval"), "/milestones/1/id"),
        (put("milestones", {"id": 5}), "/milestones"),
        (put("milestones", [5]), "/milestones/0"),
        (put("milestones", [{"id": f"m{n}"} for n in range(5000)]), "/milestones"),
        (other(cycle), "/milestones/10/links/0"),
        (put("forecasts/1/observations/0/id", "other"), "/forecasts"),
        (put("documents/2/url", "javascript:alert(1)"), "/documents/2/url"),
        (put("documents/2/url", "https://user:secret@example.org/"), "/documents/2/url"),
        (put("documents/2/description", "yesterday"), "/documents/2/description"),
        (put("documents/3/description", "kind=quality; result=failed"), "/documents/3/description"),
        (put("documents/4/datePublished", "2023-02-30"), "/documents/4/datePublished"),
        (put("documents/4/id", "certificate-<b>"), "/documents/4/id"),
        (put("metrics/4/observations/0/notes", "kind=question"), "/metrics/4/observations/0"),
    ],
)  # fmt: skip
def test_a_project_that_cannot_stand_is_refused_with_its_pointer(package, save, change, pointer):
    path = save(change(json.loads(package)))
    ran = imported(path)
    assert ran.code == 0 and ran.count("rejected") == 1 and ran.count("unchanged") == 1, ran.out
    rows = path.with_name("package.json.rejected.csv").read_text("utf-8-sig").splitlines()
    assert rows[0] == "project,pointer,reason" and any(f"/projects/0{pointer}" in row for row in rows[1:]), rows


@pytest.fixture
def package(evident):
    """Two projects of Pucheng, as text."""
    return b"".join(iter_package(Project.objects.filter(code__in=["610526-2023-001", "610526-2023-009"])))


def test_the_same_project_twice_a_bureau_apart_and_one_of_elsewhere(package, save):
    whole = json.loads(package)
    whole["projects"].append(whole["projects"][0])
    ran = imported(save(whole))
    assert (ran.count("unchanged"), ran.count("rejected")) == (2, 1) and "/projects/2/id" in ran.out
    ran = imported(save(whole), "--bureau", "411525")
    assert (ran.count("unchanged"), ran.count("rejected")) == (0, 3)

    # Another publisher's: what the standard says is taken.
    foreign = {
        "id": "oc4ids-abc123-77", "title": "New primary school", "type": "construction", "status": "implementation",
        "sector": ["education"], "budget": {"amount": {"amount": 1200.5, "currency": "CNY"}},
        "locations": [{"id": "x", "geometry": {"type": "Point", "coordinates": [109.6, 34.97]}}],
        "milestones": [{"id": "1", "title": "Start", "dateMet": "2024-03-01T00:00:00Z", "status": "met"}],
        "parties": [{"id": "p", "name": "Builder", "roles": ["supplier"], "people": []}],
    }  # fmt: skip
    whole["projects"] = [foreign]
    assert "/projects/0/publicAuthority/id" in imported(save(whole)).out
    assert imported(save(whole), "--bureau", "610526").count("created") == 1
    made = Project.objects.get(code="oc4ids-abc123-77")
    assert (made.kind, made.status, made.location_precision) == ("new_build", "under_construction", "map_pin")
    assert made.milestones.get().state == "met" and made.site.coords == (109.6, 34.97)
    assert imported(save(whole), "--bureau", "610526").count("unchanged") == 1


def test_a_frozen_baseline_stays(package, save):
    whole = json.loads(package)
    baseline = find(whole["projects"][0]["forecasts"], "baseline-1")
    baseline["description"] = "another reason"
    ran = imported(save(whole))
    assert ran.count("rejected") == 1 and "Baseline 1 is frozen here" in ran.out


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\xff\xfe{}", b"PK\x03\x04", b"[]", b"{}", b'{"version":"0.9","projects":{}}',
        b'{"version":"0.8","projects":[]}', b'{"version":"0.9","projects":[{"id":NaN}]}',
        b'{"version":"0.9","projects":[{"id":"a","id":"b"}]}', b'{"version":"0.9","projects":' + b"[" * 100_000,
        b'{"version":"0.9","projects":[{"id":' + b"9" * 5000 + b"}]}", b'{"version":"0.9","projects":[{"id":"\\ud800"}]}',
    ],
)  # fmt: skip
def test_what_is_no_package_is_said_with_2(db, save, body):
    ran = imported(save(body))
    assert ran.code == 2 and "package.json" in ran.error and not Project.objects.filter(code="a").exists()


def test_a_file_that_is_not_there_and_a_user_nobody_knows(db, save, tmp_path):
    assert imported(tmp_path / "absent.json").code == 2
    assert imported(save({}), "--actor", "nobody").code == 2
