"""An index with something of everything that dashboards show, written by the functions by which the line writes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from producers.files import read_files
from tests.builders import article, replaced
from wirewatch.alerts.judge import judge
from wirewatch.alerts.match import match
from wirewatch.alerts.rule import Near, Rule
from wirewatch.evaluation.figures import Figure, Run, metrics
from wirewatch.feeds.listed import Feed
from wirewatch.feeds.state import Brought, FeedState, brought, change, failed, fresh
from wirewatch.geo import Point
from wirewatch.models import (
    Alert,
    Article,
    ChannelState,
    ClusteredArticle,
    Correction,
    Lineage,
    Origin,
    PlaceTag,
)
from wirewatch.pulse import history
from wirewatch.pulse.trouble import Look
from wirewatch.search.alerts import create_alerts
from wirewatch.search.articles import write
from wirewatch.search.client import connect
from wirewatch.search.corrections import store_corrections
from wirewatch.search.documents import article_write, story_write
from wirewatch.search.feeds import FeedStore, PollRun, Stored
from wirewatch.search.indices import ensure_indices, refresh
from wirewatch.search.metrics import store_metrics
from wirewatch.settings import Settings
from wirewatch.stories import Stories
from wirewatch.tagging import Tagger

SEEDS = Path(__file__).parents[1] / "seeds" / "articles"

RULES = (
    Rule("fighting", "Fighting", text="rebel* OR fighting OR attack* OR troops", notify=("ops",), throttle="30m"),
    Rule("disasters", "Disasters", text="earthquake OR flood* OR storm OR eruption", notify=("ops",)),
    Rule("homs", "Near Homs", near=(Near("Homs, SY", Point(34.73, 36.71), 50.0, "169577"),), notify=("ops",)),
    Rule("un", "The United Nations", actors=("united-nations",), min_sources=3, notify=("ops",)),
)
State = Literal["sent", "held", "failed"]
STATES: tuple[State, ...] = ("sent", "sent", "held", "failed")
"""What became of alerts in their channel, in turn."""

FEEDS = (
    ("Harbour Wire", "GB", "en"),
    ("Lantern", "FR", "fr"),
    ("Delta Post", "SD", "ar"),
    ("Ridge Times", "US", "en"),
    ("Canal Today", "EG", "ar"),
    ("Steppe Courier", "UA", "uk"),
)


def recent_seeds(settings: Settings, *, now: datetime) -> list[Article]:
    """The seed articles and one about nobody and nowhere, published over the last fortnight, half of them by feeds."""
    found = [one for one in read_files([str(SEEDS)], settings=settings, now=now) if isinstance(one, Article)]
    found.append(article("Bread rises twice", "Bread rises twice before it is baked, slowly and in the warmth."))
    return [_as_of(one, now - timedelta(hours=6.2 * at, minutes=3), at % 2 == 0) for at, one in enumerate(found)]


def fill(settings: Settings, tagger: Tagger, articles: Sequence[Article], *, now: datetime) -> None:
    """Everything: articles and stories, alerts, feeds and their history, runs, measures, corrections."""
    ensure_indices(settings)
    with connect(settings) as es:
        clustered = list(_clustered(tagger, articles))
        for some in (clustered[at : at + 500] for at in range(0, len(clustered), 500)):
            writes = [
                article_write(one, indexed_at=one.tagged.article.fetched_at + timedelta(seconds=2), origin=Origin.LIVE)
                for one in some
            ]
            newest = {one.story.id: one.story for one in some}
            write(es, settings, [*writes, *map(story_write, newest.values())])
        create_alerts(es, settings, list(_alerts(clustered, now)))
    _feeds(settings, now)
    for at, version in enumerate(("4-a", "5-b", "6-c")):
        moment = now - timedelta(days=2 * (2 - at), minutes=1)
        store_metrics(settings, metrics(_measured(version, at, moment)))
    for minutes in range(0, 600, 10):
        beat = Look(
            now - timedelta(minutes=minutes),
            took_s=0.4,
            lag={"tagger": minutes},
            dead_letters={"indexer": 2},
            refused_for={"no body": 1, "not an Article": 1},
        )
        store_metrics(settings, history.seen(beat))
    place = PlaceTag("Homs", "169577", "SY", "city")
    store_corrections(
        settings,
        [
            Correction(f"c{n}", one.tagged.article.id, "ann", now - timedelta(hours=n), "text", 4, 8, "Homs", 1,
                       "place", "163843", place=place)
            for n, one in enumerate(clustered[:3])
        ],
    )  # fmt: skip
    refresh(settings)


def _as_of(of: Article, moment: datetime, by_feed: bool) -> Article:
    feed = f"https://{of.source.domain or 'wire.example'}/rss" if by_feed else None
    came = replaced(of, published_at=moment, fetched_at=moment + timedelta(minutes=4), feed=feed)
    return replaced(came, lineage=Lineage(producer="rss")) if by_feed else came


def _clustered(tagger: Tagger, articles: Sequence[Article]) -> Iterator[ClusteredArticle]:
    stories = Stories()
    for one in sorted(articles, key=lambda each: each.timestamp):
        tagged = tagger.tag(one, now=one.fetched_at)
        judged = stories.judge(tagged)
        yield ClusteredArticle(tagged, judged.story, judged.version, one.fetched_at)


def _alerts(clustered: Sequence[ClusteredArticle], now: datetime) -> Iterator[Alert]:
    made: dict[str, Alert] = {}
    for number, one in enumerate(clustered):
        late = timedelta(minutes=1) if one.tagged.article.feed and number % 3 == 0 else timedelta(hours=6)
        for rule in RULES:
            reasons = match(rule, one.tagged, one.story)
            why = partial(match, rule, one.tagged, one.story) if reasons else None
            at = one.clustered_at + timedelta(seconds=1)
            found = judge(None, rule, why, one, Origin.LIVE, now=min(at, now), max_age=late)
            if found is not None:
                made.setdefault(found.id, found)
    for n, alert in enumerate(made.values()):
        yield _told(alert, STATES[n % len(STATES)]) if alert.status == "new" else alert


def _told(alert: Alert, state: State) -> Alert:
    error = "it answers 503" if state == "failed" else None
    channel = ChannelState("ops", state, alert.made_at, 1, error, alert.id, "first")
    status = {"sent": "sent", "held": "held"}.get(state, "new")
    return replaced(alert, status=status, channels=(channel,), occasion=None)


def _feeds(settings: Settings, now: datetime) -> None:
    before = now - timedelta(hours=1)
    with FeedStore(settings) as store:
        for number, (name, country, language) in enumerate(FEEDS):
            feed = Feed(f"https://feed{number}.example/rss", name, country, language)
            first = fresh(feed)
            news = [now - timedelta(days=9, hours=h) for h in range(40)] if name == "Lantern" else [before] * 3
            alive = brought(first, feed, Brought(news), now=before, jitter=0.5)
            after = _later(alive, feed, now)
            store.save_states([Stored(after)])
            changes = (change(first, alive, now=before), change(alive, after, now=now))
            store.save_changes([one for one in changes if one])
        for n in range(20):
            run = PollRun(f"run{n}", now - timedelta(hours=n, minutes=5), 12.5 + n, f"scheduled__{n}", 6, 6, 2, n % 2,
                          new=n % 7, edited=n % 3, requests=9)  # fmt: skip
            store.save_run(run)


def _later(state: FeedState, feed: Feed, now: datetime) -> FeedState:
    match state.name:
        case "Delta Post":
            return failed(state, "status", "its server has an error (status 500)", now=now, jitter=0.5)
        case "Ridge Times":
            return failed(state, "blocked", "it does not let us in (status 403)", now=now, jitter=0.5)
        case _:
            return brought(state, feed, Brought(()), now=now, jitter=0.5)


def _measured(version: str, step: int, at: datetime) -> Run:
    figures = [
        Figure(measure, statistic, min(1.0, value + 0.02 * step), value - 0.05, value + 0.05, 400)
        for measure, value in (("places exact", 0.82), ("actors exact", 0.86))
        for statistic in ("precision", "recall", "f1")
    ]
    figures.append(Figure("focus country", "accuracy", 0.9 + 0.01 * step, 0.85, 0.95, 60))
    return Run("articles", at, 68, True, "auto", "0.1.0", version, "k1", tuple(figures))
