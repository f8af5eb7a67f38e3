"""Corrections by analysts: put into tags so that they stay, and made from what a person types."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from wirewatch.errors import UserMistake
from wirewatch.models import ActorTag, Article, Correction, Mention, PlaceTag, TaggedArticle, Tags
from wirewatch.tagging.salience import weighed
from wirewatch.tagging.sentences import sentence_at, sentences
from wirewatch.tagging.why import renumbered
from wirewatch.text import digest

_SHOWN = 8
"""Mentions that an error lists."""


class Spot(msgspec.Struct, frozen=True):
    """One place in an article where a name stands, and what is tagged there; ``mention`` is None for nothing."""

    field: Literal["title", "text"]
    start: int
    end: int
    name: str
    mention: Mention | None = None


class Tagging(Protocol):
    """What tags an article."""

    def tag(self, article: Article, *, now: datetime) -> TaggedArticle:
        """The article with its tags."""
        ...


class CorrectedTagger(msgspec.Struct, frozen=True):
    """A tagger whose tags hold the corrections that ``of`` knows by the article's id."""

    tagger: Tagging
    of: Callable[[str], Iterable[Correction]]

    def tag(self, article: Article, *, now: datetime) -> TaggedArticle:
        """The article with its tags, corrected."""
        tagged = self.tagger.tag(article, now=now)
        return msgspec.structs.replace(tagged, tags=apply_corrections(article, tagged.tags, self.of(article.id)))


def apply_corrections(article: Article, tags: Tags, corrections: Iterable[Correction]) -> Tags:
    """The tags with every correction in its place, and what follows from them weighed anew; without any, the same.

    A correction of a spot that an edit has taken out of the article changes nothing.
    """
    corrected = tags
    for correction in sorted(corrections, key=lambda c: (c.at, c.id)):
        found = spot_of(article, correction)
        if found is not None:
            corrected = _corrected(article, corrected, correction, *found)
    return tags if corrected is tags else weighed(corrected)


def spot_of(article: Article, correction: Correction) -> tuple[int, int] | None:
    """Where the corrected name stands now: at its spot, else where it stands for the same time; None if nowhere."""
    content = _content(article, correction.field)
    if content[correction.start : correction.end] == correction.name:
        return correction.start, correction.end
    found = occurrences(content, correction.name)
    return found[correction.nth - 1] if correction.nth <= len(found) else None


def occurrences(content: str, name: str) -> list[tuple[int, int]]:
    """Every spot where ``name`` stands as words of its own."""
    return [match.span() for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", content)]


def corrections_of(
    article: Article, spot: Spot, should_be: ActorTag | PlaceTag | None, *, by: str, now: datetime
) -> list[Correction]:
    """What it takes for ``spot`` to be ``should_be`` (None: nothing); the same spot corrected again has the same ids.

    A place that should be an actor is two corrections: no place, and this actor.
    """
    was, wanted = spot.mention and _layer(spot.mention), should_be and _layer(should_be)
    spans = occurrences(_content(article, spot.field), spot.name)
    return [
        Correction(
            id=digest(article.id, spot.field, str(spot.start), spot.name, layer),
            article_id=article.id,
            by=by,
            at=now,
            field=spot.field,
            start=spot.start,
            end=spot.end,
            name=spot.name,
            nth=1 + sum(start < spot.start for start, _ in spans),
            layer=layer,
            was=spot.mention.entity_id if spot.mention and layer == was else None,
            actor=should_be if isinstance(should_be, ActorTag) and layer == wanted else None,
            place=should_be if isinstance(should_be, PlaceTag) and layer == wanted else None,
        )
        for layer in dict.fromkeys(layer for layer in (was, wanted) if layer)
    ]


def spots_meant(
    article: Article, mentions: Sequence[Mention], said: str, should_be: ActorTag | PlaceTag | None
) -> list[Spot]:
    """The spots that a person means by ``said``: "Georgia" (each, where all mean the same), "Georgia:2", "Georgia@120".

    "Georgia=614540" means those tagged with that id. A name that is tagged as an actor and as a place is taken for
    what ``should_be`` is. A name that stands there untagged can be given a tag. Raises UserMistake with what there
    is where nothing or more than one thing is meant.
    """
    name, mark, behind = _parsed(said)
    tagged = [Spot(m.field, m.start, m.end, m.name, m) for m in mentions if m.name == name]
    if not tagged and should_be is not None:
        tagged = _untagged(article, name)
    found = _of_layer(_marked(sorted(tagged, key=_place_in_article), mark, behind), should_be)
    if not found:
        raise UserMistake(f"{said}: no such mention in article {article.id}; {_what_there_is(mentions, name)}")
    if len({_meaning(spot) for spot in found}) > 1:
        listed = ", ".join(f"{name}@{spot.start} is {_meaning(spot)}" for spot in found[:_SHOWN])
        raise UserMistake(
            f"{said} is more than one thing in article {article.id}: {listed}; say {name}:1, {name}@{found[0].start} "
            f"or {name}={found[0].mention.entity_id if found[0].mention else 'ID'}"
        )
    return found


def _marked(spots: list[Spot], mark: str, behind: str) -> list[Spot]:
    """The spots that “:2” (the second place, the title's first), “@120” (an offset) or “=ID” (its tag) leave."""
    if mark == "=":
        return [spot for spot in spots if spot.mention and spot.mention.entity_id == behind]
    if mark == "@":
        return [spot for spot in spots if spot.start == int(behind)]
    if mark == ":":
        places = list(dict.fromkeys(map(_place_in_article, spots)))
        wanted = places[int(behind) - 1 : int(behind)] if int(behind) else []
        return [spot for spot in spots if _place_in_article(spot) in wanted]
    return spots


def _place_in_article(spot: Spot) -> tuple[bool, int]:
    return spot.field == "text", spot.start


def _parsed(said: str) -> tuple[str, str, str]:
    """Name, mark and what stands behind the mark; both empty where there is none."""
    if match := re.fullmatch(r"(.+)([:@])(\d{1,9})", said, re.DOTALL):
        return match[1], match[2], match[3]
    if match := re.fullmatch(r"(.+)(=)(\S+)", said, re.DOTALL):
        return match[1], match[2], match[3]
    return said, "", ""


def _untagged(article: Article, name: str) -> list[Spot]:
    fields: tuple[Literal["title", "text"], ...] = ("title", "text")
    return [Spot(field, *span, name) for field in fields for span in occurrences(_content(article, field), name)]


def _of_layer(spots: list[Spot], should_be: ActorTag | PlaceTag | None) -> list[Spot]:
    """Where actor and place stand on the same spot, the one that can become ``should_be``."""
    if should_be is None:
        return spots
    layer = _layer(should_be)
    fitting = [spot for spot in spots if spot.mention is None or _layer(spot.mention) == layer]
    covered = {(spot.field, spot.start) for spot in fitting}
    return sorted(
        [*fitting, *(spot for spot in spots if (spot.field, spot.start) not in covered)],
        key=_place_in_article,
    )


def _meaning(spot: Spot) -> str:
    if spot.mention is None:
        return "untagged"
    return f"{spot.mention.entity_id or 'in no list'} ({spot.mention.type})"


def _what_there_is(mentions: Sequence[Mention], name: str) -> str:
    same = sorted({f"{m.name}@{m.start} ({m.entity_id or m.type})" for m in mentions if m.name == name})
    if same:
        return f"there is {', '.join(same[:_SHOWN])}"
    names = list(dict.fromkeys(m.name for m in mentions))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"tagged are {', '.join(names[:_SHOWN])}{more}" if names else "nothing is tagged in it"


def _layer(of: ActorTag | PlaceTag | Mention) -> Literal["actor", "place"]:
    return "place" if isinstance(of, PlaceTag) or (isinstance(of, Mention) and of.type == "place") else "actor"


def _content(article: Article, field: Literal["title", "text"]) -> str:
    return article.title if field == "title" else article.text


def _corrected(article: Article, tags: Tags, correction: Correction, start: int, end: int) -> Tags:
    def stays(mention: Mention) -> bool:
        elsewhere = mention.field != correction.field or mention.end <= start or mention.start >= end
        return elsewhere or _layer(mention) != correction.layer

    mentions = [mention for mention in tags.mentions if stays(mention)]
    demonym = any(m.role == "demonym" for m in tags.mentions if not stays(m))
    if correction.actor or correction.place:
        mentions.append(_mention(article, correction, start, end, demonym=demonym))
    mentions.sort(key=lambda m: (m.field == "text", m.start, m.end, m.type))
    return msgspec.structs.replace(
        tags,
        mentions=tuple(mentions),
        actors=_actors(tags, correction, mentions),
        places=_places(tags, correction, mentions),
        choices=renumbered(tags.choices, tags.mentions, mentions),
    )


def _mention(article: Article, correction: Correction, start: int, end: int, *, demonym: bool) -> Mention:
    starts = [first for first, _ in sentences(_content(article, correction.field))]
    type_: Literal["person", "organisation", "place"] = "place"
    if correction.actor:
        type_ = "person" if correction.actor.kind == "person" else "organisation"
    return Mention(
        name=correction.name,
        start=start,
        end=end,
        type=type_,
        entity_id=correction.should_be,
        field=correction.field,
        role=("demonym" if demonym else "place") if correction.place else None,
        sentence=sentence_at(starts, start),
        reason=f"corrected by {correction.by} on {correction.at:%Y-%m-%d}; it was {correction.was or 'not tagged'}",
    )


def _actors(tags: Tags, correction: Correction, mentions: Sequence[Mention]) -> tuple[ActorTag, ...]:
    named = {m.entity_id for m in mentions if m.type != "place"}
    actors = {actor.id: actor for actor in tags.actors if actor.id in named}
    if correction.actor:
        actors.setdefault(correction.actor.id, correction.actor)
    return tuple(actors.values())


def _places(tags: Tags, correction: Correction, mentions: Sequence[Mention]) -> tuple[PlaceTag, ...]:
    roles: dict[str, set[str | None]] = {}
    for mention in mentions:
        if mention.type == "place":
            roles.setdefault(mention.entity_id or mention.name, set()).add(mention.role)
    places = {place.id or place.name: place for place in tags.places if (place.id or place.name) in roles}
    if correction.place and correction.place.id:
        places.setdefault(correction.place.id, correction.place)
    return tuple(
        msgspec.structs.replace(place, role="demonym" if roles[key] == {"demonym"} else "place")
        for key, place in places.items()
    )
