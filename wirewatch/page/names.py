"""What ids stand for, in words: actors, places, countries and languages."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from babel import Locale

from wirewatch.geo import Point
from wirewatch.knowledge.model import Actor, Knowledge
from wirewatch.models import UNLISTED
from wirewatch.tagging.gazetteer import Gazetteer, Place
from wirewatch.text import folded_words

_POINTS = frozenset({"city"})
_REMEMBERED = 50_000


class Named(msgspec.Struct, frozen=True):
    """A place that has an id: what it is called, of which ``level``, whether it is a point or an area, and where."""

    id: str
    name: str
    level: str
    country: str | None
    point: Point
    population: int = 0
    capital: bool = False

    @property
    def is_point(self) -> bool:
        """Whether a pin may stand for it: only for cities and what is smaller."""
        return self.level in _POINTS


class Names:
    """Names by id, and ids by name; ``knowledge`` is asked each time, since a user's own files may change."""

    def __init__(self, knowledge: Callable[[], Knowledge], gazetteer: Gazetteer) -> None:
        self._load, self._gazetteer = knowledge, gazetteer
        self._places: dict[str, Named | None] = {}
        english = Locale("en")
        self._languages = dict(english.languages)
        self._territories = {**english.territories, "XK": "Kosovo", "PS": "Palestine", "MM": "Myanmar"}
        self.refresh()

    def refresh(self) -> None:
        """Take the knowledge as it is now."""
        known = self._load()
        self._actors = {actor.id: actor for actor in known.actors}
        self._countries = {country.code: country.name for country in known.countries}
        self._by_name: dict[str, str] = {}
        for actor in known.actors:
            for name in (*actor.aliases, actor.name):
                self._by_name[_key(name)] = actor.id

    def actor(self, id_: str) -> str:
        """An actor's name; of one in no list what its id says."""
        known = self._actors.get(id_)
        if known is not None:
            return known.name
        return id_.removeprefix(UNLISTED).replace("-", " ").title()

    def known_actor(self, id_: str) -> Actor | None:
        """What the knowledge base says of an actor."""
        return self._actors.get(id_)

    def place(self, id_: str) -> Named | None:
        """The place with that id; None where the gazetteer has none."""
        if id_ not in self._places:
            if len(self._places) > _REMEMBERED:
                self._places.clear()
            found = self._gazetteer.with_id(id_)
            self._places[id_] = None if found is None else _named(found)
        return self._places[id_]

    def country(self, code: str) -> str:
        """A country's name."""
        return self._countries.get(code) or str(self._territories.get(code, code))

    def countries(self) -> list[tuple[str, str]]:
        """Every country with its code, by name."""
        return sorted(self._countries.items(), key=lambda pair: pair[1])

    def language(self, code: str) -> str:
        """A language's name in English."""
        return str(self._languages.get(code, code))

    def actor_called(self, wanted: str) -> str:
        """The id of the actor with this id or name, as it was typed where nobody has it."""
        if wanted in self._actors or wanted.startswith(UNLISTED):
            return wanted
        return self._by_name.get(_key(wanted)) or UNLISTED + "-".join(folded_words(wanted))

    def country_called(self, wanted: str) -> str:
        """The code of the country with this code or name, as it was typed where none has it."""
        if wanted.upper() in self._countries:
            return wanted.upper()
        return next((code for code, name in self._countries.items() if _key(name) == _key(wanted)), wanted)


def _named(place: Place) -> Named:
    return Named(place.id, place.name, place.level, place.country, place.point, place.population, place.capital)


def _key(name: str) -> str:
    return " ".join(folded_words(name))
