"""Who may do what: every route x method x person, enumerated from the URL configuration (`reliability.md`, the table).

A row gives the expected status for each of the cast in the order of `PEOPLE`. A route or method without a row fails the
test, so does a row without a route: nothing is open by oversight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.urls import URLPattern, URLResolver, get_resolver

from mapviews.maps import FRAMES, VIEWS
from tests.cast import EVERYBODY, PUBLIC, Api, Cast

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PEOPLE = (
    PUBLIC, "engineer", "other_engineer", "supervisor", "official", "bureau_admin", "viewer",
    "gushi_official", "gushi_engineer", "stranger", "superuser",
)  # fmt: skip


def row(words: str) -> dict[str, int]:
    """``"401 200 …"``: a status for each of `PEOPLE`."""
    statuses = [int(word) for word in words.split()]
    assert len(statuses) == len(PEOPLE)
    return dict(zip(PEOPLE, statuses, strict=True))


#                      public eng other sup off adm view gOff gEng none root
EVERYONE = row("       200    200 200   200 200 200 200  200  200  200  200")
INSIDERS = row("       404    200 404   200 200 200 200  404  404  404  200")  # an unpublished project
OFFICE_READS = row("   404    404 404   200 200 200 200  404  404  404  200")  # an unpublished plan
SIGNED_IN = row("      401    200 200   200 200 200 200  200  200  200  200")
OFFICE = row("         401    403 403   403 200 200 403  403  403  403  200")
OFFICE_INSIDE = row("  401    403 404   403 200 200 403  404  404  404  200")
ENGINEER = row("       401    200 403   403 403 200 403  403  403  403  200")
ENGINEER_INSIDE = row("401    200 404   403 403 200 403  404  404  404  200")
ADMIN = row("          401    403 403   403 403 200 403  403  403  403  200")
ADMIN_INSIDE = row("   401    403 404   403 403 200 403  404  404  404  200")
REVIEWS = row("        401    403 403   200 200 200 403  403  403  403  200")
REVIEWS_INSIDE = row(" 401    403 404   200 200 200 403  404  404  404  200")
READS_PRIVATE = row("  401    200 403   200 200 200 200  403  403  403  200")
READS_PRIVATE_INSIDE = row("401   200 404   200 200 200 200  404  404  404  200")
RULES_READ = row("     401    403 403   200 200 200 200  403  403  403  200")
MONEY = row("          401    403 403   200 200 200 403  403  403  403  200")
MONEY_INSIDE = row("   401    403 404   200 200 200 403  404  404  404  200")


def made(expected: dict[str, int], status: int) -> dict[str, int]:
    """The same row with another word for success."""
    return {who: status if code == 200 else code for who, code in expected.items()}


@dataclass(frozen=True)
class Case:
    """One cell row: an address of a route, what is sent, and what everybody gets."""

    path: str
    expected: dict[str, int]
    body: Any = None
    versioned: str = ""  # the address whose ETag the change starts from
    note: str = field(default="", compare=False)


P, U = "projects/610526-2023-001/", "projects/610526-2023-002/"
PLAN, DRAFT = "plans/610526-2023/", "plans/610526-2024/"
STAGE = "milestones/foundations/"
NO_REPORT = "00000000-0000-4000-8000-000000000000"
REPORT = {"started": "2023-06-01", "reason": "seen on site"}


def both(
    tail: str, open_row: dict[str, int], inside_row: dict[str, int], body: Any = None, *, match: bool = False
) -> list[Case]:
    """The same on the published and on the unpublished project."""
    return [
        Case(P + tail, open_row, body, P if match else "", "published"),
        Case(U + tail, inside_row, body, U if match else "", "unpublished"),
    ]


def money(tail: str, record: dict[str, Any]) -> dict[tuple[str, str], list[Case]]:
    listed, one = {"estimates": ("api-estimates", "api-estimate"), "allocations": ("api-allocations", "api-allocation"),
                   "spending": ("api-spending", "api-spending-entry")}[tail]  # fmt: skip
    return {
        (listed, "GET"): both(f"{tail}/", MONEY, MONEY_INSIDE),
        (listed, "POST"): both(f"{tail}/", made(OFFICE, 201), made(OFFICE_INSIDE, 201), record),
        (one, "GET"): both(f"{tail}/1/", MONEY, MONEY_INSIDE),
        (one, "PATCH"): both(f"{tail}/1/", OFFICE, OFFICE_INSIDE, {"amount": "5.00"}, match=True),
    }


def of_school(tail: str, open_row: dict[str, int], inside_row: dict[str, int], body: Any = None) -> list[Case]:
    """The same on a school of the register and on one that only an unpublished project tells of."""
    first, second = "schools/{school}/", "schools/610526-planned/"
    return [
        Case(first + tail, open_row, body, first if body else ""),
        Case(second + tail, inside_row, body, second if body else "", "by an unpublished project alone"),
    ]


NEW_PROJECT = {"bureau": "610526", "title_zh": "新园", "kind": "new_build"}
NEW_PHOTO = {
    "id": "5f0c2a9e-0000-4000-8000-000000000002",
    "taken_at": "2023-06-06T08:00:00Z",
    "size": 100,
    "media_type": "image/jpeg",
    "reason": "sent by telephone",
}
AN_ACT = {"kind": "alteration", "applicant": "Town 1", "applied": "2023-02-01"}
NEW_SCHOOL = {
    "bureau": "610526",
    "name_zh": "新校",
    "stage": "primary",
    "establishment": {"applicant": "Town 1", "applied": "2023-02-01"},
}
NEW_TEMPLATE = {
    "bureau": "610526",
    "kind": "new_build",
    "stages": [{"key": "works", "title_zh": "施工", "title_en": "Works", "weight": 1, "duration": 90}],
}
TABLE: dict[tuple[str, str], list[Case]] = {
    ("api-schema", "GET"): [Case("schema/", EVERYONE)],
    ("api-docs", "GET"): [Case("docs/", EVERYONE)],
    ("api-tokens", "GET"): [Case("tokens/", SIGNED_IN)],
    ("api-tokens", "POST"): [
        Case("tokens/", made(EVERYONE, 201), {"username": "engineer", "password": "demo-engineer", "device": "phone"})
    ],
    ("api-token", "DELETE"): [
        Case("tokens/{own}/", made(SIGNED_IN, 204)),
        Case("tokens/{gushi_engineer}/", row("401 404 404 404 404 404 404 404 204 404 404"), note="somebody else's"),
    ],
    ("api-bureaus", "GET"): [Case("bureaus/", EVERYONE)],
    ("api-bureau", "GET"): [Case("bureaus/610526/", EVERYONE)],
    ("api-regions", "GET"): [Case("regions/", EVERYONE)],
    ("api-region", "GET"): [Case("regions/610526101/", EVERYONE)],
    ("api-schools", "GET"): [Case("schools/", EVERYONE)],
    ("api-school", "GET"): [
        Case("schools/{school}/", EVERYONE),
        Case("schools/610526-planned/", INSIDERS, note="by an unpublished project alone"),
    ],
    ("api-schools", "POST"): [Case("schools/", made(OFFICE, 201), NEW_SCHOOL)],
    ("api-school", "PATCH"): of_school("", OFFICE, OFFICE_INSIDE, {"name_en": "Corrected", "reason": "spelling"}),
    ("api-school-events", "GET"): of_school("events/", EVERYONE, INSIDERS),
    ("api-school-events", "POST"): of_school("events/", made(OFFICE, 201), made(OFFICE_INSIDE, 201), AN_ACT),
    ("api-school-event", "GET"): of_school("events/1/", EVERYONE, INSIDERS),
    ("api-school-event", "PATCH"): of_school("events/1/", OFFICE, OFFICE_INSIDE, {"summary_en": "Corrected"}),
    ("api-school-history", "GET"): of_school("history/", EVERYONE, INSIDERS),
    ("api-plans", "GET"): [Case("plans/", EVERYONE)],
    ("api-plans", "POST"): [Case("plans/", made(OFFICE, 201), {"bureau": "610526", "year": 2031, "title_zh": "计划"})],
    ("api-plan", "GET"): [Case(PLAN, EVERYONE), Case(DRAFT, OFFICE_READS)],
    ("api-plan", "PATCH"): [
        Case(PLAN, OFFICE, {"title_en": "Plan"}, PLAN),
        Case(DRAFT, row("401 404 404 403 200 200 403 404 404 404 200"), {"title_en": "Plan"}, DRAFT),
    ],
    ("api-plan-curve", "GET"): [Case(PLAN + "curve/", EVERYONE), Case(DRAFT + "curve/", OFFICE_READS)],
    ("api-calendar", "GET"): [Case("calendars/610526/", EVERYONE)],
    ("api-calendar", "PUT"): [Case("calendars/610526/", ADMIN, {"winter": ["12-01", "02-28"]}, "calendars/610526/")],
    ("api-lights", "GET"): [Case("lights/610526/", EVERYONE)],
    ("api-lights", "PUT"): [Case("lights/610526/", ADMIN, {"stale_days": 14}, "lights/610526/")],
    ("api-coordinates", "POST"): [Case("coordinates/", SIGNED_IN, {"bureau": "610526", "text": "109.6, 34.95"})],
    ("api-notification-rules", "GET"): [Case("notification-rules/610526/", RULES_READ)],
    ("api-notification-rules", "PUT"): [
        Case("notification-rules/610526/", ADMIN, {"due_days": 5}, "notification-rules/610526/")
    ],
    ("api-notifications", "GET"): [Case("notifications/", SIGNED_IN)],
    ("api-notifications-read", "POST"): [Case("notifications/read/", SIGNED_IN, {"up_to": 1})],
    ("api-templates", "GET"): [Case("templates/", EVERYONE)],
    ("api-children", "GET"): [Case("bureaus/610526/children/", EVERYONE)],
    ("api-children", "PUT"): [
        Case(
            "bureaus/610526/children/", OFFICE, {"townships": {"610526101": {"primary": 9}}}, "bureaus/610526/children/"
        )
    ],
    ("api-publishing", "GET"): [Case("publishing/610526/", EVERYONE)],
    ("api-publishing", "PUT"): [Case("publishing/610526/", ADMIN, {"reported": False}, "publishing/610526/")],
    ("api-templates", "POST"): [Case("templates/", made(ADMIN, 201), NEW_TEMPLATE, "calendars/610526/")],
    ("api-template", "GET"): [Case("templates/standard/new_build/2/", EVERYONE)],
    ("api-project-template", "GET"): both("template/?to=standard/new_build/1", OFFICE, OFFICE_INSIDE),
    ("api-project-template", "PUT"): both(
        "template/", OFFICE, OFFICE_INSIDE, {"template": "standard/new_build/1", "reason": "as before"}, match=True
    ),
    ("api-projects", "GET"): [Case("projects/", EVERYONE)],
    ("api-projects", "POST"): [Case("projects/", made(OFFICE, 201), NEW_PROJECT)],
    ("api-project", "GET"): both("", EVERYONE, INSIDERS),
    ("api-project", "PATCH"): both("", OFFICE, OFFICE_INSIDE, {"title_en": "T"}, match=True)
    + both("", OFFICE, OFFICE_INSIDE, {"published": False}, match=True)
    + both("", OFFICE, OFFICE_INSIDE, {"status": "suspended", "status_reason": "land"}, match=True),
    ("api-project", "DELETE"): both("", OFFICE, OFFICE_INSIDE, match=True),
    ("api-milestones", "GET"): both("milestones/", EVERYONE, INSIDERS),
    ("api-milestone", "GET"): both(STAGE, EVERYONE, INSIDERS)
    + [Case(P + "milestones/final_accounts/", INSIDERS, note="a stage that is not for the public")],
    ("api-milestone", "PATCH"): both(STAGE, ENGINEER, ENGINEER_INSIDE, REPORT, match=True)
    + both(STAGE, OFFICE, OFFICE_INSIDE, {"planned": "2024-06-01"}, match=True)
    + both(STAGE, ADMIN, ADMIN_INSIDE, {"planned": "2024-06-01", **REPORT}, match=True)
    + both(STAGE, OFFICE, OFFICE_INSIDE, {"state": "not_applicable", "reason": "no cellar"}, match=True),
    ("api-baselines", "GET"): both("baselines/", EVERYONE, INSIDERS),
    # Nothing is planned in the cast: who may approve hears what is missing.
    ("api-baselines", "POST"): both(
        "baselines/", made(OFFICE, 400), made(OFFICE_INSIDE, 400), {"reason": "plan of the year"}, match=True
    ),
    ("api-baseline", "GET"): [Case(P + "baselines/1/", made(EVERYONE, 404), note="there is none")],
    ("api-schedule", "GET"): both("schedule/", EVERYONE, INSIDERS),
    ("api-project-reports", "GET"): both("reports/", READS_PRIVATE, READS_PRIVATE_INSIDE),
    ("api-project-reports", "POST"): both(
        "reports/",
        made(ENGINEER, 201),
        made(ENGINEER_INSIDE, 201),
        {
            "id": "5f0c2a9e-0000-4000-8000-000000000001",
            "base_version": 1,
            "made_at": "2023-06-06T08:00:00Z",
            "text": "Third floor",
            "reason": "told by telephone",
        },
    ),
    ("api-report", "GET"): both("reports/{report}/", made(READS_PRIVATE, 404), made(READS_PRIVATE_INSIDE, 404)),
    ("api-report-review", "POST"): both(
        "reports/{report}/review/",
        made(REVIEWS, 404),
        made(REVIEWS_INSIDE, 404),
        {"decision": "accept", "reason": "the supervisor is ill"},
        match=True,
    ),
    ("api-reports", "GET"): [Case("reports/", SIGNED_IN)],
    ("api-field", "GET"): [Case("field/", SIGNED_IN)],
    # Who may report on which project is each result's own (`test_report_batches.py`).
    ("api-field-reports", "POST"): [Case("field/reports/", SIGNED_IN, {"reports": [{"id": "no report at all"}]})],
    ("api-questions", "GET"): both("questions/", EVERYONE, INSIDERS),
    ("api-all-questions", "GET"): [Case("questions/", row("401 200 200 200 200 200 403 200 200 403 200"))],
    # There is none in the cast: nobody hears of it. Those that exist are in test_questions.
    **{
        (f"api-question{name}", method): both(
            f"questions/{{report}}/{tail}", hidden, hidden, sent, match=method == "POST"
        )
        for hidden in (made(SIGNED_IN, 404),)
        for name, method, tail, sent in (
            ("", "GET", "", None),
            ("-photo", "GET", "photo/", None),
            ("-release", "POST", "release/", {}),
            ("-answer", "POST", "answer/", {"answer": "In autumn."}),
            ("-refuse", "POST", "refuse/", {"reason": "Asked twice."}),
            ("-reopen", "POST", "reopen/", {}),
            ("-assign", "POST", "assign/", {"assignee": "engineer"}),
            ("-propose", "POST", "propose/", {"answer": "In autumn."}),
        )
    },
    ("api-photos", "GET"): both("photos/", EVERYONE, INSIDERS),
    ("api-photos", "POST"): both("photos/", made(ENGINEER, 201), made(ENGINEER_INSIDE, 201), NEW_PHOTO),
    ("api-photo-pairs", "GET"): both("photos/pairs/", EVERYONE, INSIDERS),
    # There is none in the cast: who may ask hears so. Photos that exist are in test_photos.
    ("api-photo", "GET"): both("photos/{report}/", made(EVERYONE, 404), made(INSIDERS, 404)),
    ("api-photo", "PATCH"): both(
        "photos/{report}/", made(OFFICE, 404), made(OFFICE_INSIDE, 404), {"published": True}, match=True
    ),
    ("api-photo-preview", "GET"): both(
        "photos/{report}/preview/", made(READS_PRIVATE, 404), made(READS_PRIVATE_INSIDE, 404)
    ),
    ("api-photo-preview", "PUT"): both("photos/{report}/preview/", made(ENGINEER, 404), made(ENGINEER_INSIDE, 404)),
    ("api-photo-original", "GET"): both(
        "photos/{report}/original/", made(READS_PRIVATE, 404), made(READS_PRIVATE_INSIDE, 404)
    ),
    ("api-photo-original", "PATCH"): both("photos/{report}/original/", made(ENGINEER, 404), made(ENGINEER_INSIDE, 404)),
    ("api-photo-public", "GET"): both("photos/{report}/public/", made(EVERYONE, 404), made(INSIDERS, 404)),
    ("api-inspections", "GET"): both("inspections/", READS_PRIVATE, READS_PRIVATE_INSIDE),
    ("api-inspections", "POST"): both(
        "inspections/",
        made(REVIEWS, 201),
        made(REVIEWS_INSIDE, 201),
        {"kind": "safety", "held_on": "2023-06-01", "result": "passed"},
    ),
    # There is none in the cast: who may ask hears so. Those that exist are in test_inspections.
    ("api-inspection", "GET"): both("inspections/1/", made(READS_PRIVATE, 404), made(READS_PRIVATE_INSIDE, 404)),
    ("api-inspection", "PATCH"): both(
        "inspections/1/", made(REVIEWS, 404), made(REVIEWS_INSIDE, 404), {"note": "corrected"}, match=True
    ),
    ("api-project-findings", "GET"): both("findings/", READS_PRIVATE, READS_PRIVATE_INSIDE),
    ("api-project-findings", "POST"): both(
        "findings/",
        made(REVIEWS, 201),
        made(REVIEWS_INSIDE, 201),
        {"severity": "minor", "description": "the paint peels", "owner": "the painter", "deadline": "2099-01-01"},
    ),
    ("api-finding", "GET"): both("findings/1/", made(READS_PRIVATE, 404), made(READS_PRIVATE_INSIDE, 404)),
    ("api-finding", "PATCH"): both(
        "findings/1/", made(REVIEWS, 404), made(REVIEWS_INSIDE, 404), {"owner": "another painter"}, match=True
    ),
    ("api-rectify", "POST"): both(
        "findings/1/rectify/",
        made(ENGINEER, 404),
        made(ENGINEER_INSIDE, 404),
        {"text": "painted anew", "on": "2023-06-01", "reason": "told by telephone"},
        match=True,
    ),
    ("api-strike-off", "POST"): both(
        "findings/1/strike-off/", made(REVIEWS, 404), made(REVIEWS_INSIDE, 404), {"note": "seen"}, match=True
    ),
    ("api-reopen", "POST"): both(
        "findings/1/reopen/", made(REVIEWS, 404), made(REVIEWS_INSIDE, 404), {"note": "it peels again"}, match=True
    ),
    ("api-findings", "GET"): [Case("findings/", SIGNED_IN)],
    ("api-certificates", "GET"): both("certificates/", EVERYONE, INSIDERS),
    ("api-certificates", "POST"): both(
        "certificates/",
        made(OFFICE, 400),
        made(OFFICE_INSIDE, 400),
        {"inspection": 1, "signatories": [{"name": "Wang", "unit": "The bureau"}]},
        match=True,
    ),
    ("api-certificate", "GET"): both("certificates/YS-1/", made(EVERYONE, 404), made(INSIDERS, 404)),
    ("api-certificate-pdf", "GET"): both(
        "certificates/YS-1/pdf/", made(READS_PRIVATE, 404), made(READS_PRIVATE_INSIDE, 404)
    ),
    ("api-engineer", "PUT"): both("engineers/other_engineer/", ADMIN, ADMIN_INSIDE, {}, match=True),
    ("api-engineer", "DELETE"): both("engineers/engineer/", ADMIN, ADMIN_INSIDE, match=True),
    **money("estimates", {"kind": "settlement", "amount": "1.00"}),
    **money("allocations", {"source": "donation", "year": 2023, "amount": "1.00"}),
    **money("spending", {"kind": "work_done", "dated": "2023-05-01", "amount": "1.00"}),
    ("api-history", "GET"): both("history/", EVERYONE, INSIDERS),
    ("api-sites", "GET"): [Case("sites.geojson", EVERYONE)],
    ("api-tile", "GET"): [Case("tiles/0/0/0.mvt", EVERYONE)],
    ("api-statistics", "GET"): [Case("statistics/", EVERYONE)],
    ("api-changes", "GET"): [Case("changes/", EVERYONE)],
    **{("api-nothing", method): [Case("nothing/", made(EVERYONE, 404))] for method in METHODS},
}
ANY_EXAMPLE = {name: cases[0].path for (name, _method), cases in TABLE.items()}


def patterns(resolver: Any, prefix: str = "", space: str = "") -> Iterator[tuple[str, str, Any]]:
    """(address, qualified name, view) of every route below."""
    for entry in resolver.url_patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = ":".join(part for part in (space, entry.namespace) if part)
            yield from patterns(entry, address, inner)
        else:
            assert isinstance(entry, URLPattern)
            yield address, ":".join(part for part in (space, entry.name or "") if part), entry.callback


ROUTES = [item for item in patterns(get_resolver("config.urls")) if item[0].startswith("api/")]
HANDLED = {
    (name, method)
    for _address, name, view in ROUTES
    for method in METHODS
    if method not in ("HEAD", "OPTIONS") and hasattr(view.view_class, method.lower())
}


def test_every_route_and_method_has_a_row_and_every_row_a_route() -> None:
    assert HANDLED - TABLE.keys() == set(), "routes without a row in the permission table"
    known = {key for key in TABLE if key[0] != "api-nothing"}
    assert known - HANDLED == set(), "rows without a route"
    assert tuple(sorted(PEOPLE, key=EVERYBODY.index)) == EVERYBODY and set(EVERYBODY) == set(PEOPLE)


def send(person: Api, cast: Cast, who: str, method: str, case: Case) -> int:
    path = case.path.format(
        own=cast.token_ids.get(who, cast.token_ids["engineer"]),
        gushi_engineer=cast.token_ids["gushi_engineer"],
        school=cast.school,
        report=NO_REPORT,
    )
    headers = {}
    if case.versioned:
        thing = cast.project(case.versioned.split("/")[1]) if "projects" in case.versioned else None
        fresh = (
            0
            if case.versioned.startswith(
                ("calendars/", "lights/", "publishing/", "notification-rules/", "bureaus/", "schools/{")
            )
            else 1
        )
        headers["if_match"] = f'"{thing.version if thing else fresh}"'
    answer = person.call(method, path, case.body, **headers)
    if answer.status >= 400 and method != "HEAD":
        answer.problem(answer.status)
    return int(answer.status)


def tried(cast: Cast, api: Any, method: str, case: Case, people: Iterable[str] = PEOPLE) -> dict[str, int]:
    """What everybody gets, each starting from the same state."""
    got = {}
    for who in people:
        with transaction.atomic():
            got[who] = send(api(who), cast, who, method, case)
            transaction.set_rollback(True)
    return got


# Where each answer is dear, or the same view was asked already: the public, one who may and one who may not.
SOME = (PUBLIC, "official", "stranger")
CASES = [(name, method, case) for (name, method), cases in TABLE.items() for case in cases]


@pytest.mark.parametrize(
    ("name", "method", "case"), CASES, ids=[f"{m} {c.path} {'+'.join(c.body or ())}".strip() for _n, m, c in CASES]
)
def test_everybody_gets_what_the_table_says(cast: Cast, api: Any, name: str, method: str, case: Case) -> None:
    assert tried(cast, api, method, case) == case.expected
    if method == "GET":  # the same view answers HEAD
        assert tried(cast, api, "HEAD", case, SOME) == {who: case.expected[who] for who in SOME}


@pytest.mark.parametrize("name", sorted({name for _a, name, _v in ROUTES if name != "api-nothing"}))
def test_other_methods_are_405_and_say_which_are_allowed(cast: Cast, api: Any, name: str) -> None:
    """Not 401 and not 404: the address exists, the method does not. For everybody alike."""
    case = Case(ANY_EXAMPLE[name], {})
    allowed = {method for route, method in HANDLED if route == name}
    path = case.path.format(own=cast.token_ids["official"], school=cast.school, report=NO_REPORT)
    for method in sorted(set(METHODS) - {"HEAD"} - allowed):
        if method == "HEAD" and "GET" in allowed:
            continue
        for who in (PUBLIC, "official"):
            answer = api(who).call(method, path)
            answer.problem(405)
            said = {word.strip() for word in answer.headers["Allow"].split(",")}
            assert said - {"HEAD"} == allowed, (who, method)


# --- pages and maps: reading only ---------------------------------------------------------------------------


NOBODY = made(EVERYONE, 404)
OFFICE_READS_PAGE = row("302 403 403 200 200 200 200 403 403 403 200")

MAP_FILES = {
    "": "", "-boot": "boot.js", "-later": "later.js", "-later-sheet": "later.css", "-sheet": "map.css",
    "-download": "download/", "-pdf": "map.pdf",
    "-png": "map.png",
}  # fmt: skip
PAGES: dict[str, list[tuple[str, dict[str, int]]]] = {
    "home": [("/", EVERYONE)],
    "projects": [("/projects/", EVERYONE)],
    "project": [("/" + P, EVERYONE), ("/" + U, INSIDERS)],
    "project-changes": [(f"/{P}changes/", EVERYONE), (f"/{U}changes/", INSIDERS)],
    # What is for other sites is the same for everybody: of an unpublished project nobody finds any of it.
    "project-ledger": [(f"/{P}ledger.json", EVERYONE), (f"/{U}ledger.json", NOBODY)],
    "project-share": [(f"/{U}share.png", NOBODY)],
    "project-badge": [(f"/{P}badge.svg", EVERYONE), (f"/{U}badge.svg", NOBODY)],
    "project-embed": [(f"/{P}embed/", EVERYONE), (f"/{U}embed/", NOBODY)],
    "project-map": [(f"/{P}map.json", EVERYONE), (f"/{U}map.json", INSIDERS)],
    "project-photos": [
        (f"/{path}photos/", row(f"302 {mine} {other} 200 200 200 200 {far} {far} {far} 200"))
        for path, mine, other, far in ((P, 200, 403, 403), (U, 200, 404, 404))
    ],
    "project-photo": [(f"/{P}photos/{NO_REPORT}/", made(row("302 404 403 404 404 404 404 403 403 403 404"), 404))],
    "favicon": [("/favicon.ico", made(EVERYONE, 302))],
    "robots": [("/robots.txt", EVERYONE)],
    "sitemap": [("/sitemap.xml", EVERYONE)],
    "sitemap-part": [("/sitemaps/projects-1.xml", EVERYONE), ("/sitemaps/projects-2.xml", made(EVERYONE, 404))],
    "region": [("/regions/610526/", EVERYONE)],
    "school": [("/schools/610526-first/", EVERYONE), ("/schools/610526-planned/", INSIDERS)],
    # The same for everybody: of a project that is not public there are none, for its own people either.
    "project-questions": [(f"/{P}questions/", EVERYONE), (f"/{U}questions/", made(EVERYONE, 404))],
    "question-new": [(f"/{P}questions/new/", EVERYONE), (f"/{U}questions/new/", made(EVERYONE, 404))],
    "question-sent": [(f"/{P}questions/sent/", EVERYONE), (f"/{U}questions/sent/", made(EVERYONE, 404))],
    "question-photo": [(f"/{P}questions/1/photo.jpg", made(EVERYONE, 404))],
    "plans": [("/plans/", EVERYONE)],
    "plan": [("/" + PLAN, EVERYONE), ("/" + DRAFT, OFFICE_READS)],
    "plan-wall": [("/" + PLAN + "wall/", EVERYONE), ("/" + DRAFT + "wall/", OFFICE_READS)],
    "field": [("/field/", row("302 200 200 200 200 200 200 200 200 200 200"))],
    "field-frame": [("/field/frame/", EVERYONE)],
    "field-script": [("/field/app.js", EVERYONE)],
    "field-worker": [("/field/sw.js", EVERYONE)],
    "field-manifest": [("/field/manifest.webmanifest", EVERYONE)],
    "office": [("/office/", row("302 403 403 200 200 200 200 200 403 403 200"))],
    "office-calendar": [("/office/610526/calendar/", row("302 403 403 200 200 200 200 403 403 403 200"))],
    "office-children": [("/office/610526/children/", row("302 403 403 200 200 200 200 403 403 403 200"))],
    "office-schools": [("/office/610526/schools/", row("302 403 403 200 200 200 200 403 403 403 200"))],
    "office-school": [("/office/610526/schools/610526-planned/", row("302 403 403 200 200 200 200 403 403 403 200"))],
    "office-school-new": [("/office/610526/schools/new/", OFFICE | {PUBLIC: 302})],
    "office-school-entry": [("/office/610526/schools/610526-planned/entry/", OFFICE | {PUBLIC: 302})],
    "office-school-act": [("/office/610526/schools/610526-planned/acts/1/", OFFICE | {PUBLIC: 302})],
    "office-school-act-new": [("/office/610526/schools/610526-planned/acts/cancellation/", OFFICE | {PUBLIC: 302})],
    "office-children-table": [
        ("/office/610526/children/table.csv", row("302 403 403 200 200 200 200 403 403 403 200"))
    ],
    "office-publishing": [("/office/610526/publishing/", row("302 403 403 200 200 200 200 403 403 403 200"))],
    "office-notifications": [("/office/610526/notifications/", OFFICE_READS_PAGE)],
    "notifications": [("/accounts/notifications/", SIGNED_IN | {PUBLIC: 302})],
    "notification-settings": [("/accounts/notifications/settings/", SIGNED_IN | {PUBLIC: 302})],
    "office-lights": [("/office/610526/lights/", row("302 403 403 200 200 200 200 403 403 403 200"))],
    "office-templates": [("/office/610526/templates/", OFFICE_READS_PAGE)],
    "office-template": [("/office/610526/templates/new_build/", OFFICE_READS_PAGE)],
    "office-template-edit": [
        ("/office/610526/templates/new_build/edit/", row("302 403 403 403 403 200 403 403 403 403 200"))
    ],
    "project-baseline": [
        (f"/{path}baseline/", expected | {PUBLIC: 302}) for path, expected in ((P, OFFICE), (U, OFFICE_INSIDE))
    ],
    "project-place": [
        (f"/{path}place/", expected | {PUBLIC: 302}) for path, expected in ((P, OFFICE), (U, OFFICE_INSIDE))
    ],
    "project-status": [
        (f"/{path}status/", expected | {PUBLIC: 302}) for path, expected in ((P, OFFICE), (U, OFFICE_INSIDE))
    ],
    "project-template": [
        (f"/{path}template/", expected | {PUBLIC: 302}) for path, expected in ((P, OFFICE), (U, OFFICE_INSIDE))
    ],
    "office-inspections": [("/office/inspections/", row("302 200 200 200 200 200 200 200 200 403 200"))],
    "project-inspections": [
        (f"/{path}inspections/", expected | {PUBLIC: 302})
        for path, expected in ((P, READS_PRIVATE), (U, READS_PRIVATE_INSIDE))
    ],
    "inspection-new": [
        (f"/{path}inspections/new/{query}", expected | {PUBLIC: 302})
        for path, expected in ((P, REVIEWS), (U, REVIEWS_INSIDE))
        for query in ("", "?kind=safety")
    ],
    # There is none in the cast: who may ask hears so. Those that exist are in test_inspection_pages.
    "inspection": [(f"/{P}inspections/1/", made(READS_PRIVATE, 404) | {PUBLIC: 302})],
    "inspection-edit": [(f"/{P}inspections/1/edit/", made(REVIEWS, 404) | {PUBLIC: 302})],
    "finding-new": [
        (f"/{path}findings/new/", expected | {PUBLIC: 302}) for path, expected in ((P, REVIEWS), (U, REVIEWS_INSIDE))
    ],
    "finding": [(f"/{P}findings/1/", made(READS_PRIVATE, 404) | {PUBLIC: 302})],
    "certificate-new": [
        (f"/{path}certificates/new/", expected | {PUBLIC: 302}) for path, expected in ((P, OFFICE), (U, OFFICE_INSIDE))
    ],
    "certificate": [(f"/{P}certificates/YS-1/", made(READS_PRIVATE, 404) | {PUBLIC: 302})],
    "certificate-paper": [(f"/{P}certificates/YS-1/pdf/", made(READS_PRIVATE, 404) | {PUBLIC: 302})],
    "office-paper": [("/office/paper/", row("302 200 403 403 403 200 403 403 200 403 200"))],
    "office-form": [
        ("/office/paper/form.xlsx", row("302 200 404 404 404 404 404 404 200 404 404")),
        ("/office/paper/form.xlsx?bureau=610526", row("302 404 404 404 404 200 404 404 404 404 200")),
    ],
    "office-questions": [("/office/questions/", row("302 200 200 200 200 200 403 200 200 403 200"))],
    # There is none in the cast: who may ask hears so. Those that exist are in test_questions.
    "office-question": [(f"/office/questions/{NO_REPORT}/", made(EVERYONE, 404) | {PUBLIC: 302})],
    "office-question-photo": [(f"/office/questions/{NO_REPORT}/photo.jpg", made(EVERYONE, 404) | {PUBLIC: 302})],
    "office-reports": [("/office/reports/", row("302 403 403 200 200 200 403 200 403 403 200"))],
    "office-report": [(f"/office/reports/{NO_REPORT}/", made(row("302 404 404 404 404 404 404 404 404 404 404"), 404))],
    "office-accept": [
        ("/office/milestones/610526-2023-001/foundations/accept/", row("302 405 405 405 405 405 405 405 405 405 405"))
    ],
    "alerts": [
        ("/alerts/", EVERYONE),
        (f"/alerts/?project={P.split('/')[1]}", EVERYONE),
        (f"/alerts/?project={U.split('/')[1]}", made(EVERYONE, 404)),
    ],
    "alert-sent": [("/alerts/sent/", EVERYONE)],
    # Whoever has the link may; nobody else, whoever they are. Those that exist are in test_alerts.
    "alert-confirm": [("/alerts/confirm/no-such.link/", made(EVERYONE, 404))],
    "alert": [("/alerts/no-such.link/", made(EVERYONE, 404))],
    # The public's, whoever asks.
    "feed": [("/feed.atom", EVERYONE)],
    "feed-openings": [("/openings.atom", EVERYONE)],
    "project-feed": [(f"/{P}feed.atom", EVERYONE), (f"/{U}feed.atom", made(EVERYONE, 404))],
    "region-feed": [("/regions/610526/feed.atom", EVERYONE)],
    "bureau-feed": [("/bureaus/610526/feed.atom", EVERYONE)],
    "open-data": [("/open-data/", EVERYONE)],
    "open-data-dictionary": [("/open-data/dictionary/", EVERYONE)],
    "open-data-catalog": [("/open-data/catalog.jsonld", EVERYONE)],
    "open-data-metadata": [("/open-data/csv-metadata.json", EVERYONE)],
    "open-data-table": [("/open-data/projects/", EVERYONE)],
    # The public's, whoever asks.
    "open-data-file": [("/open-data/projects.csv", EVERYONE), ("/open-data/nothing.csv", made(EVERYONE, 404))],
    # There is no edition in the cast: those that exist are in test_open_data.
    "open-data-nightly": [("/open-data/nightly/nothing.csv", made(EVERYONE, 404))],
    "open-data-nightly-part": [("/open-data/nightly/610526/nothing.csv", made(EVERYONE, 404))],
    "ogc": [("/ogc/", EVERYONE)],
    "ogc-root": [("/ogc", EVERYONE)],
    "ogc-api": [("/ogc/api", EVERYONE)],
    "ogc-conformance": [("/ogc/conformance", EVERYONE)],
    "ogc-collections": [("/ogc/collections", EVERYONE)],
    "ogc-collection": [("/ogc/collections/projects", EVERYONE)],
    "ogc-items": [("/ogc/collections/projects/items", EVERYONE)],
    # The public's view, whoever asks.
    "ogc-item": [
        ("/ogc/collections/projects/items/610526-2023-001", EVERYONE),
        ("/ogc/collections/projects/items/610526-2023-002", made(EVERYONE, 404)),
    ],
    "login": [("/accounts/login/", EVERYONE)],
    "logout": [("/accounts/logout/", made(EVERYONE, 405))],
    "set_language": [("/i18n/setlang/", made(EVERYONE, 302))],
    "healthz": [("/healthz", EVERYONE)],
    "readyz": [("/readyz", EVERYONE)],
    "mapviews:index": [("/maps/", made(EVERYONE, 302))],
    **{
        f"mapviews:{view}{name}": [(f"/maps/{view}/{file}", EVERYONE)]
        for view in FRAMES
        for name, file in MAP_FILES.items()
        if view in VIEWS or name in ("-boot", "-later", "-later-sheet", "-sheet")
    },
    "mapviews:marks": [("/maps/marks.json", EVERYONE)],
    **{
        f"mapviews:{name}-script": [(f"/maps/{path}.js", EVERYONE)]
        for name, path in (
            ("marks", "marks"),
            ("lights-marks", "lights/marks"),
            ("investment-areas", "investment/areas"),
            ("coverage-areas", "coverage/areas"),
        )
    },
    "mapviews:sites": [("/maps/sites.json", EVERYONE)],
    "mapviews:lights-marks": [("/maps/lights/marks.json", EVERYONE)],
    "mapviews:lights-sites": [("/maps/lights/sites.json", EVERYONE)],
    "mapviews:timeline-data": [("/maps/timeline/timeline.json", EVERYONE)],
    "mapviews:timeline-known": [("/maps/timeline/known.json", EVERYONE)],
    "mapviews:clusters": [("/maps/clusters.json?in_bbox=109,34,110,35&zoom=8", EVERYONE)],
    "mapviews:lights-clusters": [("/maps/lights/clusters.json?in_bbox=109,34,110,35&zoom=8", EVERYONE)],
    "mapviews:basemap": [("/maps/basemap/none.pmtiles", made(EVERYONE, 404))],
    "mapviews:search": [("/maps/search.json?q=p", EVERYONE)],
    "mapviews:outline": [("/maps/outline.geojson", EVERYONE)],
    "mapviews:cells": [("/maps/cells.geojson", EVERYONE)],
    "mapviews:investment-areas": [("/maps/investment/areas.json", EVERYONE)],
    "mapviews:investment-circles": [("/maps/investment/circles.json", EVERYONE)],
    "mapviews:coverage-areas": [("/maps/coverage/areas.json", EVERYONE)],
    "mapviews:coverage-circles": [("/maps/coverage/circles.json", EVERYONE)],
}
PAGE_ROUTES = {
    name
    for address, name, _view in patterns(get_resolver("config.urls"))
    if not address.startswith(("api/", "admin/")) and name
}


def test_every_page_has_a_row() -> None:
    assert PAGES.keys() == PAGE_ROUTES


PAGE_CASES = [(path, expected) for rows in PAGES.values() for path, expected in rows]


def is_paper(path: str) -> bool:
    return path.endswith(("map.pdf", "map.png"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [pytest.param(*case, id=case[0], marks=pytest.mark.once if is_paper(case[0]) else ()) for case in PAGE_CASES],
)
def test_everybody_sees_the_pages_that_the_table_says(
    cast: Cast, api: Any, path: str, expected: dict[str, int]
) -> None:
    """The rules are those of the API's table, all of it tried on both engines: on PostGIS a page is asked by fewer, and so is
    what is the same for everybody."""
    fewer = is_paper(path) or connection.vendor == "postgresql" or len(set(expected.values())) == 1
    got = {}
    for who in SOME if fewer else PEOPLE:
        person = api()
        if who != PUBLIC:
            person.client.force_login(cast.user(who), "projects_api.services.sign_in.AccountBackend")
        got[who] = person.get(path).status
    assert got == {who: expected[who] for who in got}


def test_the_admin_is_for_superusers_alone(cast: Cast, api: Any) -> None:
    """Every list of it: staff without the superuser's flag does not exist here, everybody else is sent to sign in."""
    lists = [f"/admin/{m._meta.app_label}/{m._meta.model_name}/" for m in admin.site._registry]
    for who in PEOPLE:
        person = api()
        if who != PUBLIC:
            person.client.force_login(cast.user(who), "projects_api.services.sign_in.AccountBackend")
        for path in ["/admin/", *lists]:
            answer = person.get(path)
            if who == "superuser":
                assert answer.status == 200, path
            else:
                assert answer.status == 302 and "/login/" in answer.headers["Location"], (who, path)
