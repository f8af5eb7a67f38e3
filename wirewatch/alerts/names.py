"""What the names in a rule stand for: actors, places, regions, countries; with a suggestion where one is unknown."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path

from wirewatch.alerts.rule import WITHIN_KM, Area, Near
from wirewatch.errors import RuleError
from wirewatch.geo import Point
from wirewatch.knowledge import load_knowledge
from wirewatch.knowledge.model import Actor, Knowledge
from wirewatch.settings import Settings
from wirewatch.tagging.gazetteer import OTHER, Gazetteer, Place
from wirewatch.tagging.gazetteer_cache import load_gazetteer
from wirewatch.text import folded_words

_POINT = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)\s*", re.A)


class Names:
    """Looks names up in the knowledge base and the gazetteer, each loaded when a rule first needs it."""

    def __init__(self, knowledge: Callable[[], Knowledge], gazetteer: Callable[[], Gazetteer]) -> None:
        self._load_knowledge, self._load_gazetteer = knowledge, gazetteer

    @cached_property
    def _actors(self) -> dict[str, Actor]:
        return {actor.id: actor for actor in self._load_knowledge().actors}

    @cached_property
    def _countries(self) -> dict[str, str]:
        return {country.code: country.name for country in self._load_knowledge().countries}

    @cached_property
    def _gazetteer(self) -> Gazetteer:
        return self._load_gazetteer()

    def actor(self, where: str, wanted: str) -> str:
        """The id of an actor, given by its id or one of its names; RuleError with likely ones where it is unknown."""
        if wanted in self._actors:
            return wanted
        folded = folded_words(wanted)
        found = [a.id for a in self._actors.values() if any(folded_words(name) == folded for name in names_of(a))]
        if len(found) == 1:
            return found[0]
        if found:
            raise RuleError(where, f"{wanted!r} may be {' or '.join(found)}: give the id")
        spelt = {" ".join(folded_words(n)): a.id for a in self._actors.values() for n in (a.id, *names_of(a))}
        raise RuleError(where, f"no actor {wanted!r} is known{_like(' '.join(folded), spelt)}")

    def members(self, group: str) -> tuple[str, ...]:
        """The parts of a group, and theirs."""
        found: dict[str, None] = {}
        fresh = [group]
        while fresh:
            above = set(fresh)
            fresh = [a.id for a in self._actors.values() if a.parent in above and a.id not in found and a.id != group]
            found |= dict.fromkeys(fresh)
        return tuple(found)

    def country(self, where: str, wanted: str) -> str:
        """The ISO 3166 alpha-2 code of a country, given by its code or name."""
        code = wanted.strip().upper()
        if code in self._countries:
            return code
        spelt = {" ".join(folded_words(name)): code for code, name in self._countries.items()}
        key = " ".join(folded_words(wanted))
        if key in spelt:
            return spelt[key]
        raise RuleError(where, f"no country {wanted!r} is known{_like(key, spelt)}; give its code, such as SY")

    def near(self, where: str, place: str, within_km: float = WITHIN_KM) -> Near:
        """Where a place is: "Homs", "Homs, SY", "Paris, Texas" or "34.73,36.71"."""
        if said := _POINT.fullmatch(place):
            lat, lon = float(said[1]), float(said[2])
            if abs(lat) > 90 or abs(lon) > 180:
                raise RuleError(where, f"{place}: latitude goes from -90 to 90, longitude from -180 to 180")
            return Near(place, Point(lat, lon), within_km)
        found = places_called(self._gazetteer, place)
        if not found:
            raise RuleError(where, f"no place {place!r} is known; try another spelling, or give it as 34.73,36.71")
        best = found[0]
        if best.level in ("country", "region", "water"):
            raise RuleError(where, f"{place} is too large to be near to; write inside = [{place!r}] or a city")
        return Near(place, best.point, within_km, best.id)

    def area(self, where: str, wanted: str) -> Area:
        """The country or first-level region called so: "SY", "Syria", "Homs, SY"."""
        try:
            return Area(wanted, self.country(where, wanted))
        except RuleError as error:
            regions = [place for place in places_called(self._gazetteer, wanted) if place.level == "admin1"]
            if regions:
                return Area(wanted, regions[0].country, regions[0].admin1)
            raise RuleError(where, f"{wanted!r} is no country and no first-level region") from error


def load_names(settings: Settings) -> Names:
    """The names that the user's knowledge and the gazetteer hold."""
    own = Path(settings.knowledge) if settings.knowledge else None
    cache = Path(settings.cache_dir)
    return Names(
        lambda: load_knowledge(own, cache_dir=cache), lambda: load_gazetteer(cache, disputed=settings.disputed)
    )


def names_of(actor: Actor) -> tuple[str, ...]:
    """Every name of an actor."""
    abroad = (name for names in actor.names.values() for name in names)
    return (actor.name, *actor.aliases, *(alias.name for alias in actor.conditional), *abroad)


def places_called(gazetteer: Gazetteer, wanted: str) -> list[Place]:
    """The places called "NAME" or "NAME, COUNTRY OR REGION": cities before regions, the most populous first."""
    name, within = (part.strip() for part in wanted.partition(",")[::2])

    def named(name: str) -> Sequence[tuple[Place, int]]:
        return gazetteer.named(" ".join(folded_words(name)))

    regions = {place.id for place, _ in named(within) if place.level in ("country", "admin1")}

    def is_within(place: Place) -> bool:
        around = (gazetteer.country(place.country or ""), gazetteer.admin1(place.admin1))
        return within.upper() in ("", place.country) or any(region and region.id in regions for region in around)

    found = [(place, how) for place, how in named(name) if is_within(place)]
    found.sort(key=lambda one: (one[0].level == "city", one[1] != OTHER, one[0].prominence), reverse=True)
    return [place for place, _ in found]


def _like(wanted: str, spelt: dict[str, str]) -> str:
    near: Iterable[str] = difflib.get_close_matches(wanted, spelt, n=5, cutoff=0.6)
    found = list(dict.fromkeys(spelt[name] for name in near))[:3]
    return f"; did you mean {' or '.join(found)}?" if found else ""
