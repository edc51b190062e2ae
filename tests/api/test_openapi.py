"""The schema and the docs: valid, complete, and what is committed is what the code gives."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.management import get_commands
from openapi_spec_validator import validate

from config.env import SETTINGS
from projects_api.api.views.schema import document
from projects_api.filtersets import ProjectFilterSet
from projects_api.selectors.projects import ORDERINGS
from tests.api.test_permissions import HANDLED, ROUTES
from tests.cast import Cast
from tests.servers import ROOT

pytestmark = pytest.mark.once

UNDOCUMENTED = {"api-schema", "api-docs", "api-nothing"}  # the document itself, its page, and what is no address


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(json.dumps(document(), default=str))
    return loaded


@pytest.fixture(scope="module")
def docs() -> str:
    """README and docs/ together: what a reader finds."""
    files = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method.upper(), operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    ]


def test_it_is_valid_openapi_3_1(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    validate(schema)


def test_it_is_what_is_served(cast: Cast, api: Any, schema: dict[str, Any]) -> None:
    answer = api().get("schema/")
    assert answer.type == "application/vnd.oai.openapi+json" and answer.data == schema


def test_what_is_committed_is_what_the_code_gives(schema: dict[str, Any]) -> None:
    committed = json.loads((ROOT / "openapi.json").read_text(encoding="utf-8"))
    assert committed == schema, "run script/openapi and look at the difference"


def test_every_route_and_method_is_in_it(schema: dict[str, Any]) -> None:
    def as_schema(address: str) -> str:
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", address)

    addresses = {name: as_schema(address) for address, name, _view in ROUTES}
    wanted = {(addresses[name], method) for name, method in HANDLED if name not in UNDOCUMENTED}
    assert wanted == {(path, method) for path, method, _operation in operations(schema)}


def test_every_operation_says_what_it_is_and_what_it_may_answer(schema: dict[str, Any]) -> None:
    names = [operation["operationId"] for _path, _method, operation in operations(schema)]
    assert len(set(names)) == len(names)
    for path, method, operation in operations(schema):
        where = f"{method} {path}"
        assert operation["tags"], where
        success = [status for status in operation["responses"] if status.startswith("2")]
        assert len(success) == 1 or (path.endswith(".mvt") and success == ["200", "204"]), where
        for status in ("400", "401", "404", "405", "406", "503"):
            content = operation["responses"][status]["content"]
            assert content["application/problem+json"]["schema"]["$ref"].endswith("/Problem"), (where, status)
        headers = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "header"}
        # A batch has a key for each report: its id.
        if method == "POST" and not path.endswith("/field/reports/"):
            assert "Idempotency-Key" in headers, where
        if path.endswith("/photos/{photo_id}/original/") and method == "PATCH":
            assert "Upload-Offset" in headers, where
        elif method in ("PATCH", "PUT", "DELETE") and not path.endswith(("/tokens/{token_id}/", "/preview/")):
            assert "If-Match" in headers, where


def test_what_a_change_needs_is_a_declared_header(cast: Cast, api: Any, schema: dict[str, Any]) -> None:
    """Found: a client made from the document could change nothing, since no answer had an ETag by it."""

    def headers(path: str, method: str, status: str) -> set[str]:
        return set(schema["paths"][f"/api/v1/{path}"][method]["responses"][status].get("headers", {}))

    for path, address in {
        "projects/{code}/": f"projects/{cast.published}/",
        "projects/{code}/milestones/{key}/": f"projects/{cast.published}/milestones/foundations/",
        "plans/{slug}/": f"plans/{cast.plan}/",
        "calendars/{code}/": "calendars/610526/",
        "publishing/{code}/": "publishing/610526/",
    }.items():
        assert "ETag" in headers(path, "get", "200") and api("official").get(address).etag, path
    assert "ETag" in headers("projects/{code}/", "patch", "200") and "Retry-After" in headers("projects/", "get", "503")
    made = api("official").post("plans/", {"bureau": "610526", "year": 2031, "title_zh": "计划"})
    made.ok(201)
    assert {"ETag", "Location"} <= headers("plans/", "post", "201") and made.etag
    assert headers("tokens/", "post", "201") == {"Location", "Idempotency-Replayed"}
    problem = set(schema["components"]["schemas"]["Problem"]["properties"])
    assert problem >= set(api("official").get(f"projects/{cast.published}/", if_match='"99"').data)
    assert not [name for name in schema["components"]["schemas"] if name.startswith("_")], "names of ours alone"


def test_every_filter_and_order_is_a_parameter_of_everything_that_lists_sites(schema: dict[str, Any]) -> None:
    for path in ("projects/", "sites.geojson", "statistics/", "tiles/{z}/{x}/{y}.mvt"):
        path = f"/api/v1/{path}"
        known = {parameter["name"] for parameter in schema["paths"][path]["get"]["parameters"]}
        assert ProjectFilterSet.base_filters.keys() <= known, path
    parameters = {p["name"]: p for p in schema["paths"]["/api/v1/projects/"]["get"]["parameters"]}
    assert set(parameters["ordering"]["schema"]["enum"]) == {sign + name for name in ORDERINGS for sign in ("", "-")}
    assert {"as_of", "on", "page", "page_size"} <= parameters.keys()


def test_no_private_field_is_a_public_one_by_schema(schema: dict[str, Any]) -> None:
    row = schema["components"]["schemas"]["ProjectRow"]["properties"]
    assert not {"note", "contact_name", "contact_phone", "source_key", "engineers"} & row.keys()


# --- docs ---------------------------------------------------------------------------------------------------


def ours() -> set[str]:
    apps = ("projects_api", "mapviews", "portal")
    return {name for name, app in get_commands().items() if str(app) in apps}


@pytest.mark.parametrize("what", ["filters", "commands", "settings", "routes", "orderings"])
def test_everything_a_user_can_name_is_documented(docs: str, what: str) -> None:
    """As `code` somewhere in docs/: a filter, command, setting or address without a word about it does not exist."""
    names: dict[str, set[str]] = {
        "filters": set(ProjectFilterSet.base_filters)
        | {"as_of", "on", "page", "page_size", "ordering", "since", "limit"},
        "commands": ours(),
        "settings": {setting.name for setting in SETTINGS},
        "orderings": set(ORDERINGS),
        "routes": {
            re.sub(r"<(?:\w+:)?\w+>", "", address.removeprefix("api/v1/")).strip("/").split("/")[-1]
            for address, name, _view in ROUTES
            if name != "api-nothing" and not address.endswith(">/")
        },
    }
    missing = {name for name in names[what] if not re.search(rf"\b{re.escape(name)}\b", docs)}
    assert missing == set(), f"README.md and docs/*.md say nothing about these {what}"


def test_the_docs_name_no_address_that_is_none(docs: str) -> None:
    """Paths written as `/api/v1/…` resolve to a route."""
    known = {address.split("<")[0].removeprefix("api/v1/").split("/")[0] for address, _name, _view in ROUTES}
    for written in re.findall(r"/api/v1/([\w.-]+)", docs):
        assert written.rstrip(".") in known | {"problems"}, written
