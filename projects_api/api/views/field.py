"""``field/reports/``: a phone's queue in few requests, since on a slow network each costs its latency."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from projects_api.api.problems import as_domain_error, problem_body
from projects_api.api.serializers.reports import (
    BatchedReportInput,
    ReportBatchInput,
    ReportBatchOut,
    draft_of,
    report_out,
)
from projects_api.api.views.base import View, body, checked_body, now, signed_in
from projects_api.api.views.reports import may_report
from projects_api.errors import Broken, Unavailable
from projects_api.models import User
from projects_api.services.reports import report_submit

log = logging.getLogger(__name__)


class FieldReports(View):
    needs: ClassVar = {"POST": "signed in"}

    @extend_schema(operation_id="field_reports", request=ReportBatchInput, responses=ReportBatchOut)
    def post(self, request: Request) -> Response:
        """Up to 20 reports in the order of writing, each entered or refused by itself, as if it had been sent alone: one in
        conflict or refused stops none of the others. Only where the server itself fails (5xx) do the later ones of the same
        project wait (503), so that their order stays. No Idempotency-Key: each report's `id` is its own, and sent again what
        was entered is answered as before.
        """
        user = signed_in(request)
        values, _reason = body(request, ReportBatchInput)
        waiting: set[str] = set()
        return Response({"results": [self._result(user, sent, waiting) for sent in values["reports"]]})

    def _result(self, user: User, sent: Mapping[str, Any], waiting: set[str]) -> dict[str, Any]:
        """``waiting``: the codes of the projects of which a report could not be tried."""
        code = str(sent.get("project", ""))
        try:
            if code in waiting:
                raise Unavailable(_("An earlier report on this project comes first. Send both again."))
            told = self._entered(user, sent)
        except Exception as exception:
            error = as_domain_error(exception)
            if error is None:  # a defect of ours: it is logged as one, and the others go on
                log.exception("a report of a batch failed")
                error = Broken(_("Something went wrong on our side. It was recorded."))
            if error.status >= 500:
                waiting.add(code)
            told = {"status": error.status, "problem": problem_body(error)}
        name = sent.get("id")
        return {"id": name if isinstance(name, str) else "", **told}

    def _entered(self, user: User, sent: Mapping[str, Any]) -> dict[str, Any]:
        values, reason = checked_body(sent, BatchedReportInput)
        project = self.project(values.pop("project"), stages=False)
        draft = draft_of(values, reason)
        report = may_report(project, user, draft)
        if report is None:
            report = report_submit(project_id=project.pk, actor=user, at=now(), draft=draft)
        return {"status": 201, "version": report.project.version, "report": report_out(report)}
