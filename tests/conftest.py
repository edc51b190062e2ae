"""Fixtures of every test: the shared data, real servers on prepared databases, and a watched browser page.

In-process tests use pytest-django's `db` (rolled back). Nothing may use `transactional_db` or `live_server`:
they empty tables by DELETE or TRUNCATE, which the ledger's triggers refuse. What needs a real server uses
`served` (shared, for tests that change nothing others count on) or `fresh_server` (a copy of its own).
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.utils import translation
from django.utils.translation.reloader import translation_file_changed

from config.basemaps import FOLDER, Offered
from config.stack import with_room
from config.translations import compile_stale
from tests import thorough
from tests.servers import ROOT, Prepared, Server, database_prefix, drop_databases

thorough.load_profile()  # before any test is defined

SHARED_DATA = ROOT.parent / "shared" / "data"
# Milliseconds in which a page must do what a test waits for: nothing is waited for that is there, and a busy machine is slow.
PATIENCE = 90_000
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing but the server under test exists: a look-up of any name fails at once, also where a name server would not answer.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def in_ci() -> bool:
    return os.environ.get("CI") == "true"


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Any:
    """As it goes, with room for frames: pytest's own depth brought many a test to the end of a piece of the stack."""
    hook = session.config.hook.pytest_runtestloop
    around = [each.plugin for each in hook.get_hookimpls() if each.wrapper or each.hookwrapper]  # they run already
    here = sys.modules[__name__]
    run = session.config.pluginmanager.subset_hook_caller("pytest_runtestloop", [here, *around])
    return with_room(run, session=session)


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    for compiled in compile_stale():
        # Django stands before any plugin does, and had read what was there: nothing, in a fresh checkout's first run.
        translation_file_changed(None, compiled)
    database_prefix()  # chosen before workers start, so that they share it
    # Argon2 is slow on purpose; tests that are about it set it again themselves.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    # What a server of the same checkout keeps is not the tests': its nightly files made an address that there is none of.
    own = Path(tempfile.mkdtemp(prefix="schoolworks-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(own, ignore_errors=True))
    settings.OPEN_DATA_DIR, settings.UPLOADS_DIR = own / "open-data", own / "uploads"
    settings.BASE_MAPS = Offered((), own / FOLDER, "")


def pytest_sessionfinish(session: pytest.Session) -> None:
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgis:") and not hasattr(session.config, "workerinput"):
        drop_databases(url)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Pure tests run once: marked before `-m` picks. What drives real servers goes first, in its random order, so that no worker
    is left with a long test when the others are through (`--dist worksteal` hands on what is left, from the end)."""
    for item in items:
        if item.path.is_relative_to(ROOT / "tests" / "pure"):
            item.add_marker(pytest.mark.once)
    yield
    items.sort(key=lambda item: (not item.get_closest_marker("slow"), not item.get_closest_marker("e2e")))


def pytest_collection_finish() -> None:
    stands_now()
    gc.set_threshold(50_000, 20, 20)


def stands_now() -> None:
    """What stands now stands until the end: walking through all of it, thousands of times, was a tenth of a run."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _nothing_kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests write to the tables behind the ledger and roll ids back: an answer kept by its validator would outlive that. So
    nothing is kept in process but where a test is about it (``keeps``); the servers of `served` and `fresh_server` keep.
    A request leaves its language behind in the thread: each test starts in the installation's."""
    # Not above: this file is loaded before there are settings.
    from projects_api.kept import KeptAnswers
    from projects_api.selectors import census

    caches["answers"].clear()
    caches["tiles"].clear()
    census.forget()
    if not request.node.get_closest_marker("keeps"):
        monkeypatch.setattr(KeptAnswers, "keep", lambda *_: None)
    translation.deactivate()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """With CI=true a skipped test is a failed one: nobody looks at skips there."""
    report: Any = yield
    if in_ci() and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI=true does not allow: {report.longrepr[-1]}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report: Any = yield
    if in_ci() and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped as a whole, which CI=true does not allow: {report.longrepr[-1]}"
    return report


@pytest.fixture(scope="session")
def django_db_modify_db_settings(prepared: Prepared) -> Iterator[None]:
    """The migrations run once for all workers: each one's database begins as a copy, with none left to apply.

    Most of what uses a database asks for a page: all views are loaded here, before `stands_now`, and not by the first test."""
    from django.db import connection
    from django.urls import get_resolver

    get_resolver()._populate()
    stands_now()
    if connection.vendor != "sqlite":
        connection.settings_dict["TEST"]["NAME"] = prepared.copy_for_tests()
        yield
        return
    # Django's name for a test database in memory; it lasts while somebody is connected.
    with (
        closing(sqlite3.connect(f"file:memorydb_{connection.alias}?mode=memory&cache=shared", uri=True)) as memory,
        closing(sqlite3.connect(prepared.migrated())) as file,
    ):
        file.backup(memory)
        yield


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The databases are ours to make and to drop (`drop_databases`). Django's way to drop one is to wait a second for the
    connections to end and then to fail: on a busy machine that is a failure by chance."""
    return True


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real input files beside the checkout."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no shared data beside the checkout ({SHARED_DATA.parent.name}/{SHARED_DATA.name})")
    return SHARED_DATA


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Prepared:
    """The migrated databases of the current engine, made once for all workers (by `script/test`: for all its runs)."""
    base = tmp_path_factory.getbasetemp()
    shared = os.environ.get("SCHOOLWORKS_TEST_SHARED") or (base if worker_id == "master" else base.parent)
    return Prepared(Path(shared), base)


@pytest.fixture(scope="session")
def served(prepared: Prepared) -> Iterator[Server]:
    """The running product, as `script/server` runs it, on a copy of the prepared database."""
    with prepared.server() as server:
        yield server


@pytest.fixture
def fresh_server(prepared: Prepared) -> Iterator[Server]:
    """A running product of the test's own, to be changed, killed and restarted."""
    with prepared.server() as server:
        yield server


@pytest.fixture(scope="session")
def _empty_directory(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("static"))


@pytest.fixture
def plain_static(settings: Any, _empty_directory: str) -> None:
    """Pages are made where no static files were collected, as on a fresh machine."""
    settings.STATIC_ROOT = _empty_directory
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, driven by Playwright."""
    from playwright.sync_api import expect, sync_playwright

    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        pytest.skip(f"no Chromium at {path}: script/bootstrap test installs it, CHROMIUM names another")
    # Playwright's own event loop would make Django refuse the database in every later test of this process.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


class Problems:
    """What went wrong on a page: requests to other hosts, policy violations, errors in the console."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.seen: list[str] = []
        self.allowed: list[str] = []

    def allow(self, pattern: str) -> None:
        """Expect problems whose text matches `pattern` (a page that is meant to answer 400 logs that)."""
        self.allowed.append(pattern)

    def left(self) -> list[str]:
        return [text for text in self.seen if not any(re.search(pattern, text) for pattern in self.allowed)]

    def watch(self, context: Any) -> None:
        def requested(request: Any) -> None:
            if not request.url.startswith((self.home + "/", "data:", "blob:", "about:")):
                self.seen.append(f"request to another host: {request.url}")

        def logged(message: Any) -> None:
            if message.type == "error":
                place = message.location.get("url", "")
                self.seen.append(f"console error: {message.text} ({place})")

        context.on("request", requested)
        context.on("console", logged)
        context.on("weberror", lambda error: self.seen.append(f"uncaught: {error.error}"))
        context.expose_binding("reportViolation", lambda _, text: self.seen.append(f"CSP violation: {text}"))
        context.add_init_script(
            "document.addEventListener('securitypolicyviolation', event =>"
            " reportViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`))"
        )


@pytest.fixture
def problems(served: Server) -> Problems:
    return Problems(served.url)


@pytest.fixture
def page(browser: Any, problems: Problems, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A desktop page on `served` in English; fails the test when it saw any problem (see `problems.allow`).

    ``@pytest.mark.parametrize("page", [{"viewport": {"width": 390, "height": 844}}], indirect=True)`` gives
    another context: a phone, ``"locale": "zh-CN"``, ``"java_script_enabled": False``.
    """
    options = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "base_url": problems.home}
    options.update(getattr(request, "param", {}))
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    problems.watch(context)
    yield context.new_page()
    context.close()
    assert problems.left() == []
