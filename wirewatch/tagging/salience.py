"""What an article is about: where its actors and places stand, and how often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from math import exp

import msgspec

from wirewatch.models import ActorTag, Mention, PlaceTag

ABOUT_ACTORS, ABOUT_PLACES = 4, 3
ENOUGH = 0.35
"""Salience from which an article counts as being about somebody or some place."""


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


def weights(mentions: Iterable[Mention]) -> dict[str, Weight]:
    """The weight of each entity that has an id."""
    by_id: dict[str, list[Mention]] = defaultdict(list)
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


def about_actors(actors: Iterable[ActorTag]) -> tuple[str, ...]:
    """The ids of the actors the article is about, first the one it is most about."""
    ranked = sorted(actors, key=lambda a: (-a.salience, a.id))
    return tuple(a.id for a in ranked[:ABOUT_ACTORS] if a.salience >= ENOUGH) or tuple(a.id for a in ranked[:1])


def about_places(places: Iterable[PlaceTag]) -> tuple[str, ...]:
    """The ids of the places the article is about, countries and regions among them."""
    ranked = sorted((p for p in places if p.id and p.role == "place"), key=lambda p: (-p.salience, p.id or ""))
    return tuple(p.id for p in ranked[:ABOUT_PLACES] if p.id and p.salience >= ENOUGH) or tuple(
        p.id for p in ranked[:1] if p.id
    )


def focus_country(evidence: Iterable[tuple[str, float]]) -> str | None:
    """The country with the most weight; None where there is none."""
    total: dict[str, float] = defaultdict(float)
    for code, weight in evidence:
        total[code] += weight
    return max(total, key=lambda code: total[code], default=None)
