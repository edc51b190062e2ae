"""``/office/{bureau}/calendar/``, ``…/lights/``, ``…/publishing/``, ``…/notifications/``: what a bureau sets, what follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from portal.charts.months import months_chart
from portal.office.acting import Refusal, allowed, attempt, done, version_in
from portal.office.calendar_form import CalendarForm, calendar_facts
from portal.office.children_form import ChildrenForm
from portal.office.lights_form import LightsForm, lights_facts
from portal.office.moves import moves_shown
from portal.office.notifications_form import NotificationsForm, notification_facts
from portal.office.publishing_form import PublishingForm, publishing_facts, shows, stages_shown
from projects_api.choices import Light, MailWhen, NotificationKind
from projects_api.errors import NotFound
from projects_api.filtersets import checked_query
from projects_api.models import Bureau, LedgerEntry, Notification, Project
from projects_api.schedule.calendar import CalendarRules, calendar_of
from projects_api.selectors.bureaus import newest_action, setting_changes
from projects_api.selectors.lights import since
from projects_api.selectors.statistics import light_counts
from projects_api.services.bureaus import (
    calendar_change,
    lights_change,
    notifications_change,
    publishing_change,
    setting_undo,
)
from projects_api.services.previews import calendar_preview, lights_preview, publishing_preview
from projects_api.services.publishing import waiting_stages
from projects_api.text import clean_line
from projects_api.wording import moment

CHANGES = 20  # of the setting, the newest first

Form = CalendarForm | LightsForm | PublishingForm | NotificationsForm | ChildrenForm
Follows = Callable[[Mapping[str, Any], Bureau, date], dict[str, Any]]


@dataclass(frozen=True)
class Setting:
    """What the pages do not have in common. ``name`` is the bureau's column; ``preview`` says what would move, in the words of
    ``moves`` (None: it moves nothing); ``follows``: what follows from a document."""

    name: str
    title: Promise
    saved_words: Promise
    form: type[Form]
    facts: Callable[[Mapping[str, Any]], list[tuple[str, list[str]]]]
    change: Callable[..., Bureau]
    preview: Callable[..., list[Any]] | None
    follows: Follows
    moves: Callable[[Bureau, list[Any]], dict[str, Any]] = moves_shown
    permission: str = "bureau.configure"

    @property
    def route(self) -> str:
        return f"office-{self.name}"

    @property
    def has_preview(self) -> bool:
        """For the template, which would call ``preview`` itself to see whether it is there."""
        return self.preview is not None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: HttpRequest, code: str) -> HttpResponse:
    """The working calendar. At most 15 queries to read; a preview costs 3 more per 200 projects, a save also writes."""
    return answer(request, code, CALENDAR)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def lights(request: HttpRequest, code: str) -> HttpResponse:
    """The rules of the lights. The same cost."""
    return answer(request, code, LIGHTS)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def publishing(request: HttpRequest, code: str) -> HttpResponse:
    """What the public sees before it is accepted. At most 15 queries to read or preview; a save writes the projects concerned."""
    return answer(request, code, PUBLISHING)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest, code: str) -> HttpResponse:
    """When people are told of what. The same cost."""
    return answer(request, code, NOTIFICATIONS)


def answer(request: HttpRequest, code: str, setting: Setting, page_of: type[Page] | None = None) -> HttpResponse:
    """A setting's page, by ``page_of`` where it has more to it than the others."""
    checked_query(request.GET, known=())
    bureau = Bureau.objects.filter(code=code).first()
    if bureau is None:
        raise NotFound(_("There is no such bureau."))
    allowed(request, "plan.read_unpublished", bureau)  # whose role reads the whole bureau
    page = (page_of or Page)(request, bureau, setting)
    return page.posted() if request.method == "POST" else page.shown(page.saved())


class Page:
    """One answer of a setting's page."""

    def __init__(self, request: HttpRequest, bureau: Bureau, setting: Setting) -> None:
        self.request, self.bureau, self.setting = request, bureau, setting
        self.today = bureau.day_of(timezone.now())

    def posted(self) -> HttpResponse:
        allowed(self.request, self.setting.permission, self.bureau)
        sent = self.setting.form.sent(self.request.POST)
        act = self.request.POST.get("act")
        if act == "save":
            return self._write(sent, self._save)
        if act == "undo":
            return self._write(self.saved(), self._undo)
        if act == "defaults":
            return self.shown(self.setting.form.saved({}, sent.reason))
        if self.setting.preview is None:
            return self.shown(sent)
        return self._previewed(sent)

    def saved(self) -> Form:
        return self.setting.form.saved(self._document)

    @property
    def _document(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = getattr(self.bureau, self.setting.name)
        return found

    def _write(self, form: Form, act: Callable[[Form], Bureau]) -> HttpResponse:
        fresh: list[Bureau] = []
        refusal = attempt(lambda: fresh.append(act(form)))
        if refusal:
            self.bureau.refresh_from_db()
            return self.shown(form, refusal)
        moved = fresh[0].version != self.bureau.version
        words = str(self.setting.saved_words) if moved else _("Nothing was changed: it stood so already.")
        return done(self.request, words, reverse(self.setting.route, args=[self.bureau.code]))

    def _save(self, form: Form) -> Bureau:
        return self.setting.change(rules=form.rules(), **self._signed())

    def _undo(self, form: Form) -> Bureau:
        return setting_undo(name=self.setting.name, **self._signed())

    def _signed(self) -> dict[str, Any]:
        """Who, when, why, and what the change starts from. Raises InvalidInput."""
        return {
            "bureau_id": self.bureau.pk,
            "actor": self.request.user,
            "at": timezone.now(),
            "expected": version_in(self.request.POST),
            "reason": clean_line(
                self.request.POST.get("reason", ""), pointer="/reason", max_length=500, allow_blank=True
            ),
        }

    def _previewed(self, form: Form) -> HttpResponse:
        moves: list[Any] = []
        preview_of = self.setting.preview
        assert preview_of is not None
        refusal = attempt(
            lambda: moves.extend(
                preview_of(self.bureau, form.rules(), expected=version_in(self.request.POST), today=self.today)
            )
        )
        if refusal:
            return self.shown(form, refusal)
        preview = {
            "moves": self.setting.moves(self.bureau, moves),
            **self.setting.follows(form.rules(), self.bureau, self.today),
        }
        return self.shown(form, preview=preview)

    def shown(
        self,
        form: Form,
        refusal: Refusal | None = None,
        *,
        preview: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page with this form. After a stale version it goes on from what stands now, which is shown beside."""
        stale = refusal is not None and refusal.status == 412
        sent = self.request.POST.get("version")
        context = {
            "setting": self.setting,
            "title": self.setting.title,
            "bureau": self.bureau,
            "today": self.today,
            "may_edit": self.request.user.has_perm(self.setting.permission, self.bureau),
            "version": self.bureau.version if stale or sent is None else sent,
            "refusal": refusal,
            "stale": stale,
            "undoing": self.request.POST.get("act") == "undo",
            "preview": preview,
            "facts": self.setting.facts(self._document),
            "follows": self.setting.follows(self._document, self.bureau, self.today),
            **form.context(refusal.faults if refusal else {}, self.bureau),
            **self._changes(),
        }
        status = refusal.status if refusal else 200
        return render(self.request, f"office/{self.setting.name}.html", context, status=status)

    def _changes(self) -> dict[str, Any]:
        """The ledger's entries about this setting, and whether the newest can be undone: it is the bureau's newest of all."""
        entries = list(setting_changes(self.bureau, self.setting.name)[:CHANGES])
        may_undo = bool(entries) and newest_action(self.bureau) == f"bureau.{self.setting.name}"
        typed = self.request.POST.get("reason", "") if self.request.POST.get("act") == "undo" else ""
        return {
            "changes": [{"at": entry.at, "who": _who(entry), "reason": entry.reason} for entry in entries],
            "may_undo": may_undo,
            "undo_reason": typed or _("The change of %(moment)s undone") % {"moment": moment(entries[0].at)}
            if may_undo
            else "",
        }


def _who(entry: LedgerEntry) -> str:
    return entry.actor.get_full_name() if entry.actor else entry.actor_name


def _calendar_follows(document: Mapping[str, Any], bureau: Bureau, today: date) -> dict[str, Any]:
    """Working days of this and the next year, and the next twelve months."""
    rules = CalendarRules.from_document(document)
    days = calendar_of(rules)
    years = [(year, days.between(date(year, 1, 1), date(year + 1, 1, 1))) for year in (today.year, today.year + 1)]
    return {"years": years, "months": months_chart(rules, first=today)}


def _lights_follow(document: Mapping[str, Any], bureau: Bureau, today: date) -> dict[str, Any]:
    """How many projects show what today; by what is saved, whatever the document."""
    projects = Project.objects.filter(bureau=bureau, archived_at__isnull=True)
    counts = light_counts(projects, today)
    return {
        "lights": [(light.value, counts[light.value]) for light in Light if counts.get(light.value)],
        "stale": projects.filter(since("stale_from", today)).count(),
        "misses": projects.filter(since("term_missed_from", today)).count(),
    }


def _publishing_follows(document: Mapping[str, Any], bureau: Bureau, today: date) -> dict[str, Any]:
    """The stages that wait for acceptance now, whatever the document; and what of the rest it would show or hide."""
    return stages_shown(bureau, waiting_stages(bureau)) | {"shows": shows(document, bureau)}


def _notifications_follow(document: Mapping[str, Any], bureau: Bureau, today: date) -> dict[str, Any]:
    """What was told in the last seven days, and what waits for the mail server; by what is saved. Two queries."""
    rows = Notification.objects.filter(project__bureau=bureau)
    week = rows.filter(created_at__gte=timezone.now() - timedelta(days=7)).values_list("kind").annotate(n=Count("pk"))
    counts = dict(week.order_by())
    return {
        "told": [(kind.label, counts[kind]) for kind in NotificationKind if kind in counts],
        "email_on": django_settings.EMAIL_ON,
        "unsent": rows.filter(emailed_at__isnull=True).exclude(mail=MailWhen.OFF).exclude(mail_error="").count(),
    }


CALENDAR = Setting(
    name="calendar",
    title=gettext_lazy("Working calendar"),
    saved_words=gettext_lazy("The working calendar is saved. Forecasts and lights follow it from now on."),
    form=CalendarForm,
    facts=calendar_facts,
    change=calendar_change,
    preview=calendar_preview,
    follows=_calendar_follows,
)
LIGHTS = Setting(
    name="lights",
    title=gettext_lazy("Rules of the lights"),
    saved_words=gettext_lazy("The rules are saved. The lights of all projects follow them from now on."),
    form=LightsForm,
    facts=lights_facts,
    change=lights_change,
    preview=lights_preview,
    follows=_lights_follow,
)
PUBLISHING = Setting(
    name="publishing",
    title=gettext_lazy("What the public sees"),
    saved_words=gettext_lazy("The choice is saved. Pages, map and data follow it from now on."),
    form=PublishingForm,
    facts=publishing_facts,
    change=publishing_change,
    preview=publishing_preview,
    follows=_publishing_follows,
    moves=stages_shown,
)
NOTIFICATIONS = Setting(
    name="notifications",
    title=gettext_lazy("Rules of the notifications"),
    saved_words=gettext_lazy("The rules are saved. Who is told of what follows them from now on."),
    form=NotificationsForm,
    facts=notification_facts,
    change=notifications_change,
    preview=None,
    follows=_notifications_follow,
)
