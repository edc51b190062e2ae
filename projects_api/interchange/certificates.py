"""The certificate of completion acceptance as a PDF: A4, headings in Chinese and English, the same bytes every time.

Drawn from the certificate's stored content alone (`interchange.pdf`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string

from projects_api.choices import CheckResult, InspectionResult, Severity
from projects_api.interchange.pdf import pdf_of

TEMPLATE = "projects_api/certificate.html"
# Both languages on one paper, whatever the reader's is.
WORDS: dict[str, tuple[str, str]] = {
    InspectionResult.PASSED: ("验收合格", "Passed"),
    InspectionResult.PASSED_WITH_FINDINGS: ("验收合格，遗留问题限期整改", "Passed, with findings to be mended"),
    CheckResult.PASS: ("符合", "Complies"),
    CheckResult.FAIL: ("不符合", "Does not comply"),
    CheckResult.NOT_APPLICABLE: ("不涉及", "Does not apply"),
    Severity.MINOR: ("一般", "Minor"),
    Severity.MAJOR: ("较重", "Major"),
    Severity.SERIOUS: ("严重", "Serious"),
}


def certificate_html(content: Mapping[str, Any], sha256: str) -> str:
    inspection = content["inspection"]
    paper = {
        **content,
        "inspection": {
            **_said(inspection, "result"),
            "checklist": [_said(c, "result") for c in inspection["checklist"]],
        },
        "remaining": [_said(finding, "severity") for finding in content["remaining"]],
    }
    return render_to_string(TEMPLATE, {"paper": paper, "sha256": sha256})


def _said(facts: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {**facts, name: WORDS[facts[name]]}


def certificate_pdf(content: Mapping[str, Any], sha256: str) -> bytes:
    """About 0.3 s and 300 KB. Raises Unavailable where Pango is not installed."""
    return pdf_of(certificate_html(content, sha256))
