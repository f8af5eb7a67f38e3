"""Countries and their peoples named in a text, before it is known whether they act."""

from __future__ import annotations

from typing import NamedTuple

from wirewatch.tagging.lexicon import Lexicon
from wirewatch.tagging.reading import Reading


class State(NamedTuple):
    """A country or its people named in the text: ``codes`` are the countries it can be."""

    first: int
    n: int
    codes: tuple[str, ...]
    demonym: bool


def find_states(reading: Reading, lexicon: Lexicon) -> list[State]:
    """Countries and demonyms by their names, longest first, from left to right."""
    found: list[State] = []
    tokens, folded = reading.tokens, reading.tokens.folded
    demonyms, names = lexicon.demonyms, lexicon.country_names
    behind = 0
    for i in reading.capitals:
        if i < behind or folded[i] not in lexicon.state_starts:
            continue
        for n in range(min(lexicon.most_words(folded, i), len(tokens) - i), 0, -1):
            word = tokens.join(i, n)
            codes = names.get(word) or demonyms.get(word)
            if codes is None or not tokens.whole(i, n):
                continue
            if n == 1 and len(word) <= 3 and not _is_short_form(reading, i):
                continue
            found.append(State(i, n, tuple(codes), word not in names))
            behind = i + n
            break
    return found


def _is_short_form(reading: Reading, i: int) -> bool:
    word = reading.tokens.words[i]
    return word.replace(".", "").isupper() and ("." in word or i not in reading.shouted)
