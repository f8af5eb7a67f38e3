"""The map: countries as shaded areas, cities and sites as points, what is unsure with a broken line. Pure geometry."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import msgspec

from wirewatch.atlas.projection import flat
from wirewatch.atlas.shapes import RATIO, WORLD, Box, Shape, shapes
from wirewatch.models import PlaceTag
from wirewatch.page.filters import Filters
from wirewatch.page.names import Named, Names
from wirewatch.page.words import counted
from wirewatch.search.situation import Counted

SHADES = 5
UNSURE = 0.6
"""Below this mean confidence of its mentions a place is drawn with a broken line."""

_PIXELS = 640
"""As wide as the map usually is on a screen: sizes of points and letters are meant for that."""
_SMALLEST, _LARGEST = 3.0, 15.0
_CROWD = 12
"""Stories of the largest point at least: a place in one story is small, also where none is in more."""

_LABELS = 9
_NARROWEST = 150.0


class Area(msgspec.Struct, frozen=True):
    """A country or territory: its outline, how dark it is (0: no article), what it says and where it leads."""

    path: str
    shade: int
    title: str
    href: str | None = None
    broken: bool = False
    chosen: bool = False


class Spot(msgspec.Struct, frozen=True):
    """A city or site; ``unsure`` is drawn with a broken line, ``label`` beside it where there is room."""

    x: float
    y: float
    r: float
    title: str
    href: str | None
    unsure: bool = False
    label: str | None = None
    left: bool = False
    """The label is on its left."""


class WorldMap(msgspec.Struct, frozen=True):
    """A map ready to be drawn: ``unit`` is one pixel at the usual width, ``legend`` what each shade counts.

    ``too_small`` are countries with articles whose outline is too small for this map.
    """

    box: Box
    unit: float
    areas: tuple[Area, ...]
    spots: tuple[Spot, ...]
    legend: tuple[str, ...]
    too_small: tuple[tuple[str, int, str], ...]
    sure: int
    unsure: int

    @property
    def view_box(self) -> str:
        """The box as SVG wants it."""
        left, top, right, bottom = self.box
        return f"{left:.1f} {top:.1f} {right - left:.1f} {bottom - top:.1f}"


def world_map(
    filters: Filters,
    names: Names,
    disputed: str,
    *,
    countries: Sequence[Counted],
    places: Sequence[Counted],
    borrowed: Sequence[PlaceTag] = (),
    around: Named | None = None,
    path: str = "/",
) -> WorldMap:
    """The map of these counts: the whole world, or the country chosen, or what lies ``around`` a place."""
    outlines = shapes(disputed)
    counts = {one.id: one for one in countries}
    country = around.country if around and around.level == "country" else filters.country
    box = _box_around(around) if around and around.level != "country" else _box_of(country, outlines) or WORLD
    unit = (box[2] - box[0]) / _PIXELS
    edges = edges_of(max((one.articles for one in countries), default=0))
    areas = tuple(_area(shape, counts, edges, filters, names, path) for shape in outlines)
    spots = _spots(filters, names, places, borrowed, unit)
    drawn = {shape.country for shape in outlines}
    return WorldMap(
        box=box,
        unit=unit,
        areas=areas,
        spots=labelled(spots, box, unit),
        legend=_legend(edges, max(counts.values(), key=lambda one: one.articles).articles if counts else 0),
        too_small=tuple(
            (names.country(one.id), one.articles, filters.but(country=one.id).at(path))
            for one in countries
            if one.id not in drawn
        ),
        sure=sum(not spot.unsure for spot in spots),
        unsure=sum(spot.unsure for spot in spots),
    )


def edges_of(most: int) -> tuple[int, ...]:
    """From which count on each shade is: steps that grow by the same factor up to ``most``."""
    return tuple(sorted({max(1, round(most ** (step / SHADES))) for step in range(SHADES)})) if most else ()


def labelled(spots: Sequence[Spot], box: Box, unit: float) -> tuple[Spot, ...]:
    """The largest spots with their names on the side where nothing else is; the small ones lie on top."""
    taken: list[Box] = [(s.x - s.r, s.y - s.r, s.x + s.r, s.y + s.r) for s in spots if not s.unsure][:_LABELS]
    done: list[Spot] = []
    room = _LABELS
    for spot in sorted(spots, key=lambda s: -s.r):
        visible = box[0] < spot.x < box[2] and box[1] < spot.y < box[3]
        side = _free_side(spot, taken, box, unit) if room and visible and spot.label else None
        if side is None:
            done.append(msgspec.structs.replace(spot, label=None))
        else:
            taken.append(_label_box(spot, side, unit))
            done.append(msgspec.structs.replace(spot, left=side))
            room -= 1
    return tuple(done)


def _free_side(spot: Spot, taken: Sequence[Box], box: Box, unit: float) -> bool | None:
    own = (spot.x - spot.r, spot.y - spot.r, spot.x + spot.r, spot.y + spot.r)
    for left in (False, True):
        wanted = _label_box(spot, left, unit)
        inside = wanted[0] > box[0] and wanted[2] < box[2]
        if inside and not any(_meet(wanted, other) for other in taken if other != own):
            return left
    return None


def _label_box(spot: Spot, left: bool, unit: float) -> Box:
    wide, high = 6.2 * unit * len(spot.label or ""), 7 * unit
    x = spot.x - spot.r - 3 * unit - wide if left else spot.x + spot.r + 3 * unit
    return (x, spot.y - high, x + wide, spot.y + high)


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _area(
    shape: Shape, counts: dict[str, Counted], edges: tuple[int, ...], filters: Filters, names: Names, path: str
) -> Area:
    called = names.country(shape.country) if shape.country else shape.id.replace("-", " ").title()
    if shape.id != shape.country and shape.country:
        called = f"{shape.id.replace('-', ' ').title()}, counted to {called}"
    known = counts.get(shape.country or "")
    if known is None:
        return Area(shape.path, 0, f"{called}: no article", broken=shape.disputed)
    told = counted(known.articles, "article")
    return Area(
        shape.path,
        sum(edge <= known.articles for edge in edges),
        f"{called}: {told}",
        filters.but(country=shape.country).at(path),
        shape.disputed,
        shape.country == filters.country,
    )


def _spots(
    filters: Filters, names: Names, places: Sequence[Counted], borrowed: Sequence[PlaceTag], unit: float
) -> list[Spot]:
    found = [(one, named) for one in places if (named := names.place(one.id)) and named.is_point]
    most = max([_CROWD, *(one.stories or 1 for one, _ in found)])

    def size(stories: int) -> float:
        return unit * (_SMALLEST + (_LARGEST - _SMALLEST) * sqrt(stories / most))

    spots = []
    for one, named in found:
        unsure = one.confidence is not None and one.confidence < UNSURE
        told = f"{counted(one.stories or 0, 'story', 'stories')}, {counted(one.articles, 'article')}"
        doubt = ", which place is meant is unsure" if unsure else ""
        x, y = flat(named.point.lon, named.point.lat)
        title = f"{named.name}{', ' + names.country(named.country) if named.country else ''}: {told}{doubt}"
        href = filters.but(place=None).at("/places", one.id)
        spots.append(Spot(round(x, 1), round(y, 1), round(size(one.stories or 0), 2), title, href, unsure, named.name))
    for place in borrowed:
        if place.point is not None:
            x, y = flat(place.point.lon, place.point.lat)
            title = f"{place.name}: in no list; somewhere near here, says the text"
            spots.append(Spot(round(x, 1), round(y, 1), round(5 * unit, 2), title, None, True))
    return spots


def _legend(edges: tuple[int, ...], most: int) -> tuple[str, ...]:
    ends = [edge - 1 for edge in edges[1:]] + [most] * bool(edges)
    return tuple(f"{low}–{high}" if low < high else str(low) for low, high in zip(edges, ends, strict=True) if low)


def _box_of(country: str | None, outlines: Sequence[Shape]) -> Box | None:
    own = next((shape.box for shape in outlines if shape.id == country), None)
    return _widened(own, 1.9) if own else None


def _box_around(place: Named) -> Box:
    x, y = flat(place.point.lon, place.point.lat)
    wide = _NARROWEST if place.is_point else 2 * _NARROWEST
    return _widened((x - wide / 2, y, x + wide / 2, y), 1.0)


def _widened(box: Box, by: float) -> Box:
    """The box with room around it, as wide for its height as the map is."""
    left, top, right, bottom = box
    wide = max((right - left) * by, (bottom - top) * by * RATIO, _NARROWEST)
    x, y = (left + right) / 2, (top + bottom) / 2
    if wide >= (WORLD[2] - WORLD[0]) * 0.8:
        return WORLD
    return (x - wide / 2, y - wide / RATIO / 2, x + wide / 2, y + wide / RATIO / 2)
