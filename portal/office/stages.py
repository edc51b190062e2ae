"""The stages of a template as rows of a form: read, rearranged and shown again as they were typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ValidationError

from portal.office.fields import Field
from portal.office.waits import Named, Names, Unreadable, read_limit, read_links, written_limit, written_links
from projects_api.api.problems import as_domain_error
from projects_api.api.serializers.settings import StageInput
from projects_api.errors import FieldError, InvalidInput
from projects_api.models import TemplateStage
from projects_api.models.base import in_reader_language

MOST = 100
TEXTS = ("title_zh", "title_en", "key", "weight", "shortest", "duration", "longest", "after", "limit")
FLAGS = ("public", "needs_acceptance")
NUMBERS = frozenset({"weight", "shortest", "duration", "longest"})
LABELS: dict[str, Any] = {
    "title_zh": gettext_lazy("Title (Chinese)"),
    "title_en": gettext_lazy("Title (English)"),
    "key": gettext_lazy("Key"),
    "weight": gettext_lazy("Weight"),
    "shortest": gettext_lazy("Shortest"),
    "duration": gettext_lazy("Usual"),
    "longest": gettext_lazy("Longest"),
    "after": gettext_lazy("Waits for"),
    "limit": gettext_lazy("Term set by law"),
    "public": gettext_lazy("The public sees it"),
    "needs_acceptance": gettext_lazy("Needs acceptance"),
}
# A key before an arrow, perhaps with its day, or after one.
_ON_A_PATH = re.compile(r"[\w-]+(?=(?: \([\d-]+\))? →)|(?<=→ )[\w-]+", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,9}", re.ASCII)


@dataclass(frozen=True)
class Row:
    """One stage as typed: every text as it came, the flags that are ticked."""

    texts: Mapping[str, str] = field(default_factory=dict)
    flags: frozenset[str] = frozenset({"public"})

    def text(self, name: str) -> str:
        return self.texts.get(name, "")

    @property
    def key(self) -> str:
        """Its key, or what its English title makes of one."""
        return self.text("key").strip() or re.sub(r"[^a-z0-9]+", "_", self.text("title_en").lower()).strip("_")[:60]

    @property
    def named(self) -> Named:
        return self.key, self.text("title_zh"), self.text("title_en")

    @property
    def title(self) -> str:
        return in_reader_language(self.text("title_zh").strip(), self.text("title_en").strip()) or self.key


def named(stage: TemplateStage) -> Named:
    return stage.key, stage.title_zh, stage.title_en


def rows_of(stages: Sequence[TemplateStage]) -> list[Row]:
    """The rows that a form begins with."""
    names = Names([named(stage) for stage in stages])

    def row(stage: TemplateStage) -> Row:
        texts = {name: "" if (value := getattr(stage, name)) is None else str(value) for name in TEXTS[:7]}
        texts |= {"after": written_links(stage.after, names), "limit": written_limit(stage.limit, names)}
        return Row(texts, frozenset(name for name in FLAGS if getattr(stage, name)))

    return [row(stage) for stage in stages]


def rows_in(form: QueryDict) -> list[Row]:
    """The rows as they were sent. Raises InvalidInput for a form that is not whole."""
    count = form.get("rows", "")
    if not (count.isascii() and count.isdigit() and len(count) < 4 and int(count) <= MOST):
        raise InvalidInput.one("/rows", "invalid", _("This form is incomplete. Load the page again."))
    return [
        Row(
            {name: form.get(f"stages-{place}-{name}", "") for name in TEXTS},
            frozenset(name for name in FLAGS if form.get(f"stages-{place}-{name}")),
        )
        for place in range(int(count))
    ]


def rearranged(rows: list[Row], act: str) -> tuple[list[Row], int]:
    """After a button: ``up:3``, ``down:3``, ``remove:3``, ``add:3`` (an empty row before row 3); and the row to go on with.

    Raises InvalidInput for anything else.
    """
    name, _colon, number = act.partition(":")
    place = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else -1
    if name == "add" and 0 <= place <= len(rows) < MOST:
        return [*rows[:place], Row(), *rows[place:]], place
    if not 0 <= place < len(rows) or name not in ("up", "down", "remove"):
        raise InvalidInput.one("/do", "invalid", _("This form is incomplete. Load the page again."))
    rest = [*rows[:place], *rows[place + 1 :]]
    if name == "remove":
        return rest, min(place, len(rest) - 1)
    target = max(place - 1, 0) if name == "up" else min(place + 1, len(rest))
    return [*rest[:target], rows[place], *rest[target:]], target


def stages_of(rows: Sequence[Row], older: Sequence[Named]) -> list[dict[str, Any]]:
    """The stages as the service takes them. ``older``: what the stages were called when the form was made.

    Raises InvalidInput with every fault that a single stage shows, pointers as the API's.
    """
    names = Names([row.named for row in rows], older)
    errors: list[FieldError] = []
    sent = []
    for place, row in enumerate(rows):
        stage: dict[str, Any] = {"key": row.key, "title_zh": row.text("title_zh"), "title_en": row.text("title_en")}
        stage |= {name: _number(row.text(name)) for name in NUMBERS}
        if stage["weight"] is None:
            del stage["weight"]  # a missing weight is missing, not none
        stage |= {name: name in row.flags for name in FLAGS}
        readers: dict[str, Callable[[str, Names], Any]] = {"after": read_links, "limit": read_limit}
        for name, read in readers.items():
            try:
                stage[name] = read(row.text(name), names)
            except Unreadable as error:
                errors.append(FieldError(f"/stages/{place}/{name}", "unreadable", str(error)))
        sent.append(stage)
    serializer = StageInput(data=sent, many=True)
    if not serializer.is_valid():
        refusal = as_domain_error(ValidationError({"stages": serializer.errors}))
        errors += refusal.errors if refusal else []
    if errors:
        raise InvalidInput(sorted(errors, key=lambda error: int(error.pointer.split("/")[2])))
    found: list[dict[str, Any]] = serializer.validated_data
    return found


def in_titles(faults: Mapping[str, list[str]], titles: Mapping[str, str]) -> dict[str, list[str]]:
    """The messages with the stages of a path (``foundations → topping_out``) by their titles instead of their keys."""
    return {
        pointer: [_ON_A_PATH.sub(lambda found: titles.get(found[0], found[0]), words) for words in messages]
        for pointer, messages in faults.items()
    }


def _number(text: str) -> int | str | None:
    """A whole number, None for nothing; what is neither goes on as it is, for the checks to name."""
    text = text.strip()
    return int(text) if _WHOLE.fullmatch(text) else text or None


@dataclass
class StageField(Field):
    """A field of a row; ``where`` says whose it is: "Stage 4 (Foundations), Weight"."""

    where: str = ""
    checked: bool = False


@dataclass(frozen=True)
class ShownRow:
    place: int
    title: str
    fields: list[StageField]

    @property
    def inputs(self) -> list[StageField]:
        return [each for each in self.fields if each.type != "checkbox"]

    @property
    def checks(self) -> list[StageField]:
        return [each for each in self.fields if each.type == "checkbox"]


def shown(rows: Sequence[Row]) -> list[ShownRow]:
    """The rows for the page; faults are given to their fields by `set_faults`."""
    return [
        ShownRow(place, row.title, [_field(place, row, name) for name in (*TEXTS, *FLAGS)])
        for place, row in enumerate(rows)
    ]


def _field(place: int, row: Row, name: str) -> StageField:
    label = str(LABELS[name])
    title = {"number": place + 1, "title": row.title, "field": label}
    return StageField(
        id=f"stages-{place}-{name}",
        label=label,
        value=row.text(name),
        type="checkbox" if name in FLAGS else "number" if name in NUMBERS else "text",
        where=_("Stage %(number)s (%(title)s), %(field)s") % title,
        offers="stage-names" if name in ("after", "limit") else "",
        checked=name in row.flags,
    )
