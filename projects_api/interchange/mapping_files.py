"""Reading a mapping's TOML file, checked completely: whatever is wrong names the file, the table and the key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _

from projects_api.choices import (
    EstimateKind,
    Kind,
    LocationPrecision,
    MilestoneState,
    RegionKind,
    RegionLevel,
    SchoolStage,
    SpendingKind,
    Status,
    StatusReason,
)
from projects_api.drafts import BureauDraft
from projects_api.errors import InvalidInput
from projects_api.geodesy import crs_name
from projects_api.interchange.mapping import (
    DATE_FIELDS,
    DECIMAL_FIELDS,
    FLAG_FIELDS,
    MONEY_FIELDS,
    NUMBER_FIELDS,
    TEXT_FIELDS,
    Choice,
    Column,
    Districts,
    Mapping,
    MilestoneRules,
    MoneyRule,
    Phase,
    Rule,
    SchoolRule,
    SiteRule,
    StatusRule,
)
from projects_api.interchange.mapping_bureau import bureau_draft
from projects_api.interchange.sections import MappingError, Section, Template, compiled
from projects_api.interchange.tables import ENCODINGS

HOME = Path(__file__).parent / "mappings"
ROWS = ("projects", "milestones")
STATES = (
    MilestoneState.SCHEDULED,
    MilestoneState.IN_PROGRESS,
    MilestoneState.MET,
    MilestoneState.NOT_APPLICABLE,
)


def names() -> list[str]:
    """The mappings that come with the product."""
    return sorted(path.stem for path in HOME.glob("*.toml"))


@cache
def titles_of(source: str) -> tuple[str, str]:
    """The title (Chinese, English) of the source that projects were taken over from; "" where no mapping here says it."""
    found = (load(name) for name in names())
    return next(((one.title_zh, one.title) for one in found if one.source == source and one.title_zh), ("", ""))


def load(name: str) -> Mapping:
    """A mapping by its name, or by the path of a ``.toml`` file of one's own. Raises ``MappingError``."""
    path = Path(name) if name.endswith(".toml") else HOME / f"{name}.toml"
    if not name.endswith(".toml") and name not in names():
        raise MappingError(
            _("There is no mapping “%(name)s”; known: %(known)s, or the path of a .toml file.")
            % {"name": name, "known": ", ".join(names())}
        )
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MappingError(_("%(file)s cannot be read: %(error)s.") % {"file": path, "error": error.strerror}) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(_("%(file)s is not TOML: %(error)s.") % {"file": path.name, "error": error}) from None
    return parse(path.name, data)


def parse(file: str, data: dict[str, Any]) -> Mapping:
    """Checks the whole document; raises ``MappingError`` for the first thing wrong."""
    top = Section(file, "", data)
    about = top.needed("mapping")
    columns = _columns(top.needed("columns"))
    rows = about.choice("rows", ROWS)
    bureau, districts = _bureau(top.section("bureau"), columns)
    formats = top.section("formats") or Section(file, "formats", {})
    identity = top.needed("identity")
    fields = _fields(identity, "fields", columns)
    milestones = _milestones(top.section("milestones"), columns)
    if rows == "milestones" and milestones is None:
        raise MappingError(_('%(file)s: rows = "milestones" needs a table [milestones].') % {"file": file})
    told = top.section("status")
    factual = told.flag("facts", False) if told else False
    status, status_rules = _status(told, columns, milestones)
    investment = top.section("investment")
    money = tuple(_money(part, columns) for part in top.sections("money"))
    if money and milestones is None:
        raise MappingError(_("%(file)s: [[money]] needs a table [milestones].") % {"file": file})
    no_money = _("“%(what)s” is not the field of a [[money]]")
    summed = _fields(investment, "sum", {rule.field for rule in money}, no_money) if investment else ()
    reason = top.section("status_reason")
    site, sites = top.section("site"), top.section("sites")
    if site and sites:
        raise MappingError(_("%(file)s: say where sites are in [site] or in [sites], not both.") % {"file": file})
    made = Mapping(
        name=file.removesuffix(".toml"),
        title=about.text("title"),
        title_zh=about.text("title_zh", ""),
        source=about.text("source"),
        encoding=about.choice("encoding", ENCODINGS, "utf-8"),
        rows=rows,
        bureau=bureau,
        districts=districts,
        columns=columns,
        date_formats=_date_formats(formats),
        money_signs=_money_signs(formats),
        money_unit=formats.whole("money_unit", 1, low=1, high=100_000_000),
        words=_words(top.section("words")),
        identity=fields,
        blank_joins=_field(identity, "blank_joins", fields, default=""),
        code=Template(identity.text("code")).check(identity, "code", {*columns, "hash"}),
        project=_project(top.needed("project"), columns),
        kind=_choice(top.needed("kind"), columns, Kind),
        stage=_choice(
            top.section("stage") or Section(file, "stage", {"default": ""}),
            columns,
            SchoolStage,
            blank=True,
        ),
        status=status,
        status_is_fact=factual or bool(status_rules),
        reason=_choice(reason, columns, StatusReason, blank=True) if reason else None,
        status_rules=status_rules,
        school=_school(top.section("school"), columns),
        milestones=milestones,
        money=money,
        investment=summed,
        site=_own_site(site, columns) if site else _joined_site(sites, columns) if sites else None,
    )
    for section in (about, formats, identity, investment, top):
        if section:
            section.done()
    return made


def _columns(section: Section) -> dict[str, Column]:
    columns = {}
    for name, value in section.rest().items():
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise section.fail(name, _("is not a name (small letters, digits, _)"))
        if isinstance(value, str):
            value = {"header": value}
        part = Section(section.file, f"{section.path}.{name}", value)
        strip = part.text("strip", "")
        header = " ".join(part.text("header").split())
        columns[name] = Column(header, part.flag("optional", False), compiled(part, "strip", strip) if strip else None)
        part.done()
    if not columns:
        raise section.fail("", _("names no column"))
    return columns


def _field(section: Section, key: str, known: Iterable[str], default: Any = ...) -> str:
    value = section.text(key, default)
    if value != default and value not in known:
        raise section.fail(key, _("“%(what)s” is not a column of [columns]") % {"what": value})
    return value


def _fields(section: Section, key: str, columns: Iterable[str], words: str = "") -> tuple[str, ...]:
    found = section.texts(key)
    unknown = [name for name in found if name not in columns]
    if unknown or not found:
        words = words or _("“%(what)s” is not a column of [columns]")
        raise section.fail(key, words % {"what": ", ".join(unknown)})
    return found


def _template(section: Section, key: str, columns: Iterable[str], default: str = "") -> Template:
    return Template(section.text(key, default)).check(section, key, columns)


def _date_formats(section: Section) -> tuple[str, ...]:
    found = section.texts("dates", ["%Y-%m-%d"])
    for item in found:
        try:
            assert datetime.strptime(datetime(2023, 11, 30).strftime(item), item) == datetime(2023, 11, 30)
        except (ValueError, AssertionError):
            raise section.fail("dates", _("“%(what)s” does not say year, month and day") % {"what": item}) from None
    return found


def _money_signs(section: Section) -> str:
    signs = section.text("money_signs", "$¥￥,")
    if re.search(r"[0-9.]", signs):  # without its point 1200.50 would be a hundred times as much
        raise section.fail("money_signs", _("cannot hold digits or the decimal point"))
    return signs


def _words(section: Section | None) -> dict[str, str]:
    if section is None:
        return {}
    found = section.rest()
    for word, meaning in found.items():
        if not isinstance(meaning, str) or not meaning:
            raise section.fail(word, _("must be text that says what the word means"))
    return found


def _bureau(section: Section | None, columns: Dict[str, Column]) -> tuple[BureauDraft | None, Districts | None]:
    if section is None:
        return None, None
    draft = bureau_draft(section)
    part = section.section("districts")
    districts = None
    if part:
        field = _field(part, "field", columns)
        districts = Districts(
            field=field,
            pattern=part.pattern("pattern"),
            code=_template(part, "code", [field]),
            name_zh=_template(part, "name_zh", [field]),
            name_en=_template(part, "name_en", [field]),
            level=part.choice("level", RegionLevel.values),
            kind=part.choice("kind", RegionKind.values, ""),
        )
        part.done()
    section.done()
    return draft, districts


def _project(section: Section, columns: Dict[str, Column]) -> dict[str, Template | bool]:
    found: dict[str, Template | bool] = {}
    for key in (*TEXT_FIELDS, *NUMBER_FIELDS, *DECIMAL_FIELDS, *MONEY_FIELDS, *DATE_FIELDS):
        text = section.text(key, None)
        if text is not None:
            found[key] = Template(text).check(section, key, columns)
    for key in FLAG_FIELDS:
        value = section.take(key, (bool, str), None, words=_("true, false or a template"))
        if value is not None:
            found[key] = Template(value).check(section, key, columns) if isinstance(value, str) else value
    if "title_zh" not in found and "title_en" not in found:
        raise section.fail("title_zh", _("or title_en is needed"))
    section.done()
    return found


def _choice(
    section: Section, columns: Dict[str, Column], vocabulary: type[TextChoices], *, blank: bool = False
) -> Choice:
    codes = ["", *vocabulary.values] if blank else vocabulary.values
    field = _field(section, "field", columns, default="")
    rules = []
    for part in section.sections("rules"):
        when = part.needed("when").rest()
        for name, expression in when.items():
            if name not in columns or not isinstance(expression, str):
                raise part.fail(f"when.{name}", _("“%(what)s” is not a column of [columns]") % {"what": name})
        patterns = tuple((name, compiled(part, f"when.{name}", expression)) for name, expression in when.items())
        rules.append(Rule(patterns, part.choice("gives", codes)))
        part.done()
    default = "" if field else section.choice("default", codes)
    section.done()
    return Choice(field, tuple(rules), default, frozenset(codes), vocabulary)


def _status(
    section: Section | None, columns: Dict[str, Column], milestones: MilestoneRules | None
) -> tuple[Choice | None, tuple[StatusRule, ...]]:
    if section is None:
        return None, ()
    if milestones is None or "field" in section._data:
        return _choice(section, columns, Status), ()
    keys = {phase.key for phase in milestones.phases.values()}
    rules = []
    for part in section.sections("rules"):
        begun = part.texts("begun", [])
        if unknown := set(begun) - keys:
            raise part.fail(
                "begun", _("“%(what)s” is not a key of [milestones]") % {"what": ", ".join(sorted(unknown))}
            )
        rules.append(StatusRule(part.flag("all_met", False), frozenset(begun), part.choice("gives", Status.values)))
        part.done()
    default = StatusRule(False, frozenset(), section.choice("default", Status.values))
    section.done()
    return None, (*rules, default)


def _school(section: Section | None, columns: Dict[str, Column]) -> SchoolRule | None:
    if section is None:
        return None
    fields = _fields(section, "fields", columns)
    code = Template(section.text("code")).check(section, "code", {*columns, "hash"})
    rule = SchoolRule(fields, code, _template(section, "name_zh", columns), _template(section, "name_en", columns))
    section.done()
    return rule


def _milestones(section: Section | None, columns: Dict[str, Column]) -> MilestoneRules | None:
    if section is None:
        return None
    phases: dict[str, Phase] = {}
    for position, part in enumerate(section.sections("phases"), start=1):
        key = part.text("key")
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,49}", key):
            raise part.fail("key", _("is not a key (small letters, digits, _)"))
        name = part.text("name")
        if name.casefold() in phases:
            raise part.fail("name", _("occurs twice"))
        phases[name.casefold()] = Phase(
            key,
            position,
            part.whole("weight"),
            part.text("title_zh", ""),
            part.text("title_en", ""),
            part.text("note", ""),
        )
        part.done()
    states = section.needed("states").rest()
    for word, state in states.items():
        if state not in STATES:
            raise section.fail(
                f"states.{word}",
                _("“%(value)s” is not one of: %(known)s") % {"value": state, "known": ", ".join(STATES)},
            )
    dates = {name: _field(section, name, columns, default="") for name in ("started", "planned", "forecast", "actual")}
    rules = MilestoneRules(
        field=_field(section, "field", columns),
        phases=phases,
        state=_field(section, "state", columns),
        states={word.casefold(): state for word, state in states.items()},
        dates={name: field for name, field in dates.items() if field},
    )
    section.done()
    return rules


def _money(section: Section, columns: Dict[str, Column]) -> MoneyRule:
    becomes = section.choice("becomes", ("estimate", "spending"))
    kinds = EstimateKind.values if becomes == "estimate" else SpendingKind.values
    kind = section.choice("kind", kinds)
    rule = MoneyRule(
        _field(section, "field", columns),
        becomes,
        kind,
        section.choice("kind_when_met", kinds, kind),
        section.text("label", ""),
    )
    section.done()
    return rule


def _site(section: Section, columns: Dict[str, Column], join: str, own: Dict[str, Column]) -> SiteRule:
    precision = _template(section, "precision", columns)
    if not precision.names and precision.text not in LocationPrecision.values:
        raise section.fail(
            "precision",
            _("“%(value)s” is not one of: %(known)s")
            % {"value": precision.text, "known": ", ".join(LocationPrecision.values)},
        )
    try:
        crs = crs_name(section.text("crs", "WGS84"), "")
    except InvalidInput as error:
        raise section.fail("crs", str(error.errors[0].message)) from None
    rule = SiteRule(
        join=join,
        columns=own,
        latitude=_field(section, "latitude", columns),
        longitude=_field(section, "longitude", columns),
        crs=crs,
        precision=precision,
        address=_template(section, "address", columns),
    )
    section.done()
    return rule


def _own_site(section: Section, columns: Dict[str, Column]) -> SiteRule:
    return _site(section, columns, "", {})


def _joined_site(section: Section, columns: Dict[str, Column]) -> SiteRule:
    own = _columns(section.needed("columns"))
    join = _field(section, "join", set(own) & set(columns))
    return _site(section, own, join, own)
