"""What the demonstration answers, against `openapi.json`: every member of every answer is declared, and is what it says.

A client made from the document reads no more than stands there, and one that is strict refuses the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator

from projects_api.api.views.schema import document
from projects_api.models import User
from projects_api.services.tokens import token_create

pytestmark = pytest.mark.once  # serializers and their declarations: no engine answers differently

PEOPLE = ("", "engineer", "bureau_admin")
# Members of lists that name what a path asks for: `{number}` of findings is a finding's `number`.
NAMES = {"report_id": "id", "photo_id": "id", "question_id": "id", "slug": "id", "version": "version", "owner": "owner"}
MOST = 3  # of each kind in each place: the first, some between and the last


@pytest.fixture(scope="module")
def _demonstration(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, str]]:
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("loaddata", "pucheng", "gushi", verbosity=0)
        tokens = {}
        for name in filter(None, PEOPLE):
            user = User.objects.get(username=name)
            _row, tokens[name] = token_create(user=user, device="test", at=timezone.now())
        yield tokens
        transaction.set_rollback(True)


def strict(schema: Any) -> Any:
    """The schema, in which an object holds what is declared and nothing else."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: strict(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


def some(found: list[Any]) -> list[Any]:
    return found if len(found) <= MOST else found[:: max(1, len(found) // MOST)][:MOST] + found[-1:]


def rows(body: Any) -> list[Any]:
    if isinstance(body, dict):
        body = body.get("results", body.get("features", []))
    return body if isinstance(body, list) else []


class Reader:
    """One person who follows every address from the lists to what they name."""

    def __init__(self, name: str, token: str) -> None:
        self.name = name
        self.client = Client(headers={"host": "localhost", "accept-language": "en"})
        self.headers = {"Authorization": f"Token {token}"} if token else {}
        self.answers: dict[str, Any] = {}

    def get(self, path: str) -> Any:
        """The JSON of an answer 200, else None. Once."""
        if path not in self.answers:
            answer: Any = self.client.get(path, headers=self.headers)
            json_body = answer.status_code == 200 and "json" in answer.headers["Content-Type"]
            content = answer.getvalue() if answer.streaming else answer.content
            self.answers[path] = json.loads(content) if json_body else None
        return self.answers[path]

    def addresses(self, template: str) -> list[str]:
        """The template's addresses in the demonstration: each `{name}` from the list that stands before it."""
        found = [""]
        rest = template
        while match := re.search(r"\{(\w+)\}", rest):
            before, rest = rest[: match.start()], rest[match.end() :]
            found = [
                f"{start}{before}{value}" for start in found for value in some(self.values(start + before, match[1]))
            ]
        return [address + rest for address in found]

    def values(self, listing: str, name: str) -> list[Any]:
        if listing.endswith(("/calendars/", "/lights/", "/notification-rules/", "/publishing/")):
            listing = "/api/v1/bureaus/"
        if listing == "/api/v1/templates/":
            return ["standard", "610526"]
        if listing.startswith("/api/v1/templates/"):
            return ["new_build", "rural_upgrade"] if name == "kind" else [1, 2]
        listed = rows(self.get(listing))
        return list(dict.fromkeys(row[key] for row in listed if (key := NAMES.get(name, name)) in row))


QUERIES = {
    "/api/v1/statistics/": ["", "?on=2024-06-30&bureau=610526"],
    "/api/v1/projects/": ["", "?page_size=200", "?on=2023-06-30&bureau=610526", "?as_of=2023-12-31&bureau=610526"],
    "/api/v1/projects/{code}/": ["", "?on=2023-06-30", "?as_of=2023-12-31"],
    "/api/v1/projects/{code}/schedule/": ["", "?on=2023-06-30"],
    "/api/v1/schools/": ["", "?on=2023-06-30", "?as_of=2023-12-31"],
    "/api/v1/plans/{slug}/": ["", "?on=2023-12-31"],
    "/api/v1/changes/": ["?limit=1000"],
    "/api/v1/regions/": ["", "?within=610526&level=township"],
    "/api/v1/projects/{code}/template/": ["", "?to=standard/new_build/1"],
}


@pytest.mark.parametrize("person", PEOPLE)
def test_every_member_of_every_answer_is_declared(
    _demonstration: dict[str, str], db: None, plain_static: None, settings: Any, person: str
) -> None:
    settings.DEMO = True
    schema = json.loads(json.dumps(document(), default=str))
    components = strict(schema["components"])
    reader = Reader(person, _demonstration.get(person, ""))
    wrong: dict[str, str] = {}
    seen = set()
    for template, methods in schema["paths"].items():
        content = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        declared = next((media["schema"] for kind, media in content.items() if "json" in kind), None)
        if declared is None or "{z}" in template:
            continue
        judge = Draft202012Validator({**strict(declared), "components": components})
        for address in reader.addresses(template):
            for query in QUERIES.get(template, [""]):
                body = reader.get(address + query)
                if body is None:
                    continue
                seen.add(template)
                for error in judge.iter_errors(body):
                    where = "/".join("*" if isinstance(p, int) else str(p) for p in error.absolute_path)
                    wrong.setdefault(f"{template} {where}: {error.message[:200]}", address + query)
    control = Draft202012Validator({"$ref": "#/components/schemas/ProjectRow", "components": components})
    some_row = reader.get("/api/v1/projects/")["results"][0]
    assert control.is_valid(some_row) and not control.is_valid(some_row | {"undeclared": 1})
    assert wrong == {}, "\n".join(f"{what}   ({where})" for what, where in wrong.items())
    assert len(seen) >= (25 if not person else 35), sorted(seen)
