"""The public's journeys as a screen reader tells them: from Chromium's accessibility tree, in its order.

What is asserted is what is heard: landmarks, headings without a gap, names, tables with their headers, what is announced by
itself. Nobody's voice is imitated: readers differ in words, not in what the tree gives them.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest

pytestmark = pytest.mark.browser

# Without a name these are heard as nothing but "button", "link", "picture".
NAMED = frozenset({
    "article", "button", "checkbox", "combobox", "form", "heading", "image", "link", "navigation", "progressbar", "radio",
    "region", "searchbox", "slider", "table", "textbox",
})  # fmt: skip
# Chinese that a voice of another language would spell out or leave out.
FOREIGN = """() => {
  const found = [], words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const at = words.currentNode.parentElement;
    const marked = at.closest("[lang]").lang.startsWith("zh") || at.closest("script, style");
    if (/\\p{Script=Han}/u.test(words.currentNode.data) && !marked) found.push(words.currentNode.data.trim());
  }
  return found;
}"""


class Said(NamedTuple):
    role: str
    name: str
    level: int
    live: str


def heard(page: Any) -> list[Said]:
    """What a screen reader has of the page, from its beginning to its end."""
    wire = page.context.new_cdp_session(page)
    nodes = wire.send("Accessibility.getFullAXTree")["nodes"]
    wire.detach()
    by_id = {node["nodeId"]: node for node in nodes}
    said = []
    waiting = [(nodes[0], "")]
    while waiting:
        node, live = waiting.pop()
        has = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
        live = has.get("live", live)
        waiting += [(by_id[child], live) for child in reversed(node.get("childIds", [])) if child in by_id]
        if not node["ignored"]:
            name = node.get("name", {}).get("value", "").strip()
            said.append(Said(node["role"]["value"], name, has.get("level", 0), live))
    return said


def names(said: list[Said], role: str) -> list[str]:
    return [each.name for each in said if each.role == role]


def words_of(said: list[Said]) -> str:
    return re.sub(r"\s+", " ", " ".join(each.name for each in said if each.role == "StaticText"))


def listened(page: Any, title: str) -> list[Said]:
    """The page, after what is asked of each: where one is, in which order, and that nothing is without a name."""
    said = heard(page)
    assert [role for role, *_ in said if role in ("banner", "main", "contentinfo")] == ["banner", "main", "contentinfo"]
    levels = [each.level for each in said if each.role == "heading"]
    assert levels.count(1) == 1 and title in names(said, "heading")[0], names(said, "heading")
    assert all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False)), levels
    assert [each.role for each in said if each.role in NAMED and not each.name] == []
    landmarks = [
        (each.role, each.name) for each in said if each.role in ("navigation", "search", "region", "complementary")
    ]
    assert len(set(landmarks)) == len(landmarks), landmarks
    assert page.evaluate(FOREIGN) == []
    # Tables: as many headed columns as the head has, and a heading for each row below.
    roles = [each.role for each in said]
    if "table" in roles:
        assert roles.count("columnheader") >= 2
        assert roles.count("rowheader") >= roles.count("row") - roles.count("table") - roles.count("rowgroup")
    return said


@pytest.mark.parametrize("page", [{"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_a_parent_finds_the_school_and_hears_when_it_opens_and_why_it_is_late(page: Any) -> None:
    """On a phone, where tables look like cards: to who listens they stay tables."""
    page.goto("/en/", wait_until="load")
    page.wait_for_selector("html[data-marks=drawn]", state="attached")
    said = listened(page, "School construction in")
    assert said[1][:2] == ("link", "Skip to the content")
    assert {"Main", "Find a school or project"} <= {
        each.name for each in said if each.role in ("navigation", "searchbox")
    }
    assert "Projects by status" in names(said, "heading") and "Opens next" in names(said, "heading")
    assert "4 Under construction" in names(said, "link"), "the number and what it counts in one breath"
    page.get_by_role("searchbox", name="Find a school or project").press_sequentially("xinpucheng")
    page.keyboard.press("Enter")
    page.wait_for_url("**/en/projects/?q=xinpucheng")

    said = listened(page, "Projects")
    assert page.title().startswith("Projects · xinpucheng")
    order = [each.name for each in said if each.role in ("searchbox", "heading", "list", "table")]
    assert order == ["Projects", "Search", "1 project", "Chosen filters", "Projects"]
    assert "Take this filter away: Search: xinpucheng" in names(said, "link")
    assert names(said, "columnheader") == ["Project", "Status", "Light", "Progress", "Next milestone", "Ready"]
    assert names(said, "rowheader")[0].startswith("Xinpucheng Middle School Senior high school")
    assert {"Status Under construction", "Light Far behind"} <= set(names(said, "cell"))
    page.get_by_role("rowheader").get_by_role("link", name="Xinpucheng Middle School").press("Enter")
    page.wait_for_url("**/en/projects/610526-2023-003/")

    said = listened(page, "Xinpucheng Middle School")
    assert page.title().startswith("Xinpucheng Middle School")
    headings = [each for each in said if each.role == "heading"]
    first = words_of(said[said.index(headings[0]) : said.index(headings[1])])
    opens, late, far = (first.index(words) for words in ("20 August 2027", "days later", "81%"))
    assert opens < late < far, "when it opens, whether that is late, how far it is: before anything else"
    why = headings.index(next(each for each in headings if each.name == "Why is it late?"))
    assert "Design change" in words_of(said[said.index(headings[why]) : said.index(headings[why + 1])])
    # What is long is folded on a phone, says what is in it, and opens by the keyboard to a table that is one.
    page.locator("summary", has_text="of 19 stages met").press("Enter")
    said = listened(page, "Xinpucheng Middle School")
    assert "Milestones" in names(said, "table") and {"Stage", "State", "Planned"} <= set(names(said, "columnheader"))


def test_the_map_is_told_by_its_list_and_says_what_a_filter_left(page: Any) -> None:
    page.goto("/en/maps/status/", wait_until="load")
    page.wait_for_selector("html[data-marks=drawn]", state="attached")
    page.locator("[data-map-summary]", has_text="in view").wait_for()
    page.wait_for_selector("[data-map-located] li", state="attached")
    said = listened(page, "Where do we build, and how far is each?")
    told = [each.name for each in said if each.live == "polite" and each.role == "StaticText"]
    assert "18 sites, 1 cluster in view" in told, told
    assert any(re.match(r"8 sites here: .* Press to look closer\.", name) for name in names(said, "button"))
    order = [each.name for each in said if each.role in ("search", "region", "combobox") or each.level == 2]
    assert order.index("Filter the projects") < order.index("Search by name") < order.index("On the map 26")
    assert order[-1].startswith("Without a known location 1"), "what no map shows is in the list"
    # A filter: what it left is announced, without a new page and without the focus moving away.
    status = page.get_by_role("combobox", name="Status")
    status.focus()
    status.select_option(label="Suspended")
    page.locator("[data-map-summary]", has_text="1 site in view").wait_for()
    assert page.evaluate("document.activeElement.name") == "status"
    said = heard(page)
    assert "1 site in view" in [each.name for each in said if each.live == "polite"]
    assert "On the map 1" in names(said, "heading")
    # From the list to the mark and to the project.
    button = page.get_by_role("button", name="Thirteenth primary school Suspended · Primary school · Fengxian")
    button.press("Enter")
    page.wait_for_selector(".leaflet-popup")
    page.get_by_role("region", name="The same projects as a list").get_by_role("link").first.press("Enter")
    page.wait_for_url("**/en/projects/610526-2023-006/")
    listened(page, "Thirteenth primary school")


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/en/maps/compare/", "What is different between two days?"),
        ("/en/maps/coverage/", "Who is served?"),
        ("/en/open-data/", "Open data"),
        ("/en/plans/610526-2023/wall/", "School construction plan of Pucheng County for 2023"),
    ],
)
def test_the_rest_is_heard_in_order_too(page: Any, path: str, title: str) -> None:
    page.goto(path, wait_until="load")
    if "/maps/" in path:
        page.wait_for_selector("html[data-marks=drawn]", state="attached")
    listened(page, title)
