"""What is known of each language beside the lists of names: its small words, exonyms, adjectives of countries."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from importlib.resources import files

import msgspec

LANGUAGES = frozenset({"ar", "de", "es", "fr", "pt", "ru", "uk"})
"""Languages beside English whose names are known, by ISO 639-1 code."""


class Language(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of ``data/languages/``.

    ``counterparts`` gives for an English word those that say the same, so that one set of rules weighs places in
    every language. ``places`` maps names to an entry of the gazetteer ("London, GB", "Donbas"), ``demonyms`` and
    ``countries`` country codes to words, ``seats`` what stands for a government to its country's code.
    ``government`` and ``armed`` are nouns that make an actor of the country they stand beside. ``ordinary`` words
    are names only where something else says so; ``no_actors`` are names of actors that are words here.
    """

    counterparts: dict[str, str]
    ordinary: str
    government: str
    armed: str
    places: dict[str, str]
    countries: dict[str, str]
    demonyms: dict[str, str]
    seats: dict[str, str]
    no_actors: str = ""


@cache
def table_of(language: str) -> Language:
    """The table of ``language``, which is one of LANGUAGES."""
    path = files("wirewatch.tagging") / "data" / "languages" / f"{language}.toml"
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Language)


def declined(language: str, word: str) -> list[str]:
    """All forms of an adjective or a people that its table gives once; for languages with a dictionary just itself."""
    return _DECLINED.get(language, _alone)(word)


def _alone(word: str) -> list[str]:
    return [word]


def _spanish(word: str) -> list[str]:
    if word.endswith("o"):
        return [word, word[:-1] + "a", word + "s", word[:-1] + "as"]
    if word.endswith("és"):
        return [word, word[:-2] + "esa", word[:-2] + "eses", word[:-2] + "esas"]
    if word.endswith(("án", "ín", "ón")):
        stem = word[:-2] + {"á": "a", "í": "i", "ó": "o"}[word[-2]] + "n"
        return [word, stem + "a", stem + "es", stem + "as"]
    if word.endswith(("í", "ú")):
        return [word, word + "es", word + "s"]
    return [word, word + "s"] if word[-1] in "ae" else [word, word + "a", word + "es", word + "as"]


def _portuguese(word: str) -> list[str]:
    if word.endswith("ão"):
        return [word, word[:-2] + "ã", word[:-2] + "ãos", word[:-2] + "ães", word[:-2] + "ões", word[:-2] + "ãs"]
    if word.endswith("o"):
        return [word, word[:-1] + "a", word + "s", word[:-1] + "as"]
    if word.endswith("ês"):
        return [word, word[:-2] + "esa", word[:-2] + "eses", word[:-2] + "esas"]
    if word.endswith("eu"):
        return [word, word[:-2] + "eia", word + "s", word[:-2] + "eias"]
    if word.endswith(("ol", "al")):
        return [word, word + "a", word[:-1] + "is", word + "as", word[:-2] + "óis"]
    return [word, word + "s"] if word[-1] in "aeiu" else [word, word + "a", word + "es", word + "as"]


def _french(word: str) -> list[str]:
    if word.endswith("ien"):
        return [word, word + "ne", word + "s", word + "nes"]
    if word.endswith("éen"):
        return [word, word + "ne", word + "s", word + "nes"]
    if word.endswith("e"):
        return [word, word + "s"]
    if word.endswith("s"):
        return [word, word + "e", word + "es"]
    if word.endswith("c"):
        return [word, word + "s", word[:-1] + "que", word[:-1] + "ques", word + "que", word + "ques"]
    return [word, word + "e", word + "s", word + "es"]


def _german(word: str) -> list[str]:
    if word.endswith("isch"):
        return [word + ending for ending in ("", "e", "er", "en", "em", "es")]
    if word.endswith("e"):
        return [word, word + "n", word[:-1] + "in", word[:-1] + "innen"]
    return [word, word + "s", word + "n", word + "in", word + "innen"]


def _arabic(word: str) -> list[str]:
    forms = [word, word + "ة", word + "ون", word + "ين", word + "ات", word + "ا"]
    return [*("ال" + form for form in forms), *forms]


_DECLINED: dict[str, Callable[[str], list[str]]] = {
    "es": _spanish, "pt": _portuguese, "fr": _french, "de": _german, "ar": _arabic,
}  # fmt: skip
