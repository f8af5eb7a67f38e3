"""How much of one text stands in another, from 24 numbers of each.

MinHash over three-word shingles: A. Broder, On the resemblance and containment of documents (1997); banding:
A. Rajaraman, J. Ullman, Mining of Massive Datasets, chapter 3.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

HASHES = 24
ROWS = 3
BANDS = HASHES // ROWS
ENOUGH_WORDS = 20
"""A text with fewer words ("Photo gallery") says too little by itself; its title counts with it."""
FEWEST_MARKS = 2
_SEED = 42
_BANDED = struct.Struct(f"<{HASHES}H")


class Print(msgspec.Struct, frozen=True):
    """A text's 24 smallest hashes, 16 bits each, how many shingles it has, and 32 bits for all its words in order."""

    hashes: bytes
    shingles: int
    exact: int

    def bands(self) -> list[int]:
        """32 bits for each band, one of which like texts share; the last is the whole text."""
        h = _BANDED.unpack(self.hashes)
        bands = [
            (h[n] * 0x9E3779B1 ^ h[n + 1] * 0x85EBCA6B ^ h[n + 2] * 0xC2B2AE35 ^ (n * 0x27D4EB2F)) & 0xFFFFFFFF
            for n in range(0, HASHES, ROWS)
        ]
        return [*bands, self.exact]

    def marks(self) -> frozenset[int]:
        """A number for each hash and its place: two texts with fewer than `FEWEST_MARKS` in common share nothing."""
        return frozenset([place << 16 | value for place, value in enumerate(_BANDED.unpack(self.hashes))])

    def contained(self, other: Print) -> float:
        """The part of the shorter text that stands in the longer one, 0..1, from the estimated resemblance."""
        if not self.shingles or not other.shingles:
            return 0.0
        if self.exact == other.exact:
            return 1.0
        mine, theirs = _BANDED.unpack(self.hashes), _BANDED.unpack(other.hashes)
        same = sum(map(int.__eq__, mine, theirs))
        if same < FEWEST_MARKS:
            return 0.0
        resemblance = same / HASHES
        common = resemblance * (self.shingles + other.shingles) / (1 + resemblance)
        return min(1.0, common / min(self.shingles, other.shingles))


def text_print(words: Sequence[str], title: Sequence[str]) -> Print:
    """The print of a text given as folded words; where there are few the title's words come first."""
    if len(words) < ENOUGH_WORDS:
        words = [*title, "/", *words]
    shingles = set(map(" ".join, zip(words, words[1:], words[2:], strict=False))) or {" ".join(words)}
    exact = zlib.crc32(" ".join(words).encode("utf-8", "surrogatepass"))
    made = RMinHash(HASHES, _SEED)
    made.update(list(shingles))
    return Print(_BANDED.pack(*(value & 0xFFFF for value in made.digest())), min(len(shingles), 0xFFFF), exact)


def all_bands(hashes: bytes, exact: Sequence[int]) -> NDArray[np.uint32]:
    """The bands of many prints at once, one row each: the same numbers as `Print.bands`."""
    h = np.frombuffer(hashes, dtype="<u2").reshape(-1, HASHES).astype(np.uint32)
    salt = np.arange(0, HASHES, ROWS, dtype=np.uint32) * np.uint32(0x27D4EB2F)
    first, second, third = h[:, 0::ROWS], h[:, 1::ROWS], h[:, 2::ROWS]
    mixed = first * np.uint32(0x9E3779B1) ^ second * np.uint32(0x85EBCA6B) ^ third * np.uint32(0xC2B2AE35) ^ salt
    return np.column_stack([mixed, np.array(exact, dtype=np.uint32)])
