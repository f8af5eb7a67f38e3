"""Whether a name stands for a place at all where it stands."""

from __future__ import annotations

from wirewatch.tagging.choice import Candidate
from wirewatch.tagging.evidence import LARGE, Evidence
from wirewatch.tagging.gazetteer import OTHER, Gazetteer
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.spots import Spot, locative_before
from wirewatch.tagging.vocabulary import COMPASS, FACILITY, FUNCTION, GIVEN, LOCATIVE_NOUNS, ORGANISATION, TITLES

MIDDLE = 15_000
"""People from which a city is believed where the text speaks of its country, or of being in it."""


def believable(
    reading: Reading,
    gazetteer: Gazetteer,
    spot: Spot,
    best: Candidate,
    evidence: Evidence,
    pair: int | None,
    ner_places: set[int],
) -> bool:
    """Whether the best candidate is one that a careful reader would believe here."""
    place = best.place
    if spot.fixed or (place.level in ("country", "region", "water") and best.how != OTHER):
        return not (
            spot.key in gazetteer.common and spot.n == 1 and spot.first in reading.initial and place.level != "country"
        )
    if pair is not None:
        return True
    located = spot.key in evidence.located
    here = locative_before(reading, spot)
    initial = spot.first in reading.initial
    common = spot.n == 1 and (spot.key in gazetteer.common or spot.key in evidence.lower)
    named = evidence.countries.get(place.country or "", 0) > 0
    ner = spot.first in ner_places
    beside = _beside_unknown(reading, gazetteer, spot)
    if beside == "name":
        return place.population > 500_000 and best.how != OTHER and not common
    if beside == "word" and not located and not (named and place.population > MIDDLE):
        return place.population > LARGE and best.how != OTHER and not common
    if common:
        if initial and not here:
            return False
        if spot.key in evidence.lower and place.population < 1_000_000 and not here:
            return False
        return (here or ner or (not initial and place.population > 1_000_000)) and place.population > (
            30_000 if named else 200_000
        )
    if spot.n == 1 and (spot.key in GIVEN or spot.key in TITLES or spot.key in ORGANISATION or spot.key in FACILITY):
        return here and place.population > 50_000
    if place.level == "admin1":
        return best.how != OTHER and (place.population > 300_000 or located or named)
    if place.level == "admin2":
        return (located and named) or (spot.n > 1 and named) or place.population > 500_000
    if best.how == OTHER:
        return (
            (located and (named or place.population > 300_000))
            or (named and place.population > 200_000)
            or place.population > 1_500_000
        )
    if place.population >= LARGE:
        return True
    if place.population >= MIDDLE:
        return located or named
    return (located and named) or (ner and named) or (ner and located)


def _beside_unknown(reading: Reading, gazetteer: Gazetteer, spot: Spot) -> str:
    """What capitalised word stands right beside the name: another "name", an ordinary "word", or neither."""
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
