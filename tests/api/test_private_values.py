"""A canary in every private field: it never appears in anything that people outside the bureau can ask for.

The standing cast has `PRIVATE` in every private text and `PRIVATE_AMOUNT` in every amount of the published project.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from projects_api.canonical import entry_hash
from projects_api.models import LedgerEntry, Project
from projects_api.models.milestones import MilestoneTemplate
from projects_api.public import PUBLIC_FIELDS, PUBLIC_MILESTONE_FIELDS
from projects_api.selectors.documents import project_document
from projects_api.selectors.ledger import hashed_fields
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from tests.cast import CREATED, PLANNED, PRIVATE, PRIVATE_AMOUNT, PUBLISHED, Cast

OUTSIDERS = ("public", "stranger", "gushi_official", "gushi_engineer", "other_engineer")
P = "projects/610526-2023-001/"
SWEEP = [
    P, f"{P}milestones/", f"{P}milestones/project_approval/", f"{P}history/", f"{P}?as_of=2023-06-30", f"{P}?as_of=2023-04-10",
    f"{P}?on=2023-06-30", f"{P}?as_of=2023-06-30&on=2023-05-25", "projects/", "projects/?as_of=2023-06-30",
    "projects/?on=2023-06-30", "projects/?as_of=2023-06-30&on=2023-05-25", "projects/?ordering=-updated", "changes/",
    "changes/?since=0&limit=1000", "sites.geojson", "sites.geojson?as_of=2023-06-30", "statistics/", "plans/",
    "plans/610526-2023/", "bureaus/610526/", "regions/", "schools/", "schema/",
    "/", "/projects/", f"/{P}", f"/{P}map.json", f"/{P}changes/", f"/{P}ledger.json",
    f"/{P}badge.svg", f"/{P}embed/", "/plans/", "/plans/610526-2023/",
    "/maps/status/", "/maps/sites.json", "/maps/search.json?q=p",
    "/maps/outline.geojson", "/maps/investment/", "/maps/investment/areas.json", "/maps/investment/circles.json",
    "/maps/cells.geojson",
    "/maps/coverage/", "/maps/coverage/areas.json", "/maps/coverage/circles.json", "bureaus/610526/children/",
    "/maps/clusters.json?in_bbox=108,30,118,36&zoom=3", "/maps/clusters.json?in_bbox=109,34,110,36&zoom=12",
]  # fmt: skip
TRACES = (PRIVATE, PLANNED, str(PRIVATE_AMOUNT), str(PRIVATE_AMOUNT).split(".")[0], "7,654,321", "765.43", "15308643")


def traces(text: str) -> list[str]:
    return [trace for trace in TRACES if trace in text]


@pytest.mark.parametrize("path", SWEEP)
def test_no_answer_to_an_outsider_holds_a_private_value(cast: Cast, api: Any, path: str) -> None:
    for who in OUTSIDERS:
        for language in ("en", "zh-hans"):
            person = api(who, language=language)
            if path.startswith("/") and who != "public":
                person.client.force_login(cast.user(who), "projects_api.services.sign_in.AccountBackend")
            answer = person.get(path)
            assert answer.status == 200, (who, path)
            assert not traces(answer.text), (who, path)


def test_the_canary_is_where_the_bureau_reads_it(cast: Cast, api: Any) -> None:
    """Else the sweep above would prove nothing."""
    inside = api("official")
    for path in (P, f"{P}history/", "changes/?limit=1000", f"{P}?as_of=2023-06-30", f"{P}milestones/project_approval/"):
        assert PRIVATE in inside.get(path).text, path
    assert str(PRIVATE_AMOUNT) in inside.get(f"{P}spending/").text
    assert "15308643.96" in inside.get("statistics/").text
    inside.client.force_login(cast.user("official"), "projects_api.services.sign_in.AccountBackend")
    assert "15308643.96" in inside.get("/maps/investment/areas.json").text


def test_private_values_are_not_found_by_search_filter_or_order(cast: Cast, api: Any) -> None:
    for word in (PRIVATE, str(PRIVATE_AMOUNT)):
        for who in ("public", "official"):
            assert api(who).get(f"projects/?q={word}").ok()["count"] == 0, (
                "search reads public fields only, for everyone"
            )
            assert api(who).get(f"projects/?as_of=2023-06-30&q={word}").ok()["count"] == 0
    for query in (f"note={PRIVATE}", f"contact_phone={PRIVATE}", "engineer=engineer", "source_key=a", "ordering=note"):
        api("official").get(f"projects/?{query}").problem(400)


def test_errors_hold_no_private_value(cast: Cast, api: Any) -> None:
    answers = [
        api("stranger").patch(P, {"places": 1}, if_match='"1"'),
        api("gushi_official").patch(P, {"places": 1}, if_match='"1"'),
        api("other_engineer").patch(f"{P}milestones/project_approval/", {"started": "2023-05-01"}, if_match='"1"'),
        api("gushi_official").post(f"{P}spending/", {}),
        api().get(f"{P}spending/1/"),
        api().get("projects/610526-2023-002/"),
        api().get(f"{P}?as_of=2023-03-02"),
    ]
    for answer in answers:
        answer.problem(answer.status)
        assert not traces(answer.text)


def test_a_stale_writer_gets_only_what_is_theirs_in_the_current_state(cast: Cast, api: Any) -> None:
    engineer = api("engineer").patch(f"{P}milestones/foundations/", {"started": "2023-06-01"}, if_match='"1"')
    current = engineer.problem(412)["current"]
    assert PRIVATE in current["note"] and str(PRIVATE_AMOUNT) not in engineer.text, "their own project, but no money"


def test_engineers_read_their_projects_history_without_the_money(cast: Cast, api: Any) -> None:
    rows = api("engineer").get(f"{P}history/").ok()
    assert [row["version"] for row in rows] == list(range(1, len(rows) + 1)), "every entry"
    assert PRIVATE in json.dumps(rows) and str(PRIVATE_AMOUNT) not in json.dumps(rows)
    assert {row["actor"] for row in rows} >= {"official", "engineer"}
    partial = {row["action"] for row in rows if row["partial"]}
    assert {"estimate.record", "allocation.record", "spending.record"} <= partial
    assert str(PRIVATE_AMOUNT) in api("supervisor").get(f"{P}history/").text


def test_the_public_history_names_nobody_and_begins_with_the_publication(cast: Cast, api: Any) -> None:
    rows = api().get(f"{P}history/").ok()
    assert [row["action"] for row in rows] == ["project.change", "milestone.change"]
    assert all(row["actor"] is None and row["reason"] is None for row in rows)
    assert rows[0]["patch"] == [{"op": "replace", "path": "/published", "value": True}]
    paths = {operation["path"] for operation in rows[1]["patch"]}
    assert "/milestones/project_approval/actual" in paths and "/milestones/project_approval/note" not in paths
    feed = api().get("changes/?limit=1000").ok()
    assert [row for row in feed["results"] if row["project"] == cast.published] == rows


def test_a_hash_tells_nothing_of_what_it_covers(cast: Cast, api: Any) -> None:
    """Everybody reads the hash, so that it can be checked later; the salt keeps anybody from trying all phone numbers."""
    project_change(
        project_id=cast.project().pk,
        actor=None,
        at=datetime(2023, 7, 1, tzinfo=UTC),
        expected=None,
        changes={"contact_phone": "13900000001", "places": 1400},
    )
    entry = LedgerEntry.objects.filter(project__code=cast.published).latest("version")
    public = api().get(f"{P}history/").ok()[-1]
    assert public["version"] == entry.version and public["patch"]
    assert (public["hash"], public["previous"], public["salt"]) == (entry.hash, entry.previous, None)
    assert len(entry.salt) == 32
    guessed = hashed_fields(entry)
    assert entry_hash(guessed) == entry.hash
    assert entry_hash(guessed | {"salt": ""}) != entry.hash, "who knows all but the salt cannot check a guess"
    for path in (f"{P}history/", "changes/?limit=1000"):
        assert entry.salt not in api().get(path).text
        assert entry.salt not in api("engineer").get(path).text, "the amounts in it are not theirs"
    assert api("official").get(f"{P}history/").ok()[-1]["salt"] == entry.salt
    salts = LedgerEntry.objects.values_list("salt", flat=True)
    assert len(set(salts)) == len(salts)


def test_stages_that_are_not_for_the_public_do_not_exist_for_it(cast: Cast, api: Any) -> None:
    project = cast.project()
    hidden = set(project.milestones.filter(public=False).values_list("key", flat=True))
    assert hidden == {"settlement_audit", "final_accounts"}
    at = datetime(2023, 7, 1, tzinfo=UTC)
    facts = {"started": date(2023, 6, 1)}
    milestone_change(project_id=project.pk, key="settlement_audit", actor=None, at=at, expected=None, changes=facts)
    for path in SWEEP:
        if path == "schema/":
            continue
        text = api().get(path).text
        assert not [key for key in hidden if key in text], path
    assert "settlement_audit" in api("official").get(P).text


def test_every_member_of_the_document_is_public_or_private_by_decision(cast: Cast) -> None:
    """A new field of the record is private until somebody puts it on the list, and on this one."""
    document = project_document(cast.project())
    private = {
        "note",
        "contact_name",
        "contact_phone",
        "source_key",
        "engineers",
        "estimates",
        "allocations",
        "spending",
    }
    assert document.keys() - PUBLIC_FIELDS - {"milestones"} == private
    facts = document["milestones"]["foundations"]
    assert facts.keys() - PUBLIC_MILESTONE_FIELDS == {"note"}


# --- what was unpublished then ------------------------------------------------------------------------------


@pytest.mark.parametrize("who", OUTSIDERS)
def test_nobody_outside_sees_a_day_on_which_it_was_not_public(cast: Cast, api: Any, who: str) -> None:
    before, after = CREATED.date().isoformat(), PUBLISHED.date().isoformat()
    api(who).get(f"{P}?as_of={before}").problem(404)
    assert api(who).get(f"{P}?as_of={after}").ok()["published"] is True
    for path in ("projects/", "sites.geojson"):
        assert cast.published not in api(who).get(f"{path}?as_of={before}").text
        assert cast.published in api(who).get(f"{path}?as_of={after}").text
    assert api("official").get(f"{P}?as_of={before}").ok()["published"] is False
    assert api("engineer").get(f"{P}?as_of={before}").ok()["contact_name"]


def test_nobody_outside_sees_a_day_on_which_it_was_archived(cast: Cast, api: Any) -> None:
    pk = cast.project().pk
    for day, archived in ((date(2023, 7, 1), True), (date(2023, 8, 1), False)):
        at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
        project_change(project_id=pk, actor=None, at=at, expected=None, changes={"archived": archived})
    api().get(f"{P}?as_of=2023-07-15").problem(404)
    assert cast.published not in api().get("projects/?as_of=2023-07-15").text
    assert api().get(f"{P}?as_of=2023-08-15").status == 200
    assert api("official").get(f"{P}?as_of=2023-07-15").ok()["archived"] is True


def test_unpublishing_takes_the_history_along(cast: Cast, api: Any) -> None:
    Project.objects.get(code=cast.published)
    official = api("official")
    entry = max(row["id"] for row in api().get("changes/?limit=1000").ok()["results"])
    official.change(P, {"published": False, "title_en": "while hidden"}).ok()
    for path in (P, f"{P}history/", f"{P}milestones/", f"{P}?as_of=2023-06-30"):
        api().get(path).problem(404)
    for path in ("changes/?limit=1000", "projects/", "projects/?as_of=2023-06-30", "sites.geojson", "/maps/sites.json"):
        assert cast.published not in api().get(path).text, path
    official.change(P, {"published": True}).ok()
    rows = [row for row in api().get(f"changes/?since={entry}").ok()["results"] if row["project"] == cast.published]
    assert [row["patch"] for row in rows] == [[{"op": "replace", "path": "/published", "value": True}]]
    assert "while hidden" not in api().get(f"{P}history/").text


def test_a_bureaus_own_template_may_hide_more(cast: Cast, api: Any) -> None:
    template = MilestoneTemplate.objects.create(bureau=cast.bureau(), kind="informatization", version=1)
    for position, (key, public) in enumerate([("survey", True), ("secret_stage", False)], start=1):
        template.stages.create(key=key, position=position, title_zh=key, title_en=key, weight=1, public=public)
    body = {"bureau": "610526", "title_zh": "网", "kind": "informatization", "published": True}
    code = api("official").post("projects/", body).ok(201)["code"]
    assert [m["key"] for m in api().get(f"projects/{code}/").ok()["milestones"]] == ["survey"]
    for path in (f"projects/{code}/history/", "changes/?limit=1000", f"/projects/{code}/", "/maps/sites.json"):
        assert "secret_stage" not in api().get(path).text
