"""Public pages that are kept: right at once after a change, 304 where nothing changed, never another reader's."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.test import Client

from projects_api.api.conditional import ENTITY_TAG
from projects_api.kept import BoundedCache, Turns
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from tests.cast import Cast
from tests.portal.conftest import Page

pytestmark = pytest.mark.keeps
NOW = datetime(2026, 11, 1, tzinfo=UTC)
PAGES = [
    "/", "/projects/", "/projects/?status=in_use&page=1", "/projects/610526-2023-001/", "/plans/", "/plans/610526-2023/",
    "/plans/610526-2023/wall/", "/maps/status/", "/maps/lights/?bureau=610526", "/maps/marks.json", "/maps/outline.geojson",
    "/maps/marks.js", "/api/v1/projects/?bureau=610526", "/api/v1/sites.geojson", "/api/v1/statistics/", "/api/v1/plans/",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_public_page_is_the_same_for_everyone_and_304_while_nothing_changes(path: str, browser_of: Any) -> None:
    first = browser_of().get(path)
    again = browser_of().get(path, headers={"accept-encoding": "gzip"})
    assert not first.cookies and b"csrfmiddlewaretoken" not in first.content
    assert first["ETag"] == again["ETag"] and first["ETag"].startswith("W/")
    assert first["Cache-Control"] == again["Cache-Control"] == "public, max-age=0, s-maxage=1, must-revalidate"
    vary = {part.strip() for part in first["Vary"].split(",")}
    assert {"Cookie", "Accept-Language", "Accept-Encoding"} <= vary
    for _ in range(2):  # made, and from memory: where the address names the language, the browser's says nothing
        named = browser_of().get(f"/en{path}", headers={"accept-language": "zh"})
        assert {part.strip() for part in named["Vary"].split(",")} == vary - {"Accept-Language"}
    for policy in ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Content-Language"):
        assert first[policy] == again[policy] or policy == "Content-Security-Policy"
    # Whoever has it, also as the very first that the server hears of after a start.
    for _ in range(2):
        unchanged = browser_of().get(path, headers={"if-none-match": first["ETag"]})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged["Vary"] == first["Vary"] and unchanged["Cache-Control"] == first["Cache-Control"]
        caches["answers"].clear()
    assert browser_of().head(path).status_code == 200


def test_a_change_is_seen_by_the_next_reader(visit: Callable[..., Page], browser_of: Any, cast: Cast) -> None:
    here = f"/projects/{cast.published}/"
    paths = ["/", "/projects/", here, "/plans/610526-2023/"]
    old = {path: browser_of().get(path)["ETag"] for path in paths}
    project_change(project_id=cast.project().pk, actor=None, at=NOW, expected=None, changes={"title_en": "Renamed"})
    for path in paths:
        answer = browser_of().get(path, headers={"if-none-match": old[path]})
        assert answer.status_code == 200 and b"Renamed" in answer.content, path
    project_change(project_id=cast.project().pk, actor=None, at=NOW, expected=None, changes={"published": False})
    assert visit(here).status == 404
    assert browser_of().get(here, headers={"if-none-match": "*"}).status_code == 404
    assert all("Renamed" not in visit(path).html for path in paths if path != here)


def test_a_scoreboard_is_another_when_a_project_of_its_plan_moves(browser_of: Any, cast: Cast) -> None:
    """The plan's own version stays; its tag does not, and still says from which version a change starts."""
    path = "/api/v1/plans/610526-2023/"
    tag = browser_of().get(path)["ETag"]
    assert browser_of().get(path, headers={"if-none-match": tag}).status_code == 304
    milestone_change(
        project_id=cast.project().pk, key="completion_acceptance", actor=None, at=NOW, expected=None,
        changes={"actual": date(2026, 10, 1)},
    )  # fmt: skip
    after = browser_of().get(path, headers={"if-none-match": tag})
    assert after.status_code == 200 and after.json()["scoreboard"][0]["met_late"] == 1
    found = ENTITY_TAG.fullmatch(after["ETag"])
    assert found and int(found[1]) == after.json()["version"]


def test_nobody_gets_anothers_page_nor_leaves_theirs(visit: Callable[..., Page], browser_of: Any, cast: Cast) -> None:
    """Who is signed in sees drafts: before, after and between the public, with the public's ETag in hand."""
    public = browser_of().get("/projects/")
    for _ in range(2):
        inside = browser_of("official").get("/projects/", headers={"if-none-match": public["ETag"]})
        assert inside.status_code == 200 and "Internal School of Pucheng" in inside.content.decode()
        assert inside["Cache-Control"] == "private, no-cache" and "ETag" not in inside.headers
        assert "Internal School" not in visit("/projects/")
    # A session that has ended, or a token, is asked about; it is neither served from memory nor kept.
    ended = browser_of()
    ended.cookies["sessionid"] = "nobodys"
    assert ended.get("/projects/")["Cache-Control"] == "private, no-cache"


def test_every_language_and_every_day_has_its_own(browser_of: Any, cast: Cast) -> None:
    chinese, english = browser_of(language="zh-hans"), browser_of(language="en")
    assert "项目" in chinese.get("/projects/").content.decode()
    assert "Projects" in english.get("/projects/").content.decode()
    assert "项目" in chinese.get("/projects/").content.decode()
    english.post("/i18n/setlang/", {"language": "zh-hans", "next": "/projects/"})
    assert "项目" in english.get("/projects/").content.decode()
    with time_machine.travel(datetime(2024, 6, 1, 15, 55, tzinfo=UTC), tick=False):
        before = browser_of().get("/plans/610526-2023/").content
    with time_machine.travel(datetime(2024, 6, 1, 16, 5, tzinfo=UTC), tick=False):
        assert browser_of().get("/plans/610526-2023/").content != before, "midnight in Pucheng"


def test_browsers_share_a_page_and_nobody_leaves_them_another_form_of_it(browser_of: Any) -> None:
    firefox = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
    wechat = f"{firefox.replace('avif', 'wxpic')},application/signed-exchange;v=b3;q=0.7"
    alike = ",".join(f"a/{n:03}" for n in range(40))  # 240 letters that say nothing
    program = "application/vnd.oai.openapi+json;version=3.0"
    for first, second in (
        (f"text/html,application/xhtml+xml,{program}", firefox),
        (f"{alike},{program}", f"{alike},text/html"),
    ):
        assert browser_of().get("/ogc/api", headers={"accept": first})["Content-Type"] == program
        assert browser_of().get("/ogc/api", headers={"accept": second})["Content-Type"].startswith("text/html"), first
    held = caches["answers"].bytes_held  # type: ignore[attr-defined]
    unpacked = browser_of().get("/ogc/api", headers={"accept": wechat, "accept-encoding": "br, gzip;q=0"})
    assert unpacked.status_code == 200 and "Content-Encoding" not in unpacked.headers
    assert caches["answers"].bytes_held == held, "it was there"  # type: ignore[attr-defined]


def test_only_hosts_that_the_settings_name_make_a_copy(browser_of: Any, settings: Any) -> None:
    """Django takes a name with any port, any capitals, a dot at its end; a copy each would push all pages out of memory."""

    def copies(*hosts: str, **of: Any) -> int:
        before = caches["answers"].bytes_held  # type: ignore[attr-defined]
        for host in hosts:
            answer = browser_of().get("/projects/", headers={"host": host}, **of)
            assert answer.status_code == 200 and "Projects" in answer.content.decode(), host
        return caches["answers"].bytes_held - before  # type: ignore[attr-defined]

    one = copies("localhost")
    assert one > 1000
    assert copies(*(f"localhost:{port}" for port in range(1000, 1010)), "LOCALHOST", "localhost.", "lOcalhost:80") == 0
    assert copies("localhost:8000", SERVER_PORT="8000") > 0, "the server's own"
    assert copies("localhost:8000", "localhost:8000", SERVER_PORT="8000") == 0, "was there"
    assert copies("localhost:9", SERVER_PORT="9", REMOTE_ADDR="") == 0, "behind a socket the port is the reader's word"
    settings.ALLOWED_HOSTS = [".example.cn"]
    assert copies(*(f"{name}.example.cn" for name in "abcdefgh"), "example.cn:81") == 0
    settings.CSRF_TRUSTED_ORIGINS = ["http://works.example.cn:8080"]
    assert copies("works.example.cn:8080") > 0 and copies("works.example.cn:8081") == 0
    settings.SITE_URL, settings.SITE_URL_GIVEN = "https://maps.example.cn", True
    assert copies("maps.example.cn", secure=True) > 0
    told = browser_of().get("/maps/status/download/", headers={"host": "localhost.example.cn"}).content.decode()
    assert 'href="https://maps.example.cn/maps/status/"' in told, "a file that is taken along leads to the site"


def test_errors_and_pages_with_a_form_are_not_kept(browser_of: Any) -> None:
    for path in ("/projects/no-such/", "/projects/?page=99", "/projects/?colour=blue", "/accounts/login/", "/healthz"):
        answer = browser_of().get(path)
        assert "public" not in answer.get("Cache-Control", "") and "ETag" not in answer.headers, path
    store = caches["answers"]
    assert isinstance(store, BoundedCache) and store.bytes_held == 0


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    store = BoundedCache("a-test", {"OPTIONS": {"MAX_BYTES": 100_000}})
    for number in range(200):
        store.set(f"page {number}", b"x" * 4000)
        store.get("page 0")
    assert store.bytes_held <= 100_000
    assert store.get("page 0") and store.get("page 199") and store.get("page 100") is None
    assert store.add("page 199", b"") is False and store.get_or_set("few", lambda: ("a", 1)) == ("a", 1) == store.get(
        "few"
    )
    store.set("huge", b"x" * 60_000)
    assert store.get("huge") is None and store.get("page 199")


def test_of_a_crowd_one_makes_the_answer() -> None:
    turns, made, waited = Turns(), [], []
    ready = threading.Barrier(20)

    def come() -> None:
        ready.wait()
        with turns.of("page") as had_to_wait:
            if not had_to_wait:
                time.sleep(0.2)  # making it
                made.append(1)
            else:
                waited.append(len(made))

    crowd = [threading.Thread(target=come) for _ in range(20)]
    for reader in crowd:
        reader.start()
    for reader in crowd:
        reader.join()
    assert len(made) == 1 and waited == [1] * 19
    assert not turns._locks, "nothing is left behind"


def test_a_maker_that_hangs_does_not_hold_the_others() -> None:
    turns = Turns(patience=0.1)
    with turns.of("page"), turns.of("page") as waited:
        assert waited
    assert not turns._locks


def test_an_address_too_long_to_keep_is_answered_all_the_same(client: Client, cast: Cast) -> None:
    assert client.get("/projects/?q=" + "a" * 150, headers={"accept": "x" * 5000}).status_code == 200
    assert client.get("/projects/?q=" + "a" * 9000).status_code == 400
