"""Photos, passed inspections and certificates as documents, what the public asked as a metric: our own, and those that another
record holds (`elsewhere`), which go out as they came; pure.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from projects_api import elsewhere
from projects_api.choices import InspectionKind, InspectionResult
from projects_api.interchange.oc4ids import terms
from projects_api.interchange.oc4ids.values import Json, filled, period, start_of
from projects_api.interchange.oc4ids.words import label, said


def published(document: Json, part: str) -> list[tuple[str, Json]]:
    """The public facts of a part by key, in order; of a key that is here and elsewhere ours."""
    own = {key: facts.get("public", facts) for key, facts in document.get(part, {}).items()}
    found = elsewhere.shown(document.get("elsewhere", {}), part) | own
    return sorted(found.items(), key=lambda item: (len(item[0]), item[0]) if item[0].isdigit() else (0, item[0]))


def documents(document: Json, site_url: str, language: str, zone: str) -> list[Json]:
    """What the standard has no field for stands in ``description``: a photo's day and stage, codes like ``kind=quality``."""
    found = [
        filled(
            id=f"{terms.PHOTO}{key}",
            documentType=terms.EVIDENCE[terms.PHOTO],
            title=shown["caption"],
            description=" ".join(filter(None, (shown["taken"], shown["milestone"]))),
            url=shown.get("url") or f"{site_url}/api/v1/projects/{document['code']}/photos/{key}/public/",
            format="image/jpeg",
        )
        for key, shown in published(document, "photos")
    ]
    for key, facts in published(document, "inspections"):
        words = [label(InspectionResult, facts["result"], language) if facts["result"] else ""]
        words += [f"{name}={facts[name]}" for name in ("kind", "result") if facts[name]]
        found.append(
            filled(
                id=f"{terms.INSPECTION}{key}",
                documentType=terms.EVIDENCE[terms.INSPECTION],
                title=label(InspectionKind, facts["kind"], language),
                description="; ".join(filter(None, words)),
                datePublished=facts["held_on"] and start_of(facts["held_on"], zone),
            )
        )
    for key, facts in published(document, "certificates"):
        found.append(
            filled(
                id=f"{terms.CERTIFICATE}{key}",
                documentType=terms.EVIDENCE[terms.CERTIFICATE],
                title=key,
                datePublished=start_of(facts["issued_on"], zone) if facts.get("issued_on") else None,
            )
        )
    return found


def questions(document: Json, language: str, zone: str) -> Json | None:
    """Asked on the first day of the period, answered on the last, in the bureau's words; the rest in ``notes``."""
    seen = []
    for number, facts in published(document, "questions"):
        notes = "; ".join(f"{name}={facts[name]}" for name in ("kind", "due", "proof") if facts.get(name))
        days = period(facts.get("asked"), facts.get("answered"), zone)
        seen.append(filled(id=number, period=days, measure=facts.get("answer"), notes=notes))
    if not seen:
        return None
    return {"id": terms.QUESTIONS, "title": said(_("Questions of the public"), language), "observations": seen}
