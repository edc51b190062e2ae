"""The words of OC4IDS 0.9 and ours beside them: data only, used by the writing and by the reading.

What the standard has no field for stands in `additionalClassifications` under a scheme of ours, or as a metric: a package holds
no additional fields.
"""

from __future__ import annotations

VERSION = "0.9"

# Schemes of ours. A reader that does not know them sees a classification with a description in words.
OURS = "schoolworks"
CODE = OURS
SOURCE = f"{OURS}-source"
BUREAU = f"{OURS}-bureau"
REGION = f"{OURS}-region"
GB_T_2260 = "CN-GB-T-2260"  # the official codes of Chinese divisions
KIND = f"{OURS}-kind"
STAGE = f"{OURS}-stage"
STATUS = f"{OURS}-status"
SCHOOL = f"{OURS}-school"
SCHOOL_STAGE = f"{OURS}-school-stage"  # where it is not the project's own
PLAN = f"{OURS}-plan"
PLAN_TARGET = f"{OURS}-plan-target"
TEMPLATE = f"{OURS}-template"
PRECISION = f"{OURS}-location-precision"
SITE_CRS = f"{OURS}-site-crs"
SITE_ACCURACY = f"{OURS}-site-accuracy"  # metres
FOOTPRINT_CRS = f"{OURS}-footprint-crs"
ILLUSTRATIVE = f"{OURS}-illustrative"
FUND = f"{OURS}-fund"
ESTIMATE = f"{OURS}-estimate"
ILLUSTRATIVE_NOTE = "illustrative=yes"
TITLE_OTHER = "title=other"  # a stage has a name in the other language only
TITLE_STANDARD = "title=standard"  # … or none of its own

# `interface.md`; the way back is for packages that are not ours and say no more than the standard.
STATUSES = {
    "proposed": "identification",
    "approved": "preparation",
    "tendering": "preparation",
    "under_construction": "implementation",
    "suspended": "implementation",
    "accepted": "completion",
    "in_use": "completion",
    "cancelled": "cancelled",
}
STATUSES_BACK = {
    "identification": "proposed",
    "preparation": "approved",
    "implementation": "under_construction",
    "completion": "accepted",
    "maintenance": "in_use",
    "cancelled": "cancelled",
}
TYPES = {
    "new_build": "construction",
    "expansion": "expansion",
    "rural_upgrade": "rehabilitation",
    "renovation": "rehabilitation",
}
KINDS_BACK = {
    "construction": "new_build",
    "expansion": "expansion",
    "rehabilitation": "renovation",
    "replacement": "renovation",
}

# The standard knows no stage that is being worked on: `partiallyMet` is the nearest. The exact state is in `stageProgress`.
MILESTONE_STATUSES = {
    "scheduled": "scheduled",
    "in_progress": "partiallyMet",
    "reported": "partiallyMet",
    "met": "met",
    "not_met": "notMet",
}
STATES_BACK = {"scheduled": "scheduled", "partiallyMet": "in_progress", "met": "met", "notMet": "not_met"}
MILESTONE_CODES = {
    "project_approval": "projectApproval",
    "plan_approval": "projectApproval",
    "commencement": "commencement",
    "special_acceptance": "commissioning",
    "completion_acceptance": "completion",
    "acceptance": "completion",
}
_TYPES_OF = {
    "preProcurement": (
        "land_preexamination", "preliminary_design", "drawing_review", "fiscal_review", "needs_survey", "design_review",
        "scope", "design",
    ),
    "approval": (
        "project_approval", "feasibility_approval", "planning_permit", "construction_permit", "plan_approval",
        "completion_filing",
    ),
    "procurement": ("tendering", "procurement"),
    "financing": ("funds_released",),
    "payment": ("payment",),
    "assessment": (
        "special_acceptance", "completion_acceptance", "acceptance", "settlement_audit", "final_accounts", "audit",
    ),
}  # fmt: skip
MILESTONE_TYPES = {key: kind for kind, keys in _TYPES_OF.items() for key in keys}  # all others: delivery

# Which of the standard's four periods a stage belongs to; tendering is preparation, as in the status.
_PHASES = {
    "identificationPeriod": (
        "project_approval", "land_preexamination", "feasibility_approval", "needs_survey", "plan_approval", "scope",
    ),
    "preparationPeriod": (
        "preliminary_design", "planning_permit", "drawing_review", "fiscal_review", "tendering", "construction_permit",
        "funds_released", "design_review", "procurement", "design",
    ),
    "implementationPeriod": (
        "commencement", "foundations", "topping_out", "infill", "finishes", "external_works", "works", "construction",
    ),
    "completionPeriod": (
        "special_acceptance", "completion_acceptance", "completion_filing", "handover", "settlement_audit",
        "final_accounts", "acceptance", "audit", "payment",
    ),
}  # fmt: skip
PHASES = {key: period for period, keys in _PHASES.items() for key in keys}
COMPLETION = ("completion_acceptance", "acceptance")

# Metrics. `physicalProgress` and `financialProgress` are the standard's, the others are ours.
PROGRESS = "physicalProgress"
STAGE_PROGRESS = "stageProgress"
DELAYS = "delayReasons"
STANDSTILL = "standstill"
STAGE_PLAN = "stagePlan"
FORECAST = "currentForecast"
NEEDED_BY = "neededBy"
QUESTIONS = "publicQuestions"
BASELINE = "baseline-"
SIZES = ("places", "classes", "floor_area", "land_area")
SIZE_IDS = {"places": "places", "classes": "classes", "floor_area": "floorArea", "land_area": "landArea"}

SPENDING = {"money_paid": "financialProgress", "work_done": "valueOfWorkDone"}

PERCENT = {"name": "percent", "scheme": "UNCEFACT", "id": "P1"}
SQUARE_METRES = {"name": "m²", "scheme": "UNCEFACT", "id": "MTK"}
WEIGHT = {"name": "weight"}
UNITS = {
    "places": {"name": "places"},
    "classes": {"name": "classes"},
    "floor_area": SQUARE_METRES,
    "land_area": SQUARE_METRES,
}

# Evidence among the documents: how its id begins, and its type.
PHOTO, INSPECTION, CERTIFICATE = "photo-", "inspection-", "certificate-"
EVIDENCE = {PHOTO: "illustration", INSPECTION: "qualityAssuranceReport", CERTIFICATE: "completionCertificate"}
