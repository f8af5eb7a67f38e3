"""The words of a text, where they stand, and how they are compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import msgspec

_WORD = re.compile(
    r"(?:[A-Z]\.){2,6}(?:[A-Z](?![^\W_]))?"  # U.S., U.S.A.
    r"|[^\W_]+(?:['’‘ʼʻʾʿ`´][^\W_]+)*"
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
JOINTS = frozenset({" ", "-", "\u2010", "\u2011", "\u00a0", "\n", "  ", " \n", "–"})
"""What may stand between two words of one name."""

DOTTED = frozenset({"st", "ste", "mt", "ft", "dr", "jr"})
"""Words whose dot ends no sentence and breaks no name."""


@lru_cache(maxsize=65_536)
def fold(word: str) -> str:
    """``word`` without case, accents and apostrophes, so that spellings of one name meet."""
    if word.isascii():
        return word.lower().translate(_APOSTROPHES)
    decomposed = unicodedata.normalize("NFKD", word.lower().translate(_LETTERS))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_APOSTROPHES)


def key(name: str) -> str:
    """The form under which a name of one or more words is stored and found."""
    return " ".join(token.folded for token in tokenize(name).each())


class Token(msgspec.Struct, frozen=True):
    """One word: as written without a possessive ending, and folded."""

    text: str
    folded: str
    start: int
    end: int


class Tokens(msgspec.Struct, frozen=True):
    """All words of a text as columns; word i is ``words[i]`` at ``starts[i]``..``ends[i]``.

    A possessive ending is in none of them: it shows in ``possessive``. ``joined[i]`` says that only a space or a
    hyphen lies between words i and i + 1.
    """

    text: str
    words: list[str]
    folded: list[str]
    starts: list[int]
    ends: list[int]
    possessive: set[int]

    def __len__(self) -> int:
        return len(self.words)

    def each(self) -> list[Token]:
        """The same, one record a word."""
        return [Token(*row) for row in zip(self.words, self.folded, self.starts, self.ends, strict=True)]

    def gap(self, i: int) -> str:
        """What stands between words i and i + 1, a possessive ending left out; a full stop behind the last word."""
        if not 0 <= i < len(self.words) - 1:
            return "."
        return self.text[self.ends[i] : self.starts[i + 1]]

    def joins(self, i: int) -> bool:
        """Whether words i and i + 1 can be parts of one name."""
        gap = self.gap(i)
        return gap in JOINTS or (gap == ". " and self.folded[i] in DOTTED) or (gap in {"'", "’"})

    def join(self, i: int, n: int) -> str:
        """The key of the n words from i on."""
        return self.folded[i] if n == 1 else " ".join(self.folded[i : i + n])


def tokenize(text: str) -> Tokens:
    """The words of ``text`` in order; linear in its length, whatever it holds."""
    words: list[str] = []
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    possessive: set[int] = set()
    for match in _WORD.finditer(text):
        word, start = match.group(), match.start()
        if "'" in word or "’" in word or "ʼ" in word or "´" in word or "`" in word:
            bare = _POSSESSIVE.sub("", word)
            if bare != word:
                possessive.add(len(words))
                word = bare
        if len(word) > 60:
            word = word[:60]
        words.append(word)
        folded.append(fold(word))
        starts.append(start)
        ends.append(start + len(word))
    for i in [i for i, end in enumerate(ends) if i not in possessive and text[end : end + 2] in ("' ", "’ ")]:
        if words[i][-1:] in "sz":
            possessive.add(i)
    return Tokens(text, words, folded, starts, ends, possessive)
