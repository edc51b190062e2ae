"""The paper path: the Excel form is taken, filled in, handed in, looked at and entered, with the checks of a report."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from projects_api.models import ProgressReport
from projects_api.services.milestones import milestone_change
from tests.cast import Cast
from tests.portal.conftest import Page

pytestmark = pytest.mark.once  # words and forms; what is behind them is tried on both engines (tests/api, tests/record)

PATH = "/office/paper/"
COLUMN = {"started": 6, "percent": 7, "actual": 8, "forecast": 9, "delay_reason": 10, "delay_note": 11}


def taken(client: Client, query: str = "") -> Any:
    answer = client.get(f"{PATH}form.xlsx{query}")
    assert answer.status_code == 200
    return load_workbook(io.BytesIO(answer.content))


def filled(
    book: Any, facts: dict[tuple[str, str], dict[str, Any]], words: dict[str, tuple[str, str, str]] | None = None
) -> bytes:
    stages, texts = book.worksheets[0], book.worksheets[1]
    for row in stages.iter_rows(min_row=2):
        for name, value in facts.get((row[0].value, row[2].value), {}).items():
            stages.cell(row[0].row, COLUMN[name]).value = value
    for row in texts.iter_rows(min_row=2):
        for place, value in enumerate((words or {}).get(row[0].value, ())):
            texts.cell(row[0].row, 3 + place).value = value or None
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def hand_in(client: Client, data: bytes, **form: str) -> Any:
    return client.post(PATH, {"file": SimpleUploadedFile("form.xlsx", data), **form})


def enter(client: Client, looked: Any) -> Any:
    found = re.search(r'name="looked" value="([^"]+)"', looked.content.decode())
    assert found
    return client.post(PATH, {"looked": found[1]})


@pytest.fixture
def engineer(browser_of: Callable[..., Client]) -> Client:
    return browser_of("engineer")


def test_a_form_is_taken_filled_in_looked_at_and_entered(cast: Cast, engineer: Client) -> None:
    code = cast.published
    data = filled(
        taken(engineer),
        {(code, "foundations"): {"started": date(2023, 6, 1), "percent": 40},
         (code, "infill"): {"forecast": "2024年5月1日", "delay_reason": "Weather", "delay_note": "Rain"}},
        {code: ("Third floor", "No water", "")},
    )  # fmt: skip
    looked = hand_in(engineer, data)
    page = Page(looked)
    assert looked.status_code == 200 and "What this form would enter" in page
    assert "40%" in page and "1 May 2024" in page and "Third floor" in page
    assert "Will be entered" in page and "Entered in the record" not in page
    assert not ProgressReport.objects.exists(), "looking enters nothing"
    answer = enter(engineer, looked)
    assert answer.status_code == 303 and "1 report is entered" in Page(engineer.get(PATH))
    found = ProgressReport.objects.get()
    assert (found.project.code, found.text, found.problems) == (code, "Third floor", "No water")
    milestones = {m.key: m for m in cast.project().milestones.all()}
    assert (milestones["foundations"].percent, milestones["foundations"].started) == (40, date(2023, 6, 1))
    assert (milestones["infill"].forecast, milestones["infill"].delay_reason) == (date(2024, 5, 1), "weather")


def test_an_engineer_is_led_to_the_form(cast: Cast, engineer: Client, browser_of: Callable[..., Client]) -> None:
    """They have no office page: from a project, from the app's foot, and the file has a name that they can read."""
    project = f"/projects/{cast.published}/"
    assert f'href="{PATH}"' in Page(engineer.get(project)).html
    assert f'href="{PATH}"' not in Page(browser_of("official").get(project)).html, "who does not report"
    assert f'href="{PATH}"' not in Page(browser_of().get(project)).html
    assert PATH in engineer.get("/field/app.js").content.decode()
    held = browser_of("engineer", "zh-hans").get(f"{PATH}form.xlsx")["Content-Disposition"]
    assert "进度填报表" in unquote(held)


def test_the_same_form_twice_is_one_report(cast: Cast, engineer: Client) -> None:
    data = filled(taken(engineer), {(cast.published, "foundations"): {"percent": 40}})
    for _time in range(2):
        enter(engineer, hand_in(engineer, data))
    assert ProgressReport.objects.count() == 1


def test_what_the_office_changed_since_is_shown_before_it_is_entered(cast: Cast, engineer: Client) -> None:
    data = filled(taken(engineer), {(cast.published, "foundations"): {"percent": 40}})
    milestone_change(
        project_id=cast.project().pk, key="foundations", actor=cast.user("bureau_admin"),
        at=datetime(2023, 6, 7, tzinfo=UTC), expected=None, changes={"percent": 30},
    )  # fmt: skip
    looked = hand_in(engineer, data)
    assert "1 stage was changed by somebody else" in Page(looked)
    enter(engineer, looked)
    assert cast.project().milestones.get(key="foundations").percent == 30


def test_percentages_are_read_as_excel_keeps_them(cast: Cast, engineer: Client) -> None:
    """Who types "100%" into a cell makes it a whole 1 that is shown as percent."""
    book = taken(engineer)
    kept = {"foundations": 0.29, "infill": 1}
    for row in book.worksheets[0].iter_rows(min_row=2):
        if row[0].value == cast.published and row[2].value in kept:
            row[6].value, row[6].number_format = kept[row[2].value], "0%"
    page = Page(hand_in(engineer, filled(book, {})))
    assert page.text.count("100 percent means that it is met") == 1 and "Whole percent" not in page


def test_every_bad_cell_is_named_and_nothing_is_entered(cast: Cast, engineer: Client) -> None:
    code = cast.published
    data = filled(
        taken(engineer),
        {
            (code, "foundations"): {"percent": "a lot", "started": "soon"},
            (code, "infill"): {"delay_reason": "the moon", "percent": "inf"},
            (code, "finishes"): {"percent": 101},
        },
    )
    page = Page(refused := hand_in(engineer, data))
    assert refused.status_code == 400
    assert len(re.findall(r"Stages![F-J]\d+: ", page.text)) == 5, page
    assert "Not a percentage" in page and "Not a day" in page and "Not one of the reasons" in page
    assert page.text.count("Between 0 and 100 percent") == 2


def test_one_bad_row_keeps_the_others_out(cast: Cast, engineer: Client) -> None:
    """All or nothing; the cell is named, whatever rule it breaks."""
    data = filled(
        taken(engineer),
        {
            (cast.published, "foundations"): {"percent": 40},
            (cast.unpublished, "foundations"): {"actual": date(2999, 1, 1)},
        },
    )
    refused = hand_in(engineer, data)
    assert refused.status_code == 400 and re.search(r"Stages!H\d+: .*cannot lie in the future", Page(refused).text)
    assert not ProgressReport.objects.exists()


def workbook_with(data: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, content)
    return out.getvalue()


def spoilt(data: bytes, row: int, column: int, value: Any) -> bytes:
    """A form whose hidden sheet somebody has written to."""
    book = load_workbook(io.BytesIO(data))
    book.worksheets[2].cell(row, column).value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda data: b"", "not one of our forms"),
        (lambda data: b"PK\x03\x04 nonsense", "not one of our forms"),
        (lambda data: data[: len(data) // 2], "not one of our forms"),
        (lambda data: workbook_with(data, "xl/vbaProject.bin", b"x"), "no macros"),
        (lambda data: workbook_with(data, "xl/media/zeros", b"\0" * 50_000_000), "unpacks to more"),
        (lambda data: data + b"\0" * 2_000_001, "at most 2 MB"),
        (lambda data: spoilt(data, 1, 2, "9999-12-31T23:59:59+00:00"), "not one of our forms"),
        (lambda data: spoilt(data, 2, 2, "1" + "0" * 30), "not one of our forms"),
        (lambda data: spoilt(data, 2, 3, "[null, 7]"), "not one of our forms"),
        (lambda data: spoilt(data, 2, 3, '[{"foundations": {}}, ""]'), "not one of our forms"),
    ],
    ids=["empty", "nonsense", "half", "macros", "bomb", "large", "year 9999", "version", "shape", "facts"],
)
def test_a_file_that_is_no_form_is_refused_in_words(
    cast: Cast, engineer: Client, spoil: Callable[[bytes], bytes], words: str
) -> None:
    data = engineer.get(f"{PATH}form.xlsx").content
    answer = hand_in(engineer, spoil(data))
    assert answer.status_code == 400
    assert words in Page(answer) or (not spoil(data) and "empty" in Page(answer)), Page(answer)


def test_a_form_that_says_nothing_new_says_so(cast: Cast, engineer: Client) -> None:
    assert "Nothing in this form differs" in Page(hand_in(engineer, engineer.get(f"{PATH}form.xlsx").content))


def test_a_form_is_entered_only_by_who_may_report(
    cast: Cast, engineer: Client, browser_of: Callable[..., Client]
) -> None:
    data = filled(taken(engineer), {(cast.published, "foundations"): {"percent": 40}})
    assert hand_in(browser_of("official"), data).status_code == 403
    assert "do not report on this project" in Page(hand_in(browser_of("gushi_engineer"), data))
    admin = browser_of("bureau_admin")
    assert hand_in(admin, data).status_code == 400, "an administrator says why"
    looked = hand_in(admin, data, reason="sent by post")
    assert enter(browser_of("engineer"), looked).status_code == 400, "what one looked at, another cannot enter"
    assert enter(admin, looked).status_code == 303
    assert ProgressReport.objects.get().reason == "sent by post"


def test_texts_that_look_like_formulas_stay_texts(cast: Cast, engineer: Client) -> None:
    milestone = cast.project().milestones.get(key="foundations")
    milestone.delay_reason, milestone.delay_note = "other", "=HYPERLINK(1)"
    milestone.save()
    sheet = taken(engineer).worksheets[0]
    cell = next(
        row[10] for row in sheet.iter_rows(min_row=2) if (row[0].value, row[2].value) == (cast.published, "foundations")
    )
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")
