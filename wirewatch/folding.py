"""The words of a text as rules see them: without case and accents, in any script, each where it stands.

This is the one definition of a word for alerts. The live matcher compares these tokens, the index holds the same ones
in its field ``folded``, and a query is cut by the same rules:

    Élysée, ELYSEE           elysee            accents and case do not count
    Assad's, l'Élysée        assad / l elysee  a possessive ending is dropped, other apostrophes part words
    al-Assad, 3.5            al assad / 3 5    hyphens, dots and all other marks part words
    U.S., U.S                u.s.              single letters with dots are one word, other than "us"
    AT&T, C++, C#, 18+       at&t c++ c# 18+   what is written in one belongs together
    مُقاتلون, أحمد             مقاتلون احمد      vowel signs and forms of alif do not count
    北京, ไทย                 北 京 / ไ ท ย     scripts without spaces: each letter is a word

No token holds white space or is longer than LONGEST, so an index that parts at white space keeps it whole.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate, chain
from typing import NamedTuple

LONGEST = 60
"""Code points of a token that are kept."""

_CACHED = 400_000
"""Pieces of text whose tokens are remembered; then the memory starts afresh."""


def _ranges(points: list[int]) -> str:
    """The inside of a character class that holds these code points."""
    spans: list[list[int]] = []
    for point in points:
        if spans and point == spans[-1][1] + 1:
            spans[-1][1] = point
        else:
            spans.append([point, point])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in spans)


_MARKS = _ranges([c for c in range(0x300, 0x12000) if unicodedata.category(chr(c))[0] == "M"]) + "\ufe20-\ufe2f"
_INVISIBLE = "\u00ad\u061c\u200c-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
_LETTER = rf"[^\W\d_{_UNSPACED}][{_MARKS}]*"
_RUN = rf"(?:[^\W_{_UNSPACED}]+[{_MARKS}{_INVISIBLE}]*)+"
_POSSESSIVE = rf"(?:['’ʼ][sS](?!\w|[{_MARKS}]))?"
_PATTERN = (
    rf"(?:{_LETTER}\.)+{_LETTER}(?![^\W_]|[{_MARKS}])\.?{_POSSESSIVE}"
    rf"|{_RUN}(?:&{_RUN})*(?:\+\+?(?![\w+])|\#(?!\w))?{_POSSESSIVE}"
    rf"|[^\W_][{_MARKS}{_INVISIBLE}]*"
)
_WORD = re.compile(_PATTERN)
_ASCII_WORD = re.compile(
    r"(?:[a-zA-Z]\.)+[a-zA-Z](?![a-zA-Z0-9])\.?(?:'[sS](?!\w))?"
    r"|[a-zA-Z0-9]+(?:&[a-zA-Z0-9]+)*(?:\+\+?(?![\w+])|\#(?!\w))?(?:'[sS](?!\w))?",
    re.ASCII,
)

# What Unicode does not take apart: letters of their own that a reader without them on the keyboard writes so.
_LETTERS = str.maketrans(
    dict(zip("ıøłđðħŧəƒςٱىیکة", "iolddhtefσاييكه", strict=True))
    | {"æ": "ae", "œ": "oe", "þ": "th", "ŋ": "ng", "ـ": None}
)
_VOWELLED = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u08ca-\u08ff]"
)
"""The marks that are left out: of Latin, Greek, Cyrillic, Hebrew and Arabic, which are read without them too.

In other scripts (Devanagari, kana) a mark makes another letter.
"""
_DROPPED = re.compile(f"[{_INVISIBLE}\\s]")
_ENDING = re.compile(r"['’ʼ][sS]$")
_DOTTED = re.compile(rf"(?:{_LETTER}\.)+{_LETTER}\.?$")


class Folded(NamedTuple):
    """A text as its tokens, in order."""

    text: str
    tokens: list[str]

    def spans(self) -> list[tuple[int, int]]:
        """Where each token stands in the text: start and end in code points."""
        return [match.span() for match in _pattern(self.text).finditer(self.text) if _fold(match.group())]


class _Pieces(dict[str, tuple[str, ...]]):
    """The tokens of each piece between white space that was seen: looking up is ten times faster than cutting."""

    def __missing__(self, piece: str) -> tuple[str, ...]:
        tokens = tuple(token for token in map(_fold, _pattern(piece).findall(piece)) if token)
        if len(piece) <= LONGEST:
            if len(self) > _CACHED:
                self.clear()
            self[piece] = tokens
        return tokens


_pieces = _Pieces()


class Spot:
    """Finds where the tokens of one text stand without cutting all of it again."""

    def __init__(self, text: str) -> None:
        self._pieces = text.split()
        self._starts: list[int] = []
        at = 0
        for piece in self._pieces:
            at = text.index(piece, at)
            self._starts.append(at)
            at += len(piece)
        self._until = list(
            accumulate(map(len, map(_pieces.__getitem__, self._pieces)))
        )  # tokens up to each piece's end

    def span(self, number: int) -> tuple[int, int]:
        """Start and end of token ``number``, in code points."""
        at = bisect_right(self._until, number)
        start, end = Folded(self._pieces[at], []).spans()[number - (self._until[at - 1] if at else 0)]
        return self._starts[at] + start, self._starts[at] + end


def fold(text: str) -> Folded:
    """``text`` with its tokens; linear in its length."""
    return Folded(text, list(chain.from_iterable(map(_pieces.__getitem__, text.split()))))


def folded(text: str) -> str:
    """The tokens of ``text`` with a space between two: what the index is given."""
    return " ".join(fold(text).tokens)


def _pattern(text: str) -> re.Pattern[str]:
    return _ASCII_WORD if text.isascii() else _WORD


@lru_cache(maxsize=65_536)
def _fold(word: str) -> str:
    word = _ENDING.sub("", word)
    if _DOTTED.match(word):
        letters = (_plain(letter) for letter in word.split("."))
        return "".join(f"{letter}." for letter in letters if letter)[:LONGEST]
    return _plain(word)[:LONGEST]


def _plain(word: str) -> str:
    if word.isascii():
        return word.lower()
    word = unicodedata.normalize("NFKD", word.casefold()).casefold()
    word = _VOWELLED.sub("", _DROPPED.sub("", word)).translate(_LETTERS)
    return unicodedata.normalize("NFC", "".join(map(_digit, word)))


def _digit(letter: str) -> str:
    return letter if letter.isascii() or not letter.isdecimal() else str(unicodedata.decimal(letter))
