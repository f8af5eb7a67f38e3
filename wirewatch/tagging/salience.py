"""What an article is about: where its actors and places stand, and how often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from math import exp
from typing import Literal, NamedTuple

import msgspec

from wirewatch.models import UNLISTED, ActorTag, Mention, PlaceTag, Tags

ABOUT_ACTORS, ABOUT_PLACES = 4, 3
ENOUGH = 0.35
"""Salience from which an article counts as being about somebody or some place."""

LEAD = 3
"""The first sentences, which say what the rest tells at length."""

ClueKind = Literal["place", "demonym", "actor"]
_CLUE_WEIGHTS: dict[ClueKind, float] = {"place": 1.0, "demonym": 0.6, "actor": 0.7}


class Weight(msgspec.Struct, frozen=True):
    """How much one entity stands out: mentions, the first sentence that names it, whether the title does."""

    mentions: int
    first_sentence: int
    in_title: bool

    @property
    def salience(self) -> float:
        """0..1: half for repetition, the rest for the title and for coming early."""
        repetition = 1 - exp(-0.45 * self.mentions)
        early = exp(-self.first_sentence / 6)
        return round(0.45 * repetition + 0.25 * early + 0.3 * self.in_title, 3)


class Clue(NamedTuple):
    """A name that speaks for a country, where it stands, and how sure it is that it does."""

    country: str
    kind: ClueKind
    sentence: int
    in_title: bool
    sure: float = 1.0


def weighed(tags: Tags) -> Tags:
    """The same tags with what follows from where the mentions stand: salience, what it is about, focus country."""
    weight = weights(tags.mentions)
    actors = [
        msgspec.structs.replace(actor, salience=weight[actor.id].salience) if actor.id in weight else actor
        for actor in tags.actors
    ]
    places = tuple(
        msgspec.structs.replace(place, salience=weight[place.id].salience) if place.id in weight else place
        for place in tags.places
    )
    return msgspec.structs.replace(
        tags,
        actors=tuple(sorted(actors, key=lambda actor: (-actor.salience, actor.id))),
        places=places,
        about_actors=about_actors(actors, weight),
        about_locations=about_places(places),
        focus_country=focus_country(clues(tags)),
    )


def weights(mentions: Iterable[Mention]) -> dict[str | None, Weight]:
    """The weight of each entity that has an id."""
    by_id: dict[str | None, list[Mention]] = defaultdict(list)
    for mention in mentions:
        if mention.entity_id is not None:
            by_id[mention.entity_id].append(mention)
    return {
        entity: Weight(
            mentions=len(found),
            first_sentence=min((0 if m.field == "title" else m.sentence) for m in found),
            in_title=any(m.field == "title" for m in found),
        )
        for entity, found in by_id.items()
    }


def about_actors(actors: Iterable[ActorTag], weight: Mapping[str | None, Weight]) -> tuple[str, ...]:
    """The ids of the actors the article is about, first the one it is most about.

    Somebody in no list who is named once, and not in the title, stands by: who matters is named again, or known. So
    do media: they are asked and quoted.
    """
    ranked = [a for a in sorted(actors, key=lambda a: (-a.salience, a.id)) if not _stands_by(a, weight.get(a.id))]
    return tuple(a.id for a in ranked[:ABOUT_ACTORS] if a.salience >= ENOUGH) or tuple(a.id for a in ranked[:1])


def _stands_by(actor: ActorTag, weight: Weight | None) -> bool:
    if weight is None or weight.in_title:
        return weight is None
    return actor.kind == "media" or (actor.id.startswith(UNLISTED) and weight.mentions == 1)


def about_places(places: Iterable[PlaceTag]) -> tuple[str, ...]:
    """The ids of the places the article is about, countries and regions among them."""
    ranked = sorted((p for p in places if p.id and p.role == "place"), key=lambda p: (-p.salience, p.id or ""))
    return tuple(p.id for p in ranked[:ABOUT_PLACES] if p.id and p.salience >= ENOUGH) or tuple(
        p.id for p in ranked[:1] if p.id
    )


def clues(tags: Tags) -> Iterator[Clue]:
    """All that speaks for a country in the tags of an article; an actor of several countries speaks for none.

    A place in the name of an actor (“Bank of Japan”, “Delta Air Lines”) says no more than the actor does, unless
    that is a body of its state (“Government of India”).
    """
    place_country = {place.id: place.country_code for place in tags.places if place.id}
    actor_country = {actor.id: actor.countries[0] for actor in tags.actors if len(actor.countries) == 1}
    bodies = {actor.id for actor in tags.actors if actor.kind in ("government", "armed_forces")}
    names = [m for m in tags.mentions if m.type != "place" and " " in m.name and m.entity_id not in bodies]
    within = {(m.field, i) for m in names for i in range(m.start, m.end)}
    for mention in tags.mentions:
        kind: ClueKind = "actor" if mention.type != "place" else mention.role or "place"
        known = actor_country if kind == "actor" else place_country
        country = known.get(mention.entity_id or "")
        if country and (kind != "place" or (mention.field, mention.start) not in within):
            yield Clue(country, kind, mention.sentence, mention.field == "title", mention.confidence)


def focus_country(evidence: Iterable[Clue]) -> str | None:
    """The country that most speaks for, title and lead more than the rest.

    None where no place is named: what happens to companies and people happens in no country by that alone.
    """
    total: dict[str, float] = defaultdict(float)
    somewhere = False
    for clue in evidence:
        somewhere = somewhere or clue.kind != "actor"
        early = 1.5 if clue.in_title else 1.3 if clue.sentence < LEAD else 1.0
        total[clue.country] += early * _CLUE_WEIGHTS[clue.kind] * clue.sure
    return max(total, key=lambda code: total[code], default=None) if somewhere else None
