"""What a word is for rules: in any script, without case and accents, at the place where it stands."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wirewatch.folding import LONGEST, Spot, fold, folded

texts = st.text(max_size=80) | st.lists(
    st.sampled_from(
        ["AT&T", "C++", "C#", "U.S.", "U.S", "u.s.a", "al-Assad", "Assad’s", "l'Élysée", "مُقاتلون", "أحمد", "北京", 
         "ไทย", "é", "हिन्दी", "'", "&", "+", "#", ".", " ", "\n", "\u00a0", "\u200d", "\u0301",
         "ﷺ", "½", "İ", "ß", "サ", "ﬁ", "٣"]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Élysée ELYSEE", "elysee elysee"),
        ("Assad's, Assad’s regime", "assad assad regime"),
        ("l'Élysée O'Brien", "l elysee o brien"),
        ("al-Assad 3.5 pro–government", "al assad 3 5 pro government"),
        ("the U.S. and U.S, U.S.-led; us", "the u.s. and u.s. u.s. led us"),
        ("AT&T, R&D; this & that", "at&t r&d this that"),
        ("C++ C# (18+) 2+2 A+++", "c++ c# 18+ 2 2 a"),
        ("مُقاتلون أحمد حِمْص حمـص", "مقاتلون احمد حمص حمص"),
        ("北京で", "北 京 で"),
        ("हिन्दी में", "हिन्दी में"),
        ("Straße ŁÓDŹ İstanbul ﬁre", "strasse lodz istanbul fire"),
        ("Зеленський ёлка", "зеленськии елка"),
        ("٣٤ km", "34 km"),
        ("snake_case", "snake case"),
        ("… — !", ""),
    ],
)
def test_the_words_of_a_text(text: str, tokens: str) -> None:
    assert folded(text) == tokens


def test_a_word_is_no_part_of_another() -> None:
    assert "assad" not in fold("The ambassador left").tokens


@given(texts)
def test_every_token_stands_where_it_is_said_to(text: str) -> None:
    found = fold(text)
    spans = found.spans()
    assert len(spans) == len(found.tokens)
    assert [Spot(text).span(number) for number in range(len(spans))] == spans
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    for token, (a, b) in zip(found.tokens, spans, strict=True):
        assert fold(text[a:b]).tokens == [token]


@given(texts)
def test_an_index_that_parts_at_white_space_keeps_every_token(text: str) -> None:
    tokens = fold(text).tokens
    assert " ".join(tokens).split() == tokens
    assert all(0 < len(token) <= LONGEST for token in tokens)


@given(texts)
@example("0’Ś")  # taken apart, its last letter looks like a possessive
def test_case_and_composition_do_not_count(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)).tokens == fold(unicodedata.normalize("NFD", text)).tokens


@given(st.lists(texts, max_size=4))
def test_texts_one_after_the_other_have_the_words_of_each(pieces: list[str]) -> None:
    assert fold(" ".join(pieces)).tokens == [token for piece in pieces for token in fold(piece).tokens]
