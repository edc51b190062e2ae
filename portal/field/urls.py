from __future__ import annotations

from django.urls import path
from django.views.decorators.gzip import gzip_page

from portal.field import views

# Nothing that is compressed here holds a secret or a word of the reader.
urlpatterns = [
    path("", gzip_page(views.field), name="field"),
    path("frame/", gzip_page(views.frame), name="field-frame"),
    path("app.js", gzip_page(views.script), name="field-script"),
    path("sw.js", views.worker, name="field-worker"),
    path("manifest.webmanifest", views.manifest, name="field-manifest"),
]
