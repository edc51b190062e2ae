"""What people paste when they are asked for coordinates, taken apart into numbers with the labels that stand at them; pure.

From maps, phones, survey tables and letters: decimal degrees, degrees with minutes and seconds, metres with grouping commas;
labels in Chinese and English (东经, 纬度, 纵坐标, X, N …), before the number or, for N, S, E and W, behind it; full-width digits
and signs; names and numbers of points; a header line over columns; the system written beside. What the numbers mean is not
decided here but in `projects_api.coordinates`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote

from django.utils.translation import gettext as _

from projects_api.errors import InvalidInput

MAX_TEXT = 400_000  # characters; 10,000 corners of a survey with their names
MAX_POSITIONS = 10_000

_fail = InvalidInput.one

# Signs that NFKC would turn into something else, or leave as they are.
_SIGNS = str.maketrans(
    {"º": "°", "˚": "°", "度": "°", "′": "'", "’": "'", "‘": "'", "＇": "'", "分": "'", "″": '"', "”": '"', "“": '"', "〃": '"',
     "秒": '"', "、": ",", "−": "-", "–": "-", "\u3000": " ", "\t": " ", "。": " "}
)  # fmt: skip

_PROJ = re.compile(r"(?<=\d)d(?=\d{1,2}[' ])")  # 109d35'17"E, as PROJ and GDAL print degrees

_LABELS = {
    "lon": "lon", "lng": "lon", "long": "lon", "longitude": "lon", "l": "lon",
    "lat": "lat", "latitude": "lat", "b": "lat",
    "northing": "north", "easting": "east", "x": "x", "y": "y", "h": "height", "z": "height", "height": "height",
}  # fmt: skip
_SIDES = {"n": ("lat", 1), "s": ("lat", -1), "e": ("lon", 1), "w": ("lon", -1)}
# In a run of Chinese characters the first of these that occurs says what it is.
_CHINESE = (("西经", "west"), ("南纬", "south"), ("经", "lon"), ("纬", "lat"), ("纵", "north"), ("横", "east"), ("北", "north"),
            ("东", "east"), ("高", "height"))  # fmt: skip

# Systems that are named beside the numbers; the digits in their names are no coordinates.
_SYSTEMS = (
    (re.compile(r"EPSG\s*:{1,2}\s*(\d{4,6})", re.I), "EPSG:{}"),
    (re.compile(r"WGS[-_ ]?(?:19)?84(?!\d)", re.I), "WGS84"),
    (re.compile(r"CGCS[-_ ]?2000|(?:国家|大地)2000|2000国家大地(?:坐标系?)?", re.I), "EPSG:4490"),
    (re.compile(r"GCJ[-_ ]?02(?!\d)|火星坐标系?|高德(?:地图)?|腾讯地图", re.I), "GCJ-02"),
    (re.compile(r"BD[-_ ]?09(?:ll)?(?!\d)|百[度°](?:地图)?(?:坐标系?)?", re.I), "BD-09"),
    (re.compile(r"1954年?北京|(?:北京|Beijing|BJ)[-_ ]?(?:19)?54(?!\d)", re.I), "Beijing 54"),
    (re.compile(r"1980年?西安|(?:西安|Xi[' ]?an)[-_ ]?(?:19)?80(?!\d)", re.I), "Xi'an 80"),
    (re.compile(r"UTM(?:[-_ ]?zone)?[-_ ]?\d{0,2}[NS]?", re.I), "UTM"),
    (re.compile(r"[\u4e00-\u9fff]*(?:独立|地方|城建|施工)坐标系?|local (?:grid|system)", re.I), "local"),
)  # fmt: skip
_MERIDIAN = re.compile(
    r"(?:中央(?:子午线|经线)|central meridian|CM)\s*[:=为]?\s*(\d{2,3})(?:\s*°)?(?:\s*E)?(?!\d)", re.I
)
_WIDTH = re.compile(r"([36])\s*°\s*'?带")
_ZONE = re.compile(r"(?:第\s*)?(\d{2})\s*(?:号)?带|带号\s*[:=为]?\s*(\d{2})(?!\d)")

_WHOLE_DEGREES = (
    r"(?P<d>[+-]?\d{1,3})\s*°\s*(?P<m>\d{1,2}(?:\.\d+)?)(?![\d.]|\s*°)\s*'?(?:\s*(?P<s>\d{1,2}(?:\.\d+)?)\s*(?:\"|''))?"
)
_TOKEN = re.compile(
    rf"""(?P<dms>{_WHOLE_DEGREES})
    |(?P<colons>(?P<cd>[+-]?\d{{1,3}}):(?P<cm>\d{{1,2}}):(?P<cs>\d{{1,2}}(?:\.\d+)?))
    |(?P<grouped>\d{{1,3}}(?:,\d{{3}}){{2,3}}(?:\.\d+)?(?!\d)|\d{{3}},\d{{3}}(?:\.\d+)?(?![\d.]))
    |(?P<plain>[+-]?\d+(?:\.\d*)?|[+-]?\.\d+)\s*(?P<degree>°)?
    |(?P<latin>[A-Za-z]+)
    |(?P<chinese>[\u4e00-\u9fff]+)""",
    re.VERBOSE,
)

# Addresses of maps whose other numbers are no coordinates: the pin before the middle of the view, latitude first in all of them.
_ADDRESS = re.compile(r"(?:https?://|geo:)\S+", re.I)
_IN_ADDRESS = [
    re.compile(pattern.replace("N", r"(-?\d+(?:\.\d+)?)"), re.I)
    for pattern in ("!3dN!4dN", "[?&]mlat=N&mlon=N", "@N,N", "#map=[\\d.]+/N/N", "^geo:N,N")
]
# Degrees and minutes, perhaps seconds, parted by spaces alone as receivers show them: only where that is the whole line.
_SPACED = r"(\d{1,3})\s+(\d{1,2}(?:\.\d+)?)(?:\s+(\d{1,2}(?:\.\d+)?))?"
_LEADING = re.compile(rf"\s*([NS])\s*{_SPACED}[\s,]+([EW])\s*{_SPACED}\s*", re.I)
_TRAILING = re.compile(rf"\s*{_SPACED}\s*([NS])[\s,]+{_SPACED}\s*([EW])\s*", re.I)


class Number(NamedTuple):
    """``role``: what its label says: ``lon``, ``lat``, ``north``, ``east``, ``x``, ``y``, ``height``; "" without one."""

    value: float
    role: str = ""


class Pair(NamedTuple):
    first: Number
    second: Number
    line: int


@dataclass
class Pasted:
    """``groups``: the pairs, parted where an empty line stands. ``system``, ``meridian``, ``zone``: what the text names."""

    groups: list[list[Pair]] = field(default_factory=list)
    system: str = ""
    meridian: int | None = None
    zone: int | None = None
    heights: bool = False
    names: list[str] = field(default_factory=list)

    @property
    def pairs(self) -> list[Pair]:
        return [pair for group in self.groups for pair in group]


def take_apart(text: object, *, pointer: str) -> Pasted:
    """The numbers of a pasted text in pairs. Raises InvalidInput, codes: not_a_string, too_long, control_character, empty,
    no_numbers, odd_numbers, bad_minutes, six_degree_zone, too_many_vertices."""
    if not isinstance(text, str):
        raise _fail(pointer, "not_a_string", _("Expected a text."))
    if len(text) > MAX_TEXT:
        raise _fail(pointer, "too_long", _("At most %(max)s characters.") % {"max": MAX_TEXT})
    plain = _plain(text, pointer)
    if not plain.strip():
        raise _fail(pointer, "empty", _("Paste or type coordinates."))
    found = Pasted()
    plain = _systems(plain, found, pointer)
    header: list[str] = []
    lines: list[tuple[int, list[Number]]] = []
    breaks: list[int] = []
    for index, line in enumerate(plain.splitlines(), start=1):
        for part in line.split(";"):
            numbers, labels = _numbers(part, found, pointer, index)
            if numbers:
                lines.append((index, numbers))
            elif labels:
                header = labels
        if not line.strip():
            breaks.append(len(lines))
    if not lines:
        raise _fail(pointer, "no_numbers", _("There are no numbers in this text."))
    if all(len(numbers) == 1 for _index, numbers in lines):
        # One number a line: a longitude, then a latitude.
        lines = [(lines[0][0], [number for _index, numbers in lines for number in numbers])]
        breaks = []
    pairs = [
        list(_pairs(numbers, header, found, pointer, index, place)) for place, (index, numbers) in enumerate(lines)
    ]
    if sum(map(len, pairs)) > MAX_POSITIONS:
        raise _fail(
            pointer, "too_many_vertices", _("A footprint has at most %(max)s vertices.") % {"max": MAX_POSITIONS}
        )
    found.groups = _grouped(pairs, breaks)
    return found


def _plain(text: str, pointer: str) -> str:
    """The text with one kind of digit, sign and space. What draws nothing is left out: nothing of this text is kept."""
    folded = unicodedata.normalize("NFKC", text.replace("\r\n", "\n").translate(_SIGNS)).translate(_SIGNS)
    folded = _PROJ.sub("°", folded)
    for char in folded:
        if unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r":
            raise _fail(
                pointer, "control_character", _("This text holds a control character: type the numbers instead.")
            )
    plain = "".join(char for char in folded if unicodedata.category(char) != "Cf")
    return "\n".join(map(_spelled_out, _ADDRESS.sub(_of_address, plain).split("\n")))


def _of_address(match: re.Match[str]) -> str:
    """The position in a map's address, labelled; an address of another form as it is, without its percent signs."""
    address = unquote(match[0]).replace("\n", " ")
    found = next((found for pattern in _IN_ADDRESS if (found := pattern.search(address))), None)
    return f" lat {found[1]} lon {found[2]} " if found else address


def _spelled_out(line: str) -> str:
    """``N34 58.44 E109 35.28`` with its signs; any other line as it is."""
    if match := _LEADING.fullmatch(line):
        parts = [match.groups()[:4], match.groups()[4:]]
    elif match := _TRAILING.fullmatch(line):
        parts = [(side, *numbers) for *numbers, side in (match.groups()[:4], match.groups()[4:])]
    else:
        return line
    return " ".join(f"{side}{d}°{m}'" + (f'{s}"' if s else "") for side, d, m, s in parts)


def _systems(text: str, found: Pasted, pointer: str) -> str:
    """Takes the names of systems, meridians and zones out of the text."""
    for pattern, name in _SYSTEMS:
        if match := pattern.search(text):
            found.system = found.system or name.format(*match.groups())
            text = pattern.sub(" ", text)
    if match := _WIDTH.search(text):
        if match[1] == "6":
            raise six_degrees(pointer)
        text = _WIDTH.sub(" ", text)
    if match := _MERIDIAN.search(text):
        found.meridian = int(match[1])
        text = _MERIDIAN.sub(" ", text)
    if match := _ZONE.search(text):
        found.zone = int(match[1] or match[2])
        text = _ZONE.sub(" ", text)
    return text


def six_degrees(pointer: str) -> InvalidInput:
    message = _(
        "This is a 6-degree zone. Ask the surveyor for the 3-degree zones of CGCS2000, which plans of this scale use."
    )
    return _fail(pointer, "six_degree_zone", message)


def _numbers(line: str, found: Pasted, pointer: str, index: int) -> tuple[list[Number], list[str]]:
    """The numbers of a line with their labels, and its labels alone."""
    numbers: list[Number] = []
    labels: list[str] = []
    label, sign = "", 1
    leads = False  # whether N and E stand before their numbers in this line
    position = 0
    while match := _TOKEN.search(line, position):
        position = match.end()
        if match["latin"] or match["chinese"]:
            word = match["latin"] or match["chinese"]
            side = _SIDES.get(word.lower()) if match["latin"] else None
            if side:
                leads = leads or not numbers
                if leads:
                    label, sign = side
                elif not numbers[-1].role:
                    numbers[-1] = Number(numbers[-1].value * side[1], side[0])
                continue
            role, turn = _role(word)
            if role and not (label in ("lon", "lat", "north", "east") and role in ("x", "y")):
                label, sign = role, turn
                labels.append(role)
            elif not role:
                # "J1", "界址点 3": a name, and the digits that belong to it.
                digits = re.compile(r"-?\d{1,4}(?![\d.°])").match(line, position) if match["latin"] else None
                position = digits.end() if digits else position
                if digits:
                    found.names.append(word + digits[0])
            continue
        numbers.append(Number(sign * _value(match, pointer, index), label))
        label, sign = "", 1
    return numbers, labels


def _role(word: str) -> tuple[str, int]:
    if role := _LABELS.get(word.lower()):
        return role, 1
    for part, role in _CHINESE:
        if part in word:
            return {"west": ("lon", -1), "south": ("lat", -1)}.get(role, (role, 1))
    return "", 1


def _value(match: re.Match[str], pointer: str, index: int) -> float:
    if match["grouped"]:
        return float(match["grouped"].replace(",", ""))
    if match["plain"]:
        # Thousands of digits have no float that means anything here.
        return float(match["plain"]) if len(match["plain"]) < 40 else float("inf")
    parts = ("d", "m", "s") if match["dms"] else ("cd", "cm", "cs")
    degrees, minutes, seconds = (match[part] or "0" for part in parts)
    if float(minutes) >= 60 or float(seconds) >= 60:
        message = _("Line %(line)s: minutes and seconds are less than 60.") % {"line": index}
        raise _fail(pointer, "bad_minutes", message)
    size = abs(float(degrees)) + float(minutes) / 60 + float(seconds) / 3600
    return -size if degrees.startswith("-") else size


def _pairs(
    numbers: list[Number], header: Sequence[str], found: Pasted, pointer: str, index: int, place: int
) -> Iterator[Pair]:
    """A line's numbers two by two; the number of a point in front and a height behind are left out."""
    kept = [number for number in numbers if number.role != "height"]
    found.heights = found.heights or len(kept) < len(numbers)
    roles = [role for role in header if role != "height"]
    if len(kept) == 3:
        kept, dropped = _of_three(kept, place)
        found.heights = found.heights or dropped == "height"
    elif len(kept) == 4 and _counts(kept[0], place) and _alike(*kept[1:3]) and not _alike(*kept[2:4]):
        kept, found.heights = kept[1:3], True
    if len(kept) % 2 or not kept:
        message = (
            _("Line %(line)s: two numbers make a position; here is one.")
            if len(kept) == 1
            else _(
                "Line %(line)s: two numbers make a position; here are %(count)s. Leave out heights and numbers of points."
            )
        )
        raise _fail(pointer, "odd_numbers", message % {"line": index, "count": len(kept)})
    for first, second in zip(kept[::2], kept[1::2], strict=True):
        if len(roles) == 2 and not first.role and not second.role:
            first, second = Number(first.value, roles[0]), Number(second.value, roles[1])
        yield Pair(first, second, index)


def _of_three(numbers: list[Number], place: int) -> tuple[list[Number], str]:
    first, last = _alike(*numbers[:2]), _alike(*numbers[1:])
    if _counts(numbers[0], place) and last:
        return numbers[1:], "number"
    # Where both ends could belong to the middle one, nobody can tell which is the height.
    return (numbers[:2], "height") if first and not last else (numbers, "")


def _counts(number: Number, place: int) -> bool:
    return not number.role and number.value == int(min(abs(number.value), 1e6)) and 0 <= number.value - place <= 1


def _alike(one: Number, other: Number) -> bool:
    """Whether two numbers can be one position of a county: a latitude and a longitude, or a northing and an easting."""
    low, high = sorted((abs(one.value), abs(other.value)))
    return (3 <= low <= 56 and 70 <= high <= 136) or (low >= 100_000 and high < 1e8)


def _grouped(pairs: list[list[Pair]], breaks: list[int]) -> list[list[Pair]]:
    groups: list[list[Pair]] = [[]]
    starts = set(breaks)
    for place, line in enumerate(pairs):
        if place in starts and groups[-1]:
            groups.append([])
        groups[-1] += line
    # An empty line parts the outline from its holes only where both sides can be rings.
    return groups if all(len(group) > 2 for group in groups) else [[pair for group in groups for pair in group]]
