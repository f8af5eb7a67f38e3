"""A text as every step reads it: its words, its sentences, and which words are written like names."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import compress
from operator import not_
from typing import NamedTuple

from wirewatch.tagging.sentences import sentences
from wirewatch.tagging.tokens import Tokens, tokenize
from wirewatch.tagging.vocabulary import FUNCTION

SEPARATOR = "\n\n"
"""Between title and text while both are read as one."""


_OPENING = frozenset('"“‘«')


class Reading(NamedTuple):
    """Title and text read as one.

    ``capital[i]`` says that word i begins with a capital, ``capitals`` holds the numbers of those words; ``initial``
    the words that begin a sentence; ``shouted`` those of sentences in capitals throughout, where a capital says
    nothing; ``lower`` the words that occur without a capital.
    """

    text: str
    title_end: int
    tokens: Tokens
    spans: list[tuple[int, int]]
    sentence_starts: list[int]
    capital: list[bool]
    capitals: list[int]
    initial: set[int]
    shouted: set[int]
    lower: frozenset[str]

    def sentence(self, i: int) -> int:
        """The number of the sentence of word i."""
        return max(0, bisect_right(self.sentence_starts, self.tokens.starts[i]) - 1)

    def words(self, first: int, n: int) -> str:
        """What stands at the n words from ``first`` on."""
        return self.text[self.tokens.starts[first] : self.tokens.ends[first + n - 1]]


def read(title: str, text: str, words_of: Callable[[str], Tokens] = tokenize) -> Reading:
    """Read title and text as one; either may be empty. ``words_of`` finds the words, in English without it."""
    both = title + SEPARATOR + text if title else text
    tokens = words_of(both)
    words, gaps = tokens.words, tokens.gaps
    spans = sentences(both)
    capital = tokens.capital
    capitals = list(compress(range(len(words)), capital))
    initial, shouted = _initial_and_shouted(tokens, spans, capital)
    initial.update(i for i in capitals if gaps[i - 1][-1:] in _OPENING and i and not tokens.joins(i - 1))
    lower = frozenset(compress(tokens.folded, map(not_, capital)))
    starts = [start for start, _ in spans]
    return Reading(both, len(title), tokens, spans, starts, capital, capitals, initial, shouted, lower)


def _initial_and_shouted(
    tokens: Tokens, spans: list[tuple[int, int]], capital: list[bool]
) -> tuple[set[int], set[int]]:
    upper = tokens.upper
    initial: set[int] = set()
    shouted: set[int] = set()
    first = 0
    for start, end in spans:
        first = bisect_left(tokens.starts, start, first)
        after = bisect_left(tokens.starts, end, first)
        initial.add(first)
        # Most sentences have too few capitals for either question; counting them is cheap.
        if sum(upper[first:after]) >= 3 and _is_shouted(tokens.words, capital, first, after):
            shouted.update(range(first, after))
        elif sum(capital[first:after]) >= 4 and _is_headline(tokens, capital, first, after):
            initial.update(i for i in range(first, after) if tokens.folded[i] in FUNCTION)
        first = after
    return initial, shouted


def _is_shouted(words: list[str], capital: list[bool], first: int, end: int) -> bool:
    long = [i for i in range(first, end) if len(words[i]) > 3]
    return len(long) >= 3 and sum(words[i].isupper() for i in long) > 0.7 * len(long) and any(capital[first:end])


def _is_headline(tokens: Tokens, capital: list[bool], first: int, end: int) -> bool:
    long = [i for i in range(first, end) if len(tokens.words[i]) > 3]
    return len(long) >= 4 and sum(capital[i] for i in long) > 0.75 * len(long)
