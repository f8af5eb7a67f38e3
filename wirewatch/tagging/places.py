"""Places in a text: where a name stands for one, and which of those that bear it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable

from wirewatch.tagging.belief import ground_of
from wirewatch.tagging.choice import Candidate, Found, Sense, Setting, rival_of, setting_of, weigh_all
from wirewatch.tagging.evidence import Evidence
from wirewatch.tagging.gazetteer import Gazetteer
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.spots import Spot


def resolve(
    reading: Reading,
    gazetteer: Gazetteer,
    spots: list[Spot],
    evidence: Evidence,
    vetoed: dict[int, str],
    ner_places: set[int],
) -> list[Found]:
    """Which spots are places, and which places; ``vetoed`` words are parts of other names."""
    senses = _senses(reading, gazetteer, spots, evidence)
    outer = {number + 1: pair.row for number, pair in evidence.pairs.items()}
    # A name in the same setting means the same each time: each is weighed once.
    weighed: dict[Setting, tuple[list[Candidate], Candidate | None]] = {}
    found: list[Found] = []
    for number, spot in enumerate(spots):
        pair = evidence.pairs.get(number)
        if spot.first in vetoed and pair is None:
            continue
        fixed = spot.fixed or ((outer[number],) if number in outer else ())
        setting = setting_of(reading, spot, pair, fixed)
        sense = senses.get(spot.key)
        if setting not in weighed:
            candidates = weigh_all(gazetteer, setting, evidence, sense)
            weighed[setting] = candidates, rival_of(candidates) if candidates else None
        candidates, rival = weighed[setting]
        if not candidates:
            continue
        ground = ground_of(reading, gazetteer, spot, setting, candidates[0], evidence, ner_places)
        if ground:
            found.append(Found(spot, setting, candidates[0], rival, sense, ground))
    return found


def _senses(reading: Reading, gazetteer: Gazetteer, spots: list[Spot], evidence: Evidence) -> dict[str, Sense]:
    """What the names mean that have their region behind them somewhere; where they have several, the first."""
    senses: dict[str, Sense] = {}
    for number, pair in sorted(evidence.pairs.items()):
        spot = spots[number]
        known = senses.get(spot.key)
        if known is not None and pair.written in known.behind:
            continue
        candidates = weigh_all(gazetteer, setting_of(reading, spot, pair, spot.fixed), evidence, None)
        if not candidates:
            continue
        row = candidates[0].place.row
        if known is None:
            senses[spot.key] = Sense(row, (pair.written,))
        elif known.row == row:
            senses[spot.key] = Sense(row, (*known.behind, pair.written))
    return senses


def nearest_cities(found: list[Found], firsts: Iterable[int]) -> list[Found | None]:
    """For each word of ``firsts`` the city named nearest to it: its point is lent to a site that has none."""
    cities = sorted((f for f in found if f.place.level == "city" and f.spot.role == "place"), key=_first)
    starts = [_first(f) for f in cities]
    nearest: list[Found | None] = []
    for first in firsts:
        at = bisect_left(starts, first)
        nearest.append(min(cities[max(0, at - 1) : at + 1], key=lambda f: abs(_first(f) - first), default=None))
    return nearest


def _first(found: Found) -> int:
    return found.spot.first
