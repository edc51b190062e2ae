"""``/accounts/notifications/``: what one has been told, and how one wants to be told."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from portal.office.acting import done, signed_in
from projects_api.api.pagination import LARGEST_PAGE_NUMBER, whole_number
from projects_api.choices import MailWhen
from projects_api.errors import InvalidInput, NotFound
from projects_api.filtersets import checked_query
from projects_api.models import Notification, NotificationChoice, User, roles_of
from projects_api.notification_rules import Choice, choice_of, kinds_for
from projects_api.selectors.notification_words import path, sentence
from projects_api.selectors.notifications import notifications_of
from projects_api.services.notifications import notification_choose, notifications_read

ON_A_PAGE = 30


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest) -> HttpResponse:
    """The unread, ``?all=true`` all of them, the newest first. Four queries, and the roles'."""
    query = checked_query(request.GET, known=("page", "all"))
    user = signed_in(request)
    if request.method == "POST":
        return _marked(request, user)
    if query.get("all", "true") != "true":
        raise InvalidInput.one("?all", "invalid_choice", _("One of: %(names)s.") % {"names": "true"})
    rows = notifications_of(user)
    everything = "all" in query
    shown = rows if everything else rows.filter(read_at__isnull=True)
    number = whole_number(query.get("page") or "1", "?page", 1, LARGEST_PAGE_NUMBER)
    paginator = Paginator(shown, ON_A_PAGE)
    if number > paginator.num_pages:
        raise NotFound(_("There are only %(n)s pages of this list.") % {"n": paginator.num_pages})
    page = paginator.page(number)
    context = {
        "page": page,
        "rows": [(row, sentence(row), path(row)) for row in page.object_list],
        "everything": everything,
        "newest": rows.values_list("pk", flat=True).order_by("-pk").first(),
    }
    return render(request, "accounts/notifications.html", context)


def _marked(request: HttpRequest, user: User) -> HttpResponse:
    """One (``id``) or all that the page knew of (``up_to``)."""
    form, at = request.POST, timezone.now()
    if "id" in form:
        n = notifications_read(user=user, at=at, ids=[whole_number(form["id"], "/id", 1, 2**62)])
    else:
        n = notifications_read(user=user, at=at, up_to=whole_number(form.get("up_to", ""), "/up_to", 0, 2**62))
    words = ngettext("%(n)s notification marked as read.", "%(n)s notifications marked as read.", n) % {"n": n}
    return done(request, words, reverse("notifications") + ("?all=true" if form.get("all") == "true" else ""))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    """Which kinds, where, when, and in which language. One query, and the roles'."""
    checked_query(request.GET, known=())
    user = signed_in(request)
    held = NotificationChoice.objects.filter(user=user).first()
    stored: dict[str, Any] = dict(held.kinds) if held else {}
    kinds = kinds_for({role for roles in roles_of(user).values() for role in roles})
    if request.method == "POST":
        # Without a mail server the page does not ask how, and what was chosen stays.
        sent = {
            kind.value: {
                "app": f"app-{kind.value}" in request.POST,
                "mail": request.POST.get(f"mail-{kind.value}") or choice_of(stored, kind).mail.value,
            }
            for kind in kinds
        }
        language = request.POST.get("language", held.language if held else "")
        notification_choose(user=user, language=language, kinds=stored | sent, at=timezone.now())
        return done(request, _("Your choice is saved."), reverse("notification-settings"))
    rows: list[tuple[Any, Choice]] = [(kind, choice_of(stored, kind)) for kind in kinds]
    refused = Notification.objects.filter(recipient=user).exclude(mail_error="").order_by("-pk")
    context = {
        "rows": rows,
        "times": MailWhen.choices,
        "languages": settings.LANGUAGES,
        "language": (held.language if held else "") or settings.LANGUAGE_CODE,
        "email_on": settings.EMAIL_ON,
        "trouble": refused.values_list("mail_error", flat=True).first() if settings.EMAIL_ON else None,
    }
    return render(request, "accounts/notification_settings.html", context)
