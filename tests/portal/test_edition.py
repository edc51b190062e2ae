"""The static edition: what it holds, what a run writes, and that its pages say what the live ones say."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.urls import URLPattern, URLResolver, get_resolver

from portal.edition import around, making, parts
from portal.edition.ask import Notice, ask
from portal.edition.ask import Page as Answer
from portal.edition.folder import Folder, Refused
from portal.edition.making import Failed
from portal.edition.parts import LIVE, PARTS, Part
from portal.edition.publish import Report, publish
from portal.edition.world import world
from projects_api.models import Project, School
from projects_api.services.baselines import baseline_approve
from projects_api.services.bureaus import publishing_change
from projects_api.services.milestones import milestone_change
from projects_api.services.plans import plan_change
from projects_api.services.projects import project_change
from projects_api.services.questions import Asked, question_answer, question_receive
from tests.cast import PRIVATE, Cast

HERE = "/projects/610526-2023-001/"
SERVER = "https://works.example.cn"
Publish = Callable[..., Report]


@pytest.fixture
def directory(tmp_path: Path, settings: Any) -> Path:
    settings.STATIC_ROOT = str(tmp_path / "static")
    return tmp_path / "site"


@pytest.fixture
def publish_to(directory: Path, cast: Cast) -> Publish:
    moments = iter(range(100))

    def now(**options: Any) -> Report:
        folder = Folder(directory)
        folder.prepare()
        at = datetime(2026, 11, 26, 12, next(moments), tzinfo=UTC)
        asked: dict[str, Any] = {"live": SERVER, "base": SERVER, "processes": 1}
        return publish(folder, at=at, progress=lambda *_: None, **asked | options)

    return now


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Part], bool]], None]:
    """These parts alone, without style sheets and scripts: where a test is about what a run does, and not about what there is."""

    def choose(wanted: Callable[[Part], bool]) -> None:
        monkeypatch.setattr(parts, "PARTS", [part for part in PARTS if wanted(part)])
        monkeypatch.setattr(around, "STATIC", ())
        monkeypatch.setattr(os, "sync", lambda: None)  # of the whole machine, at each of dozens of runs

    return choose


@pytest.fixture
def few_maps(only: Callable[[Callable[[Part], bool]], None]) -> None:
    only(lambda part: not part.route.startswith(("mapviews:", "open-data")) or part.route == "mapviews:sites")


@contextmanager
def file_server(directory: Path) -> Iterator[int]:
    """`python -m http.server`, without its log."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(directory))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


# What a reader finds, on the live server and among the files: address without a language, words in Chinese and in English.
SAYS: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
    ("/", ("学校", "项目"), ("School construction", "projects")),
    ("/projects/", ("项目", "610526-2023-001"), ("Public School of Pucheng", "Public School of Gushi")),
    (HERE, ("610526-2023-001",), ("Public School of Pucheng", "Project approval")),
    ("/plans/", ("2023",), ("2023",)),
    ("/plans/610526-2023/", ("2023",), ("2023", "Public School of Pucheng")),
    ("/plans/610526-2023/wall/", ("2023",), ("Public School of Pucheng",)),
    ("/regions/610526/", ("项目",), ("Public School of Pucheng",)),
    ("/maps/status/", ("地图",), ("Where do we build",)),
    ("/maps/marks.json", ('"version"',), ('"version"',)),
    ("/maps/sites.json", ("610526-2023-001",), ("Public School of Pucheng",)),
    ("/feed.atom", ("<feed",), ("Public School of Pucheng",)),
    (HERE + "feed.atom", ("<feed",), ("Public School of Pucheng",)),
]


def test_the_files_say_what_the_pages_say(publish_to: Publish, directory: Path, browser_of: Any) -> None:
    """The same reader's assertions on both, in both languages; addresses without one lead to the first; nothing private."""
    publish_to()
    live = browser_of()
    with file_server(directory / "current") as port:
        files = HTTPConnection("127.0.0.1", port)

        def read(path: str) -> tuple[int, str]:
            files.request("GET", path)
            answer = files.getresponse()
            return answer.status, answer.read().decode()

        for path, chinese, english in SAYS:
            for language, words in (("zh", chinese), ("en", english)):
                there = live.get(f"/{language}{path}")
                here = read(f"/{language}{path}")
                for name, (status, text) in {"live": (there.status_code, there.content.decode()), "file": here}.items():
                    assert status == 200, (name, language, path)
                    assert [word for word in words if word not in text] == [], (name, language, path)
                    assert PRIVATE not in text and "610526-2023-002" not in text and "Internal School" not in text
                    titles = re.findall(r"<h1[^>]*>(.*?)</h1>", text, re.DOTALL)
                    assert titles == re.findall(r"<h1[^>]*>(.*?)</h1>", there.content.decode(), re.DOTALL)
            if not path.endswith("/"):
                assert read(path) == read(f"/zh{path}"), "who subscribed without a language goes on reading"
            elif path != "/":
                assert f'url=/zh{path}"' in read(path)[1]
        for path in ("/zh/projects/610526-2023-002/", "/en/no-such/"):
            assert read(path)[0] == live.get(path).status_code == 404
        assert 'lang="en"' in read("/en/404.html")[1] and "url=/zh/" in read("/")[1]
        listed = orjson.loads(read("/edition.json")[1])
        assert listed["live"] == SERVER and listed["entry"] > 0
        assert all(
            (directory / "current" / file).is_file() for entry in listed["pages"].values() for file in entry["files"]
        )
        for script in re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css|svg)(?:\?[^"]*)?)"', read("/zh/maps/status/")[1]):
            assert read(script)[0] == 200, script


def test_pages_asked_for_together_say_what_each_says_alone(directory: Path, cast: Cast, few_maps: None) -> None:
    """What one page reads is handed to the others (`selectors.moment`): in no language, and changed by none."""
    wanted = list(parts.jobs(world("")))
    task = making.Task(
        directory, Notice(datetime(2026, 11, 26, 12, tzinfo=UTC), SERVER), making.files_of(wanted, SERVER)
    )
    groups = [group for group in making.together(wanted) if len(group) > 1 and "open-data" not in group[0].path]
    assert {f"code {cast.published}", f"code {cast.gushi_published}"} < {group[0].about for group in groups}
    for group in groups:
        together = making.make_all(task, group)
        alone = [making.make_all(task, [job])[0] for job in group]
        assert together == alone, group[0].about  # with the hash of every file


def test_a_page_says_when_it_was_made_and_leads_to_the_live_server(
    publish_to: Publish, directory: Path, few_maps: None
) -> None:
    publish_to()
    page = (directory / "current/en/projects/index.html").read_text()
    assert 'id="edition"' in page and "2026-11-26 20:00" in page
    assert f'href="{SERVER}/en/projects/"' in page, "the same page there"
    assert f'href="{SERVER}/en/accounts/login/"' in page
    links = re.findall(r'<a [^>]*href="([^"]+)"', page)
    assert links and all(
        link.startswith((SERVER, "#")) or (directory / "current" / link[1:]).exists() for link in links
    )
    assert '<meta http-equiv="Content-Security-Policy" content="' in page and "frame-ancestors" not in page
    sitemap = (directory / "current/sitemap.xml").read_text()
    assert f"<loc>{SERVER}/en{HERE}</loc>" in sitemap and 'hreflang="zh-Hans"' in sitemap
    publish_to(live="", base="")
    page = (directory / "current/en/projects/index.html").read_text()
    assert SERVER not in page and 'href="#edition"' in page and "which this copy does without" in page
    assert not (directory / "current/sitemap.xml").exists()


def test_a_run_writes_what_changed_and_deletes_what_is_public_no_more(
    publish_to: Publish, directory: Path, cast: Cast, few_maps: None
) -> None:
    first = publish_to()
    assert first.edition and first.made > 30
    assert publish_to() == Report(None, kept=first.made), "nothing changed"
    stood = (directory / "current/en/projects/411525-2023-001/index.html").stat()

    def change(**changes: Any) -> None:
        at = datetime(2026, 11, 26, 13, tzinfo=UTC)
        project_change(project_id=cast.project().pk, actor=None, at=at, expected=None, changes=changes)

    change(address="Renewed Street 9")
    second = publish_to()
    assert second.kept >= 15 and second.gone == 0, "what speaks of the other project alone"
    assert "Renewed Street 9" in (directory / "current/en" / HERE[1:] / "index.html").read_text()
    kept = (directory / "current/en/projects/411525-2023-001/index.html").stat()
    assert (kept.st_ino, kept.st_mtime) == (stood.st_ino, stood.st_mtime), (
        "the same file, for who asks whether it changed"
    )
    assert [old.name for old in (directory / "editions").iterdir()] == [second.edition.name]  # type: ignore[union-attr]

    change(published=False)
    third = publish_to()
    assert third.gone >= 6
    for file in directory.rglob("*"):
        assert cast.published not in str(file)
        if file.is_file() and file.suffix in (".html", ".json", ".geojson", ".atom", ".xml"):
            assert cast.published not in file.read_text(), file


@pytest.mark.once  # what the pages themselves read is tested on both engines
def test_a_run_after_any_write_leaves_what_a_run_from_nothing_makes(
    publish_to: Publish, directory: Path, tmp_path: Path, cast: Cast, only: Any
) -> None:
    """Every part with a validator of its own: what stands says what it would say, and little is asked for in vain."""
    anyway = ("open-data", "mapviews:")  # made at every change, as the front page is
    shown = ("mapviews:status-boot", "mapviews:marks-script")
    only(lambda part: part.route in ("home", *shown) or bool(part.each) and not part.route.startswith(anyway))
    at = datetime(2026, 11, 26, 5, tzinfo=UTC)
    one, other, far = cast.project(), cast.project(cast.unpublished), cast.project(cast.gushi_published)
    official, asked = cast.user("official"), uuid4()
    keys = list(one.milestones.order_by("position").values_list("key", flat=True))

    def change(project: Project, **changes: Any) -> None:
        project_change(project_id=project.pk, actor=None, at=at, expected=None, changes=changes)

    def stage(project: Project, key: str, reason: str = "", **changes: Any) -> None:
        milestone_change(
            project_id=project.pk, key=key, actor=None, at=at, expected=None, changes=changes, reason=reason, confirmed=True
        )  # fmt: skip

    def promise() -> None:
        for week, key in enumerate(keys):
            stage(one, key, planned=date(2027, 3, 1) + timedelta(weeks=week))
        baseline_approve(project_id=one.pk, actor=official, at=at, expected=None, reason="the council's plan")

    def receive() -> None:
        words = Asked(id=asked, kind="question", text="Which bus will go there?", language="en", worked=True)
        question_receive(project=one, asked=words, host=None, at=at)

    def rules(of: Project, **said: Any) -> None:
        publishing_change(bureau_id=of.bureau_id, actor=None, at=at, expected=None, rules=said)

    def hidden() -> None:
        assert one.plan
        plan_change(plan_id=one.plan.pk, actor=None, at=at, expected=one.plan.version, changes={"published": False})

    def school() -> None:
        School.objects.filter(code=cast.school).update(name_zh="第一实验小学", name_en="First Model School")
        change(far, places=900)  # a write that the ledger knows of

    change(other, published=True)
    every = publish_to().made
    # What is done, and the most that may be asked for: a project is 15 addresses, its township, county and plan 4, 4 and 4, its
    # bureau's feed and the front page 2 each.
    writes: list[tuple[str, Callable[[], Any], int]] = [
        ("a description", lambda: change(one, description="Two wings, one yard"), 34),
        ("a slip", lambda: stage(one, "topping_out", "rain", forecast=date(2027, 9, 1), delay_reason="weather"), 34),
        ("a baseline", promise, 34),
        ("a stage reached", lambda: stage(one, keys[1], started=date(2026, 8, 3), actual=date(2026, 9, 1)), 36),
        ("a question that waits", receive, 4),
        ("its answer", lambda: question_answer(question_id=asked, actor=official, at=at, answer="Line 3."), 34),
        ("a withdrawal", lambda: change(other, published=False), 20),
        ("publication", lambda: change(other, published=True), 36),
        ("the last of its county goes", lambda: change(far, published=False), every),
        ("and comes back", lambda: change(far, published=True), every),
        ("a bureau's setting", lambda: rules(far, answer_days=3), 42),
        ("a plan is hidden", hidden, every),
        ("a school's name", school, every),
    ]
    # What three writes to one project leave alone they leave alone together.
    looked_at = {what for what, *_rest in writes} - {
        "a description",
        "a slip",
        "a baseline",
        "publication",
        "a plan is hidden",
    }
    for what, write, most in writes:
        write()
        report = publish_to()
        assert 0 < report.made + report.same <= most, (what, report)
        if what in looked_at:
            anew = Folder(tmp_path / "anew")
            anew.prepare()
            publish(anew, at=at, live=SERVER, base=SERVER, processes=1, progress=lambda *_: None)
            here, there = contents(directory), contents(anew.root)
            assert here.keys() == there.keys(), what
            assert {name: (here[name], there[name]) for name in here if here[name] != there[name]} == {}, what
            shutil.rmtree(anew.root)


def contents(directory: Path) -> dict[str, bytes]:
    """Every file without the time at which it was made; the list of them only by their names."""
    root = directory / "current"
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return {name: b"" if name == "edition.json" else making.undated(path.read_bytes()) for name, path in files.items()}


def test_a_run_that_fails_leaves_the_edition_that_is_served(
    publish_to: Publish, directory: Path, cast: Cast, few_maps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_to()
    before = (directory / "current").resolve(), (directory / "current/edition.json").read_bytes()
    at = datetime(2026, 11, 26, 13, tzinfo=UTC)
    project_change(project_id=cast.project().pk, actor=None, at=at, expected=None, changes={"title_en": "Half-way"})
    asked: list[str] = []

    def breaks(path: str, *rest: Any) -> Answer:
        asked.append(path)
        return Answer(503, b"", "text/html", "") if len(asked) == 20 else ask(path, *rest)

    monkeypatch.setattr(making, "ask", breaks)
    with pytest.raises(Failed, match="answered with 503"):
        publish_to()
    assert ((directory / "current").resolve(), (directory / "current/edition.json").read_bytes()) == before
    monkeypatch.undo()
    assert publish_to().edition, "the next run makes good"
    assert not (directory / "making").exists()
    assert "Half-way" in (directory / "current/en/projects/index.html").read_text()


def test_a_directory_that_holds_something_else_is_refused(tmp_path: Path, directory: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("mine")
    with pytest.raises(CommandError, match="holds files that no edition put there"):
        call_command("publish_site", str(tmp_path / "home"))
    assert [file.name for file in (tmp_path / "home").iterdir()] == ["letter.txt"]
    with pytest.raises(CommandError, match="is not a directory"):
        call_command("publish_site", str(tmp_path / "home" / "letter.txt"))
    with pytest.raises(CommandError, match="must be an origin|须为站点地址"):
        call_command("publish_site", str(tmp_path / "new"), "--live", "works.example.cn/x")
    with pytest.raises(CommandError, match="must be an address|须为网址"):
        call_command("publish_site", str(tmp_path / "new"), "--base-url", 'https://example.cn/a"b/')
    Folder(directory).prepare()
    with Folder(directory).alone(), pytest.raises(Refused, match="Another run"), Folder(directory).alone():
        pass


def test_every_public_address_is_a_file_or_says_why_not() -> None:
    """A part that lands later is one line in `portal.edition.parts`."""

    def kept_routes(resolver: URLResolver, space: str = "") -> Iterator[str]:
        for found in resolver.url_patterns:
            if isinstance(found, URLResolver):
                yield from kept_routes(found, f"{found.namespace}:" if found.namespace else space)
            elif isinstance(found, URLPattern):
                view: Any = found.callback
                if getattr(view, "kept", False) or getattr(getattr(view, "cls", None), "kept", False):
                    yield f"{space}{found.name}"

    missing = set(kept_routes(get_resolver())) - {part.route for part in PARTS}
    assert {
        route for route in missing if not route.startswith(tuple(name for name in LIVE if name[-1] == "-"))
    } <= LIVE.keys()
