"""``/office/{bureau}/schools/``: the register, a school's acts in order, and the forms to found, record and set right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.office.acting import Refusal, allowed, attempt, done, signed_in, taken, version_in
from portal.office.fields import Field, set_faults
from portal.office.schools_form import EMPTY, ActForm, FactsForm, authorities
from portal.school_words import act_of, acts_of, changed, label_of, regions_in, value_of
from projects_api.api.pagination import LARGEST_PAGE_NUMBER, whole_number
from projects_api.api.serializers.schools import SchoolChange, SchoolCreate, SchoolEventChange, SchoolEventCreate, acted
from projects_api.approvals import ALTERED, cancelled, state_after, without_change
from projects_api.choices import Decision, SchoolEventKind
from projects_api.errors import NotFound
from projects_api.filtersets import checked_query
from projects_api.models import Bureau, LedgerEntry, School, SchoolEvent
from projects_api.selectors.facts import Document
from projects_api.selectors.places import named
from projects_api.selectors.schools import school_document, with_document
from projects_api.services.rehearsal import rehearsed
from projects_api.services.schools import FIELDS, school_act, school_correct, school_found
from projects_api.text import clean_line

RIGHT = "school.record"
PAGE = 50


@login_required
@require_safe
def schools(request: HttpRequest, bureau: str) -> HttpResponse:
    """All of the bureau's schools, closed and withdrawn ones too; ``?q=`` by name. At most 9 queries."""
    query = checked_query(request.GET, known=("page", "q"))
    found = _bureau(request, bureau)
    words = clean_line(query.get("q", ""), pointer="?q", max_length=200, allow_blank=True)
    rows = with_document(School.objects.filter(bureau=found)).order_by("code")
    rows = named(rows, words) if words else rows
    number = whole_number(query.get("page") or "1", "?page", 1, LARGEST_PAGE_NUMBER)
    paginator = Paginator(rows, PAGE)
    if number > paginator.num_pages:
        raise NotFound(_("There are only %(n)s pages of this list.") % {"n": paginator.num_pages})
    page = paginator.page(number)
    listed = [(school, _last_act(school_document(school))) for school in page.object_list]
    context = {
        "bureau": found,
        "q": words,
        "page": page,
        "rows": listed,
        "may_record": request.user.has_perm(RIGHT, found),
    }
    return render(request, "office/schools.html", context)


def _last_act(document: Document) -> Any:
    acts = [act for act in acts_of(document, {}) if not act.archived]
    return acts[-1] if acts else None


@login_required
@require_safe
def school(request: HttpRequest, bureau: str, code: str) -> HttpResponse:
    """What the register holds of it, its acts in order, and who recorded what. At most 11 queries."""
    checked_query(request.GET, known=())
    found = _school(request, bureau, code)
    document = school_document(found)
    regions = regions_in(document)
    acts = acts_of(document, regions)
    context = {
        "bureau": found.bureau,
        "school": found,
        "facts": [(label_of(name), value_of(name, document[name], regions)) for name in ALTERED],
        "acts": acts,
        "closed": found.bureau.day_of(found.archived_at) if found.archived_at else None,
        "kinds": _open_kinds(document),
        "entries": [
            (entry, _done_words(entry.action))
            for entry in LedgerEntry.objects.filter(school=found).select_related("actor").order_by("-version")
        ],
        "may_record": request.user.has_perm(RIGHT, found),
    }
    return render(request, "office/school.html", context)


def _done_words(action: str) -> str:
    words = {
        "school.create": _("Entered"),
        "school.import": _("Came with an import"),
        "school.take_over": _("Taken over as it stood"),
        "school.correct": _("Set right"),
        "school.set_aside": _("Act set aside"),
    }
    return words.get(action) or str(SchoolEventKind(action.removeprefix("school.")).label)


def _open_kinds(document: Document) -> list[tuple[str, str]]:
    """The kinds of acts that may come next."""
    if document.get("withdrawn"):
        return []
    kinds = [] if cancelled(document) else [SchoolEventKind.ALTERATION, SchoolEventKind.CANCELLATION]
    acts = [event for event in document["events"].values() if not event.get("archived")]
    founded = any(e["kind"] == SchoolEventKind.ESTABLISHMENT and e["decision"] != Decision.REFUSED for e in acts)
    words = {
        SchoolEventKind.ALTERATION: _("Record an alteration"),
        SchoolEventKind.CANCELLATION: _("Record a cancellation"),
        SchoolEventKind.ESTABLISHMENT: _("Record its establishment"),
    }
    return [(kind.value, words[kind]) for kind in [*kinds, *([] if founded else [SchoolEventKind.ESTABLISHMENT])]]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def school_new(request: HttpRequest, bureau: str) -> HttpResponse:
    """A school with its establishment."""
    checked_query(request.GET, known=())
    found = _bureau(request, bureau)
    allowed(request, RIGHT, found)
    sent = request.POST if request.method == "POST" else None
    facts = FactsForm(found, EMPTY, sent)
    form = ActForm(SchoolEventKind.ESTABLISHMENT, sent, prefix="establishment")
    code = Field("code", _("Code"), sent.get("code", "") if sent else "", max_length=40, hint=_("Empty: the next one."))

    def write() -> School:
        said = form.data()
        data = {**facts.changes(), "bureau": found.code, "reason": said.pop("reason"), "establishment": form.act()}
        data |= {"confirm": True} if form.confirmed else {}
        values, reason = taken(SchoolCreate, data | ({"code": code.value.strip()} if code.value.strip() else {}))
        return school_found(
            actor=signed_in(request),
            at=timezone.now(),
            bureau=found,
            code=values.get("code", ""),
            values={name: value for name, value in values.items() if name in FIELDS},
            establishment=values["establishment"],
            confirmed=form.confirmed,
            reason=reason,
        )

    page = _Page(request, _("Enter a school"), found, None, form, facts, before=EMPTY, extra=[code])
    return page.answer(write, _("The school is entered."))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act_new(request: HttpRequest, bureau: str, code: str, kind: str) -> HttpResponse:
    """A new act of this kind."""
    checked_query(request.GET, known=())
    found = _school(request, bureau, code)
    allowed(request, RIGHT, found)
    document = school_document(found)
    titles = dict(_open_kinds(document))
    if kind not in titles:
        raise NotFound(_("No act of this kind can be recorded of this school now."))
    sent = request.POST if request.method == "POST" else None
    facts = FactsForm(found.bureau, document, sent, prefix="changes") if kind == SchoolEventKind.ALTERATION else None
    form = ActForm(kind, sent)

    def write() -> School:
        data = form.data() | {"kind": kind} | _changes(facts, form.typed["decision"])
        values, reason = taken(SchoolEventCreate, data)
        return _act(request, found, values, reason, None)

    page = _Page(request, titles[kind], found.bureau, found, form, facts, before=document)
    return page.answer(write, _("The act is recorded."))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, bureau: str, code: str, number: int) -> HttpResponse:
    """The decision on a pending act, or a recorded one set right or aside."""
    checked_query(request.GET, known=())
    found = _school(request, bureau, code)
    allowed(request, RIGHT, found)
    document = school_document(found)
    event = document["events"].get(str(number))
    if event is None or event.get("archived") or document.get("withdrawn"):
        raise NotFound(_("The school has no act %(number)s.") % {"number": number})
    kind, stands = event["kind"], event["decision"] == Decision.APPROVED
    sent = request.POST if request.method == "POST" and request.POST.get("act") != "aside" else None
    facts = None
    if kind != SchoolEventKind.CANCELLATION and (stands or kind == SchoolEventKind.ALTERATION):
        start = state_after(document, number) if stands else document
        before = state_after(without_change(document, number), number) if stands else document
        facts = FactsForm(found.bureau, start, sent, prefix="changes", stands=before)
    closed = document["closed"] if kind == SchoolEventKind.CANCELLATION and stands else ""
    form = ActForm(kind, sent, recorded=event, closed=closed)
    if request.POST.get("act") == "aside":
        form.typed["reason"] = request.POST.get("reason", "")

    def write() -> School:
        if request.POST.get("act") == "aside":
            data: dict[str, Any] = {"archived": True, "reason": form.typed["reason"]}
        else:
            data = form.data() | _changes(facts, form.typed["decision"])
        values, reason = taken(SchoolEventChange, data)
        return _act(request, found, values, reason, number)

    pending = event["decision"] == Decision.PENDING
    title = _("Decide on the act") if pending else _("Set the act right")
    page = _Page(request, title, found.bureau, found, form, facts, before=document, number=number)
    page.context |= {"aside": kind != SchoolEventKind.ESTABLISHMENT, "needs_reason": not pending}
    return page.answer(
        write, _("The act is set aside.") if request.POST.get("act") == "aside" else _("The act is recorded.")
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def school_entry(request: HttpRequest, bureau: str, code: str) -> HttpResponse:
    """What the register says wrongly and no act changed; and a school that never was."""
    checked_query(request.GET, known=())
    found = _school(request, bureau, code)
    allowed(request, RIGHT, found)
    document = school_document(found)
    wanted = {"aside": True, "back": False}.get(request.POST.get("act", ""))
    sent = request.POST if request.method == "POST" and wanted is None else None
    facts = FactsForm(found.bureau, document, sent)
    form = ActForm("", None)
    form.typed["reason"] = request.POST.get("reason", "")

    def write() -> School:
        changes = facts.changes() if wanted is None else {"withdrawn": wanted}
        values, reason = taken(SchoolChange, changes | {"reason": form.typed["reason"]})
        return school_correct(
            school_id=found.pk,
            actor=signed_in(request),
            at=timezone.now(),
            expected=version_in(request.POST),
            changes=values,
            reason=reason,
        )

    page = _Page(request, _("Set the entry right"), found.bureau, found, form, facts, before=document, entry=True)
    page.context |= {"needs_reason": True, "withdrawn": found.withdrawn}
    return page.answer(write, _("The entry is set right."))


class _Page:
    """One answer of a form's page: as it was filled in, with what saving would change, or with what stood in the way."""

    def __init__(
        self,
        request: HttpRequest,
        title: str,
        bureau: Bureau,
        school: School | None,
        form: ActForm,
        facts: FactsForm | None,
        *,
        before: Document,
        extra: list[Field] | None = None,
        number: int | None = None,
        entry: bool = False,
    ) -> None:
        self.request, self.bureau, self.school, self.before, self.number = request, bureau, school, before, number
        sent = request.POST.get("version")
        facts_fields = [*(facts.fields() if facts else []), *(extra or [])]
        act_fields, reason = [] if entry else form.fields(), form.reason()
        self.fields: list[Field] = [*facts_fields, *act_fields, reason]
        self.context: dict[str, Any] = {
            "title": title,
            "bureau": bureau,
            "school": school,
            "kind": form.kind,
            "fields": {"facts": facts_fields, "act": act_fields, "reason": reason},
            "founding": school is None,
            "entry": entry,
            "corrects": form.recorded is not None,
            "authorities": authorities(bureau),
            "version": sent if sent is not None else (school.version if school else 0),
        }

    def answer(self, write: Callable[[], School], words: str) -> HttpResponse:
        if self.request.method != "POST":
            return self._shown()
        act = self.request.POST.get("act")
        made: list[Any] = []
        if act == "preview":
            refusal = attempt(lambda: made.append(rehearsed(lambda: _seen(write()))))
            return self._shown(refusal, made[0] if made else None)
        refusal = attempt(lambda: made.append(write()))
        if refusal:
            return self._shown(refusal)
        return done(self.request, words, reverse("office-school", args=[self.bureau.code, made[0].code]))

    def _shown(self, refusal: Refusal | None = None, seen: Document | None = None) -> HttpResponse:
        stale = refusal is not None and refusal.status == 412
        if stale and self.school:
            self.school.refresh_from_db(fields=["version"])
            self.context["version"] = self.school.version
        faults = dict(refusal.faults) if refusal else {}
        self.context |= {
            "refusal": refusal,
            "stale": stale,
            "ask_confirm": refusal is not None and refusal.status == 409 and "/document_number" in "".join(faults),
            "faults": set_faults(self.fields, faults),
            "preview": self._preview(seen) if seen else None,
        }
        status = refusal.status if refusal else 200
        return render(self.request, "office/school_form.html", self.context, status=status)

    def _preview(self, seen: Document) -> dict[str, Any]:
        regions = regions_in(seen, *([self.before] if self.school else []))
        number = self.number or max((int(n) for n in seen["events"]), default=0)
        act = act_of(seen, number, regions) if number and not self.context["entry"] else None
        today = changed({name: self.before[name] for name in ALTERED}, seen, regions)
        preview: dict[str, Any] = {"act": act, "today": today}
        if self.school and seen["closed"] != self.before["closed"]:
            preview |= {"closes": date.fromisoformat(seen["closed"])} if seen["closed"] else {"opens": True}
        return preview


def _seen(school: School) -> Document:
    return school_document(school, SchoolEvent.objects.filter(school=school))


def _changes(facts: FactsForm | None, decision: str) -> dict[str, Any]:
    """What an approved act makes of the school; of one that is not approved nothing is asked."""
    return {"changes": facts.changes()} if facts and decision == Decision.APPROVED else {}


def _act(request: HttpRequest, found: School, values: Document, reason: str, number: int | None) -> School:
    return school_act(
        school_id=found.pk,
        actor=signed_in(request),
        at=timezone.now(),
        expected=version_in(request.POST),
        number=number,
        **acted(found, values),
        reason=reason,
    )


def _bureau(request: HttpRequest, code: str) -> Bureau:
    found = Bureau.objects.select_related("region").filter(code=code).first()
    if found is None:
        raise NotFound(_("There is no such bureau."))
    allowed(request, "plan.read_unpublished", found)  # whose role reads the whole bureau
    return found


def _school(request: HttpRequest, bureau: str, code: str) -> School:
    border = _bureau(request, bureau)
    found = with_document(School.objects.filter(bureau=border, code=code)).first()
    if found is None:
        raise NotFound(_("There is no school %(code)s that you can see.") % {"code": code})
    found.bureau = border
    return found
