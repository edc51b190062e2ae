"""Inspections, findings and certificates as pages: who sees which button, forms that lose nothing, what blocks acceptance."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from projects_api.checklists import points
from projects_api.models import Certificate, Finding, Inspection, Photo
from projects_api.services.inspections import finding_raise, finding_rectify, inspection_record
from projects_api.services.milestones import milestone_accept, milestone_change
from tests.cast import Cast
from tests.portal.conftest import Page

pytestmark = pytest.mark.once  # words and forms; what is behind them is tried on both engines (tests/api, tests/record)

AT = datetime(2023, 6, 6, 8, tzinfo=UTC)
P = "/projects/610526-2023-001/"
FOUND = {
    "severity": "serious",
    "description": "三层梁柱节点露筋",
    "owner": "县建筑公司",
    "deadline": date(2023, 6, 20),
}
Browser = Callable[..., Client]


def send(client: Client, cast: Cast, path: str, form: dict[str, Any]) -> Any:
    return client.post(path, {"version": str(cast.project().version), **form})


def raised(cast: Cast, **more: Any) -> Finding:
    return finding_raise(project_id=cast.project().pk, actor=cast.user("supervisor"), at=AT, values={**FOUND, **more})


def mended(cast: Cast, who: str = "engineer", number: int = 1) -> None:
    finding_rectify(
        project_id=cast.project().pk,
        number=number,
        actor=cast.user(who),
        at=AT,
        expected=None,
        text="已凿除并重新浇筑",
        day=date(2023, 6, 6),
    )


def accepted(cast: Cast) -> Inspection:
    checks = [{"key": key, "result": "pass"} for key in points("completion_acceptance")]
    values = {"kind": "completion_acceptance", "held_on": date(2023, 6, 5), "result": "passed", "checklist": checks}
    return inspection_record(project_id=cast.project().pk, actor=cast.user("supervisor"), at=AT, values=values)


def specials_met(cast: Cast) -> None:
    frame: dict[str, Any] = {"project_id": cast.project().pk, "key": "special_acceptance", "at": AT, "expected": None}
    days = {"started": date(2023, 5, 20), "actual": date(2023, 6, 1)}
    milestone_change(**frame, actor=cast.user("engineer"), changes=days)
    milestone_accept(**frame, actor=cast.user("supervisor"))


def safety(**more: str) -> dict[str, str]:
    return {"held_on": "2023-06-02", "inspector": "质监站", "result": "passed_with_findings", "act": "save", **more}


# --- from the checklist to findings ---


def test_a_failed_point_raises_its_finding_at_once(cast: Cast, browser_of: Browser) -> None:
    client = browser_of("supervisor")
    form = Page(client.get(f"{P}inspections/new/?kind=safety"))
    assert "Edges and openings guarded" in form and "raise no finding" in form
    answer = send(
        client,
        cast,
        f"{P}inspections/new/?kind=safety",
        safety(
            **{
                "attendees": "监理\r\n施工",
                "checklist-0-result": "pass",
                "checklist-2-result": "fail",
                "checklist-2-note": "四层楼梯口无防护",
                "checklist-2-severity": "serious",
                "checklist-2-owner": "县建筑公司",
                "checklist-2-deadline": "2023-06-10",
                "checklist-2-place": "四层",
                "checklist-8-text": "食堂燃气",
                "checklist-8-result": "fail",
                "checklist-8-note": "软管老化",
                "checklist-8-severity": "none",
            }
        ),
    )
    assert answer.status_code == 303, answer.content.decode()[:3000]
    held, finding = Inspection.objects.get(), Finding.objects.get()
    assert [check["result"] for check in held.checklist] == ["pass", "fail", "fail"]
    assert (held.checklist[2]["text"], held.attendees) == ("食堂燃气", "监理\n施工")
    assert (finding.description, finding.severity, finding.place) == ("四层楼梯口无防护", "serious", "四层")
    assert (finding.inspection_id, finding.raised_on) == (held.pk, date(2023, 6, 2))
    page = Page(client.get(answer["Location"]))
    assert "1 finding was raised." in page and "食堂燃气" in page and "四层楼梯口无防护" in page


def test_an_incomplete_form_comes_back_with_all_that_was_typed_and_writes_nothing(
    cast: Cast, browser_of: Browser
) -> None:
    client = browser_of("official")
    said = safety(
        **{
            "note": "雨天",
            "checklist-2-result": "fail",
            "checklist-2-note": "四层楼梯口无防护",
            "checklist-8-text": "食堂燃气",
            "checklist-8-result": "pass",
        }
    )
    answer = send(client, cast, f"{P}inspections/new/?kind=safety", said)
    page = Page(answer)
    assert answer.status_code == 400 and Inspection.objects.count() == 0
    assert "Severity of the finding: This field is required." in page
    assert re.search(r'<select id="checklist-2-severity"[^>]*aria-invalid="true" aria-describedby="([^"]+)"', page.html)
    for typed in ("四层楼梯口无防护", "食堂燃气", "雨天", "质监站", "2023-06-02"):
        assert typed in page.html
    more = Page(send(client, cast, f"{P}inspections/new/?kind=safety", said | {"act": "more"}))
    assert "食堂燃气" in more.html and 'id="checklist-10-text"' in more.html

    late = said | {"checklist-2-severity": "minor", "checklist-2-owner": "x", "checklist-2-deadline": "2023-06-01"}
    answer = send(client, cast, f"{P}inspections/new/?kind=safety", late)
    assert "The deadline lies before" in Page(answer) and Inspection.objects.count() == 0, "all of it or nothing"

    stale = client.post(f"{P}inspections/new/?kind=safety", {**said, "version": "1"})
    assert stale.status_code in (400, 412) and "食堂燃气" in stale.content.decode()


def test_an_inspection_is_corrected_with_a_reason_and_set_aside(cast: Cast, browser_of: Browser) -> None:
    accepted(cast)
    client = browser_of("supervisor")
    form = client.get(f"{P}inspections/1/edit/").content.decode()
    assert form.count(" checked") == 9
    checks = {f"checklist-{n}-result": "pass" for n in range(9)}
    said = {**checks, "held_on": "2023-06-04", "inspector": "质监站", "result": "passed", "act": "save"}
    refused = send(client, cast, f"{P}inspections/1/edit/", said)
    assert refused.status_code == 400 and "Say why the inspection is changed." in Page(refused)
    assert send(client, cast, f"{P}inspections/1/edit/", {**said, "reason": "wrong day"}).status_code == 303
    assert Inspection.objects.get().held_on == date(2023, 6, 4)
    assert send(client, cast, f"{P}inspections/1/edit/", {"act": "archive", "reason": "twice"}).status_code == 303
    assert Inspection.objects.get().archived and "set aside" in Page(client.get(f"{P}inspections/"))


# --- a finding's life ---


def test_a_finding_is_raised_mended_with_photos_and_struck_off_by_somebody_else(
    cast: Cast, browser_of: Browser
) -> None:
    supervisor, engineer = browser_of("supervisor"), browser_of("engineer")
    form = {"severity": "serious", "description": "露筋", "owner": "县建筑公司", "deadline": "2099-01-01"}
    bad = send(supervisor, cast, f"{P}findings/new/", form | {"point": "34.95 109"})
    assert bad.status_code == 400 and "露筋" in bad.content.decode() and "34.95 109" in bad.content.decode()
    place = {"point": "109.5877, 34.9561", "owner_user": "engineer", "place": "三层"}
    assert send(supervisor, cast, f"{P}findings/new/", form | place).status_code == 303
    finding = Finding.objects.get()
    assert finding.point and round(finding.point.x, 4) == 109.5877

    there = f"{P}findings/1/"
    page = Page(engineer.get(there))
    assert "It is mended" in page and "Strike off" not in page and "Move the deadline" not in page
    wrong = {"act": "rectify", "rectify-text": "重新浇筑", "rectify-on": "2098-01-01", "rectify-files": picture()}
    answer = send(engineer, cast, there, wrong)
    assert answer.status_code == 400 and "重新浇筑" in answer.content.decode()
    assert "cannot lie in the future" in Page(answer)
    kept = str(Photo.objects.get().pk)
    assert re.search(rf'value="{kept}" checked', answer.content.decode()), "the photo has arrived and stays chosen"
    today = {"rectify-on": date.today().isoformat(), "rectify-photos": [kept], "rectify-files": picture(7)}
    assert send(engineer, cast, there, wrong | today).status_code == 303
    finding.refresh_from_db()
    assert (finding.state, len(finding.photos), finding.photos[0]) == ("rectified", 2, kept)

    page = Page(supervisor.get(there))
    assert "Strike it off" in page and "Not in order: open it again" in page
    again = {"act": "reopen", "reopen-note": "仍有露筋", "reopen-deadline": "2099-02-01"}
    assert send(supervisor, cast, there, again).status_code == 303
    moved = {
        "act": "change",
        "change-deadline": "2099-03-01",
        "change-owner": "县建筑公司",
        "change-owner_user": "engineer",
    }
    refused = send(supervisor, cast, there, moved)
    assert refused.status_code == 400 and "Say why the deadline is moved." in Page(refused)
    assert send(supervisor, cast, there, moved | {"change-reason": "冬休"}).status_code == 303
    once_more = {"act": "rectify", "rectify-text": "第二次", "rectify-on": date.today().isoformat()}
    assert send(engineer, cast, there, once_more).status_code == 303
    assert (
        send(browser_of("official"), cast, there, {"act": "strike_off", "strike_off-note": "合格"}).status_code == 303
    )

    story = Page(supervisor.get(there))
    told = [
        "Raised",
        "Mended",
        "重新浇筑",
        "Reopened",
        "仍有露筋",
        "Deadline moved",
        "冬休",
        "第二次",
        "Struck off",
        "合格",
    ]
    places = [story.text.index(words, story.text.index("The whole story")) for words in told]
    assert places == sorted(places), "the rounds stand in their order"
    assert f"/photos/{kept}/preview/" in story.html
    board = Page(supervisor.get(f"{P}inspections/"))
    assert "The whole story: 6 steps" in board


def picture(shade: int = 0) -> io.BytesIO:
    file = io.BytesIO()
    Image.linear_gradient("L").rotate(shade * 10).convert("RGB").save(file, "JPEG")
    file.seek(0)
    file.name = f"{shade}.jpg"
    return file


def test_who_mended_it_has_no_button_to_strike_it_off_and_is_refused_with_words(
    cast: Cast, browser_of: Browser
) -> None:
    raised(cast)
    mended(cast, "bureau_admin")
    client = browser_of("bureau_admin")
    page = Page(client.get(f"{P}findings/1/"))
    assert "You mended this yourself" in page and "Strike it off" not in page
    refused = send(client, cast, f"{P}findings/1/", {"act": "strike_off"})
    assert refused.status_code == 403
    assert "Nobody strikes off what they have mended themselves." in Page(refused)
    assert Finding.objects.get().state == "rectified"


def test_a_bureau_administrator_mends_for_the_engineer_with_a_reason(cast: Cast, browser_of: Browser) -> None:
    raised(cast)
    client = browser_of("bureau_admin")
    form = {"act": "rectify", "rectify-text": "done", "rectify-on": "2023-06-08"}
    refused = send(client, cast, f"{P}findings/1/", form)
    assert refused.status_code == 400 and "needs a reason" in Page(refused)
    assert send(client, cast, f"{P}findings/1/", form | {"rectify-reason": "by telephone"}).status_code == 303


@pytest.mark.parametrize(
    ("who", "buttons"),
    [
        ("engineer", {"It is mended"}),
        ("supervisor", {"Move the deadline"}),
        ("official", {"Move the deadline"}),
        ("bureau_admin", {"It is mended", "Move the deadline"}),
        ("viewer", set()),
    ],
)
def test_everybody_sees_the_steps_that_are_theirs(cast: Cast, browser_of: Browser, who: str, buttons: set[str]) -> None:
    raised(cast)
    page = Page(browser_of(who).get(f"{P}findings/1/"))
    assert {words for words in ("It is mended", "Move the deadline", "Strike it off") if words in page} == buttons
    whole = Page(browser_of(who).get(f"{P}inspections/"))
    assert ("Raise a finding" in whole) == ("Move the deadline" in buttons)
    assert ("It cannot be issued yet" in whole) == (who in ("official", "bureau_admin"))


def test_who_may_not_is_told_so_and_writes_nothing(cast: Cast, browser_of: Browser) -> None:
    raised(cast)
    engineer, viewer = browser_of("engineer"), browser_of("viewer")
    assert (
        send(engineer, cast, f"{P}findings/1/", {"act": "change", "change-deadline": "2099-01-01"}).status_code == 403
    )
    assert send(viewer, cast, f"{P}findings/1/", {"act": "rectify"}).status_code == 403
    assert send(engineer, cast, f"{P}inspections/new/?kind=safety", safety()).status_code == 403
    assert send(browser_of("supervisor"), cast, f"{P}certificates/new/", {}).status_code == 403
    assert Finding.objects.get().deadline == FOUND["deadline"] and Inspection.objects.count() == 0


# --- the lists ---


def test_the_office_lists_the_most_urgent_first_and_filters(cast: Cast, browser_of: Browser) -> None:
    raised(cast, severity="minor", description="油漆脱落", deadline=date(2023, 6, 7), owner="油漆队")
    raised(cast, description="露筋甲", deadline=date.today() + timedelta(days=9))
    raised(cast, description="露筋乙", deadline=date.today() - timedelta(days=3))
    raised(cast, description="已改", severity="major")
    mended(cast, number=4)
    client = browser_of("official")
    page = Page(client.get("/office/inspections/"))
    order = [page.text.index(words) for words in ("露筋乙", "露筋甲", "已改", "油漆脱落")]
    assert order == sorted(order) and "3 days overdue" in page
    assert "To be mended 3" in page and "Overdue 2" in page
    only = Page(client.get("/office/inspections/?severity=minor&owner=油漆队&state=open&project=610526-2023-001"))
    assert "油漆脱落" in only and "露筋甲" not in only
    assert "露筋乙" in Page(client.get("/office/inspections/?overdue=true"))
    assert "No finding matches" in Page(client.get("/office/inspections/?severity=major&overdue=true"))
    assert "No inspection has been recorded yet." in Page(client.get("/office/inspections/?show=inspections"))
    assert client.get("/office/inspections/?severity=huge").status_code == 400
    assert "露筋" not in Page(browser_of("gushi_official").get("/office/inspections/"))
    assert "露筋甲" in Page(browser_of("engineer").get("/office/inspections/"))
    assert "Nothing is to be mended." in Page(browser_of("gushi_official").get("/office/inspections/"))
    assert "4 open findings, 2 serious, 2 overdue" in Page(client.get("/office/"))


def test_the_lists_cost_the_same_at_any_number(
    cast: Cast, browser_of: Browser, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        raised(cast, description=f"No {number}")
    official = browser_of("official")
    with django_assert_max_num_queries(12):
        official.get("/office/inspections/")
    with django_assert_max_num_queries(24):
        official.get(f"{P}inspections/")


# --- acceptance and the certificate ---


def test_an_open_serious_finding_blocks_acceptance_and_certificate_by_name(cast: Cast, browser_of: Browser) -> None:
    raised(cast)
    accepted(cast)
    specials_met(cast)
    official = browser_of("official")
    page = Page(official.get(f"{P}inspections/"))
    assert "Completion acceptance waits" in page and "No. 1 三层梁柱节点露筋" in page
    before = Page(official.get(f"{P}certificates/new/"))
    assert (
        "It cannot be issued yet" in before and "三层梁柱节点露筋" in before and "signatories-0-name" not in before.html
    )
    refused = send(official, cast, f"{P}certificates/new/", paper())
    assert refused.status_code == 409 and "三层梁柱节点露筋" in Page(refused) and "王工" in refused.content.decode()
    assert Certificate.objects.count() == 0


def paper(**more: str) -> dict[str, str]:
    return {
        "inspection": "1",
        "issued_on": "2023-06-10",
        "signatories-0-name": "王工",
        "signatories-0-unit": "县教育局",
        "signatories-0-role": "建设单位",
        "special_acceptances-1-accepted_on": "2023-06-01",
        "special_acceptances-1-document_number": "蒲消验〔2023〕7号",
        "act": "issue",
        **more,
    }


def test_the_certificate_is_issued_and_downloaded_and_the_public_reads_its_number(
    cast: Cast, browser_of: Browser
) -> None:
    official = browser_of("official")
    assert "There is no passed completion acceptance" in Page(official.get(f"{P}certificates/new/"))
    accepted(cast)
    specials_met(cast)
    assert "Issue the certificate" in Page(official.get(f"{P}inspections/"))
    offered = browser_of("official", "zh-hans").get(f"{P}certificates/new/").content.decode()
    assert 'value="施工单位"' in offered and "施工单位原因" not in offered, (
        "a role, not a reason for delay: it stays on paper"
    )
    half = paper(**{"special_acceptances-3-accepted_on": "2023-06-01", "signatories-1-unit": "另一家"})
    refused = send(official, cast, f"{P}certificates/new/", half)
    page = Page(refused)
    assert refused.status_code == 400 and Certificate.objects.count() == 0
    assert "Document number: This field is required." in page and "另一家" in page.html and "蒲消验" in page.html

    answer = send(official, cast, f"{P}certificates/new/", paper())
    assert answer.status_code == 303
    held = Certificate.objects.get()
    assert [who["name"] for who in held.content["signatories"]] == ["王工"]
    page = Page(official.get(answer["Location"]))
    assert "is issued" in page and "蒲消验〔2023〕7号" in page
    pdf = official.get(f"{P}certificates/{held.number}/pdf/")
    assert pdf.status_code == 200 and pdf.content.startswith(b"%PDF-") and held.number in pdf["Content-Disposition"]
    assert "no longer changes" in Page(official.get(f"{P}inspections/1/"))

    public = Page(browser_of().get(P))
    assert held.number in public and "10 June 2023" in public
    assert "王工" not in public.html and "/certificates/" not in public.html
    assert browser_of().get(f"{P}certificates/{held.number}/pdf/").status_code == 302


def test_insiders_see_on_the_project_page_what_is_open_and_the_public_does_not(cast: Cast, browser_of: Browser) -> None:
    raised(cast)
    raised(cast, severity="minor", deadline=date(2099, 1, 1))
    page = Page(browser_of("engineer").get(P))
    assert "2 open findings, 1 serious, 1 overdue" in page and f'href="{P}inspections/"' in page.html
    assert "Finding 1 raised: 三层梁柱节点露筋" in page
    public = Page(browser_of().get(P))
    assert "finding" not in public and "inspections" not in public.html
