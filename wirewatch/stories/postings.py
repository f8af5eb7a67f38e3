"""Where a name or a stretch of text was seen last: chains in flat arrays, newest first.

Source of the form: M. Busch and others, Earlybird: real-time search at Twitter (2012): postings are written to the end,
each points to the one before it, and what is old falls off the beginning.
"""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

_FIRST_BUCKETS = 1 << 14
_CHUNK = 1 << 20
_A_BUCKET = 4
"""Postings a bucket holds on average before there are more buckets."""

Numbers = NDArray[np.uint32]


class Postings:
    """Keys of 32 bits, each with the values it was posted under; 12 bytes a posting, and a little for buckets."""

    def __init__(self) -> None:
        self._keys, self._values, self._before = array("I"), array("I"), array("I")
        self._spread(_FIRST_BUCKETS)

    def __len__(self) -> int:
        return len(self._keys)

    def post(self, key: int, value: int) -> None:
        """Put ``value`` in front of what ``key`` has."""
        if len(self._keys) >= _A_BUCKET * len(self._heads):
            self._spread(2 * len(self._heads))
        bucket = (key ^ key >> 16) & self._mask
        self._before.append(self._heads[bucket])
        self._keys.append(key)
        self._values.append(value)
        self._heads[bucket] = len(self._keys)
        self._sizes[bucket] += 1

    def post_all(self, keys: Numbers, values: Numbers) -> None:
        """The same as `post` for each pair in turn, faster."""
        start = len(self._keys)
        self._keys.frombytes(keys.astype(np.uint32).tobytes())
        self._values.frombytes(values.astype(np.uint32).tobytes())
        buckets = len(self._heads)
        while len(self._keys) > _A_BUCKET * buckets:
            buckets *= 2
        if buckets > len(self._heads):
            self._spread(buckets)
        else:
            self._chain(start)

    def newest(self, key: int, most: int) -> list[int]:
        """The last values of ``key``, newest first, ``most`` at most."""
        keys, values, before, found = self._keys, self._values, self._before, []
        at = self._heads[(key ^ key >> 16) & self._mask]
        while at:
            if keys[at - 1] == key:
                found.append(values[at - 1])
                if len(found) == most:
                    break
            at = before[at - 1]
        return found

    def about(self, key: int) -> int:
        """How often ``key`` was posted; a little more where other keys share its bucket."""
        return self._sizes[(key ^ key >> 16) & self._mask]

    def forget_below(self, value: int) -> None:
        """Drop the postings at the beginning whose value is smaller; values must have been posted in order."""
        oldest = int(np.searchsorted(np.frombuffer(self._values, dtype=np.uint32), value)) if self._values else 0
        if oldest:
            del self._keys[:oldest], self._values[:oldest]
            self._spread(len(self._heads))

    def _spread(self, buckets: int) -> None:
        """Chain everything anew over so many buckets."""
        self._mask = buckets - 1
        self._heads = array("I", bytes(4 * buckets))  # bucket -> 1 + position of its newest posting
        self._sizes = array("I", bytes(4 * buckets))
        self._before = array("I")
        self._chain(0)

    def _chain(self, start: int) -> None:
        for at in range(start, len(self._keys), _CHUNK):
            keys = np.frombuffer(self._keys, dtype=np.uint32)[at : at + _CHUNK]
            heads, sizes = np.frombuffer(self._heads, np.uint32), np.frombuffer(self._sizes, np.uint32)
            bucket = (keys ^ (keys >> np.uint32(16))) & np.uint32(self._mask)
            order = np.argsort(bucket, kind="stable")
            ranked = bucket[order]
            first = np.ones(len(ranked), dtype=bool)
            first[1:] = ranked[1:] != ranked[:-1]
            position = (order + at + 1).astype(np.uint32)
            before = np.empty(len(ranked), dtype=np.uint32)
            before[1:] = position[:-1]
            before[first] = heads[ranked[first]]
            in_order = np.empty_like(before)
            in_order[order] = before
            self._before.frombytes(in_order.tobytes())
            last = np.append(first[1:], True)
            heads[ranked[last]] = position[last]
            runs = np.flatnonzero(first)
            sizes[ranked[runs]] += np.diff(np.append(runs, len(ranked))).astype(np.uint32)
            del keys, heads, sizes
