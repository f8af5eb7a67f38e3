"""What was tagged wrong, each with its sentence, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import msgspec

from wirewatch.evaluation.gold import Gold, Prediction, Span
from wirewatch.evaluation.scores import NEAR_KM
from wirewatch.evaluation.spans import Layer, pairs, surplus
from wirewatch.geo import distance_km
from wirewatch.tagging.sentences import sentences

Kind = Literal[
    "place far off",
    "place missed",
    "place that is none",
    "actor missed",
    "actor that is none",
    "main actors",
    "focus",
    "correction",
]

SENTENCE_LIMIT = 300
"""Characters of a sentence that are shown; the name stands in the middle of a longer one."""


class Error(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong: ``name`` in ``article``, and what was said instead of what."""

    kind: Kind
    article: str
    name: str
    sentence: str = ""
    said: str = ""
    instead_of: str = ""
    km: float | None = None


def errors(gold: Gold, prediction: Prediction) -> Iterator[Error]:
    """All that is wrong in one article."""
    spans = sentences(gold.text)
    if gold.toponyms is not None:
        yield from _far(gold, prediction, spans)
        yield from _spans(gold, gold.toponyms, prediction.locations, "toponyms", spans)
    if gold.actors is not None:
        yield from _spans(gold, gold.actors, prediction.actors, "actors", spans)
    article = str(gold.id)
    if gold.focus_country is not None and gold.focus_country != (prediction.focus_country or ""):
        said, wanted = prediction.focus_country or "none", gold.focus_country or "none"
        yield Error("focus", article, gold.title, said=said, instead_of=wanted)
    if gold.about is not None:
        wrong = set(prediction.about) ^ set(gold.about)
        if wrong - (set(gold.about_open) - set(gold.about)):
            said, wanted = ", ".join(prediction.about), ", ".join(gold.about)
            yield Error("main actors", article, gold.title, said=said, instead_of=wanted)


def worst(found: Iterable[Error], limit: int) -> tuple[Error, ...]:
    """The ``limit`` worst of each kind: the farthest off, the names that go wrong most often; a name once a kind."""
    ordered = list(found)
    often = Counter((error.kind, error.name) for error in ordered)
    first = {(error.kind, error.name): error for error in sorted(ordered, key=lambda e: e.km or 0)}
    kept: list[Error] = []
    for kind in dict.fromkeys(error.kind for error in ordered):
        names = [error for (of, _), error in first.items() if of == kind]
        names.sort(key=lambda e: (-(e.km or 0), -often[e.kind, e.name], e.article, e.name))
        kept += names[:limit]
    return tuple(kept)


def _far(gold: Gold, prediction: Prediction, spans: Sequence[tuple[int, int]]) -> Iterator[Error]:
    toponyms = gold.toponyms or ()
    for i, j in pairs(toponyms, prediction.locations, exact=False).items():
        here, place = toponyms[i].point, prediction.locations[j]
        km = None if here is None or place.point is None else distance_km(here, place.point)
        if here is not None and (km is None or km > NEAR_KM):
            said = f"{place.point.lat:.2f}, {place.point.lon:.2f}" if place.point else "no point"
            sentence = sentence_of(gold.text, spans, toponyms[i])
            wanted = f"{here.lat:.2f}, {here.lon:.2f}"
            yield Error("place far off", str(gold.id), toponyms[i].name, sentence, said, wanted, km)


def _spans(
    gold: Gold, wanted: Sequence[Span], tagged: Sequence[Span], layer: Layer, spans: Sequence[tuple[int, int]]
) -> Iterator[Error]:
    found = pairs(wanted, tagged, exact=False)
    missed: Kind = "place missed" if layer == "toponyms" else "actor missed"
    extra: Kind = "place that is none" if layer == "toponyms" else "actor that is none"
    for i, span in enumerate(wanted):
        if i not in found:
            yield Error(missed, str(gold.id), span.name, sentence_of(gold.text, spans, span))
    for j in surplus(tagged, found, gold.ignore, layer):
        yield Error(extra, str(gold.id), tagged[j].name, sentence_of(gold.text, spans, tagged[j]))


def sentence_of(text: str, spans: Sequence[tuple[int, int]], span: Span) -> str:
    """The sentence around ``span`` in one line; of a very long one, the part around it."""
    start, end = next(((s, e) for s, e in spans if s <= span.start < e), (span.start, span.end))
    if end - start > SENTENCE_LIMIT:
        start = max(start, span.start - SENTENCE_LIMIT // 2)
        end = min(end, start + SENTENCE_LIMIT)
    return " ".join(text[start:end].split())
