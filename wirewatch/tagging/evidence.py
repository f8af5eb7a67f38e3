"""What a whole text says about where it plays."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from wirewatch.tagging.gazetteer import Gazetteer, Place
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.spots import Spot, locative_before

LARGE = 100_000
"""People from which a city is known without its country."""


class Evidence(NamedTuple):
    """What the whole text says: how often each country is named, which regions, and what stands near each name.

    ``own`` is each name's part in that: no name is evidence for itself.
    """

    countries: dict[str, int]
    total: int
    regions: dict[str, int]
    own: dict[str, list[tuple[str, str, int]]]
    located: frozenset[str]
    pairs: dict[int, int]
    lower: frozenset[str]

    def without(self, key: str) -> Evidence:
        """The same without what the name ``key`` itself says."""
        said = self.own.get(key)
        if not said or not any(weight for _, _, weight in said):
            return self
        countries, regions = dict(self.countries), dict(self.regions)
        for country, region, weight in said:
            countries[country] = countries.get(country, 0) - weight
            regions[region] = regions.get(region, 0) - 1
        return self._replace(countries=countries, total=sum(countries.values()), regions=regions)


def gather(reading: Reading, gazetteer: Gazetteer, spots: list[Spot], vetoed: dict[int, str]) -> Evidence:
    """What the whole text says, from all names in it but the ``vetoed`` ones."""
    countries: Counter[str] = Counter()
    regions: Counter[str] = Counter()
    own: dict[str, list[tuple[str, str, int]]] = {}
    located: set[str] = set()
    pairs = _pairs(reading, gazetteer, spots)
    for spot in spots:
        if spot.first in vetoed:
            continue
        if locative_before(reading, spot):
            located.add(spot.key)
        country, region, weight = _stands_for(gazetteer, spot)
        countries[country] += weight
        regions[region] += 1
        own.setdefault(spot.key, []).append((country, region, weight))
    for number, row in pairs.items():
        place = gazetteer.place(row)
        countries[place.country or ""] += 1
        regions[place.admin1 or ""] += 1
        located.add(spots[number].key)
    countries.pop("", None)
    regions.pop("", None)
    return Evidence(countries, sum(countries.values()), regions, own, frozenset(located), pairs, reading.lower)


def _stands_for(gazetteer: Gazetteer, spot: Spot) -> tuple[str, str, int]:
    """The country and region that a name surely belongs to, and how much it says of the country: 0, 1 or 2."""
    ranked = _ranked(gazetteer, spot)
    if not ranked:
        return "", "", 0
    top, rest = ranked[0], ranked[1:]
    country, region = top.country or "", top.admin1 or ""
    if len(spot.fixed) == 1:
        return country, region, 2
    if any(p.country != top.country and top.prominence - p.prominence < 1.5 for p in rest[:3]):
        return "", "", 0
    if top.level == "country":
        return country, "", 2
    if top.level == "admin1" and top.population > 300_000:
        city = any(p.level == "city" and p.population > LARGE and p.country == top.country for p in rest)
        return country, "" if city else region, 1
    if top.level == "city" and top.population > 300_000 and spot.key not in gazetteer.common:
        return country, region, 1
    return (country, "", 1) if top.level in ("region", "water") else ("", "", 0)


def _ranked(gazetteer: Gazetteer, spot: Spot) -> tuple[Place, ...]:
    """The places that the name can be, the most prominent first."""
    if spot.fixed:
        return tuple(sorted(map(gazetteer.place, spot.fixed), key=lambda p: -p.prominence))
    return gazetteer.bearers(spot.key).ranked


def _pairs(reading: Reading, gazetteer: Gazetteer, spots: list[Spot]) -> dict[int, int]:
    """“City, Region” and “City (Country)”: spot number -> the row of what stands behind the comma contains it."""
    pairs: dict[int, int] = {}
    for number in range(len(spots) - 2, -1, -1):
        one, two = spots[number], spots[number + 1]
        end = one.first + one.n
        if two.role == "demonym" or two.first != end or reading.tokens.gap(end - 1) not in {", ", ",", " (", ",\n"}:
            continue
        if end - 1 in reading.tokens.possessive or one.role == "demonym":
            continue
        row = None if _in_list_of_regions(reading, gazetteer, spots, number) else _containing(gazetteer, one, two)
        if row is not None:
            pairs[number] = row
    return pairs


def _in_list_of_regions(reading: Reading, gazetteer: Gazetteer, spots: list[Spot], number: int) -> bool:
    """Whether the names around the comma are countries, or states in a row: "Georgia, Alabama and Florida"."""
    one, two = _widest(gazetteer, spots[number]), _widest(gazetteer, spots[number + 1])
    if one == "country" and two == "country":
        return True
    if one != "admin1" or two != "admin1":
        return False
    neighbours = []
    if number > 0:
        neighbours.append((spots[number - 1], spots[number]))
    if number + 2 < len(spots):
        neighbours.append((spots[number + 1], spots[number + 2]))
    for left, right in neighbours:
        between = reading.text[reading.tokens.ends[left.first + left.n - 1] : reading.tokens.starts[right.first]]
        if (
            between.strip() in {",", "and", ", and", "or"}
            and _widest(gazetteer, left) == _widest(gazetteer, right) == "admin1"
        ):
            return True
    return False


def _widest(gazetteer: Gazetteer, spot: Spot) -> str:
    levels = {gazetteer.place(row).level for row in spot.fixed} if spot.fixed else gazetteer.bearers(spot.key).levels
    return "country" if "country" in levels else "admin1" if "admin1" in levels else ""


def _containing(gazetteer: Gazetteer, one: Spot, two: Spot) -> int | None:
    if two.fixed:
        outer = [gazetteer.place(row) for row in two.fixed]
    else:
        outer = [place for place, _ in gazetteer.named(two.key)]
    inner = [place for place, _ in gazetteer.named(one.key)]
    best: tuple[float, int] | None = None
    for big in outer:
        if big.level not in ("country", "admin1"):
            continue
        for small in inner:
            if small.level == "country" or small.row == big.row:
                continue
            inside = small.country == big.country if big.level == "country" else small.admin1 == big.admin1
            if (inside and small.level != "admin1") or (inside and big.level == "country"):
                rank = small.prominence + (1 if big.level == "country" else 0.5)
                if best is None or rank > best[0]:
                    best = (rank, big.row)
    return best[1] if best else None
