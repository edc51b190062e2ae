"""A panel as SVG: degrees to millimetres, marks moved apart where they would cover each other, a bar for the scale. Pure.

Equirectangular about the panel's middle: true to scale there, and within 0.3 % anywhere in a county (a degree of longitude
shrinks with the cosine of the latitude).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import shapely
from django.utils.html import escape
from django.utils.translation import gettext as _

from mapviews.paper.panels import Amount, Area, Disc, Mark, Panel
from mapviews.styles import LIGHT_STYLES, STATUS_STYLES
from projects_api.geodesy import Bounds

METRES_PER_DEGREE = 111_195.0
_APART = 60  # rounds of moving marks apart; far more than a county's town needs
LABEL = 2.6  # millimetres, the size of a name
LARGEST = 11.0  # millimetres, the radius of the largest amount
CIRCLE, CIRCLE_FILL = "#7a3800", "#e69f00"
Circle = tuple[float, float, float, float]  # x and y in millimetres, money, what of it is done
MOST_CIRCLES = 150  # beyond that they would be one brown spot
MOST_APART = 300  # marks; beyond that they are counted together


@dataclass(frozen=True)
class Frame:
    """From degrees to millimetres of a box ``width`` × ``height``; ``scale``: metres on the ground per millimetre."""

    width: float
    height: float
    lon: float
    lat: float
    scale: float

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        x = (lon - self.lon) * METRES_PER_DEGREE * math.cos(math.radians(self.lat)) / self.scale
        y = (self.lat - lat) * METRES_PER_DEGREE / self.scale
        return self.width / 2 + x, self.height / 2 + y

    def holds(self, mark: Mark) -> bool:
        x, y = self.at(mark.lon, mark.lat)
        return 0 <= x <= self.width and 0 <= y <= self.height

    def place(self, x: float, y: float) -> tuple[float, float]:
        """The degrees of a point of the paper."""
        lon = self.lon + (x - self.width / 2) * self.scale / METRES_PER_DEGREE / math.cos(math.radians(self.lat))
        return lon, self.lat - (y - self.height / 2) * self.scale / METRES_PER_DEGREE


def frame_of(
    panels: Sequence[Panel], width: float, height: float, extent: Bounds | None = None, margin: float = 6.0
) -> Frame:
    """One frame for all panels of a sheet, so that they can be laid over each other by eye: of all they have, or of the part of
    it that lies in ``extent``. The paper's shape adds to that what it has room for.
    """
    places = [(x, y) for panel in panels for area in panel.areas for ring in area.rings for x, y in ring]
    for panel in panels:
        spots: tuple[Mark | Disc | Amount, ...] = (*panel.marks, *panel.discs, *panel.amounts)
        places += [(spot.lon, spot.lat) for spot in spots]
    places = places or [(105.0, 35.0)]
    west, east = min(x for x, _y in places), max(x for x, _y in places)
    south, north = min(y for _x, y in places), max(y for _x, y in places)
    whole = Bounds(west, south, east, north)
    extent = extent or whole
    seen = Bounds(max(west, extent.west), max(south, extent.south), min(east, extent.east), min(north, extent.north))
    if seen == whole:
        return _fitted(whole, width, height, margin=margin, least=2_000)
    empty = seen.west >= seen.east or seen.south >= seen.north
    return _fitted(extent if empty else seen, width, height, least=100)


def _fitted(box: Bounds, width: float, height: float, *, least: float, margin: float = 0.0) -> Frame:
    """``least``: metres that are shown at any rate."""
    lat = (box.south + box.north) / 2
    across = max((box.east - box.west) * METRES_PER_DEGREE * math.cos(math.radians(lat)), least)
    up = max((box.north - box.south) * METRES_PER_DEGREE, least)
    scale = max(across / (width - 2 * margin), up / (height - 2 * margin))
    return Frame(width, height, (box.west + box.east) / 2, lat, scale)


def within(panel: Panel, frame: Frame) -> Panel:
    """What of a panel the frame shows: areas with their names where they can be read, and the marks that lie in it."""
    areas = (seen for area in panel.areas if (seen := _seen(area, frame)))
    return replace(panel, areas=tuple(areas), marks=tuple(filter(frame.holds, panel.marks)))


def _seen(area: Area, frame: Frame) -> Area | None:
    """The area, named where it is seen, or without a name where that has no room; None where nothing of it is seen."""
    if not area.label:
        return area
    half, up = _breadth(area.label) / 2, LABEL
    shape = shapely.make_valid(shapely.polygons([frame.at(*place[:2]) for place in max(area.rings, key=len)]))
    seen = shape.intersection(shapely.box(0, 0, frame.width, frame.height))
    if seen.is_empty:
        return None
    room = seen.intersection(shapely.box(half, up, frame.width - half, frame.height - up))
    here = shapely.Point(frame.at(*area.at)) if area.at else room.centroid
    if room.is_empty or seen.bounds[2] - seen.bounds[0] < 2 * half:
        return replace(area, label="")
    if not room.covers(here):
        here = room.point_on_surface()
    return replace(area, at=frame.place(here.x, here.y))


def _breadth(text: str) -> float:
    """About how many millimetres a name takes: Chinese characters are square."""
    return sum(LABEL if ord(character) > 0x2E7F else 0.55 * LABEL for character in text)


def svg(panel: Panel, frame: Frame, *, size: float = 5.0, numbered: bool = False, name: str = "frame") -> str:
    """The panel as an SVG element of ``frame``'s size. ``size``: of a mark, in millimetres; ``name``: its own on the sheet."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{frame.width:.2f}mm" height="{frame.height:.2f}mm"'
        f' viewBox="0 0 {frame.width:.2f} {frame.height:.2f}">',
        f'<clipPath id="{name}"><rect width="{frame.width:.2f}" height="{frame.height:.2f}"/></clipPath>',
        f'<g clip-path="url(#{name})">',
        f'<rect width="{frame.width:.2f}" height="{frame.height:.2f}" fill="#eef1f2"/>',
    ]
    parts += [_area(area, frame) for area in panel.areas]
    parts += [_disc(disc, frame) for disc in panel.discs]
    parts += _amounts(panel, frame)
    parts += [_label(area, frame) for area in panel.areas if area.label]  # over everything that could hide a name
    if len(panel.marks) <= MOST_APART:
        parts += _marks(panel.marks, frame, size, numbered)
    else:
        parts += _crowds(panel.marks, frame, size)
    parts += _bar(frame)
    return "".join([*parts, "</g></svg>"])


def _area(area: Area, frame: Frame) -> str:
    path = "".join(
        "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in (frame.at(lon, lat) for lon, lat in ring)) + "z"
        for ring in area.rings
    )
    dash = ' stroke-dasharray="2 1"' if area.dashed else ""
    return f'<path d="{path}" fill="{area.fill}" fill-rule="evenodd" stroke="{area.stroke}" stroke-width="{area.width}"{dash}/>'


def _label(area: Area, frame: Frame) -> str:
    ring = max(area.rings, key=len)
    x, y = frame.at(*(area.at or (sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring))))
    if _dark(area.fill):
        return _text(area.label, x, y + 0.9, LABEL, ink="#ffffff", halo=area.fill)
    return _text(area.label, x, y + 0.9, LABEL)


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


def apart(places: Sequence[tuple[float, float]], reach: float) -> list[tuple[float, float]]:
    """The places, moved as little as it takes that no two are nearer than ``reach``; the same every time."""
    moved = [list(place) for place in places]
    for _round in range(_APART):
        still = True
        for one in range(len(moved)):
            for other in range(one):
                dx, dy = moved[one][0] - moved[other][0], moved[one][1] - moved[other][1]
                distance = math.hypot(dx, dy)
                if distance >= reach:
                    continue
                still = False
                if distance < 1e-6:  # one place: each goes its own way, by the golden angle
                    dx, dy, distance = math.cos(one * 2.4), math.sin(one * 2.4), 1.0
                push = (reach - distance if distance < reach else 0.1) / 2 / distance
                moved[one][0] += dx * push
                moved[one][1] += dy * push
                moved[other][0] -= dx * push
                moved[other][1] -= dy * push
        if still:
            break
    return [(x, y) for x, y in moved]


def _marks(marks: Sequence[Mark], frame: Frame, size: float, numbered: bool) -> Iterator[str]:
    true = [frame.at(mark.lon, mark.lat) for mark in marks]
    drawn = apart(true, size * 1.15)
    for (x, y), (there_x, there_y) in zip(true, drawn, strict=True):
        if math.hypot(x - there_x, y - there_y) > size / 3:
            yield f'<path d="M{x:.2f} {y:.2f}L{there_x:.2f} {there_y:.2f}" stroke="#1d2429" stroke-width=".2"/>'
            yield f'<circle cx="{x:.2f}" cy="{y:.2f}" r=".5" fill="#1d2429"/>'
    for number, (mark, (x, y)) in enumerate(zip(marks, drawn, strict=True), 1):
        yield symbol(mark, x, y, size)
        if numbered:
            yield _text(str(number), x + size * 0.62, y - size * 0.28, size * 0.5, anchor="start")


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
    if mark.behind:
        parts.append(
            '<circle cx="12" cy="12" r="15" fill="none" stroke="#d55e00" stroke-width="2.5" stroke-dasharray="5 3"/>'
        )
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
    an arc for those that are behind what was promised.
    """
    parts = [f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{radius:.2f}" fill="#fff" stroke="#1d2429" stroke-width=".5"/>']
    begun = 0
    for fill, number in sorted(
        Counter(mark.look.fill for mark in crowd).items(), key=lambda share: _ORDER.index(share[0])
    ):
        if fill not in ("none", "#ffffff"):
            parts.append(_sector(x, y, radius, begun / len(crowd), (begun + number) / len(crowd), fill))
        begun += number
    behind = sum(mark.behind for mark in crowd) / len(crowd)
    if behind:
        way = _arc(x, y, radius + 0.5, 0, behind)
        parts.append(f'<path d="{way}" fill="none" stroke="#d55e00" stroke-width=".6" stroke-dasharray=".9 .5"/>')
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
    behind = f'<text {place} fill="{halo}" stroke="{halo}" stroke-width="{size * 0.25:.2f}">{escape(text)}</text>'
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
