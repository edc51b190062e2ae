"""Public pages: thin views over selectors."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")


projects = plans = home


def project(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "base.html")


def plan(request: HttpRequest, slug: str) -> HttpResponse:
    return render(request, "base.html")
