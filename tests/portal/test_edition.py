"""The static edition: what it holds, what a run writes, and that its pages say what the live ones say."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.urls import URLPattern, URLResolver, get_resolver

from portal.edition import parts
from portal.edition import publish as run
from portal.edition.ask import Notice, ask
from portal.edition.ask import Page as Answer
from portal.edition.folder import Folder, Refused
from portal.edition.parts import LIVE, PARTS
from portal.edition.publish import Failed, Report, publish
from projects_api.services.projects import project_change
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
def few_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test is about what a run does, and not about what an edition holds."""
    few = [part for part in PARTS if not part.route.startswith("mapviews:") or part.route == "mapviews:sites"]
    monkeypatch.setattr(parts, "PARTS", few)


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
    wanted = list(parts.jobs(parts.world("")))
    task = run.Task(directory, Notice(datetime(2026, 11, 26, 12, tzinfo=UTC), SERVER), run.files_of(wanted, SERVER))
    groups = [group for group in run.together(wanted) if len(group) > 1 and "open-data" not in group[0].path]
    assert {cast.published, cast.gushi_published} < {group[0].about for group in groups}
    for group in groups:
        together = run.make_all(task, group)
        alone = [run.make_all(task, [job])[0] for job in group]
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
    assert second.kept >= 6 and second.gone == 0, "what speaks of the other project alone"
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

    monkeypatch.setattr(run, "ask", breaks)
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
