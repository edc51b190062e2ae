"""销号制 in real Chromium: a finding mended without signal; a rural upgrade from needs survey to certificate by four roles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.conftest import Problems
from tests.e2e.test_field_offline import PHONE, SITE, Office, Phone, office, phone, photo
from tests.servers import Server

__all__ = ["office", "phone"]

pytestmark = pytest.mark.browser

LATER = (date.today() + timedelta(days=20)).isoformat()
FINDING = {"severity": "serious", "description": "三层洞口无盖板", "owner": "县建筑公司", "deadline": LATER}


def test_a_finding_is_mended_without_signal_and_arrives_once(
    phone: Phone, office: Callable[[str], Office], fresh_server: Server
) -> None:
    """Written offline with a photo, the browser closed, the project changed meanwhile, the first answer lost on its way."""
    supervisor = office("supervisor")
    supervisor.call("POST", f"projects/{SITE}/findings/", FINDING)
    page = phone.open("/accounts/login/")
    phone.sign_in("engineer")
    phone.ready()
    assert "One finding to be mended, 1 serious" in page.inner_text("main")
    phone.context.set_offline(True)
    page.goto(f"/field/#site/{SITE}")
    page.click("#finding-1")
    page.click("#mend-send")
    expect(page.get_by_text("Say how it was mended.")).to_be_visible()
    page.fill("#mend-text", "已加盖板并固定")
    page.set_input_files("#report-album", [photo(3)])
    page.wait_for_selector(".field-photos img")
    phone.close()

    page = phone.open(f"/field/#mend/{SITE}/1", offline=True)
    page.wait_for_selector(".field-photos img")
    assert page.input_value("#mend-text") == "已加盖板并固定", "kept from its first word, without being sent"
    page.click("#mend-send")
    page.wait_for_selector("#finding-1:has-text('not sent yet')")
    assert phone.states() == {"waiting": 1}
    supervisor.call("POST", f"projects/{SITE}/findings/", {**FINDING, "severity": "minor", "description": "另一处"})
    lost: list[int] = []

    def lose_the_first(route: Any) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort()

    phone.problems.allow("ERR_FAILED|status of 412")
    page.route("**/rectify/", lose_the_first)
    phone.context.set_offline(False)
    phone.wait_for({"sent": 1})
    assert lost == [200]
    page.wait_for_selector("#photos-now", state="detached")
    finding = supervisor.call("GET", f"projects/{SITE}/findings/1/")
    assert (finding["state"], finding["rectification"], len(finding["photos"])) == ("rectified", "已加盖板并固定", 1)
    history = supervisor.call("GET", f"projects/{SITE}/history/")
    assert [entry["action"] for entry in history].count("finding.rectify") == 1

    # Opened again; while the engineer writes anew without signal, somebody else mends it: refused, and nothing is lost.
    supervisor.change("POST", f"projects/{SITE}/findings/1/reopen/", {"note": "盖板松动"})
    page.click("#head-refresh")
    page.wait_for_selector('[data-id][data-state="reopened"]')
    phone.context.set_offline(True)
    page.goto(f"/field/#mend/{SITE}/1")
    page.wait_for_selector("main:has-text('Opened again: 盖板松动')")
    page.fill("#mend-text", "重新固定")
    page.click("#mend-send")
    page.wait_for_selector("h1:not(:has-text('三层洞口无盖板'))")
    body = {"text": "已由班组处理", "on": date.today().isoformat(), "reason": "engineer on the road"}
    office("bureau_admin").change("POST", f"projects/{SITE}/findings/1/rectify/", body)
    phone.context.set_offline(False)
    phone.wait_for({"refused": 1, "reopened": 1})
    text = page.inner_text("main")
    assert "重新固定" in text and "changed after you had looked at it" in text
    fresh_server.manage("verify_ledger")


class Desk:
    """Somebody at a browser of their own, signed in."""

    def __init__(self, browser: Any, server: Server, who: str, problems: Problems, **options: Any) -> None:
        options = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **options}
        self.context = browser.new_context(base_url=server.url, **options)
        self.context.set_default_timeout(40_000)
        problems.watch(self.context)
        self.page = self.context.new_page()
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.page.goto("/accounts/login/")
        self.page.fill("#id_username", who)
        self.page.fill("#id_password", f"demo-{who}")
        with self.page.expect_navigation():
            self.page.press("#id_password", "Enter")

    def press(self, name: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=True).click()


@pytest.fixture
def at_desk(browser: Any, fresh_server: Server) -> Iterator[Callable[..., Desk]]:
    problems = Problems(fresh_server.url)
    problems.allow(r"status of 4\d\d")  # refusals are part of the story
    desks: list[Desk] = []

    def sit(who: str, **options: Any) -> Desk:
        desks.append(Desk(browser, fresh_server, who, problems, **options))
        return desks[-1]

    yield sit
    for desk in desks:
        desk.context.close()
    assert problems.left() == []


def test_a_rural_upgrade_from_needs_survey_to_certificate_by_four_roles(
    at_desk: Callable[..., Desk], office: Callable[[str], Office], fresh_server: Server
) -> None:
    """The bureau's administrator assigns, the engineer reports and mends, the supervisor reviews and inspects, the official
    strikes off and issues."""
    new = {"bureau": "610526", "kind": "rural_upgrade", "title_zh": "龙池镇小学改造", "contractor": "县建筑公司"}
    made = office("official").call("POST", "projects/", new)
    code = made["code"]
    admin = office("bureau_admin")
    admin.change("PUT", f"projects/{code}/engineers/engineer/", {"reason": "new site"})
    stages = [stage["key"] for stage in admin.call("GET", f"projects/{code}/milestones/")]
    assert stages[0] == "needs_survey"
    before = stages[: stages.index("acceptance")]
    there = f"/projects/{code}/"

    engineer = at_desk("engineer", **{name: PHONE[name] for name in PHONE if name != "locale"})
    page = engineer.page
    page.goto(f"/field/#site/{code}")
    for index, key in enumerate(before):
        days = [date.today() - timedelta(days=200 - 10 * index - more) for more in (0, 5)]
        page.click(f"#stage-{key}")
        for name, when in zip(("started", "actual"), days, strict=True):
            page.fill(f"#sheet-{name}", when.isoformat())
            page.dispatch_event(f"#sheet-{name}", "change")
        page.click("#sheet-done")
    page.fill("#report-text", "改造工程全部完成")
    page.click("#report-send")
    page.wait_for_selector("h1:has-text('My sites')")
    page.goto("/field/#queue")
    page.wait_for_selector('[data-id][data-state="sent"], [data-id][data-state="refused"]')
    assert "refused" not in page.inner_text("main"), page.inner_text("main")

    supervisor = at_desk("supervisor")
    desk = supervisor.page
    desk.goto("/office/reports/")
    with desk.expect_navigation():
        desk.get_by_role("link", name="龙池镇小学改造").first.click()
    supervisor.press("Accept")
    assert {admin.stage(key, code)["state"] for key in before} == {"met"}

    # The inspection raises its finding with it, in one form.
    desk.goto(f"{there}inspections/new/?kind=completion_acceptance")
    desk.get_by_label("Result of the inspection").select_option("passed_with_findings")
    for index in range(9):
        desk.check(f'input[name="checklist-{index}-result"][value="{"fail" if index == 1 else "pass"}"]')
    assert desk.locator("#checklist-0-severity").is_hidden(), "asked only where a point fails"
    desk.fill("#checklist-1-note", "消防通道被占用")
    desk.select_option("#checklist-1-severity", "serious")
    desk.fill("#checklist-1-deadline", LATER)
    supervisor.press("Record the inspection")
    assert "1 finding was raised." in desk.inner_text("main")

    official = at_desk("official")
    office_page = official.page
    office_page.goto(f"{there}certificates/new/")
    blocked = office_page.inner_text("main")
    assert "It cannot be issued yet" in blocked and "消防通道被占用" in blocked

    page.click("#head-refresh")
    page.wait_for_selector(".field-state[data-state=idle]")
    page.goto(f"/field/#site/{code}")
    page.click("#finding-1")
    page.fill("#mend-text", "已清理并划线")
    page.set_input_files("#report-album", [photo(8)])
    page.wait_for_selector(".field-photos img")
    page.click("#mend-send")
    page.wait_for_selector("#finding-1:has-text('inspected again')")
    page.goto("/field/#queue")
    # Its photo is a write of its own: forms made before it would come back once more.
    page.wait_for_selector("main:has-text('1 of 1 sent in full')")

    office_page.goto(f"{there}findings/1/")
    office_page.get_by_label("Note (need not be)").fill("复查合格")
    official.press("Strike off")
    story = office_page.inner_text(".story")
    assert [words in story for words in ("消防", "已清理并划线", "复查合格")] == [False, True, True]

    admin.change("PATCH", f"projects/{code}/milestones/acceptance/", {
        "started": date.today().isoformat(), "actual": date.today().isoformat(), "reason": "told by telephone",
    })  # fmt: skip
    desk.goto("/office/reports/")
    with desk.expect_navigation():
        desk.get_by_role("button", name="of 龙池镇小学改造").click()
    assert admin.stage("acceptance", code)["state"] == "met"

    office_page.goto(f"{there}certificates/new/")
    office_page.fill("#signatories-0-name", "王建国")
    office_page.fill("#signatories-1-name", "赵强")
    official.press("Issue the certificate")
    with office_page.expect_download() as download:
        office_page.get_by_role("link", name="Download the PDF").click()
    number = download.value.suggested_filename.removesuffix(".pdf")
    assert number.startswith("YS-610526-") and download.value.path().read_bytes().startswith(b"%PDF-")
    fresh_server.manage("verify_ledger")
