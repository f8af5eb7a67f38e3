"""The curated word lists of ``data/``, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((files("wirewatch.tagging") / "data" / f"{name}.toml").read_text(encoding="utf-8"))


def _words(name: str, table: str = "words") -> frozenset[str]:
    return frozenset(_table(table)[name].split())


COMMON = _words("common")
LOCATIVE = _words("locative")
LOCATIVE_NOUNS = _words("locative_nouns")
FACILITY = _words("facility")
TITLES = _words("titles")
ORGANISATION = _words("organisation")
BUILDINGS = _words("buildings")
SERVICES = _words("services")
THINGS = _words("things")
CRAFT = _words("craft")
KINDS_OF_PLACE = _words("kinds_of_place")
ACTS = _words("acts")
ACTS_WEAK = _words("acts_weak")
GOVERNMENT = _words("government")
ARMED = _words("armed")
GIVEN = _words("given", "names")
FUNCTION = _words("function")
NOT_NAMES = _words("not_names")
NOT_ACRONYMS = _words("not_acronyms")
CALENDAR = _words("calendar")
COMPASS = _words("compass")
DEEDS = _words("deeds")
MOVES = _words("moves")
COMPANY = _words("company")
SPORT = _words("sport")
PLACE_GIVEN = _words("place_given")
"""Each a set of folded words; data/words.toml says what it is for."""

REGION_ADJECTIVES: dict[str, str] = dict(_table("words")["region_adjectives"])
"""Adjective of a part of the world -> key of its name."""
