"""A text of another language as the tagger needs it: its names found, its small words said in English."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec

from wirewatch.tagging.gazetteer import Gazetteer
from wirewatch.tagging.languages.find import Actors, Text, find_spots, find_states
from wirewatch.tagging.languages.names import LocalGazetteer, demonyms_of, local_gazetteer
from wirewatch.tagging.languages.tables import table_of
from wirewatch.tagging.languages.words import keys_of, readings_of, writing_of
from wirewatch.tagging.lexicon import Lexicon
from wirewatch.tagging.listed import Listed
from wirewatch.tagging.reading import Reading, read
from wirewatch.tagging.spots import Spot

ADJECTIVE_FIRST = frozenset({"de", "ru", "uk"})


class Names(NamedTuple):
    """What stands in a text: its names of places, its listed actors, words that are no places with their names.

    ``weighed`` is the reading for the rules that weigh places: words that these rules ask about are given by their
    English counterparts, all others are empty.
    """

    reading: Reading
    weighed: Reading
    spots: list[Spot]
    actors: list[Listed]
    vetoed: dict[int, str]


class Abroad:
    """Finds the names of one language; made once, read-only."""

    def __init__(self, language: str, gazetteer: Gazetteer, lexicon: Lexicon, cache_dir: Path) -> None:
        table, writing = table_of(language), writing_of(language)
        self.gazetteer: LocalGazetteer = local_gazetteer(language, writing, gazetteer, cache_dir)
        self._language, self._writing, self._lexicon = language, writing, lexicon
        self._demonyms = demonyms_of(language, writing)
        self._actors = Actors(language, writing, lexicon, table)
        self._seats = {k: code for name, code in table.seats.items() for k in keys_of(writing, name)}
        self._counterparts = {
            k: english
            for english, words in table.counterparts.items()
            for word in words.split()
            for k in keys_of(writing, word)[:1]
        }
        self._nouns = {k: "joint" for k, english in self._counterparts.items() if english in ("of", "the")}
        for kind, words in (("government", table.government), ("armed", table.armed)):
            self._nouns |= {k: kind for word in words.split() for k in keys_of(writing, word)}
        names = [name for names in table.countries.values() for name in names.split(", ")]
        self._cased = {keys_of(writing, n)[0]: n.replace(".", "") for n in names if n.isupper() and " " not in n}

    def names(self, title: str, text: str, day: date | None) -> Names:
        """The names in title and text, published on ``day``."""
        reading = read(title, text, self._writing.words)
        seen = Text(reading, list(map(self._writing.forms, reading.tokens.words)), self._writing.capitals)
        spots, cuts = find_spots(seen, self.gazetteer, self._demonyms, self._cased)
        codes = self._codes(spots)
        listed, more = self._actors.find(seen, set(codes.values()), day)
        listed += self._actors.find_surnames(seen, listed)
        cuts |= more
        seated = self._seated(seen)
        vetoed = _vetoed([*listed, *seated], codes)
        states = find_states(seen, self._lexicon, spots, codes, self._nouns, before=self._language in ADJECTIVE_FIRST)
        weighed = self._weighed(seen, spots, listed, codes, cuts)
        return Names(_cut(reading, cuts), weighed, spots, [*listed, *states, *seated], vetoed)

    def _codes(self, spots: list[Spot]) -> dict[int, str]:
        """The countries that are surely named, by the first word of their name."""
        codes = {}
        for spot in spots:
            if len(spot.fixed) == 1:
                place = self.gazetteer.place(spot.fixed[0])
                if place.level == "country" and place.country:
                    codes[spot.first] = place.country
        return codes

    def _seated(self, seen: Text) -> list[Listed]:
        found = []
        for i in range(len(seen.forms)):
            for n in range(min(3, len(seen.forms) - i), 0, -1):
                keys = (key for key, _ in readings_of(seen.forms, i, n))
                code = next((self._seats[key] for key in keys if key in self._seats), None)
                government = self._lexicon.government(code) if code else None
                if government is not None and seen.whole(i, n):
                    found.append(Listed(i, n, government, f"a seat of the {government.name}", 0.9))
                    break
        return found

    def _weighed(
        self, seen: Text, spots: list[Spot], listed: list[Listed], codes: dict[int, str], cuts: dict[int, int]
    ) -> Reading:
        reading = seen.reading
        folded = [next((self._counterparts[f.key] for f in fs if f.key in self._counterparts), "") for fs in seen.forms]
        for i, cut in cuts.items():
            if i and reading.tokens.folded[i][cut - 1] == "ب":
                folded[i - 1] = "in"
        known = {k for hit in listed for k in range(hit.first, hit.first + hit.n)}
        known |= {k for s in spots if s.first in codes for k in range(s.first, s.first + s.n)}
        telling = self._writing.capitals and not self._writing.nouns_in_capitals
        capital = [telling and c and i not in known for i, c in enumerate(reading.capital)]
        tokens = msgspec.structs.replace(reading.tokens, folded=folded)
        lower = reading.lower if self._writing.capitals else frozenset()
        return reading._replace(tokens=tokens, capital=capital, lower=lower)


class Languages:
    """The languages beside English, each loaded when its first text comes."""

    def __init__(self, gazetteer: Gazetteer, lexicon: Lexicon, cache_dir: Path) -> None:
        self._loaded: dict[str, Abroad] = {}
        self._gazetteer, self._lexicon, self._cache_dir = gazetteer, lexicon, cache_dir

    def __getitem__(self, language: str) -> Abroad:
        """What finds the names of ``language``, one of LANGUAGES."""
        if language not in self._loaded:
            self._loaded[language] = Abroad(language, self._gazetteer, self._lexicon, self._cache_dir)
        return self._loaded[language]


def _vetoed(listed: list[Listed], codes: dict[int, str]) -> dict[int, str]:
    """Words that are parts of other names and so no places, each with the name."""
    vetoed = {}
    for hit in listed:
        for i in range(hit.first, hit.first + hit.n):
            if hit.n == 1 or hit.actor.kind in ("person", "armed_group", "media") or i not in codes:
                vetoed[i] = hit.actor.name
    return vetoed


def _cut(reading: Reading, cuts: dict[int, int]) -> Reading:
    """The reading in which names begin behind the letters that do not belong to them."""
    if not cuts:
        return reading
    starts = list(reading.tokens.starts)
    for i, cut in cuts.items():
        starts[i] += cut
    return reading._replace(tokens=msgspec.structs.replace(reading.tokens, starts=starts))
