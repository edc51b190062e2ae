"""Device tokens: shown once, kept hashed, listed and revoked by their owner; what ends, ends at the next request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from projects_api.models import Assignment, DeviceToken, Membership, User
from projects_api.services.memberships import membership_end
from projects_api.services.tokens import digest, token_create
from tests.cast import Api, Cast

SIGN_IN = {"username": "engineer", "password": "demo-engineer", "device": "old phone"}


def test_a_token_is_made_shown_once_and_works(cast: Cast, api: Any) -> None:
    answer = api().post("tokens/", SIGN_IN)
    issued = answer.ok(201)
    assert issued.keys() == {"id", "token", "device", "created", "expires"} and issued["device"] == "old phone"
    assert answer.headers["Cache-Control"] == "no-store"
    mine = Api(issued["token"])
    listed = mine.get("tokens/").ok()
    assert [row["device"] for row in listed] == ["old phone", "test"] and "token" not in listed[0]
    assert mine.get(f"projects/{cast.unpublished}/").status == 200, "they are the engineer now"


def test_only_its_hash_is_kept(cast: Cast, api: Any) -> None:
    token = api().post("tokens/", SIGN_IN).ok(201)["token"]
    row = DeviceToken.objects.get(device="old phone")
    assert row.digest == digest(token) and len(token) >= 43
    assert token not in str(DeviceToken.objects.filter(pk=row.pk).values())


@pytest.mark.parametrize(
    "change",
    [{"password": "wrong"}, {"username": "nobody"}, {"username": "ENGINEER"}, {"password": "demo-engineer "}],
)
def test_a_wrong_name_and_a_wrong_password_look_alike(cast: Cast, api: Any, change: dict[str, str]) -> None:
    problem = api().post("tokens/", SIGN_IN | change).problem(401)
    assert problem == api().post("tokens/", SIGN_IN | {"username": "x", "password": "y"}).problem(401)
    assert problem["errors"] == []


def test_guessing_is_locked_out_here_and_not_for_the_owner_elsewhere(cast: Cast, api: Any) -> None:
    for _attempt in range(10):
        answer = api().post("tokens/", SIGN_IN | {"password": "wrong"})
    assert answer.status in (401, 429)
    locked = api().post("tokens/", SIGN_IN)
    assert locked.problem(429)["type"] == "/api/v1/problems/too-many-attempts"
    assert locked.headers["Retry-After"] == "900"
    elsewhere = api()
    elsewhere.client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert elsewhere.post("tokens/", SIGN_IN).status == 201
    forged = api()
    assert forged.post("tokens/", SIGN_IN, x_forwarded_for="192.0.2.8").status == 429, "the header is not believed"
    assert api("engineer").get("tokens/").status == 200, "tokens already issued go on"


@pytest.mark.parametrize("missing", ["username", "password", "device"])
def test_what_is_missing_is_named(cast: Cast, api: Any, missing: str) -> None:
    api().post("tokens/", {name: value for name, value in SIGN_IN.items() if name != missing}).problem(
        400, f"/{missing}"
    )
    api().post("tokens/", SIGN_IN | {missing: ""}).problem(400, f"/{missing}")
    api().post("tokens/", SIGN_IN | {missing: 7}).problem(400, f"/{missing}")


def test_a_revoked_token_ends_at_the_next_request(cast: Cast, api: Any) -> None:
    engineer = api("engineer")
    second = Api(api().post("tokens/", SIGN_IN).ok(201)["token"])
    assert second.delete(f"tokens/{cast.token_ids['engineer']}/").status == 204
    engineer.get("tokens/").problem(401)
    engineer.get("projects/").problem(401)
    assert second.get("tokens/").status == 200
    second.delete(f"tokens/{cast.token_ids['engineer']}/").problem(404)


def test_an_expired_token_ends(cast: Cast, api: Any) -> None:
    DeviceToken.objects.filter(pk=cast.token_ids["engineer"]).update(expires=timezone.now() - timedelta(seconds=1))
    api("engineer").get("projects/").problem(401)


def test_a_closed_account_ends(cast: Cast, api: Any) -> None:
    User.objects.filter(username="engineer").update(is_active=False)
    api("engineer").get("projects/").problem(401)
    api().post("tokens/", SIGN_IN).problem(401)


def test_demo_accounts_sign_in_only_while_demo_is_on(cast: Cast, api: Any, settings: Any) -> None:
    User.objects.filter(username="engineer").update(is_demo=True)
    settings.DEMO = False
    api().post("tokens/", SIGN_IN).problem(401)
    api("engineer").get("projects/").problem(401)
    browser = api()
    browser.client.force_login(cast.user("engineer"), "projects_api.services.sign_in.AccountBackend")
    browser.get("tokens/").problem(401)
    settings.DEMO = True
    assert api().post("tokens/", SIGN_IN).status == 201
    assert api("engineer").get("tokens/").status == 200


def test_the_same_key_and_body_give_the_same_token(cast: Cast, api: Any) -> None:
    first = api().post("tokens/", SIGN_IN, idempotency_key="a").ok(201)
    again = api().post("tokens/", SIGN_IN, idempotency_key="a").ok(201)
    assert again == first and DeviceToken.objects.filter(device="old phone").count() == 1
    api().post("tokens/", SIGN_IN | {"device": "new phone"}, idempotency_key="a").problem(422)
    api().post("tokens/", SIGN_IN | {"password": "wrong"}, idempotency_key="a").problem(401)
    other = api().post(
        "tokens/", {"username": "official", "password": "demo-official", "device": "old phone"}, idempotency_key="a"
    )
    assert other.ok(201)["token"] != first["token"]
    held = Api(first["token"])
    held.call("DELETE", f"tokens/{first['id']}/", {"reason": "lost"}).problem(400, "/reason", "unknown_field")
    assert held.delete(f"tokens/{first['id']}/").status == 204
    assert "revoked" in api().post("tokens/", SIGN_IN, idempotency_key="a").problem(409)["detail"], "no dead token"
    assert api().post("tokens/", SIGN_IN, idempotency_key="b").ok(201)["token"] != first["token"]


def dismiss(name: str) -> None:
    membership = Membership.objects.get(user__username=name)
    membership_end(membership=membership, ended=timezone.localdate(), actor=None, at=timezone.now())


def test_a_role_that_ended_ends_at_the_next_request(cast: Cast, api: Any) -> None:
    official = api("official")
    assert official.get(f"projects/{cast.unpublished}/").status == 200
    dismiss("official")
    official.get(f"projects/{cast.unpublished}/").problem(404)
    official.get(f"projects/{cast.published}/spending/").problem(403)


def test_an_engineer_is_assigned_and_released(cast: Cast, api: Any) -> None:
    admin, other, path = api("bureau_admin"), api("other_engineer"), f"projects/{cast.unpublished}/"
    facts = {"started": "2023-06-01"}
    other.get(path).problem(404)
    etag = admin.get(path).etag
    assigned = admin.put(f"{path}engineers/other_engineer/", {"reason": "holiday cover"}, if_match=etag)
    assert assigned.ok()["engineers"].keys() == {"engineer", "other_engineer"}
    seen = other.get(path)
    assert other.patch(f"{path}milestones/foundations/", facts, if_match=seen.etag).status == 200
    again = admin.put(f"{path}engineers/other_engineer/", {}, if_match=admin.get(path).etag)
    assert again.ok()["version"] == seen.version + 1, "assigning twice changes nothing"
    released = admin.delete(f"{path}engineers/other_engineer/", if_match=again.etag)
    assert released.ok()["engineers"].keys() == {"engineer"}
    other.get(path).problem(404)
    back = admin.put(f"{path}engineers/other_engineer/", {}, if_match=released.etag)
    assert back.ok()["engineers"].keys() == {"engineer", "other_engineer"}
    assert Assignment.objects.filter(user__username="other_engineer").count() == 2, "ended ones stay as history"
    actions = [row["action"] for row in admin.get(f"{path}history/").ok()]
    assert actions[-4:] == ["project.assign", "milestone.change", "project.release", "project.assign"]


def test_only_engineers_of_the_bureau_can_be_assigned(cast: Cast, api: Any) -> None:
    path = f"projects/{cast.published}/"
    etag = api("bureau_admin").get(path).etag
    for name in ("gushi_engineer", "stranger", "nobody"):
        api("bureau_admin").put(f"{path}engineers/{name}/", {}, if_match=etag).problem(404)
    api("bureau_admin").put(f"{path}engineers/supervisor/", {}, if_match=etag).problem(
        400, "/engineer", "not_an_engineer"
    )
    dismiss("other_engineer")
    api("bureau_admin").put(f"{path}engineers/other_engineer/", {}, if_match=etag).problem(400, "/engineer")


def test_a_token_of_somebody_who_lost_the_role_sees_the_public_part(cast: Cast, api: Any) -> None:
    dismiss("engineer")
    engineer = api("engineer")
    assert "note" not in engineer.get(f"projects/{cast.published}/").ok()
    engineer.get(f"projects/{cast.unpublished}/").problem(404)
    _row, token = token_create(user=cast.user("engineer"), device="x", at=timezone.now())
    assert Api(token).get("tokens/").status == 200
