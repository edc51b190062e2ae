"""Tables that are no tables, rows that are no rows: a clear message, the good rows in, the bad ones listed."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation

from projects_api.bounds import LATEST
from projects_api.drafts import BureauDraft, ProjectDraft
from projects_api.errors import InvalidInput
from projects_api.interchange import mapping_files, values
from projects_api.models import LedgerEntry, Milestone, Project
from projects_api.selectors.documents import project_document
from projects_api.services.imports import import_projects
from projects_api.services.projects import project_change
from tests.factories import PUCHENG, make_county
from tests.interchange.conftest import HEADER, MAPPING, run

GOOD = "A1,Roof,Build,going,05.03.2023,01.09.2023,,1000,0"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is empty"),
        (b"\r\n\r\n", "is empty"),
        (b"PK\x03\x04anything", "Excel workbook"),
        (HEADER.encode("utf-16"), "UTF-16"),
        (HEADER.encode() + b"\n\x00\x00\x00", "NUL"),
        ((HEADER + "\nA1,“甲”—①·屋面改造,Build,later,,,,,").encode("gb18030"), "--encoding gb18030"),
        ((HEADER + "\nA1,Réfection,Build,later,,,,,").encode("latin-1"), "is not UTF-8"),
        (f"{HEADER},Work\n{GOOD},x".encode(), "occur twice: “Work”"),
        (HEADER.replace("Phase", "Stage").encode(), "lacks the columns “Phase”"),
        (f'{HEADER}\n{GOOD}\nA2,"Roof'.encode(), "line 3: the quoting is broken"),
        (f'{HEADER}\nA1,"{"x" * 200_000}",Build'.encode(), "line 2: the quoting is broken"),
    ],
    ids=["empty", "blank", "workbook", "utf16", "nul", "gbk", "latin1", "doubles", "column", "truncated", "huge"],
)
def test_a_file_that_cannot_be_read_ends_with_2_and_says_why(db, table, mapping, raw, words):
    ran = run(table(raw=raw), "--mapping", mapping)
    assert ran.code == 2
    assert words in ran.error
    assert not Project.objects.exists()


def test_a_chinese_terminal_reads_one_language(db, table, mapping):
    """Every line of the report; only what the file itself calls its columns stays as it is there."""
    with translation.override("zh-hans"):
        ran = run(
            table(GOOD, "A1,Roof,Paint,going,05.03.2023,,,,", "A2,Roof,Build,going,TBD,,,TBD,"), "--mapping", mapping
        )
    assert "新建：2" in ran.out and "未采用：1" in ran.out and "无位置：2" in ran.out
    for line in ran.out.splitlines():
        told = re.sub(r"/\S+\.csv|“[^”]*”|Phase|Start|Budget|TBD", "", line)
        assert re.search(r"[\u4e00-\u9fff]", told) and not re.search(r"[A-Za-z]{3,}", told), line


def test_a_missing_file_and_an_unknown_mapping_are_named(db, tmp_path, mapping):
    assert "nowhere.csv" in run(tmp_path / "nowhere.csv", "--mapping", mapping).error
    missing = run(tmp_path / "nowhere.csv", "--mapping", "nonesuch")
    assert missing.code == 2 and "nyc_sca, schoolworks" in missing.error


def test_chinese_spreadsheets_are_read_when_the_encoding_is_named(db, table, mapping):
    path = table(raw=(HEADER + "\nA1,屋面改造,Build,later,,,,,").encode("gb18030"))
    assert run(path, "--mapping", mapping, "--encoding", "gb18030").count("created") == 1
    assert Project.objects.get().title_en == "A1: 屋面改造"


def test_a_byte_order_mark_and_blanks_around_names_do_not_count(db, table, mapping):
    text = "\ufeff" + HEADER.replace("Work", "  Work ") + "\n" + GOOD + "\n\n"
    assert run(table(raw=text.encode()), "--mapping", mapping).count("created") == 1


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ("A1,Roof,Build,going,05.03.2023", "", "5 cells"),
        ("A1,Roof,Paint,going,05.03.2023,,,,", "Phase", "not a phase"),
        ("A1,Roof,Build,maybe,05.03.2023,,,,", "State", "not a state"),
        ("A1,Roof,Build,going,31.02.2023,,,,", "Start", "neither a date nor a known word"),
        ("A1,Roof,Build,going,01.01.1900,,,,", "Start", "not a date between"),
        ("A1,Roof,Build,done,05.03.2023,,31.12.2099,,", "End", "cannot lie in the future"),
        ("A1,Roof,Build,going,31.12.2099,,,,", "Start", "cannot lie in the future"),
        ("A1,Roof,Build,done,05.03.2023,,04.03.2023,,", "End", "ends (2023-03-04) before it starts (2023-03-05)"),
        ("A1,Roof,Build,done,05.03.2023,,,,", "End", "no actual end date"),
        ("A1,Roof,Build,going,05.03.2023,,06.03.2023,,", "State", "not complete"),
        ("A1,Roof,Build,later,05.03.2023,,,,", "State", "not begun"),
        ("A1,Roof,Build,going,,,,12.345,", "Budget", "neither an amount"),
        ("A1,Roof,Build,going,,,,-5,", "Budget", "out of range"),
        ('A1,Roof,Build,going,,,,"1,23,4",', "Budget", "neither an amount"),
        ("A1,Roof,Build,going,,,,NaN,1e9", "Budget; Spent", "neither an amount"),
        (f"A1,{'R' * 250},Build,going,,,,,", "Building", ""),
        (",,Build,going,,,,,", "Building", "which project"),
        ("A1,Roof\x07,Build,going,,,,,", "Work", "control character"),
        ("A1,Roof\u202e,Build,going,,,,,", "Building", ""),
        ("A/1,Roof,Build,going,,,,,", "Building", "cannot be a code"),
    ],
)
def test_a_bad_row_is_rejected_alone_with_line_column_and_reason(db, table, mapping, row, column, words):
    path = table(GOOD.replace("A1", "B2"), row)
    ran = run(path, "--mapping", mapping)
    assert (ran.code, ran.count("created"), ran.count("rejected")) == (0, 1, 1)
    with (path.parent / "table.csv.rejected.csv").open(encoding="utf-8-sig", newline="") as stream:
        (listed,) = csv.DictReader(stream)
    assert listed["line"] == "3"
    assert listed["column"] == column
    assert words in listed["reason"] and listed["reason"]


def test_no_table_writes_under_another_bureaus_code(db, table):
    """Found: one row of Pucheng's table made and published a project of Gushi's."""
    make_county(PUCHENG)
    taken = ("610526-2023-101", "610526-hall_7-b")
    refused = ("411525-2023-001", "xx", "ABC", "abc", "610526-2024-9999999", "610526-24-1")
    rows = [f"{code},抢别局,new_build,true,proposed" for code in (*refused, *taken)]
    path = table(*rows, header="code,title_zh,project_kind,published,status")
    ran = run(path, "--mapping", "schoolworks", "--bureau", "610526")
    assert (ran.code, ran.count("created"), ran.count("rejected")) == (0, len(taken), len(refused))
    assert "line 2, code: “411525-2023-001” cannot be a code of this bureau; one looks like 610526-2023-001" in ran.out
    assert set(Project.objects.values_list("code", flat=True)) == set(taken)
    # Nor does a draft that nobody has looked at.
    draft = ProjectDraft("411525-2023-001", "x", "1", frozenset(), "抢", "", "new_build", "", "proposed")
    with pytest.raises(InvalidInput) as broken:
        import_projects(bureau_draft=BureauDraft("610526"), drafts=[draft], actor=None, at=timezone.now())
    assert broken.value.errors[0].pointer == "/code" and Project.objects.count() == len(taken)


@pytest.mark.parametrize(
    ("last", "code"),
    [("610526-2027-0000", "code_taken"), ("610526-2027-0099", "code_taken"), ("610526-2027-9999", "invalid")],
)
def test_what_a_later_batch_refuses_takes_the_earlier_ones_back(db, last, code):
    """A table is read and written 500 projects at a time, and stands whole or not at all."""
    make_county(PUCHENG)
    made = ("", "new_build", "", "proposed")
    codes = [*(f"610526-2027-{number:04}" for number in range(501)), last]
    drafts = [
        ProjectDraft(one, "x", str(place), frozenset(), "校\x00" if (code, place) == ("invalid", 501) else "校", *made)
        for place, one in enumerate(codes)
    ]
    before = LedgerEntry.objects.count()
    with pytest.raises(InvalidInput) as broken, transaction.atomic():
        import_projects(bureau_draft=BureauDraft("610526"), drafts=drafts, actor=None, at=timezone.now())
    assert broken.value.errors[0].code == code
    assert (Project.objects.count(), LedgerEntry.objects.count()) == (0, before)
    counts = import_projects(bureau_draft=BureauDraft("610526"), drafts=drafts[:501], actor=None, at=timezone.now())
    assert counts.created == Project.objects.count() == LedgerEntry.objects.count() - before == 501


def test_what_the_record_cannot_hold_is_a_rejected_row_and_no_refusal_of_the_whole(db, table, tmp_path):
    """Found: one row without a title ended the import of all others with a traceback."""
    make_county(PUCHENG)
    header = "code,title_zh,project_kind,classes,places,floor_area,total_investment,plan_year,plan_target,township_code"
    bad = {
        ",new_build,,,,,,,": ("title_zh", "needs a title"),
        "校,new_build,501,,,,,,": ("classes", "501 is more than the record holds here: at most 500"),
        "校,new_build,,50001,,,,,": ("places", "at most 50000"),
        "校,new_build,,,10000001,,,,": ("floor_area", "at most 10000000"),
        "校,new_build,,,,10000000000000,,,": ("total_investment", "out of range for an amount"),
        "校,new_build,,,,,2031,start,": ("plan_year", "no plan for 2031"),
        "校,new_build,,,,,,,411525001": ("township_code", "no division 411525001"),
    }
    rows = [f"610526-2027-{number:03},{row}" for number, row in enumerate(["校,new_build,,,,,,,", *bad], start=1)]
    path = table(*rows, header=header)
    ran = run(path, "--mapping", "schoolworks", "--bureau", "610526")
    assert (ran.code, ran.count("created"), ran.count("rejected")) == (0, 1, len(bad))
    with path.with_name("table.csv.rejected.csv").open(encoding="utf-8-sig", newline="") as stream:
        listed = list(csv.DictReader(stream))
    assert [(int(row["line"]), row["column"]) for row in listed] == [
        (line, column) for line, (column, _words) in enumerate(bad.values(), start=3)
    ]
    assert all(words in row["reason"] for row, (_column, words) in zip(listed, bad.values(), strict=True))
    # What no check of a row foresees is refused in words, too: here, a table that names no title at all.
    bare = tmp_path / "bare.toml"
    text = (Path(mapping_files.HOME) / "schoolworks.toml").read_text(encoding="utf-8")
    bare.write_text(
        text.replace('title_zh = "title_zh"', 'title_zh = { header = "title_zh", optional = true }'), encoding="utf-8"
    )
    path = table("610526-2027-100,new_build", header="code,project_kind")
    ran = run(path, "--mapping", bare, "--bureau", "610526")
    assert ran.code == 2 and "needs a title" in ran.error and Project.objects.count() == 1


def test_a_place_in_the_box_but_outside_the_boundary_is_refused_as_everywhere(db, table, tmp_path):
    """The county's own boundary, with its kilometre to spare, in the table itself and in a second one."""
    make_county(PUCHENG)
    north = 35.176  # of its box, and of its boundary in tests
    header = "code,title_zh,project_kind,latitude,longitude,location_precision"
    rows = [
        f"610526-2023-{n},学校{n},new_build,{north + over:.4f},109.6,map_pin"
        for n, over in ((101, 0.0085), (102, 0.0097))
    ]
    ran = run(table(*rows, header=header), "--mapping", "schoolworks", "--bureau", "610526")
    assert (ran.count("created"), ran.count("rejected")) == (1, 1)
    assert f"line 3, latitude: 109.6, {north + 0.0097:.4f} lies outside the county's boundary." in ran.out
    assert Project.objects.get().code == "610526-2023-101"

    # A mapping that would make the bureau asks the bureau that is there, too: its own box says nothing then.
    mine = MAPPING.replace("[100, 30, 101, 31]", "[100, 30, 116, 36]").replace("LIT", "610526")
    (tmp_path / "mine.toml").write_text(mine, encoding="utf-8")
    sites = table("A1,34.9,109.6", f"A2,{north + 0.0097:.4f},109.6", header="Building,Lat,Lon", name="sites.csv")
    two = table(GOOD, GOOD.replace("A1", "A2"))
    ran = run(two, "--mapping", tmp_path / "mine.toml", "--sites", sites)
    assert (ran.count("created"), ran.count("without location")) == (2, 1)
    assert "line 3, Lat; Lon: " in ran.out and "outside the county's boundary" in ran.out


def test_why_a_project_stands_still_is_read_in_words_of_either_language(db, table):
    make_county(PUCHENG)
    header = "code,title_zh,project_kind,status,status_reason,status_note,status_since"
    start = "610526-2023-"

    def imported(*rows: str, header: str = header):
        return run(table(*rows, header=header), "--mapping", "schoolworks", "--bureau", "610526")

    def told(number: int) -> list[str]:
        project = Project.objects.get(code=f"{start}{number}")
        return [project.kind, project.status, project.status_reason, project.status_note, str(project.status_since)]

    ran = imported(
        f"{start}101,甲,新建,暂停,学校撤并,并入中心小学,2023-06-30",
        f"{start}102,乙,New build,cancelled,fewer_children,,",
        f"{start}103,丙,new_build,Suspended,,,",
        f"{start}104,丁,new_build,在建,资金原因,,",
        f"{start}105,戊,new_build,suspended,,无原因,",
        f"{start}106,己,new_build,suspended,other,,",
        f"{start}107,庚,new_build,suspended,aliens,,",
        f"{start}108,辛,new_build,suspended,funds,,2099-01-01",
    )
    assert (ran.count("created"), ran.count("rejected")) == (3, 5)
    for words in (
        "rejected: line 5, status_reason: Only a project that is suspended or cancelled",
        "line 6, status_note: An explanation goes with a reason",
        'line 7, status_reason: The reason "other" needs an explanation',
        "rejected: line 8, status_reason: “aliens” is not one of: ",
        "line 9, status_since: This is a fact",
        "it stands still, and the table does not say why: line 4",
    ):
        assert words in ran.out, (words, ran.out)
    assert told(101) == ["new_build", "suspended", "school_closed", "并入中心小学", "2023-06-30"]
    assert told(102)[1:4] == ["cancelled", "fewer_children", ""] and told(103)[1:3] == ["suspended", ""]
    # What a later table does not tell stays; another reason has its own words and day, and who goes on has none.
    assert imported(f"{start}101,甲,新建,暂停,,,").count("unchanged") == 1
    imported(f"{start}101,甲,新建,暂停,资金原因", header=header.removesuffix(",status_note,status_since"))
    assert told(101)[2:] == ["funds", "", "None"]
    imported(f"{start}101,甲,新建,在建", header=header.partition(",status_reason")[0])
    assert told(101)[1:] == ["under_construction", "", "", "None"]


def test_the_other_phases_of_a_project_stand_when_one_is_rejected(db, table, mapping):
    run(table("A1,Roof,Draw,done,05.03.2023,,04.03.2023,,", "A1,Roof,Build,later,,,,,"), "--mapping", mapping)
    assert list(Milestone.objects.values_list("key", flat=True)) == ["build"]


def test_lines_are_those_that_an_editor_shows(db, table, mapping):
    """A quoted cell may span lines: the row after it is further down than its number says."""
    path = table('A1,"Roof\r\nand\r\nwalls",Build,later,,,,,', "", "A2,Roof,Paint,later,,,,,")
    ran = run(path, "--mapping", mapping)
    assert "line 6, Phase" in ran.out
    assert Project.objects.get().title_en == "A1: Roof and walls"


def test_cells_with_formulas_are_harmless_in_the_list_of_rejected_rows(db, table, mapping):
    path = table('=1+1,@x,+Phase,-state,"\t=cmd",＝1＋1,＋1,－1,＠x')
    run(path, "--mapping", mapping)
    with (path.parent / "table.csv.rejected.csv").open(encoding="utf-8-sig", newline="") as stream:
        _header, row = csv.reader(stream)
    assert row[3:7] == ["'=1+1", "'@x", "'+Phase", "'-state"]
    assert row[8:] == ["'＝1＋1", "'＋1", "'－1", "'＠x"], "Excel takes those of a Chinese keyboard for the same"
    assert not [cell for cell in row if cell[:1] in tuple("=+-@\t\r")]


def test_formulas_and_template_text_are_kept_as_the_text_they_are(db, table, mapping):
    run(table('A1,"=HYPERLINK(""x"") {{7*191}} {% b ${1} </script>",Build,later,,,,,'), "--mapping", mapping)
    assert Project.objects.get().title_en == 'A1: =HYPERLINK("x") {{7*191}} {% b ${1} </script>'


def test_the_same_row_twice_counts_once_and_another_row_of_the_phase_is_a_second_one(db, table, mapping):
    ran = run(table(GOOD, GOOD, GOOD.replace("1000", "2000")), "--mapping", mapping)
    assert "the same as line 2, counted once: line 3" in ran.out
    assert set(Milestone.objects.values_list("key", flat=True)) == {"build", "build-2"}
    assert sorted(Project.objects.get().estimates.values_list("amount", flat=True)) == [Decimal(1000), Decimal(2000)]


def test_money_comes_in_many_coats(db, table, mapping):
    run(table('A1,Roof,Build,going,,,,"$8,504,318.00 ",¥1200.5', "A1,Roof,Draw,later,,,,TBD,0"), "--mapping", mapping)
    project = Project.objects.get()
    assert [e.amount for e in project.estimates.all()] == [Decimal("8504318.00")]
    assert [(s.amount, s.milestone, s.kind) for s in project.spending.all()] == [
        (Decimal("1200.50"), "build", "money_paid")
    ]
    assert "TBD: not decided yet [Budget]" in project.milestones.get(key="draw").note


def test_the_limits_are_those_of_the_record(db):
    limits: list[tuple[str, Any, Any]] = [(name, most, most + 1) for name, most in values.MOST.items()]
    for name, most, more in [*limits, ("needed_by", LATEST, LATEST + timedelta(1))]:
        Project(code="x", title_zh="x", kind="new_build", **{name: most}).validate_constraints(exclude={"bureau"})
        with pytest.raises(ValidationError):
            Project(code="x", title_zh="x", kind="new_build", **{name: more}).validate_constraints(exclude={"bureau"})


# --- the second table ---


def test_sites_are_checked_before_they_are_believed(db, table, mapping):
    sites = table(
        "A1,30.5,100.5",
        "A2,100.5,30.5",
        "A3,1e200,100.5",
        "A4,0,0",
        "A5,,",
        "A1,30.6,100.6",
        header="Building,Lat,Lon",
        name="sites.csv",
    )
    ran = run(table(*(GOOD.replace("A1", f"A{n}") for n in range(1, 7))), "--mapping", mapping, "--sites", sites)
    assert (ran.count("created"), ran.count("without location")) == (6, 5)
    project = Project.objects.get(site__isnull=False)
    assert (project.site.x, project.site.y, project.location_precision) == (100.5, 30.5, "address")
    with sites.with_name("sites.csv.rejected.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert [row["line"] for row in csv.DictReader(stream)] == ["3", "4", "5"]
    assert "another place" in ran.out


def test_an_import_without_the_sites_leaves_known_places_alone(db, table, mapping):
    sites = table("A1,30.5,100.5", header="Building,Lat,Lon", name="sites.csv")
    run(table(GOOD), "--mapping", mapping, "--sites", sites)
    again = run(table(GOOD), "--mapping", mapping)
    assert (again.count("unchanged"), again.count("without location")) == (1, 0)


# --- again, and changed ---


def test_a_second_import_changes_only_what_differs_and_the_ledger_says_it(db, table, mapping):
    other = GOOD.replace("A1", "A2")
    run(table(GOOD, other), "--mapping", mapping)
    done = "A1,Roof,Build,done,05.03.2023,01.09.2023,08.09.2023,1000,900"
    ran = run(table(done, other), "--mapping", mapping, "--reason", "monthly table")
    assert [ran.count(word) for word in ("created", "changed", "unchanged")] == [0, 1, 1]
    project = Project.objects.get(title_en="A1: Roof")
    assert (project.status, project.progress, project.version) == ("accepted", 100, 2)
    assert project.milestones.get().actual == date(2023, 9, 8)
    entry = project.ledger.get(version=2)
    assert entry.reason == "monthly table"
    assert {op["path"] for op in entry.patch} >= {"/milestones/build/actual", "/milestones/build/state", "/status"}


def test_a_dry_run_shows_the_same_report_and_writes_nothing(db, table, mapping):
    path = table(GOOD, "A1,Roof,Paint,going,,,,,")
    dry = run(path, "--mapping", mapping, "--dry-run")
    assert not Project.objects.exists()
    assert not path.with_name("table.csv.rejected.csv").exists()
    wet = run(path, "--mapping", mapping)
    assert dry.out.splitlines()[1:7] == wet.out.splitlines()[:6]


def test_a_corrected_table_empties_the_list_of_rejected_rows(db, table, mapping):
    path = table(GOOD, "A1,Roof,Paint,going,,,,,")
    run(path, "--mapping", mapping)
    ran = run(table(GOOD), "--mapping", mapping)
    assert len(path.with_name("table.csv.rejected.csv").read_text(encoding="utf-8-sig").splitlines()) == 1
    assert "No row is rejected any more" in ran.out and "All rejected rows" not in ran.out


def test_the_actor_must_exist(db, table, mapping):
    ran = run(table(GOOD), "--mapping", mapping, "--actor", "nobody")
    assert ran.code == 2 and "nobody" in ran.error


def test_files_without_a_bureau_need_one(db, tmp_path: Path):
    path = tmp_path / "mine.csv"
    path.write_text("code,title_zh,project_kind\n1,学校,new_build\n", encoding="utf-8")
    assert "--bureau" in run(path, "--mapping", "schoolworks").error
    assert "no bureau with the code 999999" in run(path, "--mapping", "schoolworks", "--bureau", "999999").error


def test_what_is_archived_stays_as_it_is_and_is_named(db, table, mapping):
    assert run(table("A1,Roof,Build,going,01.02.2023,,,100,"), "--mapping", mapping).count("created") == 1
    project = Project.objects.get(bureau__code="LIT")
    project_change(project_id=project.pk, actor=None, at=timezone.now(), expected=None, changes={"archived": True})
    before = project_document(Project.objects.get(pk=project.pk))
    newer = table("A1,Roof,Build,done,01.02.2023,,01.03.2023,200,", "A2,Roof,Build,later,,01.02.2024,,50,")
    again = run(newer, "--mapping", mapping)
    assert (again.count("created"), again.count("changed"), again.count("unchanged")) == (1, 0, 1)
    assert f"Archived, and left as they are: {project.code}" in again.out
    assert project_document(Project.objects.get(pk=project.pk)) == before
    # The same table says nothing of it once the project is back.
    project_change(project_id=project.pk, actor=None, at=timezone.now(), expected=None, changes={"archived": False})
    back = run(newer, "--mapping", mapping)
    assert back.count("changed") == 1 and "Archived" not in back.out
