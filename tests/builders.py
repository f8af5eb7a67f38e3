"""Small complete examples of every type, each field overridable, so that a test states only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from wirewatch.geo import Point
from wirewatch.models import (
    ActorTag,
    Alert,
    Article,
    Lineage,
    Mention,
    PlaceTag,
    Reason,
    Source,
    TaggedArticle,
    Tags,
    alert_id,
)
from wirewatch.text import article_id, content_hash

NOW = datetime(2024, 12, 8, 12, 0, tzinfo=UTC)

FILLER = (
    "Residents said shops had closed early and queues formed at bakeries, while officials asked people to stay at "
    "home and promised that water and power would be restored within days."
)


def article(title: str = "Rebels enter Homs", text: str | None = None, **fields: Any) -> Article:
    """An article; its id follows from its URL, or from its content."""
    text = text if text is not None else f"{title} on Saturday. {FILLER}"
    url = fields.pop("url", None)
    given: dict[str, Any] = {
        "id": article_id(url, title, text),
        "title": title,
        "text": text,
        "url": url,
        "fetched_at": NOW,
        "published_at": NOW,
        "content_hash": content_hash(title, text),
        "source": Source("Harbour Wire", "harbourwire.example", "GB"),
        "language": "en",
        "lineage": Lineage(producer="files"),
    }
    return Article(**(given | fields))


def tags(**fields: Any) -> Tags:
    """Tags of the article above: one actor, one city."""
    given: dict[str, Any] = {
        "mentions": (
            Mention("Rebels", 0, 6, "organisation", "syria-rebels", "title", None, 0, 0.9, "listed"),
            Mention("Homs", 13, 17, "place", "169577", "title", "place", 0, 0.95, "the only Homs with people"),
        ),
        "actors": (ActorTag("syria-rebels", "Syrian rebels", "armed_group", ("SY",), 0.8),),
        "places": (PlaceTag("Homs", "169577", "SY", "city", Point(34.73, 36.71), salience=0.9),),
        "focus_country": "SY",
        "about_actors": ("syria-rebels",),
        "about_locations": ("169577",),
        "language": "en",
    }
    return Tags(**(given | fields))


def tagged(of: Article | None = None, **fields: Any) -> TaggedArticle:
    """A tagged article."""
    given: dict[str, Any] = {
        "article": of or article(),
        "tags": tags(),
        "tagged_at": NOW,
        "tagger_version": "test",
        "kb_version": "test",
    }
    return TaggedArticle(**(given | fields))


def alert(**fields: Any) -> Alert:
    """An alert that is to be told; its id follows from its rule and story."""
    rule, story = fields.get("rule_id", "fighting-near-homs"), fields.get("story_id", "story-1")
    given: dict[str, Any] = {
        "id": alert_id(rule, story),
        "rule_id": rule,
        "rule_name": "Fighting near Homs",
        "rule_version": 1,
        "story_id": story,
        "article_id": "article-1",
        "title": "Rebels enter Homs",
        "status": "new",
        "made_at": NOW,
        "updated_at": NOW,
        "story_revision": 1,
        "reasons": (Reason("text", words=("rebels",), sentence="Rebels enter Homs"),),
        "outlets": 1,
        "articles": 1,
        "notify": ("ops",),
        "occasion": "first",
    }
    return Alert(**(given | fields))


def numbered(count: int, **fields: Any) -> list[Article]:
    """``count`` articles, no two of which are one story: every third word is of that article alone."""

    def own(n: int) -> str:
        return " ".join(f"{word}{n}" if place % 3 == 0 else word for place, word in enumerate(FILLER.split()))

    return [article(f"Report number {n}", f"Event {n} happened in place {n}. {own(n)}", **fields) for n in range(count)]


def replaced(of: Any, **fields: Any) -> Any:
    """The same struct with other fields."""
    return msgspec.structs.replace(of, **fields)
