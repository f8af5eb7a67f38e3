"""The model's names: the network read here against spaCy's own pipe."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wirewatch.tagging import sentences
from wirewatch.tagging.ner import MODEL, WITHOUT, Ner

SEEDS = Path(__file__).parents[2] / "seeds" / "articles"
ODD = ["\n\n", " ", "A", "Homs", "\t \t", "USA USA\n USA", "x" * 3000, "the " * 800, "Mr. José María-O'Neil’s 😀 Ltd."]


@pytest.fixture(scope="module")
def spacys_own() -> Any:
    return importlib.import_module(MODEL).load(exclude=WITHOUT)


@pytest.fixture(scope="module")
def ner() -> Ner:
    return Ner()


def entities_of_the_pipe(pipe: Any, text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
    docs = pipe.pipe([text[start:end] for start, end in spans])
    return [
        (start + entity.start_char, start + entity.end_char, entity.label_)
        for (start, _), doc in zip(spans, docs, strict=True)
        for entity in doc.ents
    ]


def test_the_names_in_news_are_those_that_spacys_own_pipe_finds(spacys_own: Any, ner: Ner) -> None:
    found = 0
    for file in sorted(SEEDS.glob("*.md"))[:8]:
        text = file.read_text(encoding="utf-8")
        spans = sentences(text)
        expected = entities_of_the_pipe(spacys_own, text, spans)
        assert ner.entities(text, spans) == expected, file.name
        found += len(expected)
    assert found > 100


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(ODD), st.text(st.characters(exclude_categories=["Cs", "Cc"]))), min_size=1))
def test_the_names_in_any_text_are_those_that_spacys_own_pipe_finds(
    spacys_own: Any, ner: Ner, texts: list[str]
) -> None:
    whole = "".join(texts)
    ends = [sum(map(len, texts[: n + 1])) for n in range(len(texts))]
    spans = [(end - len(t), min(end, end - len(t) + 2_000)) for t, end in zip(texts, ends, strict=True) if t]
    assert ner.entities(whole, spans) == entities_of_the_pipe(spacys_own, whole, spans)
