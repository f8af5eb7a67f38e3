"""A story told from the parts its articles play in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from wirewatch.models import Assignment, Story
from wirewatch.stories.calendar import fold
from wirewatch.stories.prints import Print
from wirewatch.stories.trace import unpacked

T = TypeVar("T", bound=Hashable)

Houses = Callable[[str], tuple[str, ...]]
"""What an outlet belongs to: its owner, the agency whose reports it prints; itself where neither is known."""

NAMES_KEPT = 50
"""Actors, places and outlets a story lists at most, the most frequent first."""
COPIED = 0.5
"""From this part of its text on an article repeats another one's report."""

_TEXTS_A_BAND = 8


def by_itself(outlet: str) -> tuple[str, ...]:
    """Each outlet is its own house: what holds where nothing is known of owners."""
    return (outlet,)


def tell(story_id: str, parts: Sequence[Assignment], houses: Houses, linked: Iterable[str]) -> Story:
    """The story of ``parts``; ``houses`` says what an outlet belongs to."""
    first = min(parts, key=lambda part: (part.seen_at, part.article_id))
    return Story(
        id=story_id,
        title=first.title,
        first_article=first.article_id,
        first_seen=first.seen_at,
        last_seen=max(part.seen_at for part in parts),
        revision=max(part.story_revision for part in parts),
        articles=len({part.article_id for part in parts}),
        outlets=_frequent(part.outlet for part in parts if part.outlet),
        independent_outlets=independent(parts, houses),
        actors=_frequent(actor for part in parts for actor in part.actors),
        locations=_frequent(place for part in parts for place in part.locations),
        countries=_frequent(country for part in parts for country in part.countries),
        geo=_frequent(point for part in parts for point in part.geo),
        languages=_frequent(part.language for part in parts if part.language),
        linked_stories=tuple(sorted(linked)[:NAMES_KEPT]),
    )


def independent(parts: Sequence[Assignment], houses: Houses) -> int:
    """How many tell the story by themselves: one outlet, one owner, one agency and one text each count once."""
    groups = _Groups()
    for number, part in enumerate(sorted(parts, key=lambda part: (part.sequence, part.key))):
        groups.new(number)
        outlet = part.outlet or part.key
        for house in houses(outlet):
            groups.join(number, house)
        for agency in {part.agency, _agency_of(outlet, parts)} - {None}:
            groups.join(number, f"agency {agency}")
        if part.trace:
            groups.join_by_text(number, unpacked(part.trace).text)
    return groups.count()


def _agency_of(outlet: str, parts: Sequence[Assignment]) -> str | None:
    """The agency that ``outlet`` is, where another article of the story credits it by name."""
    plain = fold(outlet.removeprefix("www.").partition(".")[0])
    for part in parts:
        if part.agency and part.outlet != outlet and plain == "".join(part.agency.split()):
            return part.agency
    return None


class _Groups:
    """Numbers that belong together, by what they share. Source: union-find, R. Tarjan (1975)."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}
        self._first: dict[Hashable, int] = {}
        self._texts: dict[int, dict[int, Print]] = {}

    def new(self, number: int) -> None:
        self._above[number] = number

    def join(self, number: int, shared: Hashable) -> None:
        """Everybody with ``shared`` belongs together."""
        self._unite(number, self._first.setdefault(shared, number))

    def join_by_text(self, number: int, text: Print) -> None:
        """Those whose texts have much in common belong together; one of each group is looked at."""
        for band in text.bands():
            alike = self._texts.setdefault(band, {})
            for other, known in alike.items():
                if self._root(other) != self._root(number) and text.contained(known) >= COPIED:
                    self._unite(number, other)
            if len(alike) < _TEXTS_A_BAND:
                alike[number] = text

    def count(self) -> int:
        """How many groups there are."""
        return len({self._root(number) for number in self._above})

    def _root(self, number: int) -> int:
        while self._above[number] != number:
            number = self._above[number] = self._above[self._above[number]]
        return number

    def _unite(self, one: int, other: int) -> None:
        self._above[self._root(one)] = self._root(other)


def _frequent(names: Iterable[T]) -> tuple[T, ...]:
    """Most frequent first; ties in an order of their own, so that a rebuilt state tells the same story."""
    ranked = sorted(Counter(names).items(), key=lambda item: (-item[1], str(item[0])))
    return tuple(name for name, _ in ranked[:NAMES_KEPT])
