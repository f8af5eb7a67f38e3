"""Places in a text: where a name stands for one, and which of those that bear it."""

from __future__ import annotations

from wirewatch.tagging.belief import believable
from wirewatch.tagging.choice import Candidate, Found, decide, kind_words, weigh_all
from wirewatch.tagging.evidence import Evidence, gather
from wirewatch.tagging.gazetteer import Gazetteer
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.spots import Spot


def resolve(
    reading: Reading, gazetteer: Gazetteer, spots: list[Spot], vetoed: dict[int, str], ner_places: set[int]
) -> list[Found]:
    """Which spots are places, and which places; ``vetoed`` words are parts of other names."""
    evidence = gather(reading, gazetteer, spots, vetoed)
    found: list[Found] = []
    senses: dict[str, Candidate] = {}
    by_key: dict[str, Evidence] = {}
    for number, pair in sorted(evidence.pairs.items()):
        spot = spots[number]
        if spot.key in senses:
            continue
        others = by_key.setdefault(spot.key, evidence.without(spot.key))
        kinds = kind_words(reading, spot)
        best = max(weigh_all(gazetteer, spot, others, pair, kinds, None), key=lambda c: c.score, default=None)
        if best is not None:
            senses[spot.key] = best
    # A name in the same setting means the same each time: each is weighed once.
    weighed: dict[tuple[str, tuple[int, ...], int | None, str], list[Candidate]] = {}
    chosen: dict[tuple[str, tuple[int, ...], int | None, str], Found] = {}
    outer = {number + 1: row for number, row in evidence.pairs.items()}
    for number, spot in enumerate(spots):
        region = evidence.pairs.get(number)
        if spot.first in vetoed and region is None:
            continue
        if number in outer and not spot.fixed:
            spot = spot._replace(fixed=(outer[number],))
        if spot.key not in by_key:
            by_key[spot.key] = evidence.without(spot.key)
        others = by_key[spot.key]
        setting = (spot.key, spot.fixed, region, kind_words(reading, spot))
        candidates = weighed.get(setting)
        if candidates is None:
            candidates = weigh_all(gazetteer, spot, others, region, setting[3], senses.get(spot.key))
            candidates.sort(key=lambda c: -c.score)
            weighed[setting] = candidates
        if not candidates or not believable(reading, gazetteer, spot, candidates[0], others, region, ner_places):
            continue
        if setting not in chosen:
            chosen[setting] = decide(spot, candidates[0], candidates)
        found.append(chosen[setting]._replace(spot=spot))
    return found


def nearest_point(found: list[Found], first: int) -> Found | None:
    """The city named nearest to word ``first``: its point is lent to a site that has none."""
    cities = [f for f in found if f.place.level == "city" and f.spot.role == "place"]
    return min(cities, key=lambda f: (abs(f.spot.first - first), f.spot.first), default=None)
