"""Counties that lie far from each other: each gets a map of its own, since on one all of them would be specks. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from mapviews.paper.panels import Amount, Area, Disc, Mark, Panel

MOST = 6  # maps on a sheet
FAR = 3.0  # how many times larger than the largest of them what holds all has to be

Box = tuple[float, float, float, float]  # west, south, east, north


@dataclass(frozen=True)
class Part:
    """The panels of one county, as many as the sheet has views; of all there is where ``name`` is empty."""

    name: str
    panels: list[Panel]


def parted(panels: Sequence[Panel]) -> list[Part]:
    """One part, or one for each county where they are far apart and few enough; marks go to the county they are nearest to.

    What lies far from all of them - a bureau without a boundary - is a part of its own.
    """
    counties = [(area.name, _box(area)) for area in panels[0].areas if area.name]
    if not counties:
        return [Part("", list(panels))]
    boxes = [box for _name, box in counties]
    largest = max(map(_size, boxes))

    def home(lon: float, lat: float) -> int:
        """The place of the county in ``counties``, their number where it is none of them."""
        near = min(range(len(boxes)), key=lambda at: _distance(boxes[at], lon, lat))
        return near if _distance(boxes[near], lon, lat) < FAR * largest else len(boxes)

    lost = any(home(spot.lon, spot.lat) == len(boxes) for panel in panels for spot in _spots(panel))
    names = [*(name for name, _place in counties), *([_("Elsewhere")] if lost else [])]
    far = lost or _size(_hull(boxes)) >= FAR * largest
    if not far or len(names) == 1 or len(names) * len(panels) > MOST:
        return [Part("", list(panels))]
    return [Part(name, [_of(panel, at, home) for panel in panels]) for at, name in enumerate(names)]


def _spots(panel: Panel) -> Iterator[Mark | Disc | Amount]:
    yield from panel.marks
    yield from panel.discs
    yield from panel.amounts


def _of(panel: Panel, county: int, home: Callable[[float, float], int]) -> Panel:
    def near(spot: Mark | Disc | Amount) -> bool:
        return home(spot.lon, spot.lat) == county

    return replace(
        panel,
        areas=tuple(area for area in panel.areas if home(*_middle(_box(area))) == county),
        discs=tuple(filter(near, panel.discs)),
        amounts=tuple(filter(near, panel.amounts)),
        marks=tuple(filter(near, panel.marks)),
    )


def _box(area: Area) -> Box:
    places = [place for ring in area.rings for place in ring]
    lons, lats = [place[0] for place in places], [place[1] for place in places]
    return min(lons), min(lats), max(lons), max(lats)


def _hull(boxes: Sequence[Box]) -> Box:
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _size(box: Box) -> float:
    return max(box[2] - box[0], box[3] - box[1])


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _distance(box: Box, lon: float, lat: float) -> float:
    return max(box[0] - lon, lon - box[2], 0.0) + max(box[1] - lat, lat - box[3], 0.0)
