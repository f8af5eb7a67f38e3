"""A beat: an article of our own that every consumer handles as it handles news, and that is never news.

It flows as `Origin.PULSE`. The tagger tags it, the clusterer gives it a story that no other article joins and forgets
it, the alerter judges it by `RULE` alone, the notifier takes the alert and tells nobody. It becomes no document of
articles, stories or alerts: who writes into Elasticsearch writes down that it `passed`, over the beat before.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from wirewatch.alerts.judge import judge
from wirewatch.alerts.match import match
from wirewatch.alerts.rule import Rule
from wirewatch.alerts.trial import alone
from wirewatch.models import Alert, Article, ClusteredArticle, Lineage, Metric, Origin, Source, Story, TaggedArticle
from wirewatch.text import article_id, content_hash

RULE = Rule("wirewatch-pulse", "The pulse", text="wirewatchpulse")
"""The rule that every beat meets; it stands in no index."""

STAGES = ("indexer", "notifier")
"""Where the line ends: what has passed there has passed everywhere before."""

FORGOTTEN_AFTER = timedelta(minutes=10)
"""A beat that is older (a replay brings many) goes no further: nobody waits for it."""


def beat(*, now: datetime) -> Article:
    """The article of this moment."""
    title, text = "A pulse", f"This is {RULE.text} of {now.isoformat()}."
    return Article(
        id=article_id(None, title, text),
        title=title,
        text=text,
        fetched_at=now,
        published_at=now,
        content_hash=content_hash(title, text),
        source=Source("wirewatch"),
        language="en",
        lineage=Lineage(producer="pulse"),
    )


def story_of(tagged: TaggedArticle) -> Story:
    """A story of its own, which nothing else joins."""
    return alone(tagged, tagged.article.id)


def alert_of(clustered: ClusteredArticle, *, now: datetime) -> Alert | None:
    """The alert that the beat makes, by the matcher that judges news; None for a beat that nobody waits for."""
    if now - clustered.tagged.article.timestamp > FORGOTTEN_AFTER:
        return None
    reasons = match(RULE, clustered.tagged, clustered.story)
    return judge(None, RULE, lambda: reasons, clustered, Origin.PULSE, now=now, max_age=FORGOTTEN_AFTER)


def passed(stage: str, sent_at: datetime, *, now: datetime) -> Metric:
    """That the beat sent at ``sent_at`` has passed ``stage``, after how many seconds; of each stage the last stays."""
    took = (now - sent_at).total_seconds()
    return Metric(_id(stage), sent_at, "pulse", stage, "delay", "seconds", round(took, 3))


def took(stages: Iterable[Metric], sent_at: datetime) -> float | None:
    """Seconds after which the beat had passed all of `STAGES`; None while it has not."""
    there = {one.subject: one.value for one in stages if one.at >= sent_at}
    return max(there.values()) if set(STAGES) <= there.keys() else None


def ids() -> list[str]:
    """The ids under which it is written down that a beat has passed."""
    return [_id(stage) for stage in STAGES]


def _id(stage: str) -> str:
    return f"pulse-{stage}"
