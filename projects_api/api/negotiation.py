"""What is spoken: JSON, and where a view says so its own format. Everything else that a client insists on is 406."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.utils.mediatypes import media_type_matches, order_by_precedence

PROBLEM = "application/problem+json"


class Negotiation(DefaultContentNegotiation):
    """The one renderer writes every answer; ``view.speaks`` names what else than JSON the view answers with."""

    def __init__(self, *speaks: str) -> None:
        self.speaks = ("application/json", PROBLEM, *speaks)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        for wanted in order_by_precedence(self.get_accept_list(request)):
            for accepted in wanted:
                if any(media_type_matches(spoken, accepted) for spoken in self.speaks):
                    only = next(iter(renderers))
                    return only, only.media_type
        chosen: tuple[Any, str] = super().select_renderer(request, renderers, format_suffix)
        return chosen
