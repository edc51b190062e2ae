"""Evidence in a package, read back as what another record holds (`elsewhere`): told, not checked, and nothing is fetched."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _

from projects_api.choices import InspectionKind, InspectionResult, QuestionKind
from projects_api.interchange.oc4ids import terms
from projects_api.interchange.oc4ids.nodes import Node
from projects_api.interchange.oc4ids.stages_back import Metrics
from projects_api.models.questions import LONGEST_ANSWER

PASSED = [result for result in InspectionResult.values if result != InspectionResult.FAILED]
PHOTO_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
PHOTO_WORDS = re.compile(r"(\d{4}-\d{2}-\d{2})(?: ([-a-zA-Z0-9_]{1,60}))?", re.ASCII)
CERTIFICATE_NUMBER = re.compile(r"[-\w.〔〕()]{1,40}")  # noqa: RUF001
NUMBER = re.compile(r"[1-9]\d{0,4}", re.ASCII)
PROOF = re.compile(r"[0-9a-f]{64}", re.ASCII)
ADDRESS = re.compile(r"https?://[^\s/@\\]+(/[^\s\\]*)?")
Rows = dict[str, dict[str, Any]]


def evidence(project: Node, metrics: Metrics) -> dict[str, Rows]:
    """By part and key, the facts as the public reads them. What cannot be read is a fault of the project."""
    nodes = project.member("documents").by("id")
    found: dict[str, Rows] = {
        "photos": _each(nodes, terms.PHOTO, PHOTO_KEY, _photo),
        "inspections": _each(nodes, terms.INSPECTION, NUMBER, _inspection),
        "certificates": _each(nodes, terms.CERTIFICATE, CERTIFICATE_NUMBER, _certificate),
        "questions": _each(metrics.observed(terms.QUESTIONS), "", NUMBER, _question),
    }
    return {part: rows for part, rows in found.items() if rows}


def _each(nodes: dict[str, Node], prefix: str, key: re.Pattern[str], read: Any) -> Rows:
    rows: Rows = {}
    for name, node in nodes.items():
        if prefix and (not name.startswith(prefix) or node.member("documentType").value != terms.EVIDENCE[prefix]):
            continue
        if not key.fullmatch(name.removeprefix(prefix)):
            node.member("id").fault("invalid", _("“%(text)s” is no key of such evidence.") % {"text": name})
        elif facts := read(node):
            rows[name.removeprefix(prefix)] = facts
    return rows


def _photo(node: Node) -> dict[str, Any]:
    words = PHOTO_WORDS.fullmatch(node.member("description").line(100))
    address = node.member("url").line(500)
    if words is None or Node(words[1], f"{node.pointer}/description", node.faults).day() is None:
        node.member("description").fault("required", _("A photo needs the day on which it was taken."))
        return {}
    if not ADDRESS.fullmatch(address):
        node.member("url").fault("invalid", _("Expected an address that begins with http:// or https://."))
        return {}
    return {"caption": node.member("title").line(200), "taken": words[1], "milestone": words[2] or "", "url": address}


def _inspection(node: Node) -> dict[str, Any]:
    """Packages of before named no codes: without them there is nothing to take."""
    words = node.member("description")
    codes = dict(part.split("=", 1) for part in words.line(300).split("; ") if "=" in part)
    held_on = node.member("datePublished").day()
    if "kind" not in codes or held_on is None:
        return {}
    kind = Node(codes["kind"], words.pointer, node.faults).choice(InspectionKind.values)
    result = Node(codes.get("result", ""), words.pointer, node.faults).choice(PASSED)
    if not result:
        words.fault("required", _("What is told of an inspection is that it was passed."))
    return {"kind": kind, "held_on": held_on.isoformat(), "result": result}


def _certificate(node: Node) -> dict[str, Any]:
    issued_on = node.member("datePublished").day()
    if issued_on is None:
        node.member("datePublished").fault("required", _("A certificate needs the day on which it was issued."))
        return {}
    return {"issued_on": issued_on.isoformat()}


def _question(node: Node) -> dict[str, Any]:
    notes = node.member("notes")
    said = dict(part.split("=", 1) for part in notes.line(300).split("; ") if "=" in part)
    asked, answered = node.at("period", "startDate").day(), node.at("period", "endDate").day()
    due = Node(said.get("due"), notes.pointer, node.faults).day()
    kind = Node(said.get("kind"), notes.pointer, node.faults).choice(QuestionKind.values)
    answer = node.member("measure").prose(LONGEST_ANSWER)
    if (
        asked is None
        or due is None
        or not kind
        or not PROOF.fullmatch(said.get("proof", ""))
        or bool(answer) != bool(answered)
    ):
        node.fault(
            "required", _("A question needs its kind, its days and its proof, an answer the day on which it was given.")
        )
        return {}
    facts = {"kind": kind, "asked": asked.isoformat(), "due": due.isoformat(), "proof": said["proof"]}
    return facts | ({"answered": answered.isoformat(), "answer": answer} if answered else {})
