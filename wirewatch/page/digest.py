"""What a watch floor wants to know in the morning: gathered from the index, and as a message for a channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from html import escape
from pathlib import Path

import msgspec

from wirewatch.alerts.message import Message
from wirewatch.alerts.render import markdown_escaped
from wirewatch.feeds.state import FeedState
from wirewatch.knowledge import load_knowledge, own_folder
from wirewatch.page.names import Names
from wirewatch.page.words import ago, counted
from wirewatch.search.asked import Asked
from wirewatch.search.client import asking
from wirewatch.search.feeds import ill_feeds
from wirewatch.search.newcomers import newcomers
from wirewatch.search.situation import Wanted, situation
from wirewatch.settings import Settings
from wirewatch.tagging.gazetteer_cache import load_gazetteer

SPAN = timedelta(hours=24)
STORIES, ALERTS, ACTORS, FEEDS = 10, 20, 10, 20


class Digest(msgspec.Struct, frozen=True):
    """The last 24 hours in lines, by headline: stories, new actors, alerts, feeds; ``says`` sums them up in one."""

    day: date
    says: str
    stories: tuple[str, ...]
    actors: tuple[str, ...]
    alerts: tuple[str, ...]
    feeds: tuple[str, ...]

    @property
    def parts(self) -> list[tuple[str, tuple[str, ...]]]:
        """Each headline with its lines, those without any left out."""
        named = [
            ("Top stories", self.stories),
            ("New actors", self.actors),
            ("Alerts", self.alerts),
            ("Feeds that cannot be read", self.feeds),
        ]
        return [(headline, lines) for headline, lines in named if lines]


def digest(settings: Settings, *, now: datetime) -> Digest:
    """The digest of the 24 hours before ``now``, whose zone is that of its day. Raises ServerError."""
    cache = Path(settings.cache_dir)
    names = Names(
        lambda: load_knowledge(own_folder(settings), cache_dir=cache),
        load_gazetteer(cache, disputed=settings.disputed),
    )
    since = now - SPAN
    with asking(settings, timeout_s=max(30.0, settings.connect_timeout_s)) as es:
        wanted = Wanted(timedelta(hours=1), None, stories=STORIES, alerts=ALERTS)
        found = situation(es, settings, Asked(since=since), wanted)
        new = newcomers(es, settings, since=since, until=now, limit=ACTORS)
    ill = ill_feeds(settings)
    counts = [counted(found.articles, "article"), counted(found.stories, "story", "stories")]
    counts += [counted(found.alerts_in_all, "alert"), counted(len(ill), "feed") + " that cannot be read"]
    return Digest(
        day=now.date(),
        says=", ".join(counts),
        stories=tuple(
            f"{one.title} ({counted(one.independent_outlets, 'outlet')}, {counted(one.here, 'article')})"
            for one in found.biggest
        ),
        actors=tuple(f"{names.actor(one.id)} ({counted(one.articles, 'article')})" for one in new),
        alerts=tuple(f"{one.rule_name}: {one.title}" for one in found.alerts),
        feeds=tuple(_feed(one, now) for one in ill[:FEEDS]),
    )


def message_of(found: Digest, *, where: str) -> Message:
    """The digest for a channel; ``where`` says where the whole of it is."""
    title = f"wirewatch, {found.day:%-d %B %Y}"
    return Message(
        id=f"digest-{found.day}",
        title=title,
        text="\n\n".join([found.says, *(f"{head}\n{_list('- ', lines)}" for head, lines in found.parts), where]),
        markdown="\n\n".join(
            [
                f"**{found.says}**",
                *(f"**{head}**\n\n{_list('- ', map(markdown_escaped, lines))}" for head, lines in found.parts),
                where,
            ]
        ),
        html=f"<p><strong>{escape(found.says)}</strong></p>"
        + "".join(f"<h3>{head}</h3><ul>{_items(lines)}</ul>" for head, lines in found.parts)
        + f"<p>{escape(where)}</p>",
    )


def _feed(state: FeedState, now: datetime) -> str:
    since = f", since {ago(state.failing_since, now=now)}" if state.failing_since else ""
    return f"{state.name}: {state.error or state.health}{since}"


def _list(mark: str, lines: Sequence[str] | map[str]) -> str:
    return "\n".join(mark + line for line in lines)


def _items(lines: Sequence[str]) -> str:
    return "".join(f"<li>{escape(line)}</li>" for line in lines)
