"""What retagging changes: for each actor and place, the articles that gain it, lose it, or name it elsewhere. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from wirewatch.models import Tags
from wirewatch.search.documents import MENTIONS_LIMIT

Kind = Literal["actor", "place"]
Key = tuple[Kind, str]
"""Whether it is an actor or a place, and its id."""

Spot = tuple[str, int, int]
"""Where a mention stands: field, start, end."""


class Mark(msgspec.Struct, frozen=True):
    """One actor or place of an article: where it is named, and whether the article is about it."""

    name: str
    spots: frozenset[Spot] = frozenset()
    about: bool = False


Marks = Mapping[Key, Mark]


class Change(msgspec.Struct, frozen=True):
    """In how many articles an actor or place is new (``gained``), gone (``lost``), or named at other spots."""

    kind: Kind
    id: str
    name: str
    gained: int = 0
    lost: int = 0
    changed: int = 0

    @property
    def articles(self) -> int:
        """In how many articles anything about it is other than before."""
        return self.gained + self.lost + self.changed


class Difference(msgspec.Struct, frozen=True):
    """How many ``articles`` were compared, how many of them are ``other`` than before, and in what, most first."""

    articles: int = 0
    other: int = 0
    changes: tuple[Change, ...] = ()


def difference(pairs: Iterable[tuple[Marks, Marks]]) -> Difference:
    """What differs between the marks of each article before and after."""
    counts: dict[Key, list[int]] = defaultdict(lambda: [0, 0, 0])
    names: dict[Key, str] = {}
    articles = other = 0
    for before, after in pairs:
        articles += 1
        differing = False
        for key in before.keys() | after.keys():
            kept = before.get(key), after.get(key)
            how = _how(*kept)
            if how is None:
                continue
            differing = True
            counts[key][how] += 1
            names[key] = next(mark.name for mark in reversed(kept) if mark is not None)
        other += differing
    changes = [Change(kind, key, names[kind, key], *counted) for (kind, key), counted in counts.items()]
    changes.sort(key=lambda change: (-change.articles, change.kind, change.id))
    return Difference(articles, other, tuple(changes))


def marks_of_tags(tags: Tags) -> dict[Key, Mark]:
    """The marks of an article as it was just tagged."""
    spots: dict[Key, set[Spot]] = defaultdict(set)
    for mention in tags.mentions[:MENTIONS_LIMIT]:
        if mention.entity_id is not None:
            spots[_kind(mention.type), mention.entity_id].add((mention.field, mention.start, mention.end))
    about = {*tags.about_actors, *tags.about_locations}
    named: list[tuple[Key, str]] = [(("actor", actor.id), actor.name) for actor in tags.actors]
    named += [(("place", place.id), place.name) for place in tags.places if place.id is not None]
    return {key: Mark(name, frozenset(spots[key]), key[1] in about) for key, name in named}


def marks_of_document(document: Mapping[str, Any]) -> dict[Key, Mark]:
    """The marks of an article as it is stored."""
    spots: dict[Key, set[Spot]] = defaultdict(set)
    written: dict[Key, str] = {}
    for mention in document.get("mentions", ()):
        if (entity := mention.get("entity_id")) is not None:
            key = _kind(mention["type"]), entity
            spots[key].add((mention["field"], mention["start"], mention["end"]))
            written.setdefault(key, mention["name"])
    about = {*document.get("about_actors", ()), *document.get("about_locations", ())}
    named = _named(document, "actor", "actors", "actor_names") | _named(
        document, "place", "locations", "location_names"
    )
    return {
        key: Mark(name or written.get(key, key[1]), frozenset(spots[key]), key[1] in about)
        for key, name in named.items()
    }


def _named(document: Mapping[str, Any], kind: Kind, ids: str, names: str) -> dict[Key, str | None]:
    """Ids with their names; without, where two share a name or one has no id, for then the lists do not run along."""
    known, called = document.get(ids, ()), document.get(names, ())
    along = called if len(called) == len(known) else [None] * len(known)
    return {(kind, key): name for key, name in zip(known, along, strict=True)}


def _kind(type_of_mention: str) -> Kind:
    return "place" if type_of_mention == "place" else "actor"


def _how(before: Mark | None, after: Mark | None) -> int | None:
    """0 gained, 1 lost, 2 changed, None as it was."""
    if before is None:
        return 0
    if after is None:
        return 1
    return None if (before.spots, before.about) == (after.spots, after.about) else 2
