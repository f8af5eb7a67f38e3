"""A text as every step reads it: its words, its sentences, and which words are written like names."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from wirewatch.tagging.sentences import sentences
from wirewatch.tagging.tokens import Tokens, tokenize
from wirewatch.tagging.vocabulary import FUNCTION

SEPARATOR = "\n\n"
"""Between title and text while both are read as one."""


class Reading(NamedTuple):
    """Title and text read as one.

    ``capital[i]`` says that word i begins with a capital; ``initial`` holds the words that begin a sentence;
    ``shouted`` those of sentences in capitals throughout, where a capital says nothing; ``lower`` the words that occur
    without a capital.
    """

    text: str
    title_end: int
    tokens: Tokens
    spans: list[tuple[int, int]]
    sentence_starts: list[int]
    capital: list[bool]
    initial: set[int]
    shouted: set[int]
    lower: frozenset[str]

    def sentence(self, i: int) -> int:
        """The number of the sentence of word i."""
        return max(0, bisect_right(self.sentence_starts, self.tokens.starts[i]) - 1)

    def words(self, first: int, n: int) -> str:
        """What stands at the n words from ``first`` on."""
        return self.text[self.tokens.starts[first] : self.tokens.ends[first + n - 1]]


def read(title: str, text: str) -> Reading:
    """Read title and text as one; either may be empty."""
    both = title + SEPARATOR + text if title else text
    tokens = tokenize(both)
    spans = sentences(both)
    starts = [start for start, _ in spans]
    capital = [word[0].isupper() for word in tokens.words]
    initial: set[int] = set()
    shouted: set[int] = set()
    at, count = 0, len(tokens)
    for start, end in spans:
        while at < count and tokens.starts[at] < start:
            at += 1
        first = at
        initial.add(first)
        while at < count and tokens.starts[at] < end:
            at += 1
        if _is_shouted(tokens.words, capital, first, at):
            shouted.update(range(first, at))
        elif _is_headline(tokens, capital, first, at):
            initial.update(i for i in range(first, at) if tokens.folded[i] in FUNCTION)
    for i in range(1, count):
        if capital[i] and tokens.text[tokens.starts[i] - 1] in '"“‘«' and not tokens.joins(i - 1):
            initial.add(i)
    lower = frozenset(word for word, upper in zip(tokens.folded, capital, strict=True) if not upper)
    return Reading(both, len(title), tokens, spans, starts, capital, initial, shouted, lower)


def _is_shouted(words: list[str], capital: list[bool], first: int, end: int) -> bool:
    long = [i for i in range(first, end) if len(words[i]) > 3]
    return len(long) >= 3 and sum(words[i].isupper() for i in long) > 0.7 * len(long) and any(capital[first:end])


def _is_headline(tokens: Tokens, capital: list[bool], first: int, end: int) -> bool:
    long = [i for i in range(first, end) if len(tokens.words[i]) > 3]
    return len(long) >= 4 and sum(capital[i] for i in long) > 0.75 * len(long)
