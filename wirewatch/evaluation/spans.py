"""Which tag answers which gold span."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from wirewatch.evaluation.gold import Ignored, Span

Layer = Literal["toponyms", "actors"]


def pairs(gold: Sequence[Span], tagged: Sequence[Span], *, exact: bool) -> dict[int, int]:
    """Gold number -> number of the tag that answers it, one to one: equal spans first, then the longest overlaps.

    Equal counts of characters are decided from left to right. ``exact`` takes equal spans only, as CoNLL-2003 does
    (Tjong Kim Sang and De Meulder 2003); else any overlap counts, the lenient reading of SemEval-2013 task 9.
    """
    candidates = []
    for i, g in enumerate(gold):
        for j, t in enumerate(tagged):
            shared = min(g.end, t.end) - max(g.start, t.start)
            equal = (g.start, g.end) == (t.start, t.end)
            if equal or (shared > 0 and not exact):
                candidates.append((not equal, -shared, g.start, t.start, i, j))
    found: dict[int, int] = {}
    answering: set[int] = set()
    for *_, i, j in sorted(candidates):
        if i not in found and j not in answering:
            found[i] = j
            answering.add(j)
    return found


def surplus(tagged: Sequence[Span], answering: dict[int, int], ignore: Sequence[Ignored], layer: Layer) -> list[int]:
    """The numbers of the tags that answer nothing and stand on nothing ignored."""
    used = set(answering.values())
    ignored = [span for span in ignore if span.layer in (layer, "both")]
    return [
        j
        for j, tag in enumerate(tagged)
        if j not in used and not any(span.start < tag.end and tag.start < span.end for span in ignored)
    ]
