"""Evidence that another record holds, as a package told it (decision 41); pure.

Shape: ``{part: {key: {"public": facts}}}``, part and facts as the public reads them of our own (`public.PUBLIC_ELSEWHERE`);
inspections of a bureau that publishes none stand under ``held`` in place of ``public``. Beside them, where stages that the
package does not tell weigh in the progress: ``progress: {"said", "stages"}``, the package's figure and that of its stages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Elsewhere = dict[str, Any]
EVIDENCE = ("photos", "inspections", "certificates", "questions")


def told(facts: Mapping[str, Mapping[str, Any]], *, inspections: bool) -> Elsewhere:
    """What a package tells, by part and key, as it is kept. ``inspections``: whether the bureau publishes them."""
    kept = {
        part: {key: {"public": dict(one)} for key, one in facts[part].items()} for part in EVIDENCE if facts.get(part)
    }
    return republished(kept, inspections=inspections)


def republished(elsewhere: Elsewhere, *, inspections: bool) -> Elsewhere:
    """With the inspections shown or held back."""
    if "inspections" not in elsewhere:
        return elsewhere
    name = "public" if inspections else "held"
    rows = {key: {name: facts} for key, row in elsewhere["inspections"].items() for facts in row.values()}
    return elsewhere | {"inspections": rows}


def shown(elsewhere: Mapping[str, Any], part: str) -> dict[str, dict[str, Any]]:
    """The public facts of a part by key."""
    return {key: row["public"] for key, row in elsewhere.get(part, {}).items() if "public" in row}


def highest(elsewhere: Mapping[str, Any], part: str) -> int:
    """The highest number of a numbered part: the record's own go on after it."""
    return max((int(number) for number in elsewhere.get(part, {})), default=0)


def serials(every: Iterable[Mapping[str, Any]], prefix: str) -> list[int]:
    """The numbers behind the prefix of the certificates that are told."""
    tails = [n.removeprefix(prefix) for one in every for n in one.get("certificates", {}) if n.startswith(prefix)]
    return [int(tail) for tail in tails if tail.isascii() and tail.isdigit()]


def progress_of(elsewhere: Mapping[str, Any], stages: int) -> int:
    """The progress, where that of the stages known here is ``stages``: the package's figure as long as they stand as it told."""
    figure = elsewhere.get("progress")
    return int(figure["said"]) if figure and figure["stages"] == stages else stages
