"""What went in and what came out, compared one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from tests.e2e.line import assignments, clustered, documents, stored, tagged
from tests.planted import Planted, Stream, meets, rules
from wirewatch.settings import Settings
from wirewatch.stream.admin import lag
from wirewatch.stream.dead_letters import waiting

NARROW = 12


class Entry(NamedTuple):
    """One kind of thing: how many there are to be and how many are there, and the name of each that is wrong."""

    what: str
    wanted: int
    found: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]

    def __str__(self) -> str:
        names = [f"{n} {how}: {', '.join(which[:20])}" for how, which in
                 (("lost", self.lost), ("doubled or not wanted", self.doubled)) if (n := len(which))]  # fmt: skip
        return f"{self.what:38}{self.wanted:8}{self.found:8}  {'; '.join(names) or 'as it should be'}"


def compared(what: str, wanted: Iterable[object], found: Iterable[object]) -> Entry:
    """What is missing of ``wanted``, and what ``found`` has more often or on top."""
    should, there = Counter(map(str, wanted)), Counter(map(str, found))
    return Entry(what, should.total(), there.total(), tuple(sorted(should - there)), tuple(sorted(there - should)))


def ledger(settings: Settings, stream: Stream, sent: list[str]) -> list[Entry]:
    """Everything the stream was to become against what the line made of it; ``sent`` are the ids at the receiver."""
    found, given, alerts = documents(settings), assignments(settings), stored(settings)
    told = _stories(stream, found)
    ids = [rule.id for rule in rules("ops", narrow=NARROW, since=datetime.now(UTC))]
    return [
        compared("documents, of articles", stream.ids, found),
        compared("versions", (f"{one} 1" for one in found), (f"{one} {at[1]}" for one, at in found.items())),
        compared("stories clustered, of articles tagged", (one.article.id for one in tagged(settings)),
                 (one.tagged.article.id for one in clustered(settings))),
        compared("articles assigned to the same story", (f"{one} {story}" for one, (story, _) in found.items()),
                 {f"{one.article_id} {one.story_id}" for one in given}),
        compared("planted stories, none split", (f"{story.kind} {story.city}" for story in stream.stories),
                 (f"{story.kind} {story.city}" for stories in told.values() for story in stories)),
        compared("alerts", (f"{rule} {id_}" for id_, stories in told.items() for rule in ids
                  if any(meets(rule, story) for story in stories)),
                 (f"{alert.rule_id} {alert.story_id}" for alert in alerts)),
        compared("alerts sent", (alert.id for alert in alerts),
                 (alert.id for alert in alerts if alert.status == "sent")),
        compared("notifications, their ids once", (alert.id for alert in alerts), set(sent)),
        compared("dead letters", (), (letter.id for letter in waiting(settings))),
        compared("messages not taken", (), (group for group, behind in lag(settings).items() if behind)),
    ]  # fmt: skip


def thrown_together(settings: Settings, stream: Stream) -> int:
    """Planted stories under an id that another has too: their alerts are not told apart by `ledger`."""
    return sum(len(stories) for stories in _stories(stream, documents(settings)).values() if len(stories) > 1)


def _stories(stream: Stream, found: dict[str, tuple[str, int]]) -> dict[str, list[Planted]]:
    """The planted stories under each id that the line gave.

    Two under one id are no finding: which articles tell of one event is judged, and the order in which they come, which
    faults change, sways it without any being lost. They share what is asked of their alerts, so that a missing alert of
    one of them cannot be seen there; `thrown_together` says how many such there are.
    """
    told: dict[str, list[Planted]] = {}
    for story in stream.stories:
        for id_ in {found[one.id][0] for one in story.articles if one.id in found}:
            told.setdefault(id_, []).append(story)
    return told
