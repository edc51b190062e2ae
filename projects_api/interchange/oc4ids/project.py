"""One project as OC4IDS, from the public part of its document; pure but for the words of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_noop as _

from projects_api.choices import (
    Kind,
    LocationPrecision,
    PlanTarget,
    SchoolStage,
    Status,
)
from projects_api.interchange.oc4ids import evidence, money, stages, terms
from projects_api.interchange.oc4ids.values import Json, filled, number, organization_id, period, start_of
from projects_api.interchange.oc4ids.words import label, said


@dataclass(frozen=True, slots=True)
class About:
    """What a record says beside the document: names of what the document has codes of, and where readers find it.

    ``updated``: RFC 3339. ``site_url``: the address of the product, without a slash at the end.
    """

    prefix: str
    site_url: str
    zone: str
    updated: str
    bureau_name: str
    region_name: str
    school_name: str
    school_stage: str
    plan_title: str


def language_of(document: Json) -> str:
    """A project speaks Chinese where it has a Chinese title."""
    return "zh" if document["title_zh"] else "en"


def mapped(document: Json, about: About) -> Json:
    """The project as an OC4IDS 0.9 project. ``document`` is a `public.public_document`."""
    language, zone = language_of(document), about.zone
    known = stages.in_order(document)
    return filled(
        id=f"{about.prefix}-{document['code']}",
        updated=about.updated,
        language=language,
        identifiers=identifiers(document),
        publicAuthority={"id": authority_id(document), "name": about.bureau_name},
        title=document["title_zh"] or document["title_en"],
        description=document["description"],
        status=terms.STATUSES[document["status"]],
        type=terms.TYPES.get(document["kind"]),
        sector=["education", "communications"] if document["kind"] == "informatization" else ["education"],
        purpose=label(SchoolStage, document["stage"], language) if document["stage"] else None,
        additionalClassifications=classifications(document, about, language),
        locations=locations(document, about, language),
        parties=parties(document, about, language),
        budget=money.budget(document, language, zone),
        costMeasurements=money.estimates(document, language, zone),
        transactions=money.transactions(document, zone),
        **stages.planned_periods(document, known, zone),
        **closing(document, known, language, zone),
        forecasts=list(
            filter(
                None,
                [
                    stages.stage_plan(known, language) if known else None,
                    stages.current_forecast(known, language, zone),
                    *stages.baselines(document, language, zone),
                    *sizes(document, language),
                    needed_by(document, language, zone),
                ],
            )
        ),
        metrics=list(
            filter(
                None,
                [
                    progress(document, language, zone),
                    stages.stage_progress(known, language, zone),
                    stages.delays(known, language),
                    standstill(document, language, zone),
                    *money.spending(document, language, zone),
                    evidence.questions(document, language, zone),
                ],
            )
        ),
        milestones=stages.milestones(known, language, zone),
        documents=[*pages(document, about), *evidence.documents(document, about.site_url, language, zone)],
        contractingProcesses=contracting(document, zone),
        benefits=benefits(document, language),
    )


# --- what it is ---


def authority_id(document: Json) -> str:
    return f"{terms.BUREAU}-{document['bureau']}"


def identifiers(document: Json) -> list[Json]:
    found = [{"scheme": terms.CODE, "id": document["code"]}]
    if document["source"]:
        found.append({"scheme": terms.SOURCE, "id": document["source"]})
    return found


def classifications(document: Json, about: About, language: str) -> list[Json]:
    chosen: tuple[tuple[str, str, type[TextChoices]], ...] = (
        (terms.KIND, "kind", Kind),
        (terms.STAGE, "stage", SchoolStage),
        (terms.STATUS, "status", Status),
        (terms.PLAN_TARGET, "plan_target", PlanTarget),
        (terms.PRECISION, "location_precision", LocationPrecision),
    )
    found = [
        {"scheme": scheme, "id": document[name], "description": label(choices, document[name], language)}
        for scheme, name, choices in chosen
        if document[name]
    ]
    for scheme, name, words in (
        (terms.SCHOOL, "school", about.school_name),
        (terms.PLAN, "plan", about.plan_title),
        (terms.TEMPLATE, "template", ""),
        (terms.SITE_CRS, "site_crs", ""),
        (terms.SITE_ACCURACY, "site_accuracy", f"± {document.get('site_accuracy')} m"),
        (terms.FOOTPRINT_CRS, "footprint_crs", ""),
    ):
        if document.get(name):
            found.append(filled(scheme=scheme, id=str(document[name]), description=words))
    if document["school"] and about.school_stage != document["stage"]:
        words = label(SchoolStage, about.school_stage, language)
        found.append({"scheme": terms.SCHOOL_STAGE, "id": about.school_stage, "description": words})
    if document["illustrative"]:
        words = said(_("Demonstration data, not a real record"), language)
        found.append({"scheme": terms.ILLUSTRATIVE, "id": "true", "description": words})
    return found


def locations(document: Json, about: About, language: str) -> list[Json]:
    """The site, with the division's official code and the address, whether its point is known or not; the footprint."""
    precision = document["location_precision"]
    scheme = terms.GB_T_2260 if document["region"].isdigit() else terms.REGION
    found = [
        filled(
            id="site",
            description=label(LocationPrecision, precision, language) if precision else None,
            geometry=document["site"],
            gazetteer={"scheme": scheme, "identifiers": [document["region"]]},
            address=filled(streetAddress=document["address"], region=about.region_name),
        )
    ]
    if document["footprint"]:
        found.append({"id": "footprint", "geometry": document["footprint"]})
    return found


# --- who ---


def parties(document: Json, about: About, language: str) -> list[Json]:
    """The bureau with the leader who answers for the project; the unit that runs it; who builds and who supervises."""
    leader = []
    if document["responsible_leader"]:
        job = said(_("Responsible leader"), language)
        leader.append({"id": "responsible-leader", "name": document["responsible_leader"], "jobTitle": job})
    found: dict[str, Json] = {
        authority_id(document): filled(
            id=authority_id(document),
            name=about.bureau_name,
            identifier={"scheme": terms.BUREAU, "id": document["bureau"], "legalName": about.bureau_name},
            roles=["publicAuthority"],
            people=leader,
        )
    }
    for name, role in (
        (document["responsible_unit"], "administrativeEntity"),
        (document["contractor"], "supplier"),
        (document["supervising_firm"], "supplier"),
    ):
        if name:
            key = organization_id(name)
            roles = found.setdefault(key, {"id": key, "name": name, "roles": []})["roles"]
            if role not in roles:
                roles.append(role)
    return [*found.values(), *money.funders(document, language)]


def contracting(document: Json, zone: str) -> list[Json]:
    """The works, with every new baseline as a modification; the supervision. Only where there is something to say."""
    changed = stages.modifications(document, zone)
    contractor, firm = document["contractor"], document["supervising_firm"]
    found = []
    if contractor or changed:
        summary = filled(nature=["construction"], suppliers=suppliers(contractor), modifications=changed)
        found.append({"id": f"{document['code']}-works", "summary": summary})
    if firm:
        found.append(
            {
                "id": f"{document['code']}-supervision",
                "summary": {"nature": ["supervision"], "suppliers": suppliers(firm)},
            }
        )
    return found


def suppliers(name: str) -> list[Json]:
    return [{"id": organization_id(name), "name": name}] if name else []


# --- how large, how far, until when ---


def sizes(document: Json, language: str) -> list[Json]:
    names = {
        "places": _("Places for children"), "classes": _("Classes"), "floor_area": _("Floor area"), "land_area": _("Land area"),
    }  # fmt: skip
    found = []
    for name in terms.SIZES:
        if document[name] is not None:
            key = terms.SIZE_IDS[name]
            seen = {"id": key, "measure": number(str(document[name])), "unit": terms.UNITS[name]}
            found.append({"id": key, "title": said(names[name], language), "observations": [seen]})
    return found


def needed_by(document: Json, language: str, zone: str) -> Json | None:
    day = document.get("needed_by")
    if not day:
        return None
    seen = {"id": terms.NEEDED_BY, "period": period(None, day, zone)}
    return {"id": terms.NEEDED_BY, "title": said(_("Needed by"), language), "observations": [seen]}


def progress(document: Json, language: str, zone: str) -> Json:
    """Percent of the whole; the sentence of the newest accepted report (形象进度) with the day it speaks of."""
    seen: list[Json] = [{"id": "overall", "measure": document["progress"], "unit": terms.PERCENT}]
    if document.get("physical_progress"):
        day = document.get("physical_progress_on")
        seen.append(filled(id="statement", period=period(None, day, zone), measure=document["physical_progress"]))
    return {"id": terms.PROGRESS, "title": said(_("Physical progress"), language), "observations": seen}


def standstill(document: Json, language: str, zone: str) -> Json | None:
    """Why and since when it is suspended or cancelled; the standard has a status and no word for its reason."""
    since = document.get("status_since")
    seen = filled(
        id="status",
        period=period(since, None, zone) if since else None,
        measure=document.get("status_reason"),
        notes=document.get("status_note"),
    )
    if len(seen) == 1:
        return None
    return {"id": terms.STANDSTILL, "title": said(_("Why it stands still"), language), "observations": [seen]}


def closing(document: Json, known: stages.Stages, language: str, zone: str) -> Json:
    """`completion` of what is accepted, with why it came late; `assetLifetime` begins with the handover."""
    met = {key: facts["actual"] for key, facts in known if facts["state"] == "met" and facts["actual"]}
    accepted = next((met[key] for key in terms.COMPLETION if key in met), None)
    found: Json = {}
    if accepted and document["status"] in ("accepted", "in_use"):
        found["completion"] = filled(
            endDate=start_of(accepted, zone),
            endDateDetails=stages.told_delays(known, language),
            finalValue=money.final_value(document),
        )
    if "handover" in met and document["status"] == "in_use":
        found["assetLifetime"] = {"startDate": start_of(met["handover"], zone)}
    return found


def benefits(document: Json, language: str) -> list[Json]:
    if not document["places"]:
        return []
    title = said(_("Places for children"), language)
    return [{"title": title, "beneficiaries": [{"description": title, "numberOfPeople": document["places"]}]}]


def pages(document: Json, about: About) -> list[Json]:
    """The project's page, once for each language it has a title in: the standard has no second title."""
    return [
        {
            "id": f"page-{code}",
            "documentType": "physicalProgressReport",
            "title": title,
            "url": f"{about.site_url}/projects/{document['code']}/",
            "format": "text/html",
            "language": code,
        }
        for code, title in (("zh", document["title_zh"]), ("en", document["title_en"]))
        if title
    ]
