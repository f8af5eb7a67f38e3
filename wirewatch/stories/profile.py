"""A story as an article is compared with it: the sum of what its members were judged by."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from wirewatch.models import Assignment
from wirewatch.stories.prints import Print
from wirewatch.stories.trace import ACTOR, KEY, LEAD, LEAD_ID, PLACE, Trace, unpacked
from wirewatch.stories.traits import title_words

COMPARED = 12
"""Members that an article is compared with one by one: the latest ones."""


class Member(NamedTuple):
    """One of them: its place in the sequence, the words of its headline, and what it was judged by."""

    sequence: int
    headline: frozenset[str]
    trace: Trace

    @property
    def text(self) -> Print:
        """The print of its text."""
        return self.trace.text


class Profile:
    """The sum of a story's members, in whatever order they are added (the latest members by their sequence).

    ``centroid`` is the sum of the members' unit vectors of names in whole 255ths, ``words`` counts in how many
    members a name stands, ``lead`` in how many headlines and leads; ``marks`` are those of the latest texts.
    """

    def __init__(self) -> None:
        self.centroid: dict[int, int] = {}
        self.words: dict[int, int] = {}
        self.lead: set[int] = set()
        self.numbers: set[int] = set()
        self.title_numbers: set[int] = set()
        self.places: set[int] = set()
        self.key_places: set[int] = set()
        self.lead_ids: set[int] = set()
        self.countries: set[str] = set()
        self.latest: list[Member] = []
        self.marks: set[int] = set()
        self.members = 0
        self.first = self.last = 0
        self.event_day = 0
        self._first_sequence: int | None = None
        self._square = 0

    @classmethod
    def of(cls, parts: Iterable[Assignment]) -> Profile:
        """The sum of ``parts``."""
        profile = cls()
        for part in parts:
            profile.add(part)
        return profile

    @property
    def norm(self) -> float:
        """Length of the centroid."""
        return math.sqrt(self._square) or 1.0

    def add(self, part: Assignment) -> None:
        """Add a member."""
        at = int(part.seen_at.timestamp())
        self.first = min(self.first, at) if self.members else at
        self.last = max(self.last, at) if self.members else at
        self.members += 1
        self.countries.update(part.countries)
        if not part.trace:
            return
        trace = unpacked(part.trace)
        self._add_names(trace)
        self.numbers.update(trace.numbers)
        self.title_numbers.update(trace.title_numbers)
        if self._first_sequence is None or part.sequence < self._first_sequence:
            self._first_sequence, self.event_day = part.sequence, trace.event_day
        self.latest.append(Member(part.sequence, title_words(part.title), trace))
        self.marks |= trace.text.marks()
        if len(self.latest) > COMPARED:
            self.latest.sort(key=lambda member: member.sequence)
            del self.latest[0]
            self.marks = {mark for member in self.latest for mark in member.text.marks()}

    def _add_names(self, trace: Trace) -> None:
        if not self.centroid:
            self.centroid = dict(zip(trace.names, trace.weights, strict=True))
            self._square = sum(weight * weight for weight in trace.weights)
        else:
            for name, weight in zip(trace.names, trace.weights, strict=True):
                before = self.centroid.get(name, 0)
                self.centroid[name] = before + weight
                self._square += weight * (2 * before + weight)
        for name, flags in zip(trace.names, trace.flags, strict=True):
            if flags & LEAD:
                self.lead.add(name)
            if not flags & (PLACE | ACTOR):
                self.words[name] = self.words.get(name, 0) + 1
            if flags & (PLACE | KEY | LEAD_ID):
                self._add_id(name, flags)

    def _add_id(self, name: int, flags: int) -> None:
        if flags & PLACE:
            self.places.add(name)
        if flags & KEY:
            self.key_places.add(name)
        if flags & LEAD_ID:
            self.lead_ids.add(name)
