"""The rules of the protocol: versions, conditions, repetition, errors in one envelope."""

from __future__ import annotations

import json
from typing import Any

import pytest

from projects_api.models import IdempotencyRecord, LedgerEntry, Project, Spending
from tests.cast import Cast

STAGE = "milestones/foundations/"


# --- versions -----------------------------------------------------------------------------------------------


def test_a_project_and_its_parts_carry_the_projects_version_as_etag(cast: Cast, api: Any) -> None:
    official = api("official")
    base = f"projects/{cast.published}/"
    version = cast.project().version
    for part in ("", "milestones/", STAGE, "estimates/", "estimates/1/", "allocations/1/", "spending/1/", "history/"):
        answer = official.get(base + part)
        assert answer.version == version, part
        assert answer.etag == official.get(base).etag, part
    assert official.get(base).ok()["version"] == version


def test_a_change_raises_the_version_and_answers_with_the_new_state_and_etag(cast: Cast, api: Any) -> None:
    official = api("official")
    before = official.get(f"projects/{cast.published}/")
    after = official.patch(f"projects/{cast.published}/", {"places": 900}, if_match=before.etag)
    assert after.ok()["places"] == 900
    assert after.data["version"] == before.data["version"] + 1
    assert after.etag == official.get(f"projects/{cast.published}/").etag
    assert after.version == after.data["version"]


def test_the_same_values_again_are_no_change(cast: Cast, api: Any) -> None:
    before = api("official").get(f"projects/{cast.published}/")
    after = api("official").change(f"projects/{cast.published}/", {"places": before.data["places"]})
    assert after.ok()["version"] == before.data["version"]


CHANGES = [
    ("official", "patch", "", {"places": 1}),
    ("official", "delete", "", None),
    ("engineer", "patch", STAGE, {"started": "2023-06-01"}),
    ("official", "patch", "estimates/1/", {"amount": "1.00"}),
    ("official", "patch", "allocations/1/", {"amount": "1.00"}),
    ("official", "patch", "spending/1/", {"amount": "1.00"}),
    ("bureau_admin", "put", "engineers/other_engineer/", {}),
    ("bureau_admin", "delete", "engineers/engineer/", None),
]


@pytest.mark.parametrize(("who", "method", "tail", "body"), CHANGES)
def test_every_change_needs_the_version_it_starts_from(
    cast: Cast, api: Any, who: str, method: str, tail: str, body: Any
) -> None:
    person, path = api(who), f"projects/{cast.published}/{tail}"
    entries = LedgerEntry.objects.count()
    current = person.get(f"projects/{cast.published}/").data
    person.call(method, path, body).problem(428)
    person.call(method, path, body, if_match="*").problem(428)
    for unreadable in ("7", '"seven"', '"1", "2"', '"' + "9" * 40 + '"', '"-1"'):
        person.call(method, path, body, if_match=unreadable).problem(400, "If-Match")
    stale = person.call(method, path, body, if_match=f'"{current["version"] - 1}"')
    problem = stale.problem(412)
    assert problem["version"] == current["version"] and stale.etag == f'"{current["version"]}"'
    assert problem["current"] == current, "the answer carries the state to start again from"
    ahead = person.call(method, path, body, if_match=f'"{current["version"] + 1}"')
    ahead.problem(412)
    assert LedgerEntry.objects.count() == entries, "nothing was written"
    done = person.call(method, path, body, if_match=f'W/"{current["version"]}"')
    assert done.status == 200, "a proxy that compresses weakens the tag; the version is the same"


def test_what_adds_needs_no_version_and_is_held_to_the_one_it_names(cast: Cast, api: Any) -> None:
    """Found: a payment recorded by what somebody had read before the last one was taken, its If-Match unread."""
    base = f"projects/{cast.published}/"
    paid = {"kind": "money_paid", "dated": "2023-05-01", "amount": "1.00"}
    found = {"severity": "minor", "description": "x", "owner": "x", "deadline": "2030-01-01"}
    for who, tail, body in (
        ("official", "spending/", paid),
        ("official", "estimates/", {"kind": "design_estimate", "amount": "1.00"}),
        ("official", "allocations/", {"source": "county_budget", "year": 2023, "amount": "1.00"}),
        ("supervisor", "findings/", found),
        ("supervisor", "inspections/", {"kind": "safety", "held_on": "2023-05-02", "result": "passed"}),
    ):
        person, entries = api(who), LedgerEntry.objects.count()
        tag = person.get(base).etag
        problem = person.post(base + tail, body, if_match='"1"').problem(412)
        assert problem["current"] == person.get(base).data and LedgerEntry.objects.count() == entries, tail
        for unreadable in ("seven", ""):
            person.post(base + tail, body, if_match=unreadable).problem(400, "If-Match")
        first = person.post(base + tail, body, if_match=tag, idempotency_key=tail)
        again = person.post(base + tail, body, if_match=tag, idempotency_key=tail)
        assert (first.status, again.status, again.data) == (201, 201, first.data), (tail, first)
        assert person.post(base + tail, body, if_match="*").status == 201, tail
        assert person.post(base + tail, body).status == 201, tail
        assert LedgerEntry.objects.count() == entries + 3, tail


def test_a_plan_needs_its_version_too(cast: Cast, api: Any) -> None:
    official, path = api("official"), f"plans/{cast.plan}/"
    current = official.get(path)
    official.patch(path, {"title_en": "x"}).problem(428)
    stale = official.patch(path, {"title_en": "x"}, if_match='"77"')
    assert stale.problem(412)["current"]["id"] == cast.plan and stale.version == current.version
    assert official.patch(path, {"title_en": "x"}, if_match=current.etag).ok()["version"] == 2


def test_what_is_unchanged_is_not_sent_again(cast: Cast, api: Any) -> None:
    public = api()
    for path in (f"projects/{cast.published}/", f"projects/{cast.published}/history/", "sites.geojson"):
        first = public.get(path)
        for tag in (first.etag, f'"0", {first.etag}', "W/" + first.etag.removeprefix("W/"), "*"):
            again = public.get(path, if_none_match=tag)
            assert again.status == 304 and not again.content and again.etag == first.etag, (path, tag)
        assert public.get(path, if_none_match='"0"').status == 200
    first = {path: public.get(path).etag for path in (f"projects/{cast.published}/", "sites.geojson")}
    api("official").change(f"projects/{cast.published}/", {"places": 77}).ok()
    for path, tag in first.items():
        assert public.get(path, if_none_match=tag).status == 200, "changed: sent at once"


def test_a_read_that_names_another_version_is_412_for_whoever_asks(cast: Cast, api: Any) -> None:
    path = f"projects/{cast.published}/"
    for person in (api(), api("official"), api(language="zh-hans")):
        tag = person.get(path).etag
        problem = person.get(path, if_match='"1"').problem(412)
        assert problem["version"] == cast.project().version
        for held in (tag, f'"1", {tag}', f'"{cast.project().version}"', "*"):
            assert person.get(path, if_match=held).status == 200, held
        assert person.get("projects/", if_match='"1"').status == 200, "a list has no version"


def test_what_was_read_in_another_role_or_language_is_sent_anew(cast: Cast, api: Any) -> None:
    """One version, several representations: a reader who signs in or switches the language must not keep the old one."""
    for path in (f"projects/{cast.published}/", f"projects/{cast.published}/history/"):
        tag = api().get(path).etag
        assert api("official").get(path, if_none_match=tag).status == 200
        assert api(language="zh-hans").get(path, if_none_match=tag).status == 200
        assert api().get(path, if_none_match=tag).status == 304
    of_engineer = api("engineer").get(path).etag
    assert api("official").get(path, if_none_match=of_engineer).status == 200, "now with the money"


def test_in_the_first_language_the_etag_of_the_whole_is_the_bare_version(cast: Cast, api: Any) -> None:
    answer = api("official", language="zh-hans").get(f"projects/{cast.published}/")
    assert answer.etag == f'"{answer.data["version"]}"'


# --- repetition ---------------------------------------------------------------------------------------------


MONEY = {"kind": "money_paid", "dated": "2023-05-01", "amount": "12.50"}
POSTS = [
    ("official", "projects/{published}/spending/", MONEY),
    ("official", "projects/{published}/estimates/", {"kind": "settlement", "amount": "3.00"}),
    ("official", "projects/", {"bureau": "610526", "title_zh": "新园", "kind": "new_build"}),
    ("official", "plans/", {"bureau": "610526", "year": 2030, "title_zh": "计划"}),
]


@pytest.mark.parametrize(("who", "path", "body"), POSTS)
def test_the_same_key_and_body_give_the_first_answer_and_one_effect(
    cast: Cast, api: Any, who: str, path: str, body: dict[str, Any]
) -> None:
    person, path = api(who), path.format(published=cast.published)
    first = person.post(path, body, idempotency_key="once-1")
    entries = LedgerEntry.objects.count()
    again = person.post(path, dict(reversed(body.items())), idempotency_key="once-1")
    assert first.status == again.status == 201
    assert again.data == first.data and again.etag == first.etag
    assert again.headers["Location"] == first.headers["Location"] and again.headers["Idempotency-Replayed"] == "true"
    assert person.get(first.headers["Location"]).status == 200
    assert LedgerEntry.objects.count() == entries


def test_a_key_stands_for_one_request_of_one_person(cast: Cast, api: Any) -> None:
    path = f"projects/{cast.published}/spending/"
    official, admin = api("official"), api("bureau_admin")
    assert official.post(path, MONEY, idempotency_key="k").status == 201
    official.post(path, MONEY | {"amount": "1.00"}, idempotency_key="k").problem(422)
    official.post(f"projects/{cast.unpublished}/spending/", MONEY, idempotency_key="k").problem(422)
    mine = admin.post(path, MONEY, idempotency_key="k")
    assert mine.status == 201 and "Idempotency-Replayed" not in mine.headers
    assert official.post(path, MONEY).status == 201, "without a key every request counts"
    assert Spending.objects.filter(project__code=cast.published).count() == 4


def test_a_refused_request_may_be_sent_again_under_its_key(cast: Cast, api: Any) -> None:
    path = f"projects/{cast.published}/spending/"
    api("official").post(path, MONEY | {"amount": "0.00"}, idempotency_key="k").problem(400, "/amount")
    assert not IdempotencyRecord.objects.exists()
    assert api("official").post(path, MONEY, idempotency_key="k").status == 201


@pytest.mark.parametrize("key", ["x" * 201, "schlüssel", "a\tb"])
def test_an_unusable_key_is_named(cast: Cast, api: Any, key: str) -> None:
    answer = api("official").post(f"projects/{cast.published}/spending/", MONEY, idempotency_key=key)
    answer.problem(400, "Idempotency-Key")


def test_the_record_of_a_key_holds_no_token_and_no_password(cast: Cast, api: Any) -> None:
    body = {"username": "engineer", "password": "demo-engineer", "device": "phone"}
    token = api().post("tokens/", body, idempotency_key="k").ok(201)["token"]
    kept = json.dumps(list(IdempotencyRecord.objects.values("fingerprint", "headers", "body")))
    assert token not in kept and "demo-engineer" not in kept
    assert api().post("tokens/", body, idempotency_key="k").ok(201)["token"] == token


# --- one envelope -------------------------------------------------------------------------------------------


def test_an_unknown_address_of_the_api_is_problem_details_for_every_method(cast: Cast, api: Any) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        for path in ("nothing/", "projects", "projects/x/y/z/", "tokens/not-a-uuid/", f"projects/{cast.published}"):
            answer = api().call(method, path, {} if method in ("POST", "PUT", "PATCH") else None)
            assert answer.status in (404, 405), (method, path, answer)
            answer.problem(answer.status)
    api().get(f"projects/{cast.published}/milestones/nothing/").problem(404)
    api().get("projects/610526-1999-001/").problem(404)


def test_what_is_hidden_and_what_does_not_exist_look_alike(cast: Cast, api: Any) -> None:
    hidden = api().get(f"projects/{cast.unpublished}/").problem(404)
    absent = api().get("projects/610526-2023-999/").problem(404)
    assert json.dumps(hidden).replace(cast.unpublished, "CODE") == json.dumps(absent).replace("610526-2023-999", "CODE")
    hidden = api("official").post("projects/", {"bureau": "411525", "title_zh": "园", "kind": "new_build"}).problem(403)
    assert hidden["errors"] == []


def test_a_compressed_body_is_415_and_not_called_broken_text(cast: Cast, api: Any) -> None:
    path, change = f"projects/{cast.published}/", {"description": "x"}
    official = api("official")
    answer = official.change(path, change, content_encoding="gzip")
    assert "gzip" in answer.problem(415)["detail"] and answer.headers["Accept-Encoding"] == "identity"
    assert official.change(path, change, content_encoding="identity").ok()["description"] == "x"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "json",
        "application/json; charset=GBK",
    ],
)  # fmt: skip
def test_a_body_that_is_not_json_is_415(cast: Cast, api: Any, content_type: str) -> None:
    path = f"projects/{cast.published}/spending/"
    api("official").call("POST", path, "a=b", content_type=content_type).problem(415)
    assert api("official").call("POST", path, MONEY, content_type='application/json; charset="UTF-8"').status == 201


def test_only_json_is_spoken(cast: Cast, api: Any) -> None:
    api().get("projects/", accept="text/csv").problem(406)
    for accept in ("*/*", "application/*", "application/json", "text/html, */*;q=0.1"):
        assert api().get("projects/", accept=accept).status == 200, accept
    # What streams GeoJSON, and errors, come in the one form they have.
    assert api().get("sites.geojson", accept="application/geo+json").status == 200
    assert api().get("projects/", accept="application/problem+json, application/json").status == 200


def test_a_body_of_more_than_a_mebibyte_is_413(cast: Cast, api: Any) -> None:
    body = json.dumps({"title_zh": "x" * 1_100_000})
    api("official").post("projects/", body).problem(413)
    api("official").patch(f"projects/{cast.published}/", body, if_match="*").problem(428)


def test_sign_in_is_asked_for_with_401_and_a_challenge(cast: Cast, api: Any) -> None:
    for answer in (
        api().post("projects/", {}),
        api().get("tokens/"),
        api().get("projects/", authorization="Token wrong"),
        api().get("projects/", authorization="Token"),
        api().get("projects/", authorization="Token a b"),
        api().get("projects/", authorization="Token \u00fc"),
    ):
        answer.problem(401)
        assert answer.headers["WWW-Authenticate"] == "Token"


@pytest.mark.keeps
def test_who_names_themselves_in_another_way_is_told_and_not_shown_the_publics_view(cast: Cast, api: Any) -> None:
    token = cast.tokens["official"]
    box = "in_bbox=109,34,110,36"
    sources = (f"projects/{cast.published}/", "projects/", "sites.geojson", "tiles/8/205/101.mvt", "schema/", "tokens/")
    for path in sources:
        for said in (
            f"Bearer {token}",
            "Bearer x",
            token,
            f"Token:{token}",
            f"Token {token}, Token {token}",
            "x",
            "",
            " ",
        ):
            refused = api().get(path, authorization=said)
            assert "Token …" in refused.problem(401)["detail"], (path, said)
            assert refused.headers["WWW-Authenticate"] == "Token"
    # A proxy with a password of its own passes on what the browser told it. The session counts beside it, as without.
    for said in ("Basic b2ZmaWNlOnBhc3N3b3Jk", "basic x", 'Digest username="office"', "Negotiate x"):
        for path in (*sources[:-1], f"/projects/{cast.published}/", "/", "/maps/status/", "/maps/sites.json"):
            assert api().get(path, authorization=said).status == 200, (path, said)
        api().get(f"projects/{cast.unpublished}/", authorization=said).problem(404)
        office = api()
        office.client.force_login(cast.user("official"), "projects_api.services.sign_in.AccountBackend")
        assert office.get(f"projects/{cast.unpublished}/", authorization=said).ok()["note"] is not None
    # A map's documents are the session's: a token would be shown what everybody is. Pages say who is signed in.
    for path in ("marks.json", "sites.json", f"clusters.json?zoom=8&{box}", "outline.geojson", "investment/areas.json"):
        api("official").get(f"/maps/{path}").problem(400, "Authorization", "not_read_here")
        assert api().get(f"/maps/{path}", authorization="Bearer of.a.proxy").status == 200, path
    for path in ("/", "/maps/status/", f"/projects/{cast.published}/"):
        assert api("official").get(path).status == 200, path
    for path in ("/feed.atom", "/ogc/collections/projects/items?f=json", "/open-data/projects.csv"):
        assert api("official").get(path).content == api().get(path).content, path


def test_unknown_and_read_only_fields_are_named(cast: Cast, api: Any) -> None:
    body = {"titel": "x", "progress": 50, "code": "610526-2023-009", "version": 1, "head_hash": "", "milestones": []}
    problem = api("official").change(f"projects/{cast.published}/", body).problem(400)
    assert {error["pointer"] for error in problem["errors"]} == {f"/{name}" for name in body}
    api("official").change(f"projects/{cast.published}/{STAGE}", {"position": 3}).problem(400, "/position")
    api("official").change(f"projects/{cast.published}/", {}).problem(400)
    api("official").change(f"projects/{cast.published}/", {"reason": "only a reason"}).problem(400)
    api("official").call("PATCH", f"projects/{cast.published}/", "[]", if_match='"1"').problem(400, "")


def test_errors_speak_the_readers_language(cast: Cast, api: Any) -> None:
    english = api("official").change(f"projects/{cast.published}/", {"kind": "castle"}).problem(400, "/kind")
    chinese = api("official", language="zh-hans").change(f"projects/{cast.published}/", {"kind": "castle"})
    assert english["title"].isascii() and "castle" in english["errors"][0]["message"]
    assert chinese.problem(400, "/kind")["type"] == english["type"]
    body, headers = "<a/>", {"content_type": "text/xml"}
    for language in ("en", "zh-hans"):
        person = api("official", language=language)
        for refused in (
            person.put("projects/").problem(405),
            person.get("projects/", accept="text/csv").problem(406),
            person.call("POST", "projects/", body, **headers).problem(415),
        ):
            assert "{" not in refused["title"] + refused["detail"], refused
            assert refused["title"].isascii() is (language == "en"), refused


def test_the_session_of_the_browser_needs_the_csrf_token(cast: Cast, api: Any) -> None:
    from django.test import Client

    browser = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    browser.force_login(cast.user("official"), "projects_api.services.sign_in.AccountBackend")
    path = f"/api/v1/projects/{cast.published}/"
    assert browser.get(path).json()["note"]
    refused = browser.patch(path, {"places": 5}, content_type="application/json", headers={"if-match": '"4"'})
    assert refused.status_code == 403 and refused.headers["Content-Type"] == "application/problem+json"
    browser.get("/accounts/login/")
    token = browser.cookies["csrftoken"].value if "csrftoken" in browser.cookies else ""
    version = cast.project().version
    accepted = browser.patch(
        path,
        {"places": 5},
        content_type="application/json",
        headers={"if-match": f'"{version}"', "x-csrftoken": token, "referer": "http://localhost/"},
    )
    assert accepted.status_code == (200 if token else 403)
    assert Project.objects.get(code=cast.published).places == (5 if token else 1350)
