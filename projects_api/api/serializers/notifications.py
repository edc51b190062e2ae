"""Notifications on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from projects_api.api.serializers.fields import Count, StrictSerializer
from projects_api.choices import NotificationKind
from projects_api.models import Notification
from projects_api.selectors.facts import Document
from projects_api.selectors.notification_words import path, sentence

LARGEST = 2**62


class NotificationOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=NotificationKind.choices)
    project = serializers.CharField()
    title = serializers.CharField(help_text="The project's.")
    text = serializers.CharField(help_text="In the reader's language.")
    facts = serializers.DictField(help_text="What the text is made of.")
    url = serializers.CharField(help_text="The page that it is about.")
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


def notification_out(notification: Notification) -> Document:
    """Needs ``project`` loaded."""
    return {
        "id": notification.pk,
        "kind": notification.kind,
        "project": notification.project.code,
        "title": notification.project.title,
        "text": sentence(notification),
        "facts": notification.facts,
        "url": path(notification),
        "created_at": notification.created_at,
        "read_at": notification.read_at,
    }


class ReadInput(StrictSerializer):
    """Either some by their ids, or all up to one that was seen: what came in since stays unread."""

    ids = serializers.ListField(
        child=Count(min_value=1, max_value=LARGEST), required=False, min_length=1, max_length=200
    )
    up_to = Count(min_value=0, max_value=LARGEST, required=False)


class ReadOut(serializers.Serializer[Any]):
    marked = serializers.IntegerField(help_text="How many of them were unread.")
    unread = serializers.IntegerField(help_text="How many are left.")
