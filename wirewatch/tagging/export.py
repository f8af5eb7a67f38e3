"""Tags as one line of JSON a text, the format that scorers and other programs read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from wirewatch.models import ActorTag, Article, Mention, PlaceTag, Tags
from wirewatch.tagging.tagger import Tagger
from wirewatch.text import content_hash


def article_of(text: str, *, now: datetime, title: str = "", published_at: datetime | None = None) -> Article:
    """An article of nothing but its text."""
    hashed = content_hash(title, text)
    return Article(id=hashed, title=title, text=text, fetched_at=now, content_hash=hashed, published_at=published_at)


def line(tagger: Tagger, id_: Any, text: str, *, now: datetime) -> dict[str, Any]:
    """The tags of ``text``: one entry a mention, offsets in code points of ``text``."""
    return as_line(id_, tagger.tag(article_of(text, now=now), now=now).tags)


def as_line(id_: Any, tags: Tags) -> dict[str, Any]:
    """The same for an article that is tagged already; mentions of its title are left out."""
    actors = {actor.id: actor for actor in tags.actors}
    places = {place.id: place for place in tags.places if place.id}
    sites = {place.name: place for place in tags.places if place.id is None}
    mentions = [m for m in tags.mentions if m.field == "text"]
    return {
        "id": id_,
        "actors": [_actor(m, actors.get(m.entity_id or "")) for m in mentions if m.type != "place"],
        "locations": [
            _location(m, places.get(m.entity_id) if m.entity_id else sites.get(m.name))
            for m in mentions
            if m.type == "place"
        ],
        "focus_country": tags.focus_country,
    }


def _actor(mention: Mention, actor: ActorTag | None) -> dict[str, Any]:
    return {
        "id": mention.entity_id,
        "name": mention.name,
        "kind": actor.kind if actor else None,
        "type": mention.type,
        "start": mention.start,
        "end": mention.end,
    }


def _location(mention: Mention, place: PlaceTag | None) -> dict[str, Any]:
    point = place.point if place else None
    return {
        "id": mention.entity_id,
        "name": mention.name,
        "start": mention.start,
        "end": mention.end,
        "lat": point.lat if point else None,
        "lon": point.lon if point else None,
        "country_code": place.country_code if place else None,
        "precision": place.precision if place else None,
        "role": mention.role,
    }
