"""A panel as SVG: areas, marks moved apart where they would cover each other, a bar for the scale. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.utils.html import escape
from django.utils.translation import gettext as _

from mapviews.paper.frame import Frame
from mapviews.paper.grid import graticule
from mapviews.paper.names import LABEL, LINE, placed, seen
from mapviews.paper.numbers import Box, Place, apart, box_about, extent_of, numbered
from mapviews.paper.panels import RINGS, Area, Disc, Mark, Panel
from mapviews.styles import LIGHT_STYLES, STATUS_STYLES

GRID, QUIET = "#5d6870", "#78838c"
LARGEST = 11.0  # millimetres, the radius of the largest amount
CIRCLE, CIRCLE_FILL = "#7a3800", "#e69f00"
Circle = tuple[float, float, float, float]  # x and y in millimetres, money, what of it is done
MOST_CIRCLES = 150  # beyond that they would be one brown spot
MOST_APART = 300  # marks; beyond that they are counted together


def within(panel: Panel, frame: Frame) -> Panel:
    """What of a panel the frame shows: areas with their names where they can be read, and the marks that lie in it."""
    areas = (found for area in panel.areas if (found := seen(area, frame)))
    return replace(panel, areas=tuple(areas), marks=tuple(filter(frame.holds, panel.marks)))


def svg(panel: Panel, frame: Frame, *, size: float = 5.0, name: str = "frame") -> str:
    """The panel as an SVG element of ``frame``'s size. ``size``: of a mark, in millimetres; ``name``: its own on the sheet."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{frame.width:.2f}mm" height="{frame.height:.2f}mm"'
        f' viewBox="0 0 {frame.width:.2f} {frame.height:.2f}">',
        f'<clipPath id="{name}"><rect width="{frame.width:.2f}" height="{frame.height:.2f}"/></clipPath>',
        f'<g clip-path="url(#{name})">',
        f'<rect width="{frame.width:.2f}" height="{frame.height:.2f}" fill="#eef1f2"/>',
    ]
    parts += [_area(area, frame) for area in panel.areas]
    figures: list[tuple[str, float, float, str]] = []
    lines: list[str] = []
    if panel.areas or panel.marks or panel.amounts or panel.discs:  # nothing is nowhere
        lines, figures = graticule(*frame.place(0, frame.height), *frame.place(frame.width, 0), frame.at)
    parts.append(f'<path d="{"".join(lines)}" fill="none" stroke="{GRID}" stroke-width=".12" stroke-opacity=".4"/>')
    parts += [_disc(disc, frame) for disc in panel.discs]
    parts += _amounts(panel, frame)
    if len(panel.marks) <= MOST_APART:
        marks = _spread(panel.marks, frame, size)
        drawn = list(_marks(marks, size))
    else:
        marks, drawn = [], list(_crowds(panel.marks, frame, size))
    # Over the areas and circles that could hide a name, under the marks.
    parts += [_label(*name) for name in placed(panel.areas, frame, [*_spots(panel, frame), *_boxes(marks, size)])]
    parts += drawn
    parts += [_text(text, x, y, 2.0, anchor, ink=GRID) for text, x, y, anchor in figures]
    parts += _bar(frame)
    return "".join([*parts, "</g></svg>"])


def _area(area: Area, frame: Frame) -> str:
    path = "".join(
        "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in (frame.at(lon, lat) for lon, lat in ring)) + "z"
        for ring in area.rings
    )
    dash = ' stroke-dasharray="2 1"' if area.dashed else ""
    return f'<path d="{path}" fill="{area.fill}" fill-rule="evenodd" stroke="{area.stroke}" stroke-width="{area.width}"{dash}/>'


def _label(area: Area, x: float, y: float) -> str:
    """About a middle, a line for each of its own."""
    look = {"ink": QUIET} if area.quiet else {}
    if _dark(area.fill):
        look = {"ink": "#ffffff", "halo": area.fill}
    lines = area.label.split("\n")
    first = y + 0.35 * LABEL - (len(lines) - 1) * LINE / 2
    return "".join(_text(line, x, first + at * LINE, LABEL, **look) for at, line in enumerate(lines))


def _dark(fill: str) -> bool:
    """Whether white is read better on it than black."""
    if not fill.startswith("#"):
        return False
    red, green, blue = (int(fill[at : at + 2], 16) for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 130


def _disc(disc: Disc, frame: Frame) -> str:
    x, y = frame.at(disc.lon, disc.lat)
    return circle(disc, x, y, disc.millimetres or disc.metres / frame.scale)


def circle(disc: Disc, x: float, y: float, radius: float) -> str:
    dash = ' stroke-dasharray=".9 .6"' if disc.dashed else ""
    return (
        f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}" fill="{disc.fill}" fill-opacity="{disc.opacity}"'
        f' stroke="{disc.stroke}" stroke-width=".3"{dash}/>'
    )


def _amounts(panel: Panel, frame: Frame) -> Iterator[str]:
    """Circles whose area is the money, the largest first; where there are many, those near each other are one."""
    found: list[Circle] = []
    for amount in panel.amounts:
        x, y = frame.at(amount.lon, amount.lat)
        if 0 <= x <= frame.width and 0 <= y <= frame.height:
            found.append((x, y, amount.value, amount.done))
    if not found:
        return
    joined = len(found) > MOST_CIRCLES
    if joined:
        found = list(_together(found, LARGEST * 1.5))
    most = max(value for *_place, value, _done in found)

    def ring(x: float, y: float, value: float, least: float, opacity: float) -> str:
        """With a white line around it: on a dark township brown alone is not seen."""
        radius = max(least, LARGEST * math.sqrt(value / most))
        place = f'cx="{x:.2f}" cy="{y:.2f}"'
        halo = f'<circle {place} r="{radius + 0.3:.2f}" fill="none" stroke="#fff" stroke-width=".5"/>'
        return (
            f'{halo if opacity < 0.5 else ""}<circle {place} r="{radius:.2f}" fill="{CIRCLE_FILL}"'
            f' fill-opacity="{opacity}" stroke="{CIRCLE}" stroke-width=".3"/>'
        )

    for x, y, value, done in sorted(found, key=lambda each: -each[2]):
        yield ring(x, y, value, 0.8, 0.2)
        if done:
            yield ring(x, y, min(done, value), 0.4, 0.9)
    size, words = panel.unit
    shown = round_amount(most / size)
    radius = LARGEST * math.sqrt(shown * size / most)
    x, y = frame.width - radius - 4, frame.height - radius - 6
    yield ring(x, y, shown * size, 0, 0.2)
    text = words % {"n": f"{shown:,.12g}"}
    if joined:
        text += " " + _("(sites near each other together)")
    yield _text(text, frame.width - 4, frame.height - 2.2, LABEL, anchor="end")


def _together(circles: Sequence[Circle], cell: float) -> Iterator[Circle]:
    """One circle for all in a cell, in the middle of their money."""
    cells: dict[tuple[int, int], list[Circle]] = {}
    for circle in circles:
        cells.setdefault((int(circle[0] // cell), int(circle[1] // cell)), []).append(circle)
    for near in cells.values():
        value = sum(circle[2] for circle in near)
        x, y = (sum(circle[at] * circle[2] for circle in near) / value for at in (0, 1))
        yield x, y, value, sum(circle[3] for circle in near)


def round_amount(value: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not more."""
    power: float = 10.0 ** math.floor(math.log10(value))
    return max(step * power for step in (1, 2, 5) if step * power <= value * (1 + 1e-9))


@dataclass(frozen=True)
class _Spread:
    """A mark where it is (``there``), where it is drawn, and the middle of its number."""

    mark: Mark
    there: Place
    drawn: Place
    number: Place | None


def _spread(marks: Sequence[Mark], frame: Frame, size: float) -> list[_Spread]:
    there = [frame.at(mark.lon, mark.lat) for mark in marks]
    paper = (frame.width, frame.height)
    middles: Sequence[Place | None]
    if all(mark.number for mark in marks):
        drawn, middles = numbered(there, [str(mark.number) for mark in marks], size, paper)
    else:
        drawn, middles = apart(there, size * 1.15, paper), [None] * len(marks)
    return [_Spread(*each) for each in zip(marks, there, drawn, middles, strict=True)]


def _boxes(marks: Sequence[_Spread], size: float) -> Iterator[Box]:
    """What the marks and their numbers cover."""
    for spread in marks:
        yield box_about(spread.drawn, size, size)
        if spread.number:
            yield box_about(spread.number, *extent_of(str(spread.mark.number), size))


def _spots(panel: Panel, frame: Frame) -> Iterator[Box]:
    """What small circles cover; a name may lie on large ones."""
    for disc in panel.discs:
        if disc.millimetres:
            yield box_about(frame.at(disc.lon, disc.lat), 2 * disc.millimetres, 2 * disc.millimetres)
    for amount in panel.amounts[:MOST_CIRCLES]:
        yield box_about(frame.at(amount.lon, amount.lat), 2.4, 2.4)


def _marks(marks: Sequence[_Spread], size: float) -> Iterator[str]:
    for spread in marks:
        (x, y), (there_x, there_y) = spread.drawn, spread.there
        if math.hypot(x - there_x, y - there_y) > size / 3:
            yield f'<path d="M{there_x:.2f} {there_y:.2f}L{x:.2f} {y:.2f}" stroke="#1d2429" stroke-width=".2"/>'
            yield f'<circle cx="{there_x:.2f}" cy="{there_y:.2f}" r=".5" fill="#1d2429"/>'
    for spread in marks:
        yield symbol(spread.mark, *spread.drawn, size)
    for spread in marks:
        if spread.number:
            x, y = spread.number
            yield _text(str(spread.mark.number), x, y + size * 0.18, size * 0.5)


def symbol(mark: Mark, x: float, y: float, size: float) -> str:
    """A mark about a middle, in millimetres."""
    look = mark.look
    dash = ' stroke-dasharray="3 2"' if mark.approximate else ""
    pale = ' fill-opacity=".55"' if mark.approximate else ""
    parts = [
        f'<g transform="translate({x - size / 2:.2f} {y - size / 2:.2f}) scale({size / 24:.4f})">',
        f'<path d="{look.path}" fill="#fff" stroke="#fff" stroke-width="3.5"/>',
        f'<path d="{look.path}" fill="{look.fill}"{pale} stroke="{look.stroke}" stroke-width="1.6"{dash}/>',
    ]
    dark = "#1d2429"  # on a paled fill white would be lost
    if look.sign:
        ink = dark if mark.approximate else look.ink
        parts.append(f'<path d="{look.sign}" fill="none" stroke="{ink}" stroke-width="2.6" stroke-linecap="round"/>')
    elif look.letter:
        ink = dark if mark.approximate else look.ink
        parts.append(
            f'<text x="12" y="{look.letter_y + 4:.1f}" font-size="11" font-weight="600" text-anchor="middle" fill="{ink}">'
            f"{escape(look.letter)}</text>"
        )
    if mark.ring:
        ink, dash = RINGS[mark.ring]
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        parts.append(f'<circle cx="12" cy="12" r="15" fill="none" stroke="{ink}" stroke-width="2.5"{dashes}/>')
    return "".join([*parts, "</g>"])


def _crowds(marks: Sequence[Mark], frame: Frame, size: float) -> Iterator[str]:
    """Too many to be told apart: counted by cells, as discs whose area is their number and whose ring their looks share."""
    cell = size * 1.8
    found: dict[tuple[int, int], list[Mark]] = {}
    for mark in marks:
        x, y = frame.at(mark.lon, mark.lat)
        found.setdefault((int(x // cell), int(y // cell)), []).append(mark)
    most = max(map(len, found.values()))
    for crowd in sorted(found.values(), key=len):
        x, y = frame.at(sum(mark.lon for mark in crowd) / len(crowd), sum(mark.lat for mark in crowd) / len(crowd))
        yield crowd_symbol(crowd, x, y, max(1.6, cell / 2 * math.sqrt(len(crowd) / most)))


def crowd_symbol(crowd: Sequence[Mark], x: float, y: float, radius: float, words: str = "") -> str:
    """How many, in a ring that is shared as on the screen: in the order of the legend, from the top and to the right. Outside it
    an arc for those that have a ring.
    """
    parts = [f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}" fill="#fff" stroke="#1d2429" stroke-width=".5"/>']
    begun = 0
    for fill, number in sorted(
        Counter(mark.look.fill for mark in crowd).items(), key=lambda share: _ORDER.index(share[0])
    ):
        if fill not in ("none", "#ffffff"):
            parts.append(_sector(x, y, radius, begun / len(crowd), (begun + number) / len(crowd), fill))
        begun += number
    rings = [mark.ring for mark in crowd if mark.ring]
    if rings:
        ink, dash = RINGS[rings[0]]
        way = _arc(x, y, radius + 0.5, 0, len(rings) / len(crowd))
        dashes = ' stroke-dasharray=".9 .5"' if dash else ""
        parts.append(f'<path d="{way}" fill="none" stroke="{ink}" stroke-width=".6"{dashes}/>')
    inner = radius - max(0.45, radius * 0.28)
    parts.append(f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{inner:.2f}" fill="#fff" stroke="#1d2429" stroke-width=".15"/>')
    return "".join([*parts, _text(words or str(len(crowd)), x, y + radius * 0.3, max(1.6, radius * 0.8))])


# The looks of marks by their fills, as the legend has them.
_ORDER = [*(style.fill for style in STATUS_STYLES.values()), *(style.fill for style in LIGHT_STYLES.values())]


def _arc(x: float, y: float, radius: float, begin: float, end: float) -> str:
    """A path along a circle, from one part of the whole turn to another; by its middle, for a whole turn ends where it began."""
    turns = (2 * math.pi * turn - math.pi / 2 for turn in (begin, (begin + end) / 2, end))
    first, *more = (f"{x + radius * math.cos(angle):.2f} {y + radius * math.sin(angle):.2f}" for angle in turns)
    return f"M{first}" + "".join(f"A{radius:.2f} {radius:.2f} 0 0 1 {point}" for point in more)


def _sector(x: float, y: float, radius: float, begin: float, end: float, fill: str) -> str:
    way = f"{_arc(x, y, radius, begin, end)}L{x:.2f} {y:.2f}z"
    return f'<path d="{way}" fill="{fill}" stroke="#1d2429" stroke-width=".15"/>'


def _text(
    text: str, x: float, y: float, size: float, anchor: str = "middle", ink: str = "#1d2429", halo: str = "#fff"
) -> str:
    place = f'x="{x:.2f}" y="{y:.2f}" font-size="{size:.2f}" text-anchor="{anchor}"'
    edge = f'stroke="{halo}" stroke-width="{size * 0.25:.2f}" stroke-linejoin="round"'
    behind = f'<text {place} fill="{halo}" {edge}>{escape(text)}</text>'
    return f'{behind}<text {place} fill="{ink}">{escape(text)}</text>'


def _bar(frame: Frame) -> Iterator[str]:
    """A bar of a round length, about a fifth of the width."""
    wanted = frame.width / 5 * frame.scale
    power = 10 ** math.floor(math.log10(wanted))
    metres = max(step * power for step in (1, 2, 5) if step * power <= wanted)
    length = metres / frame.scale
    x, y = 3.0, frame.height - 3.0
    yield f'<path d="M{x} {y - 1.2:.2f}V{y:.2f}H{x + length:.2f}V{y - 1.2:.2f}" fill="none" stroke="#1d2429" stroke-width=".3"/>'
    words = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    yield _text(words, x + length / 2, y - 1.4, 2.6)
