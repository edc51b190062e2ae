"""Everything that a reader may meet is said in Chinese, and says the same."""

from __future__ import annotations

import ast
import gettext
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT

pytestmark = pytest.mark.once

PO = ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
HOLES = re.compile(r"%\(\w+\)[sd]")
TAGS = re.compile(r"</?[a-z]+[^>]*>")


@pytest.fixture
def gathered(tmp_path: Path) -> Path:
    """The catalogue after gathering the strings of today's source anew, in a copy."""
    copy = tmp_path / "source"
    copy.mkdir()
    for name in ("config", "mapviews", "portal", "projects_api", "locale", "manage.py"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo", "vendor"))
        else:
            shutil.copy(source, copy / name)
    command = [
        sys.executable,
        "manage.py",
        "makemessages",
        "--locale",
        "zh_Hans",
        "--no-obsolete",
        "--no-wrap",
        "--no-location",
    ]
    result = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return copy / PO.relative_to(ROOT)


def messages(path: Path, *options: str) -> list[str]:
    """The msgids that msgattrib selects, without the header."""
    found = subprocess.run(
        ["msgattrib", "--no-wrap", *options, str(path)], capture_output=True, text=True, check=True
    ).stdout
    return [line for line in re.findall(r'^msgid "(.*)"$', found, re.MULTILINE) if line]


def test_every_string_of_the_source_is_translated_and_nothing_else_is(gathered: Path) -> None:
    """Fails for a string that is new in the source, too: run ``makemessages`` (as above) and translate it."""
    assert messages(gathered, "--untranslated") == []
    assert messages(gathered, "--only-fuzzy") == []
    assert sorted(messages(PO)) == sorted(messages(gathered))
    assert messages(PO, "--only-fuzzy") == []


def test_placeholders_and_markup_agree(tmp_path: Path) -> None:
    compiled = tmp_path / "django.mo"
    subprocess.run(
        ["msgfmt", "--check-format", "--output-file", str(compiled), str(PO)], check=True, capture_output=True
    )
    with compiled.open("rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    wrong = []
    for key, chinese in catalogue.items():
        source = key[0] if isinstance(key, tuple) else key
        if source and (
            sorted(HOLES.findall(source)) != sorted(HOLES.findall(chinese))
            or sorted(TAGS.findall(source)) != sorted(TAGS.findall(chinese))
            or source[:1].isspace() != chinese[:1].isspace()
            and source != " and "
        ):
            wrong.append((source, chinese))
    assert wrong == []
    assert len(catalogue) > 500


def test_what_the_catalogue_holds_as_a_pair_is_asked_for_as_one() -> None:
    """``_("%(n)s day early")`` finds nothing where the catalogue has it with its plural: the word stays English, in code as in
    templates and in what is handed to scripts.
    """
    pairs = set(re.findall(r'^msgid "(.*)"\nmsgid_plural ', PO.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(pairs) > 80
    alone = ("_", "gettext", "gettext_lazy", "gettext_noop")
    wrong = []
    for path in (
        path for name in ("config", "mapviews", "portal", "projects_api") for path in (ROOT / name).rglob("*")
    ):
        if path.suffix == ".py":
            calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call) and node.args)
            asked = [
                call.args[0].value
                for call in calls
                if getattr(call.func, "id", "") in alone and isinstance(call.args[0], ast.Constant)
            ]
        elif path.suffix in (".html", ".txt") and "templates" in path.parts:
            asked = re.findall(r"""{% translate (?:"([^"]*)"|'[^']*')""", path.read_text(encoding="utf-8"))
        else:
            continue
        wrong += [(path.name, text) for text in asked if str(text).replace('"', '\\"') in pairs]
    assert wrong == []
