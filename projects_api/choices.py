"""Vocabularies: the codes of the interface with their words, data only.

Codes are those of OC4IDS where the standard has one, else our own (``docs/data-model.md``). The words are translated by
gettext; the codes never change.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(TextChoices):
    NEW_BUILD = "new_build", _("New build")
    EXPANSION = "expansion", _("Expansion")
    RURAL_UPGRADE = "rural_upgrade", _("Rural upgrade")
    RENOVATION = "renovation", _("Renovation")
    INFORMATIZATION = "informatization", _("Informatization")


class SchoolStage(TextChoices):
    KINDERGARTEN = "kindergarten", _("Kindergarten")
    PRIMARY = "primary", _("Primary school")
    JUNIOR_HIGH = "junior_high", _("Junior high school")
    NINE_YEAR = "nine_year", _("Nine-year school")
    SENIOR_HIGH = "senior_high", _("Senior high school")
    VOCATIONAL = "vocational", _("Vocational school")
    SPECIAL = "special", _("Special education school")


class Status(TextChoices):
    PROPOSED = "proposed", _("Proposed")
    APPROVED = "approved", _("Approved")
    TENDERING = "tendering", _("Tendering")
    UNDER_CONSTRUCTION = "under_construction", _("Under construction")
    SUSPENDED = "suspended", _("Suspended")
    ACCEPTED = "accepted", _("Accepted")
    IN_USE = "in_use", _("In use")
    CANCELLED = "cancelled", _("Cancelled")


# Nothing can be expected of what is halted or given up: its status says more than a date.
STANDS_STILL = frozenset({Status.SUSPENDED, Status.CANCELLED})


class LocationPrecision(TextChoices):
    SURVEYED = "surveyed", _("Surveyed")
    DEVICE = "device", _("Measured on site by a device")
    MAP_PIN = "map_pin", _("Pin set on a map")
    ADDRESS = "address", _("From the address")
    TOWNSHIP_POINT = "township_point", _("Only the township is known")
    ILLUSTRATIVE = "illustrative", _("Illustrative, not the real place")


APPROXIMATE = frozenset({LocationPrecision.ADDRESS, LocationPrecision.TOWNSHIP_POINT, LocationPrecision.ILLUSTRATIVE})


class PlanTarget(TextChoices):
    COMPLETE = "complete", _("To be completed")
    START = "start", _("To be started")
    UPGRADE = "upgrade", _("To be upgraded")


class MilestoneState(TextChoices):
    SCHEDULED = "scheduled", _("Scheduled")
    IN_PROGRESS = "in_progress", _("In progress")
    REPORTED = "reported", _("Reported, not yet accepted")
    MET = "met", _("Met")
    NOT_MET = "not_met", _("Not met")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")


class DelayReason(TextChoices):
    WEATHER = "weather", _("Weather")
    LAND = "land", _("Land")
    DESIGN_CHANGE = "design_change", _("Design change")
    FUNDS = "funds", _("Funds")
    CONTRACTOR = "contractor", _("Contractor")
    APPROVAL = "approval", _("Approval")
    FORCE_MAJEURE = "force_majeure", _("Force majeure")
    OTHER = "other", _("Other")


class StatusReason(TextChoices):
    """Why a project stands still: suspended or cancelled. The codes of `DelayReason` mean the same here."""

    SCHOOL_CLOSED = "school_closed", _("School merged or closed")
    FEWER_CHILDREN = "fewer_children", _("Fewer children than expected")
    PLAN_CHANGED = "plan_changed", _("Plan changed")
    SAFETY = "safety", _("Safety or quality")
    WEATHER = "weather", _("Weather")
    LAND = "land", _("Land")
    DESIGN_CHANGE = "design_change", _("Design change")
    FUNDS = "funds", _("Funds")
    CONTRACTOR = "contractor", _("Contractor")
    APPROVAL = "approval", _("Approval")
    FORCE_MAJEURE = "force_majeure", _("Force majeure")
    OTHER = "other", _("Other")


class ReportState(TextChoices):
    SUBMITTED = "submitted", _("Waiting for review")
    ACCEPTED = "accepted", pgettext_lazy("report", "Accepted")  # 通过, not 验收 as of a project
    RETURNED = "returned", _("Returned")


class EntryOutcome(TextChoices):
    """What became of one stage's part of a report."""

    APPLIED = "applied", _("Entered in the record")
    UNCHANGED = "unchanged", _("Said nothing new")
    OVERTAKEN = "overtaken", _("A later report says more")
    CONFLICT = "conflict", _("Somebody else changed this meanwhile")
    SETTLED = "settled", _("Settled by a later report")
    TAKEN_BACK = "taken_back", _("Taken back when the report was returned")


class PhotoState(TextChoices):
    ANNOUNCED = "announced", _("Announced, not here yet")
    PREVIEW = "preview", _("Only a small picture is here")
    COMPLETE = "complete", _("Complete and checked")
    REFUSED = "refused", _("Not taken")


class PhotoRefusal(TextChoices):
    """Why a file that arrived whole is not taken as a photo."""

    NOT_A_PICTURE = "not_a_picture", _("This is not a picture in JPEG, PNG, WebP or HEIC.")
    OTHER_FORMAT = "other_format", _("The picture is of another format than announced.")
    DAMAGED = "damaged", _("The picture is damaged or cut off.")
    TOO_MANY_PIXELS = "too_many_pixels", _("The picture has more than 50 million pixels.")


class PhotoPlace(TextChoices):
    """Where a photo was taken, seen from the project's site."""

    INSIDE = "inside", _("On the site")
    NEAR = "near", _("Near the site")
    FAR = "far", _("Far from the site")
    UNKNOWN = "unknown", _("Place not known")


class PhotoTime(TextChoices):
    """When a photo was taken, seen from the report and from its arrival."""

    OK = "ok", _("Taken at the time")
    EARLY = "early", _("Taken long before the report")
    LATE = "late", _("Claims to be taken after it arrived")
    UNKNOWN = "unknown", _("Time not known")


class InspectionKind(TextChoices):
    QUALITY = "quality", _("Quality inspection")
    SAFETY = "safety", _("Safety inspection")
    PROGRESS = "progress", _("Progress inspection")
    SPECIAL_ACCEPTANCE = "special_acceptance", _("Special acceptance")
    COMPLETION_ACCEPTANCE = "completion_acceptance", _("Completion acceptance")


class InspectionResult(TextChoices):
    PASSED = "passed", _("Passed")
    PASSED_WITH_FINDINGS = "passed_with_findings", _("Passed with findings")
    FAILED = "failed", _("Failed")


class CheckResult(TextChoices):
    """Of one point of a checklist."""

    PASS = "pass", _("Complies")
    FAIL = "fail", _("Does not comply")
    NOT_APPLICABLE = "not_applicable", _("Does not apply")


class Severity(TextChoices):
    MINOR = "minor", _("Minor")
    MAJOR = "major", _("Major")
    SERIOUS = "serious", _("Serious")


class FindingState(TextChoices):
    """销号制: a finding leaves the list when somebody else than the one who mended it strikes it off."""

    OPEN = "open", _("To be mended")
    RECTIFIED = "rectified", _("Mended, to be inspected again")
    REOPENED = "reopened", _("To be mended again")
    STRUCK_OFF = "struck_off", _("Struck off")


class NotificationKind(TextChoices):
    """What somebody is told of, each kind switched on and off by itself."""

    REPORT_WAITING = "report_waiting", _("A report waits for review")
    REPORT_RETURNED = "report_returned", _("Your report was returned")
    REPORT_ACCEPTED = "report_accepted", _("Your report was accepted")
    FINDING = "finding", _("A finding is to be mended")
    FINDING_MENDED = "finding_mended", _("A finding waits for re-inspection")
    FINDING_DUE = "finding_due", _("A finding’s deadline comes near")
    FINDING_OVERDUE = "finding_overdue", _("A finding is overdue")
    CERTIFICATE = "certificate", _("A certificate was issued")
    DUE_SOON = "due_soon", _("A stage is due soon")
    OVERDUE = "overdue", _("A stage is overdue")
    STALE = "stale", _("Nobody reports on a site")
    ESCALATION = "escalation", _("Something has been waiting too long")
    QUESTION_WAITING = "question_waiting", _("The public asks")
    QUESTION_ASSIGNED = "question_assigned", _("A question of the public is yours to answer")
    QUESTION_OVERDUE = "question_overdue", _("A question of the public is overdue")


class QuestionKind(TextChoices):
    QUESTION = "question", _("A question")
    OBSERVATION = "observation", _("Something I have seen")


class QuestionState(TextChoices):
    """What became of what somebody of the public wrote."""

    WAITING = "waiting", _("Waits to be looked at")
    RELEASED = "released", _("Public, not yet answered")
    ANSWERED = "answered", _("Answered")
    REFUSED = "refused", _("Not published")
    SPAM = "spam", _("Unwanted")


class MailWhen(TextChoices):
    """How a notification goes out by e-mail."""

    OFF = "off", _("no e-mail")
    NOW = "now", _("at once")
    DIGEST = "digest", _("once a day, together")


class AlertWhen(TextChoices):
    """How often an e-mail alert goes out."""

    NOW = "now", _("at once")
    DAILY = "daily", _("once a day, together")
    WEEKLY = "weekly", _("once a week, on Mondays")


class Light(TextChoices):
    GREEN = "green", _("In order")
    YELLOW = "yellow", _("Behind")
    RED = "red", _("Far behind")
    NONE = "none", _("Not measured")


class Role(TextChoices):
    ENGINEER = "engineer", _("Engineer")
    SUPERVISOR = "supervisor", _("Supervisor")
    OFFICIAL = "official", _("Official")
    BUREAU_ADMIN = "bureau_admin", _("Bureau administrator")
    VIEWER = "viewer", _("Viewer")


class RegionLevel(TextChoices):
    PROVINCE = "province", _("Province")
    CITY = "city", _("City")
    COUNTY = "county", _("County")
    TOWNSHIP = "township", _("Township")


class RegionKind(TextChoices):
    """What a division calls itself; a township-level division is a subdistrict, a town or a township."""

    COUNTY = "county", _("County")
    SUBDISTRICT = "subdistrict", _("Subdistrict")
    TOWN = "town", _("Town")
    TOWNSHIP = "township", _("Township")
    DISTRICT = "district", _("District")


class SchoolEventKind(TextChoices):
    ESTABLISHMENT = "establishment", _("Establishment")
    ALTERATION = "alteration", _("Alteration")
    CANCELLATION = "cancellation", _("Cancellation")


class Decision(TextChoices):
    PENDING = "pending", _("Pending")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")


class EstimateKind(TextChoices):
    """The estimate chain 估算 → 概算 → 预算 → 结算 → 决算, in order."""

    INVESTMENT_ESTIMATE = "investment_estimate", _("Investment estimate")
    DESIGN_ESTIMATE = "design_estimate", _("Approved design estimate")
    CONSTRUCTION_BUDGET = "construction_budget", _("Construction budget")
    SETTLEMENT = "settlement", _("Settlement")
    FINAL_ACCOUNTS = "final_accounts", _("Final accounts")


class FundSource(TextChoices):
    CENTRAL_SPECIAL = "central_special", _("Central special fund")
    PROVINCIAL_SPECIAL = "provincial_special", _("Provincial special fund")
    CENTRAL_BUDGET = "central_budget", _("Central budget investment")
    SPECIAL_BOND = "special_bond", _("Special bond")
    COUNTY_BUDGET = "county_budget", _("County budget")
    DONATION = "donation", _("Donation")
    OTHER = "other", _("Other")


class SpendingKind(TextChoices):
    """形象投资额 and 实际投资额 are two figures and are never added to each other."""

    WORK_DONE = "work_done", _("Value of work done")
    MONEY_PAID = "money_paid", _("Money paid")


@dataclass(frozen=True)
class StageSpec:
    """A stage of the standard template: its key, both names, its weight in physical progress, and its schedule.

    ``days``: shortest, usual and longest duration in working days. ``after``: (key, "FS" or "SS", lag in working days).
    ``limit``: a statutory term in calendar time, counted from the end of another stage.
    """

    key: str
    name_zh: str
    name_en: str
    weight: int
    days: tuple[int, int, int]
    after: tuple[tuple[str, str, int], ...] = ()
    public: bool = True
    needs_acceptance: bool = False
    limit: dict[str, object] | None = None


def _after(*keys: str) -> tuple[tuple[str, str, int], ...]:
    return tuple((key, "FS", 0) for key in keys)


# `domain.md`, "Stages of a government-invested project, in order". Weights and durations are a default of ours: physical
# progress is carried by the building works, papers count little; a bureau's own template may say otherwise. The two terms
# are law: filing within 15 days of acceptance, start within 3 months of the permit.
BUILDING_STAGES = (
    StageSpec("project_approval", "立项批复", "Project approval", 2, (7, 15, 30)),
    StageSpec(
        "land_preexamination", "用地预审与选址", "Land pre-examination and site opinion", 2, (20, 30, 60),
        _after("project_approval"),
    ),
    StageSpec(
        "feasibility_approval", "可行性研究报告批复", "Feasibility study approval", 2, (20, 30, 45), _after("land_preexamination")
    ),
    StageSpec(
        "preliminary_design", "初步设计及概算批复", "Preliminary design and cost estimate approval", 2, (30, 45, 75),
        _after("feasibility_approval"),
    ),
    StageSpec("planning_permit", "建设工程规划许可", "Planning permit", 1, (10, 20, 30), _after("preliminary_design")),
    StageSpec("drawing_review", "施工图审查", "Drawing review", 1, (15, 20, 30), _after("preliminary_design")),
    StageSpec("fiscal_review", "财政评审", "Fiscal review", 1, (15, 20, 40), _after("drawing_review")),
    StageSpec("tendering", "招标投标", "Tendering", 2, (30, 35, 60), _after("fiscal_review")),
    StageSpec("construction_permit", "施工许可", "Construction permit", 1, (5, 10, 20), _after("planning_permit", "tendering")),
    StageSpec(
        "commencement", "开工", "Commencement", 1, (1, 5, 30), _after("construction_permit"),
        limit={"after": "construction_permit", "months": 3},
    ),
    StageSpec("foundations", "基础工程", "Foundations", 12, (30, 45, 75), _after("commencement")),
    StageSpec("topping_out", "主体封顶", "Topping-out", 28, (70, 100, 150), _after("foundations")),
    StageSpec("infill", "二次结构", "Infill masonry", 8, (30, 40, 60), _after("topping_out")),
    StageSpec("finishes", "装饰装修与安装", "Finishes and services", 18, (50, 75, 110), (("infill", "SS", 20),)),
    StageSpec("external_works", "室外工程", "External works", 8, (30, 45, 70), (("finishes", "SS", 30),)),
    StageSpec(
        "special_acceptance", "专项验收", "Special acceptances", 2, (10, 20, 40), _after("infill", "finishes", "external_works"),
        needs_acceptance=True,
    ),
    StageSpec(
        "completion_acceptance", "竣工验收", "Completion acceptance", 4, (5, 10, 20), _after("special_acceptance"),
        needs_acceptance=True,
    ),
    StageSpec(
        "completion_filing", "竣工备案", "Completion filing", 1, (1, 10, 15), _after("completion_acceptance"),
        limit={"after": "completion_acceptance", "days": 15},
    ),
    StageSpec("handover", "移交投用", "Handover, in use", 2, (5, 10, 30), _after("completion_acceptance")),
    StageSpec(
        "settlement_audit", "结算审计", "Settlement audit", 1, (60, 90, 180), _after("completion_acceptance"), public=False
    ),
    StageSpec("final_accounts", "竣工财务决算", "Final accounts", 1, (30, 60, 120), _after("settlement_audit"), public=False),
)  # fmt: skip

RURAL_STAGES = (
    StageSpec("needs_survey", "摸底与需求清单", "Needs survey", 4, (10, 20, 30)),
    StageSpec("plan_approval", "实施方案批复", "Plan approval", 4, (10, 15, 30), _after("needs_survey")),
    StageSpec("funds_released", "资金下达", "Funds released", 4, (15, 30, 60), _after("plan_approval")),
    StageSpec("design_review", "设计与预算评审", "Design and budget review", 6, (15, 20, 30), _after("plan_approval")),
    StageSpec("procurement", "采购招标", "Procurement", 6, (20, 25, 40), _after("funds_released", "design_review")),
    StageSpec("commencement", "开工", "Commencement", 2, (1, 3, 15), _after("procurement")),
    StageSpec("works", "暑期施工", "Works in the summer holiday", 54, (40, 50, 70), _after("commencement")),
    StageSpec("acceptance", "验收", "Acceptance", 10, (5, 10, 20), _after("works"), needs_acceptance=True),
    StageSpec("audit", "审计结算", "Audit and settlement", 4, (20, 30, 60), _after("acceptance"), public=False),
    StageSpec("payment", "资金拨付与设备到位", "Payment, equipment in place", 6, (10, 20, 40), _after("acceptance")),
)  # fmt: skip

STANDARD_STAGES: dict[str, tuple[StageSpec, ...]] = {
    Kind.NEW_BUILD: BUILDING_STAGES,
    Kind.EXPANSION: BUILDING_STAGES,
    Kind.RENOVATION: BUILDING_STAGES,
    Kind.RURAL_UPGRADE: RURAL_STAGES,
    Kind.INFORMATIZATION: RURAL_STAGES,
}

STAGE_NAMES: dict[str, tuple[str, str]] = {s.key: (s.name_zh, s.name_en) for s in RURAL_STAGES + BUILDING_STAGES}
