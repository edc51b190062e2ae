"""Inspections and findings over HTTP: the walk of 销号制 by its roles, what blocks acceptance, and the certificate."""

from __future__ import annotations

import hashlib
import re
import zlib
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from projects_api import engine
from projects_api.canonical import canonical
from projects_api.checklists import CHECKLISTS, SPECIAL_ACCEPTANCES, points
from projects_api.choices import InspectionKind
from projects_api.drafts import BureauDraft, MilestoneDraft, ProjectDraft
from projects_api.errors import RuleBroken
from projects_api.interchange.certificates import certificate_html, certificate_pdf
from projects_api.models import Certificate, Finding, Inspection, Milestone
from projects_api.selectors.verify import verify
from projects_api.services.imports import import_projects
from tests.cast import PRIVATE, Cast

P = "projects/610526-2023-001/"
TODAY = date.today()
HELD = "2023-06-02"
INSIDE = {"type": "Point", "coordinates": [109.5877, 34.9561]}


def quality(**more: Any) -> dict[str, Any]:
    return {
        "kind": "quality",
        "held_on": HELD,
        "result": "passed_with_findings",
        "checklist": [{"key": "concrete", "result": "fail", "note": "蜂窝麻面"}],
        **more,
    }


def completion(**more: Any) -> dict[str, Any]:
    checks = [{"key": key, "result": "pass"} for key in points("completion_acceptance")]
    return {"kind": "completion_acceptance", "held_on": HELD, "result": "passed", "checklist": checks, **more}


def found(**more: Any) -> dict[str, Any]:
    return {
        "severity": "serious",
        "description": "三层梁柱节点露筋",
        "owner": "县建筑公司",
        "deadline": "2023-06-20",
        "inspection": 1,
        **more,
    }


def paper(**more: Any) -> dict[str, Any]:
    return {
        "inspection": 1,
        "issued_on": "2023-06-10",
        "signatories": [{"name": "王工", "unit": "县教育局", "role": "建设单位项目负责人"}],
        "special_acceptances": [{"key": "fire", "accepted_on": "2023-06-01", "document_number": "蒲消验〔2023〕7号"}],
        **more,
    }


def act(api: Any, who: str, path: str, body: dict[str, Any], **headers: str) -> Any:
    """A step from the newest state."""
    return api(who).post(P + path, body, if_match=api("official").get(P).etag, **headers)


@pytest.fixture
def raised(cast: Cast, api: Any) -> dict[str, Any]:
    """A serious finding of a quality inspection."""
    api("supervisor").post(f"{P}inspections/", quality()).ok(201)
    answer: dict[str, Any] = api("supervisor").post(f"{P}findings/", found()).ok(201)
    return answer


def mended(api: Any, who: str = "engineer", number: int = 1, **more: Any) -> Any:
    return act(api, who, f"findings/{number}/rectify/", {"text": "已凿除并重新浇筑", "on": "2023-06-08", **more})


def special_stage_met(cast: Cast, api: Any) -> None:
    api("engineer").change(f"{P}milestones/special_acceptance/", {"started": "2023-05-20", "actual": "2023-06-01"}).ok()
    api("supervisor").change(f"{P}milestones/special_acceptance/", {"state": "met"}).ok()


# --- the walk ---


def test_a_finding_goes_from_raised_to_struck_off_by_four_people(cast: Cast, api: Any) -> None:
    inspection = api("supervisor").post(f"{P}inspections/", quality(attendees="监理\n施工")).ok(201)
    assert (inspection["number"], inspection["author"]) == (1, "supervisor")
    assert inspection["checklist"][0]["words"] == "Concrete strength and surfaces in order"
    zh = api("supervisor", language="zh-hans").get(f"{P}inspections/1/").ok()
    assert zh["checklist"][0]["words"] == "混凝土强度、外观质量合格"

    raised = api("official").post(f"{P}findings/", found(point=INSIDE, place="三层", owner_user="engineer")).ok(201)
    assert (raised["number"], raised["state"], raised["raised_by"]) == (1, "open", "official")
    assert (raised["raised_on"], raised["overdue"], raised["point"]) == (HELD, True, INSIDE)

    moved = api("bureau_admin").change(f"{P}findings/1/", {"deadline": "2023-06-25", "reason": "rain"}).ok()
    assert moved["deadline"] == "2023-06-25"

    answered = mended(api).ok()
    assert (answered["state"], answered["rectified_by"], answered["overdue"]) == ("rectified", "engineer", False)

    again = (
        api("supervisor").post(f"{P}inspections/", quality(held_on="2023-06-09", checklist=[], result="failed")).ok(201)
    )
    back = act(api, "supervisor", "findings/1/reopen/", {"note": "仍有露筋", "inspection": again["number"]}).ok()
    assert (back["state"], back["review_note"], back["reinspection"]) == ("reopened", "仍有露筋", 2)
    assert back["rectification"] == "已凿除并重新浇筑", "what was said of the first round stays readable"

    mended(api, on="2023-06-12").ok()
    done = act(api, "official", "findings/1/strike-off/", {"note": "复查合格"}).ok()
    assert (done["state"], done["struck_off_by"], done["review_note"]) == ("struck_off", "official", "复查合格")

    actions = [row["action"] for row in api("official").get(f"{P}history/").ok()][-7:]
    assert actions == [
        "finding.raise", "finding.change", "finding.rectify", "inspection.record", "finding.reopen",
        "finding.rectify", "finding.strike_off",
    ]  # fmt: skip
    assert verify().sound


def test_nobody_strikes_off_what_they_have_mended(cast: Cast, api: Any, raised: dict[str, Any]) -> None:
    mended(api, "bureau_admin").problem(400, "/reason", "required")
    mended(api, "bureau_admin", reason="the engineer is ill").ok()
    act(api, "bureau_admin", "findings/1/strike-off/", {}).problem(403)
    assert Finding.objects.get().state == "rectified"
    assert act(api, "supervisor", "findings/1/strike-off/", {}).ok()["state"] == "struck_off"


def test_the_steps_come_in_their_order(cast: Cast, api: Any, raised: dict[str, Any]) -> None:
    act(api, "official", "findings/1/strike-off/", {}).problem(409)
    act(api, "official", "findings/1/reopen/", {"note": "x"}).problem(409)
    mended(api).ok()
    mended(api).problem(409)
    act(api, "official", "findings/1/reopen/", {}).problem(400, "/note", "required")
    act(api, "official", "findings/1/strike-off/", {}).ok()
    mended(api).problem(409)
    api("official").change(f"{P}findings/1/", {"owner": "另一家"}).problem(409)
    broken_again = act(api, "official", "findings/1/reopen/", {"note": "又裂了", "deadline": "2030-01-01"}).ok()
    assert (broken_again["state"], broken_again["struck_off_by"]) == ("reopened", "")
    assert (broken_again["deadline"], broken_again["overdue"]) == ("2030-01-01", date(2030, 1, 1) < TODAY)


def test_a_step_is_taken_once_and_from_the_state_that_was_seen(cast: Cast, api: Any, raised: dict[str, Any]) -> None:
    body = {"text": "已处理", "on": "2023-06-08"}
    path, etag = f"{P}findings/1/rectify/", api("engineer").get(f"{P}findings/1/").etag
    api("engineer").post(path, body).problem(428)
    first = api("engineer").post(path, body, if_match=etag, idempotency_key="one")
    again = api("engineer").post(path, body, if_match=etag, idempotency_key="one")
    assert first.ok() == again.ok() and again.headers["Idempotency-Replayed"] == "true"
    stale = api("supervisor").post(f"{P}findings/1/strike-off/", {}, if_match=etag)
    assert stale.problem(412)["current"]["version"] == cast.project().version
    new = found(description="临边无防护")
    assert api("official").post(f"{P}findings/", new, idempotency_key="k").ok(201)["number"] == 2
    assert api("official").post(f"{P}findings/", new, idempotency_key="k").ok(201)["number"] == 2
    assert Finding.objects.count() == 2


def test_photos_are_evidence_of_this_project_alone(cast: Cast, api: Any, raised: dict[str, Any]) -> None:
    mended(api, photos=[str(uuid4())]).problem(400, "/photos/0", "unknown_photo")
    mended(api, photos=["not-an-id"]).problem(400, "/photos/0")
    assert Finding.objects.get().state == "open"


def test_a_rural_upgrade_is_walked_from_its_survey_to_its_certificate(cast: Cast, api: Any) -> None:
    new = {"bureau": "610526", "title_zh": "村小改造", "kind": "rural_upgrade", "published": True}
    code = api("official").post("projects/", new).ok(201)["code"]
    path = f"projects/{code}/"

    def step(who: str, tail: str, body: dict[str, Any]) -> Any:
        return api(who).post(path + tail, body, if_match=api("official").get(path).etag)

    api("bureau_admin").put(f"{path}engineers/engineer/", {}, if_match=api("official").get(path).etag).ok()
    stages = [stage["key"] for stage in api("official").get(path).ok()["milestones"]]
    assert (stages[0], stages[-3:]) == ("needs_survey", ["acceptance", "audit", "payment"])
    for day, key in enumerate(stages[: stages.index("acceptance")], start=1):
        api("engineer").change(f"{path}milestones/{key}/", {"actual": f"2023-05-{day:02d}"}).ok()

    api("supervisor").post(f"{path}inspections/", quality()).ok(201)
    api("supervisor").post(f"{path}findings/", found()).ok(201)
    report = {
        "id": str(uuid4()),
        "base_version": cast.project(code).version,
        "made_at": "2023-06-12T08:00:00Z",
        "entries": {"acceptance": {"actual": "2023-06-11"}},
        "text": "已验收",
    }
    api("engineer").post(f"{path}reports/", report).problem(409)
    step("engineer", "findings/1/rectify/", {"text": "已重做", "on": "2023-06-10"}).ok()
    step("supervisor", "findings/1/strike-off/", {}).ok()
    report["base_version"] = cast.project(code).version
    api("engineer").post(f"{path}reports/", report).ok(201)
    step("supervisor", f"reports/{report['id']}/review/", {"decision": "accept"}).ok()

    accepted = api("official").post(f"{path}inspections/", completion(held_on="2023-06-11")).ok(201)
    signed = paper(inspection=accepted["number"], issued_on="2023-06-12", special_acceptances=[])
    number = step("official", "certificates/", signed).ok(201)["number"]
    seen = api().get(path).ok()
    assert (seen["status"], seen["certificates"]) == ("accepted", [{"number": number, "issued_on": "2023-06-12"}])
    history = api("official").get(f"{path}history/").ok()
    assert {row["actor"] for row in history} == {"official", "bureau_admin", "engineer", "supervisor"}
    assert verify().sound


# --- what acceptance waits for ---

FINISHED = {"started": "2023-06-01", "actual": "2023-06-05"}
STAGE = f"{P}milestones/completion_acceptance/"


def test_an_open_serious_finding_blocks_reporting_the_completion(cast: Cast, api: Any, raised: dict[str, Any]) -> None:
    refused = api("engineer").change(STAGE, FINISHED).problem(409)
    assert refused["errors"][0]["code"] == "open_serious_finding"
    assert "三层梁柱节点露筋" in refused["detail"] and "县建筑公司" in refused["detail"]
    report = {
        "id": str(uuid4()),
        "base_version": cast.project().version,
        "made_at": "2023-06-06T08:00:00Z",
        "entries": {"completion_acceptance": FINISHED},
    }
    refused = api("engineer").post(f"{P}reports/", report).problem(409, "/entries/completion_acceptance")
    assert "三层梁柱节点露筋" in refused["detail"]
    assert api("engineer").get(STAGE).ok()["state"] == "scheduled"
    api("engineer").change(f"{P}milestones/foundations/", {"started": "2023-06-01"}).ok()

    mended(api).ok()
    api("engineer").change(STAGE, FINISHED).problem(409)  # mended is not struck off
    act(api, "supervisor", "findings/1/strike-off/", {}).ok()
    assert api("engineer").change(STAGE, FINISHED).ok()["state"] == "reported"
    assert api("official").change(STAGE, {"state": "met"}).ok()["state"] == "met"


def test_a_serious_finding_that_comes_later_blocks_the_acceptance(cast: Cast, api: Any) -> None:
    report = {
        "id": str(uuid4()),
        "base_version": cast.project().version,
        "made_at": "2023-06-06T08:00:00Z",
        "entries": {"completion_acceptance": FINISHED},
    }
    api("engineer").post(f"{P}reports/", report).ok(201)
    api("supervisor").post(f"{P}findings/", found(inspection=None, deadline="2030-01-01")).ok(201)
    api("official").change(STAGE, {"state": "met"}).problem(409)
    review = act(api, "official", f"reports/{report['id']}/review/", {"decision": "accept"})
    assert review.problem(409)["errors"][0]["pointer"] == "/entries/completion_acceptance"
    assert api("official").get(STAGE).ok()["state"] == "reported"
    assert api("engineer").change(STAGE, {"note": "still reported"}).ok()["state"] == "reported"
    mended(api, on=TODAY.isoformat()).ok()
    act(api, "supervisor", "findings/1/strike-off/", {}).ok()
    act(api, "official", f"reports/{report['id']}/review/", {"decision": "accept"}).ok()
    assert api("official").get(STAGE).ok()["state"] == "met"
    assert verify().sound


def test_the_rural_track_waits_as_well(cast: Cast, api: Any) -> None:
    Milestone.objects.filter(project=cast.project(), key="completion_acceptance").update(key="acceptance")
    api("supervisor").post(f"{P}findings/", found(inspection=None, deadline="2030-01-01")).ok(201)
    api("engineer").change(f"{P}milestones/acceptance/", FINISHED).problem(409)


def test_an_import_waits_as_well(cast: Cast, api: Any, raised: dict[str, Any]) -> None:
    held = cast.project()
    stage = held.milestones.get(key="completion_acceptance")
    told = MilestoneDraft(
        stage.key, stage.position, "竣工验收", "", actual=date(2023, 6, 5), percent=100, weight=4, state="met"
    )
    draft = ProjectDraft(
        held.code, "", "", frozenset({"milestones"}), held.title_zh, "", held.kind, "", "", code_given=True,
        milestones=(told,),
    )  # fmt: skip
    bureau = BureauDraft("610526")
    load = partial(import_projects, bureau_draft=bureau, drafts=[draft], actor=None, at=timezone.now())
    with pytest.raises(RuleBroken, match="三层梁柱节点露筋"):
        load()
    mended(api).ok()
    act(api, "supervisor", "findings/1/strike-off/", {}).ok()
    assert load().changed == 1
    assert api("official").get(STAGE).ok()["state"] == "met" and verify().sound


@pytest.mark.parametrize("severity", ["minor", "major"])
def test_a_lesser_finding_blocks_nothing(cast: Cast, api: Any, severity: str) -> None:
    api("supervisor").post(f"{P}inspections/", quality()).ok(201)
    api("supervisor").post(f"{P}findings/", found(severity=severity)).ok(201)
    assert api("engineer").change(STAGE, FINISHED).ok()["state"] == "reported"


# --- the certificate ---


def test_a_certificate_is_issued_when_everything_is_there_and_never_before(cast: Cast, api: Any) -> None:
    issue = lambda who="official", **more: act(api, who, "certificates/", paper(**more))  # noqa: E731
    api("official").post(f"{P}inspections/", completion(result="failed")).ok(201)
    issue().problem(409)  # failed
    api("official").post(f"{P}inspections/", quality()).ok(201)
    issue(inspection=2).problem(409)  # not a completion acceptance
    issue(inspection=9).problem(400, "/inspection", "unknown_inspection")
    api("official").change(f"{P}inspections/1/", {"result": "passed"}).ok()
    assert "special" in issue().problem(409)["detail"].lower()
    special_stage_met(cast, api)
    issue(special_acceptances=[]).problem(400, "/special_acceptances", "required")
    api("supervisor").post(f"{P}findings/", found(inspection=2)).ok(201)
    assert "三层梁柱节点露筋" in issue().problem(409)["detail"]
    mended(api).ok()
    act(api, "supervisor", "findings/1/strike-off/", {}).ok()
    api("supervisor").post(f"{P}findings/", found(inspection=2, severity="minor", description="墙面污渍")).ok(201)
    issue("supervisor").problem(403)
    assert not Certificate.objects.exists()

    made = issue().ok(201)
    assert (made["number"], made["issued_on"], made["inspection"]) == ("YS-610526-2023-001", "2023-06-10", 1)
    content = made["content"]
    assert made["sha256"] == hashlib.sha256(canonical(content)).hexdigest()
    assert [row["description"] for row in content["remaining"]] == ["墙面污渍"]
    assert content["special_acceptances"][0]["document_number"] == "蒲消验〔2023〕7号"
    issue().problem(409)  # this inspection has its certificate
    api("official").change(f"{P}inspections/1/", {"note": "afterthought"}).problem(409)
    assert api("official").get(f"{P}certificates/{made['number']}/").ok() == made
    assert verify().sound


def test_numbers_count_per_bureau_and_year(cast: Cast, api: Any) -> None:
    special_stage_met(cast, api)
    for _ in range(3):
        api("official").post(f"{P}inspections/", completion()).ok(201)
    days = ["2023-06-10", "2023-12-31", "2024-01-01"]
    numbers = [
        act(api, "official", "certificates/", paper(inspection=n, issued_on=day)).ok(201)["number"]
        for n, day in enumerate(days, start=1)
    ]
    assert numbers == ["YS-610526-2023-001", "YS-610526-2023-002", "YS-610526-2024-001"]
    rows = api("official").get(f"{P}certificates/").ok()
    assert [row["number"] for row in rows] == numbers


def test_a_certificate_is_written_once(cast: Cast, api: Any) -> None:
    special_stage_met(cast, api)
    api("official").post(f"{P}inspections/", completion()).ok(201)
    act(api, "official", "certificates/", paper()).ok(201)
    row = Certificate.objects.get()
    for change in (
        lambda: Certificate.objects.update(content={}),
        lambda: Certificate.objects.all()._raw_delete("default"),
        lambda: Certificate.objects.create(
            project=row.project,
            number=row.number,
            inspection=row.inspection,
            issued_on=row.issued_on,
            issued_by=row.issued_by,
            content={},
        ),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    with pytest.raises(IntegrityError) as broken, transaction.atomic():
        row.pk, row.number = None, "YS-610526-2023-002"
        row.save(force_insert=True)
    constraint = engine.constraint_of(broken.value)
    assert constraint is not None and constraint.name == "certificate_once_per_inspection"
    assert Certificate.objects.get().content["number"] == "YS-610526-2023-001"


def written(pdf: bytes) -> set[str]:
    """The characters that the fonts of a PDF name: what is drawn can be copied and searched."""
    drawn: set[str] = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            text = stream
        if b"beginbfchar" in text:
            for codes in re.findall(rb"<[0-9a-fA-F]+>\s*<([0-9a-fA-F]+)>", text):
                drawn |= set(bytes.fromhex(codes.decode()).decode("utf-16-be"))
    return drawn


def test_the_paper_is_a_pdf_with_chinese_text_and_the_same_every_time(cast: Cast, api: Any) -> None:
    special_stage_met(cast, api)
    api("official").post(f"{P}inspections/", completion(attendees="王工\n李监理")).ok(201)
    made = act(api, "official", "certificates/", paper()).ok(201)
    path = f"{P}certificates/{made['number']}/pdf/"
    answer = api("engineer").get(path)
    assert (answer.status, answer.type) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-1.") and answer.content.rstrip().endswith(b"%%EOF")
    assert f'filename="{made["number"]}.pdf"' in answer.headers["Content-Disposition"]
    assert set("竣工验收证书蒲城县王工李监理消防合格YS-610526-2023-001") <= written(answer.content)
    api("official").change(P, {"title_zh": "改了名的小学"}).ok()
    later = api("official").get(path, accept="application/pdf")
    assert later.content == answer.content, "the paper says what it said when it was issued"
    assert api("official").get(path, if_none_match=answer.etag).status == 304


def test_the_paper_fetches_nothing_and_takes_text_as_text(cast: Cast, api: Any) -> None:
    special_stage_met(cast, api)
    nasty = '<img src="http://127.0.0.1:1/x"> {{ 7|add:7 }} </style><link rel=stylesheet href="FILE:/etc/passwd">'
    api("official").post(f"{P}inspections/", completion(note=nasty)).ok(201)
    made = act(api, "official", "certificates/", paper()).ok(201)
    html = certificate_html(made["content"], made["sha256"])
    example = certificate_html({**made["content"], "illustrative": True}, made["sha256"])
    assert "示例，并非真实证书" in example and "示例，并非真实证书" not in html
    assert "&lt;img" in html and "<img" not in html and "{{ 7|add:7 }}" in html
    assert api("official").get(f"{P}certificates/{made['number']}/pdf/").status == 200


def test_an_address_in_the_paper_stops_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """The fetcher refuses files as well as the network: else a text that got through would read the server's."""
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    for address in (secret.as_uri(), "http://127.0.0.1:1/x.png", "data:image/svg+xml,%3Csvg/%3E"):
        monkeypatch.setattr(
            "projects_api.interchange.certificates.certificate_html", lambda *a, at=address: f'<img src="{at}">'
        )
        with pytest.raises(BaseException, match="fetches nothing"):
            certificate_pdf({}, "")


# --- bad input ---


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"kind": "party"}, "/kind", None),
        ({"held_on": "2999-01-01"}, "/held_on", None),
        ({"held_on": (TODAY + timedelta(days=2)).isoformat()}, "/held_on", "in_future"),
        ({"result": "passed"}, "/result", "contradicts"),
        ({"result": "fine"}, "/result", None),
        ({"checklist": [{"key": "moon", "result": "pass"}]}, "/checklist/0/key", "unknown_key"),
        ({"checklist": [{"key": "fire", "result": "pass"}]}, "/checklist/0/key", "unknown_key"),
        ({"checklist": [{"key": "concrete", "result": "pass"}] * 2}, "/checklist/1/key", "repeated"),
        ({"checklist": [{"result": "pass"}]}, "/checklist/0", "key_or_text"),
        ({"checklist": [{"key": "concrete", "text": "x", "result": "pass"}]}, "/checklist/0", "key_or_text"),
        ({"checklist": [{"key": "concrete", "result": "maybe"}]}, "/checklist/0/result", None),
        ({"checklist": [{"key": "concrete", "result": "pass", "x": 1}]}, "/checklist/0/x", "unknown_field"),
        ({"checklist": {}}, "/checklist", None),
        ({"checklist": [{"text": "x", "result": "pass"}] * 61}, "/checklist", None),
        ({"milestone": "moon_base"}, "/milestone", "unknown_milestone"),
        ({"archived": True}, "/archived", "unknown_field"),
        ({"number": 7}, "/number", "unknown_field"),
    ],
)
def test_an_inspection_that_cannot_be_is_refused(
    cast: Cast, api: Any, change: dict[str, Any], pointer: str, code: str | None
) -> None:
    api("official").post(f"{P}inspections/", quality() | change).problem(400, pointer, code)
    assert not Inspection.objects.exists()


def test_a_passed_completion_acceptance_answers_every_point(cast: Cast, api: Any) -> None:
    short = completion()
    short["checklist"] = [check for check in short["checklist"] if check["key"] != "fire"]
    refused = api("official").post(f"{P}inspections/", short).problem(400, "/checklist", "incomplete")
    assert "fire" in refused["detail"]
    api("official").post(f"{P}inspections/", short | {"result": "failed"}).ok(201)


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"deadline": "2023-06-01"}, "/deadline", "constraint"),
        ({"deadline": "soon"}, "/deadline", None),
        ({"severity": "grave"}, "/severity", None),
        ({"description": " "}, "/description", "blank"),
        ({"owner": ""}, "/owner", None),
        ({"owner_user": "gushi_official"}, "/owner_user", "unknown_user"),
        ({"owner_user": "nobody"}, "/owner_user", "unknown_user"),
        ({"inspection": 9}, "/inspection", "unknown_inspection"),
        ({"inspection": 10**20}, "/inspection", None),
        ({"point": {"type": "Point", "coordinates": [115.66, 32.17]}}, "/point/coordinates", None),
        ({"point": {"type": "Point", "coordinates": [1e200, 34.9]}}, "/point/coordinates/0", None),
        ({"point": {"type": "Point", "coordinates": [34.9561, 109.5877]}}, "/point/coordinates", None),
        ({"point": "here"}, "/point", None),
        ({"state": "struck_off"}, "/state", "unknown_field"),
        ({"description": "x" * 1001}, "/description", None),
    ],
)
def test_a_finding_that_cannot_be_is_refused(
    cast: Cast, api: Any, change: dict[str, Any], pointer: str, code: str | None
) -> None:
    api("official").post(f"{P}inspections/", quality()).ok(201)
    api("official").post(f"{P}findings/", found() | change).problem(400, pointer, code)
    assert not Finding.objects.exists()
    assert api("official").get("findings/").ok()["count"] == 0


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"text": " "}, "/text", "required"),
        ({"on": "2023-06-01"}, "/on", "before_raised"),
        ({"on": (TODAY + timedelta(days=2)).isoformat()}, "/on", "in_future"),
        ({"photos": [str(uuid4())] * 21}, "/photos", None),
        ({"state": "struck_off"}, "/state", "unknown_field"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(
    cast: Cast, api: Any, raised: dict[str, Any], change: dict[str, Any], pointer: str, code: str | None
) -> None:
    mended(api, **change).problem(400, pointer, code)
    assert api("engineer").get(f"{P}findings/1/").ok()["state"] == "open"


def test_a_deadline_moves_with_a_reason_alone(cast: Cast, api: Any, raised: dict[str, Any]) -> None:
    official = api("official")
    official.change(f"{P}findings/1/", {"deadline": "2023-07-01"}).problem(400, "/reason", "required")
    official.change(f"{P}findings/1/", {"deadline": "2023-06-01", "reason": "x"}).problem(400, "/deadline")
    official.change(f"{P}findings/1/", {}).problem(400)
    official.change(f"{P}findings/1/", {"severity": "minor"}).problem(400, "/severity", "unknown_field")
    assert official.change(f"{P}findings/1/", {"owner": "李工", "owner_user": "engineer"}).ok()["owner"] == "李工"
    assert (
        official.change(f"{P}findings/1/", {"deadline": "2023-07-01", "reason": "雨季"}).ok()["deadline"]
        == "2023-07-01"
    )
    entry: Any = cast.project().ledger.latest("version")
    assert (entry.action, entry.reason) == ("finding.change", "雨季")


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"signatories": []}, "/signatories", "required"),
        ({"signatories": [{"name": "王工"}]}, "/signatories/0/unit", None),
        ({"issued_on": "2023-06-01"}, "/issued_on", "out_of_range"),
        ({"issued_on": (TODAY + timedelta(days=2)).isoformat()}, "/issued_on", "out_of_range"),
        ({"special_acceptances": [{"key": "moon"}]}, "/special_acceptances/0/key", None),
        ({"special_acceptances": [{"accepted_on": "2023-06-01", "document_number": "1"}]}, "/special_acceptances/0/key", None),
        ({"special_acceptances": [{"key": "fire", "accepted_on": "2023-06-11", "document_number": "1"}]},
         "/special_acceptances/0/accepted_on", "after_issued"),
        ({"special_acceptances": [{"key": "fire", "accepted_on": "2023-06-01", "document_number": "1"}] * 2},
         "/special_acceptances/1/key", "repeated"),
        ({"sha256": "0" * 64}, "/sha256", "unknown_field"),
    ],
)  # fmt: skip
def test_a_certificate_that_cannot_be_is_refused(
    cast: Cast, api: Any, change: dict[str, Any], pointer: str, code: str | None
) -> None:
    special_stage_met(cast, api)
    api("official").post(f"{P}inspections/", completion()).ok(201)
    act(api, "official", "certificates/", paper() | change).problem(400, pointer, code)
    assert not Certificate.objects.exists()


# --- lists ---


def test_the_office_lists_findings_over_projects(cast: Cast, api: Any, raised: dict[str, Any]) -> None:
    later = found(inspection=None, severity="minor", deadline="2099-01-01")
    api("official").post("projects/610526-2023-002/findings/", later).ok(201)
    api("gushi_official").post("projects/411525-2023-001/findings/", later).ok(201)

    def listed(query: str = "", who: str = "official") -> list[tuple[str, int]]:
        rows = api(who).get(f"findings/?{query}").ok()["results"]
        return [(row["project"], row["number"]) for row in rows]

    first, second = ("610526-2023-001", 1), ("610526-2023-002", 1)
    assert listed() == [first, second], "the most urgent first, of one's own bureau"
    assert listed("overdue=true") == [first] and listed("severity=minor") == [second]
    assert listed("state=open") == [first, second] and listed("state=struck_off") == []
    assert listed("bureau=411525") == [] and listed("bureau=610526") == [first, second]
    assert listed(who="other_engineer") == [] and listed(who="engineer") == [first, second]
    assert len(listed(who="superuser")) == 3
    mended(api).ok()
    assert listed("overdue=true") == [] and listed("state=rectified") == [first]
    for query, name in (
        ("state=lost", "?state"),
        ("severity=1", "?severity"),
        ("overdue=yes", "?overdue"),
        ("owner=x", "?owner"),
    ):
        api("official").get(f"findings/?{query}").problem(400, name)
    assert api("official").get(f"{P}findings/?severity=serious").ok()["count"] == 1
    assert api("viewer").get(f"{P}inspections/").ok()["results"][0]["number"] == 1


def test_every_list_of_points_can_be_read_in_both_languages() -> None:
    assert CHECKLISTS.keys() == set(InspectionKind)
    for checklist in (*CHECKLISTS.values(), SPECIAL_ACCEPTANCES):
        keys = [point.key for point in checklist]
        assert len(set(keys)) == len(keys) and all(point.zh and point.en for point in checklist)


# --- what is private ---


def test_the_public_reads_of_all_this_a_number_and_a_day(cast: Cast, api: Any) -> None:
    special_stage_met(cast, api)
    api("official").post(
        f"{P}inspections/",
        completion(note=PRIVATE, attendees=PRIVATE, inspector=PRIVATE, reason=PRIVATE),
    ).ok(201)
    secret = {"description": PRIVATE, "owner": PRIVATE, "place": PRIVATE, "reason": PRIVATE, "severity": "major"}
    api("official").post(f"{P}findings/", found(**secret, point=INSIDE)).ok(201)
    mended(api, text=PRIVATE).ok()
    act(api, "official", "findings/1/reopen/", {"note": PRIVATE}).ok()
    signed = [{"name": PRIVATE, "unit": PRIVATE, "role": PRIVATE}]
    number = act(api, "official", "certificates/", paper(signatories=signed, reason=PRIVATE)).ok(201)["number"]

    shown = {"number": number, "project": "610526-2023-001", "issued_on": "2023-06-10"}
    for who in ("public", "stranger", "gushi_official", "gushi_engineer", "other_engineer"):
        assert api(who).get(f"{P}certificates/").ok() == [shown]
        assert api(who).get(f"{P}certificates/{number}/").ok() == shown
        assert api(who).get(P).ok()["certificates"] == [{"number": number, "issued_on": "2023-06-10"}]
        assert "certificates" not in api(who).get(f"{P}?on=2023-06-09").ok()
        for path in (P, f"{P}history/", "changes/?limit=1000", f"{P}milestones/", f"/{P}", "/projects/", "findings/"):
            text = api(who).get(path).text
            assert PRIVATE not in text and "109.5877" not in text, (who, path)
        for path in ("inspections/", "inspections/1/", "findings/", "findings/1/", f"certificates/{number}/pdf/"):
            refused = api(who).get(P + path)
            assert refused.status in (401, 403) and PRIVATE not in refused.text
        published = [row["patch"] for row in api(who).get(f"{P}history/").ok() if row["action"] == "certificate.issue"]
        assert published == [[{"op": "add", "path": "/certificates", "value": {number: {"issued_on": "2023-06-10"}}}]]
        actions = {row["action"] for row in api(who).get(f"{P}history/").ok()}
        assert not [action for action in actions if action.startswith(("finding.", "inspection."))]
    assert PRIVATE in api("official").get(f"{P}history/").text, "else this proves nothing"
    assert PRIVATE in api("engineer").get(f"{P}findings/1/").text
    page = api().get(f"/{P}").text
    assert f"Certificate of completion acceptance {number} issued on 10 June 2023" in page
    for who in ("official", "engineer"):
        inside = api()
        inside.client.force_login(cast.user(who), "projects_api.services.sign_in.AccountBackend")
        assert inside.get(f"/{P}").status == 200, "the page tells changes of members that it has no words for"
    assert verify().sound


def test_the_field_takes_along_what_is_not_struck_off(cast: Cast, api: Any, raised: dict[str, Any]) -> None:
    def listed(who: str = "engineer") -> list[Any]:
        sites = {site["code"]: site for site in api(who).get("field/").ok()["sites"]}
        return [(finding["number"], finding["state"]) for finding in sites.get(P.split("/")[1], {}).get("findings", [])]

    assert listed() == [(1, "open")] and listed("other_engineer") == []
    mended(api).ok()
    assert listed() == [(1, "rectified")]
    act(api, "official", "findings/1/strike-off/", {}).ok()
    assert listed() == []


def test_a_mending_sent_again_from_a_newer_version_is_the_same(cast: Cast, api: Any, raised: dict[str, Any]) -> None:
    """What the field app relies on: the key decides before the version does."""
    body, key = {"text": "done", "on": "2023-06-08"}, {"idempotency_key": "5f0c2a9e-0000-4000-8000-00000000000f"}
    old = api("official").get(P).etag
    first = api("engineer").post(f"{P}findings/1/rectify/", body, if_match=old, **key).ok()
    again = api("engineer").post(f"{P}findings/1/rectify/", body, if_match=old, **key).ok()
    assert first == again and again["state"] == "rectified"
    api("engineer").post(f"{P}findings/1/rectify/", body, if_match=old).problem(412)
