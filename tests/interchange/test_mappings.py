"""A mapping is checked as a whole before any data is read; what is wrong is named by file, table and key."""

from __future__ import annotations

import pytest

from projects_api.interchange import mapping_files
from projects_api.interchange.sections import MappingError
from tests.interchange.conftest import MAPPING


def load(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return mapping_files.load(str(path))


@pytest.mark.parametrize("name", mapping_files.names())
def test_every_mapping_of_the_product_is_good(name):
    assert mapping_files.load(name).name == name


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[mapping]", "[mapping", "mine.toml is not TOML"),
        ('source = "little"', "", "[mapping] source: is missing"),
        ('rows = "milestones"', 'rows = "weeks"', "[mapping] rows: “weeks” is not one of: projects, milestones"),
        ('work = "Work"', "work = 7", "[columns.work] must be a table"),
        (
            'work = "Work"',
            'work = "Work"\nspare = { header = "S", maybe = true }',
            "[columns.spare] maybe: is not known",
        ),
        ('fields = ["building", "work"]', 'fields = ["biulding"]', "“biulding” is not a column of [columns]"),
        ('code = "LIT-{building}-{hash}"', 'code = "{nothing}"', "[identity] code: “nothing” is not a column"),
        ('title_en = "{building}: {work}"', 'title_en = "{building.__class__}"', "[project] title_en"),
        ('title_en = "{building}: {work}"', 'titel = "{work}"', "[project]"),
        ("published = true", "published = 1", "[project] published: must be true, false"),
        ('default = "renovation"', 'default = "repair"', "[kind] default: “repair” is not one of"),
        ('begun = ["build"]', 'begun = ["bulid"]', "“bulid” is not a key of [milestones]"),
        ('done = "met"', 'done = "finished"', "[milestones] states.done: “finished” is not one of"),
        ("weight = 90", "weight = 900", "weight: must lie between 0 and 100"),
        (
            "[sites]",
            '[investment]\nsum = ["building"]\n[sites]',
            "[investment] sum: “building” is not the field of a [[money]]",
        ),
        ('default = "proposed"', 'default = "proposed"\nfacts = 1', "[status] facts: must be true or false"),
        ('becomes = "spending"\nkind = "money_paid"', 'becomes = "spending"\nkind = "paid"', "“paid” is not one of"),
        ('dates = ["%d.%m.%Y"]', 'dates = ["%d.%m."]', "does not say year, month and day"),
        ('dates = ["%d.%m.%Y"]', 'money_signs = "元."', "[formats] money_signs: cannot hold digits"),
        ('TBD = "not decided yet"', "TBD = 1", "[words] TBD: must be text"),
        ("bounds = [100, 30, 101, 31]", "bounds = [101, 30, 100, 31]", "[bureau] bounds: must be a box"),
        ('code = "LIT"', 'code = "小区"', "[bureau] code: is not a code"),
        ('name_zh = "小区教育局"', 'name_zh = "小\u202e区"', "[bureau] name_zh: The writing-direction control"),
        ('level = "county"', 'level = "county"\ntime_zone = "Asia/Beijing"', "[bureau] time_zone: is not a time zone"),
        ('level = "county"', 'level = "county"\ncurrency = "元"', "[bureau] currency: is not the code of a currency"),
        ('precision = "address"', 'precision = "good"', "“good” is not one of"),
        ("[kind]", '[kind]\nrules = [{ when = { work = "(" }, gives = "new_build" }]', "is not a regular expression"),
        (
            'precision = "address"',
            'precision = "address"\ncrs = "EPSG:4326x"',
            "[sites] crs: Unknown coordinate system",
        ),
        ("[kind]", "[color]\nred = 1\n[kind]", "color: is not known here"),
    ],
)
def test_a_wrong_mapping_is_refused_by_name(tmp_path, old, new, words):
    assert old in MAPPING
    with pytest.raises(MappingError) as refusal:
        load(tmp_path, MAPPING.replace(old, new, 1))
    assert words in str(refusal.value)
    assert "mine.toml" in str(refusal.value)


def test_a_mapping_of_ones_own_is_named_by_its_path(tmp_path):
    assert load(tmp_path, MAPPING).source == "little"
