"""Questions of the public: from the form to the answer, through pages, API, ledger and a real mail server. Nothing is public
before an official has released it, nothing personal ever, and nobody is flooded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from projects_api.masking import MASK, find, mask
from projects_api.models import Bureau, LedgerEntry, Notification, Question, Throttle, User
from projects_api.selectors.verify import verify
from projects_api.services import form_tokens, photo_files
from projects_api.services.bureaus import publishing_change
from projects_api.services.form_tokens import form_token, worked
from projects_api.services.notification_sweep import sweep
from projects_api.services.projects import project_change
from projects_api.services.question_mail import deliver_answers
from projects_api.services.questions import sweep_questions
from tests.cast import Api, Cast, api
from tests.mail import Sink, mail_server, sent_to
from tests.photo_files import bomb, exif, picture
from tests.portal.conftest import Page

__all__ = ["api"]

pytestmark = pytest.mark.once  # words and forms; what is behind them is tried on both engines (tests/api, tests/record)
PARENT, NAME, PHONE = "parent@example.cn", "王小明", "13912345678"
WORDS = f"Which bus will go there? My number is {PHONE}, ask for {PARENT}."


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path, cast: Cast) -> None:
    location = {"location": str(tmp_path), "allow_overwrite": True}
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": location}
    }


@pytest.fixture
def sink() -> Iterator[Sink]:
    with mail_server() as server:
        yield server


@pytest.fixture
def later(sink: Sink, settings: Any) -> Callable[..., int]:
    sent_to(sink, settings)

    def work(**passed: float) -> int:
        at = timezone.now() + timedelta(**passed)
        return deliver_answers(at=at, clock=lambda: at)

    return work


@pytest.fixture
def client(browser_of: Callable[..., Client]) -> Client:
    return browser_of()


@pytest.fixture(autouse=True)
def _little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser does the whole of it in `test_questions_in_the_browser`."""
    monkeypatch.setattr(form_tokens, "BITS", 8)


def token(cast: Cast, code: str = "", *, age: float = 60) -> str:
    return form_token(f"question.{code or cast.published}", at=timezone.now() - timedelta(seconds=age))


def ask(client: Client, cast: Cast, text: str = WORDS, *, code: str = "", work: bool = True, **more: Any) -> Any:
    made = more.pop("token", None) or token(cast, code)
    done = next(str(n) for n in count() if worked(made, str(n))) if work else ""
    form = {"token": made, "work": done, "kind": "question", "text": text, "crs": "EPSG:4326", **more}
    return client.post(f"/projects/{code or cast.published}/questions/new/", form)


def act(client: Client, question: Question, what: str, **more: Any) -> Page:
    """What somebody does who has the page before them as it stands."""
    form = {"act": what, "version": Question.objects.get(pk=question.pk).version, **more}
    return Page(client.post(f"/office/questions/{question.pk}/", form, follow=True))


def everywhere(visit: Any, api: Callable[..., Api], cast: Cast) -> str:
    """All that anybody reads about the project."""
    P = cast.published
    pages = [visit(path).html for path in (f"/projects/{P}/", f"/projects/{P}/questions/")]
    return " ".join([*pages, *(api().get(f"projects/{P}/{part}").text for part in ("", "history/", "questions/"))])


def test_from_the_form_to_the_answer_in_public(
    cast: Cast, client: Client, browser_of: Any, visit: Any, api: Any, later: Any, sink: Sink
) -> None:
    P = cast.published
    page = visit(f"/projects/{P}/questions/new/")
    assert "Pucheng Education Bureau looks at it, publishes it and answers here by" in page
    photo = SimpleUploadedFile("a.jpg", picture(exif=exif(position=(109.6, 34.95), words=NAME)), "image/jpeg")
    answer = ask(
        client, cast, name=NAME, email=PARENT, place="109.6, 34.95", photo=photo, kind="observation",
    )  # fmt: skip
    assert (answer.status_code, answer["Location"]) == (303, f"/projects/{P}/questions/sent/")
    question = Question.objects.get()
    assert not question.careful and question.photo and question.due_on > timezone.localdate()
    entries = LedgerEntry.objects.count()
    before = everywhere(visit, api, cast)
    assert "Which bus" not in before and "1 not looked at yet" in visit(f"/projects/{P}/questions/")
    assert client.get(f"/projects/{P}/questions/1/photo.jpg").status_code == 404
    told = {row.recipient.username for row in Notification.objects.filter(kind="question_waiting")}
    assert told == {"official", "bureau_admin"}
    assert not any("Which bus" in str(row.facts) for row in Notification.objects.all()), "nobody has looked at it yet"

    office = browser_of("official")
    assert "1 waits to be looked at" in Page(office.get("/office/"))
    shown = Page(office.get(f"/office/questions/{question.pk}/"))
    assert f"<mark>{PHONE}</mark>" in shown.html and NAME in shown and PARENT in shown
    assert "It is assigned" not in act(office, question, "assign", assignee="engineer")
    engineer = browser_of("engineer")
    assert Notification.objects.get(kind="question_assigned").recipient.username == "engineer"
    assert "Which bus will go there" in Page(engineer.get("/office/questions/?list=mine"))
    assert act(engineer, question, "answer", answer="In autumn.").status == 403, "the office publishes"
    assert "The proposed answer is with the office" in act(engineer, question, "draft", answer="In autumn.")
    assert LedgerEntry.objects.count() == entries, "nothing of it is public, nothing in the ledger"

    assert "The question is public" in act(office, question, "release", with_photo="on", with_place="on")
    read = everywhere(visit, api, cast)
    assert "Which bus will go there? My number is [***], ask for [***]." in read and "34.95000° N" in read
    file = client.get(f"/projects/{P}/questions/1/photo.jpg")
    assert file.status_code == 200 and NAME.encode() not in file.getvalue()
    assert "In autumn" not in read
    assert "In autumn." in Page(office.get(f"/office/questions/{question.pk}/")).html, "as the engineer proposed"
    refused = act(office, question, "answer", answer="In autumn. Call 029-8765 4321.")
    assert refused.status == 409 and "029-8765 4321" in refused
    assert "The answer is public" in act(
        office, question, "answer", answer="In autumn. Call 029-8765 4321.", confirm="on"
    )
    read = everywhere(visit, api, cast)
    assert "In autumn. Call 029-8765 4321." in read and "1 answered, 1 of them in time" in visit(
        f"/projects/{P}/questions/"
    )
    assert "Question 1 of the public answered: In autumn" in visit(f"/projects/{P}/")
    for secret in (PHONE, PARENT, NAME):
        assert secret not in read
        assert secret not in str(list(LedgerEntry.objects.values())), "never in the ledger"
    assert "Which bus" not in str(list(LedgerEntry.objects.values())), "no word of the asker's either"
    assert later() == 0, "for a while it can be taken back"
    assert later(minutes=11) == 1 and later(days=1) == 0
    (letter,) = sink.to(PARENT)
    text = letter.get_content()
    assert "In autumn." in text and f"https://works.example.cn/en/projects/{P}/questions/#question-1" in text
    assert PHONE not in text and Question.objects.get().email == ""
    row = api().get(f"projects/{P}/questions/").ok()[0]
    entry = LedgerEntry.objects.filter(action="question.release").get()
    assert row["proof"] in str(entry.patch) and entry.public
    assert verify().sound
    Question.objects.update(decided_at=timezone.now() - timedelta(days=31))
    assert sweep_questions(at=timezone.now()) == 1 and PHONE not in str(Question.objects.values().get())
    assert read == everywhere(visit, api, cast) and sweep_questions(at=timezone.now()) == 0


def test_refused_unwanted_taken_back_and_undone(
    cast: Cast, client: Client, browser_of: Any, visit: Any, api: Any, later: Any, sink: Sink
) -> None:
    office = browser_of("bureau_admin", language="zh-hans")
    for words in ("Buy pills at https://spam.example", "A quarrel about my neighbour", "Why so late?"):
        assert ask(client, cast, words, email=PARENT).status_code == 303
    spam, quarrel, late = Question.objects.order_by("asked_at")
    act(office, spam, "spam")
    assert act(office, quarrel, "refuse").status == 400, "a refusal says why"
    act(office, quarrel, "refuse", reason="This is about people.")
    act(office, late, "release")
    assert "Why so late?" in everywhere(visit, api, cast)
    act(office, late, "answer", answer="Because of the rain.")
    assert act(office, late, "reopen").status == 409, "an answer is taken back with a reason, or corrected"
    act(office, late, "refuse", reason="Answered by mistake.")
    read = everywhere(visit, api, cast)
    assert "Why so late?" not in read and "Question 1 is no longer public." in visit(f"/projects/{cast.published}/")
    act(office, late, "reopen")
    act(office, late, "release")
    assert "Why so late?" in everywhere(visit, api, cast) and Question.objects.get(pk=late.pk).number == 1
    act(office, spam, "reopen")
    act(office, spam, "spam")
    assert act(browser_of("official"), quarrel, "release").status == 409, "somebody else has decided"
    assert later(minutes=11) == 1
    (letter,) = sink.to(PARENT)
    assert "This is about people." in letter.get_content() and "neighbour" not in letter.get_content()
    Question.objects.update(decided_at=timezone.now() - timedelta(days=31))
    sweep_questions(at=timezone.now())
    assert list(Question.objects.values_list("pk", flat=True)) == [late.pk]
    assert verify().sound


def test_of_two_officials_the_second_is_told_and_loses_nothing(
    cast: Cast, client: Client, browser_of: Callable[..., Client]
) -> None:
    """Two pages of one question, whatever is done on either: what was never released leaves no entry in the ledger, either."""
    ask(client, cast)
    question = Question.objects.get()
    here = f"/office/questions/{question.pk}/"
    one, two = browser_of("official"), browser_of("bureau_admin")

    def seen() -> str:
        found = re.search(r'name="version" value="(\d+)"', two.get(here).content.decode())
        assert found
        return found[1]

    def late(version: str, what: str, **more: Any) -> Page:
        page = Page(two.post(here, {"act": what, "version": version, **more}))
        assert page.status == 412 and "Somebody else dealt with this question meanwhile" in page, what
        assert "What stands now" in page
        return page

    before = seen()
    assert "Saved." in act(one, question, "assign", assignee="engineer")
    page = late(before, "assign", assignee="supervisor")
    assert 'value="supervisor" selected' in page.html, "as it was chosen"
    assert Question.objects.get().assignee == cast.user("engineer")
    for what in ("release", "spam", "refuse"):
        late(before, what, reason="Not ours.")

    before = seen()
    assert "The answer is public." in act(one, question, "answer", answer="In autumn.")
    page = late(before, "answer", answer="In spring, I think.")
    assert "In autumn." in page and "In spring, I think.</textarea>" in page.html
    assert Question.objects.get().answer == "In autumn."
    page = late(before, "refuse", reason="Asked twice.")
    assert 'value="Asked twice."' in page.html

    # Corrected on both pages: the conflict goes on from what stands now, so sending it again is meant.
    before = seen()
    assert "The answer is public." in act(one, question, "answer", answer="In October.")
    page = late(before, "answer", answer="In November.")
    found = re.search(r'name="version" value="(\d+)"', page.html)
    assert found and found[1] == str(Question.objects.get().version)
    sent = {"act": "answer", "version": found[1], "answer": "In November."}
    assert "The answer is public." in Page(two.post(here, sent, follow=True))

    # Withdrawn meanwhile: there is no field for it any more, and the words are still there.
    before = seen()
    act(one, question, "refuse", reason="Not ours.")
    page = late(before, "answer", answer="A long answer.")
    assert "What you wrote" in page and "A long answer." in page
    # A report of the site is no conflict: nobody's answer waits for it.
    before = seen()
    project_change(
        project_id=question.project_id, actor=None, at=timezone.now(), expected=None, changes={"places": 901}
    )
    assert "It waits again" in Page(two.post(here, {"act": "reopen", "version": before}, follow=True))
    assert Page(two.post(here, {"act": "release"})).status == 400, "a form without its version"


def test_who_may_see_and_do_what(cast: Cast, client: Client, browser_of: Any) -> None:
    ask(client, cast)
    question = Question.objects.get()
    for who, status in {
        "official": 200, "bureau_admin": 200, "superuser": 200, "supervisor": 404, "engineer": 404, "viewer": 404,
        "gushi_official": 404, "stranger": 404,
    }.items():  # fmt: skip
        found = browser_of(who)
        assert (found.get(f"/office/questions/{question.pk}/").status_code, who) == (status, who)
        if status == 404:
            assert act(found, question, "release").status == 404
    assert act(browser_of("official"), question, "assign", assignee="gushi_engineer").status == 400
    assert Question.objects.get().state == "waiting" and Question.objects.get().assignee is None


def test_the_term_is_counted_shown_and_told(cast: Cast, client: Client, browser_of: Any, visit: Any) -> None:
    publishing_change(
        bureau_id=cast.bureau().pk, actor=cast.user("bureau_admin"), at=timezone.now(), expected=None,
        rules={"answer_days": 3},
    )  # fmt: skip
    assert "within 3 working days" in visit(f"/projects/{cast.published}/questions/")
    ask(client, cast)
    question = Question.objects.get()
    act(browser_of("official"), question, "release")
    Question.objects.update(due_on=timezone.localdate() - timedelta(days=1))
    page = visit(f"/projects/{cast.published}/questions/")
    assert "1 not answered yet, 1 overdue" in page and "overdue since" in page
    assert "1 overdue" in visit("/office/", "official")
    sweep(at=timezone.now())
    assert sweep(at=timezone.now()) == 0
    told = Notification.objects.filter(kind="question_overdue")
    assert {row.recipient.username for row in told} == {"official", "bureau_admin"}
    publishing_change(
        bureau_id=cast.bureau().pk, actor=cast.user("bureau_admin"), at=timezone.now(), expected=None,
        rules={"answer_days": 0},
    )  # fmt: skip
    assert "This bureau takes no questions here." in visit(f"/projects/{cast.published}/questions/new/")
    assert ask(client, cast).status_code == 409


def test_overdue_is_by_the_day_of_the_bureau(
    cast: Cast, client: Client, browser_of: Any, api: Callable[..., Api]
) -> None:
    """On the office's pages and over the API, as on the project's page: a reader elsewhere is told no other day."""
    ask(client, cast)
    Question.objects.update(due_on=date(2026, 11, 1))
    question, office = Question.objects.get(), browser_of("official")
    Bureau.objects.filter(pk=cast.bureau().pk).update(time_zone="Asia/Urumqi")
    for hour, overdue in ((17, False), (18, True)):  # 2 November begins in Shanghai at 16, in Ürümqi at 18
        with time_machine.travel(datetime(2026, 11, 1, hour, 30, tzinfo=UTC), tick=False):
            pages = [Page(office.get(f"/office/questions/{path}")) for path in ("?list=waiting", f"{question.pk}/")]
            assert ["overdue since" in page for page in pages] == [overdue] * 2
            assert len(api("official").get("questions/?list=overdue").ok()["results"]) == overdue
            assert api("official").get("questions/").ok()["results"][0]["overdue"] is overdue


def test_bad_input(cast: Cast, client: Client, visit: Any, browser_of: Any, caplog: Any) -> None:
    for text in ("", "  a ", "x" * 10_000, "nul\x00nul", "\u202eabcdef", "​" * 20):
        answer = ask(client, cast, text)
        assert answer.status_code == 400 and 'id="text-fault-1"' in answer.content.decode(), text
    for more, field in (
        ({"place": "121.5, 31.2"}, "place"), ({"place": "NaN, 1e999"}, "place"),
        ({"crs": "EPSG:1", "place": "109.6, 34.95"}, "crs"),
        ({"email": "a@b.cn\r\nBcc: all@example.cn"}, "email"), ({"name": "a\nb"}, "name"), ({"kind": "order"}, "kind"),
        ({"photo": SimpleUploadedFile("a.svg", b"<svg/>", "image/svg+xml")}, "photo"),
        ({"photo": SimpleUploadedFile("a.jpg", b"GIF89a", "image/jpeg")}, "photo"),
        ({"photo": SimpleUploadedFile("a.png", bomb(), "image/png")}, "photo"),
    ):  # fmt: skip
        answer = ask(client, cast, **more)
        assert (answer.status_code, field) == (400, field)
        assert f'id="{field}-fault-1"' in answer.content.decode(), field
    huge = client.generic(
        "POST", f"/projects/{cast.published}/questions/new/", b"", "multipart/form-data", CONTENT_LENGTH=str(2**30)
    )
    assert huge.status_code == 413, "before a byte of it is read"
    for age in (0, 100_000):
        stale = ask(client, cast, token=token(cast, age=age))
        assert (
            stale.status_code == 400
            and "send it again" in stale.content.decode()
            and "Which bus" in stale.content.decode()
        )
    assert ask(client, cast, token=token(cast, cast.gushi_published)).status_code == 400, "another project's form"
    assert ask(client, cast, website="x").status_code == 303, "a robot is not told"
    assert ask(client, cast, code=cast.unpublished).status_code == ask(client, cast, code="no-such").status_code == 404
    assert ask(Client(headers={"host": "localhost"}, enforce_csrf_checks=True), cast).status_code == 403
    assert not Question.objects.exists()
    Throttle.objects.all().delete()
    evil = "<script>alert(1)</script> {{7*191}} https://spam.example/x ${1}"
    ask(client, cast, evil)
    act(browser_of("official"), Question.objects.get(), "release")
    html = visit(f"/projects/{cast.published}/questions/").html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*191}} https://spam.example/x ${1}" in html
    assert 'href="https://spam' not in html
    assert visit(f"/projects/{cast.published}/questions/?page=2").status == 404
    assert PARENT not in caplog.text


def test_sent_twice_it_is_one_and_nobody_is_flooded(cast: Cast, client: Client) -> None:
    once = token(cast)
    for _time in range(3):
        assert ask(client, cast, token=once).status_code == 303
    assert Question.objects.count() == 1 == Notification.objects.filter(recipient=cast.user("official")).count()
    statuses = [ask(client, cast, f"Without work {n}", work=False).status_code for n in range(5)]
    assert statuses == [303, 303, 303, 429, 429]
    assert Question.objects.filter(careful=True).count() == 3
    for n in range(8):
        last = ask(client, cast, f"With work {n}")
    assert last.status_code == 429 and "With work 7" in last.content.decode() and int(last["Retry-After"]) > 0
    assert Question.objects.count() == 10


def test_a_photo_is_forgotten_with_what_it_came_with(cast: Cast, client: Client, browser_of: Any) -> None:
    ask(client, cast, photo=SimpleUploadedFile("a.jpg", picture(), "image/jpeg"))
    question = Question.objects.get()
    seen = browser_of("official").get(f"/office/questions/{question.pk}/photo.jpg")
    assert seen.status_code == 200 and seen.getvalue()
    act(browser_of("official"), question, "spam")
    Question.objects.update(decided_at=timezone.now() - timedelta(days=31))
    assert sweep_questions(at=timezone.now()) == 1
    with pytest.raises(Exception, match="not here"):
        photo_files.kept(question.pk, photo_files.DISPLAY)


def test_what_stayed_inside_of_an_answered_question_is_forgotten_too(
    cast: Cast, client: Client, browser_of: Any
) -> None:
    """Released without its photo and place: 30 days after the answer nobody has them, and what is public stands."""
    ask(client, cast, place="109.6, 34.95", photo=SimpleUploadedFile("a.jpg", picture(), "image/jpeg"))
    question = Question.objects.get()
    act(browser_of("official"), question, "answer", answer="In autumn.")
    Question.objects.update(decided_at=timezone.now() - timedelta(days=31))
    sweep_questions(at=timezone.now())
    kept = Question.objects.get()
    assert (kept.photo, kept.place, kept.text) == (False, None, kept.public_text) and kept.answer == "In autumn."
    with pytest.raises(Exception, match="not here"):
        photo_files.kept(question.pk, photo_files.DISPLAY)
    assert verify().sound


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Call 139 1234 5678 or 029-87654321", "Call [***] or [***]"), ("身份证61052619900101123X。", "身份证[***]。"),
     ("610526-2023-001 on 2023-06-30, 2023年6月30日", "610526-2023-001 on 2023-06-30, 2023年6月30日"),
     ("a.b@qq.com", "[***]"), ("电话一三九一二三四五六七八", "电话[***]"),
     ("1350 places for 12 classes", "1350 places for 12 classes"),
     ("＋８６１３９１２３４５６７８", "＋[***]"), ("", "")],
)  # fmt: skip
def test_what_may_be_somebodys_is_masked(text: str, shown: str) -> None:
    assert mask(text) == shown
    assert bool(find(text)) == (MASK in shown)


def test_of_a_project_that_is_not_public_nobody_is_written_to(
    cast: Cast, client: Client, browser_of: Any, later: Any, sink: Sink
) -> None:
    ask(client, cast, email=PARENT)
    act(browser_of("official"), Question.objects.get(), "answer", answer="In autumn.")

    def publish(shown: bool) -> None:
        project_change(
            project_id=cast.project().pk, actor=cast.user("official"), at=timezone.now(), expected=None,
            changes={"published": shown}, reason="a mistake",
        )  # fmt: skip

    publish(False)
    assert client.get(f"/projects/{cast.published}/questions/").status_code == 404
    assert later(minutes=11) == 0 and later(days=2) == 0 and Question.objects.get().email == PARENT
    publish(True)
    assert later(days=4) == 1 and sink.to(PARENT) and Question.objects.get().email == ""


def test_nothing_is_left_of_an_address_that_is_refused(
    cast: Cast, client: Client, browser_of: Any, later: Any, sink: Sink
) -> None:
    sink.unknown = {PARENT}
    ask(client, cast, email=PARENT)
    act(browser_of("official"), Question.objects.get(), "answer", answer="In autumn.")
    for day in range(1, 10):
        later(days=day)
    assert Question.objects.get().email == "" and sink.letters == []
    assert not User.objects.filter(email=PARENT).exists()
