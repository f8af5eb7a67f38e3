"""The clusterer's judgement: which story an article belongs to, decided once and kept.

What has been decided is in the assignments, from which the whole state can be built again in any order. Two layers: a
text that was seen (its prints are banded), and an event that was told (names, places, numbers, days).
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from wirewatch.models import TAKEN_DOWN, TAKEN_DOWN_TITLE, Article, Assignment, Story, TaggedArticle
from wirewatch.stories.common import common_words
from wirewatch.stories.likeness import SURELY, Likeness, Weighed, likeness
from wirewatch.stories.memory import Memory
from wirewatch.stories.memory import number as story_number
from wirewatch.stories.profile import Profile
from wirewatch.stories.telling import Houses, Telling, by_itself
from wirewatch.stories.trace import packed, packed_print, trace, unpacked, unpacked_print
from wirewatch.stories.traits import traits
from wirewatch.text import digest

HOURS = 72
"""How long after its first article a story takes new ones, and before it late ones."""
KEPT = 1_000_000
"""Articles that are remembered."""

LITTLE_LEFT = 0.2
"""A version with less than this part of the former text is about something else."""
_NEWEST_A_BAND = 6
_COMPARED = 12
_BAND_VOTE = 1.0
_SAME_VOTE = 100.0
"""The very same text is compared first, however many are nearly the same."""
_FEWEST = 2_000
"""So many articles are taken to have been seen from the start, with the words that are common in all news, so that the
first ones' names are neither all common nor all rare."""
_CACHED = 4_000
"""Stories whose sums are kept at hand."""


T = TypeVar("T")

_encode = msgspec.json.Encoder().encode


class Judged(msgspec.Struct, frozen=True):
    """A decision: the article's version, its story as it stands with it, and the assignment to keep.

    ``changed`` says whether the assignment is other than what was remembered before, ``known`` whether this text of the
    article was judged before: it came again, or with other tags. ``tagged`` is the article in its place in time.
    ``elsewhere`` are the same of the other stories that an article which is taken down had parts in.
    """

    version: int
    story: Story
    assignment: Assignment
    changed: bool
    tagged: TaggedArticle
    known: bool = False
    elsewhere: tuple[Judged, ...] = ()


class Stories:
    """All stories and the articles they are made of.

    `restore` and `judge` change this state and nothing else; the same sequence of calls always leads to the same
    decisions, and assignments restored in any order to the same state. ``houses`` says what an outlet belongs
    to, for counting independent ones; ``hours`` is the window, ``kept`` how many articles are remembered.
    """

    def __init__(self, *, houses: Houses = by_itself, hours: int = HOURS, kept: int = KEPT) -> None:
        self._memory = Memory(kept)
        self._houses, self._window = houses, hours * 3600
        self._profiles: OrderedDict[int, Profile] = OrderedDict()
        self._tellings: OrderedDict[int, Telling] = OrderedDict()
        self._common = common_words()

    def __len__(self) -> int:
        return len(self._memory)

    @property
    def forgotten(self) -> int:
        """Articles that had to go because more came than are kept."""
        return self._memory.forgotten

    def restore(self, assignment: Assignment) -> None:
        """Take a decision as made; a later one about the same article replaces it."""
        self.restore_encoded(_encode(assignment))

    def restore_encoded(self, assignment: bytes) -> None:
        """The same for an assignment as it stands in Kafka, several times faster."""
        self._memory.restore(assignment)
        self._profiles.clear()
        self._tellings.clear()

    def settle(self) -> None:
        """Take in what was restored; `judge` does it where it was not done."""
        self._memory.settle()

    def judge(self, tagged: TaggedArticle) -> Judged:
        """Decide on an article; one that was decided keeps its story, and a text that was seen its version."""
        self._memory.settle()
        parts = self._memory.parts_of(tagged.article.id)
        tagged = _as_it_came_first(tagged, parts)
        if tagged.article.taken_down or any(part.taken_down for part in parts):
            return self._taken_down(tagged, parts)
        if not parts:
            version, assignment, changed = 1, self._first_time(tagged), True
        else:
            version, assignment, changed = self._again(tagged, parts)
        if changed:
            self._keep(assignment, known=bool(parts) and parts[-1].key == assignment.key)
        known = any(tagged.article.content_hash in part.content_hashes for part in parts)
        return Judged(version, self._tell(assignment), assignment, changed, tagged, known)

    def _first_time(
        self, tagged: TaggedArticle, *, part: int = 0, versions_before: int = 0, but: str | None = None
    ) -> Assignment:
        seen = traits(tagged)
        weighed = Weighed.by(seen, rarity=self._rarity, seen=self._memory.seen)
        story_id, linked = self._story(weighed, but)
        if story_id is None:
            names = (tagged.article.id, tagged.article.content_hash) if part else (tagged.article.id,)
            story_id = digest("story", *names)
        return msgspec.structs.replace(
            self._part(tagged, story_id, (tagged.article.content_hash,)),
            part=part,
            versions_before=versions_before,
            sequence=self._memory.next_sequence,
            trace=packed(trace(seen, weighed.vector)),
            agency=seen.agency,
            linked=linked,
        )

    def _again(self, tagged: TaggedArticle, parts: list[Assignment]) -> tuple[int, Assignment, bool]:
        seen = tagged.article.content_hash
        known = next((part for part in reversed(parts) if seen in part.content_hashes), None)
        latest = parts[-1]
        if known is None:
            return self._edited(tagged, latest)
        version = known.versions_before + known.content_hashes.index(seen) + 1
        if known is not latest or version < known.versions_before + len(known.content_hashes):
            return version, known, False
        renewed = _with_judgement(self._part(tagged, known.story_id, known.content_hashes), known)
        unchanged = msgspec.structs.replace(renewed, story_revision=known.story_revision) == known
        return version, known if unchanged else renewed, not unchanged

    def _edited(self, tagged: TaggedArticle, latest: Assignment) -> tuple[int, Assignment, bool]:
        """The next version: of the same story, or of another where little of the text is left."""
        version = latest.versions_before + len(latest.content_hashes) + 1
        text = traits(tagged).text
        former = unpacked_print(latest.latest_print) if latest.latest_print else None
        if former is None and latest.trace:
            former = unpacked(latest.trace).text
        if former is not None and text.contained(former) < LITTLE_LEFT:
            other = self._first_time(tagged, part=latest.part + 1, versions_before=version - 1, but=latest.story_id)
            return version, other, True
        hashes = (*latest.content_hashes, tagged.article.content_hash)
        edited = _with_judgement(self._part(tagged, latest.story_id, hashes), latest)
        return version, msgspec.structs.replace(edited, latest_print=packed_print(text)), True

    def _taken_down(self, tagged: TaggedArticle, parts: list[Assignment]) -> Judged:
        """The article's places without anything of it; whatever came of it before or comes after is no news."""
        marks = [part if part.taken_down else self._mark(part) for part in parts or [self._nothing_of(tagged.article)]]
        version = marks[-1].versions_before + len(marks[-1].content_hashes)
        *elsewhere, last = (self._marked(version, mark, mark not in parts, tagged) for mark in marks)
        return msgspec.structs.replace(last, elsewhere=tuple(elsewhere))

    def _marked(self, version: int, mark: Assignment, changed: bool, tagged: TaggedArticle) -> Judged:
        if changed:
            self._keep(mark, known=True)
        return Judged(version, self._tell(mark), mark, changed, tagged, known=not changed)

    def _nothing_of(self, article: Article) -> Assignment:
        """The part of an article that never came."""
        return Assignment(
            article_id=article.id,
            story_id=digest("story", article.id),
            content_hashes=(),
            signatures=(),
            story_revision=0,
            title="",
            seen_at=article.timestamp,
            sequence=self._memory.next_sequence,
        )

    def _mark(self, part: Assignment) -> Assignment:
        """What is left of a part that is taken down."""
        return Assignment(
            article_id=part.article_id,
            story_id=part.story_id,
            content_hashes=(*part.content_hashes, TAKEN_DOWN),
            signatures=(),
            story_revision=1 + self._telling(part.story_id).revision,
            title=TAKEN_DOWN_TITLE,
            seen_at=part.seen_at,
            part=part.part,
            versions_before=part.versions_before,
            sequence=part.sequence,
        )

    def _part(self, tagged: TaggedArticle, story_id: str, hashes: tuple[str, ...]) -> Assignment:
        article, tags = tagged.article, tagged.tags
        places = [place for place in tags.places if place.role == "place"]
        return Assignment(
            article_id=article.id,
            story_id=story_id,
            content_hashes=hashes,
            signatures=(),
            story_revision=1 + self._telling(story_id).revision,
            title=article.title,
            seen_at=article.timestamp,
            outlet=article.source.domain or article.source.name,
            language=tags.language or article.language,
            actors=tuple(actor.id for actor in tags.actors),
            locations=tuple(place.id for place in places if place.id),
            countries=tuple(dict.fromkeys(place.country_code for place in tags.places if place.country_code)),
            geo=tuple(place.point for place in places if place.point and place.precision in ("city", "site")),
        )

    def _rarity(self, name: int) -> float:
        articles = _FEWEST + len(self._memory)
        seen = self._memory.seen(name) + _FEWEST * self._common.get(name, 0.0)
        return max(0.0, math.log(articles / (1 + seen)) / math.log(articles))

    def _story(self, article: Weighed, but: str | None) -> tuple[str | None, tuple[str, ...]]:
        """The story that an article joins, None for a new one; and those it joins as well, which are then the same."""
        fitting: list[tuple[Likeness, int, str]] = []
        for story in self._candidates(article):
            profile = self._profile(story)
            if abs(article.traits.at - profile.first) > self._window:
                continue
            like = likeness(article, profile, window=self._window)
            if like.joins and (story_id := self._memory.id_of(story)) != but:
                fitting.append((like, story, story_id))
        if not fitting:
            return None, ()
        fitting.sort(key=lambda one: (-one[0].score, one[1]))
        same = [story_id for like, _, story_id in fitting[1:] if min(like.score, fitting[0][0].score) >= SURELY]
        return fitting[0][2], tuple(same)

    def _candidates(self, article: Weighed) -> Iterable[int]:
        """The stories that share most with an article, in names by their weight and in text."""
        votes: dict[int, float] = {}
        memory, seen = self._memory, article.traits
        for name, weight in article.vector.items():
            vote = weight * weight
            for story in set(memory.stories_near(memory.newest(name), seen.at, self._window)):
                votes[story] = votes.get(story, 0.0) + vote
        for band in seen.text.bands():
            for story in set(memory.stories_near(memory.bands.newest(band, _NEWEST_A_BAND), seen.at, self._window)):
                votes[story] = votes.get(story, 0.0) + (_SAME_VOTE if band == seen.text.exact else _BAND_VOTE)
        return sorted(votes, key=lambda story: (-votes[story], story))[:_COMPARED]

    def _profile(self, story: int) -> Profile:
        return _cached(self._profiles, story, lambda: Profile.of(self._memory.members(story)))

    def _keep(self, assignment: Assignment, *, known: bool) -> None:
        story = self._memory.keep(assignment)
        if assignment.story_revision == 1:  # a new one, which the next articles are compared with
            _cached(self._profiles, story, Profile)
        sums: tuple[OrderedDict[int, Profile] | OrderedDict[int, Telling], ...] = (self._profiles, self._tellings)
        for cache in sums:
            summed = cache.pop(story, None) if known else cache.get(story)
            if summed is not None and not known:
                summed.add(assignment)
        for gone in self._memory.forget():
            self._profiles.pop(gone, None)
            self._tellings.pop(gone, None)

    def _telling(self, story_id: str) -> Telling:
        return _cached(
            self._tellings,
            story_number(story_id),
            lambda: Telling.of(story_id, self._memory.story(story_id), self._houses),
        )

    def _tell(self, assignment: Assignment) -> Story:
        return self._telling(assignment.story_id).story(self._memory.linked(assignment.story_id))


def _cached(cache: OrderedDict[int, T], key: int, made: Callable[[], T]) -> T:
    """What ``cache`` has under ``key``, made where it is missing; what was not asked for longest makes room."""
    found = cache.get(key)
    if found is None:
        found = cache[key] = made()
        if len(cache) > _CACHED:
            cache.popitem(last=False)
    else:
        cache.move_to_end(key)
    return found


def _as_it_came_first(tagged: TaggedArticle, parts: list[Assignment]) -> TaggedArticle:
    """An undated article whose text comes again stands at the time it came first: read twice, it is no newer."""
    article = tagged.article
    if article.published_at or not parts or article.content_hash != parts[-1].content_hashes[-1]:
        return tagged
    return msgspec.structs.replace(tagged, article=msgspec.structs.replace(article, fetched_at=parts[-1].seen_at))


def _with_judgement(part: Assignment, known: Assignment) -> Assignment:
    """A part told anew that keeps what it was judged by."""
    return msgspec.structs.replace(
        part,
        part=known.part,
        versions_before=known.versions_before,
        sequence=known.sequence,
        signatures=known.signatures,
        trace=known.trace,
        latest_print=known.latest_print,
        agency=known.agency,
        linked=known.linked,
    )
