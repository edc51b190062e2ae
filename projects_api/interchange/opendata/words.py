"""What the models do not say: the words of columns that are made from several, and explanations for the dictionary."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

# By the name of the column, or by "table.column" where it means something else there.
ABOUT = {
    "code": _("Names the row for ever; the address of the page ends with it."),
    "bureau": _("Code of the education bureau that answers for it: the table of bureaus."),
    "region": _("Official code of the division (GB/T 2260 and its townships): the table of divisions."),
    "school": _("Code of the school that it belongs to, once there is one: the table of schools."),
    "plan": _("The bureau’s plan for a year that it is part of."),
    "plan_target": _("What the plan promises for the year."),
    "status": _("Follows from the stages that were reported and accepted."),
    "places": _("For how many children there will be room."),
    "total_investment": _("As approved; in the currency of the column beside it."),
    "progress": _("Percent of the whole work, by the weights of the stages."),
    "site": _("WGS 84 (EPSG:4326)."),
    "footprint": _("Outline of the site: a GeoJSON polygon in WGS 84."),
    "site_crs": _("Coordinates are converted to WGS 84; this is what they were before."),
    "location_precision": _("A point that is not surveyed may lie beside the site."),
    "illustrative": _("Made up for demonstration: not a real record."),
    "source": _("The table that it was imported from."),
    "template": _("The list of stages that it follows: bureau or standard, kind, version."),
    "next_milestone": _("Key of the stage that comes next: the table of stages."),
    "physical_progress": _("What the newest accepted report says of the site."),
    "project": _("Code of the project: the table of projects."),
    "milestones.key": _("Names the stage within its project; the standard ones are in the list of codes."),
    "milestones.planned": _("As planned now; what was promised first is in the table of baselines."),
    "milestones.forecast": _("As the site expects it, where that was said."),
    "milestones.actual": _("The day on which it was reached."),
    "milestones.weight": _("Its share in the progress of the whole."),
    "milestones.percent": _("How far the stage is, as reported."),
    "milestones.after": _(
        "What it waits for, as JSON: key of the stage, finish-to-start (FS) or start-to-start (SS), working days between."
    ),
    "milestones.limit": _("By law within so many days or months after another stage, as JSON."),
    "baselines.number": _("1 is the first promise; the highest number is the one that holds now."),
    "baselines.finish": _("The day on which it was to be ready."),
    "baselines.stages": _("Start, finish and weight of every stage as promised, as JSON."),
    "amount": _("In the currency of the bureau."),
    "spending.kind": _("Value of work done and money paid are two figures: never add them."),
    "inspections.kind": _("Only inspections that were passed, where the bureau publishes them."),
    "photos.id": _("The picture is at /api/v1/projects/{project}/photos/{id}/public/."),
    "questions.proof": _("SHA-256 of the salt, a line break and the text that the page shows."),
    "box": _("The box around the outline, in degrees."),
    "boundaries.outline": _(
        "boundary: as its source has it. cell: what lies nearest to its point within the county, an approximation and "
        "no boundary. Empty: none is known."
    ),
    "boundaries.source": _("Where the boundary is from; of a cell, where its point is from."),
    "elsewhere.key": _("Its number there; of a photo its identifier."),
    "elsewhere.source": _("What the project was imported from: told there, not checked here."),
    "elsewhere.url": _("Of a photo: where the record that holds it shows it."),
    "elsewhere.kind": _("Of an inspection and of a question."),
    "light": _("On the day of the file, by the bureau’s own rules."),
    "slip_days": _("Calendar days from the promised finish to the expected one; below zero: early."),
}

TITLES = {
    "part": _("kind of evidence"),
    "key": _("identifier"),
    "kind": _("kind"),
    "result": _("result"),
    "held_on": _("held on"),
    "issued_on": _("issued on"),
    "caption": _("caption"),
    "milestone": _("stage"),
    "answer": _("answer"),
    "outline": _("kind of outline"),
    "west": _("west"),
    "south": _("south"),
    "east": _("east"),
    "north": _("north"),
    "currency": _("currency"),
    "lon": _("longitude"),
    "lat": _("latitude"),
    "light": _("light"),
    "late": _("a stage is behind its promised day"),
    "critical": _("the finish is behind the promise"),
    "stale": _("no report for longer than the bureau allows"),
    "misses_term": _("will not be ready when the school needs it"),
    "baseline_finish": _("promised finish"),
    "forecast_finish": _("expected finish"),
    "slip_days": _("days behind the promise"),
    "region_name_zh": _("name of the division (Chinese)"),
    "region_name_en": _("name of the division (English)"),
    "school_name_zh": _("name of the school (Chinese)"),
    "school_name_en": _("name of the school (English)"),
    "updated": _("last changed"),
    "url": _("page"),
    "elsewhere.url": _("address"),
    "plan": _("plan"),
    "parent": _("part of"),
    "asked": _("asked"),
    "due": _("to be answered by"),
    "answered": _("answered"),
    "proof": _("proof of the words"),
    "id": _("identifier"),
    "taken": _("day it was taken"),
    "list": _("list of codes"),
    "title_zh": _("title (Chinese)"),
    "title_en": _("title (English)"),
}


def about(table: str, column: str) -> object:
    return ABOUT.get(f"{table}.{column}") or ABOUT.get(column, "")
