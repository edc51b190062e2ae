"""Sign-in and sign-out: safe ways on, demonstration accounts only in a demonstration, a lock against guessing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client, RequestFactory

from portal.public.guests import host_of
from projects_api.models import User
from tests.cast import Cast
from tests.portal.conftest import Page

Browser = Callable[..., Client]
LOGIN = "/accounts/login/"


def sign_in(client: Client, name: str, password: str = "", **more: str) -> Any:
    return client.post(LOGIN, {"username": name, "password": password or f"demo-{name}", **more})


def test_a_person_signs_in_is_named_and_signs_out(browser_of: Browser) -> None:
    client = browser_of()
    assert sign_in(client, "official").status_code == 302
    assert "name of official" in client.get("/").content.decode()
    assert "Internal School" in Page(client.get("/projects/"))
    assert client.get("/accounts/logout/").status_code == 405  # a link elsewhere cannot sign anybody out
    assert client.post("/accounts/logout/")["Location"] == "/"
    assert "Internal School" not in Page(client.get("/projects/"))


@pytest.mark.parametrize(
    ("given", "leads_to"),
    [
        ("/plans/", "/plans/"),
        ("/projects/?q=a&page=2", "/projects/?q=a&page=2"),
        ("", "/"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http:///evil.example", "/"),
        ("\x08//evil.example", "/"),
    ],
)
def test_next_leads_only_to_this_site(browser_of: Browser, given: str, leads_to: str) -> None:
    assert sign_in(browser_of(), "official", next=given)["Location"] == leads_to
    shown = Page(browser_of().get(LOGIN, {"next": given}))
    assert shown.status == 200
    assert (
        "evil.example" not in shown.html.partition("<main")[2] and "javascript:" not in shown.html.partition("<main")[2]
    )


def test_a_wrong_password_and_an_unknown_name_read_alike(browser_of: Browser) -> None:
    wrong, unknown = Page(sign_in(browser_of(), "official", "wrong")), Page(sign_in(browser_of(), "nobody", "wrong"))
    assert wrong.status == unknown.status == 200
    said = "Please enter a correct username and password"
    assert said in wrong and said in unknown
    assert "请输入一个正确的" in Page(sign_in(browser_of(language="zh-hans"), "official", "wrong"))


@pytest.mark.parametrize(("language", "title"), [("en", "Please wait"), ("zh-hans", "请稍候")])
def test_guessing_is_stopped_and_says_until_when(browser_of: Browser, language: str, title: str) -> None:
    client = browser_of(language=language)
    for _ in range(12):
        answer = sign_in(client, "official", "guess")
    assert answer.status_code == 429
    assert answer["Retry-After"] == "900"
    assert title in Page(answer)
    assert sign_in(client, "official").status_code == 429
    # Another address is another person: the owner is not locked out with the guesser.
    elsewhere = Client(headers={"host": "localhost"}, REMOTE_ADDR="203.0.113.9")
    assert sign_in(elsewhere, "official").status_code == 302


def test_behind_a_proxy_everybody_is_somebody_and_nobody_is_whom_they_say(settings: Any, cast: Cast) -> None:
    """The proxy is one address for all; what a sender writes before the proxy's word counts for nothing."""
    settings.PROXIES = 1

    def said(host: str, password: str = "") -> int:
        client = Client(headers={"host": "localhost", "x-forwarded-for": host}, REMOTE_ADDR="10.0.0.2")
        status: int = sign_in(client, "official", password).status_code
        return status

    for n in range(12):
        status = said(f"192.0.2.{n}, 203.0.113.9", "guess")
    assert status == 429, "another name for oneself at each guess"
    assert said("203.0.113.10") == 302, "the owner, through the same proxy"
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.2", HTTP_X_FORWARDED_FOR="192.0.2.1, 203.0.113.9, 10.0.0.3")
    for proxies, host in ((0, "10.0.0.2"), (1, "10.0.0.3"), (2, "203.0.113.9"), (4, "10.0.0.2")):
        settings.PROXIES = proxies
        assert host_of(request) == host


def test_demonstration_accounts_are_offered_and_work_only_in_a_demonstration(
    browser_of: Browser, cast: Cast, settings: Any
) -> None:
    User.objects.filter(username="engineer").update(is_demo=True)
    settings.DEMO = False
    page = Page(browser_of().get(LOGIN))
    assert "Accounts of the demonstration" not in page and "demo-engineer" not in page.html
    assert sign_in(browser_of(), "engineer").status_code == 200

    settings.DEMO = True
    page = Page(browser_of().get(LOGIN))
    assert "Accounts of the demonstration" in page and "Pucheng · Engineer" in page
    assert 'value="demo-engineer"' in page.html
    assert 'value="demo-official"' not in page.html  # not a demonstration account
    assert "Demonstration" in page.html.partition("<main")[0]
    client = browser_of()
    assert sign_in(client, "engineer").status_code == 302

    settings.DEMO = False  # turning it off ends their sessions
    assert "name of engineer" not in client.get("/").content.decode()


def test_staff_accounts_are_never_offered(browser_of: Browser, settings: Any) -> None:
    settings.DEMO = True
    User.objects.filter(username="superuser").update(is_demo=True)
    assert "demo-superuser" not in Page(browser_of().get(LOGIN)).html


def test_a_form_from_elsewhere_is_refused_readably(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True, headers={"host": "localhost", "accept-language": "zh-hans"})
    page = Page(sign_in(client, "official"))
    assert page.status == 403
    assert "表单已过期" in page
    assert "<style" not in page.html
