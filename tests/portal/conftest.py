"""The pages as the standing cast (`tests.cast`) meets them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from tests.cast import PUBLIC, Cast, _standing, cast

__all__ = ["Page", "_standing", "cast"]

BACKEND = "projects_api.services.sign_in.AccountBackend"


class Page:
    """An answer as a reader sees it."""

    def __init__(self, response: Any) -> None:
        self.response = response
        self.status: int = response.status_code
        self.html: str = response.content.decode()

    @property
    def text(self) -> str:
        """The words of the page without markup, spaces as one."""
        main = self.html.partition("<main")[2] or self.html
        without = re.sub(r"<(script|style)\b.*?</\1>", " ", main, flags=re.DOTALL)
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", without))).strip()

    def __contains__(self, words: str) -> bool:
        return words in self.text

    def __repr__(self) -> str:
        return f"<{self.status}: {self.text[:800]}>"


@pytest.fixture
def browser_of(cast: Cast) -> Callable[..., Client]:
    """A browser with its cookies, signed in or not."""

    def make(person: str = PUBLIC, language: str = "en", **options: Any) -> Client:
        client = Client(headers={"host": "localhost", "accept-language": language}, **options)
        if person != PUBLIC:
            client.force_login(cast.user(person), backend=BACKEND)
        return client

    return make


@pytest.fixture
def visit(browser_of: Callable[..., Client]) -> Callable[..., Page]:
    def get(path: str, person: str = PUBLIC, language: str = "en") -> Page:
        return Page(browser_of(person, language).get(path))

    return get
