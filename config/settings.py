"""Django's settings. Everything that differs between installations comes from ``config.env``; the rest is the product's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor

from config.basemaps import FOLDER, Offered
from config.env import BASE_DIR, env

VERSION = "0.1.0"
SECRET_KEY = env.secret_key
DEBUG = env.debug
DEMO = env.demo
ALLOWED_HOSTS = env.allowed_hosts
CSRF_TRUSTED_ORIGINS = env.csrf_trusted_origins

INSTALLED_APPS = [
    "projects_api",
    "mapviews",
    "portal",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rules",
    "axes",
    "csp",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.languages.LanguageMiddleware",
    "portal.arrivals.ArrivalsMiddleware",
    "portal.middleware.SizeMiddleware",
    "portal.middleware.ReadConditionMiddleware",
    "projects_api.kept.KeptAnswers",
    "portal.middleware.ProblemMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.product",
            ],
        },
    }
]

DATABASES = {"default": env.database}
CACHES = {
    "default": env.cache,
    # Whole public answers by their validator, packed, in the process's own memory (docs/caching.md).
    "answers": {
        "BACKEND": "projects_api.kept.BoundedCache",
        "LOCATION": "answers",
        "OPTIONS": {"MAX_BYTES": 32 * 1024 * 1024},
    },
    # Vector tiles and clusters, packed, of every reader: small, many, and no crowd of them may push out the pages.
    "tiles": {
        "BACKEND": "projects_api.kept.BoundedCache",
        "LOCATION": "tiles",
        "OPTIONS": {"MAX_BYTES": 24 * 1024 * 1024},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

AUTH_USER_MODEL = "projects_api.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "projects_api.services.sign_in.AccountBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# Routes, not paths: they stay in the language of the address.
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "home"

# A name is locked for the address that guessed, not for its owner elsewhere, and not for ever.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "portal.public.guests.host_of"
AXES_LOCKOUT_CALLABLE = "portal.errors.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.time_zone

STATIC_URL = "/static/"
STATIC_ROOT = env.static_root
STORAGES = {
    "default": env.media,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Photos: what has arrived of an upload (local to the server even where the storage is not), and a project's room.
UPLOADS_DIR = env.var_dir / "uploads"
PHOTO_QUOTA_BYTES = env.photo_quota_mb * 1024 * 1024
PHOTO_QUOTA_COUNT = 1000  # each adds about 0.3 ms to every write of its project (docs/decisions/0013)

# Source maps are for developers' tools, which read them as they are; compressing them would double a first start.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# Requests. Bodies are of at most 1 MiB; the longest forms of the office have hundreds of fields (200 closures of 3 each).
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1500

SECURE_SSL_REDIRECT = env.https
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if env.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.https
SECURE_HSTS_PRELOAD = env.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.proxies else None
PROXIES = env.proxies
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = env.https
SESSION_COOKIE_HTTPONLY = True
# For browsers that do not know frame-ancestors, which all others prefer.
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "portal.errors.csrf_failure"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *env.tile_origins],
        "connect-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [SELF],
    }
}

# E-mail goes out through the outbox alone (docs/notifications.md). Without a server nothing is put down for it.
EMAIL_ON = bool(env.email)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_ON else 'dummy'}.EmailBackend"
EMAIL_HOST = env.email.get("EMAIL_HOST", "localhost")
EMAIL_PORT = env.email.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.email.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.email.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = env.email.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.email_from or "schoolworks@localhost"
SITE_URL = env.site_url or "http://localhost:8000"
# Without one, pages name themselves by the host that the reader asked.
SITE_URL_GIVEN = bool(env.site_url)
OC4IDS_PREFIX = env.oc4ids_prefix
OPEN_DATA_LICENCE = env.open_data_licence
# The nightly files (docs/open-data.md). Public, and made anew from the database: no backup needs them.
OPEN_DATA_DIR = env.var_dir / "open-data"

# The queue of the worker (projects_api/tasks.py): rows of the database, so that asking belongs to the transaction that asks.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

BASE_MAPS = Offered(env.base_maps, env.var_dir / FOLDER, env.tile_attribution)
MAP_REVIEW_NUMBER = env.map_review_number

TOKEN_DAYS = 180
IDEMPOTENCY_DAYS = 30

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "projects_api.api.authentication.TokenAuthentication",
        "projects_api.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["projects_api.api.permissions.ByRules"],
    "DEFAULT_PARSER_CLASSES": ["projects_api.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["projects_api.api.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "projects_api.api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "projects_api.api.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "projects_api.api.problems.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "SchoolWorks 校建通",
    "DESCRIPTION": "The record of a county's school construction: projects, milestones, sites, money, and who said so.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_NAME_OVERRIDES": {
        "Kind": "projects_api.choices.Kind",
        "SchoolStage": "projects_api.choices.SchoolStage",
        "Status": "projects_api.choices.Status",
        "LocationPrecision": "projects_api.choices.LocationPrecision",
        "PlanTarget": "projects_api.choices.PlanTarget",
        "MilestoneState": "projects_api.choices.MilestoneState",
        "DelayReason": "projects_api.choices.DelayReason",
        "EstimateKind": "projects_api.choices.EstimateKind",
        "FundSource": "projects_api.choices.FundSource",
        "SpendingKind": "projects_api.choices.SpendingKind",
        "RegionLevel": "projects_api.choices.RegionLevel",
        "RegionKind": "projects_api.choices.RegionKind",
        "SchoolEventKind": "projects_api.choices.SchoolEventKind",
        "Decision": "projects_api.choices.Decision",
        "InspectionKind": "projects_api.choices.InspectionKind",
        "InspectionResult": "projects_api.choices.InspectionResult",
        "CheckResult": "projects_api.choices.CheckResult",
        "Severity": "projects_api.choices.Severity",
        "FindingState": "projects_api.choices.FindingState",
        "QuestionKind": "projects_api.choices.QuestionKind",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"persistAuthorization": False, "tryItOutEnabled": True, "validatorUrl": None},
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "projects_api.api.openapi.with_problems",
    ],
}

# Debian 12 ships GDAL 3.6. The warning is about spatial references from outside: inputs here never reach GDAL, they are
# read by `projects_api.geodesy` in plain Python with a list of known systems.
SILENCED_SYSTEM_CHECKS = ["gis.W001"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.log_level},
    "loggers": {
        "django": {"level": env.log_level, "handlers": [], "propagate": True},
        # Scanners send wrong Host headers all day; they get their 400, and the log stays readable.
        "django.security.DisallowedHost": {"handlers": [], "propagate": False},
        # Every step of every page that is drawn.
        "weasyprint": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        # Every task that begins and ends, each minute; a failed one is an error.
        "django_tasks": {"level": "WARNING"},
    },
}
