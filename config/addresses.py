"""The services that the product talks to, each by its address: database, shared cache, room for photos, mail."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import environ

from config.values import CONTROL, HOST, given, is_origin, number, refuse

# scheme -> (port, STARTTLS, TLS from the first byte)
MAIL_SCHEMES = {"smtp": (25, False, False), "smtp+tls": (587, True, False), "smtps": (465, False, True)}


def database(variables: Mapping[str, str], var_dir: Path) -> dict[str, Any]:
    url = given(variables, "DATABASE_URL")
    pool_size = number(variables, "DATABASE_POOL_SIZE", default=8, lowest=0, highest=200)
    scheme = url.split(":", 1)[0].lower()
    if not url or scheme == "spatialite":
        return _spatialite(url, var_dir)
    if scheme == "postgis":
        return _postgis(url, pool_size)
    # The URL may hold a password: only its scheme is shown.
    raise refuse("DATABASE_URL", f"must start with spatialite:/// or postgis://, not {scheme!r}")


def _spatialite(url: str, var_dir: Path) -> dict[str, Any]:
    path = var_dir / "schoolworks.sqlite3"
    if url:
        parts = urlsplit(url)
        if parts.netloc or len(parts.path) < 2 or parts.path.endswith("/") or parts.query or parts.fragment:
            raise refuse("DATABASE_URL", "must give an absolute file, like spatialite:///srv/schoolworks.sqlite3")
        path = Path(parts.path)
    return {
        "ENGINE": "django.contrib.gis.db.backends.spatialite",
        "NAME": str(path),
        "ATOMIC_REQUESTS": False,
        # Loading SpatiaLite into a connection costs more than most pages' queries. An idle connection holds no lock; a
        # restored file is seen by new processes, or after this many seconds.
        "CONN_MAX_AGE": 300,
        # pytest-xdist gives each worker a name made from NAME, which here is a path; in memory each has its own anyway.
        "TEST": {"NAME": ":memory:"},
        "OPTIONS": {
            # IMMEDIATE takes the write lock at BEGIN: no write fails half-way with "database is locked".
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # The rollback journal, not WAL: SQLite up to 3.51.2 has a WAL-reset corruption bug.
            "init_command": "PRAGMA synchronous=FULL; PRAGMA journal_mode=DELETE",
        },
    }


def _postgis(url: str, pool_size: int) -> dict[str, Any]:
    try:
        config = dict(environ.Env.db_url_config(url))
        port = urlsplit(url).port
    except (ValueError, KeyError) as error:
        raise refuse("DATABASE_URL", "is not a valid URL, like postgis://user:password@host:5432/name") from error
    if not config.get("NAME"):
        raise refuse("DATABASE_URL", "must name the database, like postgis://user:password@host:5432/name")
    options: dict[str, Any] = dict(config.get("OPTIONS", {}))
    if pool_size:
        options["pool"] = {"min_size": 0, "max_size": pool_size, "timeout": 10}
    return {
        **config,
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "PORT": port or "",
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": options,
    }


def cache(variables: Mapping[str, str]) -> dict[str, Any]:
    url = given(variables, "CACHE_URL") or "locmem://"
    scheme = url.split(":", 1)[0].lower()
    if scheme == "locmem":
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "schoolworks"}
    if scheme not in {"redis", "rediss"}:
        raise refuse("CACHE_URL", f"must start with locmem://, redis:// or rediss://, not {scheme!r}")
    try:
        parts = urlsplit(url)
        valid = (
            bool(parts.hostname) and (parts.port is None or parts.port > 0) and re.fullmatch(r"(/\d{0,3})?", parts.path)
        )
    except ValueError:
        valid = None
    if not valid:
        raise refuse("CACHE_URL", "is not a valid URL, like redis://host:6379/0")
    # Short time-outs: with Redis away, pages go on without it instead of waiting for it.
    timeouts = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url, "OPTIONS": timeouts}


def media(variables: Mapping[str, str], var_dir: Path) -> dict[str, Any]:
    url = given(variables, "MEDIA_URL")
    if not url or url.startswith("/"):
        # Others on the machine are kept out.
        options = {"location": url or str(var_dir / "media"), "allow_overwrite": True}
        modes = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options | modes}
    parts = urlsplit(url)
    if parts.scheme != "s3":
        # The URL may hold a secret: only its scheme is shown.
        raise refuse("MEDIA_URL", f"must be an absolute directory or start with s3://, not {parts.scheme!r}")
    query = dict(parse_qsl(parts.query))
    endpoint, style = query.get("endpoint", ""), query.get("style", "auto")
    known = query.keys() <= {"endpoint", "region", "style"}
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc) or not known:
        raise refuse("MEDIA_URL", "must name a bucket, like s3://bucket/prefix?endpoint=https://s3.example.cn&region=…")
    if endpoint and not is_origin(endpoint):
        raise refuse("MEDIA_URL", "must give its endpoint as an origin, like https://s3.example.cn")
    if style not in {"auto", "path", "virtual"}:
        raise refuse("MEDIA_URL", f"must have the style path or virtual, not {style!r}")
    return {
        "BACKEND": "config.bucket.Bucket",
        "OPTIONS": {
            "bucket_name": parts.netloc,
            "location": parts.path.strip("/"),
            "endpoint_url": endpoint or None,
            "region_name": query.get("region") or None,
            "addressing_style": style,
        },
    }


def email(variables: Mapping[str, str]) -> dict[str, Any]:
    url = given(variables, "EMAIL_URL")
    if not url:
        return {}
    scheme = url.partition("://")[0].lower()
    if scheme not in MAIL_SCHEMES:
        # The URL may hold a password: only its scheme is shown.
        raise refuse("EMAIL_URL", f"must start with smtp://, smtp+tls:// or smtps://, not {scheme!r}")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        port, host = None, None
    if not host or HOST.fullmatch(host) is None or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise refuse("EMAIL_URL", "is not a valid URL, like smtp+tls://user:password@mail.example.cn:587")
    usual, starttls, tls = MAIL_SCHEMES[scheme]
    user, password = (unquote(part or "") for part in (parts.username, parts.password))
    if CONTROL.search(user + password) or bool(user) != bool(password):
        raise refuse("EMAIL_URL", "must give both a user and a password, or neither")
    return {
        "EMAIL_HOST": host,
        "EMAIL_PORT": port or usual,
        "EMAIL_HOST_USER": user,
        "EMAIL_HOST_PASSWORD": password,
        "EMAIL_USE_TLS": starttls,
        "EMAIL_USE_SSL": tls,
    }
