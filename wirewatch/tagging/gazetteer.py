"""The places of the world by name: what an entry is, and how names are looked up."""

from __future__ import annotations

from array import array
from functools import cached_property
from itertools import accumulate
from math import log10
from typing import Literal

import msgspec

from wirewatch.geo import Point
from wirewatch.tagging.disputed import DEFAULT, Assigned, assigned
from wirewatch.tagging.tokens import fold

Level = Literal["country", "admin1", "admin2", "city", "region", "water"]
LEVELS: tuple[Level, ...] = ("country", "admin1", "admin2", "city", "region", "water")

OWN, KNOWN_AS, OTHER = 0, 1, 2
"""How a name belongs to a place: its own name, a name that English news uses for it, any other spelling."""


class Place(msgspec.Struct, frozen=True):
    """An entry of the gazetteer.

    ``id`` is the GeoNames id, or "region:..." for an entry of our own. ``admin1`` is the GeoNames code of the
    first-level region ("US.PA"). ``population`` of a region is that of its cities.
    """

    row: int
    id: str
    name: str
    level: Level
    point: Point
    country: str | None
    admin1: str | None
    population: int
    capital: bool = False

    prominence: float = 0.0
    """How likely a name means this place when nothing else is known, in powers of ten of its people."""


def _prominence(level: Level, population: int, capital: bool) -> float:
    extra = {"country": 2.0, "region": 2.0, "water": 2.0, "admin2": -0.7}.get(level, 0.0)
    return (0.8 if capital else 0.0) + log10(population + 10) + extra


class Bearers(msgspec.Struct, frozen=True):
    """The places that bear one name, each with how it belongs to them; ``ranked`` the most prominent first."""

    named: tuple[tuple[Place, int], ...]
    ranked: tuple[Place, ...]
    levels: frozenset[Level]
    people: int

    @classmethod
    def of(cls, named: tuple[tuple[Place, int], ...]) -> Bearers:
        """What ``named`` places have in common."""
        places = [place for place, _ in named]
        return cls(
            named,
            tuple(sorted(places, key=lambda p: -p.prominence)),
            frozenset(p.level for p in places),
            max((p.population for p in places), default=0),
        )


class Table(msgspec.Struct):
    """The gazetteer as it is stored, one column a field; a column of strings is their lines.

    The n-th of ``keys`` has the next ``counts[n]`` of ``bearers``, each as ``row * 4 + how``.
    """

    version: str
    ids: str
    names: str
    levels: bytes
    lats: bytes
    lons: bytes
    populations: bytes
    countries: list[str]
    country_of: bytes
    admin1s: list[str]
    admin1_of: bytes
    keys: str
    counts: bytes
    bearers: bytes
    longest: dict[str, int]
    common: list[str]
    cased: dict[str, int]
    after_comma: dict[str, int]
    capitals: list[int]


class Gazetteer:
    """Places by name; read-only, made by :func:`wirewatch.tagging.gazetteer_cache.load_gazetteer`."""

    def __init__(self, table: Table, disputed: str = DEFAULT) -> None:
        self.version = table.version
        self._ids, self._names = table.ids.split("\n"), table.names.split("\n")
        self._levels = table.levels
        self._lats, self._lons = _floats(table.lats), _floats(table.lons)
        self._populations = _ints(table.populations)
        self._countries, self._country_of = table.countries, _shorts(table.country_of)
        self._admin1s, self._admin1_of = table.admin1s, _shorts(table.admin1_of)
        keys, ends = table.keys.split("\n"), list(accumulate(_shorts(table.counts), initial=0))
        self.index = dict(zip(keys, range(len(keys)), strict=True))
        self._first_bearer, self._all_bearers = array("I", ends), _rows(table.bearers)
        self.longest = table.longest
        self.common = frozenset(table.common)
        self._capitals = frozenset(table.capitals)
        self.cased = table.cased
        self.after_comma = table.after_comma
        self.disputed = disputed
        self._assigned = self._countries_of_disputed(assigned(disputed))
        self._places: dict[int, Place] = {}
        self._bearers: dict[str, Bearers] = {}
        self.short = frozenset(fold(form) for forms in (table.cased, table.after_comma) for form in forms)
        self.country_rows: dict[str, int] = {}
        self.admin1_rows: dict[str, int] = {}
        for row, level in enumerate(self._levels):
            if level == 0:
                self.country_rows[self._countries[self._country_of[row]]] = row
            elif level == 1:
                self.admin1_rows[self._admin1s[self._admin1_of[row]]] = row

    def __len__(self) -> int:
        return len(self._ids)

    def place(self, row: int) -> Place:
        """The entry of that row."""
        place = self._places.get(row)
        if place is None:
            level, people, capital = LEVELS[self._levels[row]], self._populations[row], row in self._capitals
            place = self._places[row] = Place(
                row=row,
                id=self._ids[row],
                name=self._names[row],
                level=level,
                point=Point(round(self._lats[row], 5), round(self._lons[row], 5)),
                country=self._assigned.get(row, self._countries[self._country_of[row]]) or None,
                admin1=self._admin1s[self._admin1_of[row]] or None,
                population=people,
                capital=capital,
                prominence=_prominence(level, people, capital),
            )
        return place

    def with_id(self, id_: str) -> Place | None:
        """The entry with that GeoNames id, or id of our own."""
        row = self._rows_by_id.get(id_)
        return None if row is None else self.place(row)

    @cached_property
    def _rows_by_id(self) -> dict[str, int]:
        return {id_: row for row, id_ in enumerate(self._ids)}

    def _countries_of_disputed(self, by: Assigned) -> dict[int, str]:
        """The country of each row that lies in a disputed territory."""
        numbers = {n: by.countries[code] for n, code in enumerate(self._countries) if code in by.countries}
        rows = {row: numbers[n] for row, n in enumerate(self._country_of) if n in numbers}
        numbers = {n: by.admin1[code] for n, code in enumerate(self._admin1s) if code in by.admin1}
        rows |= {row: numbers[n] for row, n in enumerate(self._admin1_of) if n in numbers}
        return rows | {row: by.ids[id_] for row, id_ in enumerate(self._ids) if id_ in by.ids}

    def named(self, key: str) -> tuple[tuple[Place, int], ...]:
        """The places with that folded name, each with how the name belongs to it."""
        return self.bearers(key).named

    def bearers(self, key: str) -> Bearers:
        """The same with what they have in common; kept, because a text asks for each of its names many times."""
        bearers = self._bearers.get(key)
        if bearers is None:
            named = tuple((self.place(code >> 2), code & 3) for code in self._codes(key))
            bearers = Bearers.of(named)
            if named:
                self._bearers[key] = bearers
        return bearers

    def _codes(self, key: str) -> array[int]:
        number = self.index.get(key)
        if number is None:
            return array("I")
        return self._all_bearers[self._first_bearer[number] : self._first_bearer[number + 1]]

    def country(self, code: str) -> Place | None:
        """The country with that ISO 3166 alpha-2 code."""
        row = self.country_rows.get(code)
        return None if row is None else self.place(row)

    def admin1(self, code: str | None) -> Place | None:
        """The first-level region with that GeoNames code ("US.PA")."""
        row = self.admin1_rows.get(code or "")
        return None if row is None else self.place(row)


def _floats(data: bytes) -> array[float]:
    column: array[float] = array("f")
    column.frombytes(data)
    return column


def _ints(data: bytes) -> array[int]:
    column = array("i")
    column.frombytes(data)
    return column


def _rows(data: bytes) -> array[int]:
    column = array("I")
    column.frombytes(data)
    return column


def _shorts(data: bytes) -> array[int]:
    column = array("H")
    column.frombytes(data)
    return column
