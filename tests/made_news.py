"""A few days of small news, the same each time: stories told by several outlets, with actors and places."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote

from tests.builders import alert, article
from wirewatch.geo import Point
from wirewatch.models import ActorTag, Alert, ClusteredArticle, Mention, PlaceTag, Source, Story, TaggedArticle, Tags
from wirewatch.search.articles import write
from wirewatch.search.client import connect
from wirewatch.search.documents import ALERTS, Write, alert_document, article_write, story_write
from wirewatch.search.indices import ensure_indices, refresh
from wirewatch.settings import Settings

HOMS = PlaceTag("Homs", "169577", "SY", "city", Point(34.73, 36.71), salience=0.9)
SYRIA = PlaceTag("Syria", "163843", "SY", "country", Point(35.0, 38.0), salience=0.5)
DAMASCUS = PlaceTag("Damascus", "170654", "SY", "city", Point(33.51, 36.29), salience=0.4)
LAGOS = PlaceTag("Lagos", "2332459", "NG", "city", Point(6.45, 3.39), salience=0.9)
HOSPITAL = PlaceTag("Al-Nour hospital", None, "SY", "site", Point(34.73, 36.71), "nearest")
TEXAS = PlaceTag("Texas", "4736286", "US", "admin1", Point(31.25, -99.25), salience=0.8)

UN = ActorTag("united-nations", "United Nations", "international_org", (), 0.8)
RUSSIA = ActorTag("russia-government", "Government of Russia", "government", ("RU",), 0.6)
HTS = ActorTag("hayat-tahrir-al-sham", "Hayat Tahrir al-Sham", "armed_group", ("SY",), 0.7)

OUTLETS = tuple(
    Source(name, f"{name.lower().replace(' ', '')}.example", country)
    for name, country in (("Harbour Wire", "GB"), ("Summit Post", "US"), ("River Herald", "FR"), ("Delta Times", "NG"))
)
SCRIPT = "<script>alert(1)</script>"

# Title, actors, places, outlets, hours ago.
STORIES = (
    ("Rebels enter Homs", (HTS, RUSSIA), (HOMS, SYRIA, HOSPITAL), 4, 2),
    ("Talks begin in Damascus", (UN,), (DAMASCUS, SYRIA), 3, 5),
    ("Port of Lagos reopens", (), (LAGOS,), 2, 8),
    ("Storm warning for Texas", (), (TEXAS,), 1, 11),
    (SCRIPT, (UN, RUSSIA), (HOMS,), 1, 3),
    ("Old report from Homs", (HTS,), (HOMS,), 2, 30),
)


def news(now: datetime) -> Iterator[ClusteredArticle]:
    """The articles, each in its story as it stands in the end."""
    for number, (title, actors, places, outlets, hours) in enumerate(STORIES):
        first = now - timedelta(hours=hours)
        theirs = [_tagged(title, n, actors, places, first + timedelta(minutes=20 * n)) for n in range(outlets)]
        story = Story(
            id=f"story-{number}",
            title=title,
            first_article=theirs[0].article.id,
            first_seen=first,
            last_seen=theirs[-1].article.timestamp,
            revision=outlets,
            articles=outlets,
            outlets=tuple(source.name or "" for source in OUTLETS[:outlets]),
            independent_outlets=outlets,
            actors=tuple(actor.id for actor in actors),
            locations=tuple(place.id for place in places if place.id),
            countries=tuple(dict.fromkeys(place.country_code for place in places if place.country_code)),
            languages=("en",),
        )
        for one in theirs:
            yield ClusteredArticle(one, story, 1, now)


def fired(articles: list[ClusteredArticle], now: datetime) -> list[Alert]:
    """Two alerts of today, one of yesterday, one that waits and is not shown."""
    first = {one.story.id: one.tagged.article for one in articles}
    given = (("story-0", "sent", 2), ("story-1", "late", 4), ("story-5", "sent", 29), ("story-2", "waiting", 1))
    return [
        alert(
            story_id=story,
            article_id=first[story].id,
            title=first[story].title,
            url=first[story].url,
            status=status,
            made_at=now - timedelta(hours=hours),
            updated_at=now,
            countries=("SY",),
            delay_ms=1_500,
        )
        for story, status, hours in given
    ]


def stored(settings: Settings, now: datetime) -> list[ClusteredArticle]:
    """Put the news and the alerts into the index, ready to be found."""
    articles = list(news(now))
    writes = [article_write(one, indexed_at=now) for one in articles]
    writes += [story_write(one) for one in {one.story.id: one.story for one in articles}.values()]
    writes += [Write(ALERTS, one.id, 1, alert_document(one)) for one in fired(articles, now)]
    ensure_indices(settings)
    with connect(settings) as es:
        assert not write(es, settings, writes).refused
    refresh(settings)
    return articles


def _tagged(
    title: str, number: int, actors: tuple[ActorTag, ...], places: tuple[PlaceTag, ...], at: datetime
) -> TaggedArticle:
    source = OUTLETS[number]
    text = f"{title}, {source.name} reports & says.\n" + "\n".join(f"About {one.name}." for one in (*actors, *places))
    of = article(
        title, text, url=f"https://{source.domain}/{quote(title)}", source=source, published_at=at, fetched_at=at
    )
    mentions = [_mention(text, actor.name, "organisation", actor.id, 0.9) for actor in actors]
    mentions += [_mention(text, place.name, "place", place.id, 0.4 if place is LAGOS else 0.95) for place in places]
    tags = Tags(
        mentions=tuple(mentions),
        actors=actors,
        places=places,
        focus_country=places[0].country_code,
        about_actors=tuple(actor.id for actor in actors[:1]),
        about_locations=tuple(place.id for place in places[:1] if place.id),
        language="en",
    )
    return TaggedArticle(of, tags, at, "test", "test")


MentionKind = Literal["person", "organisation", "place"]


def _mention(text: str, name: str, kind: MentionKind, id_: str | None, confidence: float) -> Mention:
    start = text.index(f"About {name}.") + len("About ")
    role: Literal["place"] | None = "place" if kind == "place" else None
    return Mention(name, start, start + len(name), kind, id_, "text", role, 0, confidence, f"{name} is the reason")
