"""The words of a text, where they stand, and how they are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import accumulate, compress
from typing import NamedTuple

import msgspec

# A class of characters in front: the search then skips what stands between words fast.
_WORD = re.compile(
    r"([^\W_](?:\.(?<=[A-Z]\.)(?:[A-Z]\.){1,5}(?:[A-Z](?![^\W_]))?"  # U.S., U.S.A.
    r"|[^\W_]*+(?:['’‘ʼʻʾʿ`´][^\W_]++)*+))"
)
_POSSESSIVE = re.compile(r"['’ʼ`´][sS]?$")
_APOSTROPHES = str.maketrans("", "", "'’‘ʼʻʾʿ`´.ʹʺ")
_LETTERS = str.maketrans(
    {
        "ı": "i",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ð": "d",
        "þ": "th",
        "ə": "a",
        "ħ": "h",
    }
)
LONGEST = 60
"""Letters of a word that are read."""

KEPT = 100_000
"""Words whose forms are kept (30 MB); the one after them begins anew."""

JOINTS = frozenset({" ", "-", "\u2010", "\u2011", "\u00a0", "\n", "  ", " \n", "–", "'", "’"})
"""What may stand between two words of one name."""

DOTTED = frozenset({"st", "ste", "mt", "ft", "dr", "jr"})
"""Words whose dot ends no sentence and breaks no name."""


@lru_cache(maxsize=262_144)
def fold(word: str) -> str:
    """``word`` without case, accents and apostrophes, so that spellings of one name meet."""
    if word.isascii():
        return word.lower().translate(_APOSTROPHES)
    decomposed = unicodedata.normalize("NFKD", word.lower().translate(_LETTERS))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_APOSTROPHES)


class _Form(NamedTuple):
    """What is to know of a word by itself."""

    word: str
    folded: str
    capital: bool
    upper: bool
    odd: bool


class _Forms(dict[str, _Form]):
    """Each word as it stands in a text -> its form; most words of an article were in an earlier one."""

    def __missing__(self, written: str) -> _Form:
        odd = not written.isalnum() or len(written) > LONGEST
        word = _POSSESSIVE.sub("", written)[:LONGEST] if odd else written
        form = _Form(word, fold(word), word[0].isupper(), word.isupper(), odd)
        if len(written) <= 2 * LONGEST:
            if len(self) >= KEPT:
                self.clear()
            self[written] = form
        return form


_FORMS = _Forms()


def key(name: str) -> str:
    """The form under which a name of one or more words is stored and found."""
    return " ".join(tokenize(name).folded)


class Token(msgspec.Struct, frozen=True):
    """One word: as written without a possessive ending, and folded."""

    text: str
    folded: str
    start: int
    end: int


class Tokens(msgspec.Struct, frozen=True):
    """All words of a text as columns; word i is ``words[i]`` at ``starts[i]``..``ends[i]``.

    ``capital[i]`` says that it begins with a capital, ``upper[i]`` that it has no small letters. A possessive ending is
    in none of them: it shows in ``possessive``. ``gaps[i]`` is what stands between words i and
    i + 1, a possessive ending included; a full stop behind the last word, and so before the first (``gaps[-1]``).
    """

    text: str
    words: list[str]
    folded: list[str]
    capital: list[bool]
    upper: list[bool]
    starts: list[int]
    ends: list[int]
    gaps: list[str]
    possessive: set[int]

    def __len__(self) -> int:
        return len(self.words)

    def each(self) -> list[Token]:
        """The same, one record a word."""
        return [Token(*row) for row in zip(self.words, self.folded, self.starts, self.ends, strict=True)]

    def gap(self, i: int) -> str:
        """What stands between words i and i + 1, a possessive ending included; a full stop at the text's ends."""
        return self.gaps[i] if 0 <= i < len(self.gaps) else "."

    def joins(self, i: int) -> bool:
        """Whether words i and i + 1 can be parts of one name."""
        gap = self.gap(i)
        return gap in JOINTS or (gap == ". " and self.folded[i] in DOTTED)

    def whole(self, i: int, n: int) -> bool:
        """Whether the n words from i on can be one name: each joins the next, and none but the last is a possessive."""
        return n == 1 or all(self.joins(k) and k not in self.possessive for k in range(i, i + n - 1))

    def join(self, i: int, n: int) -> str:
        """The key of the n words from i on."""
        return self.folded[i] if n == 1 else " ".join(self.folded[i : i + n])


def tokenize(text: str) -> Tokens:
    """The words of ``text`` in order; linear in its length, whatever it holds."""
    pieces = _WORD.split(text)  # gap, word, gap, ..., word, gap
    offsets = list(accumulate(map(len, pieces)))
    written, gaps, starts, ends = pieces[1::2], pieces[2::2], offsets[:-1:2], offsets[1::2]
    words, folded, capital, upper, odd = _columns(written)
    possessive: set[int] = set()
    if "' " in text or "’ " in text:
        possessive = {i for i, gap in enumerate(gaps) if gap[:2] in ("' ", "’ ") and written[i][-1] in "sz"}
    if gaps:
        gaps[-1] = "."
    for i in compress(range(len(words)), odd):
        if _POSSESSIVE.search(written[i]):
            possessive.add(i)
        ends[i] = starts[i] + len(words[i])
        if i < len(words) - 1:
            gaps[i] = text[ends[i] : starts[i + 1]]
    return Tokens(text, words, folded, capital, upper, starts, ends, gaps, possessive)


def _columns(written: list[str]) -> tuple[list[str], list[str], list[bool], list[bool], list[bool]]:
    if not written:
        return [], [], [], [], []
    words, folded, capital, upper, odd = map(list, zip(*map(_FORMS.__getitem__, written), strict=True))
    return words, folded, capital, upper, odd
