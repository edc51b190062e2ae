"""``/office/{bureau}/children/``: how many children there are by township and stage, typed, pasted or read from a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from portal.office.acting import allowed, attempt
from portal.office.children_form import ChildrenForm, children_facts, townships_of
from portal.office.settings import Page, Setting, answer
from projects_api.errors import InvalidInput, NotFound
from projects_api.filtersets import checked_query
from projects_api.interchange.children import Read, read_table
from projects_api.interchange.paper import MAX_BYTES
from projects_api.interchange.tables import neutralised
from projects_api.models import Bureau, Region
from projects_api.needs import STAGES, Children
from projects_api.services.bureaus import children_change, demand_version


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def children(request: HttpRequest, code: str) -> HttpResponse:
    """The table; a POST with ``act=read`` fills the form from a table and saves nothing. At most 12 queries."""
    return answer(request, code, CHILDREN, ChildrenPage)


@login_required
@require_safe
def table(request: HttpRequest, code: str) -> HttpResponse:
    """The same as a CSV to be filled in and handed in again, with the codes of all townships."""
    checked_query(request.GET, known=())
    bureau = Bureau.objects.filter(code=code).first()
    if bureau is None:
        raise NotFound(_("There is no such bureau."))
    allowed(request, "plan.read_unpublished", bureau)
    known = Children.from_document(bureau.children)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["code", "name", *STAGES])
    for township, name in townships_of(bureau):
        numbers = known.of.get(township, {})
        writer.writerow([neutralised(township), neutralised(name), *(numbers.get(stage, "") for stage in STAGES)])
    # Excel takes a CSV for UTF-8 only if it begins with a mark.
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="children-{bureau.pk}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


class ChildrenPage(Page):
    """Reads tables too."""

    def posted(self) -> HttpResponse:
        if self.request.POST.get("act") != "read":
            return super().posted()
        allowed(self.request, self.setting.permission, self.bureau)
        form, read = ChildrenForm.sent(self.request.POST), list[Read]()
        refusal = attempt(lambda: read.append(self._read()))
        if refusal:
            return self.shown(form, refusal)
        found = read[0]
        preview = {
            "read": sum(len(stages) for stages in found.numbers.values()),
            "townships": len(found.numbers),
            "notes": found.notes,
        }
        return self.shown(form.read(found.numbers), preview=preview)

    def _read(self) -> Read:
        rows = Region.objects.filter(parent=self.bureau.region_id).values_list("code", "name_zh", "name_en")
        names = {code: (code, zh, en) for code, zh, en in rows}
        whole = self.bureau.region
        county = (whole.code, whole.name_zh, whole.name_en)
        file = self.request.FILES.get("file")
        if isinstance(file, UploadedFile):
            if (file.size or 0) > MAX_BYTES:
                raise InvalidInput.one("/table", "too_large", _("A table has at most 2 MB."))
            return read_table(file.read(), names, county=county)
        return read_table(self.request.POST.get("table", "").encode("utf-8", "surrogatepass"), names, county=county)


def _preview(bureau: Bureau, rules: Mapping[str, Any], *, expected: int | None, today: date) -> list[Any]:
    """Nothing follows but the map; the figures must be such. Raises InvalidInput, StaleVersion."""
    demand_version(bureau, expected)
    Children.from_document(rules)
    return []


CHILDREN = Setting(
    name="children",
    title=gettext_lazy("Children by township"),
    saved_words=gettext_lazy("The figures are saved. The map of school places follows them from now on."),
    form=ChildrenForm,
    facts=children_facts,
    change=children_change,
    preview=_preview,
    follows=lambda document, bureau, today: {},
    moves=lambda bureau, moves: {},
    permission="children.record",
)
