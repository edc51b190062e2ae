"""``/office/{bureau}/calendar/`` and ``…/lights/``: what an official reads, tries, saves and takes back."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects_api.models import Bureau, LedgerEntry, MilestoneTemplate, Project
from projects_api.selectors.schedule import settings_of, stored_outlook
from projects_api.services.bureaus import calendar_change, lights_change
from projects_api.services.milestones import milestone_change
from projects_api.services.templates import template_create
from tests.cast import Cast
from tests.factories import make_project
from tests.portal.conftest import Page

pytestmark = pytest.mark.once  # words and forms; what is behind them is tried on both engines (tests/api, tests/record)

CALENDAR, LIGHTS = "/office/610526/calendar/", "/office/610526/lights/"
STANDARD = {
    "behind_yellow": "10", "behind_red": "30", "slip_yellow": "1", "slip_red": "90", "start_red": "3",
    "stale_days": "30", "term_start_month": "09", "term_start_day": "01",
}  # fmt: skip
# At least 25 working days from the first to the last.
STAGES: list[dict[str, Any]] = [
    {"key": "commencement", "title_zh": "开工", "title_en": "Start", "weight": 0, "duration": 5},
    {
        "key": "works", "title_zh": "施工", "title_en": "Works", "weight": 90, "duration": 15,
        "after": {"commencement": {"kind": "FS", "lag": 0}},
    },
    {
        "key": "handover", "title_zh": "移交", "title_en": "Handover", "weight": 10, "duration": 5,
        "after": {"works": {"kind": "FS", "lag": 0}},
    },
]  # fmt: skip


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def project_due(cast: Cast, days: int, *, code: str = "", **values: Any) -> Project:
    """A project of the three stages, promised in so many days."""
    bureau = cast.bureau(code)
    if not MilestoneTemplate.objects.filter(bureau=bureau, kind="renovation").exists():
        template_create(
            bureau_id=bureau.pk, actor=None, at=timezone.now(), expected=None, kind="renovation", stages=STAGES
        )
    project = make_project(bureau, kind="renovation", at=timezone.now(), **values)
    for key, before in (("commencement", 20), ("works", 5), ("handover", 0)):
        report(project, key, planned=in_days(days - before))
    return project


def report(project: Project, key: str, **changes: Any) -> None:
    milestone_change(
        project_id=project.pk, key=key, actor=None, at=timezone.now(), expected=None, changes=changes, reason="test"
    )


def entries() -> list[LedgerEntry]:
    return list(LedgerEntry.objects.filter(subject="bureau:610526").order_by("version"))


class Desk:
    """A setting's page as somebody works on it: the form as it is shown, with what they change in it."""

    def __init__(self, client: Any, path: str) -> None:
        self.client, self.path = client, path
        self.page = self.read()

    def read(self) -> Page:
        self.page = Page(self.client.get(self.path))
        return self.page

    def fields(self) -> dict[str, list[str]]:
        """What a browser would send of the form as it stands on the page."""
        form = self.page.html.partition('id="setting"')[2].partition("</form>")[0]
        sent: dict[str, list[str]] = {}
        for tag in re.findall(r"<input[^>]*>", form):
            given = dict(re.findall(r'(\w+)="([^"]*)"', tag))
            if given.get("type") != "checkbox" or " checked" in tag:
                sent.setdefault(given["name"], []).append(given.get("value", ""))
        for name, options in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', form, re.DOTALL):
            chosen = re.search(r'value="([^"]*)" selected', options)
            sent[name] = [chosen[1] if chosen else ""]
        return sent

    def send(self, act: str, **changes: Any) -> Page:
        data: dict[str, Any] = self.fields() | changes | {"act": act}
        self.page = Page(self.client.post(self.path, data))
        return self.page


@pytest.fixture
def desk(browser_of: Any) -> Any:
    def make(path: str, person: str = "bureau_admin", language: str = "en") -> Desk:
        return Desk(browser_of(person, language), path)

    return make


def assert_saved(page: Page) -> None:
    assert page.status == 303, page


def refused(page: Page, status: int = 400) -> list[tuple[str, str]]:
    """The summary of a refusal: (id of the field, words); every field it names is there and marked."""
    assert page.status == status, page
    assert 'role="alert"' in page.html and "Nothing was saved" in page
    found = re.findall(r'<li><a href="#([^"]+)">(.*?)</a>', page.html)
    for place, _words in found:
        assert page.html.count(f'id="{place}"') == 1
        assert f"{place}-fault-1" in page.html or "field-error" in page.html
    return found


# --- who --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [CALENDAR, LIGHTS])
def test_who_reads_the_bureau_reads_it_and_only_its_administrator_changes_it(
    browser_of: Any, desk: Any, path: str
) -> None:
    for person in ("official", "supervisor", "viewer"):
        page = Page(browser_of(person).get(path))
        assert page.status == 200 and 'value="save"' not in page.html and 'id="setting"' not in page.html
        assert "Pucheng Education Bureau" in page
        for act in ("save", "preview", "undo", "defaults"):
            answer = browser_of(person).post(path, STANDARD | {"version": "0", "act": act, "closed_weekdays": "6"})
            assert answer.status_code == 403, (person, act)
    for person in ("engineer", "gushi_official", "stranger"):
        assert browser_of(person).post(path, STANDARD | {"version": "0", "act": "save"}).status_code == 403
    away = browser_of("public").post(path, {"version": "0", "act": "save"})
    assert away.status_code == 302 and "/accounts/login/" in away["Location"]
    assert entries() == []
    assert desk(path).page.html.count('value="save"') == 1
    assert browser_of("superuser").get(path.replace("610526", "999999")).status_code == 404
    assert browser_of("bureau_admin").get(path + "?page=2").status_code == 400


def test_a_form_without_its_token_is_refused(cast: Cast, browser_of: Any) -> None:
    client = browser_of("bureau_admin", enforce_csrf_checks=True)
    assert client.post(CALENDAR, {"version": "0", "act": "save", "closed_weekdays": "6"}).status_code == 403
    assert entries() == []


def test_the_office_leads_to_both(browser_of: Any) -> None:
    page = Page(browser_of("official").get("/office/"))
    assert f'href="{CALENDAR}"' in page.html and f'href="{LIGHTS}"' in page.html


# --- the calendar -----------------------------------------------------------------------------------------


def test_a_calendar_is_entered_saved_and_shown_again(cast: Cast, desk: Any) -> None:
    form = desk(CALENDAR)
    assert "Nobody has changed it yet" in form.page
    answer = form.send(
        "save",
        closed_weekdays=["6"],
        winter_first_month="11", winter_first_day="15", winter_last_month="03", winter_last_day="10",
        festival_before="10", festival_after="15",
        public_holidays="1",
        closure_from=["", "2026-06-07", ""], closure_to=["", "2026-06-09", ""], closure_label=["", "高考", ""],
        reason="as every year",
    )  # fmt: skip
    assert_saved(answer)
    rules = {
        "closed_weekdays": [6],
        "winter": ["11-15", "03-10"],
        "spring_festival": [10, 15],
        "public_holidays": True,
        "closures": [["2026-06-07", "2026-06-09", "高考"]],
    }
    assert Bureau.objects.get(code="610526").calendar == rules
    [entry] = entries()
    assert (entry.actor_name, entry.action, entry.reason) == ("bureau_admin", "bureau.calendar", "as every year")
    page = form.read()
    assert "The working calendar is saved" in page and "name of bureau_admin" in page and "as every year" in page
    assert_saved(form.send("save"))
    assert "Nothing was changed" in form.read(), "the form comes back as what was saved"
    assert len(entries()) == 1
    assert_saved(form.send("save", closure_from=[""] * 4, closure_to=[""] * 4, closure_label=[" "] * 4))
    assert Bureau.objects.get(code="610526").calendar == rules | {"closures": []}, "a row emptied is removed"


def test_every_fault_stands_at_its_field_also_behind_rows_left_out(cast: Cast, desk: Any) -> None:
    form = desk(CALENDAR)
    page = form.send(
        "save",
        closed_weekdays=["6", "9"],
        winter_first_month="02", winter_first_day="30", winter_last_month="03", winter_last_day="",
        festival_before="5", festival_after="61",
        closure_from=["2026-05-01", "", "2026-06-09", "", "2026-13-01"],
        closure_to=["2026-05-03", "", "2026-06-07", "", "2026-12-01"],
        closure_label=["", "", "back to front", "", "no month"],
        reason="typed with care",
    )  # fmt: skip
    assert [place for place, _words in refused(page)] == ["closures-2-0"], "shapes first"
    # The form came back with its three rows, and three empty ones after them; now another is left empty between.
    days = ["2026-05-01", "", "2026-06-09", "2026-12-01"]
    words = ["", "", "back to front", "no month"]
    ends = ["2026-05-03", "", "2026-06-07", "2026-12-01"]
    page = form.send("save", closed_weekdays=["6", "9"], closure_from=days, closure_to=ends, closure_label=words)
    found = refused(page)
    assert [place for place, _words in found] == [
        "closed_weekdays", "winter-0", "winter-1", "spring_festival-1", "closures-1-1",
    ]  # fmt: skip
    assert ("closures-1-1", "Closure 2: to: This ends before it starts.") in found
    # What was typed is all there, the wrong with the right.
    for value in ("2026-05-03", "back to front", "no month", "typed with care", "61"):
        assert f'value="{value}"' in page.html
    assert 'value="02" selected' in page.html and 'value="30" selected' in page.html
    bad = page.html.partition('id="closures-1-1"')[2].partition(">")[0]
    assert 'aria-invalid="true"' in bad
    assert entries() == []


def test_a_calendar_without_working_days_is_refused_in_words(cast: Cast, desk: Any) -> None:
    page = desk(CALENDAR).send("save", closed_weekdays=list("0123456"))
    assert page.status == 400 and "it must leave at least 30" in page
    assert entries() == []


def test_as_many_closures_as_the_rules_allow_go_through_the_form(cast: Cast, desk: Any) -> None:
    days = [(date(2027, 1, 1) + timedelta(days=n)).isoformat() for n in range(201)]
    form = desk(CALENDAR)
    assert refused(form.send("save", closure_from=days, closure_to=days, closure_label=[""] * 201)) == [
        ("closures", "Other closures: At most 200 closures.")
    ]
    assert_saved(form.send("save", closure_from=days[:200], closure_to=[""] * 200, closure_label=[""] * 200))
    assert Bureau.objects.get(code="610526").calendar["closures"][199] == [days[199], days[199]]
    assert form.read().html.count('name="closure_from"') == 203


def test_what_follows_from_the_calendar_is_told_in_numbers_and_with_reasons(cast: Cast, desk: Any) -> None:
    year = in_days(0).year
    assert f"Working days in {year} {(date(year + 1, 1, 1) - date(year, 1, 1)).days}" in desk(CALENDAR).page
    first = in_days(0).replace(day=1)
    rules = {
        "closed_weekdays": [6],
        "winter": ["11-15", "03-10"],
        "closures": [[f"{first:%Y-%m}-02", f"{first:%Y-%m}-04", "flood"]],
    }
    calendar_change(bureau_id=cast.bureau().pk, actor=None, at=timezone.now(), expected=None, rules=rules)
    page = desk(CALENDAR).page
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", page.html.partition("months-table")[2], re.DOTALL)
    assert len(rows) == 12
    assert "2–4 flood" in rows[0]
    december = next(row for row in rows if 'datetime="' in row and "-12" in row.partition('datetime="')[2][:7])
    assert "1–31 winter stop" in december and '<td class="number">0</td>' in december
    assert december.count("day-closed") == 1 and "day-open" not in december
    july = next(row for row in rows if "-07" in row.partition('datetime="')[2][:7])
    sundays = july.count("day-closed")
    assert sundays in (4, 5) and f"Sunday: {sundays} days" in july and july.count("day-open") == 31 - sundays
    assert "style=" not in page.html


def test_a_label_is_text_wherever_it_stands(cast: Cast, desk: Any) -> None:
    hostile = "<img src=x onerror=alert(1)> {{7*191}} %(x)s \"'&amp;"
    first = in_days(0).replace(day=1).isoformat()
    form = desk(CALENDAR)
    assert_saved(form.send("save", closure_from=[first], closure_to=[first], closure_label=[hostile], reason=hostile))
    page = form.read()
    assert "<img src=x" not in page.html and page.text.count("{{7*191}}") >= 2 and "1337" not in page.text


# --- preview ----------------------------------------------------------------------------------------------


def test_a_preview_tells_what_saving_then_does(cast: Cast, desk: Any) -> None:
    """The finishes and lights that the preview names are those of the list after saving; it writes nothing itself."""
    moved = project_due(cast, 30, title_en="Alpha School")
    project_due(cast, 200, title_en="Beta School")
    theirs = project_due(cast, 30, code=cast.gushi, title_en="Gamma School")
    stored = list(Project.objects.order_by("pk").values())
    version = cast.bureau().version
    form = desk(CALENDAR)
    closed = {
        "closure_from": [in_days(0).isoformat()],
        "closure_to": [in_days(19).isoformat()],
        "closure_label": ["heat"],
        "reason": "too hot",
    }
    page = form.send("preview", **closed)
    assert page.status == 200 and "Preview: nothing is saved yet" in page
    assert list(Project.objects.order_by("pk").values()) == stored and cast.bureau().version == version
    part = page.html.partition('class="preview"')[2].partition("</section>")[0]
    # With it the two of the standing cast, which have no dates and so are counted from today.
    assert "3 projects would be seen otherwise today" in part
    assert "0 better, 1 worse" in part and "0 earlier, 3 later" in part
    assert "Alpha School" in part and "Beta School" not in part and "Gamma School" not in part
    # 25 working days from the 20th day on, where 30 were promised.
    assert f'datetime="{in_days(30).isoformat()}"' in part and f'datetime="{in_days(44).isoformat()}"' in part
    assert "heat" in part, "the picture of the calendar as entered"
    assert 'value="too hot"' in page.html
    assert_saved(form.send("save"))
    assert "Behind" in Page(form.client.get(f"/projects/?q={moved.code}"))
    bureau = cast.bureau()
    calendar, _rules = settings_of(bureau)
    saved = stored_outlook(Project.objects.get(pk=moved.pk))
    assert saved.finish_on(in_days(0), calendar) == in_days(44)
    assert bureau.calendar["closures"] == [[in_days(0).isoformat(), in_days(19).isoformat(), "heat"]]
    other = next(row for row in stored if row["id"] == theirs.pk)
    assert Project.objects.values().get(pk=theirs.pk) == other, "the other bureau's stay"


def test_a_preview_of_what_changes_nothing_says_so_and_of_what_is_wrong_says_what(cast: Cast, desk: Any) -> None:
    project_due(cast, 60)
    form = desk(CALENDAR)
    assert "No project would be seen otherwise today." in form.send("preview")
    assert refused(form.send("preview", festival_before="x", festival_after="3"))[0][0] == "spring_festival-0"
    assert refused(desk(LIGHTS).send("preview", behind_red="9"))[0][0] == "behind_red"


def test_a_preview_of_the_lights_counts_each_way_and_shows_twenty_by_name(cast: Cast, desk: Any) -> None:
    for number in range(22):
        report(project_due(cast, 60, title_en=f"School {number:02}"), "handover", forecast=in_days(70))
    form = desk(LIGHTS)
    page = form.send("preview", slip_red="10")
    assert "22 projects would be seen otherwise today" in page and "0 better, 22 worse" in page
    assert "0 earlier, 0 later" in page and "and 2 more" in page
    rows = re.findall(r"School \d\d", page.html.partition('class="preview"')[2].partition("</section>")[0])
    assert rows == [f"School {number:02}" for number in range(20)]
    assert_saved(form.send("save"))
    assert Bureau.objects.get(code="610526").lights["slip_red"] == 10
    form.read()
    assert "22 better, 0 worse" in form.send("preview", slip_red="90")
    assert "22 better, 0 worse" in form.send("preview", slip_yellow="0", slip_red="0"), "0 switches a rule off"


def test_a_preview_tells_what_turns_no_light(cast: Cast, desk: Any) -> None:
    project = project_due(cast, 40)
    report(project, "commencement", started=in_days(0))
    lights_change(bureau_id=cast.bureau().pk, actor=None, at=timezone.now(), expected=None, rules={"stale_days": 15})
    Project.objects.filter(pk=project.pk).update(updated_at=timezone.now() - timedelta(days=20))
    # The stored day is from before the clock was turned back; any change recomputes it.
    lights_change(bureau_id=cast.bureau().pk, actor=None, at=timezone.now(), expected=None, rules={"stale_days": 40})
    page = desk(LIGHTS).send("preview", stale_days="10")
    assert "would count as not reporting" in page and "1 more, 0 fewer" in page


def test_a_preview_costs_the_same_for_many(cast: Cast, desk: Any) -> None:
    def queries() -> int:
        form = desk(LIGHTS)
        with CaptureQueriesContext(connection) as seen:
            assert form.send("preview", slip_red="2").status == 200
        return len(seen)

    report(project_due(cast, 60), "handover", forecast=in_days(70))
    few = queries()
    for _number in range(4):
        report(project_due(cast, 60), "handover", forecast=in_days(70))
    assert queries() == few <= 25


# --- the lights -------------------------------------------------------------------------------------------


def test_thresholds_are_saved_and_the_defaults_come_back_only_on_save(cast: Cast, desk: Any) -> None:
    form = desk(LIGHTS)
    assert form.page.html.count("The product’s default:") == 7
    assert_saved(form.send("save", slip_red="60", behind_yellow="0", term_start_month="08", term_start_day="25"))
    lights = Bureau.objects.get(code="610526").lights
    assert (lights["slip_red"], lights["behind_yellow"], lights["term_start"]) == (60, 0, "08-25")
    form.read()
    page = form.send("defaults", reason="back to normal")
    assert page.status == 200 and 'value="back to normal"' in page.html
    sent = form.fields()
    assert {name: sent[name][0] for name in STANDARD} == STANDARD
    assert Bureau.objects.get(code="610526").lights == lights, "not saved until Save"
    assert_saved(form.send("save"))
    assert Bureau.objects.get(code="610526").lights["slip_red"] == 90


def test_wrong_thresholds_come_back_as_they_were_typed(cast: Cast, desk: Any) -> None:
    page = desk(LIGHTS).send(
        "save", slip_red="", stale_days="1.5", behind_red="101", term_start_month="02", term_start_day="29"
    )
    assert {place for place, _words in refused(page)} == {"slip_red", "stale_days", "behind_red", "term_start"}
    assert 'value="1.5"' in page.html and 'value="101"' in page.html and 'value="29" selected' in page.html
    assert entries() == []


def test_a_reason_is_checked_like_everything_else(cast: Cast, desk: Any) -> None:
    page = desk(LIGHTS).send("save", slip_red="60", reason="a\u202eb")
    assert [place for place, _words in refused(page)] == ["reason"]
    assert [place for place, _words in refused(desk(LIGHTS).send("save", slip_red="60", reason="x" * 501))] == [
        "reason"
    ]
    assert entries() == []


def test_who_may_not_change_them_reads_the_rules_in_words(cast: Cast, visit: Any) -> None:
    lights_change(
        bureau_id=cast.bureau().pk,
        actor=None,
        at=timezone.now(),
        expected=None,
        rules={"slip_red": 60, "stale_days": 0},
    )
    page = visit(LIGHTS, "official")
    assert (
        "Red: later by at least 60 calendar days" in page
        and "Nothing reported for more than: rule switched off" in page
    )
    calendar_change(
        bureau_id=cast.bureau().pk, actor=None, at=timezone.now(), expected=None,
        rules={"winter": ["11-15", "03-10"], "closed_weekdays": [5, 6]},
    )  # fmt: skip
    page = visit(CALENDAR, "official")
    assert "Saturday, Sunday" in page and "15 Nov – 10 Mar" in page


# --- somebody was faster; taking back ---------------------------------------------------------------------


@pytest.mark.parametrize("act", ["save", "preview"])
def test_somebody_was_faster_and_nothing_typed_is_lost(cast: Cast, desk: Any, act: str) -> None:
    form = desk(CALENDAR)
    other = desk(CALENDAR)
    assert_saved(other.send("save", closed_weekdays=["5"], reason="mine first"))
    page = form.send(act, closed_weekdays=["6"], reason="slower")
    assert page.status == 412 and "Somebody else changed these settings meanwhile" in page
    assert "What stands now" in page and "Closed weekdays Saturday" in page
    assert 'value="6" checked' in page.html and 'value="slower"' in page.html and "mine first" in page
    assert len(entries()) == 1
    assert_saved(form.send("save"))
    assert Bureau.objects.get(code="610526").calendar["closed_weekdays"] == [6]


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 12, "١"])
def test_a_form_without_its_version_changes_nothing(cast: Cast, desk: Any, version: str) -> None:
    page = desk(LIGHTS).send("save", slip_red="60", version=version)
    assert page.status == 400 and "Load the page again" in page and entries() == []


def test_the_last_change_is_undone_by_another_entry(cast: Cast, desk: Any) -> None:
    form = desk(LIGHTS)
    assert "Undo this change" not in form.page
    assert_saved(form.send("save", slip_red="60", reason="first"))
    form.read()
    assert_saved(form.send("save", slip_red="50", reason="second"))
    page = form.read()
    assert "Undo this change" in page and "second" in page and "Earlier changes" in page and "first" in page
    reason = re.search(r'id="undo-reason"[^>]*value="([^"]+)"', page.html)
    assert reason and "undone" in reason[1]
    assert_saved(form.send("undo", reason=reason[1]))
    assert Bureau.objects.get(code="610526").lights["slip_red"] == 60
    last = entries()[-1]
    assert (last.version, last.action, last.actor_name) == (
        3,
        "bureau.lights",
        "bureau_admin",
    ) and "undone" in last.reason
    form.read()
    assert_saved(form.send("undo", reason="and again"))
    assert Bureau.objects.get(code="610526").lights["slip_red"] == 50, "undoing an undo is the change again"


def test_undoing_the_first_change_gives_the_products_own_back(cast: Cast, desk: Any) -> None:
    form = desk(CALENDAR)
    assert_saved(form.send("save", closed_weekdays=["6"]))
    form.read()
    assert_saved(form.send("undo"))
    assert Bureau.objects.get(code="610526").calendar == {}
    assert 'name="closed_weekdays" value="6" checked' not in form.read().html


def test_undoing_moves_the_lights_back(cast: Cast, desk: Any) -> None:
    project = project_due(cast, 60)
    report(project, "handover", forecast=in_days(70))
    before = Project.objects.values().get(pk=project.pk)
    form = desk(LIGHTS)
    assert_saved(form.send("save", slip_red="5"))
    assert Project.objects.values().get(pk=project.pk) != before
    form.read()
    assert_saved(form.send("undo"))
    assert Project.objects.values().get(pk=project.pk) == before


def test_what_is_not_the_newest_entry_cannot_be_undone(cast: Cast, desk: Any) -> None:
    lights = desk(LIGHTS)
    assert_saved(lights.send("save", slip_red="60"))
    lights.read()
    assert_saved(desk(CALENDAR).send("save", closed_weekdays=["6"]))
    assert lights.send("undo").status == 412, "the page is from before the calendar changed"
    lights.read()
    assert "Undo this change" not in lights.page and "Undo this change" in desk(CALENDAR).page
    page = lights.send("undo")
    assert page.status == 409 and "can no longer be undone" in page
    assert Bureau.objects.get(code="610526").lights["slip_red"] == 60 and len(entries()) == 2


@pytest.mark.parametrize("path", [CALENDAR, LIGHTS])
def test_the_page_costs_the_same_however_much_there_is(cast: Cast, browser_of: Any, path: str) -> None:
    """Session, user, roles, bureau, entries with their people, newest entry, the counts of the lights."""
    client = browser_of("bureau_admin")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    lights_change(bureau_id=cast.bureau().pk, actor=None, at=timezone.now(), expected=None, rules={"slip_red": 60})
    few = queries()
    for number in range(3):
        project_due(cast, 60)
        rules = {"slip_red": 61 + number}
        lights_change(
            bureau_id=cast.bureau().pk, actor=cast.user("bureau_admin"), at=timezone.now(), expected=None, rules=rules
        )
    assert abs(queries() - few) <= 1 and few <= 15
