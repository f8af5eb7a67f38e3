"""The outlines of countries, from Natural Earth (public domain): data/countries.json says of which edition."""

from __future__ import annotations

import itertools
from functools import cache
from importlib.resources import files

import msgspec

from wirewatch.atlas.projection import flat
from wirewatch.tagging.disputed import assigned, territories

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

RATIO = 2.25
"""How many times wider than high a map is."""


def _world() -> Box:
    top, bottom = flat(0, 83.7)[1], flat(0, -56)[1]
    wide = (bottom - top) * RATIO
    middle = flat(11, 0)[0]
    return (middle - wide / 2, top, middle + wide / 2, bottom)


WORLD = _world()
"""The whole world but Antarctica and some of the Pacific."""


class Shape(msgspec.Struct, frozen=True):
    """An outline: ``id``, the country it counts to (None: to none), its SVG path, the box around its main parts.

    ``disputed`` outlines are drawn with a broken line.
    """

    id: str
    country: str | None
    path: str
    box: Box
    disputed: bool


class _File(msgspec.Struct):
    about: str
    shapes: dict[str, list[list[int]]]


@cache
def shapes(disputed: str) -> tuple[Shape, ...]:
    """All outlines, as the setting ``disputed`` counts them."""
    data = msgspec.json.decode((files("wirewatch.atlas") / "data" / "countries.json").read_bytes(), type=_File)
    return tuple(_shape(id_, rings, disputed) for id_, rings in data.shapes.items())


def _shape(id_: str, rings: list[list[int]], disputed: str) -> Shape:
    parts = [[flat(x / 100, y / 100) for x, y in zip(ring[::2], ring[1::2], strict=True)] for ring in rings]
    country, open_ = _country(id_, disputed)
    return Shape(id_, country, "".join(map(_path, parts)), _box(parts), open_)


def _country(id_: str, disputed: str) -> tuple[str | None, bool]:
    """To which country an outline counts, and whether that is disputed."""
    if id_ in territories():
        return _code_of(id_, disputed), True
    return assigned(disputed).countries.get(id_, id_) or None, id_ in {"EH", "XK"}


def _code_of(territory: str, disputed: str) -> str | None:
    by = assigned(disputed)
    its = territories()[territory]
    for held, given in ((its.countries, by.countries), (its.admin1, by.admin1), (its.ids, by.ids)):
        for key in held:
            return given.get(key) or None
    return None


def _path(ring: list[tuple[float, float]]) -> str:
    """A ring as relative steps of whole units, those that do not move left out."""
    spots = [(round(x), round(y)) for x, y in ring]
    steps = [(x - px, y - py) for (px, py), (x, y) in itertools.pairwise(spots) if (x, y) != (px, py)]
    return f"M{spots[0][0]} {spots[0][1]}l" + " ".join(f"{dx} {dy}" for dx, dy in steps or [(1, 0)]) + "z"


def _box(parts: list[list[tuple[float, float]]]) -> Box:
    """Left, top, right, bottom of the parts that are at least a quarter of the largest: France without Guiana."""
    boxes = [
        (min(x for x, _ in ring), min(y for _, y in ring), max(x for x, _ in ring), max(y for _, y in ring))
        for ring in parts
    ]
    sizes = [(right - left) * (bottom - top) for left, top, right, bottom in boxes]
    main = [box for box, size in zip(boxes, sizes, strict=True) if size >= max(sizes) / 4]
    return (min(b[0] for b in main), min(b[1] for b in main), max(b[2] for b in main), max(b[3] for b in main))
