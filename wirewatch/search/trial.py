"""A rule tried on what is stored: for the command `alerts test` and the DAG `test_alert`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from wirewatch.alerts.rule import Rule
from wirewatch.alerts.trial import Trial, tried
from wirewatch.models import TaggedArticle
from wirewatch.search.past import past_articles, past_stories, whole_articles
from wirewatch.settings import Settings


def try_rule(
    settings: Settings, rule: Rule, *, since: datetime, progress: Callable[[int], object] = lambda _: None
) -> Trial:
    """What ``rule`` would have found in the stored articles from ``since`` on, by the matcher that works live.

    ``progress`` is told how many articles were judged. Raises Unavailable, Refused and IndexMissing.
    """
    return tried(
        rule,
        _past(settings, rule, since),
        lambda ids: past_stories(settings, ids),
        lambda ids: {id_: past.tagged for id_, past in whole_articles(settings, ids).items()},
        progress=progress,
    )


def _past(settings: Settings, rule: Rule, since: datetime) -> Iterator[list[tuple[TaggedArticle, str]]]:
    for page in past_articles(settings, rule, since=since):
        yield [(past.tagged, past.story_id) for past in page]
