"""One article's tags against its gold: what was right, counted by measure, so that articles can be added up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from wirewatch.evaluation.gold import Gold, GoldActor, Prediction, TaggedActor
from wirewatch.evaluation.spans import pairs, surplus
from wirewatch.geo import distance_km

NEAR_KM = 161.0
"""100 miles: so near a tag is right. Source: Cheng, Caverlee and Lee, CIKM 2010."""

RECOGNISED, END_TO_END, FOCUS, MAIN_ACTORS = "near recognised", "near end to end", "focus country", "main actors"

CORRECTIONS = "corrections"

_TYPES = {"per": "person", "org": "organisation", "organization": "organisation"}
_CODES = {"UK": "GB", "EL": "GR"}


class Tally(NamedTuple):
    """How many were right of so many in the gold and so many tagged."""

    correct: int
    gold: int
    tagged: int


Tallies = dict[str, Tally]
"""By measure; an absent measure was not annotated in this article."""


def score(gold: Gold, prediction: Prediction) -> Tallies:
    """All that can be counted of one article.

    Of a measure that is a share (`RECOGNISED`, `END_TO_END`, `FOCUS`, recall of a group) ``gold`` and ``tagged`` are
    the same.
    """
    tallies: Tallies = {}
    if gold.toponyms is not None:
        tallies |= _places(gold, prediction) | _near(gold, prediction)
    if gold.actors is not None:
        tallies |= _actors(gold, gold.actors, prediction)
    if gold.focus_country is not None:
        tallies[FOCUS] = share(int(_code(prediction.focus_country) == _code(gold.focus_country)), 1)
    if gold.about is not None:
        tallies[MAIN_ACTORS] = _main_actors(gold.about, gold.about_open, prediction.about)
    return tallies


def _places(gold: Gold, prediction: Prediction) -> Tallies:
    toponyms, places = gold.toponyms or (), prediction.locations
    tallies = {}
    for mode in ("exact", "overlap"):
        found = pairs(toponyms, places, exact=mode == "exact")
        tagged = len(found) + len(surplus(places, found, gold.ignore, "toponyms"))
        tallies[f"places {mode}"] = Tally(len(found), len(toponyms), tagged)
    for group in dict.fromkeys(place.group for place in toponyms if place.group):
        members = [i for i, place in enumerate(toponyms) if place.group == group]
        tallies[f"places {group}"] = share(sum(i in found for i in members), len(members))
    return tallies


def _near(gold: Gold, prediction: Prediction) -> Tallies:
    """Accuracy within 161 km: of the toponyms with a point that were recognised, and of all that have one."""
    toponyms = gold.toponyms or ()
    located = [i for i, place in enumerate(toponyms) if place.point is not None]
    if not located:
        return {}
    found = pairs(toponyms, prediction.locations, exact=False)
    right = 0
    for i in located:
        here = toponyms[i].point
        there = prediction.locations[found[i]].point if i in found else None
        right += here is not None and there is not None and distance_km(here, there) <= NEAR_KM
    recognised = sum(i in found for i in located)
    return {RECOGNISED: share(right, recognised), END_TO_END: share(right, len(located))}


def _actors(gold: Gold, actors: Sequence[GoldActor], prediction: Prediction) -> Tallies:
    tallies = {}
    for mode in ("exact", "overlap"):
        found = pairs(actors, prediction.actors, exact=mode == "exact")
        counted = [*found.values(), *surplus(prediction.actors, found, gold.ignore, "actors")]
        tallies[f"actors {mode}"] = Tally(len(found), len(actors), len(counted))
    for type_ in dict.fromkeys([*map(_type, actors), *(_type(prediction.actors[j]) for j in counted)]):
        right = sum(_type(actors[i]) == type_ == _type(prediction.actors[j]) for i, j in found.items())
        tallies[f"actors {type_}"] = Tally(
            right,
            sum(_type(a) == type_ for a in actors),
            sum(_type(prediction.actors[j]) == type_ for j in counted),
        )
    return tallies


def _main_actors(about: Sequence[str], open_: Sequence[str], found: Sequence[str]) -> Tally:
    wanted, tagged = set(about), set(found) - (set(open_) - set(about))
    return Tally(len(wanted & tagged), len(wanted), len(tagged))


def share(right: int, of: int) -> Tally:
    return Tally(right, of, of)


def _type(actor: GoldActor | TaggedActor) -> str:
    said = actor.type.casefold()
    return _TYPES.get(said, said)


def _code(country: str | None) -> str:
    code = (country or "").strip().upper()
    return _CODES.get(code, code)
