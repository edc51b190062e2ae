"""A county's own table by its own mapping: amounts in 万元, words where amounts should stand, schools and divisions it names."""

from __future__ import annotations

from decimal import Decimal

from django.utils import translation

from projects_api.models import LedgerEntry, Project, Region, School
from tests.factories import PUCHENG, make_county
from tests.interchange.conftest import MAPPING, run

COUNTY = """
[mapping]
title = "Our county"
source = "our_county"
rows = "projects"
encoding = "gb18030"

[columns]
number = "序号"
name = "项目名称"
stage = "学段"
invest = "总投资（万元）"
school = { header = "学校", optional = true }

[formats]
money_signs = "万元，"
money_unit = 10000

[words]
"待定" = "not decided yet"

[identity]
fields = ["number"]
code = "610526-T_{number}-{hash}"

[project]
title_zh = "{name}"
total_investment = "{invest}"

[kind]
default = "new_build"

[stage]
field = "stage"

[school]
fields = ["school"]
code = "610526-{school}"
name_zh = "{school}"
name_en = ""
"""


def imported(tmp_path, *rows: str, reason: str = ""):
    (tmp_path / "county.toml").write_text(COUNTY, encoding="utf-8")
    path = tmp_path / "county.csv"
    path.write_text("\r\n".join(["序号,项目名称,学段,总投资（万元）,学校", *rows]), encoding="gb18030")
    return run(path, "--mapping", tmp_path / "county.toml", "--bureau", "610526", "--reason", reason)


def test_an_investment_is_read_in_the_unit_signs_and_words_of_its_mapping(db, tmp_path):
    """Found: the investment of a table with a row per project was taken for yuan, a ten-thousandth of what it said."""
    make_county(PUCHENG)
    amounts = {
        "1200.5": Decimal(12_005_000),
        '"1,256.3478"': Decimal(12_563_478),
        "８００": None,  # no digits of ours: the row is rejected
        "800万元": Decimal(8_000_000),
        "0.123456": Decimal("1234.56"),
        "0.1234567": None,  # less than a cent
        "100000000000": None,
    }
    none = ("待定", "0", "")
    rows = [f"{number},项目{number},,{cell}," for number, cell in enumerate([*amounts, *none], start=1)]
    ran = imported(tmp_path, *rows)
    assert (ran.code, ran.count("created"), ran.count("rejected")) == (0, 7, 3)
    assert "line 4, 总投资（万元）: “８００” is neither an amount" in ran.out and "line 7" in ran.out
    assert "line 8, 总投资（万元）: “100000000000” is out of range" in ran.out
    found = dict(Project.objects.values_list("title_zh", "total_investment"))
    expected = {f"项目{number}": amount for number, amount in enumerate(amounts.values(), start=1) if amount}
    assert found == expected | {f"项目{number}": None for number in (8, 9, 10)}
    assert imported(tmp_path, *rows).count("unchanged") == 7


def test_a_reason_is_a_line_of_text_as_over_the_api(db, tmp_path):
    """Found: half a character on the command line, as a terminal of another encoding sends it, ended in a traceback."""
    make_county(PUCHENG)
    for reason, words in (
        ("\udcff\udcfe", "Half a character"),
        ("a\u202eb", "writing-direction"),
        ("长" * 501, "At most 500"),
    ):
        ran = imported(tmp_path, "1,甲,primary,,", reason=reason)
        assert ran.code == 2 and "/reason: " in ran.error and words in ran.error and not Project.objects.exists(), ran
    assert imported(tmp_path, "1,甲,primary,,", reason=" 局务会 ").count("created") == 1
    assert LedgerEntry.objects.get(action="project.import").reason == "局务会"


def test_a_school_or_division_that_a_table_makes_is_one_or_the_row_is_rejected(db, tmp_path, table):
    """Found: names without an end and with signs that turn the writing round were kept (PostgreSQL ended with a traceback)."""
    make_county(PUCHENG)
    bad = ("长" * 201, "X1\u200b", "第八小学", "X" * 40)
    ran = imported(tmp_path, "1,甲,primary,,X1", *(f"{n},乙,primary,,{name}" for n, name in enumerate(bad, start=2)))
    assert (ran.code, ran.count("created"), ran.count("rejected")) == (0, 1, len(bad))
    for words in (
        "line 3, 学校: At most 200",
        "line 4, 学校: The invisible",
        "line 5, 学校: A code looks",
        "line 6, 学校",
    ):
        assert words in ran.out, (words, ran.out)
    assert list(School.objects.values_list("code", "name_zh")) == [("610526-X1", "X1")]

    districts = """
[bureau.districts]
field = "work"
pattern = '.'
code = "LIT{work}"
name_zh = "{work}"
name_en = ""
level = "township"
"""
    (tmp_path / "little.toml").write_text(MAPPING.replace("[columns]", districts + "[columns]", 1), encoding="utf-8")
    path = table(*(f"A1,{work},Build,later,,,,," for work in ("01", "1234567890", "1\u202e")))
    ran = run(path, "--mapping", tmp_path / "little.toml")
    assert (ran.code, ran.count("created"), ran.count("rejected")) == (0, 1, 2)
    assert "line 3, Work: At most 12" in ran.out and "line 4" in ran.out
    assert set(Region.objects.filter(code__startswith="LIT").values_list("code", flat=True)) == {"LIT", "LIT01"}


def test_a_word_that_is_none_is_answered_with_those_that_are(db, table):
    """Found: an office that reads Chinese was told the codes alone, and its own words for them nowhere."""
    make_county(PUCHENG)
    header = "code,title_zh,project_kind,status,plan_year,plan_target"
    path = table("610526-2023-101,甲,改造,在建了,2023,完成", header=header)
    with translation.override("zh-hans"):
        ran = run(path, "--mapping", "schoolworks", "--bureau", "610526")
    for words in ("renovation (维修改造)", "under_construction (在建)", "complete (计划竣工)"):
        assert words in ran.out, (words, ran.out)
    assert "tendering, under_construction" in run(path, "--mapping", "schoolworks", "--bureau", "610526").out


def test_an_empty_cell_takes_nothing_from_the_public(db, table):
    """Found: a table that marked the new projects alone hid all the others."""
    make_county(PUCHENG)
    public = []
    for cell in ("", "是", "", "否"):
        path = table(f"610526-2023-101,甲,new_build,{cell}", header="code,title_zh,project_kind,published")
        assert run(path, "--mapping", "schoolworks", "--bureau", "610526").count("rejected") == 0
        public.append(Project.objects.get().published)
    assert public == [False, True, True, False]


GRID = """
[mapping]
title = "Surveyed"
source = "surveyed"
rows = "projects"

[columns]
number = "no"
x = "X"
y = "Y"

[identity]
fields = ["number"]
code = "610526-G_{number}-{hash}"

[project]
title_zh = "{number}"

[kind]
default = "new_build"

[site]
latitude = "x"
longitude = "y"
crs = "epsg:4546"
precision = "surveyed"
"""


def test_surveyed_coordinates_are_read_from_a_table(db, tmp_path, table):
    """Found: the grids that the mapping may name were refused cell by cell, as no degrees."""
    make_county(PUCHENG)
    where = []
    for crs, east in (
        ("epsg:4546", "371123.4"),
        ("EPSG:4525", "37371123.4"),
    ):  # with the number of its zone, and without
        (tmp_path / "grid.toml").write_text(GRID.replace("epsg:4546", crs), encoding="utf-8")
        path = table(f"{crs[-4:]},3871234.512,{east}", "2,371123.4,3871234.5", "3,3871234,-", header="no,X,Y")
        ran = run(path, "--mapping", tmp_path / "grid.toml", "--bureau", "610526")
        assert (ran.code, ran.count("created"), ran.count("rejected")) == (0, 1, 2)
        assert "line 4, X: “-” is not a number of metres" in ran.out
        project = Project.objects.get(source_key=crs[-4:])
        assert project.site_crs == crs.upper()
        where.append(project.site.coords)
    assert where[0] == where[1] and (109.58, 34.95) < where[0] < (109.6, 35)
