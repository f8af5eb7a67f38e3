"""Whether a name stands for a place at all where it stands."""

from __future__ import annotations

from wirewatch.tagging.choice import Candidate, Setting
from wirewatch.tagging.evidence import LARGE, Evidence
from wirewatch.tagging.gazetteer import OTHER, Gazetteer, Place
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.spots import Spot, service_behind, where
from wirewatch.tagging.vocabulary import (
    COMPASS,
    FACILITY,
    FUNCTION,
    GIVEN,
    LOCATIVE_NOUNS,
    ORGANISATION,
    THINGS,
    TITLES,
)

MIDDLE = 15_000
"""People from which a city is believed where the text speaks of its country, or of being in it."""

OTHER_WORDS = GIVEN | TITLES | ORGANISATION | FACILITY


def ground_of(
    reading: Reading,
    gazetteer: Gazetteer,
    spot: Spot,
    setting: Setting,
    best: Candidate,
    evidence: Evidence,
    ner_places: set[int],
) -> str:
    """Why a careful reader would believe that the name stands for a place here; "" where none would.

    "pair", "located", "named" and "located and named" rest on words of the text; others say all themselves.
    """
    place = best.place
    if setting.fixed or (place.level in ("country", "region", "water") and best.how != OTHER):
        word = spot.key in gazetteer.common and spot.n == 1
        if word and _is_thing(reading, spot):
            return ""
        if word and spot.first in reading.initial and place.level != "country":
            return ""
        return "it can be nothing else" if setting.fixed else f"the name of a {place.level}"
    if setting.pair is not None:
        return "pair"
    common = spot.n == 1 and (spot.key in gazetteer.common or spot.key in evidence.lower)
    named = evidence.of(place.country, spot.key) > 0
    located = spot.key in evidence.located
    match _beside_unknown(reading, gazetteer, spot):
        case "name":
            return _if(place.population > 500_000 and best.how != OTHER and not common, "a large city beside a name")
        case "word" if not located and not (named and place.population > MIDDLE):
            return _if(place.population > LARGE and best.how != OTHER and not common, "a large city beside a word")
    ner = spot.first in ner_places
    if common:
        return _ground_of_word(reading, spot, place, evidence, ner=ner, named=named)
    if spot.n == 1 and spot.key in OTHER_WORDS:
        return _if(bool(where(reading, spot)) and place.population > 50_000, "located")
    return _ground_of_name(spot, best, located=located, named=named, ner=ner)


def _is_thing(reading: Reading, spot: Spot) -> bool:
    """Whether the word is what it is without a capital: "Turkey dinner", "China cabinet"."""
    tokens, after = reading.tokens, spot.first + spot.n
    beside = after < len(tokens) and tokens.joins(after - 1) and after - 1 not in tokens.possessive
    return spot.role == "place" and beside and tokens.folded[after] in THINGS


def _if(true: bool, ground: str) -> str:
    return ground if true else ""


def _ground_of_word(reading: Reading, spot: Spot, place: Place, evidence: Evidence, *, ner: bool, named: bool) -> str:
    """The same where the name is an ordinary word too."""
    here = bool(where(reading, spot))
    if not here and (spot.first in reading.initial or (spot.key in evidence.lower and place.population < 1_000_000)):
        return ""
    if place.population <= (30_000 if named else 200_000):
        return ""
    if here:
        return "located and named" if named and place.population <= 200_000 else "located"
    return _if(ner or place.population > 1_000_000, "written like a name")


def _ground_of_name(spot: Spot, best: Candidate, *, located: bool, named: bool, ner: bool) -> str:
    """The same where the name is nothing else, by the kind and the size of the place."""
    place, people = best.place, best.place.population
    both = "located and named" if located and named else ""
    one = "located" if located else "named" if named else ""
    if place.level == "admin1":
        return _if(best.how != OTHER, "a large region" if people > 300_000 else one)
    if place.level == "admin2":
        return both or _if(spot.n > 1 and named, "named") or _if(people > 500_000, "a large district")
    if best.how == OTHER:
        return (
            both
            or _if(located and people > 300_000, "located")
            or _if(named and people > 200_000, "named")
            or _if(people > 1_500_000, "a very large city")
        )
    if people >= LARGE:
        return "a large city"
    if people >= MIDDLE:
        return one
    return both or _if(ner, one)


def _beside_unknown(reading: Reading, gazetteer: Gazetteer, spot: Spot) -> str:
    """What capitalised word stands right beside the name: another "name", an ordinary "word", or neither."""
    if service_behind(reading, spot):
        return ""
    tokens, folded = reading.tokens, reading.tokens.folded
    beside, after = "", spot.first + spot.n
    if (
        (
            after < len(tokens)
            and reading.capital[after]
            and tokens.gap(after - 1) == " "
            and after - 1 not in tokens.possessive
        )
        and folded[after] not in FUNCTION
        and after not in reading.shouted
        and folded[after] not in LOCATIVE_NOUNS
    ):
        ordinary = folded[after] in gazetteer.common or folded[after] in ORGANISATION or folded[after] in FACILITY
        if not ordinary:
            return "name"
        beside = "word"
    before = spot.first - 1
    if before >= 0 and reading.capital[before] and tokens.gap(before) == " " and before not in tokens.possessive:
        word = folded[before]
        if (
            word in COMPASS
            or word in FUNCTION
            or before in reading.initial
            or before in reading.shouted
            or word in TITLES
        ):
            return beside
        return "word" if word in gazetteer.common or word in ORGANISATION else "name"
    return beside
