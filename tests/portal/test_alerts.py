"""E-mail alerts without an account: through the pages and a real mail server. Nothing before it is confirmed, nothing after it
is stopped, only what is public, and no way to use it against somebody else.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from projects_api.filtersets import public_projects
from projects_api.models import Alert, LedgerEntry, Throttle
from projects_api.services import throttle
from projects_api.services.alert_mail import deliver_alerts
from projects_api.services.milestones import milestone_change
from projects_api.services.projects import project_change
from projects_api.tasks import tidy
from tests.cast import PRIVATE, Cast
from tests.mail import Sink, mail_server, sent_to

pytestmark = pytest.mark.once  # words and forms; what is behind them is tried on both engines (tests/api, tests/record)

PARENT = "parent@example.cn"
Later = Callable[..., int]


@pytest.fixture
def sink() -> Iterator[Sink]:
    with mail_server() as server:
        yield server


@pytest.fixture
def later(cast: Cast, sink: Sink, settings: Any) -> Later:
    """The product with a mail server; what its worker sends so much later."""
    sent_to(sink, settings)

    def work(**passed: float) -> int:
        at = timezone.now() + timedelta(**passed)
        return deliver_alerts(at=at, clock=lambda: at, search=public_projects)

    return work


@pytest.fixture
def client(browser_of: Callable[..., Client]) -> Client:
    return browser_of()


def sign_up(client: Client, query: str, address: str = PARENT, **more: str) -> Any:
    return client.post(f"/alerts/?{query}", {"address": address, "how": "now", **more})


def link_in(letter: EmailMessage, what: str = "") -> str:
    found = re.search(rf"https://works\.example\.cn(/(?:en|zh)/alerts/{what}\S+)", letter.get_content())
    assert found, letter.get_content()
    return found[1]


def confirmed(client: Client, sink: Sink, later: Later, query: str, address: str = PARENT, **more: str) -> Alert:
    assert sign_up(client, query, address, **more).status_code == 303
    assert later() == 1
    assert client.post(link_in(sink.to(address)[-1], "confirm/")).status_code == 200
    return Alert.objects.get(address=address, confirmed_at__isnull=False)


def moved(cast: Cast, day: date, code: str = "", key: str = "topping_out") -> None:
    milestone_change(
        project_id=cast.project(code or cast.published).pk, key=key, actor=cast.user("official"), at=timezone.now(),
        expected=None, changes={"planned": day}, reason=f"{PRIVATE} reason",
    )  # fmt: skip


def test_from_the_project_page_to_the_mail_and_out_again(
    cast: Cast, client: Client, later: Later, sink: Sink, visit: Any
) -> None:
    assert f"/alerts/?project={cast.published}" in visit(f"/projects/{cast.published}/").html
    assert f"/alerts/?project={cast.unpublished}" not in visit(f"/projects/{cast.unpublished}/", "official").html
    page = visit(f"/alerts/?project={cast.published}")
    assert "Public School of Pucheng" in page and "Nothing is sent before you have confirmed it" in page
    answer = sign_up(client, f"project={cast.published}", f" {PARENT.upper()} ")
    assert (answer.status_code, answer["Location"]) == (303, "/alerts/sent/")
    moved(cast, date(2030, 1, 1))
    assert later() == 1, "only the letter that asks"
    (asks,) = sink.to(PARENT)
    assert asks["Subject"].strip() == "[SchoolWorks] Please confirm: e-mails about school construction"
    confirm = link_in(asks, "confirm/")
    assert "Do you want these e-mails?" in client.get(confirm).content.decode(), "looking at it does nothing"
    assert Alert.objects.get().confirmed_at is None and later(minutes=20) == 0
    assert client.post(confirm).status_code == client.post(confirm).status_code == 200
    assert later(minutes=30) == 0, "what was before is not told"
    moved(cast, date(2030, 5, 6))
    assert later() == 1 and later(minutes=30) == 0, "once"
    news = sink.to(PARENT)[-1]
    assert news["Subject"].strip() == "[SchoolWorks] Public School of Pucheng Education Bureau: what has changed"
    text = news.get_content()
    assert "6 May 2030" in text and f"https://works.example.cn/en/projects/{cast.published}/" in text
    assert PRIVATE not in text and "2029" not in text
    stop = link_in(news)
    assert news["List-Unsubscribe"].strip() == f"<https://works.example.cn{stop}>"
    assert news["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert client.get(stop).status_code == 200 and Alert.objects.count() == 1, "a robot that looks stops nothing"
    strict = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
    answer = strict.post(stop, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and not Alert.objects.exists(), "the address is gone"
    moved(cast, date(2030, 6, 7))
    assert later(hours=1) == 0
    assert "No more e-mails" in client.get(stop).content.decode()
    assert client.post(confirm).status_code == 404 and client.get(stop[:-4] + "abc/").status_code == 404
    history = LedgerEntry.objects.values_list("patch", flat=True)
    assert PARENT not in str(list(history)), "never in the ledger"


def test_in_chinese_for_a_search_once_a_day_and_once_a_week(
    cast: Cast, browser_of: Any, later: Later, sink: Sink
) -> None:
    client = browser_of(language="zh-hans")
    confirmed(client, sink, later, "bureau=610526&status=&page=2", how="daily")
    weekly = confirmed(browser_of(), sink, later, "q=public&region=411525", "weekly@example.cn", how="weekly")
    assert "public" not in sink.to("weekly@example.cn")[0].get_content().lower(), "a sign-up cannot carry a text"
    moved(cast, date(2030, 1, 1))
    moved(cast, date(2030, 2, 2))
    moved(cast, date(2030, 3, 3), cast.gushi_published)
    moved(cast, date(2030, 4, 4), cast.unpublished)
    assert later() == 0, "not at once"
    assert later(days=1) == 1 and later(days=1) == 0
    letter = sink.to(PARENT)[-1]
    text = letter.get_content()
    assert "公开小学" in letter["Subject"] and "2030年2月2日" in text and "2030年1月1日" in text
    assert "3月3日" not in text and "4月4日" not in text and "内部小学" not in text
    assert weekly.next_attempt_at and timezone.localtime(weekly.next_attempt_at).strftime("%A %H") == "Monday 07"
    assert later(days=7) == 1
    assert "3 March 2030" in sink.to("weekly@example.cn")[-1].get_content()


def test_what_is_unpublished_before_it_is_sent_is_not_told(
    cast: Cast, client: Client, later: Later, sink: Sink
) -> None:
    confirmed(client, sink, later, "bureau=610526")
    moved(cast, date(2030, 1, 1))
    project_change(
        project_id=cast.project().pk, actor=cast.user("official"), at=timezone.now(), expected=None,
        changes={"published": False}, reason="a mistake",
    )  # fmt: skip
    assert later() == 0 and later(days=1) == 0
    assert len(sink.to(PARENT)) == 1


def test_a_letter_sent_again_is_the_same_letter(cast: Cast, client: Client, later: Later, sink: Sink) -> None:
    confirmed(client, sink, later, "")
    moved(cast, date(2030, 1, 1))
    sink.drops_after_data = True
    assert later() == 0
    moved(cast, date(2030, 2, 2))
    sink.drops_after_data = False
    assert later(minutes=30) == 1
    _asks, first, second = sink.to(PARENT)
    assert first["Message-ID"] == second["Message-ID"] and first.get_content() == second.get_content()
    assert later(hours=1) == 1 and "2 February 2030" in sink.to(PARENT)[-1].get_content()


def test_nobody_is_flooded_and_nobody_learns_who_is_known(
    cast: Cast, client: Client, later: Later, sink: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    confirmed(client, sink, later, f"project={cast.published}")
    answers = [
        sign_up(client, query, address)
        for query in (f"project={cast.published}", "bureau=610526", "q=a", "q=b", "q=c", "q=d")
        for address in (PARENT, "other@example.cn")
    ]
    assert {(a.status_code, a["Location"], a.content) for a in answers} == {(303, "/alerts/sent/", b"")}
    assert Alert.objects.filter(address="other@example.cn").count() == 3, "no more than that wait"
    assert later() == 1, "to the other one; the known address had its letter within the hour"
    sent_at = len(sink.to(PARENT))
    assert later(minutes=61) == 2 and later(minutes=119) == 0
    assert len(sink.to(PARENT)) == sent_at + 1
    told = [letter["Subject"].strip() for letter in sink.to(PARENT)]
    assert "[SchoolWorks] You get these e-mails already" in told
    for hour in range(3, 30):
        later(hours=hour)
    assert len(sink.to("other@example.cn")) == 3
    for n in range(40):
        last = sign_up(client, "q=x", f"victim{n}@example.cn", website="")
    assert last.status_code == 429 and int(last["Retry-After"]) > 0
    assert sign_up(client, "q=x", PARENT, HTTP_X_FORWARDED_FOR="192.0.2.9").status_code == 429
    kept = str(list(Throttle.objects.values()))
    assert "127.0.0.1" not in kept and "example.cn" not in kept and "example.cn" not in caplog.text


def test_a_stranger_who_signs_it_up_again_puts_no_letter_off(
    cast: Cast, client: Client, later: Later, sink: Sink
) -> None:
    def o_clock(hour: int, minute: int = 0) -> Any:
        return time_machine.travel(
            datetime(2026, 11, 3, hour, minute, tzinfo=timezone.get_current_timezone()), tick=False
        )

    with o_clock(6):
        confirmed(client, sink, later, f"project={cast.published}", how="daily")
        moved(cast, date(2030, 2, 2))
    with o_clock(6, 30):
        sign_up(client, f"project={cast.published}")
    with o_clock(7):
        assert later() == 2, "that there is nothing to confirm, and the letter of this morning"
        assert "2 February 2030" in sink.to(PARENT)[-1].get_content()


@pytest.mark.parametrize(
    "address",
    ["parent@example.cn\r\nBcc: all@example.cn", "parent@example.cn\x00", "a@b", "a@[127.0.0.1]", "", "x" * 300 + "@e.cn",
     "家长@example.cn", "\u202ea@example.cn", '"a b"@example.cn', "a@example.cn,b@example.cn"],
)  # fmt: skip
def test_what_is_no_address_is_refused_at_its_field(client: Client, later: Later, address: str) -> None:
    answer = sign_up(client, "", address)
    assert answer.status_code == 400 and 'id="address-fault-1"' in answer.content.decode()
    assert not Alert.objects.exists()


def test_other_bad_input(cast: Cast, client: Client, later: Later, sink: Sink) -> None:
    for query, status in {
        f"project={cast.unpublished}": 404, "project=no-such": 404, "published=true": 400, "color=red": 400,
        "status=none": 400, "q=%00": 400, "near=999,NaN": 400, "q=" + "x" * 300: 400,
    }.items():  # fmt: skip
        assert (client.get(f"/alerts/?{query}").status_code, query) == (status, query)
        assert sign_up(client, query).status_code == status
    assert sign_up(client, "", how="hourly").status_code == 400
    assert sign_up(client, "", website="https://spam.example").status_code == 303, "a robot is not told"
    strict = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
    assert sign_up(strict, "").status_code == 403
    assert not Alert.objects.exists() and later() == 0
    alert = confirmed(client, sink, later, "q=%3Cb%3E%7B%7B7*191%7D%7D")
    stop = link_in(sink.to(PARENT)[-1].get_content() and _news(cast, later, sink, alert))
    page = client.get(stop).content.decode()
    assert "&lt;b&gt;{{7*191}}" in page and "<b>{{" not in page
    assert client.post(stop, {"act": "change", "how": "weekly"}).status_code == 303
    assert client.post(stop, {"act": "explode"}).status_code == 400
    assert Alert.objects.get().how == "weekly"


def _news(cast: Cast, later: Later, sink: Sink, alert: Alert) -> EmailMessage:
    Alert.objects.filter(pk=alert.pk).update(scope="")
    moved(cast, date(2030, 1, 1))
    assert later() == 1
    Alert.objects.filter(pk=alert.pk).update(scope=alert.scope)
    return sink.to(PARENT)[-1]


def test_what_is_not_confirmed_or_refused_for_good_is_forgotten(
    cast: Cast, client: Client, later: Later, sink: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    sign_up(client, "")
    Alert.objects.update(made_at=timezone.now() - timedelta(days=2, minutes=1))
    Throttle.objects.update(since=timezone.now() - timedelta(days=2))
    swept: Any = tidy.func()
    assert (swept["alerts"], swept["limits"]) == (1, 3) and not Alert.objects.exists()
    sink.unknown = {PARENT}
    sign_up(client, "")
    with caplog.at_level(logging.DEBUG):
        for day in range(8):
            later(days=day)
    assert not Alert.objects.exists() and "refuses the address of alert" in caplog.text
    assert PARENT not in caplog.text


def test_without_a_mail_server_the_page_says_so(cast: Cast, client: Client, visit: Any) -> None:
    assert "/alerts/" not in visit(f"/projects/{cast.published}/").html
    assert "This installation sends no e-mails." in visit("/alerts/")
    assert sign_up(client, "").status_code == 409 and not Alert.objects.exists()


@pytest.mark.parametrize(
    ("host", "network"),
    [("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3::4", "2001:db8:1:2::"), ("x", ""),
     (None, "")],
)  # fmt: skip
def test_a_customer_is_counted_whole(host: str | None, network: str) -> None:
    assert throttle.network_of(host) == network


def test_a_limit_ends_with_its_window(cast: Cast) -> None:
    limit, at = (
        throttle.Limit("test", 2, timedelta(hours=1)),
        datetime(2026, 1, 1, tzinfo=timezone.get_default_timezone()),
    )
    turns = [throttle.take(limit, "a", at=at + timedelta(minutes=n)) for n in (0, 1, 2, 59, 60, 61, 62)]
    assert turns == [True, True, False, False, True, True, False]
    assert throttle.take(limit, "b", at=at)


def test_a_letter_and_every_link_in_it_speak_the_language_that_was_asked_in(
    cast: Cast, browser_of: Callable[..., Client], client: Client, later: Later, sink: Sink
) -> None:
    """Asked on a Chinese page: the letter, and where it leads, are Chinese also in a browser that prefers English."""
    assert (
        browser_of(language="zh-hans").post("/alerts/?plan=610526-2023", {"address": PARENT, "how": "now"}).status_code
        == 303
    )
    assert later() == 1
    (asks,) = sink.to(PARENT)
    assert asks["Subject"].strip().startswith("[校建通] 请确认") and "SchoolWorks" not in asks["Subject"]
    confirm = link_in(asks, "confirm/")
    assert confirm.startswith("/zh/") and "确认" in client.get(confirm).content.decode()
    assert client.post(confirm).status_code == 200
    moved(cast, date(2030, 5, 6))
    moved(cast, date(2030, 5, 7), cast.gushi_published)
    assert later(minutes=20) == 1
    text = sink.to(PARENT)[-1].get_content()
    assert f"https://works.example.cn/zh/projects/{cast.published}/" in text and cast.gushi_published not in text
    assert not re.search(r"example\.cn/(?!zh/)", text) and "2030年5月6日" in text


def test_an_annual_plan_is_told_of_by_its_name_if_it_is_public(cast: Cast, later: Later, visit: Any) -> None:
    assert "/alerts/?plan=610526-2023" in visit("/plans/610526-2023/").html
    titles = {plan.year: plan.title for plan in cast.bureau().plans.all()}
    assert titles[2023] in visit("/alerts/?plan=610526-2023")
    hidden = visit("/alerts/?plan=610526-2024")
    assert "an annual plan" in hidden and titles[2024] not in hidden
