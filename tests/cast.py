"""The standing cast: two bureaus, everybody who may meet them, and a published and an unpublished project in each.

Built through the services and written once per test module (`Replayed`), inside a transaction that is rolled back at its end;
every test runs in a savepoint of it. Tests hold codes and names and load their own rows, so no test sees another's objects.

`PRIVATE` marks every private value of the published Pucheng project: it must never reach the public.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone

from projects_api.models import Allocation, Bureau, Estimate, Project, SchoolEvent, Spending, User
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import engineer_assign, project_change
from projects_api.services.schools import school_create
from projects_api.services.tokens import token_create
from tests.factories import GUSHI, PUCHENG, make_county, make_money, make_plan, make_project, make_school, make_user

# What nobody outside the bureau may ever read: a word to search for in every answer.
PRIVATE = "kanarienvogel"
PRIVATE_AMOUNT = Decimal("7654321.98")
# What only an unpublished project tells of: its insiders find it.
PLANNED = "zeisig"
# The same in Gushi, told apart: Gushi's own people read it.
GUSHI_PRIVATE, GUSHI_AMOUNT = "wellensittich", Decimal("1234.56")

CREATED = datetime(2023, 3, 1, 2, tzinfo=UTC)
PUBLISHED = datetime(2023, 4, 3, 2, tzinfo=UTC)
REPORTED = datetime(2023, 6, 5, 2, tzinfo=UTC)

PEOPLE = {
    # name: (bureau, roles)
    "engineer": ("610526", ("engineer",)),
    "other_engineer": ("610526", ("engineer",)),
    "supervisor": ("610526", ("supervisor",)),
    "official": ("610526", ("official",)),
    "bureau_admin": ("610526", ("bureau_admin",)),
    "viewer": ("610526", ("viewer",)),
    "gushi_official": ("411525", ("official",)),
    "gushi_engineer": ("411525", ("engineer",)),
    "stranger": ("", ()),
}
PUBLIC = "public"
EVERYBODY = (PUBLIC, *PEOPLE, "superuser")


@dataclass(frozen=True)
class Cast:
    """Codes of what there is, and a device token for everybody who can sign in."""

    pucheng: str = "610526"
    gushi: str = "411525"
    plan: str = "610526-2023"
    draft_plan: str = "610526-2024"
    published: str = "610526-2023-001"
    unpublished: str = "610526-2023-002"
    gushi_published: str = "411525-2023-001"
    gushi_unpublished: str = "411525-2023-002"
    school: str = ""
    planned_school: str = "610526-planned"  # by the unpublished project alone
    tokens: dict[str, str] = field(default_factory=dict)
    token_ids: dict[str, str] = field(default_factory=dict)

    def user(self, name: str) -> User:
        return User.objects.get(username=name)

    def bureau(self, code: str = "") -> Bureau:
        return Bureau.objects.select_related("region").get(code=code or self.pucheng)

    def project(self, code: str = "") -> Project:
        return Project.objects.select_related("bureau", "region", "school", "plan__bureau").get(
            code=code or self.published
        )


class Api:
    """The API as one person meets it, through the whole of Django: their token, JSON in and out.

    ``HTTP_`` headers are given by their names: ``api.patch(path, {...}, if_match='"3"')``.
    """

    def __init__(
        self, token: str = "", *, language: str = "en", base: str = "/api/v1/", handler: ClientHandler | None = None
    ) -> None:
        self.base = base
        self.client = Client(raise_request_exception=True, headers={"host": "localhost"})
        if handler is not None:
            self.client.handler = handler
        self.headers = {"Accept-Language": language, **({"Authorization": f"Token {token}"} if token else {})}

    def call(
        self, method: str, path: str, body: Any = None, *, content_type: str = "application/json", **headers: str
    ) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        options: dict[str, Any] = {"headers": self.headers | named}
        if body is not None:
            data = body if isinstance(body, (bytes, str)) else json.dumps(body, default=str)
            options |= {"data": data, "content_type": content_type}
        answer: Any = self.client.generic(method.upper(), path if path.startswith("/") else self.base + path, **options)
        return Answer(answer)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("PUT", path, {} if body is None else body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)

    def change(self, path: str, body: Any, **headers: str) -> Any:
        """PATCH from the newest state: reads the ETag first."""
        return self.patch(path, body, if_match=self.get(path).etag, **headers)


class Answer:
    """A response read to its end."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.status: int = response.status_code
        self.headers = response.headers
        self.etag: str = response.headers.get("ETag", "")
        self.content: bytes = response.getvalue() if response.streaming else response.content
        self.type: str = response.headers.get("Content-Type", "").split(";")[0]

    @property
    def version(self) -> int:
        """The version that the ETag names."""
        return int(self.etag.strip('"').partition("-")[0])

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def data(self) -> Any:
        return json.loads(self.content)

    def ok(self, status: int = 200) -> Any:
        """The body of an expected success."""
        assert self.status == status, f"{self.status}: {self.text[:1500]}"
        return json.loads(self.content) if self.content else None

    def problem(self, status: int, pointer: str | None = None, code: str | None = None) -> dict[str, Any]:
        """The problem details of an expected refusal, in the one envelope; ``pointer`` must be among its errors."""
        assert self.status == status, f"{self.status}: {self.text[:1500]}"
        assert self.type == "application/problem+json"
        body: dict[str, Any] = self.data
        assert {"type", "title", "status", "detail", "errors"} <= body.keys()
        assert body["status"] == status
        assert body["title"] and body["detail"] and body["type"].startswith("/api/v1/problems/")
        for error in body["errors"]:
            assert error.keys() == {"pointer", "code", "message"} and error["message"] and error["code"]
        if pointer is not None:
            named = [error for error in body["errors"] if error["pointer"] == pointer]
            assert named, f"{pointer} is not named: {body}"
            if code is not None:
                assert code in [error["code"] for error in named], body
        return body

    def __repr__(self) -> str:
        return f"<{self.status} {self.type} {self.text[:500]}>"


def build_cast() -> Cast:
    """Everything there is. About 400 queries."""
    pucheng, gushi = make_county(PUCHENG), make_county(GUSHI, boundary=False)
    bureaus = {bureau.code: bureau for bureau in (pucheng, gushi)}
    users = {name: make_user(name, bureau=bureaus.get(code), roles=roles) for name, (code, roles) in PEOPLE.items()}
    users["superuser"] = User.objects.create_superuser("superuser", password="demo-superuser")
    school = make_school(pucheng, code="610526-first", name_zh="第一小学", name_en="First School")
    asked = {"kind": "alteration", "applicant": "First School", "applied": date(2023, 1, 5)}
    SchoolEvent.objects.create(school=school, number=1, **asked)
    planned = school_create(
        actor=users["official"], at=CREATED, bureau=pucheng, code=Cast.planned_school,
        values={"name_zh": f"{PLANNED} school", "stage": "primary", "region": "610526101", "places": 1350},
        events=[asked | {"applicant": f"{PLANNED} applicant"}],
    )  # fmt: skip
    for bureau, official in ((pucheng, users["official"]), (gushi, users["gushi_official"])):
        secret, amount = (PRIVATE, PRIVATE_AMOUNT) if bureau is pucheng else (GUSHI_PRIVATE, GUSHI_AMOUNT)
        make_plan(bureau, 2023, actor=official)
        make_plan(bureau, 2024, actor=official, published=False)
        for published in (True, False):
            project = make_project(
                bureau,
                actor=official,
                at=CREATED,
                published=False,
                title_zh=f"{bureau.name_zh}{'公开' if published else '内部'}小学",
                title_en=f"{'Public' if published else 'Internal'} School of {bureau.name_en}",
                stage="primary",
                plan=f"{bureau.code}-2023",
                plan_target="complete",
                region=f"{bureau.code}101",
                places=1350,
                total_investment=Decimal("50000000.00"),
                note=f"{secret} note",
                contact_name=f"{secret} person",
                contact_phone=f"{secret} 139",
                **({"school": (school if published else planned).code} if bureau is pucheng else {}),
            )
            engineer = users["engineer"] if bureau is pucheng else users["gushi_engineer"]
            admin = users["bureau_admin"] if bureau is pucheng else official
            engineer_assign(
                project_id=project.pk, engineer=engineer, actor=admin, at=CREATED, expected=None, reason=secret
            )
            shared: dict[str, Any] = {"actor": official, "at": CREATED, "amount": amount, "note": secret}
            make_money(Estimate, project, kind="design_estimate", document_number=secret, **shared)
            make_money(Allocation, project, source="county_budget", year=2023, **shared)
            make_money(Spending, project, kind="money_paid", dated=date(2023, 2, 1), **shared)
            if published:
                project_change(
                    project_id=project.pk,
                    actor=official,
                    at=PUBLISHED,
                    expected=None,
                    changes={"published": True},
                    reason=f"{secret} reason",
                )
            milestone_change(
                project_id=project.pk,
                key="project_approval",
                actor=engineer,
                at=REPORTED,
                expected=None,
                changes={"actual": date(2023, 5, 20), "note": f"{secret} stage note"},
                reason=f"{secret} reason",
            )
    issued = {name: token_create(user=user, device="test", at=timezone.now()) for name, user in users.items()}
    return Cast(
        school=school.code,
        tokens={name: token for name, (_row, token) in issued.items()},
        token_ids={name: str(row.pk) for name, (row, _token) in issued.items()},
    )


class Replayed:
    """What the services wrote for the cast, statement by statement, and who came of it. A process builds it once; for every
    further module the same is written again without asking anything, in a tenth of the time.
    """

    def __init__(self) -> None:
        self.numbers = _next_numbers()
        self.statements: list[tuple[str, Any, bool]] = []
        with connection.execute_wrapper(self._heard):
            self.cast = build_cast()
        self.state = _state()

    def _heard(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("INSERT ", "UPDATE ", "DELETE ")):
            self.statements.append((sql, params, many))
        return execute(sql, params, many, context)

    def again(self) -> Cast:
        with connection.cursor() as cursor:
            if self.numbers:
                cursor.execute(
                    "SELECT setval(name, next, false) FROM unnest(%s::text[], %s::bigint[]) AS n (name, next)",
                    self.numbers,
                )
            for sql, params, many in self.statements:
                (cursor.executemany if many else cursor.execute)(sql, params)
                if cursor.description:
                    cursor.fetchall()
        assert _state() == self.state, "the same statements made another cast"
        return self.cast


def _next_numbers() -> list[list[Any]] | None:
    """PostgreSQL's sequences and what comes next: they go on where a transaction was rolled back. SQLite's do not."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname || '.' || sequencename, coalesce(last_value + increment_by, start_value) FROM pg_sequences"
        )
        return [list(column) for column in zip(*cursor.fetchall(), strict=True)]


def _state() -> list[Any]:
    """Ids, and by their hashes all that the ledger says."""
    return [
        *Project.objects.order_by("pk").values_list("pk", "code", "version", "head_hash"),
        *User.objects.order_by("pk").values_list("pk", "username"),
    ]


_replayed: list[Replayed] = []


@pytest.fixture(scope="module")
def _standing(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    with django_db_blocker.unblock(), transaction.atomic():
        if not _replayed:
            _replayed.append(Replayed())
            yield _replayed[0].cast
        else:
            yield _replayed[0].again()
        transaction.set_rollback(True)


@pytest.fixture
def cast(_standing: Cast, db: None, plain_static: None) -> Cast:
    """The standing cast; what a test changes is gone after it. No collected static files are needed."""
    return _standing


@pytest.fixture
def api(cast: Cast) -> Any:
    """``api("engineer")``: the API as this person; ``api()`` as the public. One chain of middleware for all, as in a server."""
    handler = ClientHandler(enforce_csrf_checks=False)

    def sign_in(name: str = PUBLIC, **options: Any) -> Api:
        return Api("" if name == PUBLIC else cast.tokens[name], handler=handler, **options)

    return sign_in
