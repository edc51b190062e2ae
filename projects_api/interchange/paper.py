"""The paper path: an Excel form of an engineer's sites, filled in without the product and read back; no database, no HTTP.

A form holds what the record said when it was made, so that reading it back finds what was changed, and against which version.
Everything a stranger's workbook can do is checked before a cell is believed: its size unpacked, its sheets, its macros.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from django.utils import translation
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from projects_api.canonical import entry_hash
from projects_api.choices import DelayReason
from projects_api.errors import FieldError, InvalidInput

MAX_BYTES = 2_000_000
MAX_UNPACKED = 40_000_000
MAX_PARTS = 200
MAX_ROWS = 5_000
FIRST_YEAR, LAST_YEAR = 2000, 2100  # in which a form may say that it was made
HIDDEN = "form"
STAGES, WORDS = 0, 1  # the order of the sheets that are filled in
FACTS = ("started", "percent", "actual", "forecast", "delay_reason", "delay_note")
DAYS = ("started", "actual", "forecast")
TEXTS = ("text", "problems", "next_step")
FIRST_FACT, FIRST_TEXT = 6, 3  # columns, from 1
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")


@dataclass
class PaperReport:
    """What a form says of one project. ``cells``: JSON pointer -> where it stands in the workbook, like ``进度!H7``."""

    code: str
    version: int
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    cells: dict[str, str] = field(default_factory=dict)

    @property
    def says_something(self) -> bool:
        return bool(self.entries or any(self.texts.values()))


@dataclass
class PaperForm:
    """A form read back: its projects that say something, and one id for the reports, the same at every reading."""

    made_at: datetime
    form: UUID
    reports: list[PaperReport]

    def report_id(self, report: PaperReport) -> UUID:
        """The same words from the same form are the same report, however often the file is handed in."""
        said = {"code": report.code, "entries": _plain(report.entries), "texts": report.texts}
        return uuid5(NAMESPACE_URL, f"{self.form}/{entry_hash(said)}")

    def document(self) -> dict[str, Any]:
        """As plain JSON, to be kept between looking and entering."""
        return {
            "made_at": self.made_at.isoformat(),
            "form": str(self.form),
            "reports": [
                [report.code, report.version, _plain(report.entries), report.texts, report.cells]
                for report in self.reports
            ],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> PaperForm:
        reports = [
            PaperReport(code, version, {key: _days(facts) for key, facts in entries.items()}, texts, cells)
            for code, version, entries, texts, cells in document["reports"]
        ]
        return cls(datetime.fromisoformat(document["made_at"]), UUID(document["form"]), reports)


def _days(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _day(value) if name in DAYS else value for name, value in facts.items()}


# --- out ---


def workbook(sites: Sequence[Mapping[str, Any]], *, made_at: datetime) -> bytes:
    """The form for some sites, as `selectors.fieldwork.field_sites` gives them, in the language of the reader."""
    book: Any = Workbook()
    stages, words, hidden = book.active, book.create_sheet(_("Physical progress")), book.create_sheet(HIDDEN)
    stages.title = _("Stages")
    _head(stages, [_("Code"), _("Project"), _("Key"), _("Stage"), _("Planned"), _("Started"), _("Percent"), _("Finished"),
                   _("Expected"), _("Reason for delay"), _("Explanation")], open_from=FIRST_FACT)  # fmt: skip
    _head(words, [_("Code"), _("Project"), _("Physical progress"), _("Problems"), _("Next step")], open_from=FIRST_TEXT)
    hidden.sheet_state = "hidden"
    hidden.append([str(uuid4()), made_at.isoformat()])
    for site in sites:
        known = {}
        for stage in site["milestones"]:
            if stage["state"] in ("met", "not_applicable"):
                continue
            known[stage["key"]] = {name: stage[name] for name in FACTS}
            _row(stages, [site["code"], site["title"], stage["key"], stage["title"], _day(stage["planned"])],
                 [_cell(name, stage[name]) for name in FACTS])  # fmt: skip
        _row(words, [site["code"], site["title"]], [site["physical_progress"], "", ""])
        hidden.append(
            [site["code"], site["version"], json.dumps([known, site["physical_progress"]], ensure_ascii=False)]
        )
    _finish(stages, widths=(18, 30, 4, 22, 12, 12, 9, 12, 12, 14, 40))
    stages.column_dimensions["C"].hidden = True
    _finish(words, widths=(18, 30, 50, 50, 50))
    reasons = DataValidation(
        type="list", formula1='"' + ",".join(str(r.label) for r in DelayReason) + '"', allow_blank=True
    )
    stages.add_data_validation(reasons)
    reasons.add(f"J2:J{max(stages.max_row, 2)}")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _head(sheet: Any, titles: Sequence[str], *, open_from: int) -> None:
    sheet.append(list(titles))
    for number, cell in enumerate(sheet[1], start=1):
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="FFF3D6" if number >= open_from else "E7EBEF")
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _row(sheet: Any, fixed: Sequence[Any], open_: Sequence[Any]) -> None:
    sheet.append([*map(_text, fixed), *map(_text, open_)])
    for cell in sheet[sheet.max_row]:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if isinstance(cell.value, date):
            cell.number_format = "yyyy-mm-dd"
        if isinstance(cell.value, str):
            cell.data_type = "s"  # a text that begins with = stays a text
        cell.protection = Protection(locked=cell.column <= len(fixed))


def _finish(sheet: Any, *, widths: Sequence[int]) -> None:
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"
    sheet.protection.sheet = True  # against slips, not against anybody
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"


def _text(value: Any) -> Any:
    return None if value == "" else value


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _cell(name: str, value: Any) -> Any:
    if name in DAYS:
        return _day(value)
    if name == "delay_reason":
        return str(DelayReason(value).label) if value else None
    return value


# --- back in ---


def read(data: bytes) -> PaperForm:
    """What a filled form says that the record did not say when it was made.

    Raises InvalidInput: pointer ``/file`` for a file that is no form of ours, else the cell (``进度!H7``), every bad one.
    """
    check_package(data)
    try:
        book: Any = load_workbook(io.BytesIO(data), read_only=False, data_only=True, keep_links=False)
        hidden = book[HIDDEN]
        (form_cell, made_cell), *rows = [
            row[:3] if n else row[:2] for n, row in enumerate(hidden.iter_rows(values_only=True))
        ]
        form, made_at = UUID(str(form_cell)), datetime.fromisoformat(str(made_cell))
        known = {str(code): (_version(version), _held(held)) for code, version, held in rows}
        stages, words = book.worksheets[STAGES], book.worksheets[WORDS]
    except InvalidInput:
        raise
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise _unreadable() from error
    if max(stages.max_row, words.max_row) > MAX_ROWS or len(known) > MAX_ROWS:
        raise _unreadable()
    if made_at.tzinfo is None or not FIRST_YEAR <= made_at.year <= LAST_YEAR:
        raise _unreadable()
    reports = {code: PaperReport(code, version) for code, (version, _held) in known.items()}
    errors: list[FieldError] = []
    for row in stages.iter_rows(min_row=2, max_col=FIRST_FACT + len(FACTS) - 1):
        _read_stage(row, reports, known, stages.title, errors)
    for row in words.iter_rows(min_row=2, max_col=FIRST_TEXT + len(TEXTS) - 1):
        _read_words(row, reports, known, words.title)
    if errors:
        raise InvalidInput(errors)
    return PaperForm(made_at, form, [report for report in reports.values() if report.says_something])


def _version(value: Any) -> int:
    """Raises ValueError for what no database holds."""
    version = int(value)
    if not 0 < version < 2**31:
        raise ValueError("no version")
    return version


def _held(text: Any) -> Any:
    """What the record said, ``[{stage: facts}, physical progress]``. The sheet is hidden, not sealed: raises for other shapes."""
    facts, words = json.loads(text)
    if not isinstance(words, str) or not all(set(FACTS) <= stage.keys() for stage in facts.values()):
        raise ValueError("not what a form holds")
    return facts, words


def check_package(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise InvalidInput.one("/file", "too_large", _("A form has at most 2 MB."))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            parts = package.infolist()
    except zipfile.BadZipFile as error:
        raise _unreadable() from error
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise InvalidInput.one("/file", "too_large", _("This workbook unpacks to more than a form can hold."))
    if any("vbaProject" in part.filename for part in parts):
        raise InvalidInput.one("/file", "macros", _("A form has no macros: save it as .xlsx without them."))


def _unreadable() -> InvalidInput:
    return InvalidInput.one(
        "/file", "not_a_form", _("This is not one of our forms. Download a new one and fill it in.")
    )


def _read_stage(
    row: Sequence[Any],
    reports: Mapping[str, PaperReport],
    known: Mapping[str, Any],
    sheet: str,
    errors: list[FieldError],
) -> None:
    code, key = str(row[0].value or ""), str(row[2].value or "")
    report = reports.get(code)
    if report is None or key not in known[code][1][0]:
        if any(cell.value not in (None, "") for cell in row):
            errors.append(
                FieldError(
                    f"{sheet}!A{row[0].row}",
                    "unknown_row",
                    _("This row is not of the form: fill in only the rows there are."),
                )
            )
        return
    held = known[code][1][0][key]
    for name, cell in zip(FACTS, row[FIRST_FACT - 1 :], strict=True):
        where = f"{sheet}!{cell.coordinate}"
        try:
            value = _value(name, cell)
        except ValueError as error:
            errors.append(FieldError(where, "invalid", str(error)))
            continue
        if _plain(value) != held[name]:
            report.entries.setdefault(key, {})[name] = value
            report.cells[f"/entries/{key}/{name}"] = where
    report.cells.setdefault(f"/entries/{key}", f"{sheet}!A{row[0].row}")


def _read_words(row: Sequence[Any], reports: Mapping[str, PaperReport], known: Mapping[str, Any], sheet: str) -> None:
    report = reports.get(str(row[0].value or ""))
    if report is None:
        return
    for name, cell in zip(TEXTS, row[FIRST_TEXT - 1 :], strict=True):
        said = "" if cell.value is None else str(cell.value).strip()
        if said and not (name == "text" and said == known[report.code][1][1]):
            report.texts[name] = said
            report.cells[f"/{name}"] = f"{sheet}!{cell.coordinate}"


def _value(name: str, cell: Any) -> Any:
    """A cell as the record holds it. Raises ValueError with words for who filled it in."""
    value = cell.value
    if name in DAYS:
        return _as_day(value)
    if name == "percent":
        return _as_percent(value, cell.number_format)
    said = "" if value is None else str(value).strip()
    return _as_reason(said) if name == "delay_reason" and said else said


def _as_day(value: Any) -> date | None:
    if value in (None, ""):
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if found := _DATE.fullmatch(str(value).strip()):
        try:
            return date(*(int(part) for part in found.groups()))
        except ValueError:
            pass
    raise ValueError(_("Not a day: write it like 2026-06-30."))


def _as_percent(value: Any, number_format: str) -> int:
    if value in (None, ""):
        return 0
    text = str(value).strip()
    try:
        number = float(text.rstrip("%％"))
    except ValueError:
        raise ValueError(_("Not a percentage: write it like 40.")) from None
    if isinstance(value, int | float) and "%" in number_format:
        number = round(number * 100, 6)  # Excel holds 29 % as 0.29, and 100 % as a whole 1
    if not 0 <= number <= 100:  # infinity and NaN as well, which Excel does not know but other hands do
        raise ValueError(_("Between 0 and 100 percent."))
    if number != round(number):
        raise ValueError(_("Whole percent, please."))
    return int(number)


def _as_reason(said: str) -> str:
    for language in ("zh-hans", "en"):
        with translation.override(language):
            for reason in DelayReason:
                if said in (reason.value, str(reason.label)):
                    return reason.value
    raise ValueError(_("Not one of the reasons: choose from the list."))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def cells_of(report: PaperReport, errors: Iterable[FieldError]) -> Iterator[FieldError]:
    """A refusal's pointers as the cells that they are about."""
    for error in errors:
        where = report.cells.get(error.pointer) or report.cells.get(error.pointer.rsplit("/", 1)[0]) or report.code
        yield FieldError(where, error.code, error.message)
