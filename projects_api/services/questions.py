"""Questions of the public: received from anybody, looked at by the office, assigned, answered in public (docs/questions.md).

What the office decides goes through `project_write`: a question that has a number is in the project's document, so its release,
its answer and its withdrawal are entries of the ledger; what was never released leaves none. ``expected`` is the
question's own version that was seen (decision 47), None where its state alone decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import IO
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from projects_api import engine, masking
from projects_api.choices import NotificationKind as Kind
from projects_api.choices import PhotoRefusal, QuestionKind, QuestionState, Role
from projects_api.elsewhere import highest
from projects_api.errors import InvalidInput, NotConfirmed, NotFound, RuleBroken, StaleVersion
from projects_api.models import Membership, Project, Question, User, in_force
from projects_api.models.questions import LONGEST_ANSWER, LONGEST_QUESTION
from projects_api.pictures import FORMATS, PictureRefused, read_picture
from projects_api.publishing import PublishingRules
from projects_api.selectors.notifications import Audience
from projects_api.selectors.questions import office_calendar
from projects_api.services import ledger, photo_files
from projects_api.services.alerts import clean_address
from projects_api.services.notifications import News, tell
from projects_api.services.sites import coordinates_read
from projects_api.services.throttle import Limit, demand, network_of, refuse_over
from projects_api.services.writing import checked, project_write
from projects_api.text import clean_line, clean_text

PURPOSE = "question"
MAX_PHOTO = 15 * 1024 * 1024
SHORTEST = 5
PER_HOST = Limit("question.host", 10, timedelta(hours=1))
PER_HOST_UNWORKED = Limit("question.unworked", 3, timedelta(hours=1))
PER_PROJECT = Limit("question.project", 60, timedelta(days=1))
EVERYBODY = Limit("question.all", 300, timedelta(hours=1))
UNDO = timedelta(minutes=10)  # the asker's letter waits so long: what was decided by mistake is taken back unseen
KEPT = timedelta(days=30)  # what was not published, and the name of who asked, after the decision


@dataclass(frozen=True)
class Asked:
    """What came in with the form, as it was typed. ``photo``: (file, its media type, its size)."""

    id: UUID
    kind: str
    text: str
    language: str
    name: str = ""
    email: str = ""
    place: str = ""
    crs: str = ""
    photo: tuple[IO[bytes], str, int] | None = None
    worked: bool = False


def term_of(project: Project) -> int:
    """Working days in which the bureau answers; 0: it takes no questions."""
    return PublishingRules.from_document(project.bureau.publishing).answer_days


def due_day(project: Project, at: datetime, term: int) -> date:
    """The last day on which an answer is in time, by the office's days."""
    return office_calendar(project.bureau).add(project.bureau.day_of(at), term)


def question_receive(*, project: Project, asked: Asked, host: str | None, at: datetime) -> Question:
    """Put down what somebody asks about a public project (``bureau__region`` loaded); the same form again is the same question.

    Nothing of it is public. Raises InvalidInput with every fault, RuleBroken where none are taken, TooOften, Unavailable.
    """
    if held := Question.objects.filter(pk=asked.id).first():
        return held
    term = term_of(project)
    if not term:
        raise RuleBroken(_("This bureau takes no questions here."))
    question = _read(project, asked)
    network = network_of(host)
    turns = [(EVERYBODY, ""), (PER_PROJECT, project.code), (PER_HOST, network)]
    if not asked.worked:
        turns.append((PER_HOST_UNWORKED, network))
    refuse_over(turns, at=at)
    with engine.writer():
        for limit, who in turns:
            demand(limit, who, at=at)
    if asked.photo:
        _keep_photo(question, asked.photo)
    question.asked_at, question.due_on = at, due_day(project, at, term)
    with engine.writer():
        if held := Question.objects.filter(pk=asked.id).first():
            return held
        question.save(force_insert=True)
        audience = Audience(project.bureau, project.pk)
        to = frozenset(audience.holders(Role.OFFICIAL, Role.BUREAU_ADMIN))
        _tell(question, Kind.QUESTION_WAITING, f"question:{question.pk}", to, at)
    return question


def _read(project: Project, asked: Asked) -> Question:
    """Raises InvalidInput that names every wrong field."""
    faults: list[InvalidInput] = []

    @contextmanager
    def noted() -> Iterator[None]:
        try:
            yield
        except InvalidInput as fault:
            faults.append(fault)

    question = Question(
        id=asked.id, project=project, language=asked.language, careful=not asked.worked, salt=ledger.salt_source()
    )
    with noted():
        if asked.kind not in QuestionKind.values:
            raise InvalidInput.one("/kind", "invalid_choice", _("There is no such choice."))
        question.kind = asked.kind
    with noted():
        text = clean_text(asked.text, pointer="/text", max_length=LONGEST_QUESTION, allow_blank=False)
        if len(text) < SHORTEST:
            raise InvalidInput.one("/text", "too_short", _("Please write a little more."))
        question.text = text
        question.public_text = masking.mask(text)[:LONGEST_QUESTION]
    with noted():
        question.name = clean_line(asked.name, pointer="/name", max_length=60, allow_blank=True)
    with noted():
        question.email = clean_address(asked.email, pointer="/email") if asked.email.strip() else ""
    with noted():
        if asked.place.strip():
            reading = coordinates_read(
                asked.place, bureau=project.bureau, crs=asked.crs, shape="Point", pointer="/place", crs_pointer="/crs"
            )
            found = reading.chosen or reading.candidates[0]
            question.place = Point(*found.place, srid=4326)
    with noted():
        if asked.photo:
            _file, media_type, size = asked.photo
            if media_type not in FORMATS:
                raise InvalidInput.one("/photo", "media_type", _("Photos are JPEG, PNG, WebP or HEIC."))
            if size > MAX_PHOTO:
                words = _("A photo has at most %(n)s MB. Send a smaller one.") % {"n": MAX_PHOTO // 1024**2}
                raise InvalidInput.one("/photo", "too_large", words)
    if faults:
        raise InvalidInput([error for fault in faults for error in fault.errors])
    return question


def _keep_photo(question: Question, photo: tuple[IO[bytes], str, int]) -> None:
    """Made anew from its pixels, without metadata; the file itself is not kept."""
    file, media_type, _size = photo
    try:
        picture = read_picture(file, media_type, UTC)
    except PictureRefused as refused:
        raise InvalidInput.one("/photo", "refused", str(PhotoRefusal(refused.why).label)) from refused
    photo_files.keep(question.pk, photo_files.DISPLAY, picture.display)
    photo_files.keep(question.pk, photo_files.PREVIEW, picture.preview)
    question.photo = True


# --- what the office does ---


@contextmanager
def _decision(
    question_id: UUID, action: str, *, actor: User, at: datetime, expected: int | None, among: tuple[QuestionState, ...]
) -> Iterator[Question]:
    """The question under the project's lock; its version is one more afterwards.

    Raises NotFound; StaleVersion where somebody else was quicker, whatever they did; RuleBroken.
    """
    project_id = Question.objects.filter(pk=question_id).values_list("project_id", flat=True).first()
    if project_id is None:
        raise NotFound(_("There is no such question that you can see."))
    with project_write(project_id, actor=actor, action=action, at=at, archived_too=True):
        question = Question.objects.select_related("project__bureau").get(pk=question_id)
        if expected is not None and expected != question.version:
            words = _(
                "Somebody else dealt with this question meanwhile. Look at what stands now, then repeat your change."
            )
            raise StaleVersion(words, version=question.version)
        if question.state not in among:
            words = _("This question is in another state by now: %(state)s. Look at it again.")
            raise RuleBroken(words % {"state": question.get_state_display()})
        yield question
        question.version += 1
        checked(question, exclude={"id", "project", "assignee", "decided_by"})
        question.save()


def question_release(
    *,
    question_id: UUID,
    actor: User,
    at: datetime,
    expected: int | None = None,
    as_written: bool,
    with_photo: bool,
    with_place: bool,
) -> Question:
    """Make it public. ``as_written``: also what looks like the number or address of somebody. Raises RuleBroken."""
    among = (QuestionState.WAITING,)
    with _decision(question_id, "question.release", actor=actor, at=at, expected=expected, among=among) as question:
        _release(question, at, as_written, with_photo, with_place)
        _decided(question, actor, at)
    return question


def _release(question: Question, at: datetime, as_written: bool, with_photo: bool, with_place: bool) -> None:
    if not question.text:
        raise RuleBroken(_("The text was deleted after its time."))
    if question.number is None:
        newest = Question.objects.filter(project=question.project_id).aggregate(newest=Max("number"))["newest"]
        question.number = max(newest or 0, highest(question.project.elsewhere, "questions")) + 1
    question.state = QuestionState.RELEASED
    question.released_at = at
    question.public_text = question.text if as_written else masking.mask(question.text)[:LONGEST_QUESTION]
    question.photo_public = with_photo and question.photo
    question.place_public = with_place and question.place is not None
    question.refusal = ""


def question_answer(
    *,
    question_id: UUID,
    actor: User,
    at: datetime,
    expected: int | None = None,
    answer: str,
    confirm: bool = False,
    as_written: bool = False,
    with_photo: bool = False,
    with_place: bool = False,
) -> Question:
    """Answer in public, or correct the answer; a question that waits is released with it.

    Raises InvalidInput (``/answer``), NotConfirmed (``/confirm``: numbers or addresses in the answer), RuleBroken.
    """
    text = clean_text(answer, pointer="/answer", max_length=LONGEST_ANSWER, allow_blank=False)
    if not confirm and (found := masking.find(text)):
        shown = _("; ").join(text[start:end] for start, end, _kind in found)
        words = _("The answer is public and holds numbers or addresses: %(found)s. Are they meant to be?")
        raise NotConfirmed.one("/confirm", "personal", words % {"found": shown})
    among = (QuestionState.WAITING, QuestionState.RELEASED, QuestionState.ANSWERED)
    with _decision(question_id, "question.answer", actor=actor, at=at, expected=expected, among=among) as question:
        if question.state == QuestionState.WAITING:
            _release(question, at, as_written, with_photo, with_place)
        first = question.state != QuestionState.ANSWERED
        question.state, question.answer, question.draft = QuestionState.ANSWERED, text, ""
        question.answered_at = at if first else question.answered_at
        _decided(question, actor, at)
        if question.email:
            question.next_attempt_at, question.attempts = at + UNDO, 0
    return question


def question_refuse(
    *, question_id: UUID, actor: User, at: datetime, expected: int | None = None, reason: str, spam: bool = False
) -> Question:
    """Do not publish it, or take it back from the public. Who asked is told why, where they left an address; of spam nobody is.

    Raises InvalidInput (``/reason``), RuleBroken.
    """
    reason = clean_text(reason, pointer="/reason", max_length=500, allow_blank=spam)
    among = (QuestionState.WAITING, QuestionState.RELEASED, QuestionState.ANSWERED)
    with _decision(question_id, "question.withdraw", actor=actor, at=at, expected=expected, among=among) as question:
        question.state = QuestionState.SPAM if spam else QuestionState.REFUSED
        question.refusal = reason
        question.photo_public = question.place_public = False
        _decided(question, actor, at)
        question.attempts, question.next_attempt_at = 0, None
        if question.email and not spam:
            question.next_attempt_at = at + UNDO
    return question


def question_reopen(*, question_id: UUID, actor: User, at: datetime, expected: int | None = None) -> Question:
    """Take the last decision back: it waits again, and is not public. Raises RuleBroken where its text is gone."""
    among = (QuestionState.RELEASED, QuestionState.REFUSED, QuestionState.SPAM)
    with _decision(question_id, "question.reopen", actor=actor, at=at, expected=expected, among=among) as question:
        if not question.text:
            raise RuleBroken(_("The text was deleted after its time."))
        question.state, question.refusal = QuestionState.WAITING, ""
        question.photo_public = question.place_public = False
        question.next_attempt_at = None
        question.decided_at = question.decided_by = None
    return question


def _decided(question: Question, actor: User, at: datetime) -> None:
    question.decided_by, question.decided_at = actor, at


def question_assign(
    *, question_id: UUID, actor: User, at: datetime, expected: int | None = None, username: str
) -> Question:
    """To somebody with a role in the bureau, who is told; "" to nobody. Raises InvalidInput (``/assignee``), RuleBroken."""
    among = (QuestionState.WAITING, QuestionState.RELEASED)
    with _decision(question_id, "question.assign", actor=actor, at=at, expected=expected, among=among) as question:
        person = people_of(question.project).get(username) if username else None
        if username and person is None:
            raise InvalidInput.one("/assignee", "unknown_user", _("The bureau has no such person."))
        if person and person.pk != question.assignee_id and person.pk != actor.pk:
            key = f"question:{question.pk}:assigned:{at.isoformat()}"
            _tell(question, Kind.QUESTION_ASSIGNED, key, frozenset({person.pk}), at)
        question.assignee = person
    return question


def people_of(project: Project) -> dict[str, User]:
    """Whom a question can be assigned to, by user name. One query."""
    roles = (Role.ENGINEER, Role.SUPERVISOR, Role.OFFICIAL, Role.BUREAU_ADMIN)
    today = in_force(project.bureau.day_of(timezone.now()))
    held = Membership.objects.filter(today, bureau=project.bureau_id, role__in=roles, user__is_active=True)
    return {m.user.username: m.user for m in held.select_related("user").order_by("user__username")}


def question_draft(
    *, question_id: UUID, actor: User, at: datetime, expected: int | None = None, answer: str
) -> Question:
    """An answer that whom it is assigned to proposes; the office is told, and publishes it. Raises InvalidInput, RuleBroken."""
    text = clean_text(answer, pointer="/answer", max_length=LONGEST_ANSWER, allow_blank=False)
    among = (QuestionState.WAITING, QuestionState.RELEASED)
    with _decision(question_id, "question.draft", actor=actor, at=at, expected=expected, among=among) as question:
        question.draft = text
        audience = Audience(question.project.bureau, question.project_id)
        to = frozenset(audience.holders(Role.OFFICIAL, Role.BUREAU_ADMIN) - {actor.pk})
        _tell(question, Kind.QUESTION_WAITING, f"question:{question.pk}:draft:{at.isoformat()}", to, at, draft=True)
    return question


def _tell(question: Question, kind: Kind, key: str, to: frozenset[int], at: datetime, *, draft: bool = False) -> None:
    facts = {"question": str(question.pk), "due": question.due_on.isoformat(), **({"draft": True} if draft else {})}
    tell([News(question.project_id, kind, key, facts, to)], at=at)


# --- forgetting ---


def sweep_questions(*, at: datetime) -> int:
    """Delete what was not published, and who asked, 30 days after the decision; how many. For the worker, daily.

    Of an answered one too: numbers that were masked, a photo and a place that stayed inside.
    """
    old = Question.objects.filter(decided_at__lt=at - KEPT)
    gone = old.filter(state__in=(QuestionState.REFUSED, QuestionState.SPAM))
    swept = 0
    for question in gone.exclude(text="", photo=False):
        photo_files.forget(question.pk)
        with engine.writer():
            if question.number is None:
                swept += gone.filter(pk=question.pk).delete()[0]
            else:  # the ledger says that there was one, and nothing more
                swept += gone.filter(pk=question.pk).update(
                    text="",
                    public_text="",
                    salt="",
                    name="",
                    email="",
                    place=None,
                    photo=False,
                    draft="",
                    next_attempt_at=None,
                )
    answered = old.filter(state=QuestionState.ANSWERED)
    for question in answered.filter(photo=True, photo_public=False):
        photo_files.forget(question.pk)
        with engine.writer():
            answered.filter(pk=question.pk, photo_public=False).update(photo=False)
    with engine.writer():
        answered.filter(place_public=False).exclude(place=None).update(place=None)
        kept = answered.exclude(name="", email="", text=F("public_text"))
        swept += kept.update(name="", email="", text=F("public_text"), next_attempt_at=None)
    return swept
