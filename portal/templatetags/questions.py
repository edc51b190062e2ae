"""``{% questions_of project %}``: the newest public questions of a project, for its page. One query."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone

from portal.public.questions import shown
from projects_api.models import Project
from projects_api.selectors.questions import public_questions
from projects_api.services.questions import term_of

register = template.Library()
NEWEST = 3


@register.inclusion_tag("questions/_section.html")
def questions_of(project: Project) -> dict[str, Any]:
    if not project.published or project.archived_at:
        return {"project": None}
    today = project.bureau.day_of(timezone.now())
    rows = [shown(question, today) for question in public_questions(project)[: NEWEST + 1]]
    return {"project": project, "rows": rows[:NEWEST], "more": len(rows) > NEWEST, "term": term_of(project)}
