"""``/field/``: who gets the app, what it is made of, and that it can be kept on a phone."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders

from portal.field.assets import SOURCE, bundle
from portal.field.words import vocabulary, words
from tests.cast import EVERYBODY, PRIVATE, PUBLIC, Cast

BUDGET = 120 * 1024  # of the 300 KB that a first visit may cost: page, script, sheets, icons


def test_engineers_get_the_app_and_others_a_kind_word(browser_of: Any) -> None:
    assert browser_of().get("/field/").headers["Location"] == "/accounts/login/?next=/field/"
    app = browser_of("engineer").get("/field/")
    assert 'id="field-config"' in app.content.decode()
    assert app.cookies["csrftoken"].value, "what is sent later needs it"
    for who in ("official", "other_engineer", "stranger"):
        page = browser_of(who).get("/field/").content.decode()
        assert "No site is assigned to you" in page and "/projects/" in page
        assert ('href="/field/"' in page) == (who == "other_engineer")
    assert 'href="/field/"' in browser_of("engineer").get("/projects/").content.decode()


def test_what_is_kept_on_the_phone_is_the_same_for_everybody(browser_of: Any) -> None:
    """The page that a phone keeps holds nothing of whoever was signed in, and both languages."""
    kept = {
        browser_of(who, language).get("/field/frame/").content for who in EVERYBODY for language in ("en", "zh-hans")
    }
    assert len(kept) == 1
    page = kept.pop().decode()
    assert page == browser_of("engineer").get("/field/").content.decode()
    assert "csrfmiddlewaretoken" not in page and PRIVATE not in page
    assert browser_of().get("/field/frame/").cookies == {}
    config = json.loads(re.search(r'<script id="field-config" type="application/json">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    assert config["words"]["zh-hans"].keys() == config["words"]["en"].keys()
    assert config["choices"]["en"]["reason"]["weather"] == "Weather"
    assert config["choices"]["zh-hans"]["reason"]["weather"] == "天气原因"


def kept_addresses(worker: str) -> list[str]:
    told: dict[str, Any] = json.loads(re.match(r"const FIELD = (.*);\n", worker)[1])  # type: ignore[index]
    return list(told["kept"])


def test_the_service_worker_keeps_all_that_the_page_asks_for(browser_of: Any) -> None:
    client = browser_of()
    answer = client.get("/field/sw.js")
    assert answer.headers["Service-Worker-Allowed"] == "/field/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]
    kept = kept_addresses(answer.content.decode())
    page = client.get("/field/frame/").content.decode()
    asked = set(re.findall(r'(?:href|src)="(/(?:static|field)/[^"]+)"', page)) - {"/field/manifest.webmanifest"}
    assert asked <= set(kept)
    for address in kept:
        if address.startswith("/field/"):
            assert client.get(address).status_code == 200
        else:
            assert finders.find(address.removeprefix("/static/")), address
    script = next(address for address in kept if address.startswith("/field/app.js"))
    assert "immutable" in client.get(script).headers["Cache-Control"]
    assert client.get("/field/app.js?v=another").headers["Cache-Control"] == "no-cache"


def test_a_first_visit_fits_its_budget(browser_of: Any) -> None:
    client = browser_of()
    total = 0
    for address in kept_addresses(client.get("/field/sw.js").content.decode()):
        if address.startswith("/field/"):
            content = client.get(address).content
        else:
            content = Path(str(finders.find(address.removeprefix("/static/")))).read_bytes()
        total += len(gzip.compress(content, 6))
    assert total <= BUDGET, total


def test_it_can_be_installed(browser_of: Any) -> None:
    answer = browser_of(PUBLIC, "zh-hans").get("/field/manifest.webmanifest")
    about = answer.json()
    assert answer.headers["Content-Type"] == "application/manifest+json"
    assert (about["start_url"], about["scope"], about["display"]) == ("/field/", "/field/", "standalone")
    assert {icon["sizes"] for icon in about["icons"]} == {"192x192", "512x512"}
    assert all(finders.find(icon["src"].removeprefix("/static/")) for icon in about["icons"])


def test_the_modules_make_one_script(cast: Cast) -> None:
    """What the bundling needs: every module taken in, nothing else imported, every top-level name once."""
    text, outside = bundle()
    modules = [file for file in SOURCE.glob("*.js") if file.name != "sw.js"]
    assert outside == ["portal/vendor/dexie/dexie.min.js"]
    assert len(re.findall(r"^import ", text, re.M)) == 1
    assert "export " not in re.sub(r"//.*", "", text)
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", text, re.M)
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)
    for module in modules:
        comment = module.read_text(encoding="utf-8").splitlines()[0]
        assert comment in text, f"{module.name} is imported by nothing"


def test_the_scripts_build_elements_and_never_markup_and_name_no_host() -> None:
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser")
    for file in SOURCE.glob("*.js"):
        text = file.read_text(encoding="utf-8")
        assert not forbidden.search(text), file.name
        assert set(re.findall(r"https?://[^\s\"'`]+", text)) <= {"http://www.w3.org/2000/svg"}, file.name


def test_the_scripts_and_their_words_agree(cast: Cast) -> None:
    text, _outside = bundle()
    known = words().keys()
    named = set(re.findall(r'say\("(\w+)"', text))
    assert named - known == set(), "words that nobody wrote"
    spoken = {key for key in known if re.search(rf"\b{key}\b", text)}
    made = re.compile(r"(field|state)_\w+|\w+_one")
    assert {key for key in known - spoken if not made.fullmatch(key)} == set(), "words that nothing says"
    said = vocabulary()["words"]
    holes = re.compile(r"%\(\w+\)s")
    for key in known:
        assert set(holes.findall(said["zh-hans"][key])) == set(holes.findall(said["en"][key])), key
