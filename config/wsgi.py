"""The WSGI entry that gunicorn serves."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from config.start import loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = loaded(get_wsgi_application)
