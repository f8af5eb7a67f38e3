"""A text with its tags marked: cut into pieces, each with what is meant by it and why. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import msgspec

from wirewatch.models import Mention


class Piece(msgspec.Struct, frozen=True):
    """Some words of a text as they stand there, and the mentions that cover them: none, or one, or several."""

    text: str
    mentions: tuple[Mention, ...] = ()


def paragraphs(text: str, mentions: Iterable[Mention]) -> list[list[Piece]]:
    """The text's paragraphs in pieces; joined with a line's end between paragraphs they are the text again.

    Where mentions overlap, the part that both cover is a piece of its own. What lies outside of the text is left out.
    """
    theirs = [mention for mention in mentions if 0 <= mention.start < mention.end <= len(text)]
    found: list[list[Piece]] = []
    start = 0
    for line in text.split("\n"):
        end = start + len(line)
        found.append(_pieces(text, start, end, [m for m in theirs if m.start < end and m.end > start]))
        start = end + 1
    return found


def _pieces(text: str, start: int, end: int, mentions: Sequence[Mention]) -> list[Piece]:
    edges = {start, end}
    for mention in mentions:
        edges |= {max(mention.start, start), min(mention.end, end)}
    ordered = sorted(edges)
    return [
        Piece(text[a:b], tuple(m for m in mentions if m.start <= a and b <= m.end))
        for a, b in itertools.pairwise(ordered)
    ]
