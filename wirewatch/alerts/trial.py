"""A rule tried on the past: what it would have found, day by day, and what it owes it to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

import msgspec

from wirewatch.alerts import words
from wirewatch.alerts.index import RuleIndex
from wirewatch.alerts.match import match, parsed
from wirewatch.alerts.query import terms
from wirewatch.alerts.rule import Rule
from wirewatch.alerts.seen import Seen
from wirewatch.models import Reason, Story, TaggedArticle

SAMPLES = 5


class Day(msgspec.Struct, frozen=True):
    """One day's articles that met the rule, and the stories that began to meet it."""

    day: date
    articles: int
    stories: int


class Sample(msgspec.Struct, frozen=True):
    """An article that met the rule, and why."""

    article_id: str
    title: str
    timestamp: datetime
    url: str | None
    reasons: tuple[Reason, ...]


class Trial(msgspec.Struct, frozen=True):
    """What a rule found: ``looked_at`` articles were judged, ``pages`` is how often it would have paged.

    ``words`` says of how many found articles each term of the query is in, the most frequent first.
    """

    looked_at: int
    articles: int
    stories: int
    pages: int
    days: tuple[Day, ...]
    words: tuple[tuple[str, int], ...]
    samples: tuple[Sample, ...]


def tried(
    rule: Rule,
    past: Iterable[Sequence[tuple[TaggedArticle, str]]],
    stories_of: Callable[[list[str]], dict[str, Story]],
    whole_of: Callable[[list[str]], dict[str, TaggedArticle]],
    *,
    progress: Callable[[int], object] = lambda _: None,
) -> Trial:
    """Judge lists of articles, each with its story's id and the oldest first, by the matcher that works live.

    ``stories_of`` gives stories by id; an article whose story is unknown is judged as a story of its own.
    ``whole_of`` gives the samples by id, with all that reasons are written from.
    """
    known: dict[str, Story] = {}
    articles: Counter[date] = Counter()
    begun: dict[str, date] = {}
    work: Counter[str] = Counter()
    samples: dict[str, Story] = {}
    live = RuleIndex([msgspec.structs.replace(rule, state="active")])
    asked = [term for term, negated in terms(parsed(rule.text)) if not negated] if rule.text else []
    looked_at = 0
    needs_story = rule.exclude_stories_older_than is not None
    for page in past:
        if needs_story:
            known |= stories_of([story_id for story_id in {story_id for _, story_id in page} if story_id not in known])
        looked_at += len(page)
        for tagged, story_id in page:
            seen = Seen(tagged)
            story = known.get(story_id) or alone(tagged, story_id)
            if not live.matching(seen, story):
                continue
            day = tagged.article.timestamp.date()
            articles[day] += 1
            begun.setdefault(story_id, day)
            work.update(term.written for term in asked if words.find(term, seen))
            if len(samples) < SAMPLES:
                samples[tagged.article.id] = story
        progress(looked_at)
    if rule.min_sources > 1:
        known |= stories_of([story for story in begun if story not in known])
    enough = [s for s in begun if s not in known or known[s].independent_outlets >= rule.min_sources]
    stories = Counter(begun.values())
    return Trial(
        looked_at=looked_at,
        articles=articles.total(),
        stories=len(begun),
        pages=len(enough),
        days=tuple(Day(day, articles[day], stories[day]) for day in sorted(articles)),
        words=tuple(work.most_common(10)),
        samples=tuple(_sample(rule, whole, samples[id_]) for id_, whole in whole_of(list(samples)).items()),
    )


def _sample(rule: Rule, tagged: TaggedArticle, story: Story) -> Sample:
    article = tagged.article
    return Sample(article.id, article.title, article.timestamp, article.url, match(rule, tagged, story))


def alone(tagged: TaggedArticle, story_id: str) -> Story:
    """A story of one article, for an article whose story is not known."""
    article = tagged.article
    return Story(story_id, article.title, article.id, article.timestamp, article.timestamp, 0, 1)
