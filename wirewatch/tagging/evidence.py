"""What a whole text says about where it plays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from wirewatch.tagging.gazetteer import Gazetteer, Place
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.spots import Spot, where

LARGE = 100_000
"""People from which a city is known without its country."""


class Pair(NamedTuple):
    """What stands behind a name's comma and holds it: its row, and how the text writes it."""

    row: int
    written: str


class Evidence(NamedTuple):
    """What the whole text says about where it plays.

    ``said`` holds, for each country ("US") and first-level region ("US.PA"), the names that speak for it and how much
    each says, ``sums`` that added up; ``own`` how much each name says of any country, ``total`` that of all.
    ``located`` holds the names that something is said to be at, each with the words that say so; ``pairs`` what stands
    behind the comma of spot n; ``written`` one spelling of each name; ``lower`` the words that occur without a capital.
    """

    said: dict[str, dict[str, int]]
    sums: dict[str, int]
    own: dict[str, int]
    total: int
    located: dict[str, dict[str, None]]
    pairs: dict[int, Pair]
    written: dict[str, str]
    lower: frozenset[str]

    def of(self, code: str | None, key: str) -> int:
        """How much the text says of the country or region, the name ``key`` left out: no name is its own evidence."""
        said = self.said.get(code or "")
        return self.sums[code or ""] - said.get(key, 0) if said else 0

    def share(self, country: str | None, key: str) -> float:
        """The country's share in all that the text says of countries, 0 to 1, ``key`` left out."""
        return self.of(country, key) / max(1, self.total - self.own.get(key, 0))

    def names(self, code: str | None, key: str) -> Iterator[str]:
        """How the text writes the names that speak for the country or region, ``key`` left out."""
        return (self.written[name] for name in self.said.get(code or "", ()) if name != key)


def gather(reading: Reading, gazetteer: Gazetteer, spots: list[Spot], vetoed: dict[int, str]) -> Evidence:
    """What the whole text says, from all names in it but the ``vetoed`` ones."""
    evidence = Evidence({}, {}, {}, 0, {}, _pairs(reading, gazetteer, spots), {}, reading.lower)
    inner = {spots[number].key for number in evidence.pairs}
    for spot in spots:
        evidence.written.setdefault(spot.key, reading.words(spot.first, spot.n))
        if spot.first in vetoed:
            continue
        locative = where(reading, spot)
        if locative:
            evidence.located.setdefault(spot.key, {})[locative] = None
        # "Lebanon" says nothing of Lebanon where the text has "Lebanon, Pennsylvania".
        if spot.key not in inner:
            _say(evidence, spot.key, *_stands_for(gazetteer, spot))
    for number, pair in evidence.pairs.items():
        place = gazetteer.place(pair.row)
        _say(evidence, spots[number + 1].key, place.country or "", place.admin1 or "", 1)
        evidence.located.setdefault(spots[number].key, {})[pair.written] = None
    return evidence._replace(total=sum(evidence.own.values()))


def _say(evidence: Evidence, key: str, country: str, region: str, weight: int) -> None:
    if country and weight:
        evidence.own[key] = evidence.own.get(key, 0) + weight
    for code, more in ((country, weight), (region, 1)):
        if code and more:
            said = evidence.said.setdefault(code, {})
            said[key] = said.get(key, 0) + more
            evidence.sums[code] = evidence.sums.get(code, 0) + more


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


def _pairs(reading: Reading, gazetteer: Gazetteer, spots: list[Spot]) -> dict[int, Pair]:
    """“City, Region” and “City (Country)”: the number of the city's spot -> what stands behind it and holds it."""
    pairs: dict[int, Pair] = {}
    for number in range(len(spots) - 2, -1, -1):
        one, two = spots[number], spots[number + 1]
        end = one.first + one.n
        if two.role == "demonym" or two.first != end or reading.tokens.gap(end - 1) not in {", ", ",", " (", ",\n"}:
            continue
        if end - 1 in reading.tokens.possessive or one.role == "demonym":
            continue
        row = None if _in_list_of_regions(reading, gazetteer, spots, number) else _containing(gazetteer, one, two)
        if row is not None:
            pairs[number] = Pair(row, reading.words(two.first, two.n))
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
