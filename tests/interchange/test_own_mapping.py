"""A county's own table by its own mapping: amounts in 万元, words where amounts should stand, schools and divisions it names."""

from __future__ import annotations

from decimal import Decimal

from django.utils import translation

from projects_api.models import LedgerEntry, Project, Region, School
from tests.factories import LONG_AGO, PUCHENG, make_county
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


def test_two_identities_never_have_one_key(db, tmp_path, table):
    """Found: "a|b" with "c" and "a" with "b|c" were one project to the record, which refused the table as a whole."""
    make_county(PUCHENG)
    mine = GRID.replace('fields = ["number"]', 'fields = ["number", "x"]').split("[site]")[0]
    mine = mine.replace("G_{number}-", "").replace('title_zh = "{number}"', 'title_zh = "甲"')
    (tmp_path / "two.toml").write_text(mine, encoding="utf-8")

    def imported(*rows: str, code: int = 0):
        ran = run(table(*rows, header="no,X,Y"), "--mapping", tmp_path / "two.toml", "--bureau", "610526")
        assert ran.code == code, ran
        return ran

    rows = ["1,2,", "a|b,c,", "a,b|c,", "|,,", ",|,", "|a,b,", "3:a|b,1:c,"]
    assert imported(*rows).count("created") == len(rows)
    assert imported(*rows).count("unchanged") == len(rows)
    keys = set(Project.objects.values_list("source_key", flat=True))
    assert {"1|2", "3:a|b|1:c", "1:a|3:b|c"} < keys and len(keys) == len(rows)
    # One from before keeps its key, and is found by it; what was refused for its sake is another project now.
    assert imported("x|y,z,").count("created") == 1
    Project.objects.filter(source_key="3:x|y|1:z").update(source_key="x|y|z")
    again = imported("x|y,z,", "x,y|z,")
    assert (again.count("unchanged"), again.count("created")) == (1, 1)
    assert {"x|y|z", "1:x|3:y|z"} < set(Project.objects.values_list("source_key", flat=True))


def test_a_table_goes_on_from_the_status_that_a_project_has(db, tmp_path, table):
    """Found: a table took a school in use back to proposed, which the API refuses (decision 57)."""
    make_county(PUCHENG)
    plain = GRID.split("[site]")[0].replace('y = "Y"', 'y = "Y"\n[status]\nfield = "x"')
    for name, text in (("ours", plain), ("facts", plain.replace('field = "x"', 'field = "x"\nfacts = true'))):
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")

    def told(status: str, mapping: str = "ours"):
        path = table(f"1,{status},", "2,approved,", header="no,X,Y")
        ran = run(path, "--mapping", tmp_path / f"{mapping}.toml", "--bureau", "610526")
        assert ran.code == 0, ran
        return ran, Project.objects.get(source_key="1").status

    stood = ""
    for status, taken in (
        ("tendering", True), ("proposed", False), ("in_use", True), ("proposed", False), ("cancelled", False),
        ("under_construction", False), ("accepted", True), ("in_use", True), ("", True), ("in_use", True),
    ):  # fmt: skip
        ran, now = told(status)
        assert ran.count("rejected") == (0 if taken else 1), (status, ran.out)
        assert taken or "line 2, X: A project that is “" in ran.out
        stood = status if taken and status else stood
        assert now == stood, status
    assert told("proposed", "facts")[1] == "proposed"
    # By code as well; what is archived is left as it is, and named.
    code = Project.objects.get(source_key="1").code
    Project.objects.filter(code=code).update(status="in_use")
    for archived, words in ((None, "line 2, status: A project that is “In use”"), (LONG_AGO, "Archived, and left")):
        Project.objects.filter(code=code).update(archived_at=archived)
        path = table(f"{code},甲,new_build,拟建", header="code,title_zh,project_kind,status")
        ran = run(path, "--mapping", "schoolworks", "--bureau", "610526")
        assert words in ran.out and Project.objects.get(code=code).status == "in_use", ran.out
