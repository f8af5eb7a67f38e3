"""Which of the places that bear a name it means, and what speaks for each."""

from __future__ import annotations

from typing import NamedTuple

from wirewatch.geo import distance_km
from wirewatch.tagging.evidence import LARGE, Evidence, Pair
from wirewatch.tagging.gazetteer import OTHER, OWN, Gazetteer, Place
from wirewatch.tagging.reading import Reading
from wirewatch.tagging.spots import Spot

REGIONS_AFTER = frozenset(
    {"province", "provinces", "governorate", "state", "region", "oblast", "prefecture", "governor"}
)
REGIONS_BEFORE = frozenset({"province", "provinces", "state", "states", "governorate", "region", "governor"})
CITIES_BEFORE = frozenset({"city", "town", "village", "capital", "suburb", "port", "streets", "outskirts", "mayor"})
KIND_AFTER = REGIONS_AFTER | {"city", "county"}
APART_KM = 50
"""From this distance on two places are rivals; what is nearer is the same to a reader of a map."""


class Setting(NamedTuple):
    """All that decides about a name where it stands; the rest is the text as a whole.

    ``fixed`` are the only rows it can be, where it can be no other; ``pair`` stands behind its comma; ``kind`` is what
    the words beside it call it ("region", "city", "county" or ""), ``kind_word`` the word that does.
    """

    key: str
    fixed: tuple[int, ...]
    pair: Pair | None
    kind: str
    kind_word: str


class Sense(NamedTuple):
    """The place that a name means because of what stands behind it at other spots, as the text writes those."""

    row: int
    behind: tuple[str, ...]


class Part(NamedTuple):
    """What speaks for a candidate, and how much: ``what`` is explained by :func:`wirewatch.tagging.why.reason`."""

    weight: float
    what: str


class Candidate(NamedTuple):
    """A place that a name may mean, how the name belongs to it, and what speaks for it."""

    place: Place
    how: int
    parts: list[Part]
    score: float


class Found(NamedTuple):
    """A spot with its place: the best of the candidates, the next that lies elsewhere, and why it is one at all."""

    spot: Spot
    setting: Setting
    best: Candidate
    rival: Candidate | None
    sense: Sense | None
    ground: str

    @property
    def place(self) -> Place:
        """The place that was chosen."""
        return self.best.place

    @property
    def margin(self) -> float:
        """By how much it won, in powers of ten of people; 9 where nothing stood against it."""
        return self.best.score - self.rival.score if self.rival else 9.0

    @property
    def confidence(self) -> float:
        """0 to 1: how far ahead of the next it is."""
        return round(min(0.99, 0.6 + 0.15 * self.margin), 2)


def setting_of(reading: Reading, spot: Spot, pair: Pair | None, fixed: tuple[int, ...]) -> Setting:
    """What stands around the name and decides about it."""
    return Setting(spot.key, fixed, pair, *_kind(reading, spot))


def weigh_all(gazetteer: Gazetteer, setting: Setting, evidence: Evidence, sense: Sense | None) -> list[Candidate]:
    """The places that the name can be, each weighed, the likeliest first."""
    named = (
        [(gazetteer.place(row), OWN) for row in setting.fixed] if setting.fixed else list(gazetteer.named(setting.key))
    )
    outer = gazetteer.place(setting.pair.row) if setting.pair is not None else None
    cities = _cities(named)
    candidates = []
    for place, how in named:
        parts = [Part(place.prominence, "people"), *_by_name(place, how, setting, cities)]
        parts += _by_text(place, setting, evidence, outer)
        if sense is not None and sense.row == place.row and outer is None:
            parts.append(Part(4.0, "sense"))
        candidates.append(Candidate(place, how, parts, sum([part.weight for part in parts])))
    candidates.sort(key=lambda c: -c.score)
    return candidates


def rival_of(candidates: list[Candidate]) -> Candidate | None:
    """The likeliest of the rest that lies elsewhere than the first."""
    here = candidates[0].place.point
    return next((c for c in candidates[1:] if distance_km(c.place.point, here) > APART_KM), None)


def _cities(named: list[tuple[Place, int]]) -> dict[str | None, Place]:
    """The largest city of each country among them."""
    cities: dict[str | None, Place] = {}
    for place, how in named:
        if place.level == "city" and (how < OTHER or place.population > LARGE):
            known = cities.get(place.country)
            if known is None or place.population >= known.population:
                cities[place.country] = place
    return cities


def _kind(reading: Reading, spot: Spot) -> tuple[str, str]:
    folded = reading.tokens.folded
    after = folded[spot.first + spot.n] if spot.first + spot.n < len(folded) else ""
    before = folded[spot.first - 2] if spot.first > 1 and folded[spot.first - 1] == "of" else ""
    if not before and after not in KIND_AFTER:
        return "", ""
    if after in REGIONS_AFTER:
        return "region", after
    if before in REGIONS_BEFORE:
        return "region", before
    if before in CITIES_BEFORE:
        return "city", before
    return (after, after) if after in ("city", "county") else ("", "")


def _lies_in(place: Place, outer: Place) -> bool:
    if place.level == "country" or place.row == outer.row or place.country != outer.country:
        return False
    return outer.level == "country" or place.admin1 == outer.admin1


def _by_name(place: Place, how: int, setting: Setting, cities: dict[str | None, Place]) -> list[Part]:
    """What the name and the words beside it say for the place."""
    parts = []
    if how:
        parts.append(Part(-1.4, "unusual") if how == OTHER else Part(-0.1, "other name"))
    city = cities.get(place.country)
    if place.level == "admin1":
        if setting.kind == "region":
            parts.append(Part(2.0, "kind"))
        elif city is not None and city.population > 80_000:
            parts.append(Part(-2.0, "city first"))
    if setting.kind == place.level == "city" or (setting.kind == "county" and place.level == "admin2"):
        parts.append(Part(1.0, "kind"))
    return parts


def _by_text(place: Place, setting: Setting, evidence: Evidence, outer: Place | None) -> list[Part]:
    """What the rest of the text says for the place."""
    parts = []
    if outer is not None and _lies_in(place, outer):
        parts.append(Part(8.0, "pair"))
    if evidence.of(place.country, setting.key) > 0:
        parts.append(Part(0.5 + 1.3 * evidence.share(place.country, setting.key), "country"))
    if place.admin1 and evidence.of(place.admin1, setting.key) > 0:
        parts.append(Part(1.2 if place.level == "admin1" else 0.7, "region"))
    return parts
