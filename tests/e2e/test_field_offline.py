"""The field app in real Chromium on a real server: no signal, a closed browser, a faster office, another person's phone."""

from __future__ import annotations

import io
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.conftest import CHROMIUM_FLAGS, PATIENCE, Problems
from tests.servers import Server

pytestmark = pytest.mark.browser

SITE = "610526-2023-006"  # of the demonstration's engineer, under construction
OTHER_SITE = "610526-2023-003"
PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "en-GB", "has_touch": True, "is_mobile": True}


# A browser cannot be filled up in a test: from now on it answers as a full one does where pictures are kept.
FULL = """() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...things) {
    if (this.name === "originals") throw new DOMException("full", "QuotaExceededError");
    return put.apply(this, things);
  };
}"""


class Office:
    """The API as somebody in the office uses it."""

    def __init__(self, browser: Any, server: Server, who: str) -> None:
        self.requests = browser.new_context(base_url=server.url).request
        self.base = "/api/v1/"
        self.headers: dict[str, str] = {}
        body = {"username": who, "password": f"demo-{who}", "device": "office"}
        self.headers = {"Authorization": f"Token {self.call('POST', 'tokens/', body)['token']}"}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = self.requests.fetch(self.base + path, method=method, data=body, headers={**self.headers, **headers})
        assert answer.ok, answer.text()
        return answer.json() if answer.body() else None

    def etag(self, path: str) -> str:
        return str(self.requests.get(self.base + path, headers=self.headers).headers["etag"])

    def change(self, method: str, path: str, body: Any) -> Any:
        project = "/".join(path.split("/")[:2]) + "/"
        return self.call(method, path, body, **{"If-Match": self.etag(project)})

    def stage(self, key: str, code: str = SITE) -> Any:
        return self.call("GET", f"projects/{code}/milestones/{key}/")


class Phone:
    """One phone with its storage: closed and opened again it is the same phone."""

    def __init__(self, browser: Any, server: Server, directory: Path) -> None:
        self.browser, self.server, self.directory = browser, server, directory
        self.problems = Problems(server.url)
        # Having no network, and being signed out, is what these tests are about.
        self.problems.allow(r"ERR_INTERNET_DISCONNECTED|status of 40[139]")
        self.context: Any = None

    def open(self, address: str = "/field/", *, offline: bool = False) -> Any:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        options = {"executable_path": path, "args": CHROMIUM_FLAGS, "base_url": self.server.url, **PHONE}
        self.context = self.browser.browser_type.launch_persistent_context(str(self.directory), **options)
        self.context.set_default_timeout(PATIENCE)
        self.problems.watch(self.context)
        self.context.set_offline(offline)
        self.page = self.context.pages[0]
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.page.goto(address)
        return self.page

    def close(self) -> None:
        if self.context:
            self.context.close()
        self.context = None

    def sign_in(self, who: str) -> None:
        """From wherever the app sends one."""
        self.page.goto("/accounts/login/?next=/field/")
        self.page.fill("#id_username", who)
        self.page.fill("#id_password", f"demo-{who}")
        self.page.press("#id_password", "Enter")
        self.page.wait_for_url("**/field/")

    def ready(self) -> None:
        """The sites are here and the app is kept for the time without a network."""
        self.page.wait_for_selector(f'a[href="#site/{SITE}"]')
        self.page.wait_for_selector("#foot-kept")

    def report(self, code: str, text: str = "", **percents: int) -> None:
        self.page.click("#head-home")
        self.page.click(f'a[href="#site/{code}"]')
        for key, percent in percents.items():
            self.page.click(f"#stage-{key}")
            self.page.fill("#sheet-percent", str(percent))
            self.page.click("#sheet-done")
        if text:
            self.page.fill("#report-text", text)

    def send(self) -> None:
        self.page.click("#report-send")
        self.page.wait_for_selector("h1:has-text('My sites')")

    def states(self) -> dict[str, int]:
        """How many reports stand in each state, as the page of reports shows them."""
        self.page.goto("/field/#queue")
        self.page.wait_for_selector("h1:has-text('My reports')")
        found = self.page.eval_on_selector_all("[data-state][data-id]", "all => all.map(one => one.dataset.state)")
        return {state: found.count(state) for state in found}

    def wait_for(self, expected: dict[str, int]) -> None:
        """Until just so many reports stand in these states, and nothing is being sent."""
        self.page.goto("/field/#queue")
        self.page.wait_for_function(
            """expected => {
              const rows = [...document.querySelectorAll("[data-state][data-id]")].map((row) => row.dataset.state);
              const wanted = Object.entries(expected).flatMap(([state, n]) => Array(n).fill(state));
              const idle = document.querySelector(".field-state:not([data-state=busy])");
              return idle && rows.sort().join() === wanted.sort().join();
            }""",
            arg=expected,
        )
        assert self.states() == expected


@pytest.fixture
def phone(browser: Any, fresh_server: Server, tmp_path: Path) -> Iterator[Phone]:
    phone = Phone(browser, fresh_server, tmp_path / "phone")
    yield phone
    phone.close()
    assert phone.problems.left() == []


@pytest.fixture
def office(browser: Any, fresh_server: Server) -> Callable[[str], Office]:
    return lambda who: Office(browser, fresh_server, who)


def photo(seed: int) -> dict[str, Any]:
    """A picture that no compression makes small, as a camera's is."""
    noise = random.Random(seed)
    image = Image.frombytes("RGB", (640, 480), noise.randbytes(640 * 480 * 3)).resize((1600, 1200))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    return {"name": f"{seed}.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}


def of_both_sites(office: Office) -> list[Any]:
    """What has arrived: the demonstration has reports of its own, at another site."""
    return [
        report for code in (SITE, OTHER_SITE) for report in office.call("GET", f"projects/{code}/reports/")["results"]
    ]


def test_three_stages_and_two_photos_without_signal(
    phone: Phone, office: Callable[[str], Office], fresh_server: Server
) -> None:
    """Two applied, one conflict shown and resolved, photos there, ledger right, nothing twice."""
    admin = office("bureau_admin")
    before = {key: admin.stage(key)["percent"] for key in ("topping_out", "infill", "finishes")}
    page = phone.open("/accounts/login/")
    phone.sign_in("engineer")
    phone.ready()

    phone.context.set_offline(True)
    phone.report(SITE, "Third floor poured", topping_out=61, infill=12, finishes=7)
    page.set_input_files("#report-album", [photo(1), photo(2)])
    page.wait_for_selector(".field-photos li:nth-child(2) img")
    phone.send()
    phone.report(OTHER_SITE, "Painting the corridors")
    phone.send()
    assert phone.states() == {"waiting": 2}
    phone.close()

    change = {"percent": 55, "reason": "told by telephone"}
    admin.change("PATCH", f"projects/{SITE}/milestones/topping_out/", change)

    page = phone.open(offline=True)
    assert phone.states() == {"waiting": 2}, "a closed browser loses nothing"
    assert before["infill"] == admin.stage("infill")["percent"]
    phone.context.set_offline(False)
    phone.wait_for({"conflict": 1, "sent": 1})
    assert [admin.stage(key)["percent"] for key in before] == [55, 12, 7]

    page.get_by_role("button", name="Look at both sides").click()
    clash = page.locator(".field-conflict fieldset", has_text="Percent")
    assert "61%" in clash.inner_text() and "55%" in clash.inner_text()
    page.click("#settle")
    expect(page.get_by_text("Choose a side for each field.")).to_be_visible()
    clash.get_by_text("Mine").click()
    page.click("#settle")
    page.wait_for_selector('[data-id][data-state="settled"]')
    phone.wait_for({"settled": 1, "sent": 2})
    assert [admin.stage(key)["percent"] for key in before] == [61, 12, 7]

    page.wait_for_selector("#photos-now", state="detached")
    photos = admin.call("GET", f"projects/{SITE}/photos/")["results"]
    assert [picture["state"] for picture in photos] == ["complete", "complete"]

    page.reload()
    page.click("#head-refresh")
    page.wait_for_selector(".field-state[data-state=idle]")
    assert sorted(report["text"] for report in of_both_sites(admin)) == [
        "",
        "Painting the corridors",
        "Third floor poured",
    ]
    fresh_server.manage("verify_ledger")


def test_ones_own_later_report_is_no_conflict_and_goes_on_from_the_first(
    phone: Phone, office: Callable[[str], Office]
) -> None:
    phone.open("/accounts/login/")
    phone.sign_in("engineer")
    phone.ready()
    phone.context.set_offline(True)
    for percent in (58, 59, 62):
        phone.report(SITE, topping_out=percent)
        phone.send()
    assert phone.states() == {"waiting": 3}
    phone.context.set_offline(False)
    phone.wait_for({"sent": 3})
    assert office("official").stage("topping_out")["percent"] == 62


def test_what_is_built_on_a_conflict_is_one_too_though_all_go_together(
    phone: Phone, office: Callable[[str], Office]
) -> None:
    """The phone has heard of the office's change before it sends: the second report must not slip past it. What the office
    changed and changed back is no conflict, for the second report neither."""
    phone.open("/accounts/login/")
    phone.sign_in("engineer")
    phone.ready()
    phone.context.set_offline(True)
    for key, percent in (("topping_out", 58), ("topping_out", 59), ("infill", 12), ("infill", 13)):
        phone.report(SITE, "", **{key: percent})
        phone.send()
    phone.close()
    admin = office("bureau_admin")
    before = admin.stage("infill")["percent"]
    for key, percent in (("topping_out", 55), ("infill", 30), ("infill", before)):
        body = {"percent": percent, "reason": "told by telephone"}
        admin.change("PATCH", f"projects/{SITE}/milestones/{key}/", body)
    phone.open()
    phone.wait_for({"conflict": 2, "sent": 2})
    assert [admin.stage(key)["percent"] for key in ("topping_out", "infill")] == [55, 13]


def test_a_returned_report_is_opened_again_and_corrected(phone: Phone, office: Callable[[str], Office]) -> None:
    page = phone.open("/accounts/login/")
    phone.sign_in("engineer")
    phone.ready()
    phone.report(SITE, "Almost done", topping_out=95)
    phone.send()
    phone.wait_for({"sent": 1})
    supervisor = office("supervisor")
    [report] = supervisor.call("GET", f"projects/{SITE}/reports/")["results"]
    review = {"decision": "return", "note": "the roof is open"}
    supervisor.change("POST", f"projects/{SITE}/reports/{report['id']}/review/", review)

    page.click("#head-refresh")
    page.wait_for_selector('[data-id][data-state="returned"]')
    assert "the roof is open" in page.inner_text("main")
    page.get_by_role("button", name="Correct").click()
    assert page.input_value("#report-text") == "Almost done"
    page.click("#stage-topping_out")
    assert page.input_value("#sheet-percent") == "95"
    page.fill("#sheet-percent", "57")
    page.click("#sheet-done")
    phone.send()
    phone.wait_for({"corrected": 1, "sent": 1})
    assert supervisor.stage("topping_out")["percent"] == 57
    assert supervisor.call("GET", f"projects/{SITE}/reports/?state=submitted")["results"][0]["corrects"] == report["id"]


def test_who_has_signed_in_is_not_told_to_while_the_sites_are_on_their_way(phone: Phone) -> None:
    page = phone.open("/accounts/login/")
    page.route("**/api/v1/field/", lambda route: None)  # a line so slow that no answer comes
    phone.sign_in("engineer")
    page.wait_for_selector("main h1")
    assert "Asking for your sites" in page.inner_text("main")
    expect(page.locator("main a")).to_have_count(0)
    page.unroute("**/api/v1/field/")
    page.reload()
    phone.ready()


def test_an_ended_session_keeps_the_queue_and_another_person_neither_sees_nor_sends_it(
    phone: Phone, office: Callable[[str], Office]
) -> None:
    page = phone.open("/accounts/login/")
    phone.sign_in("engineer")
    phone.ready()
    phone.context.set_offline(True)
    phone.report(SITE, "Written without a session")
    phone.send()
    phone.context.clear_cookies(name="sessionid")
    phone.context.set_offline(False)
    page.wait_for_selector("#head-signin")
    assert "your report is kept" in page.inner_text(".field-head")
    assert phone.states() == {"waiting": 1}

    phone.sign_in("gushi_engineer")
    page.wait_for_selector(".field-sites")
    assert SITE not in page.content()
    assert phone.states() == {}
    assert office("official").call("GET", f"projects/{SITE}/reports/")["count"] == 0

    phone.sign_in("engineer")
    phone.wait_for({"sent": 1})
    [report] = office("official").call("GET", f"projects/{SITE}/reports/")["results"]
    assert (report["author"], report["text"]) == ("engineer", "Written without a session")


def test_what_the_server_refuses_stays_and_is_mended_or_explained(
    phone: Phone, office: Callable[[str], Office]
) -> None:
    admin = office("bureau_admin")
    page = phone.open("/accounts/login/")
    phone.sign_in("engineer")
    phone.ready()
    phone.context.set_offline(True)
    phone.report(OTHER_SITE, "For a site that is taken away")
    phone.send()
    # Possible, but seldom meant: finished before what it waits for was begun.
    key = "infill"
    phone.report(SITE, "Fence built")
    page.click(f"#stage-{key}")
    page.fill("#sheet-actual", "2023-01-05")
    page.dispatch_event("#sheet-actual", "change")
    page.click("#sheet-done")
    phone.send()
    admin.change("DELETE", f"projects/{OTHER_SITE}/engineers/engineer/", {"reason": "moved to another site"})

    phone.context.set_offline(False)
    phone.wait_for({"refused": 2})
    text = page.inner_text("main")
    assert "no longer yours" in text and "For a site that is taken away" in text
    page.get_by_role("button", name="Mend and send again").click()
    page.wait_for_selector("[role=alert]")
    assert "Infill" in page.inner_text("[role=alert]")
    page.check("#report-confirm")
    page.fill("#report-reason", "built before the rest")
    phone.send()
    phone.wait_for({"refused": 1, "sent": 1})
    assert office("official").stage(key)["actual"] == "2023-01-05"


def test_on_a_bad_network_each_report_arrives_once(
    phone: Phone, office: Callable[[str], Office], fresh_server: Server
) -> None:
    """Of three requests one gets lost: on its way there, or the answer on its way back."""
    page = phone.open("/accounts/login/")
    phone.sign_in("engineer")
    phone.ready()
    phone.context.set_offline(True)
    written = [f"Report number {n}" for n in range(10)]
    for n, text in enumerate(written):
        phone.report((SITE, OTHER_SITE)[n % 2], text, **({"topping_out": 50 + n} if n % 2 == 0 else {}))
        phone.send()
    chance, lost = random.Random(4), []

    def lossy(route: Any) -> None:
        if chance.random() < 0.3:
            lost.append(route.request.url)
            if chance.random() < 0.5:
                route.fetch()
            route.abort()
        else:
            route.continue_()

    phone.problems.allow("ERR_FAILED")
    page.route("**/reports/", lossy)
    phone.context.set_offline(False)
    phone.wait_for({"sent": 10})
    assert lost, "else this proves nothing"
    assert sorted(report["text"] for report in of_both_sites(office("official"))) == written
    assert office("official").stage("topping_out")["percent"] == 58
    fresh_server.manage("verify_ledger")


def test_a_full_phone_says_so_and_keeps_what_it_has(phone: Phone) -> None:
    page = phone.open("/accounts/login/")
    phone.sign_in("engineer")
    phone.ready()
    phone.context.set_offline(True)
    phone.report(SITE, "Written before the phone was full")
    page.evaluate(FULL)
    page.set_input_files("#report-album", [photo(5)])
    page.wait_for_selector(".field-said:has-text('The phone is full')")
    expect(page.locator(".field-photos li"), "half a photo is none").to_have_count(0)
    page.reload()
    page.wait_for_selector("#report-text")
    assert page.input_value("#report-text") == "Written before the phone was full"
    page.set_input_files("#report-album", [photo(5)])
    page.wait_for_selector(".field-photos img")
