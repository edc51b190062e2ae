"""The record's tables, one file per subject. Rules that need more than one row live in ``projects_api.services``."""

from projects_api.models.alerts import Alert, Throttle
from projects_api.models.baselines import Baseline
from projects_api.models.bureaus import (
    AnnualPlan,
    Assignment,
    Bureau,
    Membership,
    User,
    assigned_to,
    in_force,
    roles_of,
)
from projects_api.models.devices import DeviceToken, IdempotencyRecord
from projects_api.models.fieldwork import ProgressReport
from projects_api.models.inspections import Certificate, Finding, Inspection
from projects_api.models.ledger import LedgerEntry
from projects_api.models.milestones import Milestone, MilestoneTemplate, TemplateStage
from projects_api.models.money import Allocation, Estimate, Spending
from projects_api.models.notifications import Notification, NotificationChoice, PeriodicTask
from projects_api.models.photos import Photo
from projects_api.models.places import Region, School, SchoolEvent
from projects_api.models.projects import Project
from projects_api.models.questions import Question

__all__ = [
    "Alert",
    "Allocation",
    "AnnualPlan",
    "Assignment",
    "Baseline",
    "Bureau",
    "Certificate",
    "DeviceToken",
    "Estimate",
    "Finding",
    "IdempotencyRecord",
    "Inspection",
    "LedgerEntry",
    "Membership",
    "Milestone",
    "MilestoneTemplate",
    "Notification",
    "NotificationChoice",
    "PeriodicTask",
    "Photo",
    "ProgressReport",
    "Project",
    "Question",
    "Region",
    "School",
    "SchoolEvent",
    "Spending",
    "TemplateStage",
    "Throttle",
    "User",
    "assigned_to",
    "in_force",
    "roles_of",
]
