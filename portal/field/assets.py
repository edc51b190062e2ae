"""What the app consists of: its modules as one script, its frame, and the list that the service worker keeps."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import orjson
from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse

from portal.field.words import vocabulary

SOURCE = Path(__file__).resolve().parent.parent / "static" / "portal" / "field"
FIRST = "main"
WORKER = "sw.js"
SHEETS = ("portal/base.css", "portal/pages.css", "portal/field/field.css")
ICONS = ("portal/icon.svg", "portal/field/icon-192.png")
# A module of our own is taken in; one from beside the folder (`../vendor/…`) stays an import, by its served address.
_OWN = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_OTHER = re.compile(r'^import (\{[^}]*\}) from "\.\./([\w./-]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function|const|let|class)", re.MULTILINE)


@dataclass(frozen=True)
class App:
    """``version`` changes with every byte of it; ``script_url`` with every byte of the script."""

    version: str
    script: bytes
    script_url: str
    frame: str
    worker: bytes


def bundle(source: Path = SOURCE) -> tuple[str, list[str]]:
    """The modules in the order of their imports as one module, and the static files that it imports.

    One round trip on a slow network instead of one per level of imports. The modules keep to what this needs: named
    imports and exports, and top-level names that no other module uses (a browser refuses the script otherwise).
    """
    done: dict[str, str] = {}
    outside: dict[str, str] = {}

    def take(name: str) -> None:
        text = (source / f"{name}.js").read_text(encoding="utf-8")
        for other in _OWN.findall(text):
            if other not in done:
                take(other)
        for names, path in _OTHER.findall(text):
            outside[f"portal/{path}"] = names
        done[name] = _EXPORT.sub("", _OTHER.sub("", _OWN.sub("", text)))

    take(FIRST)
    imports = [f'import {names} from "{static(path)}";\n' for path, names in outside.items()]
    return "".join([*imports, *done.values()]), list(outside)


@lru_cache(maxsize=1)
def app() -> App:
    text, modules = bundle()
    script = text.encode()
    script_url = f"{reverse('field-script')}?v={_short(script)}"
    context = {
        "script": script_url,
        "sheets": [static(path) for path in SHEETS],
        "modules": [static(path) for path in modules],
        "config": {**vocabulary(), "timeZone": settings.TIME_ZONE, "demo": settings.DEMO},
    }
    frame = render_to_string("field/frame.html", context)
    kept = [reverse("field-frame"), script_url, *(static(path) for path in (*SHEETS, *modules, *ICONS))]
    source = (SOURCE / WORKER).read_bytes()
    version = _short(b"\0".join([frame.encode(), source, *(address.encode() for address in kept)]))
    told = {"version": version, "frame": reverse("field-frame"), "kept": kept}
    return App(version, script, script_url, frame, b"const FIELD = " + orjson.dumps(told) + b";\n" + source)


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
