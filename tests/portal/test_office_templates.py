"""Milestone templates on the pages: read by the office, the next version made by the bureau's administrator."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from portal.office.waits import Names, Unreadable, read_limit, read_links, written_limit, written_links
from projects_api.models import MilestoneTemplate, Project
from projects_api.selectors.templates import versions_of
from projects_api.selectors.verify import verify
from projects_api.services.bureaus import lights_change
from projects_api.services.projects import project_change
from projects_api.services.templates import template_create
from tests.cast import Cast
from tests.factories import make_project
from tests.portal.conftest import Page

pytestmark = pytest.mark.once  # words and forms; what is behind them is tried on both engines (tests/api, tests/record)

LIST = "/office/610526/templates/"
ONE = f"{LIST}rural_upgrade/"
EDIT = f"{ONE}edit/"
AT = datetime(2026, 11, 1, 2, tzinfo=UTC)

STAGES: list[dict[str, Any]] = [
    {"key": "survey", "title_zh": "摸底", "title_en": "Survey", "weight": 10, "duration": 20},
    {
        "key": "works", "title_zh": "施工", "title_en": "Works", "weight": 80, "duration": 50,
        "after": {"survey": {"kind": "FS", "lag": 0}},
    },
    {
        "key": "papers", "title_zh": "资料", "title_en": "Papers", "weight": 10, "duration": 5, "public": False,
        "after": {"works": {"kind": "SS", "lag": 15}},
        "limit": {"after": "works", "days": 15},
    },
]  # fmt: skip


def make(cast: Cast, *, note: str = "three steps", who: str = "bureau_admin", **changes: Any) -> MilestoneTemplate:
    stages = [stage | changes.get(stage["key"], {}) for stage in STAGES]
    return template_create(
        bureau_id=cast.bureau().pk,
        actor=cast.user(who),
        at=AT,
        expected=None,
        kind="rural_upgrade",
        stages=stages,
        note=note,
    )


def newest(cast: Cast) -> MilestoneTemplate:
    return versions_of(cast.bureau(), "rural_upgrade")["rural_upgrade"][0]


def form_of(page: Page) -> dict[str, str]:
    """The template's form as a browser would send it."""
    html = page.html.partition('class="template-form"')[2].partition("</form>")[0]
    sent = {}
    for attributes in re.findall(r"<input([^>]*)>", html):
        found = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', attributes)}
        if found["type"] != "checkbox" or " checked" in attributes:
            sent[found["name"]] = "on" if found["type"] == "checkbox" else found["value"]
    note = re.search(r"<textarea[^>]*>(.*?)</textarea>", html, re.DOTALL)
    assert note
    return sent | {"note": unescape(note[1])}


@pytest.fixture
def admin(browser_of: Any) -> Any:
    return browser_of("bureau_admin")


def send(client: Any, form: dict[str, str], do: str, path: str = EDIT, **typed: str) -> Page:
    return Page(client.post(path, form | {"do": do} | typed))


# --- reading ------------------------------------------------------------------------------------------------


def test_the_list_says_what_is_in_force_who_made_it_and_who_follows_it(cast: Cast, visit: Any) -> None:
    old = make_project(cast.bureau(), kind="rural_upgrade")
    make(cast)
    make_project(cast.bureau(), kind="rural_upgrade")
    gone = make_project(cast.bureau(), kind="rural_upgrade")
    project_change(
        project_id=gone.pk, actor=None, at=AT, expected=None, changes={"status": "cancelled", "status_reason": "funds"}
    )
    page = visit(LIST, "viewer")
    rural = page.text.partition("Rural upgrade")[2].partition("Renovation")[0]
    rows = re.findall(r"Version (\d)( in force)? (\d+) (.+?) (?=Version|$)", rural)
    assert [(row[0], bool(row[1]), row[2]) for row in rows] == [
        ("3", True, "3"),
        ("2", False, "10"),
        ("1", False, "10"),
    ]
    assert "70 working days until ready name of bureau_admin · 1 November 2026, 10:00 three steps 1" in rows[0][3]
    assert "153 working days until ready comes with the product 1" in rows[1][3]
    assert old.template and old.template.version == 2
    assert "no durations" in rows[2][3]
    assert "Prepare version" not in page and "Prepare version 4" in visit(LIST, "bureau_admin")


def test_the_list_costs_the_same_however_many_versions_there_are(cast: Cast, browser_of: Any) -> None:
    def queries() -> int:
        client = browser_of("official")
        with CaptureQueriesContext(connection) as seen:
            assert client.get(LIST).status_code == 200
        return len(seen)

    make(cast)
    few = queries()
    for number in range(3):
        make(cast, note=f"again {number}")
    assert few == queries() <= 9


def test_one_version_reads_as_a_table_with_its_network(cast: Cast, visit: Any) -> None:
    make(cast)
    page = visit(ONE, "official")
    assert "Rural upgrade: template, version 3" in page and "70 working days" in page
    assert "Critical path Survey → Works" in page
    table = page.text.partition("Term set by law")[2]
    assert "1 Survey 摸底 10 10% – 20 – – yes" in table
    assert "2 Works 施工 80 80% – 50 – Survey FS yes" in table
    assert "3 Papers 资料 10 10% – 5 – Works SS + 15 days internal – 15 days after Works" in table
    chart = page.text.partition("Room to slip")[2].partition("Stages No.")[0]
    assert "Works critical 20–70 0 days" in chart and "Papers 35–40 30 days" in chart
    assert "施工 关键" in visit(ONE, "official", "zh-hans")
    assert "Prepare version" not in page and "Prepare version 4" in visit(ONE, "bureau_admin")


def test_an_older_version_can_be_read_and_a_missing_one_is_not_there(cast: Cast, visit: Any) -> None:
    make(cast)
    page = visit(f"{ONE}?version=2", "bureau_admin")
    assert "template, version 2 " in page and "an older version" in page and "Funds released" in page
    assert "Prepare version" not in page
    assert "No stage has a duration: there is no network to draw." in visit(f"{ONE}?version=1", "official")
    for path in (f"{ONE}?version=9", f"{ONE}?version=x", f"{LIST}castle/", "/office/999999/templates/"):
        assert visit(path, "bureau_admin").status == 404
    assert visit("/office/411525/templates/", "bureau_admin").status == 403


# --- the form -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_saved_as_it_came_it_is_the_same_template_again(cast: Cast, browser_of: Any, language: str) -> None:
    """Every standard template survives the way through the form, in both languages."""
    client = browser_of("bureau_admin", language)
    for kind in ("rural_upgrade", "new_build"):
        path = f"{LIST}{kind}/edit/"
        before = versions_of(cast.bureau(), kind)[kind][0]
        page = Page(client.get(path))
        assert page.status == 200
        answer = client.post(path, form_of(page) | {"do": "save", "note": "as before"})
        assert (answer.status_code, answer["Location"]) == (303, f"{LIST}{kind}/")
        after = versions_of(cast.bureau(), kind)[kind][0]
        assert (after.version, after.note, after.bureau) == (before.version + 1, "as before", cast.bureau())
        rows = [
            [
                {name: value for name, value in row.items() if name not in ("id", "template_id")}
                for row in found.values()
            ]
            for found in (before.stages.order_by("position"), after.stages.order_by("position"))
        ]
        assert rows[0] == rows[1] and rows[0]
    assert verify().sound


def test_a_saved_version_is_in_force_and_running_projects_keep_theirs(cast: Cast, admin: Any) -> None:
    running = make_project(cast.bureau(), kind="rural_upgrade")
    stages = list(running.milestones.values())
    page = Page(admin.get(EDIT))
    assert "Projects under way keep theirs, whatever you save here" in page
    answer = admin.post(
        EDIT, form_of(page) | {"do": "save", "note": "longer works", "stages-6-duration": "60"}, follow=True
    )
    assert "Version 3 is in force for new projects." in Page(answer)
    assert newest(cast).stages.get(key="works").duration == 60
    assert list(running.milestones.values()) == stages
    assert make_project(cast.bureau(), kind="rural_upgrade").milestones.get(key="works").duration == 60


def test_rows_move_by_buttons_and_nothing_typed_is_lost(cast: Cast, admin: Any) -> None:
    make(cast)
    form = form_of(Page(admin.get(EDIT)))
    typed = {"stages-0-title_en": "A <b> survey", "stages-1-weight": "not a number", "note": "half a thought"}
    page = send(admin, form, "down:0", **typed)
    moved = form_of(page)
    assert page.status == 200 and [moved[f"stages-{n}-key"] for n in range(3)] == ["works", "survey", "papers"]
    assert (moved["stages-1-title_en"], moved["stages-0-weight"], moved["note"]) == (
        "A <b> survey", "not a number", "half a thought",
    )  # fmt: skip
    assert moved["stages-0-public"] == "on" and "stages-2-public" not in moved
    page = send(admin, moved, "add:1")
    added = form_of(page)
    assert added["rows"] == "4" and added["stages-1-title_zh"] == "" and added["stages-2-key"] == "survey"
    assert 'id="stages-1" tabindex="-1" autofocus' in page.html
    removed = form_of(send(admin, send_and_read(admin, added, "up:3"), "remove:1"))
    assert [removed[f"stages-{n}-key"] for n in range(3)] == ["works", "papers", "survey"]
    assert newest(cast).version == 3


def send_and_read(client: Any, form: dict[str, str], do: str) -> dict[str, str]:
    return form_of(send(client, form, do))


@pytest.mark.parametrize("do", ["up:10", "up", "remove:-1", "add:99", "explode:0", ""])
def test_a_button_that_the_page_does_not_have_is_refused(cast: Cast, admin: Any, do: str) -> None:
    assert send(admin, form_of(Page(admin.get(EDIT))), do).status == 400


@pytest.mark.parametrize("rows", ["", "x", "101", "-1"])
def test_a_form_that_is_not_whole_is_refused(cast: Cast, admin: Any, rows: str) -> None:
    assert send(admin, form_of(Page(admin.get(EDIT))), "save", rows=rows).status == 400


def test_check_shows_the_network_and_writes_nothing(cast: Cast, admin: Any) -> None:
    make(cast)
    page = send(admin, form_of(Page(admin.get(EDIT))), "check", **{"stages-1-duration": "65"})
    assert page.status == 200 and "It can be scheduled; nothing is saved yet" in page
    assert "85 working days (version 3: 70)" in page and "Critical path Survey → Works" in page
    assert form_of(page)["stages-1-duration"] == "65"
    assert newest(cast).version == 3


WRONG: list[tuple[str, dict[str, str], str, str]] = [
    ("unknown stage", {"stages-1-after": "Roof"}, "stages-1-after", "Stage 2 (Works), Waits for: There is no stage “Roof”."),
    ("itself", {"stages-1-after": "Works"}, "stages-1-after", "A stage cannot come after itself."),
    ("cycle", {"stages-0-after": "Papers"}, "stages-0-after", "wait for each other: Survey → Works → Papers → Survey."),
    ("FF", {"stages-1-after": "Survey FF+2"}, "stages-1-after", "A link is FS (finish to start) or SS (start to start)."),
    ("lag", {"stages-1-after": "Survey +10000"}, "stages-1-after", "A lag is between 0 and 1830 working days."),
    ("less than nothing", {"stages-1-after": "Survey FS-2"}, "stages-1-after", "A lag is between 0 and 1830"),
    ("twice", {"stages-1-after": "Survey; survey SS"}, "stages-1-after", "“Survey” is listed twice."),
    ("no time", {"stages-2-limit": "Works"}, "stages-2-limit", "Say within how many days or months."),
    ("term from itself", {"stages-2-limit": "Papers +3 days"}, "stages-2-limit", "counts from a stage that is not there"),
    ("no title", {"stages-0-title_zh": "  "}, "stages-0-title_zh", "This may not be blank."),
    ("no weight", {"stages-0-weight": ""}, "stages-0-weight", "This field is required."),
    ("words for a number", {"stages-0-duration": "long"}, "stages-0-duration", "A valid integer is required."),
    ("negative", {"stages-0-duration": "-3"}, "stages-0-duration", "greater than or equal to 0"),
    ("out of order", {"stages-0-shortest": "30"}, "stages-0-duration", "Not below the shortest."),
    ("range of nothing", {"stages-0-duration": "", "stages-0-longest": "3"}, "stages-0-duration", "needs the usual one"),
    ("key twice", {"stages-2-key": "works"}, "stages-2-key", "There is another stage “works”."),
    ("key with a space", {"stages-2-key": "the works"}, "stages-2-key", "Enter a valid"),
    ("invisible", {"stages-0-title_en": "A\u200b"}, "stages-0-title_en", "invisible character"),
    ("no reason", {"note": " "}, "note", "What changes, and why: Say what changes and why."),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "field", "words"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_what_is_wrong_is_said_at_its_field_and_on_top(
    cast: Cast, admin: Any, typed: dict[str, str], field: str, words: str
) -> None:
    make(cast)
    page = send(admin, form_of(Page(admin.get(EDIT))), "save", **({"note": "because"} | typed))
    assert page.status == 400 and newest(cast).version == 3
    alert = page.html.partition('role="alert"')[2].partition("</section>")[0]
    assert f'<a href="#{field}">' in alert and words in unescape(alert)
    at = page.html.partition(f'<label for="{field}">')[2].partition("</div>")[0]
    assert 'class="field-error"' in at and 'aria-invalid="true"' in at
    sent = form_of(page)
    assert {name: sent[name] for name in typed} == typed


def test_faults_of_the_whole_are_said_too(cast: Cast, admin: Any) -> None:
    make(cast)
    form = form_of(Page(admin.get(EDIT)))
    page = send(admin, form, "check", **{f"stages-{n}-weight": "0" for n in range(3)})
    assert page.status == 400 and "The weights sum to zero" in page
    page = send(admin, form, "check", rows="0")
    assert page.status == 400 and "A template needs at least one stage." in page and "Add a stage" in page


def test_a_new_stage_gets_its_key_from_its_english_title(cast: Cast, admin: Any) -> None:
    make(cast)
    form = form_of(send(admin, form_of(Page(admin.get(EDIT))), "add:3"))
    new = {"title_zh": "移交", "title_en": "Handover, in use", "weight": "5", "after": "Works; 资料 SS+3"}
    typed = {f"stages-3-{name}": value for name, value in new.items()} | {"note": "handed over"}
    assert send(admin, form, "save", **typed).status == 303
    stage = newest(cast).stages.get(position=4)
    assert stage.key == "handover_in_use" and stage.public
    assert stage.after == {"works": {"kind": "FS", "lag": 0}, "papers": {"kind": "SS", "lag": 3}}


def test_a_stage_may_be_renamed_and_still_be_waited_for(cast: Cast, admin: Any) -> None:
    make(cast)
    form = form_of(Page(admin.get(EDIT)))
    assert form["stages-1-after"] == "Survey"
    assert send(admin, form, "save", **{"stages-0-title_en": "Inquiry", "note": "a better word"}).status == 303
    assert newest(cast).stages.get(key="works").after == {"survey": {"kind": "FS", "lag": 0}}


def test_a_version_made_meanwhile_is_shown_and_not_overwritten_unseen(cast: Cast, admin: Any) -> None:
    form = form_of(Page(admin.get(EDIT)))
    typed = {"note": "longer works", "stages-6-duration": "60"}
    make(cast, note="somebody else's three steps", who="superuser")
    page = send(admin, form, "save", **typed)
    assert page.status == 412 and newest(cast).version == 3
    assert "Somebody else changed these settings meanwhile." in page and "somebody else's three steps" in page
    assert "superuser changed the bureau’s settings" in page
    sent = form_of(page)
    assert {name: sent[name] for name in typed} == typed and sent["rows"] == "10"
    assert send(admin, sent, "save").status == 303
    assert newest(cast).version == 4 and newest(cast).stages.count() == 10


def test_another_setting_made_meanwhile_counts_as_well(cast: Cast, admin: Any) -> None:
    form = form_of(Page(admin.get(EDIT)))
    lights_change(
        bureau_id=cast.bureau().pk, actor=cast.user("superuser"), at=AT, expected=None, rules={"stale_days": 9}
    )
    assert send(admin, form, "save", note="n").status == 412
    assert send(admin, form, "save", note="n", version="x").status == 400


def test_only_who_configures_the_bureau_may_send_the_form(cast: Cast, browser_of: Any, admin: Any) -> None:
    form = form_of(Page(admin.get(EDIT))) | {"note": "n"}
    for person in ("official", "viewer", "gushi_official", "engineer"):
        assert send(browser_of(person), form, "save").status == 403
    answer = browser_of().post(EDIT, form | {"do": "save"})
    assert answer.status_code == 302 and "/accounts/login/" in answer["Location"]
    assert send(browser_of("bureau_admin", enforce_csrf_checks=True), form, "save").status == 403
    assert not MilestoneTemplate.objects.filter(bureau__isnull=False).exists()


def test_the_largest_template_fits_into_the_form(cast: Cast, admin: Any) -> None:
    stages = [
        {"key": f"s{n}", "title_zh": f"阶段{n}", "title_en": f"Stage {n}", "weight": 1, "needs_acceptance": True}
        for n in range(100)
    ]
    template_create(
        bureau_id=cast.bureau().pk, actor=None, at=AT, expected=None, kind="rural_upgrade", stages=stages, note="many"
    )
    page = Page(admin.get(EDIT))
    assert "Add one after it" not in page
    assert send(admin, form_of(page), "save", note="all").status == 303


# --- moving a project ---------------------------------------------------------------------------------------


@pytest.fixture
def follower(cast: Cast) -> Project:
    make(cast)
    project = make_project(cast.bureau(), kind="rural_upgrade")
    make(cast, note="works take longer", works={"duration": 60, "after": {"survey": {"kind": "FS", "lag": 10}}})
    return project


def test_a_move_is_previewed_in_words_and_done_with_a_reason(cast: Cast, browser_of: Any, follower: Project) -> None:
    official, path = browser_of("official"), f"/projects/{follower.code}/template/"
    plain = Page(official.get(path))
    assert "Version 3 · three steps · followed now" in plain and "What moving" not in plain
    assert "standard/new_build" not in plain.html and "standard/rural_upgrade/2" in plain.html
    page = Page(official.get(f"{path}?to=610526/rural_upgrade/4"))
    told = page.text.partition("What moving to version 4 does")[2]
    assert "Works Usual duration (working days): 50 → 60 Comes after: Survey → Survey FS+10" in told
    assert "Added" not in told and "Removed" not in told
    form = {"version": str(follower.version), "template": "610526/rural_upgrade/4"}
    refused = Page(official.post(path, form | {"reason": " "}))
    assert refused.status == 400 and "Say why the stages change." in refused and "What moving to version 4" in refused
    answer = official.post(path, form | {"reason": "the site is wet"}, follow=True)
    assert answer.redirect_chain == [(f"/projects/{follower.code}/", 303)]
    assert "The project follows another template now." in Page(answer) and "version 4." in Page(answer)
    assert cast.project(follower.code).milestones.get(key="works").duration == 60


def test_a_preview_says_what_is_added_kept_and_removed(cast: Cast, visit: Any, follower: Project) -> None:
    follower.milestones.filter(key="papers").update(note="known")
    told = visit(f"/projects/{follower.code}/template/?to=standard/rural_upgrade/2", "official").text
    assert "Added Needs survey" in told and "Kept, though the template does not have it" in told
    assert re.search(r"a payment. Papers .*Removed Survey", told)


def test_there_is_nothing_to_move_to_where_it_is_already(cast: Cast, visit: Any, follower: Project) -> None:
    page = visit(f"/projects/{follower.code}/template/?to=610526/rural_upgrade/3", "official")
    assert "There is nothing to move." in page and 'class="move"' not in page.html


def test_a_move_from_an_older_state_or_to_another_kind_is_refused(
    cast: Cast, browser_of: Any, follower: Project
) -> None:
    official, path = browser_of("official"), f"/projects/{follower.code}/template/"
    form = {"version": str(follower.version), "template": "610526/rural_upgrade/4", "reason": "the site is wet"}
    project_change(project_id=follower.pk, actor=None, at=AT, expected=None, changes={"places": 7})
    stale = Page(official.post(path, form))
    assert stale.status == 412 and "Somebody else changed this project meanwhile." in stale
    assert ">the site is wet</textarea>" in stale.html
    assert f'name="version" value="{follower.version + 1}"' in stale.html
    other = Page(official.post(path, form | {"template": "standard/new_build/2", "version": str(follower.version + 1)}))
    assert other.status == 400 and "This template is for another kind of project: New build." in other
    seen = Page(official.get(f"{path}?to=standard/new_build/2"))
    assert seen.status == 400 and "This template is for another kind of project: New build." in seen
    assert cast.project(follower.code).template == follower.template


# --- the little language ------------------------------------------------------------------------------------

NAMES = Names(
    [
        ("foundations", "基础工程", "Foundations"),
        ("ss", "开始", "Start-up SS"),
        ("start", "启动", "Start-up"),
        ("phase-2", "二期;收尾", "Phase 2; finish"),
        ("a", "同名", "Same"),
        ("b", "同名", "Other"),
        ("1d", "一天", "Works +3"),
    ]
)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("", {}),
        ("Foundations", {"foundations": ("FS", 0)}),
        ("  fOUNDATIONS ;; ", {"foundations": ("FS", 0)}),
        ("基础工程FS＋10；启动 ss", {"foundations": ("FS", 10), "start": ("SS", 0)}),
        ("foundations + 10 days; b SS+3天", {"foundations": ("FS", 10), "b": ("SS", 3)}),
        ("Start-up SS", {"ss": ("FS", 0)}),
        ("Start-up FS", {"start": ("FS", 0)}),
        ("phase-2 SS+1\nOther", {"phase-2": ("SS", 1), "b": ("FS", 0)}),
        ("Works +3", {"1d": ("FS", 0)}),
    ],
)
def test_what_a_stage_waits_for_can_be_written(text: str, links: dict[str, tuple[str, int]]) -> None:
    assert read_links(text, NAMES) == {key: {"kind": kind, "lag": lag} for key, (kind, lag) in links.items()}


@pytest.mark.parametrize(
    "text", ["Roof", "同名", "Foundations FF", "FS+10", "Foundations +", "Foundations, Other", "+3"]
)
def test_what_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_links(text, NAMES)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_link_and_term_is_written_as_it_is_read(language: str) -> None:
    with translation.override(language):
        for key in ("foundations", "ss", "start", "phase-2", "a", "b", "1d"):
            for kind in ("FS", "SS"):
                for lag in (0, 1, 1830):
                    links: dict[str, Any] = {key: {"kind": kind, "lag": lag}, "foundations": {"kind": "SS", "lag": 2}}
                    assert read_links(written_links(links, NAMES), NAMES) == links
            for limit in ({"days": 15}, {"months": 1}, {"months": 3, "days": 0}, {"days": 1}, {}):
                term = {"after": key, **limit}
                assert read_limit(written_limit(term, NAMES), NAMES) == term


def test_a_term_can_be_written_in_either_language() -> None:
    for text in ("Foundations +3 months 5 days", "基础工程＋3个月5天", "foundations 3 months +5d"):
        assert read_limit(text, NAMES) == {"after": "foundations", "months": 3, "days": 5}
    assert read_limit(" ", NAMES) is None
    with pytest.raises(Unreadable):
        read_limit("Foundations +3 days 4 days", NAMES)
