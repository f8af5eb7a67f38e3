"""An article as rules look at it: its words, its entities, each made once however many rules ask."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import Literal

from wirewatch.folding import Folded, Spot, fold
from wirewatch.models import ActorTag, Mention, PlaceTag, Reason, TaggedArticle
from wirewatch.tagging.sentences import sentences

Field = Literal["title", "text"]
PINNED = frozenset({"city", "site"})
CELL_DEGREES = 1.0


class Seen:
    """The words and tags of one article, for any number of rules.

    ``words`` are all its tokens, those of the title among them.
    """

    def __init__(self, tagged: TaggedArticle) -> None:
        self.tagged = tagged
        self.article, self.tags = tagged.article, tagged.tags
        self.title, self.text = fold(self.article.title), fold(self.article.text)
        self.title_words = frozenset(self.title.tokens)
        self.words = self.title_words.union(self.text.tokens)
        self.shown: dict[object, Reason | None] = {}
        """What each term of a query finds here, once it was asked for."""
        self._starts: dict[Field, list[tuple[int, int]]] = {}
        self._spots: dict[Field, Spot] = {}

    def folded(self, field: Field) -> Folded:
        """The tokens of one field."""
        return self.title if field == "title" else self.text

    def span(self, field: Field, number: int) -> tuple[int, int]:
        """Where token ``number`` of a field stands."""
        spot = self._spots.get(field)
        if spot is None:
            spot = self._spots[field] = Spot(self.folded(field).text)
        return spot.span(number)

    def sentence(self, field: Field, offset: int) -> tuple[int, str]:
        """The sentence around ``offset``: where it starts, and its words."""
        spans = self._starts.get(field)
        if spans is None:
            spans = self._starts[field] = sentences(self.folded(field).text)
        if not spans:
            return 0, self.folded(field).text
        start, end = spans[max(0, bisect_right(spans, (offset, len(self.text.text) + 1)) - 1)]
        return start, self.folded(field).text[start:end]

    @cached_property
    def actors(self) -> dict[str, ActorTag]:
        """Its actors by id."""
        return {actor.id: actor for actor in self.tags.actors}

    @cached_property
    def about(self) -> frozenset[str]:
        """The ids of the actors and places that it is about."""
        return frozenset((*self.tags.about_actors, *self.tags.about_locations))

    @cached_property
    def pinned(self) -> list[PlaceTag]:
        """Its places of city precision or finer that have a point, their own or a borrowed one."""
        return [p for p in self.tags.places if p.point and p.precision in PINNED and p.role == "place"]

    @cached_property
    def countries(self) -> frozenset[str]:
        """The countries of its places, and the one it is about."""
        codes = {place.country_code for place in self.tags.places if place.country_code}
        return frozenset(codes | ({self.tags.focus_country} if self.tags.focus_country else set()))

    @cached_property
    def language(self) -> str:
        """Its language without the region: "pt" for "pt-BR"; empty where nobody knows."""
        return (self.article.language or self.tags.language or "").lower().partition("-")[0]

    @cached_property
    def outlets(self) -> frozenset[str]:
        """The names by which its outlet may be meant: its name, its domain, and the domains above that."""
        source = self.article.source
        names = {source.name.casefold()} if source.name else set()
        parts = (source.domain or "").casefold().split(".")
        return frozenset(names | {".".join(parts[n:]) for n in range(len(parts) - 1)})

    @property
    def outlet(self) -> str | None:
        """What its outlet is called."""
        return self.article.source.name or self.article.source.domain

    def mention(self, entity: str | None, name: str | None = None) -> Mention | None:
        """The first mention of an entity, or of a place in no list by its name."""
        for mention in self.tags.mentions:
            if mention.entity_id == entity and (entity is not None or mention.name == name):
                return mention
        return None

    def keys(self) -> set[str]:
        """Under what a rule may stand that this article meets; see `wirewatch.alerts.index`."""
        keys = set(self.words)
        keys.update(f"actor:{actor.id}" for actor in self.tags.actors)
        keys.update(f"kind:{actor.kind}" for actor in self.tags.actors)
        keys.update(f"country:{code}" for code in self.countries)
        keys.update(f"source:{name}" for name in self.outlets)
        for place in self.tags.places:
            keys.add(f"inside:{place.country_code}")
            keys.add(f"inside:{place.admin1}")
        for place in self.pinned:
            assert place.point
            keys.add(cell(place.point.lat, place.point.lon))
            keys.add("cell:any")
        keys.add("any")
        return keys


def cell(lat: float, lon: float) -> str:
    """The square of one degree that holds a point."""
    return f"cell:{int(lat // CELL_DEGREES)},{int((lon + 180) % 360 // CELL_DEGREES)}"
