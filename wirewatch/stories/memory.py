"""All decisions, held small: a million of them are some 2 GB.

A decision stays the bytes it is in Kafka and is decoded when its story is looked at; what finds it (names, stretches of
text, ids) are numbers in flat arrays.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b

import msgspec
import numpy as np

from wirewatch.models import Assignment, DecisionNumber
from wirewatch.stories.postings import Postings
from wirewatch.stories.prints import all_bands
from wirewatch.stories.trace import found_by, unpacked

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Assignment).decode
_FORGOTTEN_AT_ONCE = 50
"""The oldest go in parts of a fiftieth of what is kept, so that it costs little."""
_NEWEST = 50
_NAMES_AT_HAND = 20_000
"""Names whose newest articles are kept at hand: most of an article's names were in others just before it."""
_HEX_DIGITS = 32
_CHUNK = 50_000


class _Head(msgspec.Struct):
    """What of an assignment finds it; its other fields are passed over."""

    article_id: str
    story_id: str
    seen_at: datetime
    part: int = 0
    sequence: DecisionNumber = 0
    trace: bytes = b""
    linked: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.article_id}/{self.part}" if self.part else self.article_id


_decode_head = msgspec.json.Decoder(_Head).decode


def number(name: str) -> int:
    """64 bits that stand for an id."""
    if len(name) == _HEX_DIGITS:
        try:
            return int(name[:16], 16)  # a digest is as good a number as another digest of it
        except ValueError:
            pass
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def forgotten(decisions: int, kept: int) -> int:
    """How many of so many decisions are forgotten where ``kept`` are remembered: the oldest, in whole blocks."""
    return max(0, decisions - kept) // _block(kept) * _block(kept)


def _block(kept: int) -> int:
    return max(1, kept // _FORGOTTEN_AT_ONCE)


class Memory:
    """Assignments by article, by story, by name and by stretch of text.

    Each part of an article has a sequence number, from 1 up; assignments of format 1 have none and get negative ones.
    """

    def __init__(self, kept: int) -> None:
        self.names, self.bands = Postings(), Postings()
        self.forgotten = 0
        self.next_sequence = 1
        self._kept = kept
        self._floor = 1  # smallest sequence that is remembered
        self._parts: dict[int, bytes] = {}
        self._sequence: dict[int, int] = {}  # part's key -> sequence
        self._later_parts: dict[str, int] = {}  # article -> number of its last part, where it has several
        self._members: dict[int, list[int]] = {}  # story -> sequences
        self._story_of, self._at = array("Q"), array("q")  # by sequence from the floor on
        self._links: dict[int, set[str]] = {}
        self._waiting: dict[int, bytes] = {}
        self._newest: dict[int, list[int]] = {}  # by name, of names that were looked up lately

    def __len__(self) -> int:
        return len(self._parts) + len(self._waiting)

    def restore(self, encoded: bytes) -> None:
        """Put an assignment by until `settle`: the order in which they were made is known when all are there."""
        try:
            key = number(_decode_head(encoded).key)
        except msgspec.DecodeError:
            return  # such a table is written by wirewatch alone
        self._waiting[key] = encoded

    def settle(self) -> None:
        """Take in what was restored, in the order of its decisions."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, {}
        fresh = []
        for key in list(waiting):
            sequence = _decode_head(waiting[key]).sequence
            if key in self._sequence or not sequence:
                self.keep(_decode(waiting.pop(key)))
            else:
                fresh.append((sequence, key))
        fresh.sort()
        for start in range(0, len(fresh), _CHUNK):
            self._take_in([waiting.pop(key) for _, key in fresh[start : start + _CHUNK]])
        self._newest.clear()
        self.forget()

    def _take_in(self, ordered: list[bytes]) -> None:
        sequences, counts, names, hashes, exact = [], [], [], [], []
        for encoded in ordered:
            head = _decode_head(encoded)
            self._enter(head, head.sequence, encoded)
            if head.trace:
                found = found_by(head.trace)
                sequences.append(head.sequence)
                counts.append(len(found[0]) // 4)
                names.append(found[0])
                hashes.append(found[1])
                exact.append(found[2])
        if sequences:
            by = np.array(sequences, dtype=np.uint32)
            self.names.post_all(np.frombuffer(b"".join(names), np.uint32), np.repeat(by, counts))
            bands = all_bands(b"".join(hashes), exact)
            self.bands.post_all(bands.reshape(-1), np.repeat(by, bands.shape[1]))

    def keep(self, assignment: Assignment) -> int:
        """Remember a decision, and return its story's number."""
        sequence = self._sequence.get(number(assignment.key))
        if sequence is not None:  # the same part told anew: names and text stay those it was judged by
            self._parts[sequence] = _encode(assignment)
            if sequence > 0:
                self._at[sequence - self._floor] = int(assignment.seen_at.timestamp())
            story = number(assignment.story_id)
            self._link(story, assignment)
            return story
        story = self._enter(assignment, assignment.sequence or -1 - len(self._parts), _encode(assignment))
        if assignment.trace:
            trace = unpacked(assignment.trace)
            for name in trace.names:
                self.names.post(name, assignment.sequence)
                if name in self._newest:
                    self._newest[name] = [assignment.sequence, *self._newest[name][: _NEWEST - 1]]
            for band in trace.text.bands():
                self.bands.post(band, assignment.sequence)
        return story

    def _enter(self, assignment: Assignment | _Head, sequence: int, encoded: bytes) -> int:
        story = number(assignment.story_id)
        self._parts[sequence] = encoded
        self._sequence[number(assignment.key)] = sequence
        self._members.setdefault(story, []).append(sequence)
        if assignment.part:
            last = self._later_parts.get(assignment.article_id, 0)
            self._later_parts[assignment.article_id] = max(last, assignment.part)
        self._link(story, assignment)
        if sequence > 0:
            if not self._story_of:
                self._floor = sequence
            missing = sequence - self._floor - len(self._story_of)
            self._story_of.extend([0] * missing + [story])
            self._at.extend([0] * missing + [int(assignment.seen_at.timestamp())])
            self.next_sequence = max(self.next_sequence, sequence + 1)
        return story

    def _link(self, story: int, assignment: Assignment | _Head) -> None:
        for other in assignment.linked:
            self._links.setdefault(story, set()).add(other)
            self._links.setdefault(number(other), set()).add(assignment.story_id)

    def parts_of(self, article_id: str) -> list[Assignment]:
        """What is known of an article, in order; empty where it is new."""
        keys = [article_id, *(f"{article_id}/{n}" for n in range(1, 1 + self._later_parts.get(article_id, 0)))]
        sequences = [self._sequence.get(number(key)) for key in keys]
        return [_decode(self._parts[sequence]) for sequence in sequences if sequence is not None]

    def story(self, story_id: str) -> list[Assignment]:
        """The parts of a story."""
        return self.members(number(story_id))

    def members(self, story: int) -> list[Assignment]:
        """The parts of the story of this number."""
        return [_decode(self._parts[sequence]) for sequence in self._members.get(story, ())]

    def id_of(self, story: int) -> str:
        """The id of the story of this number."""
        return str(_decode(self._parts[self._members[story][0]]).story_id)

    def linked(self, story_id: str) -> set[str]:
        """Stories that were found to be the same."""
        return self._links.get(number(story_id), set())

    def seen(self, name: int) -> int:
        """In how many articles a name stands; exactly, where they are few."""
        times = len(self.newest(name))
        return times if times < _NEWEST else max(times, self.names.about(name))

    def newest(self, name: int) -> list[int]:
        """The sequences of the last articles with a name, newest first."""
        found = self._newest.get(name)
        if found is None:
            if len(self._newest) >= _NAMES_AT_HAND:
                self._newest.clear()
            found = self._newest[name] = self.names.newest(name, _NEWEST)
        return found

    def stories_near(self, sequences: Iterable[int], at: int, window: int) -> list[int]:
        """The stories of those articles that are near in time."""
        floor, story_of, times = self._floor, self._story_of, self._at
        return [story_of[s - floor] for s in sequences if s >= floor and abs(times[s - floor] - at) <= window]

    def forget(self) -> set[int]:
        """Let the oldest go where there are more than are kept, and return the stories they were in."""
        floor = self._floor + forgotten(self.next_sequence - self._floor, self._kept)
        if floor == self._floor:
            return set()
        gone = set()
        for sequence in range(self._floor, floor):
            encoded = self._parts.pop(sequence, None)
            if encoded is None:
                continue
            assignment = _decode(encoded)
            self._sequence.pop(number(assignment.key), None)
            story = number(assignment.story_id)
            gone.add(story)
            self._members[story].remove(sequence)
            if not self._members[story]:
                del self._members[story]
            self.forgotten += 1
        del self._story_of[: floor - self._floor], self._at[: floor - self._floor]
        self._floor = floor
        self.names.forget_below(floor)
        self.bands.forget_below(floor)
        self._newest.clear()
        return gone
