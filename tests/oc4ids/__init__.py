"""The judge of OC4IDS packages, offline: the standard's own JSON schema (0.9, beside this file, Apache licence), and what that
does not see: additional fields, references to parties that are not there, empty and repeated things, dates in the wrong order."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import rfc3339_validator  # noqa: F401 - without it the format checker passes every date-time
from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry, Resource

HERE = Path(__file__).parent
PREFIX = re.compile(r"oc4ids-[a-z0-9]{6}-.")


@cache
def project_schema() -> dict[str, Any]:
    return json.loads((HERE / "project-schema.json").read_text())


@cache
def judge() -> Draft4Validator:
    envelope = json.loads((HERE / "project-package-schema.json").read_text())
    remote = envelope["properties"]["projects"]["items"]["$ref"]
    registry = Registry().with_resource(remote, Resource.from_contents(project_schema()))
    return Draft4Validator(envelope, registry=registry, format_checker=FormatChecker())


def faults(package: dict[str, Any]) -> list[str]:
    """Everything wrong with a package; [] for a valid one."""
    found = [f"/{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in judge().iter_errors(package)]
    ids = [project["id"] for project in package["projects"]]
    found += [f"{key} twice" for key in {key for key in ids if ids.count(key) > 1}]
    found += [f"{key}: no prefix" for key in ids if not PREFIX.match(key)]
    for number, project in enumerate(package["projects"]):
        found += _additional(project, project_schema(), f"/projects/{number}")
        found += _sense(project, f"/projects/{number}")
        known = {party["id"] for party in project["parties"]}
        found += [f"/projects/{number}: no party {key}" for key in _references(project) - known]
    return found


def _references(project: dict[str, Any]) -> set[str]:
    found = {project["publicAuthority"]["id"]}
    for process in project.get("contractingProcesses", []):
        found |= {supplier["id"] for supplier in process["summary"].get("suppliers", [])}
    for group in project["budget"].get("budgetBreakdowns", []) if "budget" in project else []:
        found |= {line["sourceParty"]["id"] for line in group["budgetBreakdown"] if "sourceParty" in line}
    return found


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return project_schema()["definitions"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _additional(value: Any, schema: dict[str, Any], path: str) -> list[str]:
    schema = _resolved(schema)
    found = []
    if isinstance(value, dict):
        for name, member in value.items():
            known = schema.get("properties", {}).get(name)
            found += [f"{path}/{name}: additional"] if known is None else _additional(member, known, f"{path}/{name}")
    elif isinstance(value, list):
        for number, member in enumerate(value):
            found += _additional(member, schema.get("items", {}), f"{path}/{number}")
    return found


def _sense(value: Any, path: str) -> list[str]:
    found = []
    if value in ("", [], {}, None) or (isinstance(value, str) and not value.strip()):
        found.append(f"{path}: empty")
    if isinstance(value, dict):
        if "amount" in value and not isinstance(value["amount"], dict) and "currency" not in value:
            found.append(f"{path}: no currency")
        if value.get("startDate", "") > value.get("endDate", "9"):
            found.append(f"{path}: ends before it starts")
        if value.get("type") == "Point":
            lon, lat = value["coordinates"]
            found += [] if -180 <= lon <= 180 and -90 <= lat <= 90 else [f"{path}: {lon}, {lat}"]
        for name, member in value.items():
            found += _sense(member, f"{path}/{name}")
    elif isinstance(value, list):
        ids = [member["id"] for member in value if isinstance(member, dict) and "id" in member]
        if path.rpartition("/")[2] not in ("additionalClassifications", "identifiers"):
            found += [f"{path}: an id twice"] * (len(ids) != len(set(ids)))
        for number, member in enumerate(value):
            found += _sense(member, f"{path}/{number}")
    return found
