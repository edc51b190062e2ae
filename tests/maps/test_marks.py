"""Marks: status is shape, colour and word; the stage is a glyph; the same on pages as on the map."""

from __future__ import annotations

import pytest
from django.template import Context, Template
from django.utils import translation

from mapviews.styles import STAGE_GLYPHS, STATUS_STYLES, map_vocabulary
from projects_api.choices import SchoolStage, Status


def render(source: str, **context: object) -> str:
    return Template("{% load marks %}" + source).render(Context(context))


def test_every_status_has_its_own_shape() -> None:
    assert set(STATUS_STYLES) == set(Status)
    looks = {(style.path, style.fill == "#ffffff") for style in STATUS_STYLES.values()}
    assert len(looks) == len(Status)


def test_every_stage_has_its_own_glyph_in_both_languages() -> None:
    assert set(STAGE_GLYPHS) == set(SchoolStage)
    for place in (0, 1):
        assert len({glyphs[place] for glyphs in STAGE_GLYPHS.values()}) == len(SchoolStage)


def test_many_are_grouped_in_the_words_of_any_count() -> None:
    words = "{{ n }} project{% plural %}{{ n }} projects{% endblocktranslate %}"
    source = "{% load figures i18n %}{% blocktranslate count k=count with n=count|grouped %}" + words
    for language, one, many in (("en", "1 project", "1,555 projects"), ("zh-hans", "1个项目", "1,555个项目")):
        with translation.override(language):
            assert [render(source, count=count) for count in (1, 1555)] == [one, many]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("status", Status)
def test_marks_can_be_told_from_the_ground_and_glyphs_read(status: Status) -> None:
    """WCAG 1.4.11: 3 : 1 for the outline against white; 4.5 : 1 for the glyph in it."""
    style = STATUS_STYLES[status]
    assert contrast(style.stroke, "#ffffff") >= 3
    assert contrast(style.ink, style.fill) >= 4.5


@pytest.mark.parametrize("status", Status)
def test_a_mark_on_a_page_is_the_mark_on_the_map(status: Status) -> None:
    on_map = next(entry for entry in map_vocabulary()["status"] if entry["code"] == status)
    with translation.override("en"):
        page = render("{% status_mark status 'primary' %}", status=status.value)
    assert on_map["path"] in page
    assert on_map["fill"] in page
    assert ">P<" in page
    assert "style=" not in page


def test_an_unknown_status_draws_nothing() -> None:
    assert render("{% status_mark '<b>' %}{% stage_glyph '<b>' %}{% status_shape '<b>' %}") == ""


def test_the_glyph_follows_the_language() -> None:
    with translation.override("zh-hans"):
        assert "幼" in render("{% stage_glyph 'kindergarten' %}")
    with translation.override("en"):
        assert ">K<" in render("{% stage_glyph 'kindergarten' %}")
