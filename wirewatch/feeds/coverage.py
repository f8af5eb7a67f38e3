"""Which countries and languages the feeds cover: where no news comes, and where none could. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from wirewatch.feeds.listed import Feed
from wirewatch.feeds.state import FeedState, health_of, in_words

ALIVE = frozenset({"ok", "quiet", "moved"})
"""Healths of feeds from which news would come, were there any."""


class Coverage(msgspec.Struct, frozen=True):
    """How a country or language is covered: its feeds, those that answer, the last new article, and that in words."""

    of: str
    feeds: int
    answering: int
    new_at: datetime | None
    words: str


def coverage(
    feeds: Sequence[Feed], states: Mapping[str, FeedState], *, by: str, now: datetime, asked: Sequence[str] = ()
) -> list[Coverage]:
    """The coverage of each country (``by`` "country") or language ("language"), and of those ``asked`` for by name.

    "No news" is said only where a feed answers; else that there is no feed, or none that answers.
    """
    groups: dict[str, list[Feed]] = {name: [] for name in asked}
    for feed in feeds:
        if not feed.paused:
            groups.setdefault(getattr(feed, by) or "unknown", []).append(feed)
    return [_covered(name, group, states, now) for name, group in sorted(groups.items())]


def _covered(name: str, feeds: Sequence[Feed], states: Mapping[str, FeedState], now: datetime) -> Coverage:
    known = [states[feed.id] for feed in feeds if feed.id in states]
    answering = [state for state in known if health_of(state, now=now)[0] in ALIVE]
    new_at = max((state.new_at for state in known if state.new_at), default=None)
    if not feeds:
        words = "no feed is listed"
    elif not known:
        words = "its feeds were never polled"
    elif not answering:
        words = "no feed answers, so nothing is known"
    elif new_at is None:
        words = "no news, though its feeds answer"
    elif all(health_of(state, now=now)[0] == "quiet" for state in answering):
        words = f"no news for {in_words(now - new_at)}, though its feeds answer"
    else:
        words = f"news {in_words(now - new_at)} ago"
    return Coverage(name, len(feeds), len(answering), new_at, words)
