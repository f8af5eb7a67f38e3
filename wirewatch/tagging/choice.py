"""Which of the places that bear a name it means, and what speaks for each."""

from __future__ import annotations

from typing import NamedTuple

from wirewatch.geo import distance_km
from wirewatch.tagging.evidence import LARGE, Evidence
from wirewatch.tagging.gazetteer import OTHER, OWN, Gazetteer, Place
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.spots import Spot

KIND_AFTER = frozenset(
    {"province", "provinces", "governorate", "state", "region", "oblast", "prefecture", "city", "county"}
)


class Candidate(NamedTuple):
    """A place that a name may mean, with what speaks for it: (weight, reason) pairs."""

    place: Place
    how: int
    parts: list[tuple[float, str]]
    score: float


class Found(NamedTuple):
    """A spot with its place, and why this one."""

    spot: Spot
    place: Place
    reason: str
    confidence: float
    runner_up: Place | None = None
    margin: float = 0.0


def weigh_all(
    gazetteer: Gazetteer, spot: Spot, evidence: Evidence, pair: int | None, kinds: str, sense: Candidate | None
) -> list[Candidate]:
    """The places that the name can be, each weighed; ``pair`` is the row of what stands behind the comma."""
    named = [(gazetteer.place(row), OWN) for row in spot.fixed] if spot.fixed else list(gazetteer.named(spot.key))
    outer = gazetteer.place(pair) if pair is not None else None
    cities: dict[str | None, Place] = {}
    for p, how in sorted(named, key=lambda one: one[0].population):
        if p.level == "city" and (how < OTHER or p.population > LARGE):
            cities[p.country] = p
    candidates = []
    for place, how in named:
        parts = _weigh(place, how, evidence, outer, kinds, cities, sense)
        candidates.append(Candidate(place, how, parts, sum([weight for weight, _ in parts])))
    return candidates


def kind_words(reading: Reading, spot: Spot) -> str:
    """What kind of place the words beside the name call it: "region", "city", "county" or ""."""
    folded = reading.tokens.folded
    after = folded[spot.first + spot.n] if spot.first + spot.n < len(folded) else ""
    before = folded[spot.first - 2] if spot.first > 1 and folded[spot.first - 1] == "of" else ""
    if not before and after not in KIND_AFTER:
        return ""
    if after in {"province", "provinces", "governorate", "state", "region", "oblast", "prefecture"}:
        return "region"
    if before in {"province", "provinces", "state", "states", "governorate", "region", "governor"}:
        return "region"
    if (
        before in {"city", "town", "village", "capital", "suburb", "port", "streets", "outskirts", "mayor"}
        or after == "city"
    ):
        return "city"
    if after == "county":
        return "county"
    return ""


def _lies_in(place: Place, outer: Place) -> bool:
    if place.level == "country" or place.row == outer.row or place.country != outer.country:
        return False
    return outer.level == "country" or place.admin1 == outer.admin1


def _weigh(
    place: Place,
    how: int,
    evidence: Evidence,
    outer: Place | None,
    kinds: str,
    cities: dict[str | None, Place],
    sense: Candidate | None,
) -> list[tuple[float, str]]:
    parts = [
        (place.prominence, f"{place.population:,} people" if place.level not in ("region", "water") else "well known")
    ]
    if how == OTHER:
        parts.append((-1.4, "not its usual name"))
    elif how:
        parts.append((-0.1, "another name of it"))
    if outer is not None and _lies_in(place, outer):
        parts.append((8.0, f"{outer.name} stands right behind it"))
    named = evidence.countries.get(place.country or "", 0)
    if named:
        share = named / max(1, evidence.total)
        times = max(1, named // 2)
        parts.append((0.5 + 1.3 * share, f"the text names {place.country} {times} time{'s' if times > 1 else ''}"))
    if place.level != "admin1" and place.admin1 and evidence.regions.get(place.admin1, 0):
        parts.append((0.7, "the text names other places of its region"))
    if place.level == "admin1" and evidence.regions.get(place.admin1 or "", 0):
        parts.append((1.2, "the text names places in it"))
    if place.level == "admin1":
        if kinds == "region":
            parts.append((2.0, "the text calls it a region"))
        elif place.country in cities and kinds != "region":
            city = cities[place.country]
            if city.population > 80_000:
                parts.append((-2.0, f"the city of {city.name} is likelier than its region"))
    if kinds == "city" and place.level == "city":
        parts.append((1.0, "the text calls it a city"))
    if place.level == "admin2" and kinds == "county":
        parts.append((1.0, "the text calls it a county"))
    if sense is not None and sense.place.row == place.row and outer is None:
        parts.append((4.0, "the text says elsewhere which one it means"))
    return parts


def decide(spot: Spot, best: Candidate, candidates: list[Candidate]) -> Found:
    """The best of the candidates with its reasons, and the next that lies elsewhere."""
    rival = next(
        (c for c in candidates[1:] if distance_km(c.place.point, best.place.point) > 50),
        None,
    )
    margin = best.score - rival.score if rival else 9.0
    reasons = "; ".join(text for weight, text in sorted(best.parts, key=lambda part: -abs(part[0])) if weight > 0.05)
    if rival is not None:
        reasons += f"; beat {describe(rival.place)} by {margin:.1f}"
    confidence = round(min(0.99, 0.6 + 0.15 * margin), 2)
    return Found(spot, best.place, reasons, confidence, rival.place if rival else None, margin)


def describe(place: Place) -> str:
    """A place in a few words: "Homs, SY (city)"."""
    where = f", {place.country}" if place.country and place.level != "country" else ""
    return f"{place.name}{where} ({place.level})"
